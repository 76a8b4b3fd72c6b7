// drag lets a finger or the mouse pull a row of a list by its handle. While it does, the row has a class; settle is called
// when it has its place.
export function drag(row, list, held, settle) {
  const handle = row.querySelector("[data-handle]");
  let holding = false;
  handle.addEventListener("pointerdown", (event) => {
    holding = true;
    handle.setPointerCapture(event.pointerId);
    row.classList.add(held);
    event.preventDefault();
  });
  handle.addEventListener("pointermove", ({ clientY }) => {
    if (!holding) return;
    const others = [...list.children].filter((other) => other !== row);
    const next = others.find((other) => {
      const { top, height } = other.getBoundingClientRect();
      return clientY < top + height / 2;
    });
    if ((next ?? null) !== row.nextElementSibling) list.insertBefore(row, next ?? null);
    if (clientY < 80) scrollBy(0, -12);
    else if (clientY > innerHeight - 80) scrollBy(0, 12);
  });
  const drop = () => {
    if (!holding) return;
    holding = false;
    row.classList.remove(held);
    settle();
  };
  handle.addEventListener("pointerup", drop);
  handle.addEventListener("pointercancel", drop);
}
