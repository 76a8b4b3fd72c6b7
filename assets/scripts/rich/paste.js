// What comes out of Word, mail programs and other pages, reduced to what a text here can be.

const css = (element) => element.getAttribute("data-css") ?? "";

// parse reads HTML without its styles taking effect: the site's own policy forbids them.
function parse(html) {
  const named = html.replace(/<style[\s\S]*?<\/style\s*>/gi, "").replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/\sstyle\s*=/gi, " data-css="));
  return new DOMParser().parseFromString(named, "text/html").body;
}

// rename gives an element another tag, and keeps what is in it.
function rename(element, tag) {
  const made = element.ownerDocument.createElement(tag);
  made.append(...element.childNodes);
  element.replaceWith(made);
  return made;
}

const unwrap = (element) => element.replaceWith(...element.childNodes);

// clean returns HTML that says with elements what it said with styles, and holds nothing but text and our own pictures.
export function clean(html) {
  if (html.includes("data-pm-slice")) return html; // from an editor like this one
  const body = parse(html);
  for (const e of body.querySelectorAll("script, title, meta, link, noscript, object, embed, iframe, svg, button, input, select, textarea")) e.remove();
  for (const e of body.querySelectorAll("[data-css]")) {
    if (/display:\s*none|mso-hide:\s*all/i.test(css(e))) e.remove();
  }
  lists(body);
  for (const e of [...body.querySelectorAll("p.MsoTitle")]) rename(e, "h1");
  for (const e of [...body.querySelectorAll("b, strong, i, em, span, font, s, del, u")]) letters(e);
  for (const e of body.querySelectorAll("img")) picture(e);
  for (const e of [...body.querySelectorAll("a")]) link(e);
  for (const e of [...body.querySelectorAll("table")].reverse()) table(e);
  for (const e of body.querySelectorAll("ul, ol")) if (!e.querySelector(":scope > li > p + p")) e.setAttribute("data-tight", "");
  blanks(body);
  return body.innerHTML;
}

// letters turns the look of some words into elements.
function letters(e) {
  const style = css(e);
  if (/^(b|strong)$/i.test(e.localName) && /(?<![-\w])font-weight:\s*(normal|[1-4]00)/i.test(style)) return unwrap(e); // Google Docs
  if (!/^(span|font)$/i.test(e.localName)) return;
  for (const [look, tag] of [[/(?<![-\w])font-weight:\s*(bold|[6-9]00)/i, "strong"], [/font-style:\s*italic/i, "em"], [/text-decoration[^;]*line-through/i, "s"]]) {
    if (!look.test(style) || e.closest("h1, h2, h3, h4, h5, h6") || !e.textContent.trim()) continue;
    const made = e.ownerDocument.createElement(tag);
    made.append(...e.childNodes);
    e.append(made);
  }
}

// picture keeps the pictures of this site. Others are not loaded, and those of a mail are not there.
function picture(e) {
  let own = false;
  try {
    const address = new URL(e.getAttribute("src"), location.href);
    own = address.origin === location.origin;
    if (own) e.setAttribute("src", address.pathname + address.search);
  } catch {
    // No address at all.
  }
  if (!own) e.remove();
}

// link keeps what leads somewhere, without the detour of a mail program.
function link(e) {
  let address = e.getAttribute("href") ?? "";
  try {
    const { hostname, searchParams } = new URL(address);
    if (hostname.endsWith(".safelinks.protection.outlook.com")) address = searchParams.get("url") ?? address;
  } catch {
    // Relative, or none.
  }
  if (!/^(https?:|mailto:|tel:)/i.test(address) || !e.textContent.trim()) return unwrap(e);
  e.setAttribute("href", address);
  e.removeAttribute("title");
}

// table keeps a table of data as markdown has it. Mails use tables to lay out what they say; of such a one only
// that is kept.
function table(e) {
  const rows = [...e.rows].map((row) => [...row.cells]);
  const data = rows.length > 1 && rows[0].length > 1 && !e.querySelector("table, ul, ol, img, h1, h2, h3")
    && rows.every((row) => row.length === rows[0].length && row.every((cell) => cell.textContent.length < 120));
  if (!data) {
    for (const part of [...e.querySelectorAll("td, th, tr, tbody, thead, tfoot, caption")]) rename(part, "div");
    rename(e, "div");
    return;
  }
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const [head, ...rest] = rows.map((row) => row.map((cell) => cell.textContent.replace(/\s+/g, " ").trim().replace(/[\\|`*_<[\]]/g, "\\$&")));
  const source = e.ownerDocument.createElement("pre");
  source.setAttribute("data-source", "");
  source.textContent = [line(head), line(head.map(() => "---")), ...rest.map(line)].join("\n");
  e.replaceWith(source);
}

// lists makes lists of the paragraphs with a sign in front that Word has instead.
function lists(body) {
  const level = (e) => +(/mso-list:[^;]*level(\d)/i.exec(e ? css(e) : "")?.[1] ?? 0);
  for (const first of [...body.querySelectorAll("[data-css*='mso-list']")]) {
    if (!first.isConnected || !level(first) || first.localName === "li") continue;
    const root = first.ownerDocument.createElement("div"), items = [];
    first.before(root);
    for (let e = first; level(e); e = root.nextElementSibling) {
      items.push(e);
      e.remove();
    }
    const open = []; // the list of each level
    for (const e of items) {
      const sign = [...e.querySelectorAll("[data-css]")].find((part) => /mso-list:\s*Ignore/i.test(css(part)));
      const tag = /^\s*\(?\w{1,4}[.)]/.test(sign?.textContent ?? "") ? "ol" : "ul";
      sign?.remove();
      const depth = Math.min(level(e), open.length + 1);
      open.length = Math.min(open.length, depth);
      if (open.length === depth && open[depth - 1].localName !== tag && depth === 1) open.length = 0;
      if (open.length < depth) {
        const list = e.ownerDocument.createElement(tag);
        (open.at(-1)?.lastElementChild ?? root).append(list);
        open.push(list);
      }
      const item = e.ownerDocument.createElement("li");
      item.append(...e.childNodes);
      open.at(-1).append(item);
    }
    unwrap(root);
  }
}

// blanks makes ordinary blanks of fixed ones, and removes signs that nobody sees and paragraphs of nothing.
function blanks(body) {
  const walker = body.ownerDocument.createTreeWalker(body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_COMMENT), comments = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.nodeType === Node.COMMENT_NODE) comments.push(node);
    else node.data = node.data.replace(/\u00a0/g, " ").replace(/[\u00ad\u200b\u2060\ufeff]/g, "");
  }
  for (const comment of comments) comment.remove();
  for (const e of body.querySelectorAll("p, div, h1, h2, h3, h4, h5, h6, li")) {
    if (!e.textContent.trim() && !e.querySelector("img, hr, br + br, pre")) e.remove();
  }
}
