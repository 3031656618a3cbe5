// Elements, made from text that is never read as HTML.

// element makes an element with attributes and children, which are elements
// or text. Attributes that are null or false are left out.
export function element(name, attributes = {}, children = []) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

// button makes a button that does something.
export function button(text, action, attributes = {}) {
  const made = element("button", { type: "button", ...attributes }, [text]);
  made.addEventListener("click", action);
  return made;
}

// copyButton makes a button that copies what text() returns and says so.
export function copyButton(label, text) {
  const made = button("Copy", async () => {
    made.textContent = (await copy(text())) ? "Copied" : "Press Ctrl-C";
    setTimeout(() => (made.textContent = "Copy"), 2000);
  }, { class: "quiet copy", "aria-label": `Copy ${label}` });
  return made;
}

// copy puts text on the clipboard and says whether that worked: pages that
// came over plain HTTP from elsewhere may not.
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
