//go:build e2e

package browser

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	printing "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// TestTalkArrivesOnAnOpenPage lets somebody without scripts comment, edit and remove, while the page of somebody with
// scripts stays open and a comment is being written there.
func TestTalkArrivesOnAnOpenPage(t *testing.T) {
	place := open(t)
	anna, bert := writer(t, place), visit(t, place, "bert")
	anna.Goes("/garten/")
	article := firstArticle(t, anna.HTML())
	anna.Goes(article)
	waitFor(t, anna, `document.querySelector("[data-editor][data-ready]")`)
	const fieldTop = `Math.round(document.querySelector("#field-text").getBoundingClientRect().top)`
	evaluate[bool](t, anna, `window.same = true, document.querySelector("#field-text").focus(), document.querySelector("#field-text").scrollIntoView({block: "center"}), true`)
	types(t, anna, "Halb geschrieben")
	before := evaluate[int](t, anna, fieldTop)

	bert.Send(article, url.Values{"text": {"Von *Bert*, ohne Skript."}}, true)
	own := regexp.MustCompile(`contributions/(\d+)/edit/`).FindStringSubmatch(bert.Page.Body)
	if own == nil {
		t.Fatalf("Bert cannot edit what he has just written:\n%s", bert.Page.Body)
	}
	one := `document.querySelector("#contribution-` + own[1] + `")`
	waitFor(t, anna, one+`?.innerText.includes("ohne Skript")`)
	waitFor(t, anna, `document.querySelector(".thread-news").textContent.includes("Neu von Bert")`)
	if now := evaluate[int](t, anna, fieldTop); now < before-2 || now > before+2 {
		t.Errorf("the text that is being written has moved from %d to %d", before, now)
	}
	if !evaluate[bool](t, anna, `document.activeElement.id === "field-text" && document.activeElement.value === "Halb geschrieben"`) {
		t.Error("what is being written has been lost, or its focus")
	}
	comment := strings.TrimSuffix(article, "/") + "/contributions/" + own[1]
	bert.Get(comment + "/edit/")
	bert.Submit("Speichern", map[string]string{"text": "Von Bert, verbessert."})
	waitFor(t, anna, one+`.innerText.includes("verbessert") && `+one+`.innerText.includes("bearbeitet")`)

	evaluate[bool](t, anna, one+`.querySelector("[data-quote]").click(), true`)
	waitFor(t, anna, `document.querySelector("#field-text").value.startsWith("Halb geschrieben\n\n> Von Bert, verbessert.")`)
	if got := evaluate[string](t, anna, `document.querySelector("main form [name=in_reply_to]").value`); got != own[1] {
		t.Errorf("the quote answers %q", got)
	}
	evaluate[bool](t, anna, one+`.querySelector("button[value=thanks]").focus(), `+one+`.querySelector("button[value=thanks]").click(), true`)
	waitFor(t, anna, one+`.querySelector("button[value=thanks]").getAttribute("aria-pressed") === "true" && `+one+`.querySelector(".count").textContent === "1"`)
	waitFor(t, anna, `window.same && document.activeElement.value === "thanks"`)
	bert.Get(article)
	if !strings.Contains(bert.Page.Body, "Danke: Anna") {
		t.Error("the reaction is not there without scripts")
	}
	bert.Get(comment + "/delete/")
	bert.Submit("Kommentar entfernen", nil)
	waitFor(t, anna, one+`.innerText.includes("hat diesen Kommentar entfernt") && !`+one+`.innerText.includes("verbessert")`)

	// Without scripts the same is done by links and buttons.
	bert.Send(article, url.Values{"text": {"Noch einer."}}, true)
	reply := regexp.MustCompile(`href="([^"]*\?reply=\d+&amp;quote=1)#field-text"`).FindAllStringSubmatch(bert.Page.Body, -1)
	bert.Get(strings.ReplaceAll(reply[len(reply)-1][1], "&amp;", "&"))
	if form := bert.Form("in_reply_to"); !strings.Contains(form.Get("text"), "> Noch einer.") {
		t.Errorf("the form without scripts holds %v", form)
	}

	// What others see of a page that nobody sees is nothing: it waits no more, and catches up.
	evaluate[bool](t, anna, `Object.defineProperty(document, "hidden", {configurable: true, get: () => true}), document.dispatchEvent(new Event("visibilitychange")), true`)
	bert.Send(article, url.Values{"text": {"Im Verborgenen."}}, true)
	evaluate[bool](t, anna, `delete document.hidden, document.dispatchEvent(new Event("visibilitychange")), true`)
	waitFor(t, anna, `document.querySelector(".thread").innerText.includes("Im Verborgenen.")`)
}

// TestPagesPrint prints the pages of several kinds, and looks at what is on paper.
func TestPagesPrint(t *testing.T) {
	anna := writer(t, open(t))
	anna.Goes("/garten/")
	article := firstArticle(t, anna.HTML())
	for _, path := range []string{"/", "/garten/", article, "/stadt/events", "/stadt/groups/", "/stadt/activity", "/stadt/settings/"} {
		anna.Goes(path)
		printed, err := chromedp.Call(anna.Window(), printing.PrintToPDF, printing.PrintToPDFParams{PaperWidth: 8.27, PaperHeight: 11.69})
		if err != nil {
			t.Fatal(err)
		}
		if sheets := len(regexp.MustCompile(`/Type\s*/Page\b[^s]`).FindAll(printed.Data, -1)); sheets == 0 || sheets > 12 {
			t.Errorf("%s takes %d sheets", path, sheets)
		}
		call(anna.Window(), t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
		const seen = `(() => { const shown = (s) => [...document.querySelectorAll(s)].filter((e) => e.checkVisibility()).map((e) => e.tagName + "." + e.className); return shown(%q).join(" ") })()`
		if got := evaluate[string](t, anna, fmt.Sprintf(seen, ".bar, .dock, .foot, .skip, .crumbs, .actions, form, button, .contribution footer, .who-reacts, .thread-news, .editor")); got != "" {
			t.Errorf("on the paper of %s stand %s", path, got)
		}
		if path != "/stadt/settings/" {
			if got := evaluate[string](t, anna, fmt.Sprintf(seen, "h1, h2")); got == "" {
				t.Errorf("on the paper of %s is no heading", path)
			}
		}
		if wide := evaluate[int](t, anna, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
			t.Errorf("%s is %d px too wide for its paper", path, wide)
		}
		if path == article {
			if got := evaluate[string](t, anna, fmt.Sprintf(seen, ".contribution .prose")); got == "" {
				t.Error("comments are not on paper")
			}
		}
		call(anna.Window(), t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: ""})
	}
}
