//go:build e2e

package browser

import (
	"fmt"
	"testing"
)

// TestHelpersFillAListByTapAndByLink lets Anna write a list, take some of it herself with one tap, and Bert take the rest
// by the link in his mail without signing in, with scripts and without them.
func TestHelpersFillAListByTapAndByLink(t *testing.T) {
	f := openFurnished(t)
	f.serve(t)
	for _, scripts := range []bool{true, false} {
		anna := f.phone(t, "anna", "de", scripts)
		anna.Goes("/stadt/login/")
		anna.Fills(map[string]string{"login": "anna", "password": "demo"})
		anna.Presses("Anmelden")
		anna.Goes("/garten/events/add/")
		anna.Fills(map[string]string{"title": fmt.Sprintf("Mithelfen, Skripte: %t", scripts), "place": "Am Bach", "time": "2099-05-08T17:00"})
		anna.Presses("Veröffentlichen")
		anna.Sees("Deine Veranstaltung steht im Kalender.")
		event := anna.Path()
		anna.taps(".help .actions a.button")
		thing := fmt.Sprintf("Kuchen%t", scripts)
		anna.Fills(map[string]string{"more": "2 " + thing})
		anna.Presses("Speichern")
		anna.Sees("Die Liste ist gespeichert.")
		need := evaluate[string](t, anna.Person, `document.querySelector('.help-taking [name="need"]').value`)
		anna.taps(".help-taking button")
		anna.Sees("1 von 2")

		bert := f.phone(t, "bert", "de", scripts)
		bert.Goes(f.letter(t, "bert@example.org", `/stadt/events/help/`+need+`/\d+/\d+/[a-z0-9]+/`))
		bert.Sees(thing)
		bert.taps(".post-button button")
		bert.Sees("Davon übernimmst du 1.")
		anna.Goes(event)
		anna.Sees("alles vergeben")
		anna.Sees("Bert Birke")
		anna.taps(".help-buttons .button-quiet")
		anna.Sees("ist wieder frei.")
		anna.Sees("1 von 2")
	}
}
