//go:build e2e

package browser

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/e2e/town"
)

// TestAStrangerAttendsByMail lets two people without an account come to an event with one place, with scripts and without
// them: the second waits, the first deletes the answer, and the second is told.
func TestAStrangerAttendsByMail(t *testing.T) {
	f := openFurnished(t)
	f.serve(t)
	for _, scripts := range []bool{true, false} {
		anna := f.phone(t, "anna", "de", scripts)
		anna.Goes("/stadt/login/")
		anna.Fills(map[string]string{"login": "anna", "password": "demo"})
		anna.Presses("Anmelden")
		anna.Goes("/garten/events/add/")
		anna.Fills(map[string]string{"title": fmt.Sprintf("Ein Platz, Skripte: %t", scripts), "place": "Am Bach", "time": "2099-05-08T17:00", "capacity": "1"})
		anna.Presses("Veröffentlichen")
		anna.Sees("Deine Veranstaltung steht im Kalender.")
		event := anna.Path()

		first, second := fmt.Sprintf("neu-%t@example.com", scripts), fmt.Sprintf("mira-%t@example.com", scripts)
		neu := f.phone(t, "neu", "de", scripts)
		f.attend(t, neu, event, first, "Neu", "Ich komme")
		neu.Sees("Du kommst.")
		mira := f.phone(t, "mira", "de", scripts)
		f.attend(t, mira, event, second, "Mira", "Auf die Warteliste")
		mira.Sees("Nummer 1 auf der Warteliste")

		neu.Goes(f.letter(t, first, `/stadt/attendance/\d+/[a-z0-9]+/`))
		neu.Presses("Antwort löschen")
		neu.Sees("Deine Antwort ist gelöscht")
		servers.Eventually(t, "the mail that says that there is a place", func() bool { return f.isTold(t, second, "ein Platz frei geworden") })
		mira.Goes(f.letter(t, second, `/stadt/attendance/\d+/[a-z0-9]+/`))
		mira.Sees("Du kommst.")
		anna.Goes(event)
		anna.Sees("1 Person kommt")
		anna.Sees("Mira")
	}
}

// attend lets somebody without an account answer by the button on the page of an event and the link in a mail.
func (f *furnished) attend(t *testing.T, p *phone, event, address, name, button string) {
	t.Helper()
	p.Goes(event)
	p.taps(".attendance a.button")
	p.Fills(map[string]string{"email": address, "name": name})
	p.Presses(button)
	p.Sees("Wir haben dir eine E-Mail geschickt.")
	p.Goes(f.letter(t, address, `/stadt/attendance/confirm/[a-z0-9]+/`))
	p.Presses("Ich komme")
}

// isTold reports whether a mail to an address says something.
func (f *furnished) isTold(t *testing.T, address, text string) bool {
	t.Helper()
	return slices.ContainsFunc(f.letters(t, address), func(l town.Letter) bool { return strings.Contains(l.Text, text) })
}
