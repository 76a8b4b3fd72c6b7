// A picture in the text: shown, with a field for its description, and buttons that move and remove it.
import { closeHistory } from "prosemirror-history";
import { Selection } from "prosemirror-state";
import { schema } from "./source.js";

const { image, paragraph } = schema.nodes;
let count = 0;

const make = (tag, attributes, ...content) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...content);
  return made;
};

// own reports whether a picture is of this site: pages load nothing foreign.
function own(address) {
  try {
    return new URL(address, location.href).origin === location.origin;
  } catch {
    return false;
  }
}

// pictureView shows a picture. words are those of the page.
export const pictureView = (words) => (node, view, getPos) => {
  const id = `picture-${++count}`;
  const field = make("input", { id, type: "text", autocomplete: "off" });
  const set = ({ attrs }) => {
    if (field.value !== (attrs.alt ?? "")) field.value = attrs.alt ?? "";
  };
  field.addEventListener("input", () => {
    const { attrs } = view.state.doc.nodeAt(getPos());
    view.dispatch(view.state.tr.setNodeMarkup(getPos(), null, { ...attrs, alt: field.value || null }));
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
    event.preventDefault();
    leave(view, getPos() + 1);
  });
  const tool = (name, press) => {
    const button = make("button", { type: "button", class: "button-quiet", "data-picture": name }, words[name]);
    button.addEventListener("click", press);
    return button;
  };
  const tools = make("span", { class: "picture-tools" },
    tool("up", () => move(view, getPos(), -1)),
    tool("down", () => move(view, getPos(), 1)),
    tool("remove", () => {
      const at = getPos();
      view.dispatch(closeHistory(view.state.tr.delete(at, at + 1)));
      leave(view, at);
    }));
  const shown = own(node.attrs.src) ? make("img", { src: node.attrs.src, alt: "" }) : make("span", { class: "hint" }, node.attrs.src);
  const dom = make("span", { class: "picture", contenteditable: "false" },
    shown, make("label", { for: id }, words.describe), field, tools);
  set(node);
  return {
    dom,
    update: (now) => {
      if (now.type !== image || now.attrs.src !== node.attrs.src) return false;
      set(now);
      return true;
    },
    stopEvent: ({ target }) => target !== shown && target !== dom,
    ignoreMutation: () => true,
  };
};

// leave puts the caret where a picture is or was.
function leave(view, at) {
  const { doc, tr } = view.state;
  view.dispatch(tr.setSelection(Selection.near(doc.resolve(Math.min(at, doc.content.size)), 1)).scrollIntoView());
  view.focus();
}

// move carries a picture past the block above or below it. One that stands among words gets a paragraph of its own.
function move(view, at, by) {
  const { doc, tr } = view.state, picture = doc.nodeAt(at), place = doc.resolve(at);
  const index = place.index(0), block = doc.child(index), start = place.before(1);
  let to;
  if (place.depth === 1 && block.childCount === 1) {
    const beside = doc.maybeChild(index + by);
    if (!beside || (by > 0 && index + 2 === doc.childCount && !beside.childCount)) return;
    to = by < 0 ? start - beside.nodeSize : start + beside.nodeSize;
    tr.delete(start, start + block.nodeSize).insert(to, block);
  } else {
    tr.delete(at, at + 1);
    to = by < 0 ? start : start + block.nodeSize - 1;
    tr.insert(to, paragraph.create(null, picture));
  }
  view.dispatch(closeHistory(tr));
  const button = view.nodeDOM(to + 1)?.querySelector(`[data-picture=${by < 0 ? "up" : "down"}]`);
  button?.focus({ preventScroll: true });
  button?.closest(".picture").scrollIntoView({ block: "nearest" });
}

// insert puts pictures below the block of the selection, or below the picture that came before, and lets whoever
// goes on writing go on below.
export function insert(view, picture, above) {
  const { doc, selection, tr } = view.state;
  let index = selection.$from.index(0);
  if (above) doc.forEach((block, _, i) => block.descendants((node) => { if (node.type === image && node.attrs.src === above) index = i; }));
  let end = 0;
  for (let i = 0; i <= Math.min(index, doc.childCount - 1); i++) end += doc.child(i).nodeSize;
  const block = doc.child(Math.min(index, doc.childCount - 1));
  const blank = block.type === paragraph && !block.childCount;
  const waits = view.hasFocus() && !blank && selection.to < doc.content.size - 1 && index + 1 < doc.childCount;
  if (blank) tr.insert(end - block.nodeSize, paragraph.create(null, picture));
  else tr.insert(end, paragraph.create(null, picture));
  if (!waits && !blank) {
    const below = end + 3; // behind the paragraph of one picture
    if (below >= tr.doc.content.size) tr.insert(tr.doc.content.size, paragraph.create());
    tr.setSelection(Selection.near(tr.doc.resolve(below), 1));
  }
  view.dispatch(closeHistory(tr.scrollIntoView()));
}
