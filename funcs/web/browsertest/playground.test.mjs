// Running scripts, by keyboard alone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { answer, becomes, ended, launch, run, type, url, withPage } from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

test("the keyboard reaches everything, and leaves the editor", () =>
  withPage(browser, async (page) => {
    const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.className);
    for (let i = 0; (await focused()) !== "example"; i++) {
      assert.ok(i < 30, "Tab does not reach the examples");
      await page.keyboard.press("Tab");
    }
    await page.keyboard.type("The standard library");
    const order = [];
    for (let i = 0; i < 3; i++) {
      await page.keyboard.press("Tab");
      order.push(await focused());
    }
    assert.deepEqual(order.map((name) => name.split(" ")[0]), ["link", "run", "cm-content"]);

    await page.keyboard.press("Tab");
    assert.equal(await page.textContent(".cm-line >> nth=0"), "    import math", "Tab indents");
    await page.keyboard.press("Control+z");
    await page.keyboard.press("Control+Enter");
    assert.equal(await ended(page), "Done");
    assert.match(await page.textContent("#terminal"), /^Starting mathematical operations\.\.\.\nOperations completed:\n/);

    await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
    assert.doesNotMatch(await focused(), /cm-content/);
    for (let i = 0; !(await page.evaluate(() => document.activeElement.closest(".tree summary"))); i++) {
      assert.ok(i < 10, "Tab does not reach the result");
      await page.keyboard.press("Tab");
    }
    assert.ok(await page.isVisible(".tree-leaf:has-text('square_root: 4.0')"));
    await page.keyboard.press("Enter");
    assert.ok(!(await page.isVisible(".tree-leaf:has-text('square_root: 4.0')")), "Enter folds the tree");
  }));

test("every example runs and ends as documented", () =>
  withPage(browser, async (page) => {
    const documentation = await (await fetch(url)).json();
    assert.ok(documentation.examples.length > 10);
    for (const { name, request, response } of documentation.examples) {
      if (name === "bad-field") continue; // the form sends no such field
      if (request.inputs || request.cases) { // nor these, and so it does not offer the example
        assert.equal(await page.locator(`#example option[value="${name}"]`).count(), 0, name);
        continue;
      }
      await page.selectOption("#example", name);
      assert.equal(await run(page), response.error ?? "Done", name);
      assert.equal(await page.textContent("#terminal"), (response.stdout ?? "") + (response.stderr ?? ""), name);
      assert.equal(await page.locator(".cm-failed").count(), response.line ? 1 : 0, name);
    }
  }));

test("numbers and keys are shown as they came", () =>
  withPage(browser, async (page) => {
    await type(page, "def main():\n    return {'10': 8 / 2, '2': 2 ** 64 + 1, 'text': '\\u00e9\\n\"', 'none': None, 'empty': [], 'list': list(range(250))}");
    await run(page);
    const leaves = await page.locator(".tree > details > .tree-children > .tree-leaf").allTextContents();
    assert.deepEqual(leaves, ["10: 4.0", "2: 18446744073709551617", 'text: "é\\n\\""', "none: null", "empty: []"]);
    const items = () => page.locator(".tree-children .tree-children > .tree-leaf").count();
    await page.click("summary:has-text('list')");
    await becomes(items, 100);
    await page.click("button:has-text('Show 100 more of 150')");
    await becomes(items, 200);
  }));

test("the failed line is marked until the script changes", () =>
  withPage(browser, async (page) => {
    const lines = Array.from({ length: 60 }, (_, i) => `    x${i} = ${i}`);
    await type(page, ["def main():", ...lines, "    print('here')", "    return 1 / 0", ...lines].join("\n"));
    await page.evaluate(() => scrollTo(0, 0));
    assert.equal(await run(page), "ZeroDivisionError: division by zero");
    assert.equal(await page.textContent(".cm-failed"), "    return 1 / 0");
    assert.equal(await page.textContent(".cm-failedGutter"), "63");
    assert.match(await page.textContent(".traceback"), /line 63, in main/);
    const visible = await page.evaluate(() => {
      const line = document.querySelector(".cm-failed").getBoundingClientRect();
      const box = document.querySelector("#editor").getBoundingClientRect();
      return line.top >= box.top && line.bottom <= box.bottom;
    });
    assert.ok(visible, "the failed line is in sight");
    await page.focus("button:has-text('Go to line 63')");
    await page.keyboard.press("Enter");
    await page.keyboard.type("#");
    assert.equal(await page.locator(".cm-failed, .cm-failedGutter").count(), 0);
    assert.equal(await page.textContent(".cm-activeLine"), "#    return 1 / 0");
  }));

test("output is shown while the script runs", () =>
  withPage(browser, async (page) => {
    await type(page, "import sys, time\ndef main():\n    print('first')\n    time.sleep(0.3)\n    print('wrong', file=sys.stderr)\n    time.sleep(2)\n    print('last')");
    await page.keyboard.press("Control+Enter");
    await page.waitForSelector("#terminal .stderr");
    assert.equal(await page.textContent("#terminal"), "first\nwrong\n");
    assert.equal(await page.textContent("#state"), "Running…");
    assert.equal(await ended(page), "Done");
    assert.equal(await page.textContent("#terminal"), "first\nwrong\nlast\n");
  }));

test("output in a thousand pieces is shown in a few", () =>
  withPage(browser, async (page) => {
    const pieces = Array.from({ length: 1000 }, (_, i) => `${i}\n`);
    const events = pieces.map((text) => `event: stdout\ndata: ${JSON.stringify({ text })}\n\n`);
    const reply = { result: null, stdout: pieces.join("") };
    await answer(page, { contentType: "text/event-stream", body: `${events.join("")}event: result\ndata: ${JSON.stringify(reply)}\n\n` });
    await page.evaluate(() => {
      globalThis.additions = 0;
      new MutationObserver((all) => (globalThis.additions += all.length)).observe(document.querySelector("#terminal"), { childList: true, subtree: true });
    });
    assert.equal(await run(page), "Done");
    assert.equal(await page.textContent("#terminal"), reply.stdout);
    assert.ok((await page.evaluate(() => globalThis.additions)) < 50, "the terminal is laid out anew for each piece");
  }));

test("stop ends the run on the server, too", () =>
  withPage(browser, async (page) => {
    await type(page, "def main():\n    print('on')\n    while True: pass");
    await page.keyboard.press("Control+Enter");
    await page.waitForSelector("#stop:not(:disabled)");
    await page.focus("#stop");
    await page.keyboard.press("Enter");
    assert.match(await ended(page), /^Stopped after /);
    assert.ok(await page.isDisabled("#stop"));
    // The server has one worker: the next run would wait for the first one.
    await type(page, "def main():\n    return 'next'");
    assert.equal(await run(page), "Done");
    assert.equal(await page.textContent(".tree-string"), '"next"');
  }));

test("input, standard input and time limit are sent", () =>
  withPage(browser, async (page) => {
    await type(page, "import time\ndef main(value):\n    print(input())\n    if value['n'] > 1: time.sleep(9)\n    return value['n'] + 1");
    await page.click("#options > summary");
    await page.fill("#input", '{"n": 1}');
    await page.fill("#stdin", "typed");
    await page.fill("#timeout", "2");
    assert.equal(await run(page), "Done");
    assert.equal(await page.textContent("#terminal"), "typed\n");
    assert.equal(await page.textContent(".tree-number"), "2");
    await page.fill("#input", '{"n": 2}');
    assert.equal(await run(page), "Script execution timed out after 2 seconds");
    await page.fill("#input", "{");
    assert.match(await run(page), /^The input is not JSON: /);
    await type(page, "def main(value):\n    return value");
    await page.fill("#stdin", "");
    await page.fill("#input", "[4.0, 9007199254740993]");
    assert.equal(await run(page), "Done");
    assert.deepEqual(await page.locator(".tree-leaf").allTextContents(), ["0: 4.0", "1: 9007199254740993"], "the input goes as it was typed");
  }));

test("a function, a program, keyword arguments and conversion are asked for", () =>
  withPage(browser, async (page) => {
    await type(page, "def solve(a, b):\n    return {a + b}\nprint(__name__)\n41 + 1");
    await page.click("#options > summary");
    await page.fill("#input", '{"a": 1, "b": 2}');
    await page.fill("#entry", "solve");
    await page.check("#spread");
    await page.check("#convert");
    assert.equal(await run(page), "Done");
    assert.equal(await page.textContent(".tree-number"), "3");
    await page.fill("#input", "");
    await page.uncheck("#spread");
    await page.check("#program");
    assert.equal(await run(page), "Done");
    assert.equal(await page.textContent("#terminal"), "__main__\n");
    assert.equal(await page.textContent(".tree-number"), "42");
    await page.click("#link");
    await page.waitForFunction(() => location.hash !== "");
    await page.selectOption("#example", "spread");
    assert.deepEqual([await page.inputValue("#entry"), await page.isChecked("#program"), await page.isChecked("#spread"), await page.isChecked("#convert")],
      ["area", false, true, false]);
    assert.equal(await run(page), "Done");
    assert.equal(await page.textContent(".tree-number"), "7.5");
    await page.selectOption("#example", "program");
    assert.deepEqual([await page.inputValue("#entry"), await page.isChecked("#program"), await page.isChecked("#spread")], ["", true, false]);
  }));

test("the environment is chosen, and kept in a link", () =>
  withPage(browser, async (page) => {
    await type(page, "import importlib.util\ndef main():\n    return importlib.util.find_spec('numpy') is not None");
    await page.click("#options > summary");
    assert.equal(await run(page), "Done");
    assert.equal(await page.textContent("#outcome"), "ResultCopytrue");
    await page.selectOption("#environment", "plain");
    assert.equal(await run(page), "Done");
    assert.equal(await page.textContent("#outcome"), "ResultCopyfalse");
    await page.click("#link");
    await page.waitForFunction(() => location.hash !== "");
    await page.selectOption("#example", "spread");
    assert.equal(await page.inputValue("#environment"), "");
    await page.reload();
    await page.waitForFunction(() => document.getElementById("environment").value === "plain");
  }));

test("a run closes the list of completions", () =>
  withPage(browser, async (page) => {
    await type(page, "def main():\n    return ");
    await page.keyboard.type("No");
    await page.waitForSelector(".cm-tooltip-autocomplete");
    await page.keyboard.press("Control+Enter");
    assert.match(await ended(page), /^NameError: /, "and takes none of them");
    assert.equal(await page.locator(".cm-tooltip-autocomplete").count(), 0);
  }));

test("time and memory are shown", () =>
  withPage(browser, async (page) => {
    await run(page);
    assert.match(await page.textContent("#cost"), /^time[\d.]+ m?sCPU[\d.]+ m?smemory[\d.]+ (bytes|KiB|MiB)queue[\d.]+ m?s$/);
  }));

test("files go into the run, and come back", () =>
  withPage(browser, async (page) => {
    await type(page, "def main():\n    data = open('raw.bin', 'rb').read()\n    open('out.txt', 'w').write(open('in.txt').read().upper())\n    open('back.bin', 'wb').write(data[::-1])\n    return len(data)");
    await page.click("#options > summary");
    await page.setInputFiles("#files", [
      { name: "in.txt", mimeType: "text/plain", buffer: Buffer.from("h\u00e9llo") },
      { name: "raw.bin", mimeType: "application/octet-stream", buffer: Buffer.from([0, 128, 255]) },
    ]);
    await page.setInputFiles("#files", [{ name: "unused", mimeType: "text/plain", buffer: Buffer.from("x") }]);
    await page.click("button[aria-label='Remove unused']");
    await becomes(async () => (await page.locator("#file-list li").allTextContents()).length, 2);
    assert.equal(await run(page), "Done");
    assert.equal(await page.textContent(".tree-number"), "3");
    assert.deepEqual((await page.locator(".part .files a").allTextContents()).sort(), ["back.bin", "out.txt"]);
    assert.equal(await page.textContent(".part pre[aria-label='out.txt']"), "H\u00c9LLO");
  }));

test("a figure of matplotlib's is shown", () =>
  withPage(browser, async (page) => {
    await type(page, "import matplotlib.pyplot as plt\ndef main():\n    plt.plot([1, 4, 9], color='red', linewidth=12)\n    plt.title('squares')\n    print('plotted')");
    assert.equal(await run(page), "Done");
    assert.equal(await page.textContent("#terminal"), "plotted\n");
    await page.waitForFunction(() => document.querySelector(".part figure img")?.complete);
    const shown = await page.locator(".part figure img").evaluateAll((images) => images.map((image) => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      let red = 0;
      for (let i = 0; i < data.length; i += 4) red += data[i] === 255 && data[i + 1] === 0 && data[i + 2] === 0;
      return { alt: image.alt, width: canvas.width, height: canvas.height, red, fits: image.clientWidth <= image.closest(".part").clientWidth };
    }));
    assert.equal(shown.length, 1);
    const [{ alt, width, height, red, fits }] = shown;
    assert.ok(alt === "Figure" && width > 300 && height > 200 && red > 1000 && fits, JSON.stringify(shown));
    const [download] = await Promise.all([page.waitForEvent("download"), page.click(".part a[download='figure-1.png']")]);
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    assert.equal(Buffer.concat(chunks).subarray(0, 8).toString("latin1"), "\x89PNG\r\n\x1a\n");
  }));
