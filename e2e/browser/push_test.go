//go:build e2e

package browser

import (
	"sync"
	"testing"

	"github.com/chromedp/cdproto/browser"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/chromedp"

	"grouprise.org/grouprise/e2e/servers"
)

// TestNewsAppearsWhileNobodyLooks hands a message to the service worker as the browser's maker does, whose
// service no test reaches, and looks at what the device shows.
func TestNewsAppearsWhileNobodyLooks(t *testing.T) {
	place := open(t)
	nobody := place.Visitor(t, "nobody", servers.Browser{JavaScript: true, Notifications: true})
	var mu sync.Mutex
	var workers []serviceworker.RegistrationID
	err := chromedp.Listen(nobody.Window(), func(event any) {
		if updated, ok := event.(*serviceworker.EventWorkerRegistrationUpdated); ok {
			mu.Lock()
			defer mu.Unlock()
			for _, r := range updated.Registrations {
				workers = append(workers, r.RegistrationID)
			}
		}
	})
	if err == nil {
		_, err = chromedp.Call(nobody.Window(), serviceworker.Enable, struct{}{})
	}
	if err == nil {
		_, err = chromedp.CallBrowser(nobody.Window(), browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: "notifications"}, Setting: browser.PermissionSettingGranted, Origin: place.URL,
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	nobody.Goes("/")
	waitFor(t, nobody, `navigator.serviceWorker.controller`)
	worker := func() serviceworker.RegistrationID {
		mu.Lock()
		defer mu.Unlock()
		if len(workers) == 0 {
			return ""
		}
		return workers[len(workers)-1]
	}
	servers.Eventually(t, "the service worker to be known", func() bool { return worker() != "" })
	deliver := func() {
		_, err := chromedp.Call(nobody.Window(), serviceworker.DeliverPushMessage, serviceworker.DeliverPushMessageParams{
			Origin: place.URL, RegistrationID: worker(), Data: `{"title":"Garten: Sommerfest","body":"Am Samstag feiern wir.","url":"` + place.URL + `/garten/","tag":"activity-7"}`,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	deliver()
	const shown = `navigator.serviceWorker.ready.then(r => r.getNotifications()).then(all => all.map(n => [n.title, n.body, new URL(n.data.url).pathname, n.tag, !!n.icon].join(" | ")).join("; "))`
	const want = "Garten: Sommerfest | Am Samstag feiern wir. | /garten/ | activity-7 | true"
	servers.Eventually(t, "the device to show "+want, func() bool {
		deliver() // a browser that has much to do loses one; and the same news many times shows once
		return evaluateLater[string](t, nobody, shown) == want
	})
}

// TestABrowserIsOneDevice asks twice to be told in the same browser, whose maker's service no test reaches, and once
// more when the keys of the site have changed.
func TestABrowserIsOneDevice(t *testing.T) {
	anna := writer(t, open(t))
	maker := cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: `
		const address = (key) => ({ options: { applicationServerKey: key.buffer }, unsubscribe: async () => localStorage.removeItem("address"),
			toJSON: () => ({ endpoint: localStorage.getItem("address"), keys: { p256dh: "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU", auth: "A".repeat(22) } }) });
		PushManager.prototype.getSubscription = async () => localStorage.getItem("address") && address(Uint8Array.from(JSON.parse(localStorage.getItem("key"))));
		PushManager.prototype.subscribe = async ({ applicationServerKey: key }) => {
			if (!localStorage.getItem("address")) localStorage.setItem("address", "https://maker.example/" + Math.random());
			localStorage.setItem("key", JSON.stringify([...key]));
			return address(key);
		}`}
	if _, err := chromedp.Call(anna.Window(), cdppage.AddScriptToEvaluateOnNewDocument, maker); err != nil {
		t.Fatal(err)
	}
	told := func(devices int) {
		t.Helper()
		anna.Goes("/stadt/settings/devices/")
		waitFor(t, anna, `!document.querySelector("[data-push]").hidden`)
		anna.Presses("Benachrichtigungen einschalten")
		waitFor(t, anna, `document.querySelector(".messages .note-done")`)
		if got := evaluate[int](t, anna, `document.querySelectorAll("#devices ~ .cards .card").length`); got != devices {
			t.Errorf("%d devices stand there, want %d", got, devices)
		}
	}
	told(1)
	told(1)
	evaluate[bool](t, anna, `localStorage.setItem("key", "[4]"), true`)
	told(2) // the site learns that the old address is gone when it sends something there
}
