//go:build e2e

package browser

import (
	"fmt"
	"testing"
	"time"
)

// late makes the page wait longer for the answer to an address with a text in it than for those to later questions, and
// says in window.late when it has come.
const late = `(() => { const real = window.fetch; window.late = false;
	window.fetch = async (address, ...rest) => { const answer = await real(address, ...rest);
		if (String(address).endsWith(%q)) { await new Promise(done => setTimeout(done, 1500)); setTimeout(() => { window.late = true }, 200) } return answer }; return true })()`

// TestLateAnswersAreNotShown lets the answers to earlier questions come after the answer to the last one: the names for the
// letters that were typed first, and the month whose arrow was pressed first.
func TestLateAnswersAreNotShown(t *testing.T) {
	anna := writer(t, open(t))
	empty(t, anna, "/garten/articles/add/")
	evaluate[bool](t, anna, fmt.Sprintf(late, "q=gar"))
	evaluate[bool](t, anna, `document.querySelector("textarea").focus(), true`)
	types(t, anna, "@gart")
	waitFor(t, anna, `document.querySelector(".mentions[data-typed=gart] [aria-selected=true][data-slug=garten]")`)
	waitFor(t, anna, `window.late`)
	if got := evaluate[string](t, anna, `document.querySelector(".mentions")?.dataset.typed ?? ""`); got != "gart" {
		t.Errorf("names are offered for %q, and the last letters are %q", got, "gart")
	}

	now := time.Now()
	first := time.Date(now.Year(), now.Month(), 1, 12, 0, 0, 0, time.UTC)
	before, after := first.AddDate(0, -1, 0), first.AddDate(0, 1, 0)
	anna.Goes("/stadt/events/")
	waitFor(t, anna, `performance.getEntriesByType("resource").some((r) => r.name.includes("/events-") && r.responseEnd)`)
	time.Sleep(300 * time.Millisecond) // it has come, and runs
	slow := evaluate[string](t, anna, `document.querySelector(".month-arrow[rel=next]").href`)
	evaluate[bool](t, anna, fmt.Sprintf(late, slow))
	evaluate[bool](t, anna, `document.querySelector(".month-arrow[rel=next]").click(), document.querySelector(".month-arrow[rel=prev]").click(), true`)
	waitFor(t, anna, `window.late`)
	shows := func(m time.Time) bool {
		return evaluate[bool](t, anna, fmt.Sprintf(`!!document.querySelector(".month time[datetime='%s']") && new URLSearchParams(location.search).get("month") === "%d"`, m.AddDate(0, 0, 14).Format(time.DateOnly), m.Month()))
	}
	if shows(after) || !shows(before) {
		t.Errorf("the month before was asked for last, and another is shown at %s", evaluate[string](t, anna, `location.href`))
	}
}
