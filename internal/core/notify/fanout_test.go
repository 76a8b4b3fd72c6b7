package notify_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// teller is a channel inside the database that counts whom one transaction tells. It breaks once, at a call.
type teller struct {
	people  map[*sqldb.Tx]int
	calls   int
	breakAt int
}

var _ notify.InstantChannel = (*teller)(nil)

func (*teller) Name() string                               { return "tell" }
func (*teller) ServesActor() bool                          { return true }
func (*teller) Setting() notify.Setting                    { return notify.Setting{} }
func (*teller) Reaches() string                            { return `1 = 1` }
func (*teller) Reached(_ *lang.Printer, people int) string { return fmt.Sprint(people) }

func (c *teller) DeliverAll(_ context.Context, tx *sqldb.Tx, all []notify.Delivery) error {
	c.calls++
	c.people[tx] += len(all)
	if c.calls == c.breakAt {
		return errors.New("the database is full")
	}
	return nil
}

// townOf adds people to a database.
func townOf(t *testing.T, db *sqldb.DB, people int) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		var entities, rows [][]any
		for i := range people {
			id := int64(1000 + i)
			slug := fmt.Sprint("p", i)
			entities = append(entities, []any{id + 100000, community.PersonEntity, slug, slug, slug, slug, "#2a62ac"})
			rows = append(rows, []any{id, id + 100000, "", "", "", false, "", false, cast.Joined()})
		}
		if err := tx.InsertRows(t.Context(), `INSERT INTO entities (id, kind, slug, slug_key, name, name_key, colour)`, entities); err != nil {
			return err
		}
		return tx.InsertRows(t.Context(), `INSERT INTO people (id, entity_id, first_name, last_name, about, public, password, admin, joined_at)`, rows)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestATownIsToldInPortionsAndEachOnce tells three activities to a town. One portion fails, and the next run goes on
// behind what was written before.
func TestATownIsToldInPortionsAndEachOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		const people, activities = 900, 3
		c := cast.New(t, db)
		townOf(t, db, people-5) // beside the cast
		channel := &teller{people: map[*sqldb.Tx]int{}, breakAt: 4}
		jobs := queue.New(db, queue.Config{Logger: slog.New(slog.DiscardHandler)})
		n := notify.New(notify.Config{DB: db, Queue: jobs, Zone: time.UTC, Channels: []notify.Channel{channel}})
		if err := n.Follow(notify.Notice{
			Activity: community.CommentPosted,
			Audience: func(context.Context, sqldb.Querier, community.Activity) (notify.Audience, error) {
				return notify.Among(notify.Member, `SELECT p.id AS person_id FROM people p`), nil
			},
		}); err != nil {
			t.Fatal(err)
		}
		kinds := n.Jobs()
		jobs.Handle(kinds...)
		o := outbox.New(jobs)
		if err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			for range activities {
				if _, err := o.Record(t.Context(), tx, community.Activity{Name: community.CommentPosted, ActorID: c.Anna.ID}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		var claimed []queue.Job
		var rows []struct {
			ID      int64  `db:"id"`
			Payload string `db:"payload"`
		}
		if err := db.Select(t.Context(), &rows, `SELECT id, payload FROM jobs ORDER BY id`); err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			claimed = append(claimed, queue.Job{ID: row.ID, Kind: kinds[0].Name, Payload: []byte(row.Payload)})
		}
		for _, err := range kinds[0].HandleMany(t.Context(), claimed) { // each alone, after they failed together
			if err != nil {
				t.Error(err)
			}
		}
		for _, told := range channel.people {
			if told > 500 {
				t.Errorf("one transaction tells %d people", told)
			}
		}
		var got struct {
			Deliveries int `db:"deliveries"`
			Done       int `db:"done"`
		}
		if err := db.Get(t.Context(), &got, `SELECT (SELECT COUNT(*) FROM deliveries) AS deliveries, (SELECT COUNT(*) FROM activities WHERE done_at IS NOT NULL) AS done`); err != nil {
			t.Fatal(err)
		}
		if got.Deliveries != people*activities || got.Done != activities {
			t.Errorf("%d deliveries, %d activities are done; want %d and %d", got.Deliveries, got.Done, people*activities, activities)
		}
	})
}
