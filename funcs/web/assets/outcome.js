// The outcome of a run, as elements.
import { button, copyButton, element } from "./dom.js";
import { fromBase64 } from "./link.js";
import { exactMembers, tree } from "./tree.js";

// headline says in a sentence how a run ended: [tone, text].
export function headline({ http, reply, retryAfter }) {
  const soon = retryAfter ? ` Try again in ${retryAfter} s.` : " Try again shortly.";
  switch (http === 200 && !reply.error ? 200 : reply.status) {
    case 200: return ["good", "Done"];
    case "overloaded":
      if (/script has run/.test(reply.error)) return ["busy", "The script has run, but the service is busy: its reply is too large for now." + soon];
      return ["busy", "The service is busy: too many requests are waiting. Nothing has run." + soon];
    case "unavailable": return ["busy", "The service is starting, stopping or renewing its interpreter. Nothing has run." + soon];
  }
  return ["bad", clip(reply.error ?? `The server answered HTTP ${http}.`)];
}

const sentence = 300; // characters of an error that the headline shows

const clip = (text) => (text.length > sentence ? text.slice(0, sentence) + "…" : text);

// outcome returns the elements that show a reply. goTo(line) leads to a line
// of the script.
export function outcome({ text, reply, goTo }) {
  return [...failure(reply, goTo), ...result(text, reply), ...figures(reply), ...displays(reply), ...files(reply)];
}

function part(title, children, copy) {
  const head = element("div", { class: "part-head" }, [element("h3", {}, [title]), ...(copy ? [copy] : [])]);
  return element("section", { class: "part", "aria-label": title }, [head, ...children]);
}

function failure(reply, goTo) {
  if (!reply.error) return [];
  const children = [];
  for (const note of [reply.denied && `Refused: ${reply.denied}.`, reply.hint]) {
    if (note) children.push(element("p", { class: "note" }, [note]));
  }
  if (reply.line) children.push(button(`Go to line ${reply.line}`, () => goTo(reply.line), { class: "quiet" }));
  if (reply.traceback) children.push(element("pre", { class: "traceback", tabindex: "0", "aria-label": "Traceback" }, [reply.traceback]));
  else if (reply.error.length > sentence) children.push(element("pre", { tabindex: "0", "aria-label": "The whole error" }, [reply.error]));
  return children.length > 0 ? [part("What went wrong", children)] : [];
}

function result(text, reply) {
  if (reply.error) return [];
  const member = exactMembers(text).find(([key]) => key === "result");
  if (!member || (reply.display && reply.result === null)) return [];
  return [part("Result", [tree(member[1])], copyButton("the reply as JSON", () => text))];
}

const dataURL = (type, base64) => `data:${type};base64,${base64}`;

function figures(reply) {
  const list = reply.figures ?? [];
  if (list.length === 0) return [];
  const shown = list.map((figure, index) => {
    const src = dataURL(figure.type, figure.base64);
    const name = `figure-${index + 1}.png`;
    return element("figure", {}, [
      element("img", { src, alt: list.length === 1 ? "Figure" : `Figure ${index + 1} of ${list.length}` }),
      element("figcaption", {}, [element("a", { href: src, download: name }, [`Save ${name}`])]),
    ]);
  });
  return [part(list.length === 1 ? "Figure" : "Figures", shown)];
}

// displays shows all that was displayed. The last may be the value, in place of the result.
function displays(reply) {
  const all = [...(reply.displays ?? []), ...(reply.display ? [reply.display] : [])];
  const last = reply.error || reply.result !== null ? "Displayed" : "Result";
  return all.map((forms, index) => part(index < all.length - 1 ? "Displayed" : last, [richest(forms)]));
}

// richest is the element for the richest form of something that has several.
function richest(forms) {
  for (const type of ["image/png", "image/jpeg"]) {
    if (forms[type]) return element("img", { src: dataURL(type, forms[type].trim()), alt: forms["text/plain"] ?? "The result as an image" });
  }
  if (forms["image/svg+xml"]) {
    const url = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(forms["image/svg+xml"]);
    return element("img", { src: url, alt: forms["text/plain"] ?? "The result as an image" }); // in an img no script of it runs
  }
  if (forms["text/html"]) return frame(forms["text/html"]);
  const plain = forms["text/markdown"] ?? forms["text/latex"] ?? forms["text/plain"] ?? "";
  return element("pre", { tabindex: "0", "aria-label": "The result as text" }, [plain]);
}

const policy = globalThis.trustedTypes?.createPolicy("pyexec", { createHTML: (html) => html });

// frame shows HTML that a script made: hostile. The sandbox lets nothing run
// in it and keeps it away from the page; the page's policy, which it inherits,
// lets it load nothing.
function frame(html) {
  const made = element("iframe", { sandbox: "", title: "The result as HTML", class: "rich" });
  const style = element("style", { nonce: document.querySelector("style").nonce }, [
    ":root{color-scheme:light dark}body{font:.9rem/1.5 system-ui,sans-serif;margin:.75rem}" +
    "table{border-collapse:collapse}th,td{border:1px solid #8886;padding:.3rem .6rem;text-align:left}",
  ]);
  style.setAttribute("nonce", style.nonce);
  made.srcdoc = (policy ?? { createHTML: (s) => s }).createHTML(style.outerHTML + html);
  return made;
}

const imageTypes = { png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif", webp: "image/webp", svg: "image/svg+xml" };

function files(reply) {
  const rows = [];
  for (const [name, content] of Object.entries(reply.files ?? {})) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : fromBase64(content.base64);
    const url = URL.createObjectURL(new Blob([bytes]));
    const link = element("a", { href: url, download: name.split("/").pop() }, [name]);
    const children = [link, " ", element("small", {}, [bytesText(bytes.length)])];
    const type = imageTypes[name.split(".").pop().toLowerCase()];
    if (type) {
      const data = typeof content === "string" ? `data:${type};charset=utf-8,${encodeURIComponent(content)}` : dataURL(type, content.base64);
      children.push(element("img", { src: data, alt: name }));
    } else if (typeof content === "string" && content !== "") {
      children.push(element("pre", { tabindex: "0", "aria-label": name }, [content.length > 2000 ? content.slice(0, 2000) + "…" : content]));
    }
    rows.push(element("li", {}, children));
  }
  for (const { name, why } of reply.files_omitted ?? []) {
    rows.push(element("li", {}, [element("span", {}, [name]), " ", element("small", {}, [`left out: ${why}`])]));
  }
  return rows.length > 0 ? [part("Files", [element("ul", { class: "files" }, rows)])] : [];
}

// cost lists what a run took: [[name, value]].
export function cost(report) {
  if (!report) return [];
  return [
    ["time", millis(report.wall_ms)],
    ["CPU", millis(report.cpu_ms)],
    ["memory", bytesText(report.peak_memory_bytes)],
    ["queue", millis(report.queue_ms)],
  ];
}

export function millis(ms) {
  if (ms >= 1000) return `${(ms / 1000).toFixed(ms >= 10000 ? 1 : 2)} s`;
  return `${ms >= 100 ? Math.round(ms) : Number(ms.toFixed(1))} ms`;
}

export function bytesText(n) {
  const units = ["bytes", "KiB", "MiB", "GiB"];
  let i = 0;
  while (n >= 1024 && i < units.length - 1) {
    n /= 1024;
    i++;
  }
  return `${i === 0 ? n : n.toFixed(1)} ${units[i]}`;
}
