//go:build e2e

package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"grouprise.org/grouprise/e2e/town"
)

// focused describes what has the focus, and complains if nobody sees that.
const focused = `(() => {
	const e = document.activeElement;
	if (!e || e === document.body) return "";
	window.order ??= [];
	if (e === window.order[0] && window.order.length > 1) return ""; // a window without a frame begins again
	const last = window.order.at(-1), r = e.getBoundingClientRect(), named = e.localName + "." + e.className + " “" + e.textContent.trim().replaceAll("!", "").slice(0, 30) + "”";
	const rings = [getComputedStyle(e), getComputedStyle(e, "::after")];
	let wrong = "";
	if (!rings.some((s) => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2)) wrong += " has no ring";
	if (r.width < 1 || r.bottom < 1 || r.top > innerHeight - 1 || r.right < 1 || r.left > innerWidth - 1) wrong += " is out of sight";
	if (last && last !== e && !(last.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING)) wrong += " comes after what follows it";
	if (window.order.includes(e)) wrong += " came twice";
	window.order.push(e);
	return named + (wrong && "!" + wrong);
})()`

func keys(t *testing.T, p *town.Person, pressed string) {
	t.Helper()
	if _, err := chromedp.Run(p.Window(), chromedp.KeyEvent(pressed)); err != nil {
		t.Fatal(err)
	}
}

// TestPagesAreUsedWithTheKeyboard walks through pages with the tabulator from the first thing to the last: each is seen
// to have the focus, they come in the order of the page, and nothing holds who walks. The first link leads past the
// bar, and the menu opens and closes.
func TestPagesAreUsedWithTheKeyboard(t *testing.T) {
	f := openFurnished(t)
	f.serve(t, "anna")
	w := newWindow(t, f.place, f.guests)
	for _, x := range []page{{path: "/"}, {path: "/garten/", who: "anna"}, {path: "/garten/articles/add/", who: "anna"}} {
		for _, width := range []int64{360, 1300} {
			w.as(t, x.who, "de")
			w.size(t, width)
			w.Goes(x.path)
			walks(t, w, x.path)
		}
	}

	w.Goes("/garten/")
	keys(t, w.Person, kb.Tab)
	if !evaluate[bool](t, w.Person, `document.activeElement.matches(".skip")`) {
		t.Error("the first thing is not the link past the bar")
	}
	keys(t, w.Person, kb.Enter)
	keys(t, w.Person, kb.Tab)
	waitFor(t, w.Person, `document.activeElement.closest("main")`)

	evaluate[bool](t, w.Person, `document.querySelector(".menu.mine summary").focus(), true`)
	keys(t, w.Person, kb.Enter)
	waitFor(t, w.Person, `document.querySelector(".menu.mine").open`)
	keys(t, w.Person, kb.Tab)
	waitFor(t, w.Person, `document.activeElement.closest(".menu.mine nav")`)
	keys(t, w.Person, kb.Escape)
	waitFor(t, w.Person, `!document.querySelector(".menu.mine").open && document.activeElement.matches(".menu.mine summary")`)
}

// walks presses the tabulator until the page ends.
func walks(t *testing.T, w *window, where string) {
	t.Helper()
	const most = 300
	for steps := range most {
		keys(t, w.Person, kb.Tab)
		name := evaluate[string](t, w.Person, focused)
		if name == "" {
			if steps < 15 {
				t.Errorf("%s ended after %d steps", where, steps)
			}
			return
		}
		if what, wrong, found := strings.Cut(name, "!"); found {
			t.Errorf("%s: %s%s", where, what, wrong)
		}
	}
	t.Errorf("%s does not end", where)
}
