// What a thread gets where scripts run: what others write appears while the page is open, one tap reacts without leaving
// the place, and a quote goes into the text that is being written.

let source, container, timer, failures = 0, last = 0;

export function enhance(thread) {
  if (thread === container) return;
  container = thread;
  for (const one of thread.querySelectorAll("[data-version]")) last = Math.max(last, Number(one.dataset.version));
  close();
  if (thread.dataset.live && "EventSource" in window) open();
}

// --- what is new ----------------------------------------------------------------------------------------

// Only a page that somebody sees waits for news; it catches up when it is seen again.
document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
addEventListener("pagehide", close);
addEventListener("pageshow", ({ persisted }) => persisted && open());

function open() {
  if (source || document.hidden || !container?.dataset.live || !container.isConnected) return;
  const address = new URL(container.dataset.live, location);
  address.searchParams.set("since", Math.max(last, Number(address.searchParams.get("since"))));
  source = new EventSource(address);
  source.addEventListener("open", () => (failures = 0));
  source.addEventListener("message", ({ data }) => take(JSON.parse(data)));
  source.addEventListener("end", () => {
    close();
    delete container.dataset.live; // signed out, or no longer for this reader
  });
  source.addEventListener("error", () => {
    if (source?.readyState !== EventSource.CLOSED) return; // the browser comes again by itself
    close();
    if (failures++ < 8) timer = setTimeout(open, 1000 * Math.min(300, 5 * 2 ** failures) * (0.5 + Math.random()));
  });
}

function close() {
  clearTimeout(timer);
  source?.close();
  source = undefined;
}

function take({ anchor, html, version, spoken }) {
  last = Math.max(last, version);
  const old = document.getElementById(anchor);
  if (old && Number(old.dataset.version) >= version) return;
  const fresh = document.createRange().createContextualFragment(html).firstElementChild;
  const busy = old?.contains(document.activeElement) && document.activeElement;
  inPlace(() => (old ? old.replaceWith(fresh) : container.append(fresh)));
  document.querySelector(".none-yet")?.remove();
  if (busy) focusLike(fresh, busy);
  if (!old && spoken) document.querySelector(".thread-news").textContent = spoken;
}

// inPlace changes the page so that what somebody reads, or writes, stays where it is.
function inPlace(change) {
  const { activeElement } = document, seen = activeElement?.getBoundingClientRect();
  const inSight = seen && activeElement !== document.body && seen.bottom > 0 && seen.top < innerHeight;
  const anchor = inSight ? activeElement : document.elementFromPoint(innerWidth / 2, innerHeight / 3);
  const before = anchor?.getBoundingClientRect().top;
  const root = document.documentElement;
  root.style.overflowAnchor = "none"; // not twice
  change();
  if (anchor?.isConnected) scrollBy({ top: anchor.getBoundingClientRect().top - before, behavior: "instant" });
  requestAnimationFrame(() => root.style.removeProperty("overflow-anchor"));
}

// focusLike gives the focus to what stands in the same place of a thing that has been drawn anew.
function focusLike(fresh, before) {
  const like = before.value ? fresh.querySelector(`button[value="${before.value}"]`) : before.href && [...fresh.querySelectorAll("a")].find((link) => link.href === before.href);
  like?.focus({ preventScroll: true });
}

// --- reactions ------------------------------------------------------------------------------------------

document.addEventListener("submit", async (event) => {
  const form = event.target, button = event.submitter;
  if (!("reactions" in form.dataset) || !button?.name) return;
  event.preventDefault();
  if (form.ariaBusy) return;
  form.ariaBusy = "true";
  const article = form.closest("article").id;
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams([[button.name, button.value], ["part", "on"]]) }).catch(() => null);
  const html = answer?.ok && !answer.redirected ? await answer.text() : "";
  form.ariaBusy = null;
  if (!form.isConnected) { // the news was faster
    if (document.activeElement === document.body) document.querySelector(`#${article} button[value="${button.value}"]`)?.focus({ preventScroll: true });
    return;
  }
  const fresh = html && document.createRange().createContextualFragment(html).firstElementChild;
  if (fresh?.matches("[data-reactions]")) {
    inPlace(() => form.replaceWith(fresh));
    fresh.querySelector(`button[value="${button.value}"]`)?.focus({ preventScroll: true });
  } else if (answer?.redirected) {
    location.assign(answer.url); // to sign in
  } else {
    document.querySelector(".thread-news").textContent = container.dataset.failed;
  }
});

// --- quotes ---------------------------------------------------------------------------------------------

// A quote is taken from the page that the link leads to, and added to what has been written already.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-quote]"), text = document.querySelector("#field-text");
  if (!link || !text || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const answer = await fetch(link.href).catch(() => null);
  const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
  const quote = page && page.querySelector("#field-text")?.value, to = page && page.querySelector("form [name=in_reply_to]");
  if (!quote) {
    location.assign(link.href);
    return;
  }
  const form = text.form;
  form.querySelector("[name=in_reply_to]")?.nextElementSibling?.matches(".hint") && form.querySelector("[name=in_reply_to]").nextElementSibling.remove();
  form.querySelector("[name=in_reply_to]")?.remove();
  if (to) {
    const hint = to.nextElementSibling;
    form.prepend(document.adoptNode(to));
    if (hint?.matches(".hint")) to.after(document.adoptNode(hint));
  }
  text.focus();
  text.setSelectionRange(text.value.length, text.value.length);
  const added = (text.value.trim() ? "\n\n" : "") + quote.trimStart();
  if (!document.execCommand("insertText", false, added)) {
    text.setRangeText(added, text.value.length, text.value.length, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }
  text.scrollIntoView({ block: "center" });
});
