// What helps to write a long text: a toolbar, a preview, pictures by paste and drop, names while they are
// typed, who will read it, and drafts. Loaded only where there is an editor. Where a whole text is written, the
// editor shows it as it will be (rich/rich.js), unless somebody prefers markdown.
import "@github/markdown-toolbar-element";
import "@github/text-expander-element";

export function enhance() {
  for (const root of document.querySelectorAll("[data-editor]:not([data-ready])")) {
    root.dataset.ready = "";
    equip(root);
  }
}

function equip(root) {
  const text = root.querySelector("textarea");
  const status = root.querySelector(".editor-status");
  const say = (...what) => status.replaceChildren(...what);
  const toolbar = root.querySelector("markdown-toolbar");
  const area = { root, text, toolbar, rich: null };
  const grow = () => {
    if (area.rich) return;
    text.style.blockSize = "auto";
    text.style.blockSize = `${Math.max(text.scrollHeight + 2, text.offsetHeight)}px`;
  };
  text.addEventListener("input", grow);
  rove(toolbar);
  toolbar.hidden = false;
  readers(root, text);
  drafts(root, text);
  preview(root, text, say, toolbar);
  area.take = pictures(area, say);
  mentions(root, text);
  if (text.value) grow();
  if ("rich" in root.dataset) writeRich(area, say, grow);
}

// --- with or without markdown -----------------------------------------------------------------------------

// writeRich lets people write in what will be shown, or in markdown, and remembers on this device what they prefer.
// Where the editor does not come, or would not give a text back as it was, the textarea stays.
async function writeRich(area, say, grow) {
  const { root, text, toolbar } = area, toggle = root.querySelector("[data-markdown]");
  const show = () => {
    toggle.hidden = false;
    toggle.textContent = area.rich ? root.dataset.toMarkdown : root.dataset.toRich;
    for (const tool of toolbar.querySelectorAll("[data-rich-only]")) tool.hidden = !area.rich;
    toolbar.querySelector("[data-show]").hidden = Boolean(area.rich);
    stay(toolbar, toolbar.querySelector("button"));
  };
  const begin = async () => {
    const script = await import("./rich/rich.js").catch(() => null);
    await new Promise((done) => setTimeout(done)); // a slow phone answers in between
    area.rich = script?.start({ ...area, lookUp: (name, sign) => lookUp(root, name, sign), list: (found, sign, typed) => nameList(root, found, sign, typed) }) ?? null;
    if (!area.rich) say(script ? root.dataset.inexact : root.dataset.failed);
    show();
  };
  toggle.addEventListener("click", async () => {
    say();
    if (area.rich) {
      area.rich.end();
      area.rich = null;
      show();
      grow();
      remember("markdown");
    } else {
      toolbar.querySelector("[data-show][aria-pressed=true]")?.click(); // the preview makes room
      await begin();
      if (area.rich) remember("");
    }
    text.focus();
  });
  if (remembered() === "markdown") show();
  else await begin();
}

const remembered = () => {
  try {
    return localStorage.getItem("writing");
  } catch {
    return null;
  }
};

function remember(way) {
  try {
    localStorage.setItem("writing", way);
  } catch {
    // A browser that keeps nothing begins anew each time.
  }
}

// rove makes a toolbar one stop of the tab key; arrows lead from tool to tool.
function rove(toolbar) {
  stay(toolbar, toolbar.querySelector("button"));
  toolbar.addEventListener("focusin", ({ target }) => stay(toolbar, target));
  toolbar.addEventListener("keydown", (event) => {
    const tools = [...toolbar.querySelectorAll("button:enabled:not([hidden])")], here = tools.indexOf(event.target);
    const there = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: -1 }[event.key];
    if (there === undefined) return;
    event.preventDefault();
    tools.at(there % tools.length).focus();
  });
  // The element acts when a key goes down and moves the focus into the text, where the same key then makes a
  // new line. A button knows by itself what keys mean.
  toolbar.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") event.stopPropagation(); }, true);
}

// stay makes one tool the one that the tab key finds.
const stay = (toolbar, tool) => toolbar.querySelectorAll("button").forEach((other) => { other.tabIndex = other === tool ? 0 : -1; });

// replace writes into the text so that the browser's undo knows it. It leaves the caret behind what it wrote,
// and the focus where it was.
function replace(text, from, to, by) {
  const before = document.activeElement;
  text.focus({ preventScroll: true });
  text.setSelectionRange(from, to);
  if (!document.execCommand("insertText", false, by)) {
    text.setRangeText(by, from, to, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }
  if (before !== text && before !== document.body) before.focus({ preventScroll: true });
}

// button returns one that looks like a link.
function button(label, press) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "link";
  made.textContent = label;
  made.addEventListener("click", press);
  return made;
}

// --- drafts ---------------------------------------------------------------------------------------------

const old = 30 * 24 * 3600 * 1000; // milliseconds that a draft is kept

// drafts keeps what stands in the fields of a form until the site has taken it: site.js forgets a draft when
// the page that follows says so. A page that answers with a mistake or a preview shows what was typed itself.
function drafts(root, text) {
  const say = (...what) => root.querySelector(".editor-draft").replaceChildren(...what); // above the text, where it is seen
  const form = text.form, key = `draft ${document.body.dataset.person} ${location.pathname} ${text.name}`;
  const fields = [...form.elements].filter((f) => f.name && !["hidden", "file", "submit", "button", "password"].includes(f.type) && !f.closest("[data-gallery-editor]"));
  const part = (f) => (f.type === "checkbox" || f.type === "radio" ? "checked" : "value");
  const read = () => fields.map((f) => [f.name, f[part(f)]]);
  const write = (values) => fields.forEach((f, i) => {
    if (values[i]?.[0] !== f.name || f[part(f)] === values[i][1]) return;
    f[part(f)] = values[i][1];
    for (const happens of ["input", "change"]) f.dispatchEvent(new Event(happens, { bubbles: true }));
  });
  const bare = (values) => JSON.stringify(values).replaceAll(/\\n|\s/g, ""); // the site trims what it shows again
  const same = (a, b) => bare(a) === bare(b);
  const shown = read();
  const kept = load(key);
  let begun = kept?.begun ?? shown;
  const forget = () => {
    localStorage.removeItem(key);
    begun = shown;
    say();
    text.focus();
  };
  if (kept && !same(kept.values, shown)) {
    if (same(kept.begun, shown)) {
      write(kept.values);
      say(root.dataset.restored, " ", button(root.dataset.discard, () => { write(shown); forget(); }));
    } else {
      say(root.dataset.overtaken, " ", button(root.dataset.take, () => { write(kept.values); say(); text.focus(); }), " ", button(root.dataset.discard, forget));
    }
  }
  let timer;
  const keep = () => {
    timer = clearTimeout(timer);
    try {
      const values = read();
      if (same(values, begun)) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify({ values, begun, at: Date.now() }));
    } catch {
      // A browser that keeps nothing keeps no drafts either.
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, 400);
  });
  // A window that closes, or an app that a phone puts away, does not wait.
  document.addEventListener("visibilitychange", () => {
    if (timer && document.hidden) keep();
  });
  form.addEventListener("submit", () => {
    keep();
    if ("instant" in form.dataset) return; // it says itself when it was sent
    try {
      sessionStorage.setItem("sent", key);
    } catch {
      // Likewise.
    }
  });
  form.addEventListener("sent", () => {
    timer = clearTimeout(timer);
    localStorage.removeItem(key);
  });
}

// load returns what is kept under a key, and throws away what is too old.
function load(key) {
  try {
    for (const other of Object.keys(localStorage)) {
      if (other.startsWith("draft ") && !(Date.now() - JSON.parse(localStorage.getItem(other)).at < old)) localStorage.removeItem(other);
    }
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

// --- preview --------------------------------------------------------------------------------------------

function preview(root, text, say, toolbar) {
  const show = root.querySelector("[data-show]");
  const pane = root.querySelector(".editor-preview");
  show.addEventListener("click", async () => {
    const open = show.getAttribute("aria-pressed") === "false";
    if (open) {
      const answer = await fetch(root.dataset.preview, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ content: text.value }),
      }).catch(() => null);
      const found = answer?.ok && (await answer.json().catch(() => null));
      if (!found) {
        say(answer ? (answer.status === 401 ? root.dataset.signIn : root.dataset.failed) : root.dataset.unreachable);
        return;
      }
      pane.innerHTML = found.content; // the server lets only harmless HTML through
      say();
    }
    show.setAttribute("aria-pressed", open);
    pane.hidden = !open;
    text.closest("text-expander").hidden = open;
    for (const tool of toolbar.querySelectorAll("button")) tool.disabled = open && tool !== show;
    (open ? show : text).focus();
  });
}

// --- pictures -------------------------------------------------------------------------------------------

const kinds = ["image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"];

// pictures takes the pictures that are chosen, pasted and dropped, and returns what does so.
function pictures(area, say) {
  const { root, text } = area;
  const choose = document.createElement("input");
  choose.type = "file";
  choose.accept = kinds.join();
  choose.multiple = true;
  // One after the other: the server takes one at a time, and the order stays.
  let queue = Promise.resolve(), underway = 0, sending;
  const take = (files) => {
    const all = [...files];
    let above = "";
    const problems = [];
    underway += all.length;
    for (const file of all) {
      queue = queue.then(async () => {
        const { markdown, problem } = await upload(root, say, file);
        if (problem) {
          problems.push(problem);
          sending = null;
        } else above = area.rich ? area.rich.place(markdown, above) : place(text, markdown, above);
        if (file === all.at(-1)) say(problems.join(" ") || root.dataset.uploaded);
        underway--;
        if (sending && !underway) text.form.requestSubmit(sending.submitter);
      });
    }
    return all.length > 0;
  };
  // Whoever sends the text while a picture is on its way wants to have it in there.
  text.form.addEventListener("submit", (event) => {
    if (!underway) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    sending = event;
    root.querySelector(".editor-status").scrollIntoView({ block: "nearest" });
  }, true);
  root.querySelector("[data-choose]").addEventListener("click", () => choose.click());
  const field = text.form.querySelector("input[type=file][name=pictures]");
  for (const input of field ? [choose, field] : [choose]) {
    const takeChosen = () => {
      take(input.files);
      input.value = "";
    };
    input.addEventListener("change", takeChosen);
    if (input.files.length) takeChosen(); // chosen before this script was there
  }
  text.addEventListener("paste", (event) => {
    // A table or a text from an office program comes as a picture as well.
    if (!event.clipboardData.getData("text/plain") && take(event.clipboardData.files)) event.preventDefault();
  });
  text.addEventListener("dragover", (event) => {
    if (event.dataTransfer.types.includes("Files")) event.preventDefault();
  });
  text.addEventListener("drop", (event) => {
    if (take(event.dataTransfer.files)) event.preventDefault();
  });
  return take;
}

// place puts a picture below the line in which the caret is, or below the one that came before it, and lets
// whoever goes on writing go on where they are. It returns what it put there.
function place(text, markdown, above) {
  const value = text.value, { selectionStart, selectionEnd } = text, there = above ? value.indexOf(above) : -1;
  const from = there < 0 ? selectionEnd : there + above.length;
  const end = there < 0 && value.indexOf("\n", from) >= 0 ? value.indexOf("\n", from) : there < 0 ? value.length : from;
  const waits = document.activeElement === text && selectionEnd < value.length;
  const before = value.slice(0, end).match(/\n*$/)[0].length, after = value.slice(end).match(/^\n*/)[0].length;
  const blank = (lines) => "\n".repeat(Math.max(0, 2 - lines));
  replace(text, end, end, `${end > 0 ? blank(before) : ""}${markdown}${blank(after)}`);
  const next = text.selectionEnd + Math.min(2, after);
  text.setSelectionRange(waits ? selectionStart : next, waits ? selectionEnd : next);
  return markdown;
}

// upload sends a picture and shows how far it is. It returns what shows the picture, or what is wrong.
function upload(root, say, file) {
  if (!kinds.includes(file.type)) return { problem: root.dataset.noPicture.replace("{name}", file.name) };
  const bar = document.createElement("progress");
  const name = root.dataset.uploading.replace("{name}", file.name);
  bar.setAttribute("aria-label", name);
  say(name, " ", bar);
  const body = new FormData();
  body.append("picture", file);
  return new Promise((done) => {
    const request = new XMLHttpRequest(); // fetch does not tell how far an upload has come
    request.open("POST", root.dataset.upload);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      bar.max = event.total;
      bar.value = event.loaded;
    });
    request.addEventListener("loadend", () => {
      const { status, response } = request;
      if (status === 201 && response?.markdown) return done(response);
      // A server that has read enough of a large file hangs up, which looks like a broken line.
      const lost = status === 0 || (status === 413 && !response?.problem) ? root.dataset.lost.replace("{name}", file.name) : "";
      const away = status === 401 ? root.dataset.signIn : "";
      done({ problem: lost || away || `${file.name}: ${response?.problem ?? root.dataset.failed}` });
    });
    request.send(body);
  });
}

// --- who reads it -----------------------------------------------------------------------------------------

// readers asks how many people will be told: below a thread and above the button of a form when somebody begins to
// write, and there also whenever somebody chooses in whose name to publish.
function readers(root, text) {
  const hint = document.getElementById(`hint-${text.name}`), panel = text.form.querySelector("section.readers");
  if (root.dataset.readers) text.addEventListener("focus", () => part(root.dataset.readers, hint), { once: true });
  if (panel?.dataset.count) text.addEventListener("focus", () => part(panel.dataset.count, panel.querySelector("[aria-live]")), { once: true });
  if (!panel?.dataset.readers) return;
  let asked = 0;
  text.form.addEventListener("change", async ({ target }) => {
    if (target.name !== "group" && target.name !== "as_gestalt") return;
    const mine = ++asked, chosen = new URLSearchParams();
    for (const [name, value] of new FormData(text.form)) if (name === "group" || name === "as_gestalt") chosen.append(name, value);
    const known = await part(`${panel.dataset.readers}?${chosen}`, panel.querySelector("[aria-live]"), () => mine === asked);
    if (mine === asked) panel.hidden = !known; // what stood there is about somebody else
  });
}

// part puts a piece of a page into an element, and reports whether there is one.
async function part(address, into, wanted = () => true) {
  try {
    const answer = await fetch(address, { redirect: "error" });
    if (!answer.ok) return false;
    const html = await answer.text();
    if (wanted()) into.innerHTML = html; // the site's own, and escaped there
    return true;
  } catch {
    return false;
  }
}

// --- names and tags ----------------------------------------------------------------------------------------------

function mentions(root, text) {
  const expander = root.querySelector("text-expander");
  let asked = 0;
  expander.addEventListener("text-expander-change", (event) => {
    const { key, provide, text: begun } = event.detail, mine = ++asked;
    // An answer that arrives after the one to later letters must not take its place.
    if (begun) provide(find(root, begun, key).then((found) => (mine === asked ? found : new Promise(() => {}))));
  });
  expander.addEventListener("text-expander-value", (event) => {
    event.preventDefault(); // the element writes past the browser's undo
    const end = text.selectionEnd, { key, item } = event.detail, from = text.value.lastIndexOf(key, end - 1), { typed } = item.parentElement.dataset;
    expander.dismiss();
    // Whoever types faster than the site answers has not seen what is offered for these letters.
    if (typed === text.value.slice(from + key.length, end)) replace(text, from, end, `${item.dataset.written} `);
  });
}

async function find(root, text, sign) {
  const found = await lookUp(root, text, sign);
  return found.length ? { matched: true, fragment: nameList(root, found, sign, text) } : { matched: false };
}

// lookUp returns the people and groups that a name may mean, or the tags that begin so: none where the site does not answer.
async function lookUp(root, name, sign = "@") {
  try {
    const answer = await fetch(`${sign === "#" ? root.dataset.tags : root.dataset.mentions}?${new URLSearchParams({ q: name })}`);
    return answer.ok ? await answer.json() : [];
  } catch {
    return [];
  }
}

// nameList returns a list to choose from, of what is offered for the letters that were typed.
function nameList(root, found, sign, typed) {
  const list = document.createElement("ul");
  list.dataset.typed = typed;
  list.className = "mentions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", sign === "#" ? root.dataset.tagNames : root.dataset.names);
  for (const [i, who] of found.entries()) {
    const item = document.createElement("li");
    item.id = `mention-${i}`;
    item.setAttribute("role", "option");
    Object.assign(item.dataset, who);
    list.append(item);
    item.dataset.written = sign + (sign === "#" ? who.name : who.slug);
    if (sign === "#") {
      item.append(item.dataset.written);
      continue;
    }
    const slug = document.createElement("span");
    slug.className = "hint";
    slug.textContent = item.dataset.written;
    item.append(who.name, " ", slug);
  }
  return list;
}
