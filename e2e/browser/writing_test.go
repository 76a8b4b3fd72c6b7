//go:build e2e

package browser

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/e2e/town"
)

// writer signs Anna in with a browser that runs scripts.
func writer(t *testing.T, place *town.Town) *town.Person {
	t.Helper()
	anna := place.Visitor(t, "anna", servers.Browser{JavaScript: true})
	looking := emulation.SetFocusEmulationEnabledParams{Enabled: true} // a window that nobody looks at has no focus
	if _, err := chromedp.Call(anna.Window(), emulation.SetFocusEmulationEnabled, looking); err != nil {
		t.Fatal(err)
	}
	anna.Goes("/stadt/login/")
	signIn(anna)
	return anna
}

func signIn(p *town.Person) {
	p.Fills(map[string]string{"login": "anna", "password": "demo"})
	p.Presses("Anmelden")
}

// expire ends the session as time does: the browser's cookie is worth nothing.
func expire(t *testing.T, p *town.Person) {
	t.Helper()
	if _, err := chromedp.Call(p.Window(), network.ClearBrowserCookies, struct{}{}); err != nil {
		t.Fatal(err)
	}
}

// types presses keys one after the other. A key that the page has used for something else types nothing; the
// browser sees to that for keys of a keyboard, but not for those of a test.
func types(t *testing.T, p *town.Person, keys string) {
	t.Helper()
	evaluate[bool](t, p, `window.listening ||= !addEventListener("keydown", e => { window.used = e.defaultPrevented }), true`)
	for _, r := range keys {
		for _, k := range kb.Encode(r) {
			if k.Type == kb.KeyChar && evaluate[bool](t, p, `!!window.used`) {
				continue
			}
			if _, err := chromedp.Call(p.Window(), input.DispatchKeyEvent, *k); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// empty opens a form with an empty text as markdown, and puts the caret into it.
func empty(t *testing.T, p *town.Person, path string) {
	t.Helper()
	evaluate[bool](t, p, `localStorage.setItem("writing", "markdown"), true`)
	p.Goes(path)
	waitFor(t, p, `document.querySelector("[data-editor][data-ready]")`)
	evaluate[bool](t, p, `document.querySelector("textarea").focus(), true`)
}

func text(t *testing.T, p *town.Person) string {
	t.Helper()
	return evaluate[string](t, p, `document.querySelector("textarea").value`)
}

func wantText(t *testing.T, p *town.Person, what, want string) {
	t.Helper()
	if got := text(t, p); got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

const status = `document.querySelector(".editor-status").textContent`

// TestWhoWillReadItIsSaidBeforehand chooses in whose name to publish, and begins a comment.
func TestWhoWillReadItIsSaidBeforehand(t *testing.T) {
	anna := writer(t, open(t))
	const shown = `[...document.querySelectorAll(".readers p")].filter(p => p.offsetParent).map(p => p.innerText).join("|")`
	empty(t, anna, "/stadt/articles/add/")
	anna.Sees("Wähle, in wessen Namen du es veröffentlichst")
	choose := `(() => { const g = document.querySelector("[name=group]"); g.value = %q; g.dispatchEvent(new Event("change", {bubbles: true})); return true })()`
	evaluate[bool](t, anna, fmt.Sprintf(choose, "garten"))
	waitFor(t, anna, `/Alle können es lesen, auch Suchmaschinen\. (1 Person wird|\d+ Personen werden) benachrichtigt/.test(`+shown+`)`)
	evaluate[bool](t, anna, `document.querySelector("[name=public]").click(), true`)
	if got := evaluate[string](t, anna, shown); !strings.Contains(got, "Mitglieder von „") || strings.Contains(got, "Suchmaschinen") {
		t.Errorf("the panel of an internal article says %q", got)
	}
	evaluate[bool](t, anna, fmt.Sprintf(choose, ""))
	waitFor(t, anna, shown+`.includes("Wähle, in wessen Namen")`)

	_, outside := anna.Goes("/garten/"), anna.HTML()
	anna.Goes(firstArticle(t, outside))
	waitFor(t, anna, `document.querySelector("[data-editor][data-ready]")`)
	before := evaluate[string](t, anna, `document.querySelector("#hint-text").textContent`)
	evaluate[bool](t, anna, `document.querySelector("textarea").focus(), true`)
	waitFor(t, anna, `/(Personen werden benachrichtigt: .*|Person wird benachrichtigt)\.$/.test(document.querySelector("#hint-text").textContent.trim()) && document.querySelector("#hint-text").textContent !== `+fmt.Sprintf("%q", before))
}

// TestTheKeyboardIsEnoughToWrite never touches a mouse.
func TestTheKeyboardIsEnoughToWrite(t *testing.T) {
	anna := writer(t, open(t))
	empty(t, anna, "/garten/articles/add/")

	// The toolbar is one stop of the tab key, and arrows lead through it.
	evaluate[bool](t, anna, `document.querySelector("[data-md-button=header-2]").focus(), true`)
	types(t, anna, kb.ArrowRight+kb.ArrowRight)
	if got := evaluate[string](t, anna, `document.activeElement.dataset.mdButton + " " + document.querySelectorAll(".toolbar [tabindex='0']").length`); got != "italic 1" {
		t.Errorf("the arrows lead to %s", got)
	}
	types(t, anna, kb.ArrowRight+kb.Home+kb.ArrowLeft)
	if !evaluate[bool](t, anna, `"show" in document.activeElement.dataset`) {
		t.Error("the first tool is not next to the last one")
	}

	// What a tool did can be undone.
	evaluate[bool](t, anna, `document.querySelector("textarea").focus(), true`)
	types(t, anna, "neu")
	evaluate[bool](t, anna, `document.querySelector("textarea").setSelectionRange(0, 3), document.querySelector("[data-md-button=bold]").focus(), true`)
	types(t, anna, kb.Enter)
	wantText(t, anna, "bold", "**neu**")
	evaluate[bool](t, anna, `document.querySelector("textarea").focus(), document.execCommand("undo"), true`)
	wantText(t, anna, "undone", "neu")
	evaluate[bool](t, anna, `document.querySelector("textarea").setSelectionRange(0, 3), document.querySelector("[data-md-button=italic]").focus(), true`)
	types(t, anna, " ")
	wantText(t, anna, "italic", "_neu_")
	evaluate[bool](t, anna, `document.execCommand("undo"), true`)

	// A name is chosen with the arrows, and can be undone as well.
	evaluate[bool](t, anna, `document.querySelector("textarea").setSelectionRange(3, 3), true`)
	types(t, anna, " @gart")
	waitFor(t, anna, `document.querySelector(".mentions[data-typed=gart] [aria-selected=true][data-slug=garten]") && document.querySelector(".mentions").getAttribute("aria-label")`)
	types(t, anna, kb.Enter)
	wantText(t, anna, "a name", "neu @garten ")
	if evaluate[bool](t, anna, `!!document.querySelector(".mentions")`) {
		t.Error("the list of names stays")
	}
	evaluate[bool](t, anna, `document.execCommand("undo"), true`)
	wantText(t, anna, "a name undone", "neu @gart")
	evaluate[bool](t, anna, `document.querySelector("textarea").setSelectionRange(99, 99), true`)
	types(t, anna, " @an")
	waitFor(t, anna, `document.querySelector(".mentions")`)
	types(t, anna, kb.Escape)
	if evaluate[bool](t, anna, `!!document.querySelector(".mentions")`) || text(t, anna) != "neu @gart @an" {
		t.Errorf("Escape leaves %q", text(t, anna))
	}
	types(t, anna, " post@gart")
	time.Sleep(300 * time.Millisecond)
	if evaluate[bool](t, anna, `!!document.querySelector(".mentions")`) {
		t.Error("a mail address makes names appear")
	}
}

// drop drops files on the text; picture(name) is one that is a picture.
func drop(t *testing.T, p *town.Person, files string) {
	t.Helper()
	evaluateLater[bool](t, p, `(async () => { const picture = (name) => new Promise(done => { const c = document.createElement("canvas"); c.width = c.height = 20; c.getContext("2d").fillRect(0, 0, 9, 9); c.toBlob(b => done(new File([b], name, {type: "image/png"}))) });
		const d = new DataTransfer(); for (const f of [`+files+`]) d.items.add(await f);
		return !document.querySelector("textarea").dispatchEvent(new DragEvent("drop", {dataTransfer: d, bubbles: true, cancelable: true})) })()`)
}

// TestPicturesThatDoNotArriveLeaveTheText drops what is no picture, a broken one, and pulls the cable.
func TestPicturesThatDoNotArriveLeaveTheText(t *testing.T) {
	anna := writer(t, open(t))
	empty(t, anna, "/garten/articles/add/")
	types(t, anna, "Anfang")
	drop(t, anna, `new File(["x"], "Plan.pdf", {type: "application/pdf"})`)
	waitFor(t, anna, status+`.includes("„Plan.pdf“ lässt sich nicht")`)
	drop(t, anna, `new File(["x"], "Kaputt.png", {type: "image/png"})`)
	waitFor(t, anna, status+`.startsWith("Kaputt.png: ")`)
	wantText(t, anna, "after two that failed", "Anfang")
	drop(t, anna, `picture("Eins.png"), picture("Zwei.png"), new File(["x"], "Drei.pdf", {type: "application/pdf"})`)
	waitFor(t, anna, status+`.includes("„Drei.pdf“ lässt sich nicht")`)
	got := text(t, anna)
	if one, two := strings.Index(got, "![Eins]("), strings.Index(got, "![Zwei]("); !strings.HasPrefix(got, "Anfang\n\n") || one < 0 || two < one {
		t.Errorf("two pictures stand there as %q", got)
	}
	expire(t, anna)
	drop(t, anna, `picture("Vier.png")`)
	waitFor(t, anna, status+`.includes("nicht mehr angemeldet")`)
	evaluate[bool](t, anna, `(() => { const open = XMLHttpRequest.prototype.open; XMLHttpRequest.prototype.open = function (method) { open.call(this, method, "http://127.0.0.1:9/") }; return true })()`)
	drop(t, anna, `picture("Fünf.png")`)
	waitFor(t, anna, status+`.includes("„Fünf.png“ konnte nicht hochgeladen werden")`)
	wantText(t, anna, "without a session and a connection", got)
}

// TestATextWaitsForItsPictures publishes while a picture is on its way.
func TestATextWaitsForItsPictures(t *testing.T) {
	anna := writer(t, open(t))
	empty(t, anna, "/garten/articles/add/")
	types(t, anna, "Davor\nDanach")
	evaluate[bool](t, anna, `(() => { const send = XMLHttpRequest.prototype.send; XMLHttpRequest.prototype.send = function (body) { window.go = (b) => send.call(this, b ?? body) };
		document.querySelector("[name=title]").value = "Mit Bild"; document.querySelector("textarea").setSelectionRange(2, 2); return true })()`)
	drop(t, anna, `picture("Eins.png"), picture("Zwei.png")`)
	waitFor(t, anna, `window.go`)
	evaluate[bool](t, anna, `document.querySelector("main form button.button").click(), window.same = true`)
	evaluate[bool](t, anna, `(() => { const broken = new FormData(); broken.append("picture", new File(["x"], "Eins.png")); window.go(broken); window.go = null; return true })()`)
	waitFor(t, anna, `window.go`)
	evaluate[bool](t, anna, `window.go(), window.go = null, true`)
	waitFor(t, anna, status+`.startsWith("Eins.png: ")`)
	if !evaluate[bool](t, anna, `!!window.same`) {
		t.Fatal("the text went without a picture that failed")
	}
	drop(t, anna, `picture("Drei.png"), picture("Vier.png")`)
	waitFor(t, anna, `window.go`)
	evaluate[bool](t, anna, `document.querySelector("main form button.button").click(), window.go(), window.go = null, true`)
	waitFor(t, anna, `window.go`)
	if got := text(t, anna); strings.Contains(got, "Vier") || strings.Contains(got, "\n\n\n") {
		t.Errorf("meanwhile the text is %q", got)
	}
	evaluate[bool](t, anna, `window.go(), true`)
	waitFor(t, anna, `location.pathname === "/garten/mit-bild/" && document.querySelector(".prose")`)
	const said = `[...document.querySelectorAll(".prose :is(p, img)")].map(e => e.alt ?? e.textContent).filter(Boolean).join(" ")`
	if got := evaluate[string](t, anna, said); got != "Davor Drei Vier Zwei Danach" {
		t.Errorf("the article shows %q", got)
	}
}

// TestTheLastWordsAreKept leaves a page in the moment of a key, throws away what was kept and writes anew.
func TestTheLastWordsAreKept(t *testing.T) {
	anna := writer(t, open(t))
	empty(t, anna, "/garten/articles/add/")
	evaluate[bool](t, anna, `document.execCommand("insertText", false, "Im letzten Moment"), location.href = "/", true`)
	waitFor(t, anna, `location.pathname === "/" && document.querySelector("main")`)
	empty(t, anna, "/garten/articles/add/")
	wantText(t, anna, "after leaving", "Im letzten Moment")

	// It was about something that has been changed since: Anna throws it away and begins anew.
	evaluate[bool](t, anna, `(() => { for (const k of Object.keys(localStorage)) if (k.startsWith("draft ")) {
		const kept = JSON.parse(localStorage[k]); kept.begun[1][1] = "Etwas anderes"; localStorage[k] = JSON.stringify(kept) } return true })()`)
	empty(t, anna, "/garten/articles/add/")
	anna.Sees("aber der Text wurde inzwischen geändert.")
	evaluate[bool](t, anna, `[...document.querySelectorAll(".editor-draft button")].at(-1).click(), true`)
	types(t, anna, "Von vorn")
	empty(t, anna, "/garten/articles/add/")
	wantText(t, anna, "after beginning anew", "Von vorn")
}

// TestWhoHasSignedOutIsNotSeenByGoingBack goes back to pages that the browser has kept as they were.
func TestWhoHasSignedOutIsNotSeenByGoingBack(t *testing.T) {
	place := open(t)
	anna := place.Visitor(t, "anna", servers.Browser{JavaScript: true, Notifications: true})
	anna.Goes("/stadt/login/")
	signIn(anna)
	anna.Goes("/garten/articles/add/")
	anna.Goes("/stadt/logout/")
	anna.Presses("Abmelden")
	waitFor(t, anna, `document.body.dataset.person === "" && localStorage.getItem("person") === ""`)
	for range 2 {
		evaluate[bool](t, anna, `history.back(), true`)
		time.Sleep(500 * time.Millisecond)
	}
	waitFor(t, anna, `location.pathname.startsWith("/stadt/login") && document.body.dataset.person === ""`)
}

// TestWhatWasWrittenOutlivesTheSession writes a comment and an article while the session ends.
func TestWhatWasWrittenOutlivesTheSession(t *testing.T) {
	place := open(t)
	anna := writer(t, place)
	anna.Goes("/garten/")
	article := firstArticle(t, anna.HTML())
	empty(t, anna, article)
	types(t, anna, "Ein langer Kommentar")
	expire(t, anna)
	evaluate[bool](t, anna, `document.querySelector("textarea").form.requestSubmit(), true`)
	waitFor(t, anna, `location.pathname.startsWith("/stadt/login")`)
	signIn(anna)
	waitFor(t, anna, `location.pathname === "`+article+`" && document.querySelector("textarea")?.value !== ""`)
	anna.Sees("gesendet ist noch nichts")
	wantText(t, anna, "the comment after signing in", "Ein langer Kommentar")
	evaluate[bool](t, anna, `document.querySelector("textarea").form.requestSubmit(), true`)
	waitFor(t, anna, `document.querySelector(".thread")?.innerText.includes("Ein langer Kommentar") && document.querySelector("textarea").value === ""`)

	empty(t, anna, "/garten/articles/add/")
	anna.Fills(map[string]string{"title": "Vom Kompost", "text": "Er ist **warm**."})
	evaluate[bool](t, anna, `document.querySelector("[name=public]").click(), true`)
	evaluate[bool](t, anna, `window.before = true, document.querySelector("[name=preview]").click(), true`)
	waitFor(t, anna, `!window.before && document.querySelector(".panel strong") && document.querySelector("[data-ready]")`)
	anna.SeesNot("Entwurf wiederhergestellt", "Meinen Entwurf verwenden")
	expire(t, anna)
	anna.Presses("Veröffentlichen")
	waitFor(t, anna, `location.pathname.startsWith("/stadt/login")`)
	signIn(anna)
	waitFor(t, anna, `location.pathname === "/garten/articles/add/" && document.querySelector("[data-ready]")`)
	anna.Sees("gesendet ist noch nichts")
	if got := evaluate[string](t, anna, `["title", "text"].map(n => document.querySelector("main [name=" + n + "]").value).join("|") + document.querySelector("[name=public]").checked`); got != "Vom Kompost|Er ist **warm**.false" {
		t.Errorf("after signing in the form holds %q", got)
	}
	anna.Presses("Veröffentlichen")
	anna.Sees("Vom Kompost", "warm")
	if left := evaluate[string](t, anna, `Object.keys(localStorage).filter(k => k.startsWith("draft ")).join()`); left != "" {
		t.Errorf("drafts are left: %s", left)
	}

	// What somebody has changed meanwhile is shown, and Anna's own words are offered.
	edit := evaluate[string](t, anna, `location.pathname`) + "edit/"
	empty(t, anna, edit)
	types(t, anna, "Meins. ")
	waitFor(t, anna, `Object.keys(localStorage).some(k => k.startsWith("draft "))`)
	bert := place.Visitor(t, "bert", servers.Browser{JavaScript: true})
	bert.Goes("/stadt/login/")
	bert.Fills(map[string]string{"login": "bert", "password": "demo"})
	bert.Presses("Anmelden")
	bert.Goes(edit)
	bert.Fills(map[string]string{"text": "Er ist **heiß**."})
	bert.Presses("Speichern")
	empty(t, anna, edit)
	wantText(t, anna, "what Bert has changed", "Er ist **heiß**.")
	anna.Sees("aber der Text wurde inzwischen geändert.")
	evaluate[bool](t, anna, `document.querySelector(".editor-draft button").click(), true`)
	if got := text(t, anna); !strings.Contains(got, "Meins. ") {
		t.Errorf("Anna takes her own words and gets %q", got)
	}
	evaluate[bool](t, anna, `localStorage.clear(), true`)

	// What is kept is gone when Anna signs out, and news does not come to this device any more.
	empty(t, anna, "/garten/articles/add/")
	types(t, anna, "Geheim")
	waitFor(t, anna, `Object.keys(localStorage).some(k => k.startsWith("draft "))`)
	anna.Goes("/stadt/logout/")
	evaluate[bool](t, anna, `PushManager.prototype.getSubscription = async () => ({ unsubscribe: async () => localStorage.setItem("told", "no") }), true`)
	anna.Presses("Abmelden")
	if left := evaluate[string](t, anna, `Object.keys(localStorage).filter(k => k.startsWith("draft ")).join()`); left != "" {
		t.Errorf("drafts are left after signing out: %s", left)
	}
	if told := evaluate[string](t, anna, `localStorage.getItem("told")`); told != "no" {
		t.Errorf("the device is still told of news: %q", told)
	}
}

// TestACommentThatFailsStays sends one without a connection, one to a site that is ill, and one twice.
func TestACommentThatFailsStays(t *testing.T) {
	anna := writer(t, open(t))
	anna.Goes("/garten/")
	empty(t, anna, firstArticle(t, anna.HTML()))
	types(t, anna, "Einmal bitte")
	evaluate[bool](t, anna, `window.really = window.fetch, window.fetch = () => Promise.reject(new TypeError("offline")), window.same = true`)
	types(t, anna, "")
	evaluate[bool](t, anna, `document.querySelector("textarea").form.requestSubmit(), true`)
	waitFor(t, anna, `window.same && `+status+`.includes("Du bist offline") && !document.querySelector("main form[data-instant] [type=submit]").disabled`)
	wantText(t, anna, "without a connection", "Einmal bitte")
	evaluate[bool](t, anna, `window.fetch = async () => new Response("<main><h1>Oh</h1><div class=failure><p class=lead>Das liegt an uns.</p></div></main>", {status: 500}), true`)
	evaluate[bool](t, anna, `document.querySelector("textarea").form.requestSubmit(), true`)
	waitFor(t, anna, `window.same && `+status+` === "Das liegt an uns."`)
	wantText(t, anna, "after an error", "Einmal bitte")
	evaluate[bool](t, anna, `window.fetch = (...a) => { window.posts = (window.posts ?? 0) + (a[1]?.method === "POST"); return window.really(...a) }, true`)
	evaluate[bool](t, anna, `(() => { const f = document.querySelector("textarea").form; f.requestSubmit(); f.requestSubmit(); return true })()`)
	waitFor(t, anna, `document.querySelector(".thread")?.innerText.includes("Einmal bitte") && document.querySelector("textarea").value === ""`)
	if posts := evaluate[int](t, anna, `window.posts`); posts != 1 {
		t.Errorf("two presses post %d times", posts)
	}
	evaluate[bool](t, anna, `document.querySelector("textarea").form.requestSubmit(), true`)
	waitFor(t, anna, `document.activeElement.matches(".summary")`) // an empty comment
}

// TestTimesGoOn waits for a minute that is none.
func TestTimesGoOn(t *testing.T) {
	place := open(t)
	nobody := place.Visitor(t, "nobody", servers.Browser{JavaScript: true})
	soon := cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: `window.setInterval = (f) => { window.tick = f; return 0 }`}
	if _, err := chromedp.Call(nobody.Window(), cdppage.AddScriptToEvaluateOnNewDocument, soon); err != nil {
		t.Fatal(err)
	}
	nobody.Goes("/")
	for _, c := range []struct{ age, text, want string }{
		{"125", "gerade eben", "vor 2 Minuten"},
		{"3700", "vor einer Stunde", "vor einer Stunde"},
		{"3700", "vor 59 Minuten", "vor 1 Stunde"},
		{"200000", "vor einem Tag", "vor 2 Tagen"},
		{"20", "gerade eben", "gerade eben"},
		{"-7200", "in 2 Stunden", "in 2 Stunden"},
		{"1500000", "1. November 2026", "1. November 2026"},
	} {
		got := evaluate[string](t, nobody, fmt.Sprintf(`(() => { const e = document.createElement("time"); e.className = "since"; e.dateTime = new Date(Date.now() - %s * 1000).toISOString(); e.textContent = %q; document.body.append(e); window.tick(); return e.textContent })()`, c.age, c.text))
		if got != c.want {
			t.Errorf("%s s after: %q becomes %q, want %q", c.age, c.text, got, c.want)
		}
	}
}
