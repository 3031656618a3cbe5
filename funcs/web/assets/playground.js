// The playground: an editor, a run, and its outcome.
import { button, copy, element } from "./dom.js";
import { enhance } from "./docs.js";
import { makeEditor } from "./editor.js";
import { execute, Failure } from "./execute.js";
import { fromFragment, toBase64, toFragment } from "./link.js";
import { bytesText, cost, headline, millis, outcome } from "./outcome.js";

const at = (id) => document.getElementById(id);
const playground = at("playground");
const flags = ["spread", "convert"]; // fields that are true or left out
const fields = new Set(playground.dataset.fields.split(" ")); // what this server's requests may have

let running = null; // the AbortController of the run that is on
let files = []; // {name, content} to send
let unshown = []; // {stream, text} of output that waits for the pause to be over
let pause = 0; // the timer of it

const editor = makeEditor(at("editor"), {
  nonce: document.querySelector("style").nonce,
  label: "Python script",
  describedBy: "editor-hint",
  run: () => run(),
});

// form is what the form asks for. It throws a Failure for people.
function form() {
  const body = { script: editor.text() };
  const inputText = at("input").value.trim();
  if (inputText !== "") {
    try {
      JSON.parse(inputText);
      body.inputText = inputText;
    } catch (error) {
      at("options").open = true;
      at("input").focus();
      throw new Failure(`The input is not JSON: ${error.message}`);
    }
  }
  if (at("stdin").value !== "") body.stdin = at("stdin").value;
  if (at("timeout").value !== "") body.timeout = Number(at("timeout").value);
  if (at("program").checked) body.entry = null;
  else if (at("entry").value.trim() !== "") body.entry = at("entry").value.trim();
  const environment = at("environment")?.value; // one that is not here is none: the list has no such option
  if (environment) body.environment = environment;
  for (const name of flags) if (at(name).checked) body[name] = true;
  if (files.length > 0) body.files = Object.fromEntries(files.map(({ name, content }) => [name, content]));
  return body;
}

// requestText is the request for it. The input stays as it was typed: parsed,
// 4.0 would become 4, and large integers would be rounded.
function requestText({ inputText, ...body }) {
  body.report = true;
  if (fields.has("return_files")) body.return_files = true;
  const text = JSON.stringify(body);
  return inputText === undefined ? text : `${text.slice(0, -1)},"input":${inputText}}`;
}

async function run() {
  if (running) return;
  const abort = new AbortController();
  let began;
  try {
    const body = requestText(form());
    running = abort;
    began = begin();
    const streamed = { stdout: "", stderr: "" };
    const answer = await execute(body, {
      signal: abort.signal,
      write(stream, text) {
        streamed[stream] += text;
        write(stream, text);
      },
    });
    finish({ ...answer, reply: JSON.parse(answer.text) }, streamed);
  } catch (error) {
    if (error.name === "AbortError") say("idle", `Stopped after ${millis(performance.now() - began)}.`);
    else if (error instanceof Failure) say("bad", error.message);
    else say("bad", `The page could not show the reply: ${error.message}`);
  }
  show();
  running = null;
  playground.classList.remove("is-running");
  at("stop").disabled = true;
  at("run").disabled = false;
}

// begin empties what the last run left and counts the time.
function begin() {
  const began = performance.now();
  editor.mark(null);
  at("terminal").replaceChildren();
  at("outcome").replaceChildren();
  at("cost").replaceChildren();
  playground.classList.add("is-running");
  at("stop").disabled = false;
  at("run").disabled = true;
  say("busy", "Running…");
  at("state").scrollIntoView({ block: "nearest" }); // on a phone it is below the editor
  const tick = () => {
    if (!playground.classList.contains("is-running")) {
      at("clock").textContent = "";
      return;
    }
    at("clock").textContent = `${((performance.now() - began) / 1000).toFixed(1)} s`;
    setTimeout(tick, 100);
  };
  setTimeout(tick, 400);
  return began;
}

function finish(answer, streamed) {
  const { reply, text } = answer;
  // What was streamed came in the order it was written; the reply has all of
  // it. Where something did not come through, the reply counts.
  if ((reply.stdout ?? "") !== streamed.stdout || (reply.stderr ?? "") !== streamed.stderr) {
    unshown = [];
    at("terminal").replaceChildren();
    write("stdout", reply.stdout ?? "");
    write("stderr", reply.stderr ?? "");
  }
  const [tone, sentence] = headline(answer);
  say(tone, sentence);
  for (const [name, value] of cost(reply.report)) {
    at("cost").append(element("div", {}, [element("dt", {}, [name]), element("dd", {}, [value])]));
  }
  at("outcome").replaceChildren(...outcome({ text, reply, goTo: editor.goTo }));
  if (reply.line) editor.mark(reply.line);
}

// say shows the state of the run, and has screen readers read it out.
function say(tone, sentence) {
  at("state").className = `state ${tone}`;
  at("state").textContent = sentence;
}

// write takes output for the terminal. The first piece is shown at once, what
// comes soon after it together: the more there is, the longer it takes to lay
// it all out again, and a script may write thousands of times in a second.
function write(stream, text) {
  if (text === "") return;
  const last = unshown.at(-1);
  if (last?.stream === stream) last.text += text;
  else unshown.push({ stream, text });
  if (!pause) show();
}

// show adds to the terminal, which follows what is added unless it was scrolled.
function show() {
  clearTimeout(pause);
  pause = 0;
  if (unshown.length === 0) return;
  const terminal = at("terminal");
  const follow = terminal.scrollHeight - terminal.scrollTop - terminal.clientHeight < 8;
  for (const { stream, text } of unshown) {
    const last = terminal.lastElementChild;
    if (last?.className === stream) last.append(text);
    else terminal.append(element("span", { class: stream }, [text]));
  }
  unshown = [];
  if (follow) terminal.scrollTop = terminal.scrollHeight;
  pause = setTimeout(show, 100);
}

// load shows a request: an example's or a link's.
function load({ script, input, inputText, stdin, timeout, entry, environment, ...more }) {
  editor.setText(script);
  at("input").value = inputText ?? (input === undefined ? "" : JSON.stringify(input, null, 2));
  at("stdin").value = stdin ?? "";
  at("timeout").value = timeout ?? "";
  at("entry").value = entry ?? "";
  at("program").checked = entry === null;
  for (const name of flags) at(name).checked = more[name] === true;
  const choice = at("environment"); // where there are several
  if (choice) choice.value = environment ?? "";
  files = [];
  showFiles();
  at("options").open = at("input").value !== "" || Boolean(stdin) || timeout !== undefined || entry !== undefined ||
    environment !== undefined || flags.some((name) => more[name] === true);
}

function loadExample(name) {
  load(JSON.parse(at(`example-${name}`).querySelector("[data-request]").textContent));
  at("example").value = name;
}

function showFiles() {
  at("file-list").replaceChildren(...files.map(({ name, size }) =>
    element("li", {}, [name, " ", element("small", {}, [bytesText(size)]), " ",
      button("Remove", () => {
        files = files.filter((file) => file.name !== name);
        showFiles();
        at("files").focus();
      }, { class: "quiet", "aria-label": `Remove ${name}` })])));
}

// content is a file as the contract has it: text where it is UTF-8.
async function content(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { base64: toBase64(bytes) };
  }
}

// addFiles reads the files that were chosen. More may be chosen meanwhile: so the
// list is read and replaced without an await in between.
async function addFiles() {
  const chosen = [...at("files").files];
  at("files").value = "";
  for (const file of chosen) {
    const added = { name: file.name, size: file.size, content: await content(file) };
    files = [...files.filter(({ name }) => name !== file.name), added];
  }
  showFiles();
}

async function makeLink() {
  try {
    const { files: left, ...shared } = form();
    history.replaceState(null, "", await toFragment(shared));
    const copied = await copy(location.href);
    const where = copied ? "A link to this script is on the clipboard" : "The address of this page is now a link to this script";
    say("idle", where + (left ? ", without the files." : "."));
  } catch (error) {
    say("bad", error.message);
  }
}

// openLink shows the script of a link. It is not run: that is for whoever has read it.
async function openLink() {
  try {
    const request = await fromFragment(location.hash);
    if (!request) return false;
    load(request);
    at("example").value = "";
    say("idle", "This script came with the link. Read it before you run it.");
    return true;
  } catch {
    say("bad", "The link is damaged: it holds no script.");
    return false;
  }
}

function start() {
  playground.hidden = false;
  at("file-part").hidden = !fields.has("files");
  at("run").addEventListener("click", run);
  at("stop").addEventListener("click", () => running?.abort());
  at("link").addEventListener("click", makeLink);
  at("files").addEventListener("change", addFiles);
  at("example").addEventListener("change", () => at("example").value && loadExample(at("example").value));
  playground.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.defaultPrevented) run();
  });
  for (const article of document.querySelectorAll("article[data-example]")) {
    const title = article.querySelector("h3").firstChild.textContent.trim();
    article.querySelector("h3").after(button("Open in the playground", () => {
      loadExample(article.dataset.example);
      at("try").scrollIntoView();
      editor.focus();
    }, { class: "quiet", "aria-label": `Open in the playground: ${title}` }));
  }
  addEventListener("hashchange", openLink);
  loadExample(at("example").value);
  openLink();
}

enhance();
start();
