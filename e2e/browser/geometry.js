// What is wrong with how a page lies on the screen: one complaint a line, nothing if all is well.
(() => {
  const root = document.documentElement;
  const complaints = [];
  const named = (e) => `${e.localName}${e.className && typeof e.className === "string" ? "." + e.className.trim().replaceAll(" ", ".") : ""} “${e.textContent.trim().replace(/\s+/g, " ").slice(0, 40)}”`;
  const complain = (what, ...elements) => { if (complaints.length < 6) complaints.push(`${what}: ${elements.map(named).join(" and ")}`); };
  const shown = (e) => e.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) && !e.closest(".visually-hidden, svg, markdown-toolbar[hidden]");

  // Names that are shortened on purpose: the whole name stands on the page that the link leads to.
  const shortened = ".mine-name, .brand span, .place-label, .write-label, .crumbs :is(a, span), .teaser, .entry-lead, .entry-below, .month-event a";

  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.body.querySelectorAll("*")].filter((e) => shown(e) && e.getBoundingClientRect().right > root.clientWidth + 1 && !e.closest(".table-frame, pre"));
    complain(`the page scrolls sideways, ${root.scrollWidth} in ${root.clientWidth}`, ...wide.slice(-3));
  }

  for (const e of document.body.querySelectorAll("*")) {
    if (e.clientWidth === 0 || !shown(e) || e.matches(`${shortened}, input, select, textarea, iframe, html, body`)) continue;
    const style = getComputedStyle(e);
    const scrolls = /auto|scroll/.test(style.overflowX);
    if (e.scrollWidth > e.clientWidth + 1 && !scrolls) complain(`the text is wider than its box, ${e.scrollWidth} in ${e.clientWidth}`, e);
    if (e.scrollHeight > e.clientHeight + 1 && /hidden|clip/.test(style.overflowY)) complain(`the text is cut off below, ${e.scrollHeight} in ${e.clientHeight}`, e);
    if (scrolls && e.scrollWidth > e.clientWidth + 1 && e.tabIndex < 0 && e.localName !== "pre") complain("it scrolls, but not with the keyboard", e);
  }

  // Two things to press must not lie on each other.
  const pressed = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")].filter((e) => shown(e) && !e.matches(".skip"));
  const fixed = (e) => { const bar = e.closest(".dock"); return bar && getComputedStyle(bar).position === "fixed"; };
  const boxes = pressed.flatMap((e) => fixed(e) ? [] : [...e.getClientRects()].filter((r) => r.width > 1 && r.height > 1).map((r) => ({ e, r })));
  boxes.sort((a, b) => a.r.top - b.r.top);
  for (let i = 0; i < boxes.length; i++) {
    for (let k = i + 1; k < boxes.length && boxes[k].r.top < boxes[i].r.bottom - 1; k++) {
      const { e: a, r: p } = boxes[i], { e: b, r: q } = boxes[k];
      if (a === b || a.contains(b) || b.contains(a)) continue;
      const across = Math.min(p.right, q.right) - Math.max(p.left, q.left), down = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
      // The lines of a text are as high as their letters and may touch.
      if (across > 1 && down > (getComputedStyle(a).display === "inline" || getComputedStyle(b).display === "inline" ? 8 : 1)) complain(`they lie on each other, ${Math.round(across)} × ${Math.round(down)}`, a, b);
    }
  }

  // What stands beside and below each other must not, either.
  for (const e of document.querySelectorAll("main h1, main h2, main h3, main p, main li, main dd, main dt, main label")) {
    const next = e.nextElementSibling;
    if (!next || !shown(e) || !shown(next) || getComputedStyle(next).position !== "static" || getComputedStyle(e).float !== "none") continue;
    const p = e.getBoundingClientRect(), q = next.getBoundingClientRect();
    if (Math.min(p.right, q.right) - Math.max(p.left, q.left) > 2 && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 2) complain("they lie on each other", e, next);
  }

  // The bar at the bottom of a phone must cover neither what has the focus nor the end of the page.
  const bar = document.querySelector(".dock");
  if (bar && getComputedStyle(bar).position === "fixed") {
    const was = document.activeElement;
    // The open menu of the style guide moves what follows whenever the focus moves.
    const focused = document.querySelector(".sample .menu") ? [] : pressed;
    for (const e of focused) {
      if (fixed(e) || e.disabled) continue;
      e.focus();
      const p = e.getBoundingClientRect(), top = bar.getBoundingClientRect().top;
      // A browser scrolls the line that is written in into view, not the whole field.
      const end = e.localName === "textarea" ? p.top + 40 : p.bottom;
      if (p.height < top - 40 && end > top + 1) complain(`the bar at the bottom covers it, ${Math.round(end)} below ${Math.round(top)}`, e);
    }
    scrollTo(0, root.scrollHeight);
    const end = document.querySelector(".foot-end");
    if (end && end.getBoundingClientRect().bottom > bar.getBoundingClientRect().top) complain("the bar at the bottom covers the end of the page", end);
    scrollTo(0, 0);
    if (was && was !== document.body) was.focus({ preventScroll: true }); else document.activeElement.blur();
  }
  return complaints.join("\n");
})()
