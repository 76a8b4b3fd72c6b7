//go:build e2e

package browser

import (
	"fmt"
	"regexp"
	"testing"
)

// TestAGroupIsArchivedAndReactivated lets Bert start a group and archive it, somebody see that it is, and Bert
// reactivate it by the link in his mail without signing in, with scripts and without them.
func TestAGroupIsArchivedAndReactivated(t *testing.T) {
	f := openFurnished(t)
	f.serve(t)
	for _, scripts := range []bool{true, false} {
		bert := f.phone(t, "bert", "de", scripts)
		bert.Goes("/stadt/login/")
		bert.Fills(map[string]string{"login": "bert", "password": "demo"})
		bert.Presses("Anmelden")
		bert.Goes("/stadt/groups/add/")
		bert.Fills(map[string]string{"name": fmt.Sprintf("Ruhekreis %t", scripts)})
		bert.taps(`main form [type=submit]`)
		group := bert.Path()
		archive := evaluate[string](t, bert.Person, `document.querySelector('a[href$="/about/"]').getAttribute("href").replace("about", "archive")`)
		bert.Goes(archive)
		bert.Presses("Gruppe archivieren")
		bert.Sees("Diese Gruppe ist seit dem")

		nobody := f.phone(t, "nele", "de", scripts)
		nobody.Goes("/stadt/groups/?archived=true")
		nobody.Sees(fmt.Sprintf("Ruhekreis %t", scripts))
		nobody.Goes(group)
		nobody.Sees("Alles bleibt lesbar")
		if evaluate[bool](t, nobody.Person, `document.querySelector('main a[href$="/actions/join"]') !== null`) {
			t.Error("an archived group offers to join")
		}
		id := regexp.MustCompile(`\d+`).FindString(archive)
		nobody.Goes(f.letter(t, "bert@example.org", `/stadt/groups/archive/`+id+`/\d+/[a-z0-9]+/`))
		nobody.Presses("Gruppe reaktivieren")
		nobody.Sees("Die Gruppe ist wieder aktiv.")
		bert.Goes(group)
		if evaluate[bool](t, bert.Person, `document.body.textContent.includes("archiviert")`) {
			t.Error("a group that is active again is said to be archived")
		}
	}
}
