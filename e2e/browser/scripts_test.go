//go:build e2e

package browser

import (
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/e2e/town"
)

// TestScriptsHelpToWrite writes an article and a comment as a person does whose browser runs scripts: with
// the toolbar, the preview, names that are offered, a pasted picture, a draft that survives, and a comment
// that appears at once.
func TestScriptsHelpToWrite(t *testing.T) {
	place := open(t)
	anna := place.Visitor(t, "anna", servers.Browser{JavaScript: true})
	anna.Goes("/stadt/login/")
	anna.Fills(map[string]string{"login": "anna", "password": "demo"})
	anna.Presses("Anmelden")
	evaluate[bool](t, anna, `localStorage.setItem("writing", "markdown"), true`) // rich_test.go has the other way

	anna.Goes("/garten/articles/add/")
	waitFor(t, anna, `!document.querySelector("markdown-toolbar").hidden`)
	evaluate[bool](t, anna, `(() => { const t = document.querySelector("textarea"); t.value = "wichtig"; t.dispatchEvent(new Event("input", {bubbles: true})); t.focus(); t.setSelectionRange(0, 7); document.querySelector("[data-md-button=bold]").click(); return true })()`)
	if got := evaluate[string](t, anna, `document.querySelector("textarea").value`); got != "**wichtig**" {
		t.Errorf("the button for bold makes %q", got)
	}
	evaluate[bool](t, anna, `document.querySelector("[data-show]").click(), true`)
	waitFor(t, anna, `document.querySelector(".editor-preview strong")?.textContent === "wichtig"`)
	evaluate[bool](t, anna, `document.querySelector("[data-show]").click(), true`)

	// A picture that is pasted.
	evaluate[bool](t, anna, `(() => { const c = document.createElement("canvas"); c.width = 40; c.height = 30; c.getContext("2d").fillRect(0, 0, 40, 30);
		c.toBlob(b => { const d = new DataTransfer(); d.items.add(new File([b], "Beet.png", {type: "image/png"}));
		document.querySelector("textarea").dispatchEvent(new ClipboardEvent("paste", {clipboardData: d, bubbles: true, cancelable: true})) }); return true })()`)
	waitFor(t, anna, `document.querySelector("textarea").value.includes("![Beet](/-/images/text/")`)

	// Names are offered while they are typed.
	evaluate[bool](t, anna, `(() => { const t = document.querySelector("textarea"); t.focus(); t.setRangeText(" @gart", t.value.length, t.value.length, "end"); t.dispatchEvent(new InputEvent("input", {bubbles: true, data: "t"})); return true })()`)
	waitFor(t, anna, `document.querySelector(".mentions li[data-slug=garten]")`)

	// What was typed is there again after an accident.
	waitFor(t, anna, `Object.entries(localStorage).some(([k, v]) => k.startsWith("draft ") && v.includes("@gart"))`)
	anna.Goes("/garten/articles/add/")
	waitFor(t, anna, `document.querySelector("textarea").value.startsWith("**wichtig**") && document.querySelector(".editor-draft button")`)
	evaluate[bool](t, anna, `(() => { document.querySelector("[name=title]").value = "Vom Beet"; document.querySelector("main form button.button").click(); return true })()`)
	waitFor(t, anna, `location.pathname.startsWith("/garten/vom-beet")`)
	waitFor(t, anna, `(() => { const i = document.querySelector(".prose img"); return i && i.complete && i.naturalWidth === 40 })()`)

	// A comment appears without another page.
	evaluate[bool](t, anna, `(() => { window.same = true; const t = document.querySelector("textarea"); t.value = "Schön geworden."; t.dispatchEvent(new Event("input", {bubbles: true})); t.form.requestSubmit(); return true })()`)
	waitFor(t, anna, `window.same && document.querySelector("main").textContent.includes("Schön geworden.") && document.querySelector("textarea").value === ""`)
	anna.Goes("/garten/articles/add/")
	if got := evaluate[string](t, anna, `document.querySelector("textarea").value`); strings.TrimSpace(got) != "" {
		t.Errorf("the draft of what was sent is still there: %q", got)
	}
	if left := evaluate[string](t, anna, `Object.keys(localStorage).filter(k => k.startsWith("draft ")).join()`); left != "" {
		t.Errorf("drafts are left: %s", left)
	}
}

// reader returns somebody who has read the page of a group, which the browser keeps.
func reader(t *testing.T, place *town.Town) *town.Person {
	t.Helper()
	p := place.Visitor(t, "reader", servers.Browser{JavaScript: true})
	p.Goes("/")
	waitFor(t, p, `navigator.serviceWorker.controller`)
	p.Goes("/garten/")
	return p
}

// TestALinkIsCopiedWhereItIsShown presses the button beside the link into a group, which only scripts show.
func TestALinkIsCopiedWhereItIsShown(t *testing.T) {
	place := open(t)
	plain := place.Visitor(t, "plain", servers.Browser{})
	plain.Goes("/garten/actions/recommend")
	plain.SeesNot("Link kopieren", "Link teilen")
	nobody := place.Visitor(t, "nobody", servers.Browser{JavaScript: true})
	nobody.Goes("/garten/actions/recommend")
	waitFor(t, nobody, `document.querySelector("[data-share]")?.checkVisibility()`)
	evaluate[bool](t, nobody, `(() => { Object.defineProperty(navigator, "share", {value: undefined, configurable: true});
		Object.defineProperty(navigator, "clipboard", {value: {writeText: (text) => { window.copied = text; return Promise.resolve() }}});
		document.querySelector("[data-share]").click(); return true })()`)
	waitFor(t, nobody, `window.copied?.endsWith("/garten/actions/join") && document.querySelector(".way-in-share [role=status]").textContent === "Der Link ist kopiert."`)
	evaluate[bool](t, nobody, `(() => { Object.defineProperty(navigator, "share", {value: (what) => { window.shared = what.url; return Promise.resolve() }}); return true })()`)
	evaluate[bool](t, nobody, `document.querySelector("[data-share]").click(), true`)
	waitFor(t, nobody, `window.shared?.endsWith("/garten/actions/join")`)
}

// TestPagesThatWereReadAreThereWithoutAConnection reads a page, pulls the cable and reads it again.
func TestPagesThatWereReadAreThereWithoutAConnection(t *testing.T) {
	place, server := begin(t)
	nobody := reader(t, place)
	server.Stop()
	evaluate[bool](t, nobody, `location.href = "/garten/", true`)
	waitFor(t, nobody, `document.querySelector("h1")?.textContent.includes("Garten")`)
	waitFor(t, nobody, `/so, wie sie war: .*Minute/.test(document.querySelector(".page-kept")?.textContent)`)
	evaluate[bool](t, nobody, `location.href = "/stadt/groups/", true`)
	waitFor(t, nobody, `document.querySelector("[data-offline] a[href$='/garten/'] + time")`)
	nobody.SeesNot("Auf diesem Gerät bist du angemeldet als:")
	nobody.Sees("Die Seiten, die du zuletzt gelesen hast, sind noch da, so wie sie waren:")
	evaluate[bool](t, nobody, `caches.delete("pages"), location.href = "/stadt/articles", true`)
	waitFor(t, nobody, `location.pathname === "/stadt/articles" && document.readyState === "complete" && document.querySelector("[data-offline]")`)
	nobody.SeesNot("Die Seiten, die du zuletzt gelesen hast, sind noch da, so wie sie waren:")
	place.Start("serve")
	place.Open()
	nobody.Presses("Noch einmal versuchen")
	waitFor(t, nobody, `location.pathname === "/stadt/articles" && document.querySelector(".card")`)
}

// TestPagesOfBeforeAreNotKeptForWhoSignsIn reads a page, signs in, reads another one and pulls the cable. A page from
// before, which greets nobody, would make the browser believe that Anna has signed out.
func TestPagesOfBeforeAreNotKeptForWhoSignsIn(t *testing.T) {
	place, server := begin(t)
	anna := reader(t, place)
	anna.Goes("/stadt/login/")
	signIn(anna)
	waitFor(t, anna, `localStorage.getItem("person") === "anna"`)
	anna.Goes("/stadt/groups/")
	server.Stop()
	evaluate[bool](t, anna, `location.href = "/garten/", true`)
	waitFor(t, anna, `document.querySelector("[data-offline]")?.offsetHeight > 0`)
	anna.Sees("Auf diesem Gerät bist du angemeldet als: Anna Ahorn")
	evaluate[bool](t, anna, `location.href = "/stadt/groups/", true`)
	waitFor(t, anna, `location.pathname === "/stadt/groups/" && document.body?.dataset.person === "anna"`)
}

// TestNeitherKeysNorAnEndedSessionAreKept looks at what the service worker keeps when somebody opens a link with a key, and
// once their session has ended elsewhere.
func TestNeitherKeysNorAnEndedSessionAreKept(t *testing.T) {
	place, _ := begin(t)
	anna := reader(t, place)
	anna.Goes("/stadt/login/")
	signIn(anna)
	waitFor(t, anna, `localStorage.getItem("person") === "anna"`)
	const paths = `caches.open("pages").then(c => c.keys()).then(all => { window.kept = all.map(r => new URL(r.url).pathname).join(" ") }), true`
	anna.Goes("/bert/")
	anna.Goes(linked(t, anna.HTML(), `/stadt/gestalten/\d+/conversations/add/`))
	anna.Fills(map[string]string{"subject": "Laub", "text": "Wohin?"})
	anna.Presses("Senden")
	anna.Goes(linked(t, anna.HTML(), `/stadt/leave/[^"]+/`))
	anna.Sees("Gespräch verlassen")
	evaluate[bool](t, anna, paths)
	waitFor(t, anna, `window.kept !== undefined`)
	if kept := evaluate[string](t, anna, `window.kept`); strings.Contains(kept, "/stadt/leave/") || !strings.Contains(kept, "/bert/") {
		t.Errorf("kept are %q", kept)
	}
	expire(t, anna) // as if they had signed out everywhere
	anna.Goes("/garten/")
	waitFor(t, anna, `localStorage.getItem("person") === ""`)
	evaluate[bool](t, anna, `caches.has("pages").then(has => { window.left = has }), true`)
	waitFor(t, anna, `window.left === false`)
}

// waitFor waits until something is true on the page, as long as a busy machine may take.
func waitFor(t *testing.T, p *town.Person, condition string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		if evaluate[bool](t, p, `!!(`+condition+`)`) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("waited in vain for %s on\n%s", condition, evaluate[string](t, p, `document.querySelector("main").innerText + "\n" + [...document.querySelectorAll("textarea")].map(t => t.value).join("|") + Object.entries(localStorage).join()`))
}
