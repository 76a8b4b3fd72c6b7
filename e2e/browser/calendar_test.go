//go:build e2e

package browser

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	printing "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/e2e/town"
)

// TestTheCalendarTurnsItsPagesInPlace turns the calendar to the next month and back, and announces an event of a whole
// day: with scripts on the page that is there, and without them by links and a form.
func TestTheCalendarTurnsItsPagesInPlace(t *testing.T) {
	place := open(t)
	now := time.Now()
	next := time.Date(now.Year(), now.Month(), 1, 12, 0, 0, 0, time.UTC).AddDate(0, 1, 0)
	day := next.AddDate(0, 0, 14)
	shown := fmt.Sprintf(`document.querySelector(".month time[datetime='%s']") && new URLSearchParams(location.search).get("month") === "%d"`, day.Format(time.DateOnly), next.Month())
	for _, scripts := range []bool{true, false} {
		anna := place.Visitor(t, "anna", servers.Browser{JavaScript: scripts})
		anna.Goes("/stadt/login/")
		anna.Fills(map[string]string{"login": "anna", "password": "demo"})
		anna.Presses("Anmelden")
		anna.Goes("/stadt/events/")
		if scripts {
			waitFor(t, anna, `performance.getEntriesByType("resource").some((r) => r.name.includes("/events-") && r.responseEnd)`)
			time.Sleep(300 * time.Millisecond) // it has come, and runs
			evaluate[bool](t, anna, `(window.same = true, document.querySelector(".month-arrow[rel=next]").click(), true)`)
			waitFor(t, anna, `window.same && document.activeElement.rel === "next" && `+shown)
			evaluate[bool](t, anna, `(history.back(), true)`)
			waitFor(t, anna, `window.same && location.search === "" && document.querySelector(".month-today")`)
		} else {
			anna.Goes(fmt.Sprintf("/stadt/events/?month=%d&year=%d", next.Month(), next.Year()))
			waitFor(t, anna, shown)
		}
		anna.Goes("/garten/")
		if scripts { // the month beside a page
			waitFor(t, anna, `performance.getEntriesByType("resource").some((r) => r.name.includes("/events-") && r.responseEnd)`)
			time.Sleep(300 * time.Millisecond)
			evaluate[bool](t, anna, `(window.same = true, document.querySelector(".beside .month-arrow[rel=next]").click(), true)`)
			waitFor(t, anna, `window.same && document.activeElement.rel === "next" && location.pathname === "/garten/" && `+shown)
			evaluate[bool](t, anna, `(location.hash = "#content", true)`) // is no other month
			evaluate[bool](t, anna, `(history.go(-2), true)`)
			waitFor(t, anna, `window.same && location.search === "" && document.querySelector(".month-today")`)
		} else {
			anna.Goes(evaluate[string](t, anna, `(({pathname, search, hash}) => pathname + search + hash)(new URL(document.querySelector(".beside .month-arrow[rel=next]").href))`))
			waitFor(t, anna, shown+` && location.hash === "#calendar"`)
		}
		anna.Goes("/garten/events/add/")
		title, date := fmt.Sprintf("Ein ganzer Tag, Skripte: %t", scripts), day.Format("2006-01-02T15:04")
		anna.Fills(map[string]string{"title": title, "place": "Am Bach"})
		if scripts {
			time.Sleep(600 * time.Millisecond)
			evaluate[bool](t, anna, fmt.Sprintf(`(document.querySelector("[name=time]").value = %q, document.querySelector("[name=all_day]").click(), true)`, date))
			waitFor(t, anna, `document.querySelector("[name=time]").type === "date" && document.querySelector("[name=time]").value.length === 10`)
		} else {
			anna.Fills(map[string]string{"time": date, "all_day": "on"})
		}
		anna.Presses("Veröffentlichen")
		anna.Sees("Deine Veranstaltung steht im Kalender.")
		anna.Sees("ganztägig")
	}
}

// TestTheWeekTurnsInPlaceAndAMonthIsPrinted turns the week on a wide screen, where it has seven columns, looks at it on a
// phone, where it has one, and prints forty dates, which take one sheet.
func TestTheWeekTurnsInPlaceAndAMonthIsPrinted(t *testing.T) {
	place := town.New(t, town.SQLite, map[string]string{"LANGUAGE_CODE": "de-de", "EMAIL_SUBMISSION_BACKEND": "folder"})
	demonstrations.Fill(place, "--events=500")
	place.Start("serve")
	place.Open()
	const columns = `new Set([...document.querySelectorAll(".week-day")].map((day) => Math.round(day.getBoundingClientRect().left))).size`
	for _, scripts := range []bool{true, false} {
		nobody := place.Visitor(t, fmt.Sprintf("nobody %t", scripts), servers.Browser{JavaScript: scripts})
		nobody.Goes("/stadt/events/?view=week&day=2026-03-04")
		waitFor(t, nobody, `document.querySelectorAll(".week-day").length === 7 && document.querySelector(".week time[datetime='2026-03-02']")`)
		if n := evaluate[int](t, nobody, columns); n != 7 {
			t.Errorf("the week has %d columns on a wide screen", n)
		}
		if scripts {
			waitFor(t, nobody, `performance.getEntriesByType("resource").some((r) => r.name.includes("/events-") && r.responseEnd)`)
			time.Sleep(300 * time.Millisecond) // it has come, and runs
			evaluate[bool](t, nobody, `(window.same = true, document.querySelector(".month-arrow[rel=next]").click(), true)`)
			waitFor(t, nobody, `window.same && document.activeElement.rel === "next" && document.querySelector(".week time[datetime='2026-03-09']") && location.search.includes("2026-03-09")`)
		} else {
			nobody.Goes(evaluate[string](t, nobody, `(({pathname, search}) => pathname + search)(new URL(document.querySelector(".month-arrow[rel=next]").href))`))
			waitFor(t, nobody, `document.querySelector(".week time[datetime='2026-03-09']")`)
		}
		call(nobody.Window(), t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 360, Height: 640, DeviceScaleFactor: 1})
		if n := evaluate[int](t, nobody, columns); n != 1 {
			t.Errorf("the week has %d columns on a phone", n)
		}
		nobody.Goes("/stadt/events/print?view=list")
		if n := evaluate[int](t, nobody, `document.querySelectorAll(".sheet tbody tr").length`); n != 40 {
			t.Errorf("the sheet has %d lines", n)
		}
		for size, paper := range map[string][2]float64{"A4": {8.27, 11.69}, "Letter": {8.5, 11}} {
			printed, err := chromedp.Call(nobody.Window(), printing.PrintToPDF, printing.PrintToPDFParams{PaperWidth: paper[0], PaperHeight: paper[1]})
			if err != nil {
				t.Fatal(err)
			}
			if n := len(regexp.MustCompile(`/Type\s*/Page\b[^s]`).FindAll(printed.Data, -1)); n != 1 {
				t.Errorf("forty dates take %d sheets of %s", n, size)
			}
		}
	}
}
