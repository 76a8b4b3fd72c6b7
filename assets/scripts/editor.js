// What helps to write a long text: a toolbar, a preview, pictures by paste and drop, names while they are
// typed, and drafts. Loaded only where there is an editor.
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
  root.querySelector("markdown-toolbar").hidden = false;
  drafts(root, text, say);
  preview(root, text, say);
  pictures(root, text, say);
  mentions(root);
  readers(root, text);
  const grow = () => { text.style.blockSize = "auto"; text.style.blockSize = `${Math.max(text.scrollHeight + 2, text.offsetHeight)}px`; };
  text.addEventListener("input", grow);
  if (text.value) grow();
}

// changed lets everybody know that a script changed the text.
function changed(text) {
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

// --- drafts ---------------------------------------------------------------------------------------------

const old = 30 * 24 * 3600 * 1000; // milliseconds that a draft is kept

function drafts(root, text, say) {
  const key = `draft ${document.body.dataset.person} ${location.pathname} ${text.name}`;
  const begun = text.value;
  let kept;
  try {
    kept = JSON.parse(localStorage.getItem(key));
  } catch {
    kept = null;
  }
  // The page that follows a form that was accepted is another one, or shows no mistakes.
  const sent = kept?.sent && !document.querySelector(".summary");
  if (kept && (sent || kept.begun !== begun || Date.now() - kept.at > old)) {
    localStorage.removeItem(key);
  } else if (kept && kept.text !== begun) {
    text.value = kept.text;
    const discard = document.createElement("button");
    discard.type = "button";
    discard.className = "link";
    discard.textContent = root.dataset.discard;
    discard.addEventListener("click", () => {
      text.value = begun;
      localStorage.removeItem(key);
      say();
      text.focus();
    });
    say(root.dataset.restored, " ", discard);
  }
  const keep = (sending) => {
    try {
      if (text.value === begun) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify({ text: text.value, begun, at: Date.now(), sent: sending }));
    } catch {
      // A browser that keeps nothing keeps no drafts either.
    }
  };
  let timer;
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, 400);
  });
  text.form.addEventListener("submit", () => {
    clearTimeout(timer);
    keep(true);
  });
  text.form.addEventListener("sent", () => localStorage.removeItem(key));
}

// --- preview --------------------------------------------------------------------------------------------

function preview(root, text, say) {
  const button = root.querySelector("[data-show]");
  const pane = root.querySelector(".editor-preview");
  button.addEventListener("click", async () => {
    const show = button.getAttribute("aria-pressed") === "false";
    if (show) {
      try {
        const answer = await fetch(root.dataset.preview, {
          method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ content: text.value }),
        });
        if (!answer.ok) throw new Error(answer.statusText);
        pane.innerHTML = (await answer.json()).content; // the server lets only harmless HTML through
      } catch {
        say(root.dataset.failed);
        return;
      }
    }
    button.setAttribute("aria-pressed", show);
    pane.hidden = !show;
    text.closest("text-expander").hidden = show;
    if (!show) text.focus();
  });
}

// --- pictures -------------------------------------------------------------------------------------------

function pictures(root, text, say) {
  const choose = document.createElement("input");
  choose.type = "file";
  choose.accept = "image/jpeg,image/png,image/gif,image/webp";
  choose.multiple = true;
  const take = (files) => {
    const all = [...files].filter((file) => file.type.startsWith("image/"));
    // One after the other: the server takes one at a time, and the order stays.
    all.reduce((before, file) => before.then(() => upload(root, text, say, file)), Promise.resolve());
    return all.length > 0;
  };
  root.querySelector("[data-choose]").addEventListener("click", () => choose.click());
  const field = text.form.querySelector("input[type=file][name=pictures]");
  for (const input of field ? [choose, field] : [choose]) {
    input.addEventListener("change", () => {
      take(input.files);
      input.value = "";
    });
  }
  text.addEventListener("paste", (event) => {
    if (take(event.clipboardData.files)) event.preventDefault();
  });
  text.addEventListener("dragover", (event) => {
    if (event.dataTransfer.types.includes("Files")) event.preventDefault();
  });
  text.addEventListener("drop", (event) => {
    if (take(event.dataTransfer.files)) event.preventDefault();
  });
}

function upload(root, text, say, file) {
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
      if (request.status === 201 && request.response?.markdown) {
        const place = text.value.indexOf("\n", text.selectionEnd) < 0 ? text.value.length : text.value.indexOf("\n", text.selectionEnd);
        text.setRangeText(`${place > 0 ? "\n\n" : ""}${request.response.markdown}\n\n`, place, place, "end"); // below the line
        changed(text);
        say(root.dataset.uploaded);
      } else {
        say(`${file.name}: ${request.response?.problem ?? root.dataset.failed}`);
      }
      done();
    });
    request.send(body);
  });
}

// --- who reads it -----------------------------------------------------------------------------------------

// readers asks how many people will be told: below a thread when somebody begins to write, and above the
// button whenever somebody chooses in whose name to publish.
function readers(root, text) {
  const hint = document.getElementById(`hint-${text.name}`), panel = text.form.querySelector("section[data-readers]");
  if (root.dataset.readers) text.addEventListener("focus", () => part(root.dataset.readers, hint), { once: true });
  if (!panel) return;
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

// --- names ----------------------------------------------------------------------------------------------

function mentions(root) {
  const expander = root.querySelector("text-expander");
  expander.addEventListener("text-expander-change", (event) => {
    const { key, provide, text } = event.detail;
    if (key === "@" && text.length > 0) provide(find(root.dataset.mentions, text));
  });
  expander.addEventListener("text-expander-value", (event) => {
    event.detail.value = `@${event.detail.item.dataset.slug}`;
  });
}

async function find(address, text) {
  try {
    const answer = await fetch(`${address}?${new URLSearchParams({ q: text })}`);
    const found = await answer.json();
    if (found.length === 0) return { matched: false };
    const list = document.createElement("ul");
    list.className = "mentions";
    list.setAttribute("role", "listbox");
    for (const [i, who] of found.entries()) {
      const item = document.createElement("li");
      item.id = `mention-${i}`;
      item.setAttribute("role", "option");
      item.dataset.slug = who.slug;
      const slug = document.createElement("span");
      slug.className = "hint";
      slug.textContent = `@${who.slug}`;
      item.append(who.name, " ", slug);
      list.append(item);
    }
    return { matched: true, fragment: list };
  } catch {
    return { matched: false };
  }
}
