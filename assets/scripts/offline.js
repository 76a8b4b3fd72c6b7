// Pages without a connection: the list of what is kept, with who is signed in, and a word on how old a kept page is.

const relative = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
const units = [["day", 86400], ["hour", 3600], ["minute", 60]];

// tell writes into a time element how long ago something was.
function tell(time, date) {
  const seconds = (Date.now() - date) / 1000;
  const [unit, length] = units.find(([, length]) => seconds >= length) ?? ["minute", 60];
  time.dateTime = date.toISOString();
  time.textContent = relative.format(-Math.floor(seconds / length), unit);
  time.title = date.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
}

// enhance shows the pages that are kept, the latest first.
export async function enhance(section) {
  const list = section.querySelector("ul");
  const cache = await caches.open("pages");
  let name;
  for (const request of (await cache.keys()).reverse()) {
    const answer = await cache.match(request);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const item = document.createElement("li"), link = document.createElement("a");
    link.href = request.url;
    link.textContent = page.title.split(" · ")[0] || request.url;
    item.append(link);
    const date = new Date(answer.headers.get("Date") ?? NaN);
    if (!Number.isNaN(date.valueOf())) {
      const time = document.createElement("time");
      tell(time, date);
      item.append(" ", time);
    }
    list.append(item);
    name ??= page.body.dataset.name;
  }
  section.hidden = list.children.length === 0;
  const person = section.querySelector("[data-signed-in]");
  person.querySelector("strong").textContent = name ?? "";
  person.hidden = !name;
}

// date says on a page that the service worker has kept how old it is, in the words of the page without a connection.
export async function date(body) {
  const offline = await caches.match("/stadt/offline/");
  if (!offline) return;
  const note = new DOMParser().parseFromString(await offline.text(), "text/html").querySelector("template[data-kept]").content.firstElementChild;
  tell(note.querySelector("time"), new Date(body.dataset.kept));
  delete body.dataset.kept;
  body.querySelector("main").before(document.adoptNode(note));
}
