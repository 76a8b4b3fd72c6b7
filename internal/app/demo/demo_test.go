package demo_test

import (
	"context"
	"errors"
	"fmt"
	"image/png"
	"io"
	"sync"
	"testing"

	"grouprise.org/grouprise/internal/app/demo"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestTheTownIsTheSameEachTimeAndAsLargeAsAsked(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		size := demo.Size{People: 120, Groups: 40, Contents: 300, Comments: 700, Conversations: 50}
		if err := demo.Fill(t.Context(), db, nil, size, "hash"); err != nil {
			t.Fatal(err)
		}
		count := func(query string) (n int) {
			t.Helper()
			if err := db.Get(t.Context(), &n, query); err != nil {
				t.Fatal(err)
			}
			return n
		}
		for query, want := range map[string]int{
			`SELECT COUNT(*) FROM people`: 120, `SELECT COUNT(*) FROM "groups"`: 40, `SELECT COUNT(*) FROM contents WHERE kind = 'article'`: 303, `SELECT COUNT(*) FROM conversations`: 50,
			`SELECT COUNT(*) FROM contributions WHERE content_id IS NOT NULL`:                                                                                                700,
			`SELECT COUNT(*) FROM memberships m JOIN "groups" g ON g.id = m.group_id JOIN entities e ON e.id = g.entity_id WHERE e.slug = 'garten'`:                          11,
			`SELECT COUNT(*) FROM contents c JOIN entities e ON e.id = c.entity_id WHERE e.slug = 'garten' AND c.slug IN ('erntefest-am-bach', 'giessplan-fuer-den-sommer')`: 2,
			`SELECT COUNT(*) FROM people WHERE admin`: 1,
		} {
			if got := count(query); got != want {
				t.Errorf("%s: %d, want %d", query, got, want)
			}
		}
		// The town is uneven: one group is by far the largest.
		for query, atLeast := range map[string]int{
			`SELECT COUNT(*) FROM memberships GROUP BY group_id ORDER BY COUNT(*) DESC LIMIT 1`:                                                30,
			`SELECT COUNT(*) FROM contents GROUP BY entity_id ORDER BY COUNT(*) DESC LIMIT 1`:                                                  60,
			`SELECT COUNT(*) FROM contributions WHERE content_id IS NOT NULL GROUP BY content_id ORDER BY COUNT(*) DESC LIMIT 1`:               20,
			`SELECT COUNT(*) FROM conversations GROUP BY entity_id ORDER BY COUNT(*) DESC LIMIT 1`:                                             8,
			`SELECT COUNT(*) FROM memberships WHERE person_id > 4 GROUP BY person_id ORDER BY COUNT(*) DESC LIMIT 1`:                           5,
			`SELECT COUNT(*) FROM inbox_entries i JOIN activities a ON a.id = i.activity_id WHERE a.done_at IS NOT NULL AND i.read_at IS NULL`: 100,
		} {
			if got := count(query); got < atLeast {
				t.Errorf("%s: %d, want %d at least", query, got, atLeast)
			}
		}
		// The calendar is filled around today, and lists know when each event takes place.
		if n := count(`SELECT COUNT(*) FROM event_dates d JOIN contents c ON c.id = d.content_id WHERE c.kind = 'event' AND d.ends_at >= d.starts_at`); n < 400 {
			t.Errorf("%d dates", n)
		}
		if n := count(`SELECT COUNT(*) FROM events v JOIN contents c ON c.id = v.content_id WHERE v.rule <> '' AND EXISTS (
			SELECT 1 FROM event_dates d WHERE d.content_id = c.id AND d.starts_at = c.starts_at)`); n < 5 {
			t.Errorf("%d series", n)
		}
		for what, query := range map[string]string{"cancelled": `SELECT COUNT(*) FROM event_dates WHERE cancelled`, "moved": `SELECT COUNT(*) FROM event_dates WHERE altered`} {
			if n := count(query); n != 1 {
				t.Errorf("%d dates are %s", n, what)
			}
		}
		if n := count(`SELECT COUNT(*) FROM imported_events x JOIN imports i ON i.id = x.import_id JOIN contents c ON c.id = x.content_id AND c.external
			JOIN memberships m ON m.group_id = i.group_id AND m.person_id = i.author_id`); n != 2 {
			t.Errorf("%d events come from a calendar elsewhere", n)
		}
		if n := count(`SELECT COUNT(*) FROM imported_entries x JOIN imports i ON i.id = x.import_id AND i.kind = 'feed' JOIN contents c ON c.id = x.content_id AND c.external
			JOIN memberships m ON m.group_id = i.group_id AND m.person_id = i.author_id`); n != 3 {
			t.Errorf("%d posts come from a website elsewhere", n)
		}
		// Nobody is told of what they may not read.
		if n := count(`SELECT COUNT(*) FROM inbox_entries i JOIN contents c ON c.id = i.content_id JOIN "groups" g ON g.entity_id = c.entity_id
			WHERE NOT c.public AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.group_id = g.id AND m.person_id = i.person_id)`); n != 0 {
			t.Errorf("%d entries of inboxes are about what their owners may not read", n)
		}
		// Nobody writes where they may not read, and nothing lies in the future.
		if n := count(`SELECT COUNT(*) FROM contributions k JOIN contents c ON c.id = k.content_id JOIN "groups" g ON g.entity_id = c.entity_id
			WHERE NOT c.public AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.group_id = g.id AND m.person_id = k.author_id)`); n != 0 {
			t.Errorf("%d comments by people who could not read what they comment on", n)
		}
		if err := demo.Fill(t.Context(), db, nil, size, "hash"); !errors.Is(err, demo.ErrNotEmpty) {
			t.Errorf("a town is filled twice: %v", err)
		}
	})
}

// album keeps no picture, and says that it did.
type album struct {
	lock   sync.Mutex
	kept   int
	erased []string
}

func (a *album) Keep(_ context.Context, _ string, r io.ReadSeeker) (string, int64, error) {
	if _, err := png.DecodeConfig(r); err != nil {
		return "", 0, err
	}
	a.lock.Lock()
	defer a.lock.Unlock()
	a.kept++
	return fmt.Sprintf("picture%d-10x10.jpg", a.kept), 1000, nil
}

func (a *album) Erase(_ context.Context, names []string) error {
	a.erased = append(a.erased, names...)
	return nil
}

func TestTheTownHasFacesAndThingsThatWait(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		pictures := &album{}
		if err := demo.Fill(t.Context(), db, pictures, demo.Size{People: 60, Groups: 22, Contents: 90, Comments: 260, Conversations: 24}, "hash"); err != nil {
			t.Fatal(err)
		}
		now := db.Now()
		for _, c := range []struct {
			query   string
			args    []any
			atLeast int
		}{
			{`SELECT COUNT(*) FROM images`, nil, pictures.kept},
			{`SELECT COUNT(*) FROM entities WHERE kind = 'group' AND picture <> '' AND cover <> ''`, nil, 22},
			{`SELECT COUNT(*) FROM entities WHERE kind = 'person' AND picture <> ''`, nil, 27},
			{`SELECT COUNT(*) FROM contents c JOIN image_uses u ON u.content_id = c.id JOIN images i ON i.id = u.image_id WHERE c.picture = i.name`, nil, 20},
			{`SELECT COUNT(*) FROM inbox_entries i JOIN activities a ON a.id = i.activity_id WHERE i.person_id = 1 AND i.read_at IS NULL AND a.name = 'message.posted'`, nil, 3},
			{`SELECT COUNT(*) FROM inbox_entries i JOIN activities a ON a.id = i.activity_id WHERE i.person_id = 2 AND i.read_at IS NULL AND a.name = 'comment.posted'`, nil, 2},
			{`SELECT COUNT(*) FROM inbox_entries i JOIN activities a ON a.id = i.activity_id WHERE i.person_id = 4 AND i.read_at IS NULL AND a.name = 'message.posted'`, nil, 2},
			{`SELECT COUNT(*) FROM membership_applications`, nil, 1},
			{`SELECT CASE WHEN MAX(created_at) <= ? THEN 1 ELSE 0 END FROM contributions`, []any{now}, 1},
			{`SELECT CASE WHEN MAX(published_at) <= ? THEN 1 ELSE 0 END FROM contents`, []any{now}, 1},
		} {
			var got int
			if err := db.Get(t.Context(), &got, c.query, c.args...); err != nil {
				t.Fatal(err)
			}
			if got < c.atLeast {
				t.Errorf("%s: %d, want %d at least", c.query, got, c.atLeast)
			}
		}
		var undescribed int
		if err := db.Get(t.Context(), &undescribed, `SELECT COUNT(*) FROM versions WHERE text LIKE '%![](%'`); err != nil || undescribed > 0 {
			t.Errorf("%d pictures have no description, %v", undescribed, err)
		}
		if len(pictures.erased) > 0 {
			t.Errorf("pictures are erased: %v", pictures.erased)
		}
	})
}
