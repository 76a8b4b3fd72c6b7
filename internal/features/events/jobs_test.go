package events_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// run runs a job of the room.
func (w *town) run(t *testing.T, name string) {
	t.Helper()
	for _, k := range w.jobs {
		if k.Name == name {
			if err := k.Handle(t.Context(), queue.Job{}); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("there is no job %s", name)
}

// TestASeriesGoesOnWithTime lets a year pass.
func TestASeriesGoesOnWithTime(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		now := time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
		w := newTown(t, db.WithClock(func() time.Time { return now }))
		path := w.announce(t, "Chorprobe", true, url.Values{"time": {"2026-03-03T19:00"}, "until_time": {"2026-03-03T21:00"}, "repeats": {"weekly"}})
		ended := w.announce(t, "Kurs", true, url.Values{"time": {"2026-03-04T19:00"}, "repeats": {"weekly"}, "repeats_times": {"3"}})
		w.announce(t, "Fest", true, url.Values{"time": {"2026-03-03T10:00"}})
		id := w.idOf(t, path)
		first := w.dates(t, id)
		if last := first[len(first)-1].Day; last != "2028-02-29" {
			t.Errorf("the last date is on %s", last)
		}
		next := func(id int64) string {
			t.Helper()
			var starts int64
			if err := db.Get(t.Context(), &starts, `SELECT starts_at FROM contents WHERE id = ?`, id); err != nil {
				t.Fatal(err)
			}
			return time.UnixMilli(starts).In(w.berlin).Format("2006-01-02T15:04")
		}
		w.run(t, "events.advance")
		if got := next(id); got != "2026-03-03T19:00" {
			t.Errorf("the next date is %s", got)
		}
		now = time.Date(2026, 3, 3, 20, 0, 1, 0, time.UTC) // a second after the end
		w.run(t, "events.advance")
		if got := next(id); got != "2026-03-10T19:00" {
			t.Errorf("the next date is %s", got)
		}
		now = time.Date(2027, 4, 1, 12, 0, 0, 0, time.UTC)
		w.run(t, "events.advance")
		w.run(t, "events.extend")
		w.run(t, "events.extend")
		if a, b := next(id), next(w.idOf(t, ended)); a != "2027-04-06T19:00" || b != "2026-03-18T19:00" {
			t.Errorf("the next dates are %s and %s", a, b)
		}
		later := w.dates(t, id)
		if last := later[len(later)-1]; last.Day != "2029-03-27" || last.Begins != "2029-03-27T19:00" || later[0].ID != first[0].ID {
			t.Errorf("the dates reach from %+v to %+v", later[0], last)
		}
		if n := len(w.dates(t, w.idOf(t, ended))); n != 3 {
			t.Errorf("a series that has ended has %d dates", n)
		}
		nobody := w.visit(t, 0)
		nobody.Get(path)
		nobody.Sees(http.StatusOK, "Tue 6 April 2027, 7–9 pm", "every Tuesday")
		nobody.Get("/garten/")
		nobody.Sees(http.StatusOK, "Tue 6 April 2027, 7–9 pm")
	})
}
