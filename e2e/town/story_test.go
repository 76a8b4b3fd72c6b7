//go:build e2e

package town_test

import (
	"strings"
	"testing"

	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/e2e/town"
)

// TestAGroupIsFoundedAndTalksByMail is the story of a town, from signing up to leaving the list, with
// real mail in between: on every database, with and without scripts in the browser.
func TestAGroupIsFoundedAndTalksByMail(t *testing.T) {
	t.Parallel()
	for _, database := range town.Databases() {
		t.Run(string(database), func(t *testing.T) {
			t.Parallel()
			s := open(t, database)
			for name, javaScript := range map[string]bool{"with scripts": true, "without scripts": false} {
				t.Run(name, func(t *testing.T) { s.Tell(t, javaScript) })
			}
		})
	}
}

// open opens a town with its mail server.
func open(t *testing.T, database town.Database) town.Story {
	t.Helper()
	mail := servers.FreeAddress(t)
	host, port, _ := strings.Cut(mail, ":")
	place := town.New(t, database, map[string]string{
		"EMAIL_SUBMISSION_BACKEND": "smtp", "EMAIL_SUBMISSION_HOST": host, "EMAIL_SUBMISSION_PORT": port, "MAILINGLIST_ENABLED": "true",
	})
	post := servers.StartPostfix(t, servers.PostfixConfig{Address: mail, Domain: town.Domain, LMTP: place.LMTP})
	place.Start("serve")
	place.Open()
	return town.Story{Town: place, Post: post}
}
