// People and groups in the text: shown by their names, and offered while they are typed, as tags are.
import { Plugin } from "prosemirror-state";
import { schema } from "./source.js";

const { mention } = schema.nodes;
const known = new Map(); // names by slug, as far as somebody has asked

// nameView shows a person or group by name. lookUp finds those that a text may mean.
export const nameView = (lookUp) => (node) => {
  const dom = document.createElement("span");
  dom.className = "mention";
  dom.dataset.mention = node.attrs.slug;
  dom.textContent = `@${node.attrs.slug}`;
  dom.dir = "auto";
  const slug = node.attrs.slug.toLowerCase();
  if (!known.has(slug)) known.set(slug, lookUp(slug).then((found) => found.find((who) => who.slug.toLowerCase() === slug)?.name));
  known.get(slug).then((name) => {
    if (name) dom.textContent = `@${name}`;
    else dom.classList.add("mention-unknown");
  });
  return { dom, ignoreMutation: () => true };
};

// completion offers names and tags while one is typed. list makes an element of those that are found.
export function completion({ root, lookUp, list }) {
  let shown = null, asked = 0, begun = null;

  const close = (view) => {
    asked++;
    begun = null;
    shown?.remove();
    shown = null;
    for (const name of ["aria-activedescendant", "aria-controls"]) view.dom.removeAttribute(name);
  };
  const choose = (view, item) => {
    const { from, sign } = begun, { slug, name, written } = item.dataset;
    if (sign === "@") known.set(slug.toLowerCase(), Promise.resolve(name));
    const { tr, selection } = view.state;
    const blank = /^\s/.test(selection.$to.parent.textBetween(selection.$to.parentOffset, Math.min(selection.$to.parentOffset + 1, selection.$to.parent.content.size), "", "x"));
    tr.replaceWith(from, selection.to, [sign === "@" ? mention.create({ slug }) : schema.text(written), ...(blank ? [] : [schema.text(" ")])]);
    close(view);
    view.dispatch(tr.scrollIntoView());
    view.focus();
  };
  const select = (view, item) => {
    for (const other of shown.children) other.setAttribute("aria-selected", other === item);
    view.dom.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  };
  const open = (view, found) => {
    shown?.remove();
    shown = list(found, begun.sign, begun.typed);
    shown.id = "mentions";
    for (const item of shown.children) {
      item.addEventListener("pointerdown", (event) => event.preventDefault()); // the text keeps the focus
      item.addEventListener("mousedown", (event) => event.preventDefault());
      item.addEventListener("click", () => choose(view, item));
    }
    const caret = view.coordsAtPos(begun.from), frame = root.getBoundingClientRect();
    shown.style.insetBlockStart = `${caret.bottom - frame.top + 4}px`;
    shown.style.left = `${Math.max(0, Math.min(caret.left - frame.left, frame.width - 260))}px`;
    root.append(shown);
    view.dom.setAttribute("aria-controls", shown.id);
    select(view, shown.firstElementChild);
  };

  return new Plugin({
    view: () => ({
      update: async (view, before) => {
        const { selection: { empty, $from }, doc } = view.state;
        if (before.doc.eq(doc) && before.selection.eq(view.state.selection)) return;
        const above = $from.parent.inlineContent && !$from.parent.type.spec.code ? $from.parent.textBetween(0, $from.parentOffset, "", "x") : "";
        const [, sign, typed] = (empty && !before.doc.eq(doc) && /(?:^|[^\p{L}\p{N}_/@])([@#])([\p{L}\p{N}_][\p{L}\p{N}_:-]{0,30})$/u.exec(above)) || [];
        if (!typed) return close(view);
        const mine = ++asked, from = $from.pos - typed.length - 1;
        const found = await lookUp(typed, sign);
        if (mine !== asked) return;
        if (!found.length) return close(view);
        begun = { from, sign, typed };
        open(view, found);
      },
      destroy: () => shown?.remove(),
    }),
    props: {
      handleDOMEvents: { blur: (view) => { close(view); } },
      handleKeyDown: (view, event) => {
        if (!shown || event.isComposing) return false;
        const items = [...shown.children], here = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
        // Whoever types faster than the site answers has not seen what is offered for these letters.
        if ((event.key === "Enter" || event.key === "Tab") && view.state.doc.textBetween(begun.from + 1, view.state.selection.to, "", "x") !== shown.dataset.typed) {
          close(view);
          return false;
        }
        if (event.key === "ArrowDown" || event.key === "ArrowUp") select(view, items.at((here + (event.key === "ArrowDown" ? 1 : -1)) % items.length));
        else if (event.key === "Enter" || event.key === "Tab") choose(view, items[here]);
        else if (event.key === "Escape") close(view);
        else return false;
        return true;
      },
    },
  });
}
