// The page as such: on every screen, without scripts, its links and buttons.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { accessible, becomes, launch, run, type, url, views, withPage } from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

for (const [name, view] of Object.entries(views)) {
  test(`axe finds nothing: ${name}`, () =>
    withPage(browser, async (page) => {
      await page.selectOption("#example", "math");
      await page.evaluate(() => (document.querySelector("#options").open = true));
      await run(page);
      await accessible(page);
      await page.selectOption("#example", "exception");
      await run(page);
      await accessible(page, "#try");
      await type(page, "import time\ndef main():\n    print('on', flush=True)\n    time.sleep(100)");
      await page.keyboard.press("Control+Enter");
      await page.waitForSelector(".is-running");
      await accessible(page, "#try");
      await page.click("#stop");
    }, { view }));

  test(`nothing sticks out: ${name}`, () =>
    withPage(browser, async (page) => {
      await page.selectOption("#example", "exception");
      await run(page);
      for (const details of await page.locator("article details").all()) await details.evaluate((d) => (d.open = true));
      const [inner, wide] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
      assert.ok(wide <= inner, `the page is ${wide} wide on a screen of ${inner}`);
    }, { view }));
}

test("a link carries the script in its fragment, and nowhere else", async () => {
  let link;
  const script = "def main(x):\n    return '\u00e9\u2603' * x['n'] # <&>";
  await withPage(browser, async (page) => {
    await type(page, script);
    await page.click("#options > summary");
    await page.fill("#input", '{"n": 3, "size": 4.0}');
    await page.fill("#timeout", "2.5");
    await page.click("#link");
    await page.waitForFunction(() => location.hash !== "");
    link = page.url();
    await becomes(() => page.evaluate(() => navigator.clipboard.readText()), link);
    await becomes(() => page.textContent("#state"), /^A link to this script is on the clipboard/);
  }, { permissions: ["clipboard-read", "clipboard-write"] });
  assert.match(link, /\/#run=[\w-]+$/);
  const requests = [];
  await withPage(browser, async (page) => {
    await page.waitForFunction(() => document.querySelector("#state").textContent.startsWith("This script came with the link"));
    assert.equal((await page.locator(".cm-line").allTextContents()).join("\n"), script);
    assert.equal(await page.inputValue("#input"), '{"n": 3, "size": 4.0}');
    assert.equal(await page.inputValue("#timeout"), "2.5");
    assert.equal(await run(page), "Done");
    assert.equal(await page.textContent(".tree-string"), '"é☃é☃é☃"');
  }, { at: link, before: (page) => page.on("request", (request) => requests.push(request)) });
  const fragment = link.slice(link.indexOf("#run=") + 5);
  for (const request of requests) {
    assert.ok(!new URL(request.url()).pathname.includes(fragment) && !JSON.stringify(request.headers()).includes(fragment));
    assert.ok(!(request.postData() ?? "").includes(fragment));
  }
  assert.equal(requests.filter((request) => request.url().endsWith("/execute")).length, 1, "the link did not run by itself");
});

test("a damaged link is told, and a bomb does not go off", async () => {
  const bomb = deflateRawSync(JSON.stringify({ script: " ".repeat(64 << 20) }));
  for (const fragment of ["x", "!!", "q1bKSwUA", bomb.toString("base64url")]) {
    await withPage(browser, async (page) => {
      await page.waitForFunction(() => document.querySelector("#state").textContent === "The link is damaged: it holds no script.");
      assert.equal(await run(page), "Done", "the page works all the same");
    }, { at: url + "#run=" + fragment });
  }
});

test("copy buttons copy, and tabs show one client everywhere", () =>
  withPage(browser, async (page) => {
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
    await page.click(".forms >> nth=0 >> .copy >> nth=0");
    await becomes(clipboard, /^curl -sS 'http/);
    await page.focus(".forms >> nth=1 >> [role=tab] >> nth=0");
    for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowRight");
    const visible = await page.locator(".form:visible").evaluateAll((forms) => [...new Set(forms.map((form) => form.dataset.client))]);
    assert.deepEqual(visible, ["Go"]);
    await page.click(".forms >> nth=0 >> .form:visible .copy");
    await becomes(clipboard, /^package main\n/);
  }, { permissions: ["clipboard-read", "clipboard-write"] }));

test("an example opens in the playground", () =>
  withPage(browser, async (page) => {
    await page.click("#example-stdin > button");
    assert.equal(await page.inputValue("#stdin"), "Ada\n");
    await page.keyboard.press("Control+Enter");
    await page.waitForFunction(() => document.querySelector("#state").textContent === "Done");
    assert.equal(await page.textContent("#terminal"), "Hello, Ada!\n");
  }));

test("without scripts the documentation is all there", () =>
  withPage(browser, async (page) => {
    assert.ok(await page.isVisible("noscript p"));
    assert.ok(!(await page.isVisible("#playground")));
    assert.equal(await page.locator(".endpoint .form:visible").count(), 5 * (await page.locator(".endpoint").count()));
  }, { javaScriptEnabled: false }));
