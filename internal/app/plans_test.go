package app

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/app/demo"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/conversations"
	"grouprise.org/grouprise/internal/features/groups"
	"grouprise.org/grouprise/internal/features/membership"
	"grouprise.org/grouprise/internal/features/people"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/password"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// TestListsAreReadFromAnIndexInTheirOrder asks the databases how they find the pages of the lists that grow: by walking
// through one index, on the first page and on a later one.
func TestListsAreReadFromAnIndexInTheirOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		err := demo.Fill(t.Context(), db, demo.Size{People: 2000, Groups: 300, Contents: 50, Comments: 50, Conversations: 2000}, "")
		if err == nil {
			err = db.Analyze(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		var largest struct {
			ID       int64 `db:"id"`
			EntityID int64 `db:"entity_id"`
			Member   int64 `db:"member"`
		}
		err = db.Get(t.Context(), &largest, `
			SELECT g.id, g.entity_id, (SELECT MIN(person_id) FROM memberships WHERE group_id = g.id) AS member
			  FROM "groups" g ORDER BY (SELECT COUNT(*) FROM memberships m WHERE m.group_id = g.id) DESC, g.id LIMIT 1`)
		if err != nil {
			t.Fatal(err)
		}
		theGroups, members := groups.New(groups.Deps{DB: db}), membership.New(membership.Deps{DB: db})
		everybody, talks := people.New(people.Deps{DB: db}), conversations.New(conversations.Deps{DB: db})
		viewer := community.Viewer{PersonID: largest.Member}
		for _, list := range []struct {
			index string
			read  func(q sqldb.Querier, after paging.Rank) error
		}{
			{"entities_score", func(q sqldb.Querier, after paging.Rank) error {
				_, err := theGroups.List(t.Context(), q, viewer, groups.Query{After: after})
				return err
			}},
			{"people_score", func(q sqldb.Querier, after paging.Rank) error {
				_, _, err := everybody.Directory(t.Context(), q, people.Query{After: after})
				return err
			}},
			{"memberships_score", func(q sqldb.Querier, after paging.Rank) error {
				_, err := members.Members(t.Context(), q, largest.ID, membership.Query{After: after})
				return err
			}},
			{"conversations_entity", func(q sqldb.Querier, after paging.Rank) error {
				before := paging.Cursor{}
				if after.ID != 0 {
					before = paging.Cursor{At: db.Now(), ID: 1000}
				}
				_, _, err := talks.Latest(t.Context(), q, viewer, largest.EntityID, before, 12)
				return err
			}},
		} {
			for _, after := range []paging.Rank{{}, {Score: 200, ID: 1000}} {
				q := &explainer{DB: db}
				if err := list.read(q, after); err != nil {
					t.Fatal(err)
				}
				if !q.walks(list.index) {
					t.Errorf("after %v the list is not read in the order of %s:\n%s", after, list.index, q.plan)
				}
			}
		}
	})
}

// explainer asks how the last list that was selected through it is read.
type explainer struct {
	*sqldb.DB
	plan string
}

// Select implements sqldb.Querier: it reads nothing.
func (e *explainer) Select(ctx context.Context, _ any, query string, args ...any) error {
	var lines []string
	switch e.Engine() {
	case "sqlite":
		var rows []struct {
			ID, Parent, NotUsed int
			Detail              string
		}
		if err := e.DB.Select(ctx, &rows, `EXPLAIN QUERY PLAN `+query, args...); err != nil {
			return fmt.Errorf("explain: %w", err)
		}
		for _, r := range rows {
			lines = append(lines, fmt.Sprintf("%d %d %s", r.Parent, r.ID, r.Detail))
		}
	case "postgresql":
		if err := e.DB.Select(ctx, &lines, `EXPLAIN (COSTS OFF) `+query, args...); err != nil {
			return fmt.Errorf("explain: %w", err)
		}
	default:
		var rows []struct {
			ID           int
			SelectType   string         `db:"select_type"`
			Table        sql.NullString `db:"table"`
			Type         sql.NullString `db:"type"`
			PossibleKeys sql.NullString `db:"possible_keys"`
			Key          sql.NullString `db:"key"`
			KeyLen       sql.NullString `db:"key_len"`
			Ref          sql.NullString `db:"ref"`
			Rows         sql.NullString `db:"rows"`
			Extra        sql.NullString `db:"Extra"`
		}
		if err := e.DB.Select(ctx, &rows, `EXPLAIN `+query, args...); err != nil {
			return fmt.Errorf("explain: %w", err)
		}
		for _, r := range rows {
			lines = append(lines, fmt.Sprintf("%d %s %s key=%s rows=%s %s", r.ID, r.SelectType, r.Table.String, r.Key.String, r.Rows.String, r.Extra.String))
		}
	}
	e.plan = strings.Join(lines, "\n")
	return nil
}

// walks reports whether rows are taken from an index in its order: nothing is sorted where it is read.
func (e *explainer) walks(index string) bool {
	lines := strings.Split(e.plan, "\n")
	at := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, index) })
	if at < 0 {
		return false
	}
	switch e.Engine() {
	case "sqlite":
		parent, _, _ := strings.Cut(lines[at], " ")
		return !slices.ContainsFunc(lines, func(line string) bool {
			return strings.HasPrefix(line, parent+" ") && strings.Contains(line, "TEMP B-TREE")
		})
	case "postgresql":
		// Between the limit and the scan there are joins at most.
		return regexp.MustCompile(`Limit\n(\s*->\s+Nested Loop[^\n]*\n(\s+Join Filter[^\n]*\n)?)*\s*->\s+Index (Only )?Scan( Backward)? using ` + index).MatchString(e.plan)
	default:
		return !strings.Contains(lines[at], "filesort")
	}
}

// TestPagesTakeFewStatements counts what the database is asked for pages that are made anew, the session included. Names
// that texts mention are one more.
func TestPagesTakeFewStatements(t *testing.T) {
	t.Parallel()
	h := buildHouse(t, "dummy")
	hash, err := password.New(password.Cost{Memory: 64, Passes: 1, Threads: 1}).Hash(t.Context(), demoPassword)
	if err != nil {
		t.Fatal(err)
	}
	if err := demo.Fill(t.Context(), h.db, demo.Size{People: 50, Groups: 20, Contents: 100, Comments: 100, Conversations: 20}, hash); err != nil {
		t.Fatal(err)
	}
	err = h.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		for _, statement := range []string{
			`UPDATE versions SET text = 'Niemand wird erwähnt.'`,
			`INSERT INTO inbox_entries (person_id, activity_id, content_id, created_at)
			 SELECT p.id, a.id, a.content_id, a.occurred_at FROM activities a JOIN contents c ON c.id = a.content_id AND c.public
			   JOIN people p ON p.id = (SELECT o.id FROM people o JOIN entities e ON e.id = o.entity_id WHERE e.slug = 'anna')
			  WHERE NOT EXISTS (SELECT 1 FROM inbox_entries i WHERE i.person_id = p.id AND i.activity_id = a.id) ORDER BY a.id LIMIT 3`,
		} {
			if _, err := tx.Exec(t.Context(), statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	cookie := sessionOf(t, h, "anna")
	for _, page := range []struct {
		path   string
		signed bool
		most   int64
	}{
		{"/", true, 6},
		{"/", false, 2},
		{"/garten/", true, 6},
		{"/garten/", false, 3},
		{"/stadt/activity/", true, 4},
		{"/stadt/groups/", true, 3},
		{"/stadt/gestalten/", true, 3},
		{"/stadt/groups/2/members/", true, 5},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://example.org"+page.path, nil)
		if page.signed {
			r.AddCookie(cookie)
		}
		before := h.db.Stats().Statements
		w := httptest.NewRecorder()
		h.pages.ServeHTTP(w, r)
		if n := h.db.Stats().Statements - before; w.Code != http.StatusOK || n > page.most {
			t.Errorf("%s, signed in: %t, takes %d statements of at most %d and answers %d", page.path, page.signed, n, page.most, w.Code)
		}
	}
}
