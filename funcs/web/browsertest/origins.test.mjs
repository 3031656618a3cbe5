// Pages of other origins, which may send what they like without asking first.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { launch, run, url, withPage } from "./browser.mjs";

const service = new URL(url);
let browser, evil;
before(async () => {
  evil = createServer((_, response) => response.setHeader("Content-Type", "text/html").end("<title>evil</title>")).listen(0, "127.0.0.1");
  await new Promise((resolve) => evil.once("listening", resolve));
  // evil.example is where its owner has it point to.
  browser = await launch("--host-resolver-rules=MAP evil.example 127.0.0.1");
});
after(async () => {
  await browser.close();
  evil.close();
});

// from opens a page, has it send something, and returns the answer, of which
// the page itself may see nothing, or what the page could read of it.
async function from(at, send, to) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(at);
    const answered = page.waitForResponse((response) => response.request().method() === "POST", { timeout: 30_000 });
    const read = await page.evaluate(send, to);
    const response = await answered;
    return { status: response.status(), headers: await response.request().allHeaders(), read };
  } finally {
    await context.close();
  }
}

const script = JSON.stringify({ script: "def main(): return 6 * 7" });
const message = JSON.stringify({ message: { messageId: "1", data: Buffer.from(script).toString("base64") } });

const ways = {
  "a Blob without a type": ([to, body]) => void fetch(to, { method: "POST", mode: "no-cors", body: new Blob([body]) }).catch(() => {}),
  sendBeacon: ([to, body]) => navigator.sendBeacon(to, new Blob([body])),
  text: ([to, body]) => void fetch(to, { method: "POST", mode: "no-cors", body }).catch(() => {}),
  "a form": ([to, body]) => {
    const form = document.createElement("form");
    Object.assign(form, { action: to, method: "post", enctype: "text/plain", target: "frame" });
    const field = Object.assign(document.createElement("input"), { name: body.slice(0, -1) + ',"_":"', value: '"}' });
    form.append(field);
    const frame = Object.assign(document.createElement("iframe"), { name: "frame" });
    document.body.append(frame, form);
    form.submit();
  },
};

for (const [name, send] of Object.entries(ways)) {
  for (const [path, body] of Object.entries({ execute: script, events: message, mcp: script })) {
    for (const host of ["evil.example", "localhost", "127.0.0.1"]) {
      test(`${name} from ${host} to /${path}`, async () => {
        const { status, headers } = await from(`http://${host}:${evil.address().port}/`, send, [url + path, body]);
        assert.equal(status, 403, JSON.stringify(headers));
      });
    }
  }
}

for (const [path, body] of Object.entries({ execute: script, events: message, mcp: script })) {
  test(`a name that was made to point here, to /${path}`, async () => {
    const page = `http://evil.example:${service.port}/`;
    const send = async ([to, body]) => (await fetch(to, { method: "POST", headers: { "Content-Type": "application/json" }, body })).json();
    const { status, read } = await from(page, send, [page + path, body]);
    assert.equal(status, 403);
    // /mcp refuses as JSON-RPC does.
    const told = path === "mcp" ? { status: read.error.data.status, error: read.error.message } : read;
    assert.equal(told.status, "invalid_request");
    assert.match(told.error, /^host: "evil\.example"/);
  });
}

for (const host of ["127.0.0.1", "localhost"]) {
  test(`the page of the service at ${host}`, () =>
    withPage(browser, async (page) => assert.equal(await run(page), "Done"), { at: `http://${host}:${service.port}/` }));
}
