package events_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/events"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// TestTheCalendarIsReadFromAnIndexInItsOrder asks the databases how they find what comes, what is over and a month of a
// site that has had events for ten years.
func TestTheCalendarIsReadFromAnIndexInItsOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		now := db.Now()
		var contents, all, dates [][]any
		for n := range 4000 {
			at := clock.At(now.Add(time.Duration(n-3500) * 24 * time.Hour))
			id, owner := int64(1000+n), c.Garten.EntityID
			if n > 3600 && n <= 3610 {
				owner = c.Chor.EntityID
			}
			contents = append(contents, []any{id, "event", owner, c.Anna.ID, "e-" + strconv.Itoa(n), "Termin", true, now, at, at})
			key, begins := "ort "+strconv.Itoa(n%50), at.Format("2006-01-02T15:04")
			all = append(all, []any{id, "Ort", key, "UTC", false, begins})
			dates = append(dates, []any{id, owner, at.Format(time.DateOnly), begins, "Ort", key, at, at})
		}
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			if err := tx.InsertRows(t.Context(), `INSERT INTO contents (id, kind, entity_id, author_id, slug, title, public, published_at, starts_at, ends_at)`, contents); err != nil {
				return err
			}
			if err := tx.InsertRows(t.Context(), `INSERT INTO events (content_id, place, place_key, zone, all_day, begins)`, all); err != nil {
				return err
			}
			_, err := tx.Exec(t.Context(), `
				INSERT INTO event_hosts (content_id, entity_id, state, invited_at, decided_at)
				SELECT c.id, e.id, 'shown', 1, 1 FROM contents c JOIN entities e ON e.id = ? WHERE c.entity_id = ?`, c.Garten.EntityID, c.Chor.EntityID)
			if err != nil {
				return err
			}
			return tx.InsertRows(t.Context(), `INSERT INTO event_dates (content_id, entity_id, day, begins, place, place_key, starts_at, ends_at)`, dates)
		})
		if err == nil {
			err = db.Analyze(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		for what, list := range events.Lists(now, c.Garten.EntityID) {
			for name, viewer := range map[string]community.Viewer{"nobody": {}, "Bert": c.Bert.Viewer} {
				q := &dbtest.Explainer{DB: db}
				if err := list(t.Context(), q, viewer); err != nil {
					t.Fatal(err)
				}
				if !q.Walks("event_dates_starts") && !q.Walks("event_dates_entity") && !q.Walks("event_dates_place") {
					t.Errorf("%s for %s is not read in the order of an index of dates:\n%s", what, name, fmt.Sprint(q.Plan))
				}
				if strings.Contains(what, "a group") && !strings.Contains(q.Plan, "event_dates_content") && !strings.Contains(q.Plan, "event_dates_ends") {
					t.Errorf("%s for %s shows dates of others that are not found event by event:\n%s", what, name, q.Plan)
				}
			}
		}
		for what, list := range events.ListChoices(now) {
			q := &dbtest.Explainer{DB: db}
			if err := list(t.Context(), q, c.Bert.Viewer); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(q.Plan, "event_dates_") || strings.Contains(q.Plan, "Seq Scan on contents") {
				t.Errorf("the %s by which a calendar can be narrowed are not found by an index:\n%s", what, q.Plan)
			}
		}
	})
}
