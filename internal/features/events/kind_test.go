package events_test

import (
	"net/url"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/events"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/contenttest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
)

func TestEventsAreAKindOfContent(t *testing.T) {
	t.Parallel()
	contenttest.Conformance(t, events.New(events.Deps{Zone: time.UTC}).Kind(), contenttest.Sample{
		Fields:  url.Values{"place": {"Am Bach 3"}, "time": {"2099-05-01T19:00"}, "until_time": {"2099-05-01T21:00"}, "zone": {"UTC"}},
		Changed: url.Values{"place": {"Im Hof"}, "time": {"2099-05-01T17:00"}, "until_time": {"2099-05-02T23:00"}, "zone": {"Europe/Lisbon"}},
		Past:    url.Values{"place": {"Im Keller"}, "time": {"2020-01-01T10:00"}, "until_time": {"2020-01-01T12:00"}, "zone": {"Europe/Berlin"}},
		OnPage:  []string{"Fri 1 May 2099, 7–9 pm", "Am Bach 3"},
		OnCard:  []string{"Fri 1 May 2099, 7–9 pm", "Am Bach 3"},
		InMail:  []string{"When: Fri 1 May 2099, 7–9 pm", "Where: Am Bach 3"},
		Over: func(_ *testing.T, db *sqldb.DB) content.Kind {
			return events.New(events.Deps{DB: db, Outbox: outbox.New(&mailtest.Tray{}), Limiter: web.NewLimiter(db, nil), Zone: time.UTC, BaseURL: "http://example.org"}).Kind()
		},
	})
}
