// The service worker: without a connection the pages that were read last are still there, and news appears
// while the site is not open. The server writes the list of files that every page needs above this script.

const shell = `shell-${self.version}`;
const pages = "pages", pictures = "pictures";
const offline = "/stadt/offline/";
const keep = { [pages]: 40, [pictures]: 80 }; // entries

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(shell).then((cache) => cache.addAll([...self.files, new Request(offline, { credentials: "omit" })])).then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  const known = [shell, pages, pictures];
  event.waitUntil(
    caches.keys().then((all) => Promise.all(all.filter((name) => !known.includes(name)).map((name) => caches.delete(name)))).then(() => self.clients.claim()),
  );
});

// Pages that are about one moment are not kept, nor what the site says is for nobody to keep: pages behind links with keys.
const fleeting = /^\/stadt\/(admin|api|confirm|healthz|language|login|logout|password|readyz|settings|signup)\b/;

self.addEventListener("fetch", (event) => {
  const request = event.request;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/stadt/static/")) event.respondWith(first(shell, request));
  else if (url.pathname.startsWith("/-/images/")) event.respondWith(first(pictures, request));
  else if (request.mode === "navigate") event.respondWith(fresh(request, fleeting.test(url.pathname)));
});

// first answers from what is kept: these files never change under their name.
async function first(name, request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok && answer.status === 200) await put(name, request, answer.clone());
  return answer;
}

// fresh asks the site, and answers from what is kept only if it cannot be reached.
async function fresh(request, passing) {
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected && !passing && keepable(answer)) await put(pages, request.url, answer.clone());
    return answer;
  } catch {
    const kept = await caches.match(request.url, { cacheName: pages });
    return kept ? dated(kept) : ((await caches.match(offline)) ?? Response.error());
  }
}

function keepable({ headers }) {
  return headers.get("Content-Type")?.startsWith("text/html") && !headers.get("Cache-Control")?.includes("no-store");
}

// dated says in a kept page when the site sent it.
async function dated(kept) {
  const date = new Date(kept.headers.get("Date") ?? NaN);
  if (Number.isNaN(date.valueOf())) return kept;
  const text = await kept.text();
  return new Response(text.replace("<body ", `<body data-kept="${date.toISOString()}" `), { headers: kept.headers });
}

async function put(name, request, answer) {
  try {
    const cache = await caches.open(name);
    await cache.delete(request);
    await cache.put(request, answer);
    const all = await cache.keys();
    for (const old of all.slice(0, Math.max(0, all.length - (keep[name] ?? Infinity)))) await cache.delete(old);
  } catch {
    // A browser without room keeps nothing.
  }
}

self.addEventListener("push", (event) => {
  const news = event.data?.json() ?? {};
  event.waitUntil(self.registration.showNotification(news.title ?? self.site, { body: news.body, tag: news.tag, icon: self.icon, data: { url: news.url ?? "/" } }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data.url, location.origin);
  if (url.origin !== location.origin) return;
  event.waitUntil(
    self.clients.matchAll({ type: "window" }).then((all) => {
      const open = all.find((window) => "focus" in window);
      return open ? open.focus().then((window) => window.navigate(url.href)) : self.clients.openWindow(url.href);
    }),
  );
});
