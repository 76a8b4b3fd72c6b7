// Looking at pictures: those of a gallery one by one in a window of their own, by keys, buttons and fingers; and buttons
// beside a row of pictures. Without it each picture is a link, and the row is pushed aside by hand.

export function enhance() {
  for (const wall of document.querySelectorAll("[data-gallery]:not([data-ready])")) {
    wall.dataset.ready = "";
    look(wall);
  }
}

// --- one by one -------------------------------------------------------------------------------------------

const icons = { previous: "M19.5 12H4.9M11 5.9 4.9 12l6.1 6.1", next: "M4.5 12h14.600M13 5.900l6.100 6.100-6.100 6.100", close: "m6 6 12 12M18 6 6 18" };

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function iconButton(icon, label, press) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [name, value] of Object.entries({ class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" })) svg.setAttribute(name, value);
  path.setAttribute("d", icons[icon]);
  svg.append(path);
  const button = element("button", { type: "button", class: `button-quiet viewer-${icon}`, "aria-label": label }, svg);
  button.addEventListener("click", press);
  return button;
}

function look(wall) {
  const links = [...wall.querySelectorAll("a[data-number]")];
  const image = element("img", { alt: "" }), caption = element("p", { class: "viewer-caption", dir: "auto" }), count = element("p", { class: "viewer-count" });
  const said = element("div", { class: "viewer-said", "aria-live": "polite" }, count, caption);
  const stage = element("div", { class: "viewer-stage" }, image);
  const step = (by) => show(here + by);
  const previous = iconButton("previous", wall.dataset.previous, () => step(-1)), next = iconButton("next", wall.dataset.next, () => step(1));
  const close = iconButton("close", wall.dataset.close, () => dialog.close());
  const dialog = element("dialog", { class: "viewer", "aria-label": wall.dataset.window }, stage, said, previous, next, close);
  document.body.append(dialog);
  let here = 0;

  function show(to) {
    here = Math.max(0, Math.min(links.length - 1, to));
    const link = links[here], small = link.querySelector("img");
    stage.classList.add("viewer-loading");
    image.src = link.href;
    image.alt = small.alt;
    count.textContent = link.dataset.number;
    caption.textContent = link.closest("figure").querySelector("figcaption")?.textContent ?? "";
    // A button that has the focus keeps it at the end of the row, and does nothing there.
    previous.setAttribute("aria-disabled", here === 0);
    next.setAttribute("aria-disabled", here === links.length - 1);
    for (const near of [links[here + 1], links[here - 1]]) if (near) new Image().src = near.href;
  }
  image.addEventListener("load", () => stage.classList.remove("viewer-loading"));
  image.addEventListener("error", () => {
    stage.classList.remove("viewer-loading");
    caption.textContent = wall.dataset.failed;
  });

  links.forEach((link, n) => link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return; // another tab or window
    event.preventDefault();
    show(n);
    dialog.showModal();
    close.focus();
    history.pushState({ viewer: true }, ""); // the way back of a phone closes it
  }));
  dialog.addEventListener("close", () => {
    if (history.state?.viewer) history.back();
    image.removeAttribute("src");
    links[here].focus(); // where one has come to
  });
  addEventListener("popstate", () => {
    if (dialog.open) dialog.close();
  });
  dialog.addEventListener("keydown", (event) => {
    const there = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: links.length - 1, PageUp: here - 1, PageDown: here + 1 }[event.key];
    if (there === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    show(there);
  });
  dialog.addEventListener("click", ({ target }) => {
    if (target === dialog || target === stage) dialog.close();
  });
  swipe(stage, step);
}

// swipe calls back with -1 or 1 when a finger pushes to the right or left, and not when two fingers enlarge.
function swipe(stage, step) {
  let from = null;
  stage.addEventListener("pointerdown", (event) => {
    from = event.isPrimary && event.pointerType !== "mouse" ? event : null;
  });
  stage.addEventListener("pointerup", (event) => {
    if (!from || !event.isPrimary || (window.visualViewport?.scale ?? 1) > 1.01) return;
    const across = event.clientX - from.clientX, down = event.clientY - from.clientY;
    if (Math.abs(across) > 40 && Math.abs(across) > 2 * Math.abs(down)) step(across > 0 ? -1 : 1);
    from = null;
  });
  stage.addEventListener("pointercancel", () => { from = null; });
}

// --- side by side -----------------------------------------------------------------------------------------

export function carousel() {
  for (const section of document.querySelectorAll("[data-carousel]:not([data-ready])")) {
    section.dataset.ready = "";
    const row = section.querySelector("ul"), tools = section.querySelector(".carousel-tools");
    if (!tools) continue;
    tools.hidden = false;
    const count = tools.querySelector("[data-count]"), previous = tools.querySelector("[data-previous]"), next = tools.querySelector("[data-next]");
    const here = () => Math.round(Math.abs(row.scrollLeft) / row.clientWidth);
    const tell = () => {
      count.textContent = count.dataset.count.replace("{n}", here() + 1);
      previous.setAttribute("aria-disabled", here() === 0);
      next.setAttribute("aria-disabled", here() === row.children.length - 1);
    };
    const calm = matchMedia("(prefers-reduced-motion: reduce)");
    const push = (by) => row.children[here() + by] && row.scrollBy({ left: by * row.clientWidth, behavior: calm.matches ? "auto" : "smooth" });
    previous.addEventListener("click", () => push(-1));
    next.addEventListener("click", () => push(1));
    let timer;
    row.addEventListener("scroll", () => {
      clearTimeout(timer);
      timer = setTimeout(tell, 120);
    }, { passive: true });
    tell();
  }
}
