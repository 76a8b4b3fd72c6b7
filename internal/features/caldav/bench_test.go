package caldav_test

import (
	"maps"
	"net/http"
	"slices"
	"testing"

	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// BenchmarkSynchronising says what the three looks of a program at a calendar of 3,000 events cost: whether anything has
// changed, what has changed, and everything for the first time.
func BenchmarkSynchronising(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgresql", "mariadb"} {
		b.Run(engine, func(b *testing.B) { benchmarkSynchronising(b, dbtest.Open(b, engine)) })
	}
}

func benchmarkSynchronising(b *testing.B, db *sqldb.DB) {
	b.Helper()
	const events = 3000
	w := newTown(b, db)
	cast.AddEvents(b, db, w.Garten.EntityID, w.Anna.ID, events)
	if err := db.Analyze(b.Context()); err != nil {
		b.Fatal(err)
	}
	town := home(w.Anna) + "town/"
	_, etags := w.tags(b, w.Anna, "town/")
	everything := multiget(slices.Sorted(maps.Keys(etags))...)
	for _, look := range []struct{ name, method, body, depth string }{
		{"ctag", "PROPFIND", wantsTags, "0"}, {"etags", "PROPFIND", wantsTags, "1"}, {"everything", "REPORT", everything, "1"},
	} {
		b.Run(look.name, func(b *testing.B) {
			for b.Loop() {
				cast.Execute(b, db, `DELETE FROM throttles`)
				if got := w.ask(b, w.Anna, look.method, town, look.body, "Depth", look.depth); got.status != http.StatusMultiStatus {
					b.Fatal(got.status, got.body)
				}
			}
		})
	}
	if len(etags) != events {
		b.Errorf("there are %d events", len(etags))
	}
}
