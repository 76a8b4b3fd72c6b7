// From markdown to a document that can be shown and written in, and back. Blocks that nobody has touched keep their
// source byte for byte; what the document cannot show stands in it as a block of source.
import MarkdownIt from "markdown-it";
import { Schema } from "prosemirror-model";
import { MarkdownParser, MarkdownSerializer, defaultMarkdownParser, defaultMarkdownSerializer, schema as common } from "prosemirror-markdown";

const headings = [1, 2, 3, 4, 5, 6];

export const schema = new Schema({
  nodes: common.spec.nodes.update("heading", {
    ...common.spec.nodes.get("heading"),
    // The page has a title above the text: "#" is shown as the site will show it, one level below.
    parseDOM: headings.map((level) => ({ tag: `h${level}`, getAttrs: (dom) => ({ level: +(dom.dataset.level ?? level) }) })),
    toDOM: ({ attrs: { level } }) => [`h${Math.min(6, level + 1)}`, { "data-level": level }, 0],
  }).addToEnd("mention", {
    inline: true, group: "inline", atom: true, attrs: { slug: {} },
    leafText: ({ attrs }) => `@${attrs.slug}`,
    parseDOM: [{ tag: "span[data-mention]", getAttrs: (dom) => ({ slug: dom.dataset.mention }) }],
    toDOM: ({ attrs }) => ["span", { "data-mention": attrs.slug, class: "mention" }, `@${attrs.slug}`],
  }).addToEnd("source", {
    group: "block", content: "text*", marks: "", code: true, defining: true,
    parseDOM: [{ tag: "pre[data-source]", priority: 60, preserveWhitespace: "full" }],
    toDOM: () => ["pre", { "data-source": "" }, ["code", 0]],
  }),
  marks: common.spec.marks.addToEnd("strike", {
    parseDOM: [{ tag: "s" }, { tag: "del" }],
    toDOM: () => ["s", 0],
  }),
});

const tokenizer = new MarkdownIt("commonmark", { html: true, breaks: true }).enable(["table", "strikethrough"]);

// A name of a person or group, but not one within an address or before the title of a thing of theirs.
const name = /(?<![\p{L}\p{N}_/@])@([\p{L}\p{N}_]+(?:-+[\p{L}\p{N}_]+)*)(?![\p{L}\p{N}_]|-+[\p{L}\p{N}_]|\/[\p{L}\p{N}_])/gu;

tokenizer.core.ruler.push("mention", ({ tokens, Token }) => {
  for (const block of tokens) {
    let inLink = 0;
    block.children = block.children?.flatMap((token) => {
      inLink += token.type === "link_open" ? 1 : token.type === "link_close" ? -1 : 0;
      if (token.type !== "text" || inLink) return token;
      return token.content.split(name).flatMap((content, i) => {
        if (!content) return [];
        const part = new Token(i % 2 ? "mention" : "text", "", 0);
        part.content = content;
        return part;
      });
    }) ?? null;
  }
});
tokenizer.renderer.rules.mention = (tokens, i) => `@${tokens[i].content}`;

const parser = new MarkdownParser(schema, tokenizer, {
  ...defaultMarkdownParser.tokens,
  softbreak: { node: "hard_break" }, // every line break stays one
  s: { mark: "strike" },
  mention: { node: "mention", getAttrs: ({ content }) => ({ slug: content }) },
  image: {
    node: "image",
    getAttrs: (token) => ({
      src: token.attrGet("src"), title: token.attrGet("title") || null,
      alt: tokenizer.renderer.renderInlineAsText(token.children, tokenizer.options, {}) || null,
    }),
  },
});

// Addresses, names and tags are read as they stand: a sign in them begins nothing.
const address = /((?:https?:\/\/|www\.)[^\s<>"`\\|“”„»«…]*[^\s<>"`\\|“”„»«…?!.,:;*_~'([\])]|(?<![\p{L}\p{N}_/])[@#][\p{L}\p{N}_][\p{L}\p{N}_:/-]*)/giu;

// text writes letters so that they mean themselves. The library knows most signs; the rest is of our dialect.
function text(state, node, parent, index) {
  const begins = state.atBlockStart || (index > 0 && parent.child(index - 1).type.name === "hard_break");
  const parts = node.text.split(address).map((part, i) => (i % 2 ? part : escape(state, part, begins && i === 0)));
  state.text(parts.join(""), false);
}

function escape(state, letters, begins) {
  const written = state.esc(begins ? letters.trimStart() : letters, begins).replace(/<(?=[A-Za-z/!?])/g, "\\<").replace(/&(?=#?\w+;)/g, "\\&");
  return begins ? written.replace(/^(\s*\d+)\)(?=\s|$)/, "$1\\)").replace(/^[=|]/, "\\$&") : written;
}

// mention writes a name, and keeps letters beside it from becoming a part of it.
function mention(state, { attrs }, parent, index) {
  const letter = (i, end) => end.test(parent.maybeChild(i)?.text ?? "");
  const apart = (glued) => (glued ? " " : "");
  state.text(`${apart(index > 0 && letter(index - 1, /[\p{L}\p{N}_/@]$/u))}@${attrs.slug}${apart(letter(index + 1, /^(?:[-/]*[\p{L}\p{N}_])/u))}`, false);
}

// A line that ends a block needs no break, and a heading has one line.
function lineBreak(state, node, parent, index) {
  for (let next = index + 1; next < parent.childCount; next++) {
    if (parent.child(next).type !== node.type) return state.write(parent.type.name === "heading" ? " " : "\n");
  }
}

const serializer = new MarkdownSerializer({
  ...defaultMarkdownSerializer.nodes,
  text,
  mention,
  hard_break: lineBreak,
  bullet_list: (state, node) => state.renderList(node, "  ", () => "- "),
  source: (state, node) => { state.text(node.textContent, false); state.closeBlock(node); },
}, {
  ...defaultMarkdownSerializer.marks,
  strike: { open: "~~", close: "~~", mixable: true, expelEnclosingWhitespace: true },
});

const write = (block) => serializer.serialize(schema.node("doc", null, [block]), { tightLists: true });

const empty = (block) => block.childCount === 0 && ["paragraph", "heading", "source"].includes(block.type.name);

const literal = (source) => schema.node("source", null, source ? [schema.text(source)] : []);

// strange finds what our renderer reads in another way than the tokenizer, or what is lost when it is written anew:
// footnotes, tables of contents, references and emoticons that are written as mere letters, lists with a tick,
// characters by name.
const strange = /\[\^|^\s*\[(TOC|INHALT)\]|\\[@#:;&<]|\[[ xX]\]|&#?\w+;|\t|\0|:\*|\\o\/|(javascript|vbscript|file|data):/i;

// interrupts reports whether a line of a text begins with a number without being an item for the tokenizer: our
// renderer lets every numbered list begin right below a line, and not only one that begins with 1.
function interrupts(source) {
  const items = new Set(tokenizer.parse(source, {}).flatMap(({ type, map }) => (type === "list_item_open" ? map[0] : [])));
  return source.split("\n").some((line, i) => i > 0 && /^[ \t>]*\d+[.)][ \t]/.test(line) && !items.has(i));
}

// known returns a block as a document shows it, or nothing if writing it anew would make something else of it.
function known(source, definitions) {
  if (strange.test(source) || interrupts(source)) return null;
  try {
    const parsed = parser.parse(source + definitions);
    const block = parsed.firstChild;
    if (parsed.childCount !== 1 || (block.isTextblock && !block.childCount)) return null;
    return tokenizer.render(write(block)) === tokenizer.render(source + definitions) ? block : null;
  } catch {
    return null; // a token that the document has no place for
  }
}

// pieces cuts a text into its top-level blocks. What stands between two of them, such as the definition of a link, is
// a piece as well; blank lines belong to none.
function pieces(lines, environment) {
  const found = [], blank = (i) => /^[ \t]*$/.test(lines[i]);
  let next = 0;
  const add = (from, to) => {
    while (from < to && blank(from)) from++;
    while (to > from && blank(to - 1)) to--;
    if (from < to) found.push([from, to]);
  };
  for (const { level, map, nesting } of tokenizer.parse(lines.join("\n"), environment)) {
    if (level !== 0 || !map || nesting < 0) continue;
    add(next, map[0]);
    add(...map);
    next = map[1];
  }
  add(next, lines.length);
  return found;
}

// open returns the document of a text, and what writes a document that was made of it as a text again. Whoever shows
// the document compares: where save(doc) is another text, the document must not be used.
export function open(markdown) {
  const lines = markdown.split("\n"), found = {}, ranges = pieces(lines, found);
  const cut = (from, to) => lines.slice(from, to).join("\n");
  const definitions = Object.entries(found.references ?? {})
    .map(([name, { href, title }]) => `\n\n[${name}]: <${href}>${title ? ` "${title.replace(/["\\]/g, "\\$&")}"` : ""}`).join("");
  const blocks = ranges.map(([from, to]) => known(cut(from, to), definitions) ?? literal(cut(from, to)));
  const doc = schema.node("doc", null, blocks.length ? blocks : [schema.node("paragraph")]);

  // A block that was not touched is the same object. One that was changed and changed back only looks the same.
  const places = new Map(blocks.map((block, i) => [block, i]));
  const looks = new Map(blocks.map((block, i) => [JSON.stringify(block), i]));
  const place = (block) => places.get(block) ?? looks.get(JSON.stringify(block));
  const between = (i) => {
    const start = i > 0 ? ranges[i - 1][1] : 0, end = i < ranges.length ? ranges[i][0] : lines.length;
    const gap = lines.slice(start, end).map((line) => `${line}\n`).join("");
    return i === 0 ? gap : i === ranges.length ? `\n${gap}`.slice(0, -1) : `\n${gap}`;
  };

  // A block between two that had one between them stands in its place.
  const standing = (found, n) => {
    const above = n > 0 ? found[n - 1] : -1, below = n + 1 < found.length ? found[n + 1] : ranges.length;
    return found[n] ?? (below === above + 2 ? above + 1 : undefined);
  };

  const save = (now) => {
    const written = now.content.content.filter((block) => !empty(block)), found = written.map(place);
    let out = "", before = -1;
    written.forEach((block, n) => {
      const i = standing(found, n), touched = found[n] === undefined, first = n === 0;
      const follows = i !== undefined && i === before + 1 && (i > 0 || first);
      const kept = follows && !touched && (first || found[n - 1] !== undefined);
      const gap = follows ? between(i) : "";
      let words = touched ? write(block) : cut(...ranges[i]);
      if (!kept && !first && written[n - 1].type === block.type && /_list$/.test(block.type.name)) words = other(words, out);
      out += (kept || first || gap.includes("\n\n") ? gap : "\n\n") + words;
      before = i ?? -2;
    });
    if (!out && !ranges.length) return markdown; // nothing but blanks
    return before >= 0 && before === ranges.length - 1 ? out + between(ranges.length) : out;
  };
  const sources = ranges.map((range) => cut(...range));
  return { doc, save, sources };
}

// other lets a list begin anew below one of its kind, with another sign.
function other(list, above) {
  const mark = above.split("\n").findLast((line) => /^(?:[-+*]|\d+[.)])\s/.test(line))?.match(/^\d*(.)/)[1];
  const sign = { "-": "*", "*": "-", "+": "-", ".": ")", ")": "." }[mark];
  return sign && /^\d*(.)/.exec(list)[1] === mark ? list.replace(/^(\d*)[-+*.)](?=\s)/gm, `$1${sign}`) : list;
}

// rewritten returns each block of a text with its source, and as it is written when it was touched.
export function rewritten(markdown) {
  const { doc, sources } = open(markdown);
  return sources.map((source, i) => ({ kind: doc.child(i).type.name, source, text: write(doc.child(i)) }));
}
