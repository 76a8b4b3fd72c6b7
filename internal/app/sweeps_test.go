package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// sweep removes what has grown old, as each night does.
func (w *town) sweep(t *testing.T) {
	t.Helper()
	for _, s := range module.Gather(w.modules, func(m module.Module) []module.Sweep { return m.Sweeps }) {
		if err := s.Run(t.Context()); err != nil {
			t.Errorf("remove %s: %v", s.About, err)
		}
	}
}

// TestWhatGrowsOldIsRemoved has of each thing one that is as old as it may be and one that is older: a number n stands
// for both in the time before the age of the thing.
func TestWhatGrowsOldIsRemoved(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	now := w.db.Now()
	days := func(n int) clock.Time { return clock.At(now.AddDate(0, 0, -n)) }
	young, old := func(age int) clock.Time { return clock.At(days(age).Add(time.Hour)) }, func(age int) clock.Time { return clock.At(days(age).Add(-time.Hour)) }
	insert := func(tx *sqldb.Tx, statement string, args ...any) int64 {
		t.Helper()
		id, err := tx.Insert(t.Context(), statement, args...)
		if err != nil {
			t.Fatalf("%v in %s", err, statement)
		}
		return id
	}
	exec := func(tx *sqldb.Tx, statement string, args ...any) {
		t.Helper()
		if _, err := tx.Exec(t.Context(), statement, args...); err != nil {
			t.Fatalf("%v in %s", err, statement)
		}
	}
	activity := func(tx *sqldb.Tx, at clock.Time, done bool) int64 {
		doneAt := clock.Time{}
		if done {
			doneAt = at
		}
		return insert(tx, `INSERT INTO activities (name, occurred_at, done_at) VALUES ('content.published', ?, ?)`, at, doneAt)
	}
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		for _, at := range []clock.Time{young(365), old(365)} {
			activity(tx, at, true)
			exec(tx, `INSERT INTO inbox_entries (person_id, activity_id, created_at) VALUES (?, ?, ?)`, w.Bert.ID, activity(tx, old(365), true), at)
		}
		activity(tx, old(365), false)
		for _, d := range []struct {
			state string
			age   int
		}{{"sent", 30}, {"withdrawn", 30}, {"dead", 90}} {
			for _, at := range []clock.Time{young(d.age), old(d.age)} {
				exec(tx, `INSERT INTO deliveries (activity_id, person_id, channel, reason, state, problem, created_at, changed_at) VALUES (?, ?, 'email', 'member', ?, '', ?, ?)`,
					activity(tx, old(365), true), w.Bert.ID, d.state, at, at)
			}
		}
		exec(tx, `INSERT INTO deliveries (activity_id, person_id, channel, reason, state, problem, created_at, changed_at) VALUES (?, ?, 'email', 'member', 'waiting', '', ?, ?)`,
			activity(tx, old(365), true), w.Bert.ID, old(365), old(365))
		for _, at := range []clock.Time{young(90), old(90)} {
			exec(tx, `INSERT INTO jobs (kind, lane, state, payload, attempt, run_at, failed_at, created_at) VALUES ('x', 'normal', 'dead', '{}', 1, ?, ?, ?)`, at, at, at)
			exec(tx, `INSERT INTO received_messages (message_hash, recipient, received_at) VALUES (?, 'garten@example.org', ?)`, fmt.Sprint(at.UnixMilli()), at)
		}
		for _, at := range []clock.Time{young(30), old(30)} {
			exec(tx, `INSERT INTO app_passwords (person_id, name, scope, secret_hash, created_at, expires_at) VALUES (?, 'x', 'calendars', ?, ?, ?)`, w.Bert.ID, fmt.Sprint(at.UnixMilli()), at, at)
		}
		for _, at := range []clock.Time{young(0), old(0)} {
			key := fmt.Sprint(at.UnixMilli())
			exec(tx, `INSERT INTO sessions (token_hash, data, expires_at) VALUES (?, ?, ?)`, key, []byte(`{}`), at)
			exec(tx, `INSERT INTO throttles (key_hash, count, resets_at) VALUES (?, 1, ?)`, key, at)
			exec(tx, `INSERT INTO tokens (kind, secret_hash, data, created_at, expires_at) VALUES ('x', ?, '{}', ?, ?)`, key, at, at)
			exec(tx, `INSERT INTO held_messages (secret_hash, person_id, sender, recipient, message, received_at, expires_at) VALUES (?, ?, 'x', 'y', ?, ?, ?)`,
				key, w.Bert.ID, []byte("z"), at, at)
		}
		content := func(slug string, deleted clock.Time) int64 {
			return insert(tx, `INSERT INTO contents (kind, entity_id, author_id, slug, title, public, published_at, deleted_at) VALUES ('article', ?, ?, ?, 'x', ?, ?, ?)`,
				w.Garten.EntityID, w.Anna.ID, slug, true, now, deleted)
		}
		there, gone := content("there", clock.Time{}), content("gone", now)
		for _, id := range []int64{there, gone} {
			exec(tx, `INSERT INTO reply_keys (secret, person_id, content_id, created_at) VALUES (?, ?, ?, ?)`, fmt.Sprint("content", id), w.Bert.ID, id, old(3650))
			for _, deleted := range []clock.Time{{}, now} {
				comment := insert(tx, `INSERT INTO contributions (content_id, author_id, text, cut, created_at, deleted_at) VALUES (?, ?, 'x', '', ?, ?)`, id, w.Anna.ID, now, deleted)
				exec(tx, `INSERT INTO reply_keys (secret, person_id, contribution_id, created_at) VALUES (?, ?, ?, ?)`, fmt.Sprint("comment", comment), w.Bert.ID, comment, old(3650))
			}
		}
		for name, unused := range map[string]clock.Time{"young.png": young(30), "old.png": old(30), "used.png": old(30), "new.png": {}} {
			exec(tx, `INSERT INTO images (name, created_at, unused_at) VALUES (?, ?, ?)`, name, old(3650), unused)
		}
		return media.Use(t.Context(), tx, w.Anna.ID, "![](/-/images/text/used.png)", there, 0)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		exec(tx, `INSERT INTO image_uses (image_id, content_id) SELECT i.id, c.id FROM images i, contents c WHERE i.name = 'used.png' AND c.slug = 'there'`)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	w.sweep(t)
	w.sweep(t)
	want := map[string]int{
		"activities": 7, // young, told of by a young entry, not done, and four of which deliveries remain
		"deliveries": 4, "inbox_entries": 1, "jobs": 1, "received_messages": 1,
		"sessions": 1, "throttles": 1, "tokens": 1, "held_messages": 1, "app_passwords": 1, "reply_keys": 2, "images": 3,
	}
	got := map[string]int{}
	for _, table := range slices.Sorted(maps.Keys(want)) {
		var n int
		if err := w.db.Get(t.Context(), &n, `SELECT COUNT(*) FROM `+table); err != nil {
			t.Fatal(err)
		}
		got[table] = n
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what is left (-want +got):\n%s", diff)
	}
	var noted []string
	if err := w.db.Select(t.Context(), &noted, `SELECT name FROM images WHERE unused_at IS NULL ORDER BY name`); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(noted, " "); got != "used.png" {
		t.Errorf("in use are %s", got)
	}
}
