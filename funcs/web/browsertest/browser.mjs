// A headless Chromium with the page open, and what went wrong in it.
import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import axe from "axe-core";
import { chromium } from "playwright-core";

export const url = process.env.SERVER_URL + "/";

// Chromium's own sandbox can't be had as root, and the page is ours.
const options = { executablePath: process.env.CHROMIUM, args: process.getuid() === 0 ? ["--no-sandbox"] : [] };

export const launch = (...args) => chromium.launch({ ...options, args: [...options.args, ...args] });

export const views = {
  light: { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  dark: { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  phone: { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true },
  "dark phone": { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, colorScheme: "dark" },
};

// withPage opens the page, does something, and fails on errors in its
// scripts and on violations of its Content-Security-Policy.
export async function withPage(browser, action, { view = views.light, at = url, before, ...more } = {}) {
  const context = await browser.newContext({ ...view, ...more });
  context.setDefaultTimeout(90_000); // the machine may have much else to do
  const problems = [], failed = [], open = new Set();
  try {
    const page = await context.newPage();
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("request", (request) => open.add(request));
    page.on("requestfinished", (request) => open.delete(request));
    page.on("requestfailed", (request) => {
      open.delete(request);
      failed.push(`${request.url()}: ${request.failure().errorText}`);
    });
    page.on("console", (message) => {
      if (/content security policy|trusted ?type/i.test(message.text())) problems.push(message.text());
    });
    await before?.(page);
    await load(page, at, failed, more.javaScriptEnabled !== false);
    await action(page);
  } catch (error) {
    const waiting = [...open].map((request) => `${request.url()}: no answer yet`);
    throw new Error(`${error.message}\nin the browser: ${JSON.stringify([...problems, ...failed, ...waiting])}`, { cause: error });
  } finally {
    await context.close();
  }
  assert.deepEqual(problems, []);
}

const networkChanged = (text) => text.includes("net::ERR_NETWORK_CHANGED");

// load opens the page and waits for its scripts. Chromium gives up what it loads
// when an interface of the machine comes or goes, such as that of a container:
// then it has to load again.
async function load(page, at, failed, scripted) {
  const end = Date.now() + 90_000;
  const lost = () => failed.some(networkChanged);
  do {
    failed.length = 0;
    await page.goto(at).catch((error) => {
      if (!networkChanged(error.message)) throw error;
      failed.push(error.message);
    });
    while (!lost() && scripted && !(await page.isVisible("#playground"))) {
      assert.ok(Date.now() < end, "the scripts of the page do not start");
      await setTimeout(20);
    }
  } while (lost() && Date.now() < end);
}

// type replaces the script, as a paste would.
export async function type(page, script) {
  await page.focus(".cm-content");
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(script);
}

// ended waits for the end of a run and returns its sentence.
export async function ended(page) {
  await page.waitForSelector("#playground:not(.is-running)");
  return page.textContent("#state");
}

export async function run(page) {
  await page.focus(".cm-content");
  await page.keyboard.press("Control+Enter");
  return ended(page);
}

// becomes waits for what a browser does a moment after the action that asks for
// it (it fills a tree, loads an image, writes to the clipboard), and fails
// with the value that is there if it stays a different one.
export async function becomes(read, expected, message) {
  const end = Date.now() + 10_000;
  const right = (value) => (expected instanceof RegExp ? expected.test(value) : isDeepStrictEqual(value, expected));
  let value = await read();
  while (!right(value) && Date.now() < end) {
    await setTimeout(20);
    value = await read();
  }
  if (expected instanceof RegExp) assert.match(value, expected, message);
  else assert.deepEqual(value, expected, message);
}

// answer makes /execute answer as said, for what a real server can't be
// brought to do at will.
export const answer = (page, reply) => page.route("**/execute", (route) => route.fulfill(reply));

export const json = (body, more = {}) => ({ contentType: "application/json; charset=utf-8", body: JSON.stringify(body), ...more });

// accessible fails on whatever axe finds, in the whole page or a part of it.
export async function accessible(page, part = "html") {
  await page.evaluate(axe.source);
  const { violations, passes } = await page.evaluate((part) => globalThis.axe.run(part), part);
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), []);
  assert.ok(passes.length > 10, "axe looked at little");
}
