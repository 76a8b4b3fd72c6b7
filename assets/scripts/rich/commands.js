// What can be done with a text by buttons, keys and signs that are typed.
import { baseKeymap, chainCommands, exitCode, lift, setBlockType, toggleMark, wrapIn } from "prosemirror-commands";
import { redo, redoDepth, undo, undoDepth } from "prosemirror-history";
import { InputRule, inputRules, textblockTypeInputRule, undoInputRule, wrappingInputRule } from "prosemirror-inputrules";
import { keymap } from "prosemirror-keymap";
import { liftListItem, sinkListItem, splitListItem, wrapInList } from "prosemirror-schema-list";
import { schema } from "./source.js";

const { nodes, marks } = schema;
const tight = { tight: true };

// around returns the depth of the innermost node around the selection that fits, or 0.
function around({ selection: { $from } }, fits) {
  for (let depth = $from.depth; depth > 0; depth--) if (fits($from.node(depth))) return depth;
  return 0;
}

const isList = (node) => node.type === nodes.bullet_list || node.type === nodes.ordered_list;
const inside = (state, type, attrs) => around(state, (node) => node.hasMarkup(type, { ...node.attrs, ...attrs })) > 0;

function hasMark({ doc, storedMarks, selection: { from, to, $from, empty } }, type) {
  return empty ? Boolean(type.isInSet(storedMarks ?? $from.marks())) : doc.rangeHasMark(from, to, type);
}

const heading = (level) => (state, dispatch) =>
  (inside(state, nodes.heading, { level }) ? setBlockType(nodes.paragraph) : setBlockType(nodes.heading, { level }))(state, dispatch);

// list makes a list, turns one kind into the other, or ends it.
const list = (type) => (state, dispatch) => {
  const depth = around(state, isList);
  if (!depth) return wrapInList(type, tight)(state, dispatch);
  const { $from } = state.selection;
  if ($from.node(depth).type === type) return liftListItem(nodes.list_item)(state, dispatch);
  dispatch?.(state.tr.setNodeMarkup($from.before(depth), type, { tight: $from.node(depth).attrs.tight }));
  return true;
};

const quote = (state, dispatch) => (inside(state, nodes.blockquote) ? lift : wrapIn(nodes.blockquote))(state, dispatch);

// code is for some words within a line, or for whole lines.
const code = (state, dispatch) => {
  const { $from, $to, empty } = state.selection;
  if (inside(state, nodes.code_block)) return setBlockType(nodes.paragraph)(state, dispatch);
  const words = $from.sameParent($to) && (empty ? $from.parent.childCount > 0 : $from.parentOffset > 0 || $to.parentOffset < $to.parent.content.size);
  return (words ? toggleMark(marks.code) : setBlockType(nodes.code_block))(state, dispatch);
};

// tools are the buttons of the toolbar, by the names that it gives them: what each does, and whether it is on.
export const tools = {
  "header-1": { run: heading(1), on: (state) => inside(state, nodes.heading, { level: 1 }) },
  "header-2": { run: heading(2), on: (state) => inside(state, nodes.heading, { level: 2 }) },
  bold: { run: toggleMark(marks.strong), on: (state) => hasMark(state, marks.strong) },
  italic: { run: toggleMark(marks.em), on: (state) => hasMark(state, marks.em) },
  quote: { run: quote, on: (state) => inside(state, nodes.blockquote) },
  "unordered-list": { run: list(nodes.bullet_list), on: (state) => inside(state, nodes.bullet_list) },
  "ordered-list": { run: list(nodes.ordered_list), on: (state) => inside(state, nodes.ordered_list) },
  code: { run: code, on: (state) => hasMark(state, marks.code) || inside(state, nodes.code_block) },
  undo: { run: undo, able: (state) => undoDepth(state) > 0 },
  redo: { run: redo, able: (state) => redoDepth(state) > 0 },
};

const lineBreak = chainCommands(exitCode, (state, dispatch) => {
  dispatch?.(state.tr.replaceSelectionWith(nodes.hard_break.create()).scrollIntoView());
  return true;
});

// The tab key makes lists deeper where that is possible, and otherwise leads on, as everywhere.
const shallower = (state, dispatch) => around(state, isList) > 3 && liftListItem(nodes.list_item)(state, dispatch);

// keys binds keys; more are those that need the page.
export const keys = (more) => [
  keymap({
    ...more,
    "Mod-z": undo, "Shift-Mod-z": redo, "Mod-y": redo, Backspace: undoInputRule,
    "Mod-b": tools.bold.run, "Mod-i": tools.italic.run,
    Enter: splitListItem(nodes.list_item), "Shift-Enter": lineBreak,
    Tab: sinkListItem(nodes.list_item), "Shift-Tab": shallower,
  }),
  keymap(baseKeymap),
];

// marked lets signs around words, the way markdown has them, become what they mean when the last one is typed.
const marked = (pattern, type) => new InputRule(pattern, (state, [whole, before, words], start, end) => {
  if (state.doc.rangeHasMark(start, end, marks.code)) return null;
  const from = start + before.length;
  return state.tr.delete(from, end).insert(from, schema.text(words, type.create().addToSet(state.doc.resolve(from).marks()))).removeStoredMark(type);
});

const hashes = ([, signs]) => ({ level: signs.length });

export const typed = () => inputRules({
  rules: [
    textblockTypeInputRule(/^(#{1,6})\s$/, nodes.heading, hashes),
    textblockTypeInputRule(/^```$/, nodes.code_block),
    wrappingInputRule(/^\s*>\s$/, nodes.blockquote),
    wrappingInputRule(/^\s*[-+*]\s$/, nodes.bullet_list, tight),
    wrappingInputRule(/^(\d+)\.\s$/, nodes.ordered_list, ([, number]) => ({ order: +number, ...tight }), ([, number], before) => before.childCount + before.attrs.order === +number),
    marked(/(^|[^*])\*\*([^\s*](?:[^*]*[^\s*])?)\*\*$/, marks.strong),
    marked(/(^|[^*])\*([^\s*](?:[^*]*[^\s*])?)\*$/, marks.em),
    marked(/(^|[\s(])_([^\s_](?:[^_]*[^\s_])?)_$/, marks.em),
    marked(/(^|[^`])`([^`]+)`$/, marks.code),
    marked(/(^|[^~])~~([^\s~](?:[^~]*[^\s~])?)~~$/, marks.strike),
  ],
});
