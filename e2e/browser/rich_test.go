//go:build e2e

package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp/kb"

	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/e2e/town"
)

const newArticle = "/garten/articles/add/"

// writes opens a form whose text is shown as it will be, with nothing kept from before, and puts the caret into it.
func writes(t *testing.T, p *town.Person, path string) {
	t.Helper()
	p.Goes("/robots.txt") // what a page keeps when it is left is there
	evaluate[bool](t, p, `Object.keys(localStorage).filter(k => k === "writing" || k.startsWith("draft ")).forEach(k => localStorage.removeItem(k)), true`)
	p.Goes(path)
	waitFor(t, p, `document.querySelector(".ProseMirror")`)
	evaluate[bool](t, p, `document.querySelector("label[for=field-text]").click(), true`)
	waitFor(t, p, `document.activeElement.matches(".ProseMirror")`)
}

const ctrl = 2 // as the browser counts modifiers

// presses presses a key together with modifiers.
func presses(t *testing.T, p *town.Person, key rune, modifiers int64) {
	t.Helper()
	for _, k := range kb.Encode(key) {
		if k.Type == kb.KeyChar {
			continue
		}
		pressed := *k
		pressed.Modifiers, pressed.Text, pressed.UnmodifiedText = modifiers, "", ""
		call(p.Window(), t, input.DispatchKeyEvent, pressed)
	}
}

// fills gives the text to the field as a draft does.
func fills(t *testing.T, p *town.Person, text string) {
	t.Helper()
	p.Fills(map[string]string{"text": text})
}

// caret puts the caret behind words of the text.
func caret(t *testing.T, p *town.Person, words string) {
	t.Helper()
	evaluate[bool](t, p, fmt.Sprintf(`(() => { const view = document.querySelector(".ProseMirror"), all = document.createTreeWalker(view, NodeFilter.SHOW_TEXT);
		while (all.nextNode()) { const at = all.currentNode.data.indexOf(%q); if (at >= 0) { view.focus(); getSelection().collapse(all.currentNode, at + %[1]q.length); return true } } return false })()`, words))
}

func TestATextIsWrittenAsItWillBe(t *testing.T) {
	place := open(t)
	anna := writer(t, place)

	t.Run("with buttons, keys and signs", func(t *testing.T) {
		writes(t, anna, newArticle)
		evaluate[bool](t, anna, `document.querySelector("[name=title]").value = "Herbstfest", document.querySelector("[data-md-button=header-1]").click(), true`)
		types(t, anna, "Wann und wo"+kb.Enter+"Wir treffen uns ")
		if got := evaluate[string](t, anna, `["header-1", "bold"].map(n => document.querySelector("[data-md-button=" + n + "]").getAttribute("aria-pressed")).join()`); got != "false,false" {
			t.Errorf("in a paragraph the buttons say %s", got)
		}
		presses(t, anna, 'b', ctrl)
		if !evaluate[bool](t, anna, `document.querySelector("[data-md-button=bold]").getAttribute("aria-pressed") === "true"`) {
			t.Error("the button for bold does not say that it is on")
		}
		types(t, anna, "morgen")
		presses(t, anna, 'b', ctrl)
		types(t, anna, " am _Bach_ bei @gart")
		waitFor(t, anna, `document.querySelector(".mentions[data-typed=gart] [aria-selected=true][data-slug=garten]") && document.activeElement.getAttribute("aria-activedescendant")`)
		types(t, anna, kb.Enter)
		waitFor(t, anna, `document.querySelector(".ProseMirror .mention")?.textContent === "@Garten am Bach"`)
		types(t, anna, "an der ")
		presses(t, anna, 'k', ctrl)
		waitFor(t, anna, `document.activeElement.closest(".editor-link")`)
		types(t, anna, "bach.example"+kb.Enter)
		waitFor(t, anna, `document.activeElement.matches(".ProseMirror") && document.querySelector(".ProseMirror a")`)
		types(t, anna, "."+kb.Enter+"- Saft"+kb.Enter+"Kuchen"+kb.Tab)
		types(t, anna, kb.Enter+kb.Enter+kb.Enter+"> Es war *schön* dort.")
		const want = "# Wann und wo\n\nWir treffen uns **morgen** am *Bach* bei @garten an der [bach.example](https://bach.example).\n\n- Saft\n  - Kuchen\n\n> Es war *schön* dort."
		wantText(t, anna, "what was written", want)

		// The keyboard leaves again.
		types(t, anna, kb.Escape)
		if !evaluate[bool](t, anna, `document.activeElement.matches("[data-markdown]")`) {
			t.Error("Escape does not lead out of the text")
		}
		anna.Presses("Veröffentlichen")
		waitFor(t, anna, `location.pathname === "/garten/herbstfest/" && document.querySelector(".prose blockquote em")`)
		if got := evaluate[string](t, anna, `[".prose h2", ".prose strong", ".prose a.mention", ".prose ul ul li"].map(s => document.querySelector(s)?.textContent.trim()).join("|")`); got != "Wann und wo|morgen|@garten|Kuchen" {
			t.Errorf("the article shows %q", got)
		}
		waitFor(t, anna, `document.querySelector("[data-editor][data-ready]")`)
		if evaluate[bool](t, anna, `performance.getEntriesByType("resource").some(r => r.name.includes("/rich-"))`) {
			t.Error("a box for comments loads the editor of long texts")
		}
		if left := evaluate[string](t, anna, `Object.keys(localStorage).filter(k => k.startsWith("draft ")).join()`); left != "" {
			t.Errorf("drafts are left: %s", left)
		}
	})

	t.Run("blocks that nobody touches keep their source", func(t *testing.T) {
		writes(t, anna, newArticle)
		const before = "Titel\n=====\n\n*  eins\n*  zwei\n\n\nMitte\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n__Ende__ "
		fills(t, anna, before)
		waitFor(t, anna, `document.querySelector(".ProseMirror pre[data-source]")`)
		wantText(t, anna, "untouched", before)
		caret(t, anna, "Mitte")
		types(t, anna, " des Textes")
		wantText(t, anna, "one paragraph touched", strings.Replace(before, "Mitte", "Mitte des Textes", 1))
		presses(t, anna, 'z', ctrl)
		wantText(t, anna, "undone", before)
	})

	t.Run("a draft survives", func(t *testing.T) {
		writes(t, anna, newArticle)
		types(t, anna, "**Noch** nicht fertig")
		waitFor(t, anna, `Object.keys(localStorage).some(k => k.startsWith("draft "))`)
		anna.Goes(newArticle)
		waitFor(t, anna, `document.querySelector(".ProseMirror strong")?.textContent === "Noch" && document.querySelector(".editor-draft button")`)
		evaluate[bool](t, anna, `document.querySelector(".editor-draft button").click(), true`)
		waitFor(t, anna, `document.querySelector(".ProseMirror").textContent === "" && document.querySelector("textarea").value === ""`)
	})

	t.Run("in markdown and back", func(t *testing.T) {
		writes(t, anna, newArticle)
		types(t, anna, "Ein **starkes** Wort")
		evaluate[bool](t, anna, `document.querySelector("[data-markdown]").click(), true`)
		waitFor(t, anna, `!document.querySelector(".ProseMirror") && document.activeElement.matches("textarea") && document.activeElement.offsetHeight > 100`)
		wantText(t, anna, "as markdown", "Ein **starkes** Wort")
		types(t, anna, " in *Markdown*")
		anna.Goes(newArticle)
		waitFor(t, anna, `document.querySelector("[data-markdown]")?.textContent === "Als formatierten Text bearbeiten" && !document.querySelector(".ProseMirror")`)
		evaluate[bool](t, anna, `document.querySelector("[data-markdown]").click(), true`)
		waitFor(t, anna, `document.querySelector(".ProseMirror em")?.textContent === "Markdown" && document.activeElement.matches(".ProseMirror")`)
		anna.Goes(newArticle)
		waitFor(t, anna, `document.querySelector(".ProseMirror strong")`)
	})

	t.Run("letters that are composed", func(t *testing.T) {
		writes(t, anna, newArticle)
		types(t, anna, "Hallo ")
		for _, part := range []string{"に", "にほ", "にほん"} {
			call(anna.Window(), t, input.ImeSetComposition, input.ImeSetCompositionParams{Text: part, SelectionStart: int64(len([]rune(part))), SelectionEnd: int64(len([]rune(part)))})
		}
		call(anna.Window(), t, input.InsertText, input.InsertTextParams{Text: "日本"})
		waitFor(t, anna, `document.querySelector("textarea").value === "Hallo 日本"`)
		types(t, anna, "!")
		wantText(t, anna, "after a composition", "Hallo 日本!")
		for range 3 {
			presses(t, anna, 'z', ctrl)
		}
		wantText(t, anna, "undone", "")
		for range 3 {
			presses(t, anna, 'y', ctrl)
		}
		wantText(t, anna, "done again", "Hallo 日本!")
	})

	t.Run("out of Word and a mail", func(t *testing.T) { pastes(t, anna) })
	t.Run("pictures", func(t *testing.T) { illustrates(t, anna) })
	t.Run("on a phone", func(t *testing.T) { writesOnAPhone(t, anna) })

	t.Run("everybody can use it", func(t *testing.T) {
		axe, err := os.ReadFile(filepath.Join("..", "node_modules", "axe-core", "axe.min.js"))
		if err != nil {
			t.Fatal(err)
		}
		j, w := &judge{axe: string(axe)}, &window{Person: anna}
		writes(t, anna, newArticle)
		fills(t, anna, "# Eins\n\nMit **@anna** und [Link](https://example.org)\n\n## Zwei\n\n- a\n\n`x`\n\n| a | b |\n|---|---|\n| 1 | 2 |")
		paste(t, anna, `files`)
		waitFor(t, anna, `document.querySelector(".picture img")?.complete && document.querySelector(".mention").textContent === "@Anna Ahorn"`)
		caret(t, anna, "Lin")
		presses(t, anna, 'k', ctrl)
		for _, theme := range []string{"light", "dark"} {
			w.theme(t, theme)
			for _, width := range []int64{320, 1300} {
				w.size(t, width)
				j.asksAxe(t, w, fmt.Sprintf("writing.%s.%d", theme, width), false)
			}
		}
		for _, width := range []int64{320, 768, 1300} {
			w.size(t, width)
			if wrong := w.lies(t); wrong != "" {
				t.Errorf("at %d px: %s", width, wrong)
			}
			if wrong := w.liesLarge(t); wrong != "" {
				t.Errorf("at %d px with large text: %s", width, wrong)
			}
		}
		const names = `(() => { const e = document.querySelector(".ProseMirror"), of = (a) => e.getAttribute(a).split(" ").map(id => document.getElementById(id).textContent.trim()).join(" ");
			return [e.getAttribute("role"), e.getAttribute("aria-multiline"), of("aria-labelledby"), of("aria-describedby")].join("|") })()`
		if got := evaluate[string](t, anna, names); got != "textbox|true|Text|Mit Escape verlässt du den Text. Alt und F10 führen zu den Knöpfen darüber." {
			t.Errorf("a screen reader hears %q", got)
		}
	})

	t.Run("a mistake leads to it", func(t *testing.T) {
		writes(t, anna, newArticle)
		anna.Presses("Veröffentlichen")
		waitFor(t, anna, `document.querySelector(".ProseMirror[aria-invalid=true][aria-describedby*=wrong-text]")`)
		evaluate[bool](t, anna, `document.querySelector(".summary a[href='#field-text']").click(), true`)
		waitFor(t, anna, `document.activeElement.matches(".ProseMirror")`)
	})

	t.Run("without the editor's script", func(t *testing.T) {
		call(anna.Window(), t, network.Enable, network.EnableParams{})
		call(anna.Window(), t, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
		call(anna.Window(), t, network.SetBypassServiceWorker, network.SetBypassServiceWorkerParams{Bypass: true})
		call(anna.Window(), t, network.SetBlockedURLs, network.SetBlockedURLsParams{URLPatterns: []*network.BlockPattern{{URLPattern: place.URL + "/stadt/static/rich-*", Block: true}}})
		anna.Goes(newArticle)
		waitFor(t, anna, `document.querySelector("[data-markdown]:not([hidden])")`)
		if !evaluate[bool](t, anna, `document.querySelector("textarea").offsetHeight > 100 && !document.querySelector(".ProseMirror")`) {
			t.Error("without its script the editor leaves no textarea")
		}
	})
}

// paste pastes something: what a script puts into files or data.
func paste(t *testing.T, p *town.Person, script string) {
	t.Helper()
	evaluateLater[bool](t, p, `(async () => { const c = document.createElement("canvas"); c.width = 40; c.height = 30; c.getContext("2d").fillRect(0, 0, 40, 30);
		const picture = await new Promise(done => c.toBlob(done)), data = new DataTransfer();
		const files = () => data.items.add(new File([picture], "Beet.png", {type: "image/png"})), html = (h) => { data.setData("text/html", h); data.setData("text/plain", "x") }, plain = (w) => data.setData("text/plain", w);
		`+strings.Replace(script, "files", "files()", 1)+`;
		const where = document.querySelector(".ProseMirror"); where.focus();
		where.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true})); return true })()`)
}

// pastes pastes what office and mail programs put into the clipboard.
func pastes(t *testing.T, anna *town.Person) {
	t.Helper()
	for _, x := range []struct{ from, html, want string }{
		{
			"Word", `<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal {margin:0}</style></head><body lang=DE>
			<p class=MsoTitle>Plan<o:p></o:p></p><p class=MsoNormal><b style='mso-bidi-font-weight:normal'>Morgen</b><span style='font-style:italic'> früh</span>&nbsp;im Garten<o:p>&nbsp;</o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>
			<p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span style='font-family:Symbol'><span style='mso-list:Ignore'>·<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp; </span></span></span><![endif]>Saft<o:p></o:p></p>
			<p class=MsoListParagraphCxSpMiddle style='mso-list:l0 level2 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>o<span>&nbsp;</span></span><![endif]>Apfel</p>
			<p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>·<span>&nbsp;</span></span><![endif]>Kuchen</p>
			<table class=MsoTableGrid><tr><td><p class=MsoNormal>Tag</p></td><td><p class=MsoNormal>Zeit</p></td></tr><tr><td><p>Mo</p></td><td><p>8 | 9</p></td></tr></table></body></html>`,
			"# Plan\n\n**Morgen** *früh* im Garten\n\n- Saft\n  - Apfel\n- Kuchen\n\n| Tag | Zeit |\n| --- | --- |\n| Mo | 8 \\| 9 |",
		},
		{
			"a mail", `<div dir="ltr"><div style="display:none">Vorschau</div><table><tbody><tr><td><img src="https://news.example/pixel.gif" width="1"><div><font color="red">Liebe Leute,</font></div><div><br></div><div>kommt <a href="https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fbach.example%2Ffest&data=1">zum Fest</a> oder <a href="javascript:alert(1)">nicht</a>.</div></td></tr></tbody></table><blockquote type="cite"><p>Wann?</p></blockquote><script>alert(1)</script></div>`,
			"Liebe Leute,\n\nkommt [zum Fest](https://bach.example/fest) oder nicht.\n\n> Wann?",
		},
		{"Google Docs", `<meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-1"><p dir="ltr"><span style="font-size:11pt;font-weight:700;white-space:pre-wrap;">Fett</span><span style="font-weight:400;text-decoration:line-through"> weg</span></p></b>`, "**Fett** ~~weg~~"},
	} {
		writes(t, anna, newArticle)
		evaluate[bool](t, anna, `window.forbidden = [], addEventListener("securitypolicyviolation", e => window.forbidden.push(e.violatedDirective)), true`)
		paste(t, anna, fmt.Sprintf("html(%q)", x.html))
		wantText(t, anna, "pasted from "+x.from, x.want)
		if got := evaluate[string](t, anna, `window.forbidden.join()`); got != "" {
			t.Errorf("what is pasted from %s breaks the policy of the site: %s", x.from, got)
		}
	}
	writes(t, anna, newArticle)
	paste(t, anna, `plain("Aus einem **Editor**:\n\n- eins\n- zwei")`)
	wantText(t, anna, "pasted markdown", "Aus einem **Editor**:\n\n- eins\n- zwei")
	caret(t, anna, "Aus einem ")
	paste(t, anna, `plain("sehr *guten* ")`)
	if got := text(t, anna); !strings.HasPrefix(got, "Aus einem sehr *guten*") || strings.Count(got, "\n") != 3 {
		t.Errorf("words pasted among words make %q", got)
	}
}

// illustrates pastes a picture, describes, moves and removes it.
func illustrates(t *testing.T, anna *town.Person) {
	t.Helper()
	writes(t, anna, newArticle)
	types(t, anna, "Davor"+kb.Enter+"Danach")
	caret(t, anna, "Davor")
	paste(t, anna, "files")
	waitFor(t, anna, `document.querySelector(".picture img")?.naturalWidth === 40`)
	picture := evaluate[string](t, anna, `document.querySelector(".picture img").getAttribute("src")`)
	wantText(t, anna, "pasted", "Davor\n\n![Beet]("+picture+")\n\nDanach")
	evaluate[bool](t, anna, `document.querySelector(".picture input").focus(), document.querySelector(".picture input").select(), true`)
	types(t, anna, `Das "Beet" [im Mai]`)
	wantText(t, anna, "described", "Davor\n\n![Das \"Beet\" \\[im Mai\\]]("+picture+")\n\nDanach")
	evaluate[bool](t, anna, `document.querySelector("[data-picture=up]").focus(), true`)
	types(t, anna, kb.Enter)
	wantText(t, anna, "moved up", "![Das \"Beet\" \\[im Mai\\]]("+picture+")\n\nDavor\n\nDanach")
	if !evaluate[bool](t, anna, `document.activeElement.matches("[data-picture=up]")`) {
		t.Error("the focus does not go with the picture")
	}
	evaluate[bool](t, anna, `document.querySelector("[data-picture=down]").click(), document.querySelector("[data-picture=down]").click(), true`)
	wantText(t, anna, "moved down twice", "Davor\n\nDanach\n\n![Das \"Beet\" \\[im Mai\\]]("+picture+")")
	evaluate[bool](t, anna, `document.querySelector("[data-picture=remove]").click(), true`)
	wantText(t, anna, "removed", "Davor\n\nDanach")
	if !evaluate[bool](t, anna, `document.activeElement.matches(".ProseMirror")`) {
		t.Error("the focus is lost with the picture")
	}
	presses(t, anna, 'z', ctrl)
	if got := text(t, anna); !strings.Contains(got, picture) {
		t.Errorf("the picture does not come back: %q", got)
	}

	evaluateLater[bool](t, anna, `(async () => { const c = document.createElement("canvas"); c.width = c.height = 20; c.getContext("2d").fillRect(0, 0, 9, 9); const b = await new Promise(done => c.toBlob(done)), d = new DataTransfer(), p = document.querySelector(".ProseMirror p").getBoundingClientRect();
		d.items.add(new File([b], "Eins.png", {type: "image/png"})); d.items.add(new File([b], "Zwei.png", {type: "image/png"}));
		return !document.querySelector(".ProseMirror p").dispatchEvent(new DragEvent("drop", {dataTransfer: d, bubbles: true, cancelable: true, clientX: p.left + 5, clientY: p.top + 5})) })()`)
	waitFor(t, anna, `/^Davor\n\n!\[Eins\]\(.*\)\n\n!\[Zwei\]\(.*\)\n\nDanach/.test(document.querySelector("textarea").value)`)
}

// writesOnAPhone writes with touches and what a phone's keyboard inserts.
func writesOnAPhone(t *testing.T, anna *town.Person) {
	t.Helper()
	call(anna.Window(), t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 360, Height: 640, DeviceScaleFactor: 2, Mobile: true})
	call(anna.Window(), t, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true})
	defer func() {
		call(anna.Window(), t, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{})
		call(anna.Window(), t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 1280, Height: 1024, DeviceScaleFactor: 1})
	}()
	taps := func(selector string) {
		t.Helper()
		where := evaluate[[]float64](t, anna, fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.scrollIntoView({block: "center"}); const r = e.getBoundingClientRect(); return [r.left + r.width / 2, r.top + Math.min(30, r.height / 2)] })()`, selector))
		call(anna.Window(), t, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: "touchStart", TouchPoints: []*input.TouchPoint{{X: where[0], Y: where[1]}}})
		call(anna.Window(), t, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: "touchEnd", TouchPoints: []*input.TouchPoint{}})
	}
	inserts := func(words string) {
		t.Helper()
		call(anna.Window(), t, input.InsertText, input.InsertTextParams{Text: words})
	}
	writes(t, anna, newArticle)
	evaluate[bool](t, anna, `document.activeElement.blur(), true`)
	taps(".ProseMirror")
	waitFor(t, anna, `document.activeElement.matches(".ProseMirror")`)
	inserts("Wir brauchen")
	types(t, anna, kb.Enter)
	taps("[data-md-button=unordered-list]")
	waitFor(t, anna, `document.activeElement.matches(".ProseMirror") && document.querySelector(".ProseMirror ul")`)
	inserts("Saft")
	types(t, anna, kb.Enter)
	taps("[data-md-button=bold]")
	waitFor(t, anna, `document.querySelector("[data-md-button=bold][aria-pressed=true]")`)
	inserts("Kuchen")
	waitFor(t, anna, `document.querySelector("textarea").value === "Wir brauchen\n\n- Saft\n- **Kuchen**"`)
	taps("[data-md-button=undo]")
	waitFor(t, anna, `!document.querySelector("textarea").value.includes("Kuchen")`)

	// Neither bar covers the other, wherever the page stands.
	fills(t, anna, strings.Repeat("Zeile\n\n", 40))
	const covered = `(() => { const wrong = []; for (let y = 0; y < document.documentElement.scrollHeight; y += 200) { scrollTo(0, y);
		const tools = document.querySelector(".editor-tools").getBoundingClientRect(), dock = document.querySelector(".dock").getBoundingClientRect();
		const top = document.elementFromPoint(180, dock.top + dock.height / 2);
		if (!top?.closest(".dock")) wrong.push(y); if (tools.top === 0 && tools.height > 110) wrong.push("high"); } return wrong.join() })()`
	if wrong := evaluate[string](t, anna, covered); wrong != "" {
		t.Errorf("the toolbar and the bar at the bottom are in each other's way at %s", wrong)
	}
}

// TestATextIsWrittenWithoutScripts publishes markdown from the field that is there without scripts.
func TestATextIsWrittenWithoutScripts(t *testing.T) {
	place := open(t)
	anna := place.Visitor(t, "anna", servers.Browser{})
	anna.Goes("/stadt/login/")
	signIn(anna)
	anna.Goes(newArticle)
	if html := anna.HTML(); strings.Contains(html, "ProseMirror") || !strings.Contains(html, "<textarea") {
		t.Error("the form has no textarea")
	}
	anna.SeesNot("Als Markdown bearbeiten", "Wohin der Link führt", "Mit Escape verlässt du den Text")
	anna.Fills(map[string]string{"title": "Von Hand", "text": "# Plan\n\n**Morgen** um 8"})
	anna.Presses("Veröffentlichen")
	if html := anna.HTML(); !strings.Contains(html, "<strong>Morgen</strong>") {
		t.Errorf("the article is\n%s", html)
	}
}
