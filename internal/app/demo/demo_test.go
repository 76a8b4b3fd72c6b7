package demo_test

import (
	"errors"
	"testing"

	"grouprise.org/grouprise/internal/app/demo"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestTheTownIsTheSameEachTimeAndAsLargeAsAsked(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		size := demo.Size{People: 120, Groups: 40, Contents: 300, Comments: 700, Conversations: 50}
		if err := demo.Fill(t.Context(), db, size, "hash"); err != nil {
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
			`SELECT COUNT(*) FROM people`: 120, `SELECT COUNT(*) FROM "groups"`: 40, `SELECT COUNT(*) FROM contents`: 300, `SELECT COUNT(*) FROM conversations`: 50,
			`SELECT COUNT(*) FROM contributions WHERE content_id IS NOT NULL`:                                                                                                700,
			`SELECT COUNT(*) FROM memberships m JOIN "groups" g ON g.id = m.group_id JOIN entities e ON e.id = g.entity_id WHERE e.slug = 'garten'`:                          2,
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
			`SELECT COUNT(*) FROM conversations GROUP BY entity_id ORDER BY COUNT(*) DESC LIMIT 1`:                                             10,
			`SELECT COUNT(*) FROM memberships WHERE person_id > 4 GROUP BY person_id ORDER BY COUNT(*) DESC LIMIT 1`:                           5,
			`SELECT COUNT(*) FROM inbox_entries i JOIN activities a ON a.id = i.activity_id WHERE a.done_at IS NOT NULL AND i.read_at IS NULL`: 100,
		} {
			if got := count(query); got < atLeast {
				t.Errorf("%s: %d, want %d at least", query, got, atLeast)
			}
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
		if err := demo.Fill(t.Context(), db, size, "hash"); !errors.Is(err, demo.ErrNotEmpty) {
			t.Errorf("a town is filled twice: %v", err)
		}
	})
}
