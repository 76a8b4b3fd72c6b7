package sitemap_test

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/articles"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/groups"
	"grouprise.org/grouprise/internal/features/people"
	"grouprise.org/grouprise/internal/features/sitemap"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// open serves the sitemaps of a town.
func open(t *testing.T, db *sqldb.DB) http.Handler {
	t.Helper()
	rooms := []module.Module{groups.New(groups.Deps{DB: db}).Module(), people.New(people.Deps{DB: db}).Module(), content.New(content.Deps{DB: db}, articles.Kind()).Module()}
	room := sitemap.New(sitemap.Deps{Sources: func() []site.SitemapSource {
		return module.Gather(rooms, func(m module.Module) []site.SitemapSource { return m.Sitemaps })
	}})
	return webtest.Open(t, webtest.NewSite(t, db, webtest.People{}), room.Module())
}

// urlset and index are what sitemaps.org says that sitemaps are.
type urlset struct {
	XMLName xml.Name `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	URLs    []struct {
		Loc     string `xml:"loc"`
		LastMod string `xml:"lastmod"`
	} `xml:"url"`
}

type index struct {
	XMLName  xml.Name `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 sitemapindex"`
	Sitemaps []struct {
		Loc string `xml:"loc"`
	} `xml:"sitemap"`
}

// read follows the index to all sitemaps, and returns the pages that they list with the days on which these changed.
func read(t *testing.T, visitor *webtest.Visitor) map[string]string {
	t.Helper()
	var all index
	if err := xml.Unmarshal([]byte(visitor.Get("/sitemap.xml").Body), &all); err != nil {
		t.Fatalf("%s: %v", visitor.Page.Body, err)
	}
	pages := map[string]string{}
	for _, s := range all.Sitemaps {
		var urls urlset
		path := strings.TrimPrefix(s.Loc, "http://example.org")
		if err := xml.Unmarshal([]byte(visitor.Get(path).Body), &urls); err != nil || len(urls.URLs) == 0 {
			t.Fatalf("%s: %s: %v", path, visitor.Page.Body, err)
		}
		for _, u := range urls.URLs {
			if _, again := pages[u.Loc]; again {
				t.Errorf("%s is listed again", u.Loc)
			}
			day, _, _ := strings.Cut(u.LastMod, "T")
			pages[strings.TrimPrefix(u.Loc, "http://example.org")] = day
		}
	}
	return pages
}

func TestSearchEnginesFindWhatIsPublicAndNothingElse(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		archived := cast.AddGroup(t, db, "alt")
		cast.Execute(t, db, `UPDATE entities SET archived_at = 1 WHERE id = ?`, archived.EntityID)
		for _, i := range []cast.Content{
			{Slug: "offen", EntityID: c.Garten.EntityID, AuthorID: c.Anna.ID, Public: true},
			{Slug: "intern", EntityID: c.Garten.EntityID, AuthorID: c.Anna.ID},
			{Slug: "von-frueher", EntityID: archived.EntityID, AuthorID: c.Anna.ID, Public: true},
			{Slug: "privat", EntityID: c.Bert.EntityID, AuthorID: c.Bert.ID, Public: true},
			{EntityID: c.Garten.EntityID, AuthorID: c.Anna.ID, Public: true},
		} {
			i.Title = "Ein Titel"
			cast.AddContent(t, db, i)
		}
		gone := cast.AddContent(t, db, cast.Content{Slug: "weg", Title: "Weg", EntityID: c.Garten.EntityID, AuthorID: c.Anna.ID, Public: true})
		cast.Execute(t, db, `UPDATE contents SET deleted_at = 1 WHERE id = ?`, gone)
		cast.Execute(t, db, `UPDATE people SET public = TRUE WHERE id = ?`, c.Anna.ID)
		cast.Execute(t, db, `UPDATE people SET public = FALSE WHERE id = ?`, c.Bert.ID)
		visitor := webtest.Visit(t, open(t, db))
		pages := read(t, visitor)
		for path, listed := range map[string]bool{
			"/garten/offen/": true, "/garten/intern/": false, "/garten/weg/": false, "/alt/": false, "/alt/von-frueher/": false, "/bert/privat/": true, "/bert/": false,
			"/anna/": true, "/garten/": true, "/chor/": true, "/stadt/groups": true, "/stadt/articles": true, "/stadt/gestalten/": true,
		} {
			if _, ok := pages[path]; ok != listed {
				t.Errorf("%s is listed: %t", path, ok)
			}
		}
		if pages["/garten/offen/"] == "" || pages["/garten/"] == "" {
			t.Errorf("nobody learns when a page changed: %v", pages)
		}
		cast.Execute(t, db, `UPDATE contents SET public = FALSE WHERE slug = 'offen'`)
		if _, ok := read(t, visitor)["/garten/offen/"]; ok {
			t.Error("what is internal now is listed still")
		}
	})
}

func TestProgramsAreToldWhenNothingHasChangedAndNotToComeTooOften(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	cast.New(t, db)
	handler := open(t, db)
	visitor := webtest.Visit(t, handler)
	for _, path := range []string{"/sitemap.xml", "/sitemap-1.xml", "/sitemap-2.xml"} {
		visitor.Header = nil
		page := visitor.Ask(http.MethodGet, path)
		if page.Status != http.StatusOK || page.Header.Get("Content-Type") != "application/xml; charset=utf-8" || !strings.Contains(page.Header.Get("Cache-Control"), "max-age") {
			t.Fatalf("%s: %d %v", path, page.Status, page.Header)
		}
		visitor.Header = http.Header{"If-None-Match": {page.Header.Get("ETag")}}
		if again := visitor.Ask(http.MethodGet, path); again.Status != http.StatusNotModified || again.Body != "" {
			t.Errorf("%s answers %d to whoever has it", path, again.Status)
		}
	}
	visitor.Header = nil
	for _, path := range []string{"/sitemap-0.xml", "/sitemap-99.xml", "/sitemap-01.xml", "/sitemap--1.xml", "/sitemap-x.xml", "/sitemap-99999999999999999999.xml"} {
		if got := visitor.Ask(http.MethodGet, path).Status; got != http.StatusNotFound {
			t.Errorf("%s answers %d", path, got)
		}
	}
	for range 300 {
		if visitor.Ask(http.MethodGet, "/sitemap-1.xml").Status == http.StatusTooManyRequests {
			return
		}
	}
	t.Error("a program reads on for ever")
}

func TestASitemapOf100000ItemsTakesLittleMemory(t *testing.T) { //nolint:paralleltest // measures memory
	if testing.Short() {
		t.Skip("fills a town")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(100)) // garbage counts until it is collected
	db := dbtest.SQLite(t)
	c := cast.New(t, db)
	cast.Execute(t, db, `
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
		INSERT INTO contents (kind, entity_id, author_id, slug, title, public, published_at)
		SELECT 'article', ?, ?, 'ein-ziemlich-langer-name-fuer-einen-beitrag-' || i, 'x', TRUE, i FROM n`, c.Garten.EntityID, c.Anna.ID)
	cast.Execute(t, db, `INSERT INTO versions (content_id, author_id, text, created_at) SELECT id, author_id, 'x', published_at FROM contents`)
	handler := open(t, db)
	get := func(path string) string {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://example.org"+path, nil))
		if w.Code != http.StatusOK {
			t.Fatalf("%s answers %d", path, w.Code)
		}
		return w.Body.String()
	}
	inUse := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	get("/sitemap-1.xml") // what is made once
	runtime.GC()
	before, most := inUse(), uint64(0)
	done, sampled := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(sampled)
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
				most = max(most, inUse())
			}
		}
	}()
	found, began := 0, time.Now()
	var all index
	if err := xml.Unmarshal([]byte(get("/sitemap.xml")), &all); err != nil {
		t.Fatal(err)
	}
	for _, s := range all.Sitemaps {
		part := get(strings.TrimPrefix(s.Loc, "http://example.org"))
		found += strings.Count(part, "<loc>http://example.org/garten/ein-")
		if entries := strings.Count(part, "<url>"); entries > 50_000 || len(part) > 50<<20 {
			t.Errorf("%s has %d entries and %d bytes", s.Loc, entries, len(part))
		}
	}
	took := time.Since(began)
	close(done)
	<-sampled
	if found != 100_000 {
		t.Errorf("%d of 100,000 items are listed", found)
	}
	taken := int64(most) - int64(before)
	t.Logf("%d sitemaps took %v and %d MB", len(all.Sitemaps), took, taken>>20)
	if taken > 32<<20 {
		t.Errorf("they take %d MB", taken>>20)
	}
}

// rule is a line of robots.txt.
type rule struct {
	allow   bool
	pattern string
}

// allowed says of an address what a program reads in robots.txt (RFC 9309, 2.2.2 and 2.2.3): the longest rule counts, and
// of two as long the one that allows.
func allowed(rules []rule, address string) bool {
	best := rule{allow: true}
	for _, r := range rules {
		quoted := strings.ReplaceAll(regexp.QuoteMeta(r.pattern), `\*`, `.*`)
		if end, ok := strings.CutSuffix(quoted, `\$`); ok {
			quoted = end + `$`
		}
		if regexp.MustCompile("^"+quoted).MatchString(address) && (len(r.pattern) > len(best.pattern) || len(r.pattern) == len(best.pattern) && r.allow) {
			best = r
		}
	}
	return best.allow
}

func TestRobotsFindWhatThereIsAndStayOutOfTheRest(t *testing.T) {
	t.Parallel()
	visitor := webtest.Visit(t, open(t, dbtest.SQLite(t)))
	text := visitor.Get("/robots.txt").Body
	var rules []rule
	agents := 0
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch name {
		case "User-agent":
			agents++
		case "Allow", "Disallow":
			rules = append(rules, rule{name == "Allow", value})
		}
	}
	if agents != 1 || !strings.Contains(text, "\nSitemap: http://example.org/sitemap.xml\n") {
		t.Errorf("robots.txt says:\n%s", text)
	}
	for address, want := range map[string]bool{
		"/": true, "/garten/": true, "/garten/erntefest/": true, "/anna/": true, "/stadt/groups": true, "/stadt/gestalten/": true, "/stadt/articles": true,
		"/stadt/events": true, "/stadt/help/members/": true, "/sitemap.xml": true, "/sitemap-3.xml": true, "/robots.txt": true, "/stadt/static/site-1.css": true,
		"/-/images/preview/x.jpg": true, "/stadt/content/12/": true, "/garten/gartentag/?date=2026-03-03": true, "/garten/additionen/": true, "/stadt/groups/3/about/": true,
		"/garten/events/public.ics": true, "/garten/request-for-help/": true,

		"/?before=1-1": false, "/garten/?content=galleries": false, "/garten/?month=3&year=2026": false, "/stadt/groups?o=name": false, "/stadt/events?view=week": false,
		"/stadt/events/2026/3/3/": false, "/stadt/events/1999/12/31": false, "/stadt/events/export": false, "/stadt/events/print": false, "/stadt/search/?q=x": false, "/stadt/search/": false,
		"/stadt/tags/fest/": false, "/stadt/login/": false, "/stadt/signup/?next=%2F": false, "/stadt/abuse/path=/garten/": false, "/garten/actions/join": false,
		"/garten/articles/add/": false, "/stadt/groups/add": false, "/garten/join/request/": false, "/stadt/settings/": false, "/stadt/activity/": false, "/stadt/threads/content/1/live": false,
		"/stadt/groups/3/conversations/add/": false, "/stadt/conversations/3/": false,
	} {
		if got := allowed(rules, address); got != want {
			t.Errorf("robots may read %s: %t", address, got)
		}
	}
	if slices.ContainsFunc(rules, func(r rule) bool { return !strings.HasPrefix(r.pattern, "/") }) {
		t.Error(fmt.Errorf("a rule does not begin with a slash: %v", rules))
	}
}
