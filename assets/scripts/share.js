// A link that is passed on: where the browser knows whom people write to it offers them, elsewhere the link is copied.

export function enhance() {
  for (const button of document.querySelectorAll("[data-share]")) {
    const link = document.getElementById(button.getAttribute("aria-controls")), status = button.nextElementSibling;
    button.hidden = false;
    if (navigator.share) button.textContent = button.dataset.share;
    button.addEventListener("click", async () => {
      status.textContent = "";
      if (navigator.share) {
        const failed = await navigator.share({ url: link.value, title: document.title }).catch((failure) => failure);
        if (!failed || failed.name === "AbortError") return; // shared, or thought better of
      }
      link.select();
      const copied = await navigator.clipboard?.writeText(link.value).then(() => true, () => false);
      if (copied || document.execCommand("copy")) status.textContent = button.dataset.copied;
    });
  }
}
