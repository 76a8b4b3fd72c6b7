// The page shows a colour while it is chosen: the styles for it have its name in their address.

export function enhance(input) {
  const styles = document.querySelector("link[data-colours]");
  if (!styles) return;
  let waiting = 0;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      styles.href = input.dataset.colour.replace(".css", `${input.value.slice(1)}.css`);
    }, 80);
  });
}
