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

// Times in words go on as long as the page is open. What is to come, and what is so old that the page names
// the day, stays as it is; so does "one hour ago", which the page says without a digit.
const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
const relative = new Intl.RelativeTimeFormat(document.documentElement.lang);

function tick() {
  for (const time of document.querySelectorAll("time.since")) {
    const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
    const [unit, length] = units.find(([, length]) => seconds >= length) ?? [];
    const count = Math.floor(seconds / length);
    if (unit && seconds < 7 * 86400 && (count > 1 || /\d/.test(time.textContent))) time.textContent = relative.format(-count, unit);
  }
}
setInterval(tick, 60_000);

// A form that is sent in the background: the answer's content takes the place of this page's. Where that
// does not work, the text stays, and what is wrong stands below it.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!("instant" in form.dataset) || event.defaultPrevented) return;
  event.preventDefault();
  const button = event.submitter ?? form.querySelector("[type=submit]"), editor = form.querySelector("[data-editor]");
  if (button.disabled) return; // it is on its way
  button.disabled = true;
  const stay = (why) => {
    button.disabled = false;
    form.querySelector(".editor-status").textContent = why;
  };
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = document.querySelector("main"), next = page.querySelector("main");
    if (!next?.querySelector("form[data-instant]")) {
      if (answer.ok) location.assign(answer.url); // to sign in, and back to the draft
      else stay(page.querySelector(".failure .lead")?.textContent ?? editor.dataset.failed);
      return;
    }
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
    stay(editor.dataset.unreachable);
  }
});

function enhance() {
  const on = (selector, load) => {
    const found = document.querySelector(selector);
    if (found) load().then((script) => script.enhance(found));
  };
  on("[data-editor]", () => import("./editor.js"));
  on("[data-thread]", () => import("./thread.js"));
  on("[data-push]", () => import("./push.js"));
  on("[data-share]", () => import("./share.js"));
  on("[data-event-times]", () => import("./events.js").then((script) => ({ enhance: script.times })));
  on("[data-event-repetition]", () => import("./events.js").then((script) => ({ enhance: script.repetition })));
  on("[data-file-upload]", () => import("./fileupload.js"));
  on("[data-poll-form]", () => import("./polls.js").then((script) => ({ enhance: script.rows })));
  on("[data-poll-ranked]", () => import("./polls.js").then((script) => ({ enhance: script.rank })));
  on("[data-calendar]", () => import("./events.js").then((script) => ({ enhance: script.calendar })));
  on("[data-gallery]", () => import("./gallery.js"));
  on("[data-carousel]", () => import("./gallery.js").then((script) => ({ enhance: script.carousel })));
  on("[data-gallery-editor]", () => import("./gallery-editor.js"));
  on("[data-map]", () => import("./map.js"));
  on("[data-locate]", () => import("./map.js").then((script) => ({ enhance: script.locate })));
  on("[data-offline]", () => import("./offline.js"));
  on("[data-colour]", () => import("./colour.js"));
  on("body[data-kept]", () => import("./offline.js").then((script) => ({ enhance: script.date })));
}

if ("serviceWorker" in navigator) navigator.serviceWorker.register("/service-worker.js").catch(() => {});

// What somebody wrote and read on a computer that they share is gone when they sign out, or when somebody
// else signs in. A session that ends by itself leaves the drafts for whoever wrote them.
function forgetDrafts(but) {
  for (const key of Object.keys(localStorage)) if (key.startsWith("draft ") && !key.startsWith(`draft ${but} `)) localStorage.removeItem(key);
}

try {
  const sent = sessionStorage.getItem("sent");
  sessionStorage.removeItem("sent");
  if (sent && document.querySelector(".messages .note-done")) localStorage.removeItem(sent);
  if (location.pathname.startsWith("/stadt/logout")) {
    document.addEventListener("submit", () => {
      forgetDrafts();
      // News is for whoever signed in here; the site learns that the address is gone when it sends the next one.
      navigator.serviceWorker?.getRegistration().then((worker) => worker?.pushManager?.getSubscription()).then((told) => told?.unsubscribe()).catch(() => {});
    });
  }
  const person = document.body.dataset.person, before = localStorage.getItem("person") ?? "";
  if (person !== before && !document.querySelector("[data-offline]")) {
    if (person) forgetDrafts(person);
    if ("caches" in window) ["pages", "pictures"].forEach((name) => caches.delete(name));
    localStorage.setItem("person", person);
  }
} catch {
  // A browser that keeps nothing has nothing to forget.
}

// Going back brings a page as it was, even one of somebody who has signed out since.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted || localStorage.getItem("person") === document.body.dataset.person) return;
  document.body.replaceChildren();
  location.replace(location.pathname + location.search);
});

// Old links name a comment by the fragment alone, which the site does not get to see. In a long thread it may stand on
// another page.
const named = /^#contribution-(\d+)$/.exec(location.hash)?.[1];
if (named && document.querySelector(".thread") && !document.querySelector(location.hash) && !location.search.includes("contribution=")) {
  location.replace(`${location.pathname}?contribution=${named}${location.hash}`);
}

enhance();
