// The documentation's own conveniences: a tab for each client, and buttons
// that copy. Without them all of it is there, one below the other.
import { button, copyButton, element } from "./dom.js";

const groups = [];

// tabs makes one panel of the clients' commands: only one shows at a time, in
// all places the same client.
function tabs(container, index) {
  const panels = [...container.querySelectorAll(":scope > .form")];
  const list = element("div", { role: "tablist", "aria-label": "Client" });
  const made = panels.map((panel, i) => {
    const name = panel.dataset.client;
    const id = `client-${index}-${i}`;
    panel.id = id;
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-label", name);
    panel.querySelector(".form-name").remove();
    return button(name, () => still(made[i], () => choose(i)), { role: "tab", "aria-controls": id });
  });
  list.append(...made);
  list.addEventListener("keydown", (event) => {
    const at = made.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: made.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = (to + made.length) % made.length;
    still(list, () => choose(next));
    made[next].focus({ preventScroll: true });
  });
  container.prepend(list);
  groups.push({ panels, made });
}

// still keeps an element where it is on the screen while what is above it
// changes its height.
function still(fixed, change) {
  const before = fixed.getBoundingClientRect().top;
  change();
  window.scrollBy(0, fixed.getBoundingClientRect().top - before);
}

function choose(chosen) {
  for (const { panels, made } of groups) {
    panels.forEach((panel, i) => (panel.hidden = i !== chosen));
    made.forEach((tab, i) => {
      tab.setAttribute("aria-selected", String(i === chosen));
      tab.tabIndex = i === chosen ? 0 : -1;
    });
  }
}

export function enhance() {
  document.querySelectorAll(".forms").forEach(tabs);
  if (groups.length > 0) choose(0);
  for (const pre of document.querySelectorAll("main pre[data-copy]")) {
    const wrapper = element("div", { class: "copyable" });
    pre.replaceWith(wrapper);
    wrapper.append(pre, copyButton(pre.dataset.copy, () => pre.textContent));
  }
}
