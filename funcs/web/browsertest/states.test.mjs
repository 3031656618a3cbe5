// What can go wrong between the page and the service, in words; and replies
// that come from hostile scripts.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { accessible, answer, becomes, ended, json, launch, run, url, withPage } from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

test("what is very long is shown in part at first", () =>
  withPage(browser, async (page) => {
    const long = "x".repeat(150_000);
    await answer(page, json({ result: { "two\nlines": long, "": 1, "plain key": 2 }, stdout: "" }));
    assert.equal(await run(page), "Done");
    assert.deepEqual((await page.locator(".tree-key").allTextContents()).sort(), ['""', '"two\\nlines"', "plain key"]);
    assert.equal((await page.textContent(".tree-string")).length, 2000);
    await page.click("button:has-text('Show 100000 more of 150002 characters')");
    await page.click("button:has-text('Show 48002 more of 150002 characters')");
    assert.equal(await page.textContent(".tree-string"), JSON.stringify(long));
    assert.equal(await page.evaluate(() => document.activeElement.className), "tree-string", "the focus is not lost");

    await answer(page, json({ error: `KeyError: ${long}`, status: "script_error", stdout: "", stderr: "" }, { status: 422 }));
    assert.match(await run(page), /^KeyError: x{290}…$/);
    assert.equal(await page.textContent("pre[aria-label='The whole error']"), `KeyError: ${long}`);
    await accessible(page, "#try");
  }));

test("a full queue is told with when to try again", () =>
  withPage(browser, async (page) => {
    // One worker and one place in the queue: the third has to go.
    const stop = new AbortController();
    const body = JSON.stringify({ script: "import time\ndef main():\n    time.sleep(100)" });
    const slow = [1, 2].map(() => fetch(url + "execute", { method: "POST", headers: { "Content-Type": "application/json" }, body, signal: stop.signal }).catch(() => {}));
    let sentence = "";
    await page.evaluate(() => (document.querySelector("#options").open = true));
    await page.fill("#timeout", "0.05");
    for (let i = 0; i < 50 && !sentence.startsWith("The service is busy"); i++) {
      await page.waitForTimeout(100);
      sentence = await run(page);
    }
    stop.abort();
    await Promise.all(slow);
    assert.match(sentence, /^The service is busy: too many requests are waiting\. Nothing has run\. Try again in \d+ s\.$/);
    assert.ok(await page.isEnabled("#run"));
  }));

const states = {
  "unavailable": {
    reply: json({ error: "the service cannot run scripts right now: try again shortly", status: "unavailable" }, { status: 503, headers: { "Retry-After": "2" } }),
    says: "The service is starting, stopping or renewing its interpreter. Nothing has run. Try again in 2 s.",
  },
  "no room for the reply": {
    reply: json({ error: "the script has run, but its reply is too large for now: too many large replies are not read yet", status: "overloaded" }, { status: 429, headers: { "Retry-After": "2" } }),
    says: "The script has run, but the service is busy: its reply is too large for now. Try again in 2 s.",
  },
  "a refusal by a proxy": {
    reply: { status: 403, contentType: "text/html", body: "<h1>Forbidden</h1>" },
    says: "The server answered HTTP 403 with something that is no reply of this service. Is there a proxy or a sign-in in between?",
  },
  "a reply that is damaged": {
    reply: { status: 200, contentType: "application/json", body: '{"result":' },
    says: /^The page could not show the reply: /,
  },
  "a stream that breaks": {
    reply: { status: 200, contentType: "text/event-stream", body: ': keep-alive\n\nevent: stdout\ndata: {"text":"half"}\n\n' },
    says: "The connection ended before the script did. Nothing more is known of this run.",
    terminal: "half",
  },
  "a stream with every line end": {
    reply: {
      status: 200, contentType: "text/event-stream",
      body: 'event:stdout\r\ndata: {"text":"a\\n"}\r\n\r\nevent: stderr\rdata: {"text":"b"}\r\rid: 1\nevent: result\ndata: {"result":1,\ndata: "stdout":"a\\n","stderr":"b"}\n\n',
    },
    says: "Done", terminal: "a\nb",
  },
  "a stream that lost output": {
    reply: { status: 200, contentType: "text/event-stream", body: 'event: stdout\ndata: {"text":"a"}\n\nevent: error\ndata: {"error":"Script was killed by SIGSEGV","status":"killed","stdout":"abc","stderr":"d"}\n\n' },
    says: "Script was killed by SIGSEGV", terminal: "abcd",
  },
  "a server that does not stream": {
    reply: json({ result: 1, stdout: "plain\n" }), says: "Done", terminal: "plain\n",
  },
};

for (const [name, { reply, says, terminal = "" }] of Object.entries(states)) {
  test(`told in words: ${name}`, () =>
    withPage(browser, async (page) => {
      await answer(page, reply);
      const sentence = await run(page);
      if (says instanceof RegExp) assert.match(sentence, says);
      else assert.equal(sentence, says);
      assert.equal(await page.textContent("#terminal"), terminal);
      assert.ok(await page.isEnabled("#run"));
    }));
}

test("told in words: no connection", () =>
  withPage(browser, async (page) => {
    await page.route("**/execute", (route) => route.abort("connectionrefused"));
    assert.match(await run(page), /^The service could not be reached, or the connection broke\./);
  }));

test("while it runs, the page says so, and stays usable", () =>
  withPage(browser, async (page) => {
    let go;
    const released = new Promise((resolve) => (go = resolve));
    await page.route("**/execute", async (route) => {
      await released;
      await route.fulfill(json({ result: null, stdout: "" }));
    });
    await page.focus(".cm-content");
    await page.keyboard.press("Control+Enter");
    await page.waitForSelector(".is-running");
    assert.equal(await page.textContent("#state"), "Running…");
    assert.ok(await page.isDisabled("#run"));
    await page.keyboard.press("Control+Enter"); // not twice
    await page.keyboard.type("# typed");
    go();
    assert.equal(await ended(page), "Done");
    assert.equal(await page.textContent(".tree-literal"), "null");
  }));

const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

test("figures and files are shown", () =>
  withPage(browser, async (page) => {
    await answer(page, json({
      result: 1, stdout: "",
      figures: [{ type: "image/png", base64: pixel }, { type: "image/png", base64: pixel }],
      files: { "a/<b>.txt": "text & more", "dot.png": { base64: pixel }, "raw.bin": { base64: "AAEC" } },
      files_omitted: [{ name: "huge.bin", why: "it is too large" }],
    }));
    await run(page);
    await becomes(() => page.locator(".part figure img").evaluateAll((images) => images.map((i) => [i.alt, i.naturalWidth])),
      [["Figure 1 of 2", 1], ["Figure 2 of 2", 1]]);
    assert.deepEqual(await page.locator(".files li").allInnerTexts().then((all) => all.map((t) => t.split("\n")[0].trim())),
      ["a/<b>.txt 11 bytes", "dot.png 70 bytes", "raw.bin 3 bytes", "huge.bin left out: it is too large"]);
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("a[download='raw.bin']")]);
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    assert.deepEqual([...Buffer.concat(chunks)], [0, 1, 2]);
    await accessible(page, "#try");
  }));

test("HTML of a script can do nothing", () =>
  withPage(browser, async (page) => {
    const requests = [];
    page.on("request", (request) => requests.push(request.url()));
    await answer(page, json({
      result: null, stdout: "",
      display: { "text/html":
        `<table><tr><th>name</th></tr><tr><td>Ada</td></tr></table><p id=p>before</p>` +
        `<a id=top target=_top href="${url}health">top</a> <a id=here href="${url}health">here</a>` +
        `<form action="${url}health"><button id=send>send</button></form>` },
    }));
    await run(page);
    requests.length = 0;
    assert.equal(await page.getAttribute("iframe", "sandbox"), "");
    const frame = page.frameLocator("iframe");
    assert.equal(await frame.locator("td").innerText(), "Ada");
    assert.equal(await frame.locator("td").evaluate((td) => getComputedStyle(td).borderStyle), "solid");
    await accessible(page, "#try");
    for (const id of ["#top", "#send"]) await frame.locator(id).click();
    await page.waitForTimeout(200);
    assert.equal(page.url(), url);
    assert.deepEqual(requests, []);
  }));

// It tries another server, which counts. The policy is what refuses, and the
// console says so.
test("HTML of a script runs nothing and loads nothing", async () => {
  const heard = [];
  const other = createServer((request, response) => {
    heard.push(request.url);
    response.end();
  });
  await new Promise((resolve) => other.listen(0, "127.0.0.1", resolve));
  const to = `http://127.0.0.1:${other.address().port}/`;
  const refused = withPage(browser, async (page) => {
    await answer(page, json({
      result: null, stdout: "",
      display: { "text/html":
        `<script>top.postMessage("ran", "*")</script><img src="${to}img" onerror="top.postMessage('ran', '*')">` +
        `<link rel=stylesheet href="${to}css"><link rel=prefetch href="${to}prefetch"><iframe src="${to}frame"></iframe>` +
        `<object data="${to}object"></object><embed src="${to}embed"><meta http-equiv=refresh content="0;url=${to}refresh">` +
        `<style>@import "${to}import"; p{background:url(${to}url)}</style><p style="background:url(${to}attribute)">end</p>` +
        `<svg><image href="${to}svg"/><use href="${to}use#x"/></svg><video src="${to}video" poster="${to}poster"></video>` +
        `<a id=here href="${to}here">here</a>` },
    }));
    await page.evaluate(() => addEventListener("message", (event) => (globalThis.ran = event.data)));
    await run(page);
    const frame = page.frameLocator("iframe");
    await frame.locator("p").waitFor();
    await frame.locator("#here").click();
    await page.waitForTimeout(1000);
    assert.equal(await page.evaluate(() => globalThis.ran), undefined);
  });
  await assert.rejects(refused, /Content Security Policy/i);
  other.closeAllConnections();
  await new Promise((resolve) => other.close(resolve));
  assert.deepEqual(heard, []);
});
