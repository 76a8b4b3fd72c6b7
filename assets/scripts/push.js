// The page of devices: asks the browser where news can be sent.

export async function enhance(form) {
  if (!("PushManager" in window) || !("serviceWorker" in navigator)) return;
  const status = form.querySelector("[role=status]");
  form.hidden = false;
  document.querySelector("[data-no-push]").hidden = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const worker = await navigator.serviceWorker.ready;
      const key = Uint8Array.from(atob(form.dataset.push.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
      const known = await worker.pushManager.getSubscription();
      // The keys of the site have changed since. Otherwise the browser stays the same device.
      if (known && String(new Uint8Array(known.options.applicationServerKey)) !== String(key)) await known.unsubscribe();
      const told = (await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })).toJSON();
      form.elements.endpoint.value = told.endpoint;
      form.elements.p256dh.value = told.keys.p256dh;
      form.elements.auth.value = told.keys.auth;
      form.submit();
    } catch {
      status.textContent = form.dataset.refused;
    }
  });
}
