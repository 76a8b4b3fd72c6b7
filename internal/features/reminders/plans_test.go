package reminders_test

import (
	"strconv"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/features/reminders"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// fill gives garten an event a day, for ten years behind and one ahead, and returns the ids of the dates of the next day.
func (w *town) fill(t *testing.T) (near []int64) {
	t.Helper()
	now := w.db.Now()
	var contents, all, dates [][]any
	for n := range 4000 {
		at := clock.At(now.Add(time.Duration(n-3600)*24*time.Hour + time.Hour))
		id := int64(1000 + n)
		begins := at.Format("2006-01-02T15:04")
		contents = append(contents, []any{id, "event", w.Garten.EntityID, w.Anna.ID, "e-" + strconv.Itoa(n), "Termin", true, now, at, at})
		all = append(all, []any{id, "Ort", "ort", "UTC", false, begins})
		dates = append(dates, []any{id, id, w.Garten.EntityID, at.Format(time.DateOnly), begins, "Ort", "ort", at, at})
		if n == 3600 {
			near = append(near, id)
		}
	}
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		if err := tx.InsertRows(t.Context(), `INSERT INTO contents (id, kind, entity_id, author_id, slug, title, public, published_at, starts_at, ends_at)`, contents); err != nil {
			return err
		}
		if err := tx.InsertRows(t.Context(), `INSERT INTO events (content_id, place, place_key, zone, all_day, begins)`, all); err != nil {
			return err
		}
		return tx.InsertRows(t.Context(), `INSERT INTO event_dates (id, content_id, entity_id, day, begins, place, place_key, starts_at, ends_at)`, dates)
	})
	if err == nil {
		err = w.db.Analyze(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return near
}

// TestTheDatesThatAreNearAreReadFromTheirIndex asks the databases how they find what is soon on a site that has had events
// for ten years: the job comes every two minutes.
func TestTheDatesThatAreNearAreReadFromTheirIndex(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		near := w.fill(t)
		q := &dbtest.Explainer{DB: w.db}
		if _, err := reminders.ListNear(t.Context(), q, w.db.Now()); err != nil || !q.Walks("event_dates_starts") {
			t.Errorf("the dates are read so: %v\n%s", err, q.Plan)
		}
		if n, err := reminders.ListNear(t.Context(), w.db, w.db.Now()); err != nil || n != 2 { // of two days, in case one is far in the west
			t.Errorf("%d dates are near: %v", n, err)
		}
		if err := w.room.ListUnreminded(t.Context(), w.db, near); err != nil {
			t.Error(err)
		}
	})
}

// TestAThousandRemindersTakeFewStatements counts what the database is asked when a thousand people come to one date.
func TestAThousandRemindersTakeFewStatements(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.event(t, "Fest", "2099-03-04T19:00", true)
		var entities, people, members, wishes [][]any
		for n := range 1000 {
			id, slug := int64(5000+n), "person-"+strconv.Itoa(n)
			entities = append(entities, []any{id, "person", slug, slug, slug, slug, "#333333"})
			people = append(people, []any{id, id, "", slug, "", w.db.Now()})
			members = append(members, []any{w.Garten.ID, id, w.db.Now()})
			wishes = append(wishes, []any{id, w.Garten.ID, w.db.Now()})
		}
		err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
			for _, rows := range []struct {
				insert string
				rows   [][]any
			}{
				{`INSERT INTO entities (id, kind, slug, slug_key, name, name_key, colour)`, entities},
				{`INSERT INTO people (id, entity_id, first_name, last_name, about, joined_at)`, people},
				{`INSERT INTO memberships (group_id, person_id, joined_at)`, members},
				{`INSERT INTO reminder_wishes (person_id, group_id, created_at)`, wishes},
			} {
				if err := tx.InsertRows(t.Context(), rows.insert, rows.rows); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		before, began := w.db.Stats().Statements, time.Now()
		if got := w.reminded(t, "3 19:00"); len(got) != 1000 {
			t.Fatalf("%d are reminded", len(got))
		}
		if n := w.db.Stats().Statements - before; n > 30 { // eight rows with 128 values each, and what is around them
			t.Errorf("a thousand reminders take %d statements", n)
		}
		t.Logf("a thousand reminders take %d statements and %s", w.db.Stats().Statements-before, time.Since(began))
		before = w.db.Stats().Statements
		if err := w.room.Remind(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := w.db.Stats().Statements - before; n > 3 {
			t.Errorf("that nobody is left to be reminded takes %d statements", n)
		}
	})
}
