package app

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/app/demo"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/features/conversations"
	"grouprise.org/grouprise/internal/features/groups"
	"grouprise.org/grouprise/internal/features/membership"
	"grouprise.org/grouprise/internal/features/people"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/password"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// TestListsAreReadFromAnIndexInTheirOrder asks the databases how they find the pages of the lists that grow: by walking
// through one index, on the first page and on a later one.
func TestListsAreReadFromAnIndexInTheirOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		err := demo.Fill(t.Context(), db, nil, demo.Size{People: 2000, Groups: 300, Contents: 50, Comments: 50, Conversations: 2000}, "")
		if err != nil {
			t.Fatal(err)
		}
		cast.Execute(t, db, `UPDATE entities SET archived_at = id WHERE kind = 'group' AND id % 5 = 0`)
		if err := db.Analyze(t.Context()); err != nil {
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
			{"entities_archived", func(q sqldb.Querier, after paging.Rank) error {
				_, err := theGroups.List(t.Context(), q, viewer, groups.Query{Archived: true, After: after})
				return err
			}},
			{"entities_name", func(q sqldb.Querier, after paging.Rank) error {
				_, err := theGroups.List(t.Context(), q, viewer, groups.Query{Sort: entities.ByName, After: after})
				return err
			}},
			{"people_p", func(q sqldb.Querier, after paging.Rank) error {
				_, _, err := everybody.Directory(t.Context(), q, people.Query{Sort: entities.Newest, After: after})
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
				q := &dbtest.Explainer{DB: db}
				if err := list.read(q, after); err != nil {
					t.Fatal(err)
				}
				if !q.Walks(list.index) {
					t.Errorf("after %v the list is not read in the order of %s:\n%s", after, list.index, q.Plan)
				}
			}
		}
	})
}

// explainNames fills a town with so many names that no database would rather read them all.
func explainNames(t *testing.T, db *sqldb.DB) *dbtest.Explainer {
	t.Helper()
	if err := demo.Fill(t.Context(), db, nil, demo.Size{People: 2000, Groups: 300, Contents: 50, Comments: 50, Conversations: 50}, ""); err != nil {
		t.Fatal(err)
	}
	if err := db.Analyze(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &dbtest.Explainer{DB: db}
}

// TestNamesAreFoundInAnIndexWhileTheyAreTyped looks at the plan, too: whoever types a name reads the words that begin with
// it, and no others.
func TestNamesAreFoundInAnIndexWhileTheyAreTyped(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		q := explainNames(t, db)
		if _, err := people.New(people.Deps{DB: db}).Mentions(t.Context(), q, "gart"); err != nil {
			t.Fatal(err)
		}
		for engine, line := range map[string]string{
			"sqlite":     `SEARCH name_words USING (COVERING INDEX|INDEX|PRIMARY KEY)[^\n]*\(word>\? AND word<\?\)`,
			"postgresql": `Index (Only )?Scan using name_words_pkey[^\n]*\n\s+Index Cond: [^\n]*word[^\n]* >= [^\n]* < |Bitmap Index Scan on name_words_pkey`,
			"mysql":      `name_words range key=PRIMARY`,
		} {
			if engine == q.Engine() && !regexp.MustCompile(line).MatchString(q.Plan) {
				t.Errorf("the words are not found in their index:\n%s", q.Plan)
			}
		}
		// The entities are reached by their ids, none is looked at otherwise.
		if regexp.MustCompile(`(?i)(seq scan on|SCAN) (entities )?e\b|\be (ALL|index) `).MatchString(q.Plan) {
			t.Errorf("all entities are read:\n%s", q.Plan)
		}
	})
}

// TestPagesLikeAMissingOneAreFoundInAnIndex looks at the plan of what each wrong address asks for: words beside it in the
// alphabet, read from their index.
func TestPagesLikeAMissingOneAreFoundInAnIndex(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		q := explainNames(t, db)
		if _, err := entities.New(nil).Near(t.Context(), q, "gaten"); err != nil {
			t.Fatal(err)
		}
		for engine, line := range map[string]string{
			"sqlite":     `SEARCH name_words USING (?:COVERING INDEX|INDEX|PRIMARY KEY)[^\n]*\(word>\? AND word<\?\)`,
			"postgresql": `(?:Index Only Scan (?:Backward )?using|Bitmap Index Scan on) name_words_pkey[^\n]*\n\s+Index Cond: [^\n]*word[^\n]* >= [^\n]* < `,
			"mysql":      `name_words range key=PRIMARY`,
		} {
			if found := regexp.MustCompile(line).FindAllString(q.Plan, -1); engine == q.Engine() && len(found) != 2 {
				t.Errorf("the words are not read from their index:\n%s", q.Plan)
			}
		}
		near, err := entities.New(nil).Near(t.Context(), db, "gaten")
		if err != nil || len(near) == 0 || near[0].Slug != "garten" {
			t.Errorf("near gaten are %v, %v", near, err)
		}
	})
}

// TestWhoAsksWhetherTheQueueIsThereReadsOneJob looks at the plan of what programs ask that watch a site, every few
// seconds and above all when much waits.
func TestWhoAsksWhetherTheQueueIsThereReadsOneJob(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			var rows [][]any
			for n := range 3000 {
				rows = append(rows, []any{"x", []string{"normal", "urgent"}[n%2], []string{"waiting", "dead", "later"}[n%3], "{}", 0, n, n})
			}
			return tx.InsertRows(t.Context(), `INSERT INTO jobs (kind, lane, state, payload, attempt, run_at, created_at)`, rows)
		})
		if err == nil {
			err = db.Analyze(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		q := &dbtest.Explainer{DB: db}
		if err := queue.New(db, queue.Config{}).Ask(t.Context(), q); err != nil || !q.Walks("jobs_waiting") {
			t.Errorf("the jobs are read so: %v\n%s", err, q.Plan)
		}
	})
}

// TestPagesTakeFewStatements counts what the database is asked for pages that are made anew, the session included. Names
// that texts mention are one more.
func TestPagesTakeFewStatements(t *testing.T) {
	t.Parallel()
	now := time.Now()
	h := houseAt(t, func() time.Time { return now }, "dummy") // what is read once a second has been read before
	hash, err := password.New(h.options.PasswordCost).Hash(t.Context(), demo.Password)
	if err != nil {
		t.Fatal(err)
	}
	if err := demo.Fill(t.Context(), h.db, nil, demo.Size{People: 50, Groups: 20, Contents: 100, Comments: 100, Conversations: 20}, hash); err != nil {
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
	if _, err := h.rooms.Setup.Empty(t.Context()); err != nil { // a process asks once, as it starts
		t.Fatal(err)
	}
	for _, page := range []struct {
		path   string
		signed bool
		most   int64
	}{
		{"/", true, 8},
		{"/", false, 4},
		{"/garten/", true, 9},
		{"/garten/", false, 6},
		{"/stadt/activity/", true, 4},
		{"/stadt/groups/", true, 3},
		{"/stadt/gestalten/", true, 3},
		{"/stadt/groups/2/members/", true, 5},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://example.org"+page.path, nil)
		if page.signed {
			r.AddCookie(cookie)
		}
		h.settings.Latest(t.Context())
		before := h.db.Stats().Statements
		w := httptest.NewRecorder()
		h.pages.ServeHTTP(w, r)
		if n := h.db.Stats().Statements - before; w.Code != http.StatusOK || n > page.most {
			t.Errorf("%s, signed in: %t, takes %d statements of at most %d and answers %d", page.path, page.signed, n, page.most, w.Code)
		}
	}
}
