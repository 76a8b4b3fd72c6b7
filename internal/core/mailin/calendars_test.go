package mailin_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

const invitation = "From: Anna <anna@example.org>\nMessage-ID: <i1@mail.example>\nSubject: Fest\nContent-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\nMETHOD:REQUEST\nX-FROM:mailto:reply+abcdefghijklmno@town.example\nEND:VCALENDAR\n"

// TestCalendarsAreTakenFirst lets a room take the calendars that it wants; the rest becomes what mails become.
func TestCalendarsAreTakenFirst(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		p := newPost(t, db, "")
		var seen []string
		var takes bool
		var refusal error
		p.TakeCalendars(mailin.Calendars{Take: func(_ context.Context, _ *sqldb.Tx, to mailin.Destination, m *mailin.Incoming) (bool, error) {
			seen = append(seen, fmt.Sprintf("entity %d, content %d, reply %t, from %s: %s", to.EntityID, to.ContentID, to.Reply, m.From, m.Calendars))
			return takes, refusal
		}})
		p.delivers(t, "anna@example.org", hello, "garten@town.example")
		p.delivers(t, "anna@example.org", invitation, "garten@town.example")
		if len(p.taken) != 2 || len(seen) != 1 {
			t.Fatalf("%q %q", p.taken, seen)
		}
		if !strings.HasPrefix(seen[0], fmt.Sprintf("entity %d, content 0, reply false, from anna@example.org: ", p.Garten.EntityID)) {
			t.Error(seen[0])
		}
		if strings.Contains(seen[0], "abcdefghijklmno") {
			t.Errorf("the key of a reply address is handed on: %s", seen[0])
		}
		key := p.key(t, p.Anna.ID)
		takes = true
		again := strings.Replace(invitation, "<i1@", "<i2@", 1)
		for range 2 {
			p.delivers(t, "anna@example.org", again, "reply+"+key+"@town.example")
		}
		if len(p.taken) != 2 || len(seen) != 2 || !strings.HasPrefix(seen[1], fmt.Sprintf("entity %d, content 1, reply true, ", p.Garten.EntityID)) {
			t.Errorf("%q %q", p.taken, seen)
		}
		refusal = errs.New(errs.Denied, "Not this one.")
		p.delivers(t, "anna@example.org", strings.Replace(invitation, "<i1@", "<i3@", 1), "garten@town.example")
		if l := p.tray.TakeOne(t); !strings.Contains(l.Intro, "Not this one.") {
			t.Errorf("%+v", l)
		}
	})
}
