// The page without a connection: lists the pages that are kept.

export async function enhance(section) {
  const list = section.querySelector("ul");
  const cache = await caches.open("pages");
  for (const request of (await cache.keys()).reverse()) {
    const page = new DOMParser().parseFromString(await (await cache.match(request)).text(), "text/html");
    const item = document.createElement("li"), link = document.createElement("a");
    link.href = request.url;
    link.textContent = page.title.split(" · ")[0] || request.url;
    item.append(link);
    list.append(item);
  }
  section.hidden = list.children.length === 0;
}
