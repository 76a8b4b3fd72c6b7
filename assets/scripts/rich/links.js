// The panel that asks where a link leads.
import { toggleMark } from "prosemirror-commands";
import { TextSelection } from "prosemirror-state";
import { schema } from "./source.js";

const { link } = schema.marks;

// extent returns the link at the caret, from where to where it goes.
function extent({ doc, selection: { $from, from, empty } }) {
  const mark = link.isInSet($from.marks()) ?? link.isInSet($from.nodeAfter?.marks ?? []);
  if (!mark || (!empty && !doc.rangeHasMark(from, from + 1, link))) return null;
  let start = $from.start(), end = start, found = false;
  $from.parent.forEach((node, offset) => {
    const here = $from.start() + offset;
    if (mark.isInSet(node.marks)) {
      if (!found && end !== here) start = here;
      if (!found || end === here) end = here + node.nodeSize;
    }
    if (here <= from && from <= here + node.nodeSize && mark.isInSet(node.marks)) found = true;
  });
  return { from: start, to: end, href: mark.attrs.href };
}

// address makes an address of what people type: "example.org", "anna@example.org".
export function address(typed) {
  const words = typed.trim();
  if (/^[^\s@:/]+@[^\s@/]+\.[^\s@/]+$/.test(words)) return `mailto:${words}`;
  if (/^(https?:\/\/|mailto:|tel:|[/#@])/i.test(words)) return words.replace(/\s/g, "%20");
  return /^[^\s:/]+\.[^\s:]+$/.test(words) ? `https://${words}` : "";
}

// linkPanel returns what opens and closes the panel of an editor.
export function linkPanel(root, view) {
  const panel = root.querySelector(".editor-link"), field = panel.querySelector("input");
  const [set, unset] = panel.querySelectorAll("button"), button = root.querySelector("[data-md-button=link]");
  let range = null;
  const close = () => {
    if (panel.hidden) return;
    panel.hidden = true;
    button.setAttribute("aria-expanded", "false");
    view().focus();
  };
  const apply = (href) => {
    const { tr, doc } = view().state;
    const { from, to } = range;
    if (from < to) {
      tr.removeMark(from, to, link);
      if (href) tr.addMark(from, to, link.create({ href }));
    } else if (href) {
      tr.insert(from, schema.text(field.value.trim(), [...doc.resolve(from).marks(), link.create({ href })]));
    }
    tr.setSelection(TextSelection.near(tr.doc.resolve(from < to ? to : tr.mapping.map(to)), -1)).removeStoredMark(link);
    view().dispatch(tr.scrollIntoView());
    close();
  };
  const finish = () => {
    const href = address(field.value);
    field.setAttribute("aria-invalid", !href);
    if (href) apply(href);
    else field.focus();
  };
  set.onclick = finish;
  unset.onclick = () => apply("");
  panel.onkeydown = (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && event.target === field) finish();
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  };
  return {
    on: (state) => Boolean(extent(state)),
    run: toggleMark(link, { href: "" }),
    open: () => {
      const { state } = view(), at = extent(state);
      if (!at && !toggleMark(link, { href: "" })(state)) return true; // no place for a link
      range = at ?? state.selection;
      field.value = at?.href ?? "";
      field.removeAttribute("aria-invalid");
      unset.hidden = !at;
      panel.hidden = false;
      button.setAttribute("aria-expanded", "true");
      field.focus();
      field.select();
      return true;
    },
    close,
  };
}
