// Maps: drawn when somebody asks for one, because their pictures come from elsewhere. What a map shows stands on the page
// in words, too; a form in which a place is picked has fields for it.

const number = (text) => Number(String(text).trim().replace(",", "."));
const point = (text) => (text ? text.split(",").map(Number) : null);

export function enhance() {
  for (const box of document.querySelectorAll("[data-map]")) {
    const button = box.querySelector(".map-ask button");
    if ("ready" in box.dataset) continue;
    box.dataset.ready = "";
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        await styled(box.dataset.styles);
        const leaflet = await import("leaflet/dist/leaflet-src.esm.js");
        draw(leaflet, box);
      } catch {
        button.disabled = false; // another click may reach the site
      }
    });
  }
}

// styled waits for the styles of maps, which other pages do not load.
const styled = (address) => new Promise((resolve, reject) => {
  if (document.querySelector(`link[href="${address}"]`)) return resolve();
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: address, onload: resolve, onerror: reject });
  document.head.append(link);
});

function draw(L, box) {
  const { tiles, attribution, centre, zoom, zoomIn, zoomOut } = box.dataset, canvas = box.querySelector(".map-canvas");
  box.querySelector(".map-ask").hidden = true;
  canvas.hidden = false;
  const map = L.map(canvas, { zoomControl: false, scrollWheelZoom: false, maxZoom: 18 });
  L.control.zoom({ zoomInTitle: zoomIn, zoomOutTitle: zoomOut }).addTo(map);
  map.attributionControl.setPrefix(false);
  L.tileLayer(tiles, { attribution, maxZoom: 18, referrerPolicy: "origin" }).addTo(map);
  // The wheel turns the page; with the key that enlarges pages it enlarges the map.
  canvas.addEventListener("wheel", (event) => (event.ctrlKey || event.metaKey ? map.scrollWheelZoom.enable() : map.scrollWheelZoom.disable()), { capture: true });
  const first = () => {
    map.fitBounds(JSON.parse(centre));
    if (Number(zoom)) map.setZoom(Number(zoom));
  };
  if ("picker" in box.dataset) pick(L, map, box, first);
  else show(L, map, box, first);
  canvas.focus({ preventScroll: true });
}

const sign = (L) => L.divIcon({ className: "map-sign", iconSize: [28, 36], iconAnchor: [1, 35], popupAnchor: [13, -30] });

// show draws the place of the page, or those of the lists below.
function show(L, map, box, first) {
  const { point: here, label, near, metres } = box.dataset, at = [];
  const add = (where, title, content) => {
    at.push(where);
    const marker = L.marker(where, { icon: sign(L), title, alt: title, keyboard: true }).addTo(map);
    if (content) marker.bindPopup(content, { closeButton: false });
  };
  if (here) add(point(here), label);
  const entries = "large" in box.dataset ? [...document.querySelectorAll(".map-list [data-point]")] : [];
  // Those at the same place share a sign.
  const places = new Map();
  for (const entry of entries) places.set(entry.dataset.point, [...(places.get(entry.dataset.point) ?? []), entry]);
  for (const [where, all] of places) {
    const content = document.createElement("ul");
    content.className = "map-popup";
    for (const entry of all) {
      const copy = document.createElement("li");
      copy.append(...[...entry.childNodes].map((node) => node.cloneNode(true)));
      content.append(copy);
    }
    add(point(where), all.map((entry) => entry.querySelector("bdi").textContent).join(", "), content);
  }
  if (near) {
    map.fitBounds(L.latLng(point(near)).toBounds(2 * metres));
    return L.circle(point(near), { radius: Number(metres), className: "map-reach", interactive: false }).addTo(map);
  }
  if (at.length > 0) return map.fitBounds(at, { maxZoom: 15, padding: [30, 30] });
  first();
}

// pick lets somebody say where something is: by a click, by dragging its sign, or by the middle of the map.
function pick(L, map, box, first) {
  const form = box.closest("form"), north = form.elements.latitude, east = form.elements.longitude, { label } = box.dataset;
  let marker;
  const put = (where) => {
    if (marker) return marker.setLatLng(where);
    marker = L.marker(where, { icon: sign(L), title: label, alt: label, draggable: true, autoPan: true }).addTo(map);
    marker.on("dragend", () => write(marker.getLatLng()));
  };
  const write = (where) => {
    const { lat, lng } = L.latLng(where).wrap();
    north.value = lat.toFixed(5);
    east.value = lng.toFixed(5);
    put([lat, lng]);
  };
  const read = () => {
    const lat = number(north.value), lng = number(east.value);
    if (north.value === "" || east.value === "" || !(Math.abs(lat) <= 90) || !(Math.abs(lng) <= 180)) return false;
    put([lat, lng]);
    map.setView([lat, lng], Math.max(map._loaded ? map.getZoom() : 0, 16));
    return true;
  };
  if (!read()) first();
  map.on("click", (event) => write(event.latlng));
  for (const field of [north, east]) field.addEventListener("change", read);
  const button = box.querySelector("[data-picker-centre]");
  box.querySelector("[data-picker-hint]").hidden = button.hidden = false;
  button.addEventListener("click", () => write(map.getCenter()));
}

// locate asks the browser where it is, to a hundred metres, and shows what is near.
export function locate(button) {
  const form = button.form, status = form.querySelector("[data-locate-status]");
  if (!navigator.geolocation) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    status.textContent = button.dataset.waiting;
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      form.elements.near.value = `${coords.latitude.toFixed(3)}, ${coords.longitude.toFixed(3)}`;
      form.requestSubmit();
    }, () => (status.textContent = button.dataset.failed), { timeout: 10_000, maximumAge: 300_000 });
  });
}
