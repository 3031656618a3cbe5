// The code editor: CodeMirror with Python, and a mark on the line that failed.
import {
  acceptCompletion, autocompletion, bracketMatching, closeBrackets, closeBracketsKeymap, closeCompletion, completionKeymap, Decoration,
  defaultKeymap, drawSelection, EditorState, EditorView, GutterMarker, gutterLineClass, HighlightStyle, highlightActiveLine,
  highlightActiveLineGutter, highlightSelectionMatches, highlightSpecialChars, history, historyKeymap, indentOnInput,
  indentUnit, indentWithTab, keymap, lineNumbers, python, RangeSet, searchKeymap, StateEffect, StateField,
  syntaxHighlighting, tags,
} from "./codemirror.js";

const setFailed = StateEffect.define(); // the position of a line, or null

// The failed line stays marked until the text changes: then its number may be wrong.
const failedLine = StateField.define({
  create: () => null,
  update(at, transaction) {
    if (transaction.docChanged) at = null;
    for (const effect of transaction.effects) {
      if (effect.is(setFailed)) at = effect.value;
    }
    return at;
  },
  provide: (field) => [
    EditorView.decorations.from(field, (at) =>
      at === null ? Decoration.none : Decoration.set(Decoration.line({ class: "cm-failed" }).range(at))),
    gutterLineClass.from(field, (at) => (at === null ? RangeSet.empty : RangeSet.of(failedMarker.range(at)))),
  ],
});

const failedMarker = new (class extends GutterMarker {
  elementClass = "cm-failedGutter";
})();

// All colours are the page's, which knows light and dark.
const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier, tags.controlKeyword, tags.definitionKeyword], color: "var(--code-keyword)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-number)" },
  { tag: tags.comment, color: "var(--code-comment)", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.function(tags.definition(tags.variableName))], color: "var(--code-function)" },
  { tag: [tags.definition(tags.className), tags.className], color: "var(--code-function)" },
  { tag: tags.meta, color: "var(--code-keyword)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", backgroundColor: "var(--field)", color: "var(--ink)", fontSize: "0.875rem" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-content": { padding: "0.75rem 0", caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-content:focus-visible": { outline: "none" }, // the box around it shows the focus
  // Not transparent: long lines are scrolled away below it.
  ".cm-gutters": { backgroundColor: "var(--field)", color: "var(--dim)", border: "0", padding: "0 0.2rem 0 0.35rem" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--active)" },
  ".cm-activeLineGutter": { color: "var(--ink)" },
  "& > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground":
    { backgroundColor: "var(--selection)" },
  ".cm-selectionMatch": { backgroundColor: "var(--active)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--selection)", outline: "1px solid var(--line)" },
  ".cm-failed": { backgroundColor: "var(--failed)", boxShadow: "inset 3px 0 0 var(--bad)" },
  ".cm-failedGutter": { color: "var(--bad)", fontWeight: "700" },
  ".cm-tooltip, .cm-panels": { backgroundColor: "var(--panel)", color: "var(--ink)", borderColor: "var(--line)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-textfield, .cm-button": { backgroundColor: "var(--field)", backgroundImage: "none", color: "var(--ink)", borderColor: "var(--line)" },
});

// Text that is typed over a selection is put in here. Left to itself, Chromium
// keeps the look of what was there by a style attribute, which the page's
// policy forbids.
const typeOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { from, to, empty } = view.state.selection.main;
    if (event.inputType !== "insertText" || event.data === null || event.isComposing || empty) return false;
    const insert = () => view.state.update(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
    if (!view.state.facet(EditorView.inputHandler).some((handle) => handle(view, from, to, event.data, insert))) view.dispatch(insert());
    return true;
  },
});

// makeEditor puts an editor into parent. nonce is that of the page's policy,
// under which CodeMirror makes its style sheet.
export function makeEditor(parent, { nonce, label, describedBy, run }) {
  const extensions = [
    EditorView.cspNonce.of(nonce),
    keymap.of([{
      key: "Mod-Enter",
      preventDefault: true,
      run(view) {
        closeCompletion(view); // it would lie over the script until a key is pressed
        run();
        return true;
      },
    }]),
    lineNumbers(), highlightActiveLineGutter(), highlightSpecialChars(), history(), drawSelection(), indentOnInput(),
    bracketMatching(), closeBrackets(), autocompletion(), highlightActiveLine(), highlightSelectionMatches(),
    EditorState.tabSize.of(4), indentUnit.of("    "), python(), syntaxHighlighting(colours), look, failedLine,
    typeOver,
    // Esc, then Tab, leaves the editor: CodeMirror sees to that.
    keymap.of([
      ...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap,
      { key: "Tab", run: acceptCompletion }, indentWithTab,
    ]),
    EditorView.contentAttributes.of({ "aria-label": label, "aria-describedby": describedBy, tabindex: "0" }),
  ];
  const view = new EditorView({ parent, state: EditorState.create({ extensions }) });
  const lineAt = (number) => view.state.doc.line(Math.min(Math.max(1, number), view.state.doc.lines));
  return {
    focus: () => view.focus(),
    text: () => view.state.doc.toString(),
    setText(text) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, selection: { anchor: 0 }, scrollIntoView: true });
    },
    // mark marks a line, counted from 1, or with null none.
    mark(number) {
      const at = number === null ? null : lineAt(number).from;
      view.dispatch({ effects: setFailed.of(at) });
      if (at === null) return;
      // EditorView.scrollIntoView would scroll the page as well.
      const { top, bottom } = view.lineBlockAt(at);
      const { scrollTop, clientHeight } = view.scrollDOM;
      if (top < scrollTop || bottom > scrollTop + clientHeight) view.scrollDOM.scrollTop = top - clientHeight / 2;
    },
    goTo(number) {
      view.dispatch({ selection: { anchor: lineAt(number).from }, scrollIntoView: true });
      view.focus();
    },
  };
}
