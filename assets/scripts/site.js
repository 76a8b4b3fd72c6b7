// What every page gets: menus that close again, times that go on, comments that appear at once. Pages work
// without it. What only some pages need is loaded there.

const openMenus = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of openMenus()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
  const form = event.target.form;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form && event.target.tagName === "TEXTAREA") form.requestSubmit();
});

// Times in words go on as long as the page is open.
const units = [["minute", 60], ["hour", 3600], ["day", 86400], ["week", 604800]];
const relative = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });

function tick() {
  for (const time of document.querySelectorAll("time.since")) {
    const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
    const unit = units.findLast(([, length]) => seconds >= length);
    if (unit && seconds < 4 * 604800) time.textContent = relative.format(-Math.floor(seconds / unit[1]), unit[0]);
  }
}
setInterval(tick, 60_000);

// A form that is sent in the background: the answer's content takes the place of this page's.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!("instant" in form.dataset) || event.defaultPrevented) return;
  event.preventDefault();
  const button = event.submitter ?? form.querySelector("[type=submit]");
  button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = document.querySelector("main"), next = page.querySelector("main");
    if (!next || !next.querySelector("form[data-instant]")) throw new Error("another page");
    const known = new Set([...now.querySelectorAll("[id]")].map((e) => e.id));
    now.replaceWith(document.adoptNode(next));
    const fresh = next.querySelector(".summary") ?? [...next.querySelectorAll("article[id], li[id]")].findLast((e) => !known.has(e.id));
    if (fresh) {
      fresh.tabIndex = -1;
      fresh.focus({ preventScroll: true });
      fresh.scrollIntoView({ block: "center" });
    }
    if (answer.ok) form.dispatchEvent(new CustomEvent("sent"));
    enhance();
  } catch {
    form.submit(); // the browser knows how to say what is wrong
  }
});

function enhance() {
  const on = (selector, load) => {
    const found = document.querySelector(selector);
    if (found) load().then((script) => script.enhance(found));
  };
  on("[data-editor]", () => import("./editor.js"));
  on("[data-push]", () => import("./push.js"));
  on("[data-offline]", () => import("./offline.js"));
}

if ("serviceWorker" in navigator) navigator.serviceWorker.register("/service-worker.js").catch(() => {});

// What somebody wrote and read on a computer that they share is gone when they sign out, or when somebody
// else signs in.
try {
  const person = document.body.dataset.person, before = localStorage.getItem("person") ?? "";
  if (person !== before && !document.querySelector("[data-offline]")) {
    for (const key of Object.keys(localStorage)) if (key.startsWith("draft ") && !key.startsWith(`draft ${person} `)) localStorage.removeItem(key);
    if (before && "caches" in window) ["pages", "pictures"].forEach((name) => caches.delete(name));
    localStorage.setItem("person", person);
  }
} catch {
  // A browser that keeps nothing has nothing to forget.
}

enhance();
