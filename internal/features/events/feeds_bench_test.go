package events_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/features/events"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// BenchmarkTheCalendarOfTheSite writes the calendar of a site with 3,000 events of the last and the next year, whose texts
// have a kilobyte.
func BenchmarkTheCalendarOfTheSite(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgresql", "mariadb"} {
		b.Run(engine, func(b *testing.B) {
			db := dbtest.Open(b, engine)
			announceMany(b, db, 3000)
			room := events.New(events.Deps{DB: db, Zone: zone(b, "Europe/Berlin"), SiteName: settings.SiteName{Default: "Neustadt"}, BaseURL: "http://example.org"})
			b.ReportAllocs()
			for b.Loop() {
				text, err := room.SiteCalendar(b.Context())
				if err != nil || strings.Count(string(text), "BEGIN:VEVENT") != 3000 {
					b.Fatal(len(text), err)
				}
			}
		})
	}
}

// announceMany makes events in two groups, half of them over, two a day and more.
func announceMany(t testing.TB, db *sqldb.DB, count int) {
	t.Helper()
	c := cast.New(t, db)
	now := db.Now()
	var contents, texts, all, dates [][]any
	for n := range count {
		at := clock.At(now.Add(time.Duration(n-count/2) * 5 * time.Hour))
		id := int64(1000 + n)
		entity := c.Garten.EntityID
		if n%2 == 0 {
			entity = c.Chor.EntityID
		}
		title, place := "Termin "+strconv.Itoa(n), "Bürgerhaus, Lange Straße "+strconv.Itoa(n%50)
		begins := at.Format("2006-01-02T15:04")
		contents = append(contents, []any{id, "event", entity, c.Anna.ID, "e-" + strconv.Itoa(n), title, true, now, at, at})
		texts = append(texts, []any{id, 1, c.Anna.ID, strings.Repeat("Alle sind willkommen, bringt Kuchen mit. ", 25), now})
		all = append(all, []any{id, place, strings.ToLower(place), "Europe/Berlin", false, begins})
		dates = append(dates, []any{id, entity, at.Format(time.DateOnly), begins, place, strings.ToLower(place), at, at})
	}
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		for _, part := range []struct {
			insert string
			rows   [][]any
		}{
			{`INSERT INTO contents (id, kind, entity_id, author_id, slug, title, public, published_at, starts_at, ends_at)`, contents},
			{`INSERT INTO versions (content_id, revision, author_id, text, created_at)`, texts},
			{`INSERT INTO events (content_id, place, place_key, zone, all_day, begins)`, all},
			{`INSERT INTO event_dates (content_id, entity_id, day, begins, place, place_key, starts_at, ends_at)`, dates},
		} {
			if err := tx.InsertRows(t.Context(), part.insert, part.rows); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = db.Analyze(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// BenchmarkBesideAPage reads what the first page shows of 3,000 events: 200 in the month, and what comes next.
func BenchmarkBesideAPage(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgresql", "mariadb"} {
		for _, what := range []string{"a month in the margin", "what comes beside a page"} {
			b.Run(engine+"/"+what, func(b *testing.B) {
				db := dbtest.Open(b, engine)
				announceMany(b, db, 3000)
				read := events.Lists(db.Now(), 0)[what]
				b.ReportAllocs()
				for b.Loop() {
					if err := read(b.Context(), db, community.Viewer{}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
