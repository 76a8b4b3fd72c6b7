//go:build e2e

package lists

import (
	"context"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/app"
	"grouprise.org/grouprise/internal/app/demo"
	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/kit/config"
	"grouprise.org/grouprise/internal/kit/password"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/schema"
	"grouprise.org/grouprise/internal/testkit/dbserver"
)

// size is that of the town.
var size = demo.Size{People: 2000, Groups: 300, Contents: 100_000, Comments: 20_000, Conversations: 2000, Events: 3000}

// factor is how many rows a list may read for each that it shows. One that is not full is judged as if it were: what is
// read is chosen for a full one.
const factor = 20

// statement is something that a page has read.
type statement struct {
	page  string
	query string
	args  []any
}

// full returns how many rows the list shows when it is full, or how many it puts together, as its last limit says.
func (st statement) full() int {
	for _, arg := range slices.Backward(st.args) {
		if limit, ok := arg.(int); ok {
			return max(limit, fewest)
		}
	}
	return fewest
}

// dates returns how many rows more a calendar may read that shows the next date of each series: it passes over the other
// dates of those series, and looks up one more for each. A weekly one has 104, bound by the horizon of two years and not
// by the size of the town. What waits for somebody passes over what they have answered: some 40 events of their groups in
// three weeks, four rows of each, bound by these weeks.
func (st statement) dates() int {
	switch {
	case strings.Contains(st.query, "FROM event_dates b WHERE"):
		return 2 * 104
	case strings.Contains(st.query, "FROM attendances a WHERE a.person_id"):
		return 4 * 40
	default:
		return 0
	}
}

// fewest is how many rows a list shows that does not say it at its end.
const fewest = 12

// number begins a part of a query that counts, and shown is what follows such a part that is shown.
var (
	number = regexp.MustCompile(`\(SELECT COUNT\(\*\)`)
	shown  = regexp.MustCompile(`^\s*(AS |\+ \(SELECT COUNT|\+ 0 )`)

	countedAlone = regexp.MustCompile(`\(SELECT COUNT\(\*\) FROM \w+ (\w+) WHERE`) // in one table, by its alias
)

// counted returns the aliases of the tables in which a statement counts something beside its entries.
func (st statement) counted() (aliases []string) {
	for _, found := range countedAlone.FindAllStringSubmatch(st.query, -1) {
		aliases = append(aliases, found[1])
	}
	return aliases
}

// withoutNumbers returns the statement with 0 for all numbers that stand beside its entries. What only counts is no list.
func (st statement) withoutNumbers() statement {
	for from := 0; ; {
		at := number.FindStringIndex(st.query[from:])
		if at == nil {
			break
		}
		begin := from + at[0]
		end, depth := begin, 0
		for ; end < len(st.query); end++ {
			if st.query[end] == '(' {
				depth++
			} else if st.query[end] == ')' {
				if depth--; depth == 0 {
					break
				}
			}
		}
		from = end
		if !shown.MatchString(st.query[end+1:]) {
			continue
		}
		before, inside := strings.Count(st.query[:begin], "?"), strings.Count(st.query[begin:end], "?")
		st.args = slices.Delete(slices.Clone(st.args), before, before+inside)
		st.query, from = st.query[:begin]+"0"+st.query[end+1:], begin
	}
	if strings.HasPrefix(strings.TrimSpace(st.query), "SELECT COUNT(*) FROM (") {
		st.query = ""
	}
	return st
}

// site is a town that is served.
type site struct {
	db      *sqldb.DB
	path    string // of the file of SQLite
	address string

	mu   sync.Mutex
	page string
	read []statement
}

// observe is told of what is read.
func (s *site) observe(query string, args []any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.page != "" {
		s.read = append(s.read, statement{s.page, query, slices.Clone(args)})
	}
}

// TestNoListReadsMuchMoreThanItShows opens all lists of a town of 100,000 items on each database, runs what they have
// read once more in a way that tells, and compares the rows that were read with those that came of it. Numbers that stand
// beside an entry, such as how many members a group has, are left out of that: each is one thing that is shown, however
// many rows it stands for. They have to be counted in an index, without a look at the rows.
func TestNoListReadsMuchMoreThanItShows(t *testing.T) {
	for _, engine := range []struct {
		name  string
		start func() (*dbserver.Server, error)
		meter func(t *testing.T, s *site, st statement) (read, shown int, plan string)
		alone func(t *testing.T, s *site, st statement, alias string) (indexed bool, plan string)
	}{
		{sqldb.SQLite, nil, meterSQLite, countsInSQLite},
		{sqldb.PostgreSQL, dbserver.PostgreSQL, meterPostgreSQL, countsInPostgreSQL},
		{sqldb.MySQL, dbserver.MariaDB, meterMariaDB, nil},
	} {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			s := open(t, engine.name, engine.start)
			judged, numbers, worst := 0, 0, 0.0
			for _, st := range s.lists(t) {
				for _, alias := range st.counted() {
					if numbers++; engine.alone == nil { // MariaDB does not say it of what it reads before it plans
						continue
					}
					if indexed, plan := engine.alone(t, s, st, alias); !indexed {
						t.Errorf("%s reads rows of %s to count them:\n%s\n%s", st.page, alias, strings.Join(strings.Fields(st.query), " "), plan)
					}
				}
				st = st.withoutNumbers()
				if !limited.MatchString(st.query) {
					continue
				}
				read, shown, plan := engine.meter(t, s, st)
				full := max(shown, st.full())
				worst = max(worst, float64(read)/float64(full))
				judged++
				if read > factor*full+st.dates() {
					t.Errorf("%s reads %d rows and shows %d of them:\n%s\n%s", st.page, read, shown, strings.Join(strings.Fields(st.query), " "), plan)
				}
			}
			if judged < 20 || numbers < 20 {
				t.Errorf("only %d lists and %d numbers were found", judged, numbers)
			}
			t.Logf("%d lists read at most %.1f times the rows that they show", judged, worst)
		})
	}
}

// open fills a town and serves it.
func open(t *testing.T, engine string, start func() (*dbserver.Server, error)) *site {
	t.Helper()
	s := &site{}
	environ := []string{"GROUPRISE_DATA_PATH=" + t.TempDir(), "GROUPRISE_LISTEN=127.0.0.1:0", "GROUPRISE_DOMAIN=example.org", "GROUPRISE_GEO_ENABLED=true", "GROUPRISE_EMAIL_SUBMISSION_BACKEND=dummy"}
	if start != nil {
		server, err := start()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := server.Close(); err != nil {
				t.Error(err)
			}
		})
		environ = append(environ, "GROUPRISE_DATABASE_ENGINE="+engine, "GROUPRISE_DATABASE_HOST="+server.Socket, "GROUPRISE_DATABASE_NAME="+database(t, server),
			"GROUPRISE_DATABASE_USER="+server.User)
	}
	o, _, err := options.Load(config.Sources{Prefix: "GROUPRISE_", Environ: environ})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Prepare(); err != nil {
		t.Fatal(err)
	}
	fast := o.DatabaseConfig()
	fast.NoSync, s.path = true, fast.Path
	if s.db, err = sqldb.Open(t.Context(), fast); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.db.Close() })
	if err := sqldb.Migrate(t.Context(), s.db, schema.FS); err != nil {
		t.Fatal(err)
	}
	hash, err := password.New(password.Cost{Memory: 64, Passes: 1, Threads: 1}).Hash(t.Context(), demo.Password)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := demo.Fill(t.Context(), s.db, nil, size, hash); err != nil {
		t.Fatal(err)
	}
	t.Logf("the town was filled in %s", time.Since(began).Round(time.Second))
	o.Observe = s.observe
	h, err := app.Build(t.Context(), o, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s.archive(t)
	s.score(t, h)
	roles := app.Roles{Web: true}
	l, err := roles.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	s.address = "http://" + l["web"].Addr().String()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(ctx, roles, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// database makes a database on a server and returns its name.
func database(t *testing.T, server *dbserver.Server) string {
	t.Helper()
	const name = "lists"
	initial := map[string]string{sqldb.PostgreSQL: "postgres", sqldb.MySQL: "mysql"}[server.Engine]
	db, err := sqldb.Open(t.Context(), server.Config(initial))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if server.Engine == sqldb.PostgreSQL { // has one, and makes others outside of transactions alone
		return initial
	}
	if err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), `CREATE DATABASE lists CHARACTER SET utf8mb4`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return name
}

// archive archives a fifth of the groups.
func (s *site) archive(t *testing.T) {
	t.Helper()
	err := s.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE entities SET archived_at = ? - id WHERE kind = 'group' AND id % 5 = 0 AND slug NOT IN ('garten', 'chor')`, tx.Now)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// score measures how long it takes to work out all scores anew, and once more with nothing to change.
func (s *site) score(t *testing.T, h *app.House) {
	t.Helper()
	for _, what := range []string{"all", "those that have changed since"} {
		began := time.Now()
		changed, err := h.Scores().Update(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("the scores were worked out in %s, %s: %+v", time.Since(began).Round(time.Millisecond), what, changed)
	}
	if err := s.db.Analyze(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.db.Engine() == sqldb.PostgreSQL { // as it does by itself after a while: until then indices alone answer nothing
		var none []string
		if err := s.db.Select(t.Context(), &none, `VACUUM`); err != nil {
			t.Fatal(err)
		}
	}
}

// limited is what a list says of how much it shows.
var limited = regexp.MustCompile(`(?i)\sLIMIT\s`)

// lists opens all lists, as somebody who has signed in and as nobody in particular, and returns what they have read, each
// query once for each page.
func (s *site) lists(t *testing.T) []statement {
	t.Helper()
	var largest struct {
		ID   int64  `db:"id"`
		Slug string `db:"slug"`
	}
	err := s.db.Get(t.Context(), &largest, `
		SELECT g.id, e.slug FROM "groups" g JOIN entities e ON e.id = g.entity_id WHERE e.archived_at IS NULL
		 ORDER BY (SELECT COUNT(*) FROM memberships m WHERE m.group_id = g.id) DESC, g.id LIMIT 1`)
	if err != nil {
		t.Fatal(err)
	}
	var member string
	err = s.db.Get(t.Context(), &member, `
		SELECT e.slug FROM memberships m JOIN people p ON p.id = m.person_id JOIN entities e ON e.id = p.entity_id
		 WHERE m.group_id = ? ORDER BY ABS((SELECT COUNT(*) FROM memberships o WHERE o.person_id = p.id) - 8), p.id LIMIT 1`, largest.ID) // of a few groups, as many are
	if err != nil {
		t.Fatal(err)
	}
	group := fmt.Sprintf("/stadt/groups/%d/", largest.ID)
	var tag string
	if err := s.db.Get(t.Context(), &tag, `SELECT t.slug FROM tags t ORDER BY (SELECT COUNT(*) FROM content_tags x WHERE x.tag_id = t.id) DESC, t.id LIMIT 1`); err != nil {
		t.Fatal(err)
	}
	pages := []string{
		"/", "/" + largest.Slug + "/", "/" + largest.Slug + "/?pinned=1", "/" + member + "/", "/garten/",
		"/stadt/articles/", "/stadt/galleries/", "/stadt/files/", "/stadt/polls/",
		"/stadt/events", "/stadt/events?view=list", "/stadt/events?view=week", "/stadt/events?past=1", "/stadt/events?view=list&filter=1", "/stadt/events?place=Marktplatz",
		"/stadt/events/public.ics", "/" + largest.Slug + "/events/public.ics", group + "events", group + "events?past=1",
		"/stadt/groups/", "/stadt/groups/?name=ar", "/stadt/groups/?only_with_membership=true", "/stadt/groups/?archived=true", "/stadt/groups/?archived=true&name=ar",
		"/stadt/gestalten/", group + "members/", group + "conversations/", "/stadt/activity/", "/stadt/map/", "/stadt/map/?near=53.165,9.945&within=2",
		"/stadt/articles/?tag=" + tag,
		"/stadt/events/add/", "/" + largest.Slug + "/articles/add/", group + "about",
	}
	for _, who := range []string{"", member} {
		v := s.visitor(t, who)
		for _, page := range pages {
			body := s.look(t, v, page, page+" as "+fmt.Sprintf("%q", who))
			if onward := onward(body, page); onward != "" {
				s.look(t, v, onward, onward+" as "+fmt.Sprintf("%q", who))
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []statement
	seen := map[string]bool{}
	for _, st := range s.read {
		if key := st.page + st.query; limited.MatchString(st.query) && !seen[key] {
			seen[key] = true
			found = append(found, st)
		}
	}
	return found
}

// visitor returns somebody with a browser, signed in unless they have no name.
func (s *site) visitor(t *testing.T, slug string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &http.Client{Jar: jar, Timeout: time.Minute}
	if slug == "" {
		return v
	}
	answer, err := v.PostForm(s.address+"/stadt/login/", url.Values{"login": {slug}, "password": {demo.Password}})
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if len(jar.Cookies(answer.Request.URL)) == 0 {
		t.Fatalf("%s has not signed in: %d", slug, answer.StatusCode)
	}
	return v
}

// look opens a page and notes what is read for it.
func (s *site) look(t *testing.T, v *http.Client, path, name string) (body string) {
	t.Helper()
	s.mu.Lock()
	s.page = name
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.page = ""
		s.mu.Unlock()
	}()
	answer, err := v.Get(s.address + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode >= 500 {
		t.Errorf("%s answers %d", path, answer.StatusCode)
	}
	return string(text)
}

// further is a link to what comes next in a list.
var further = regexp.MustCompile(`href="([^"]*[?&;](?:before|after)=[^"]*)"`)

// onward returns the address of what comes next on a page.
func onward(body, page string) string {
	found := further.FindStringSubmatch(body)
	if found == nil || strings.Contains(page, ".ics") {
		return ""
	}
	return html.UnescapeString(found[1])
}
