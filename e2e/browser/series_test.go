//go:build e2e

package browser

import (
	"fmt"
	"testing"
	"time"

	"grouprise.org/grouprise/e2e/servers"
)

// TestASeriesIsMadeAndOneOfItsDatesMoved announces an event that repeats and moves its second date: with scripts, which
// show the fields that belong to the choice, and without.
func TestASeriesIsMadeAndOneOfItsDatesMoved(t *testing.T) {
	place := open(t)
	first := time.Now().AddDate(0, 0, 10)
	for _, scripts := range []bool{true, false} {
		anna := place.Visitor(t, "anna", servers.Browser{JavaScript: scripts})
		anna.Goes("/stadt/login/")
		anna.Fills(map[string]string{"login": "anna", "password": "demo"})
		anna.Presses("Anmelden")
		anna.Goes("/garten/events/add/")
		evaluate[bool](t, anna, `(document.querySelector(".event-repetition").open = true)`)
		anna.Fills(map[string]string{"title": fmt.Sprintf("Kompostrunde, Skripte: %t", scripts), "place": "Am Bach"})
		evaluate[bool](t, anna, fmt.Sprintf(`(document.querySelector("[name=time]").value = %q, true)`, first.Format(time.DateOnly)+"T19:00"))
		choose := `((field) => { field.value = "weekly"; field.dispatchEvent(new Event("change", { bubbles: true })); return true; })(document.querySelector("[name=repeats]"))`
		if scripts {
			waitFor(t, anna, `document.querySelector("[data-weekdays]").hidden`) // nothing is chosen
			evaluate[bool](t, anna, choose)
			waitFor(t, anna, `!document.querySelector("[data-weekdays]").hidden && document.querySelectorAll("[name=repeats_on]:disabled:checked").length === 1`)
			waitFor(t, anna, `document.querySelector("[data-summary]").textContent.startsWith("Wiederholung: jeden ")`)
		} else {
			evaluate[bool](t, anna, choose)
		}
		anna.Fills(map[string]string{"repeats_times": "3"})
		anna.Presses("Veröffentlichen")
		anna.Sees("Deine Veranstaltung steht im Kalender.")
		anna.Sees(", 3-mal")
		waitFor(t, anna, `document.querySelectorAll(".event-dates li").length === 3`)
		anna.Goes(evaluate[string](t, anna, `document.querySelectorAll(".event-dates li a")[1].getAttribute("href")`))
		anna.Goes(evaluate[string](t, anna, `document.querySelector(".event-dates a[href*='/dates/']").getAttribute("href")`))
		evaluate[bool](t, anna, fmt.Sprintf(`(document.querySelector("[name=time]").value = %q, true)`, first.AddDate(0, 0, 8).Format(time.DateOnly)+"T20:00"))
		anna.Presses("Speichern")
		anna.Sees("Die Änderungen sind gespeichert.")
		anna.Sees("statt ")
		waitFor(t, anna, fmt.Sprintf(`location.search === "?date=%s" && document.querySelector(".event-facts").textContent.includes("20:00")`, first.AddDate(0, 0, 7).Format(time.DateOnly)))
	}
}
