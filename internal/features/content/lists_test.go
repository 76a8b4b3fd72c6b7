package content_test

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// listed are the lists that there are, each with the index that its query reads.
var listed = []struct {
	name   string
	filter content.Filter
	order  content.Order
	index  string
}{
	{"everything", content.Filter{}, content.NewestFirst, "contents_published"},
	{"a kind", content.Filter{Kind: "kind3"}, content.NewestFirst, "contents_(kind|published)"}, // kinds are mixed well here
	{"a group", content.Filter{EntityID: 121}, content.NewestFirst, "contents_entity"},
	{"a kind in a group", content.Filter{EntityID: 121, Kind: "kind3"}, content.NewestFirst, "contents_entity_kind"},
	{"what is pinned", content.Filter{EntityID: 121, Pinned: true}, content.NewestFirst, "contents_pinned"},
	{"what is not pinned", content.Filter{EntityID: 121, Unpinned: true}, content.NewestFirst, "contents_(pinned|entity)"},
	{"what is to come", content.Filter{Kind: "kind0"}, content.NextFirst, "contents_starts"},
	{"what is over", content.Filter{Kind: "kind0", Past: true}, content.NextFirst, "contents_starts"},
	{"what is to come in a group", content.Filter{EntityID: 121, Kind: "kind0", ByDate: content.EarliestDate, Coming: true}, content.NextFirst, `contents_(entity\w*|starts)`},
	{"the latest dates of a group", content.Filter{EntityID: 121, ByDate: content.LatestDate}, content.NewestFirst, `contents_entity\w*`},
	{"a year of a group", content.Filter{EntityID: 121, From: clock.Date(2025, 1, 1, 0, 0), To: clock.Date(2026, 1, 1, 0, 0)}, content.NewestFirst, "contents_entity"},
	{"a word in the titles of a group", content.Filter{EntityID: 121, Title: "ITEM"}, content.NewestFirst, `contents_entity\w*`},
	{"a tag", content.Filter{TagID: 1}, content.NewestFirst, "content_tags_(published|kind|tag)"},
	{"a kind with a tag", content.Filter{TagID: 1, Kind: "kind3"}, content.NewestFirst, "content_tags_kind"},
}

// TestEachListReadsItsIndex looks at the plans, in a town with many items of five kinds: 20,000, or as many as
// GROUPRISE_TEST_CONTENTS says.
func TestEachListReadsItsIndex(t *testing.T) {
	t.Parallel()
	size, err := strconv.Atoi(os.Getenv("GROUPRISE_TEST_CONTENTS"))
	if err != nil {
		size = 20_000
	}
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		now := clock.Date(2026, time.March, 1, 12, 0)
		fillTown(t, db, c, now, size)
		for _, v := range []community.Viewer{{}, c.Carla.Viewer} {
			query, args := content.PinnedQuery(v, content.Filter{EntityID: c.Garten.EntityID})
			if plan := explain(t, db, query, args); strings.Count(plan, "contents_pinned")+strings.Count(plan, "contents_entity") < 2 {
				t.Errorf("a list below what is pinned does not read its indices:\n%s", plan)
			}
			for _, l := range listed {
				deep := paging.Cursor{At: clock.At(now.AddDate(0, 0, -300)), ID: 1}
				if l.order == content.NextFirst && !l.filter.Past {
					deep.At = clock.At(now.AddDate(0, 0, 10))
				}
				for _, l.filter.Before = range []paging.Cursor{{}, deep} {
					query, args := content.ListQuery(v, l.filter, l.order, now)
					var items []content.Item
					started := time.Now()
					if err := db.Select(t.Context(), &items, query, args...); err != nil || len(items) == 0 {
						t.Errorf("%s has %d items: %v", l.name, len(items), err)
					}
					t.Logf("%s for the person %d from %v on: %v", l.name, v.PersonID, l.filter.Before, time.Since(started))
					if plan := explain(t, db, query, args); !regexp.MustCompile(l.index + `\b`).MatchString(plan) {
						t.Errorf("%s does not read %s:\n%s", l.name, l.index, plan)
					}
				}
			}
		}
	})
}

// fillTown inserts items of five kinds, the first of which has a time. Most of them are those of other groups.
func fillTown(t *testing.T, db *sqldb.DB, c *cast.Cast, now clock.Time, size int) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		var others [][]any
		for n := range 100 {
			slug := fmt.Sprint("group-", n)
			others = append(others, []any{1000 + n, community.GroupEntity, slug, slug, slug, slug, "#3f6b3d"})
		}
		if err := tx.InsertRows(t.Context(), `INSERT INTO entities (id, kind, slug, slug_key, name, name_key, colour)`, others); err != nil {
			return err
		}
		var items, versions [][]any
		for n := range size {
			entity := any(1000 + n%100)
			if n%101 == 0 {
				entity = c.Garten.EntityID
			}
			at := clock.At(now.Add(-time.Duration(size-n) * (400 * 24 * time.Hour / time.Duration(size))))
			starts, ends := clock.Time{}, clock.Time{}
			if n%5 == 0 {
				starts = clock.At(at.Add(30 * 24 * time.Hour))
				ends = clock.At(starts.Add(2 * time.Hour))
			}
			items = append(items, []any{n + 1, fmt.Sprint("kind", n%5), entity, c.Anna.ID, fmt.Sprint("item-", n), "Item", n%4 > 0 || n%101 == 0, n%25 == 0, at, starts, ends})
			versions = append(versions, []any{n + 1, c.Anna.ID, "Text", at})
		}
		if err := tx.InsertRows(t.Context(), `INSERT INTO contents (id, kind, entity_id, author_id, slug, title, public, pinned, published_at, starts_at, ends_at)`, items); err != nil {
			return err
		}
		if err := tx.InsertRows(t.Context(), `INSERT INTO versions (content_id, author_id, text, created_at)`, versions); err != nil {
			return err
		}
		var tags, tagged [][]any
		for n := range 20 {
			tags = append(tags, []any{n + 1, fmt.Sprint("tag", n), fmt.Sprint("tag", n), now})
		}
		for n, i := range items { // half of all have the first tag
			tagged = append(tagged, []any{i[0], 1 + (n%2)*(n%20), i[1], i[8]})
		}
		if err := tx.InsertRows(t.Context(), `INSERT INTO tags (id, name, slug, created_at)`, tags); err != nil {
			return err
		}
		return tx.InsertRows(t.Context(), `INSERT INTO content_tags (content_id, tag_id, kind, published_at)`, tagged)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Analyze(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// explain returns the plan of a query.
func explain(t *testing.T, db *sqldb.DB, query string, args []any) string {
	t.Helper()
	var lines []string
	var err error
	switch db.Engine() {
	case sqldb.SQLite:
		var steps []struct {
			ID     int    `db:"id"`
			Parent int    `db:"parent"`
			Unused int    `db:"notused"`
			Detail string `db:"detail"`
		}
		err = db.Select(t.Context(), &steps, "EXPLAIN QUERY PLAN "+query, args...)
		for _, s := range steps {
			lines = append(lines, s.Detail)
		}
	case sqldb.PostgreSQL:
		err = db.Select(t.Context(), &lines, "EXPLAIN "+query, args...)
	default:
		err = db.Select(t.Context(), &lines, "EXPLAIN FORMAT=JSON "+query, args...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}
