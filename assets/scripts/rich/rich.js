// The editor that shows what will be. It stands in the place of a textarea, whose markdown it keeps: the form sends
// the same field, and whatever listens to it goes on listening.
import { dropCursor } from "prosemirror-dropcursor";
import { gapCursor } from "prosemirror-gapcursor";
import { history } from "prosemirror-history";
import { EditorState, Plugin, TextSelection } from "prosemirror-state";
import { EditorView } from "prosemirror-view";
import { keys, tools, typed } from "./commands.js";
import { linkPanel } from "./links.js";
import { completion, nameView } from "./names.js";
import { clean } from "./paste.js";
import { insert, pictureView } from "./pictures.js";
import { open, schema } from "./source.js";

// start puts the editor before the textarea, and returns how it is used, or nothing if the text is one that it would
// not give back as it was. area has the root of the editor, its textarea and its toolbar; take uploads files, lookUp
// finds people and groups, list makes an element of them.
export function start({ root, text, toolbar, take, lookUp, list }) {
  let source = open(text.value);
  if (source.save(source.doc) !== text.value) return null;

  const label = text.form.querySelector(`label[for="${text.id}"]`), written = { input: false };
  label.id ||= `label-${text.name}`;
  const frame = document.createElement("div");
  frame.className = "editor-rich";
  frame.style.minBlockSize = `${text.offsetHeight}px`;
  const place = text.closest("text-expander");
  const began = document.activeElement === text;
  place.before(frame);
  place.classList.add("visually-hidden");
  text.tabIndex = -1;
  text.setAttribute("aria-hidden", "true");

  const described = [text.getAttribute("aria-describedby"), root.querySelector(".editor-keys").id].filter(Boolean).join(" ");
  const attributes = {
    class: "prose", role: "textbox", "aria-multiline": "true", "aria-labelledby": label.id, "aria-describedby": described, dir: "auto",
    ...(text.hasAttribute("aria-invalid") ? { "aria-invalid": "true" } : {}),
    ...(text.required ? { "aria-required": "true" } : {}),
  };
  const links = linkPanel(root, () => view);
  const plugins = [
    completion({ root, lookUp, list }),
    typed(),
    ...keys({
      "Mod-k": () => links.open(),
      "Mod-Enter": () => { text.form.requestSubmit(); return true; },
      "Alt-F10": () => { toolbar.querySelector("[tabindex='0']").focus(); return true; },
      Escape: () => { root.querySelector("[data-markdown]").focus(); return true; },
    }),
    history(), dropCursor({ class: "drop-cursor", color: false }), gapCursor(), endsWithParagraph(),
  ];
  const state = () => EditorState.create({ doc: ending(source.doc), plugins });

  const view = new EditorView(frame, {
    state: state(), attributes,
    nodeViews: { image: pictureView(words(root)), mention: nameView(lookUp) },
    transformPastedHTML: clean,
    clipboardTextParser: (words, context, plain) => plain ? lines(words) : open(words).doc.slice(0),
    handlePaste: (_, { clipboardData }) => !clipboardData.getData("text/plain") && take(clipboardData.files),
    handleDrop: (_, event, __, moved) => {
      if (moved || !event.dataTransfer.files.length) return false;
      const at = view.posAtCoords({ left: event.clientX, top: event.clientY });
      if (at) view.dispatch(view.state.tr.setSelection(TextSelection.near(view.state.doc.resolve(at.pos))));
      return take(event.dataTransfer.files);
    },
    dispatchTransaction: (change) => {
      const after = view.state.apply(change);
      view.updateState(after);
      if (change.docChanged) write();
      show(after);
    },
  });

  // write keeps the markdown in the textarea, and lets drafts and the form know.
  function write() {
    const markdown = source.save(view.state.doc);
    if (markdown === text.value) return;
    text.value = markdown;
    written.input = true;
    text.dispatchEvent(new Event("input", { bubbles: true }));
    written.input = false;
  }

  // show says at the buttons what holds where the caret is.
  function show(state) {
    for (const button of toolbar.querySelectorAll("[data-md-button]")) {
      const { on, able, run } = tools[button.dataset.mdButton] ?? links;
      if (on) button.setAttribute("aria-pressed", Boolean(on(state)));
      button.setAttribute("aria-disabled", !(able ? able(state) : run(state)));
    }
  }

  const until = new AbortController(), { signal } = until;
  toolbar.addEventListener("mousedown", (event) => event.preventDefault(), { signal }); // the text keeps the focus
  toolbar.addEventListener("click", (event) => {
    const button = event.target.closest("[data-md-button]");
    if (!button) return;
    event.stopPropagation(); // the element would write markdown
    if (button.dataset.mdButton === "link") return void links.open();
    tools[button.dataset.mdButton].run(view.state, view.dispatch, view);
    if (!toolbar.contains(document.activeElement)) view.focus();
  }, { signal, capture: true });
  text.addEventListener("focus", () => view.focus(), { signal }); // its label, a link to a mistake
  text.addEventListener("input", () => {
    if (written.input) return;
    const fresh = open(text.value); // a draft that was taken
    if (fresh.save(fresh.doc) !== text.value) return;
    source = fresh;
    view.updateState(state());
    show(view.state);
  }, { signal });

  show(view.state);
  if (began) {
    view.dispatch(view.state.tr.setSelection(TextSelection.atEnd(view.state.doc)));
    view.focus();
  }
  return {
    focus: () => view.focus(),
    place: (markdown, above) => {
      const picture = open(markdown).doc.firstChild.firstChild;
      insert(view, picture, above);
      return picture.attrs.src;
    },
    end: () => {
      until.abort();
      links.close();
      for (const button of toolbar.querySelectorAll("[data-md-button]")) {
        button.removeAttribute("aria-pressed");
        button.removeAttribute("aria-disabled");
      }
      view.destroy();
      frame.remove();
      place.classList.remove("visually-hidden");
      text.removeAttribute("tabindex");
      text.removeAttribute("aria-hidden");
    },
  };
}

const words = ({ dataset: { describe, up, down, remove } }) => ({ describe, up, down, remove });

// lines are the words of a text without any meaning of their signs.
function lines(words) {
  const paragraphs = words.trim().split(/\n\s*\n/).map((part) => schema.node("paragraph", null,
    part.split("\n").flatMap((line, i) => [...(i ? [schema.node("hard_break")] : []), ...(line ? [schema.text(line)] : [])])));
  return schema.node("doc", null, paragraphs).slice(0);
}

// ending gives a text a last paragraph to go on writing in; an empty one is not saved.
function ending(doc) {
  return doc.lastChild.type.name === "paragraph" && !pictured(doc.lastChild) ? doc : doc.copy(doc.content.addToEnd(schema.node("paragraph")));
}

const pictured = (block) => block.childCount > 0 && block.lastChild.type.name === "image";

const endsWithParagraph = () => new Plugin({
  appendTransaction: (_, __, { doc, tr }) => {
    const whole = ending(doc);
    return whole === doc ? null : tr.insert(doc.content.size, whole.lastChild);
  },
});
