package polls_test

import (
	"net/url"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/events"
	"grouprise.org/grouprise/internal/features/polls"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/contenttest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
)

func TestPollsAreAKindOfContent(t *testing.T) {
	t.Parallel()
	contenttest.Conformance(t, polls.New(polls.Deps{Zone: time.UTC, Dates: events.New(events.Deps{Zone: time.UTC})}).Kind(), contenttest.Sample{
		Fields:  url.Values{"option": {"Reis", "Nudeln", "", "", ""}, "ends": {"2099-05-01T19:00"}},
		Changed: url.Values{"option": {"Reis", "Klöße", "Suppe", "", "", ""}, "ends": {"2099-06-01T20:00"}},
		OnPage:  []string{"Nudeln", "Nobody has voted yet.", "Voting ends: Fri 1 May 2099, 7 pm."},
		OnCard:  []string{"Reis", "Nudeln", "Voting ends: Fri 1 May 2099, 7 pm."},
		InMail:  []string{"Options: Reis · Nudeln", "Vote by: Fri 1 May 2099, 7 pm"},
		Over: func(_ *testing.T, db *sqldb.DB) content.Kind {
			return polls.New(polls.Deps{
				DB: db, Outbox: outbox.New(&mailtest.Tray{}), Zone: time.UTC, Dates: events.New(events.Deps{DB: db, Zone: time.UTC}), BaseURL: "http://example.org",
			}).Kind()
		},
	})
}
