// A JSON value as a tree that can be folded, with every number and key as the
// service sent it: JSON.parse would make 4 of 4.0, round large integers and
// sort keys that look like numbers.
import { button, element } from "./dom.js";

const page = 100; // members shown at once
const characters = 2000; // of a string that are shown at first
const moreCharacters = 100_000; // that each push of its button adds

// exactMembers parses the text of a JSON object and returns its members as
// [key, value] pairs. Values are {kind: "object"|"array", members},
// {kind: "string", value} or {kind: "number"|"literal", text}.
export function exactMembers(text) {
  const value = new Parser(text).value();
  return value.kind === "object" ? value.members : [];
}

// Parser reads text that is known to be JSON.
class Parser {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  next() {
    while (" \n\r\t".includes(this.text[this.at])) this.at++;
    return this.text[this.at];
  }

  value() {
    switch (this.next()) {
      case "{": return { kind: "object", members: this.members("}", () => [this.string(), (this.next(), this.at++, this.value())]) };
      case "[": return { kind: "array", members: this.members("]", (index) => [index, this.value()]) };
      case '"': return { kind: "string", value: this.string() };
    }
    const start = this.at;
    while (this.at < this.text.length && !",]} \n\r\t".includes(this.text[this.at])) this.at++;
    const text = this.text.slice(start, this.at);
    return { kind: /^[-\d]/.test(text) ? "number" : "literal", text };
  }

  members(end, member) {
    const list = [];
    this.at++;
    while (this.next() !== end) {
      list.push(member(list.length));
      if (this.next() === ",") this.at++;
      if (this.at >= this.text.length) throw new SyntaxError("JSON ends early");
    }
    this.at++;
    return list;
  }

  string() {
    this.next();
    const start = this.at++;
    while (this.text[this.at] !== '"') {
      if (this.at >= this.text.length) throw new SyntaxError("JSON ends early");
      this.at += this.text[this.at] === "\\" ? 2 : 1;
    }
    return JSON.parse(this.text.slice(start, ++this.at));
  }
}

// tree returns an element that shows a value.
export function tree(value) {
  return element("div", { class: "tree" }, [node(null, value, 0)]);
}

// plain matches a key that can be told from what is around it without quotes.
const plain = /^[\p{L}\p{N}\p{M}\p{S}_.$@/ -]+$/u;

function node(key, value, depth) {
  const label = key === null ? [] : [element("span", { class: "tree-key" }, [plain.test(key) ? String(key) : JSON.stringify(key)]), element("span", { class: "tree-colon" }, [": "])];
  if (!value.members || value.members.length === 0) {
    return element("div", { class: "tree-leaf" }, [...label, leaf(value)]);
  }
  const size = value.members.length;
  const count = value.kind === "array" ? `[${size} ${size === 1 ? "item" : "items"}]` : `{${size} ${size === 1 ? "key" : "keys"}}`;
  const children = element("div", { class: "tree-children" });
  const details = element("details", {}, [
    element("summary", {}, [...label, element("span", { class: "tree-count" }, [count])]),
    children,
  ]);
  // Children are made when they are first looked at.
  const fill = () => {
    if (details.open && children.childElementCount === 0) more(children, value.members, 0, depth + 1);
  };
  details.addEventListener("toggle", fill);
  if (depth < 2 && size <= 30) {
    details.open = true;
    fill();
  }
  return details;
}

function more(parent, members, from, depth) {
  for (const [key, value] of members.slice(from, from + page)) parent.append(node(key, value, depth));
  const left = members.length - from - page;
  if (left <= 0) return;
  const add = button(`Show ${Math.min(left, page)} more of ${left}`, () => {
    const last = add.previousElementSibling;
    add.remove();
    more(parent, members, from + page, depth);
    last?.nextElementSibling?.querySelector("summary, button")?.focus();
  }, { class: "quiet" });
  parent.append(add);
}

// string shows the start of a long string: to lay out millions of characters
// would hold the page up for as long as a run may take.
function string(text) {
  let shown = Math.min(text.length, characters);
  const made = element("span", { class: "tree-string" }, [text.slice(0, shown)]);
  if (shown === text.length) return made;
  const label = () => `Show ${Math.min(text.length - shown, moreCharacters)} more of ${text.length} characters`;
  const add = button(label(), () => {
    shown = Math.min(text.length, shown + moreCharacters);
    made.textContent = text.slice(0, shown);
    add.textContent = label();
    if (shown < text.length) return;
    add.remove();
    made.tabIndex = -1;
    made.focus({ preventScroll: true });
  }, { class: "quiet" });
  return element("span", {}, [made, " ", add]);
}

function leaf(value) {
  switch (value.kind) {
    case "string": return string(JSON.stringify(value.value));
    case "object": return element("span", { class: "tree-count" }, ["{}"]);
    case "array": return element("span", { class: "tree-count" }, ["[]"]);
  }
  return element("span", { class: `tree-${value.kind}` }, [value.text]);
}
