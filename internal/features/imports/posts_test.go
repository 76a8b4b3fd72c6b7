package imports_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/features/imports"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/golden"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// website is a website elsewhere: a page, and the feed that it names.
type website struct {
	URL string

	mu        sync.Mutex
	page      string
	feed      string // where the feed stands; "" answers 404
	items     []string
	asked     map[string]int
	unchanged int
}

// host starts a website with some posts.
func host(t *testing.T, items ...string) *website {
	t.Helper()
	w := &website{page: `<!DOCTYPE html><title>Verein</title><link href="feed/?a=1&amp;b=2" rel=alternate type=application/rss+xml>`, feed: "/wir/feed/", items: items, asked: map[string]int{}}
	s := httptest.NewServer(w)
	t.Cleanup(s.Close)
	w.URL = s.URL
	return w
}

// says replaces the posts.
func (w *website) says(items ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.items = items
}

// moves lets the page name a feed elsewhere.
func (w *website) moves(page, feed string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.page, w.feed = page, feed
}

// ServeHTTP implements http.Handler.
func (w *website) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked[r.URL.Path]++
	switch r.URL.Path {
	case "/old":
		http.Redirect(rw, r, "/wir/", http.StatusMovedPermanently)
	case "/wir/":
		rw.Header().Set("Content-Type", "text/html")
		_, _ = rw.Write([]byte(w.page))
	case w.feed:
		body := `<?xml version="1.0"?><rss version="2.0" xmlns:grouprise="https://grouprise.org/ns/feed"><channel><title>Neues vom Verein</title><link>https://verein.example/</link><description>x</description>` + strings.Join(w.items, "") + `</channel></rss>`
		mark := fmt.Sprintf(`"%d"`, len(body))
		rw.Header().Set("ETag", mark)
		if r.Header.Get("If-None-Match") == mark {
			w.unchanged++
			rw.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = rw.Write([]byte(body))
	default:
		http.NotFound(rw, r)
	}
}

// item writes a post of so many days ago, with further elements.
func item(id, title string, days int, more ...string) string {
	at := time.Now().UTC().AddDate(0, 0, -days).Format(time.RFC1123Z)
	return `<item><guid isPermaLink="false">` + id + `</guid><title>` + title + `</title><link>https://verein.example/` + id + `</link><pubDate>` + at + `</pubDate>` + strings.Join(more, "") + `</item>`
}

func text(html string) string { return "<description><![CDATA[" + html + "]]></description>" }

// posts returns the titles of the posts of garten that are there, the latest first.
func (w *town) posts(t *testing.T) string {
	t.Helper()
	var titles []string
	err := w.db.Select(t.Context(), &titles, `SELECT title FROM contents WHERE entity_id = ? AND kind = 'article' AND deleted_at IS NULL ORDER BY published_at DESC, id DESC`, w.Garten.EntityID)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(titles, ", ")
}

func TestTheFeedOfAWebsiteIsFollowed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		s := host(t,
			item("3", "Neu &amp;amp; gut", 1, text(`<p>Mit <b>Kuchen</b>, @anna, <a href="/karte">Karte</a> und <img src="bild.jpg" alt="Bild"></p><script>alert(1)</script>`)),
			item("1", "Alt", 900, text("x")), item("2", "Mittel", 30, text(`<a href="https://verein.example/2">hier</a>`)))
		w.add(t, s.URL+"/old", true)
		if got := w.posts(t); got != "Neu & gut, Mittel, Alt" {
			t.Fatalf("shown are %s: %+v", got, w.state(t))
		}
		if got := webtest.Activities(t, db); len(got) > 0 {
			t.Errorf("the first run tells of %v", got)
		}
		nobody := w.visit(t, 0)
		nobody.Get("/garten/neu-und-gut/")
		nobody.Sees(http.StatusOK, "<strong>Kuchen</strong>", `href="https://verein.example/karte"`, `href="https://verein.example/bild.jpg"`, `<a href="https://verein.example/3" rel=`, "Read on at verein.example", "@anna")
		nobody.DoesNotSee("alert(1)", `href="/anna/"`, "Anna Ahorn", "<img src=\"https://verein")
		nobody.Get("/garten/mittel/")
		nobody.DoesNotSee("Read on")
		if i := w.state(t); i.Kind != "feed" || i.Source != s.URL+"/wir/feed/?a=1&b=2" || i.Name != "Neues vom Verein" {
			t.Errorf("%+v", i)
		}
		var old int
		if err := db.Get(t.Context(), &old, `SELECT COUNT(*) FROM contents WHERE published_at < ?`, cast.Joined()); err != nil || old != 1 {
			t.Errorf("what is old stands among what is new: %d, %v", old, err)
		}
		w.hour(t)
		w.hour(t)
		if s.asked["/old"] != 1 || s.asked["/wir/feed/"] != 3 || s.unchanged != 2 {
			t.Errorf("asked %v, %d times unchanged", s.asked, s.unchanged)
		}
		s.says(item("4", "Ganz neu", 0, text("x")), item("3", "Neu und besser", 1, text("Ohne Kuchen")))
		w.hour(t)
		if got := w.posts(t); got != "Ganz neu, Neu und besser, Mittel, Alt" { // what a feed does not list any more stays
			t.Errorf("shown are %s", got)
		}
		nobody.Get("/garten/neu-und-gut/")
		nobody.Sees(http.StatusOK, "Neu und besser", "Ohne Kuchen")
		anna := w.visit(t, w.Anna.ID)
		anna.Get(listPath)
		anna.Sees(http.StatusOK, "Neues vom Verein", "4 posts", "Anna Ahorn", s.URL)
		anna.Get("/garten/neu-und-gut/edit/")
		anna.Sees(http.StatusForbidden, "comes from another site")
		anna.Get("/garten/alt/delete/")
		anna.Submit("Delete", nil)
		s.says(item("1", "Alt, geändert", 900, text("x")))
		w.hour(t)
		if got := w.posts(t); got != "Ganz neu, Neu und besser, Mittel" {
			t.Errorf("what somebody has deleted comes back: %s", got)
		}
	})
}

func TestAFeedIsTakenDirectlyAndFoundAgainWhereItHasMoved(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	s := host(t, item("1", "Eins", 1, text("x")))
	w.add(t, s.URL+"/wir/feed/", true)
	if i := w.state(t); w.posts(t) != "Eins" || i.Source != "" || s.asked["/wir/"] != 0 {
		t.Errorf("shown are %s of %+v", w.posts(t), i)
	}
	cast.Execute(t, w.db, `DELETE FROM imports`)
	cast.Execute(t, w.db, `DELETE FROM imported_entries`)
	w.add(t, s.URL+"/wir/", true)
	s.moves(`<link type="application/atom+xml" href="/neu" rel="alternate">`, "/neu")
	s.says(item("2", "Zwei", 0, text("x")))
	w.hour(t)
	if i := w.state(t); i.Problem != "gone" || i.Source != "" {
		t.Errorf("%+v", i)
	}
	w.hour(t)
	w.hour(t)
	if i := w.state(t); i.Problem != "" || i.Source != s.URL+"/neu" || !strings.HasPrefix(w.posts(t), "Zwei") {
		t.Errorf("shown are %s of %+v", w.posts(t), i)
	}
	s.moves("<p>Nothing any more", "")
	w.hour(t)
	w.pass(3 * time.Hour)
	w.hour(t)
	if i := w.state(t); i.Problem != "feed" {
		t.Errorf("%+v", i)
	}
}

func TestNewPostsAreToldTogetherAndOnceADay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		cast.Subscribe(t, db, w.Garten.EntityID, w.Carla.ID)
		first := []string{item("a", "Alt", 20, text("x")), item("z", "Uralt", 900, text("x"))}
		s := host(t, first...)
		w.add(t, s.URL+"/wir/", true)
		if n := count(t, db, `SELECT COUNT(*) FROM activities`); n != 0 {
			t.Fatalf("the first run tells of %d", n)
		}
		s.says(append([]string{item("b", "Eins", 0, text("x"))}, first...)...)
		w.hour(t)
		if e := cast.Latest(t, w.db); e.Name != "content.published" || e.ActorID != w.Anna.ID {
			t.Errorf("one post is told as %+v", e)
		}
		if got := w.deliveries(t); got != "anna, bert, carla" {
			t.Errorf("told are %s", got)
		}
		var many []string
		for n := range 12 {
			many = append(many, item(fmt.Sprintf("c%d", n), fmt.Sprintf("Neu %d [x](y)", n), n, text("x")))
		}
		s.says(many...)
		w.hour(t)
		if n := count(t, db, `SELECT COUNT(*) FROM activities`); n != 1 {
			t.Errorf("within a day %d notices", n)
		}
		w.pass(24 * time.Hour)
		w.hour(t)
		e := cast.Latest(t, w.db)
		if n := count(t, db, `SELECT COUNT(*) FROM activities`); n != 2 || e.Name != "posts.imported" {
			t.Fatalf("after a day %d notices, the last is %s", n, e.Name)
		}
		if got := w.deliveries(t); got != "anna, bert, carla" {
			t.Errorf("told are %s", got)
		}
		for _, language := range []string{"en", "de"} {
			golden.Equal(t, "posts."+language, mailtest.PrintMessage(w.message(t, language, w.Carla)))
		}
		w.pass(25 * time.Hour)
		w.hour(t)
		if n := count(t, db, `SELECT COUNT(*) FROM activities`); n != 2 {
			t.Errorf("told again: %d", n)
		}
	})
}

func TestALongFeedTellsNobodyAtFirst(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	cast.Subscribe(t, w.db, w.Garten.EntityID, w.Carla.ID)
	var entries []string
	for n := range 500 {
		entries = append(entries, item(fmt.Sprintf("a%d", n), fmt.Sprintf("Alt %d", n), 20+n, text("x")))
	}
	s := host(t, append(entries, item("zu-viel", "Zu viel", 900))...)
	w.add(t, s.URL+"/wir/", true)
	if n, told := count(t, w.db, `SELECT COUNT(*) FROM contents`), count(t, w.db, `SELECT COUNT(*) FROM activities`); n != 500 || told != 0 {
		t.Errorf("the first run brings %d posts and tells of %d", n, told)
	}
	if i := w.state(t); i.Skipped != 1 {
		t.Errorf("%+v", i)
	}
	w.hour(t)
	if n := count(t, w.db, `SELECT COUNT(*) FROM activities`); n != 0 {
		t.Errorf("the second run tells of %d", n)
	}
}

func TestAnEntryStandsOnceInAGroup(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		s := host(t, item("1", "Eins", 1, text("x")), item("1", "Eins, doppelt", 2, text("x")), `<item><title>Ohne Kennung</title><link>https://verein.example/ohne</link></item>`)
		w.add(t, s.URL+"/wir/", true)
		other := host(t, item("1", "Eins, anderswo", 1, text("x")), item("2", "Zwei", 0, text("x")), `<item><title>Ohne Kennung, anderswo</title><link>https://verein.example/ohne</link></item>`)
		w.add(t, other.URL+"/wir/", true)
		if got := w.posts(t); got != "Ohne Kennung, Zwei, Eins" && got != "Zwei, Ohne Kennung, Eins" {
			t.Errorf("shown are %s", got)
		}
		for _, end := range []struct {
			id   int
			keep string
			left int
		}{{1, "on", 3}, {2, "", 2}} {
			anna := w.visit(t, w.Anna.ID)
			anna.Get(fmt.Sprintf("/stadt/imports/%d/end/", end.id))
			anna.Sees(http.StatusOK, "Its posts will be removed from the group’s page.")
			anna.Submit("Stop importing", map[string]string{"keep": end.keep})
			if n := count(t, db, `SELECT COUNT(*) FROM contents WHERE deleted_at IS NULL`); n != end.left {
				t.Errorf("after the end of %d %d posts are left: %s", end.id, n, w.posts(t))
			}
		}
		w.add(t, other.URL+"/wir/", true) // what was kept does not come again, what was removed does
		if got := w.posts(t); got != "Ohne Kennung, Zwei, Eins" && got != "Zwei, Ohne Kennung, Eins" {
			t.Errorf("shown are %s", got)
		}
		anna := w.visit(t, w.Anna.ID)
		anna.Get("/garten/eins/edit/")
		anna.Submit("Save", map[string]string{"title": "Unser Eins"})
		anna.Sees(http.StatusOK, "Unser Eins")
	})
}

func TestPostsThatComeFromHereAreLeftOut(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	via := func(hosts string) string { return "<grouprise:via>" + hosts + "</grouprise:via>" }
	s := host(t,
		`<item><guid>http://example.org/stadt/content/7/</guid><title>Von hier</title><link>https://other.example/x</link></item>`,
		`<item><guid>8</guid><title>Von hier, weitergesagt</title><link>https://EXAMPLE.org/garten/x/</link></item>`,
		item("9", "Über uns", 1, via("other.example, Example.org")), item("10", "Über andere", 1, via("other.example"), text("x")),
		item("11", "Über alle", 1, via(strings.Repeat("x.example,", 12))))
	w.add(t, s.URL+"/wir/", true)
	if got := w.posts(t); got != "Über andere" {
		t.Errorf("shown are %s", got)
	}
	var noted string
	if err := w.db.Get(t.Context(), &noted, `SELECT via FROM imported_entries`); err != nil || noted != "other.example,verein.example" {
		t.Errorf("noted is that it has come through %s, %v", noted, err)
	}
	own := host(t)
	own.moves(`<link rel="alternate" type="application/rss+xml" href="http://example.org/garten/feed.rss">`, "")
	cast.Execute(t, w.db, `DELETE FROM imports`)
	w.add(t, own.URL+"/wir/", true)
	if i := w.state(t); i.Problem != "own" {
		t.Errorf("%+v", i)
	}
	anna := w.visit(t, w.Anna.ID)
	anna.Get(listPath)
	anna.Sees(http.StatusOK, "The website leads to a feed of this site.", "nobody knows yet")
}

func TestOddPostsFindTheirPlace(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	long := strings.Repeat("Langer Titel ", 40)
	var undated []string
	for n := range 15 {
		undated = append(undated, fmt.Sprintf(`<item><guid>u%d</guid><title>Ohne Tag %02d</title></item>`, n, n))
	}
	s := host(t, append(undated,
		item("1", long, 1, text(strings.Repeat("wort ", 60_000))), item("2", "", 2, text("<p>Eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn</p>")),
		item("3", " ", 3, text("<img src='x.jpg'>")), item("4", "Nur Titel", 4), item("5", "Morgen", -3, text("x")), `<item></item>`,
		`<item><guid>6</guid><title>Vor dem Anfang</title><pubDate>Thu, 01 Jan 1970 00:00:00 +0000</pubDate></item>`)...)
	w.add(t, s.URL+"/wir/", true)
	shown := w.posts(t)
	for _, want := range []string{"Titel Langer …", "Eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf …", "Neues vom Verein", "Nur Titel", "Morgen", "Ohne Tag 00", "Ohne Tag 09"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is missing in %s", want, shown)
		}
	}
	if strings.Contains(shown, "Ohne Tag 10") || strings.Contains(shown, "Vor dem Anfang") || w.state(t).Skipped != 7 {
		t.Errorf("shown are %s, and %d are not", shown, w.state(t).Skipped)
	}
	if n := count(t, w.db, `SELECT COUNT(*) FROM contents WHERE published_at > ?`, w.db.Now()); n != 0 {
		t.Errorf("%d posts are published in the future", n)
	}
}

func TestPostsCanBeForMembersAlone(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	s := host(t, item("1", "Eins", 1, text("x")))
	w.add(t, s.URL+"/wir/", false)
	nobody := w.visit(t, 0)
	if p := nobody.Ask(http.MethodGet, "/garten/eins/"); p.Status != http.StatusSeeOther {
		t.Errorf("an internal post answers a stranger %d", p.Status)
	}
	anna := w.visit(t, w.Anna.ID)
	anna.Send("/stadt/imports/1/", url.Values{"public": {"1"}}, true)
	nobody.Get("/garten/eins/")
	nobody.Sees(http.StatusOK, "Eins")
	s.says(item("1", "Eins!", 1, text("x")))
	w.hour(t)
	nobody.Get("/garten/eins/")
	nobody.Sees(http.StatusOK, "Eins!")
}

func TestTheWebsiteOfTheGroupIsOffered(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	cast.Execute(t, w.db, `UPDATE "groups" SET url = 'https://garten.example/' WHERE id = 21`)
	anna := w.visit(t, w.Anna.ID)
	anna.Get(listPath)
	anna.Sees(http.StatusOK, `value="https://garten.example/"`)
	anna.Submit("Add", nil)
	anna.Sees(http.StatusOK, "It has been added.")
	anna.DoesNotSee(`value="https://garten.example/"`)
	// As a script sends it that was written for grouprise 5.5.
	if err := w.room.Follow(t.Context(), w.Bert.Viewer, w.Garten.Entity(), "https://garten.example/"); err != nil {
		t.Errorf("once more: %v", err)
	}
	if err := w.room.Follow(t.Context(), w.Bert.Viewer, w.Garten.Entity(), "https://beet.example/"); err != nil {
		t.Error(err)
	}
	if err := w.room.Follow(t.Context(), w.Carla.Viewer, w.Garten.Entity(), "https://x.example/"); err == nil {
		t.Error("a stranger lets a group import a website")
	}
	if n := count(t, w.db, `SELECT COUNT(*) FROM imports WHERE public`); n != 2 {
		t.Errorf("%d imports", n)
	}
}

// TestWebsitesThatMisbehaveAreNamedAndLeft lets a feed that is followed do what no feed should.
func TestWebsitesThatMisbehaveAreNamedAndLeft(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	w := newTown(t, db, func(d *imports.Deps) {
		d.Timeout = 5 * time.Second
		d.Allowed = func(a netip.Addr) bool { return a != netip.MustParseAddr("127.0.0.2") }
		d.Resolve = func(_ context.Context, host string) ([]netip.Addr, error) {
			if host == "inside.example" {
				return []netip.Addr{netip.MustParseAddr("127.0.0.2")}, nil
			}
			return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
		}
	})
	s := httptest.NewServer(http.HandlerFunc(misbehaveAsWebsite))
	t.Cleanup(s.Close)
	w.add(t, s.URL+"/good", true)
	for _, c := range []struct{ path, problem, says string }{
		{"/page", "feed", "no longer says where its feed is"},
		{"/cut", "unreadable", "incomplete or damaged"},
		{"/deep", "large", "too large"},
		{"/entries", "large", "too large"},
		{"/hundred", "large", "too large"},
		{"/endless", "large", "too large"},
		{"/bomb", "large", "too large"},
		{"/slow", "slow", "takes too long to answer"},
		{"/json", "feed", "no longer says where its feed is"},
		{"/leads-inside", "forbidden", "isn’t on the public internet"},
		{"/leads-inside-by-name", "forbidden", "isn’t on the public internet"},
		{"/leads-to-redirect", "forbidden", "isn’t on the public internet"},
		{"/leads-nowhere", "host", "There is no server called"},
		{"/leads-to-file", "feed", "no longer says where its feed is"},
		{"/leads-to-page", "feed", "no longer says where its feed is"},
		{"/leads-to-password", "password", "can’t be used"},
		{"/entities", "", ""},
	} {
		cast.Execute(t, db, `UPDATE imports SET address = ?, source = '', failures = 0, problem = ''`, s.URL+c.path)
		w.pass(48 * time.Hour)
		if err := w.room.Plan(t.Context()); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		w.run(t)
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("%s took %s", c.path, took)
		}
		if i := w.state(t); string(i.Problem) != c.problem {
			t.Errorf("%s: %q, want %q", c.path, i.Problem, c.problem)
			continue
		}
		anna := w.visit(t, w.Anna.ID)
		anna.Get(listPath)
		anna.Sees(http.StatusOK, c.says)
	}
	if got := w.posts(t); got != "Gut" || count(t, db, `SELECT COUNT(*) FROM jobs`) != 0 {
		t.Errorf("left are %s", got)
	}
}

// misbehaveAsWebsite is a server that does what the path says.
func misbehaveAsWebsite(w http.ResponseWriter, r *http.Request) {
	begin := `<rss version="2.0"><channel><title>x</title>`
	names := func(address string) {
		_, _ = fmt.Fprintf(w, `<html><link rel="alternate" type="application/rss+xml" href="%s">`, address)
	}
	chunk := []byte(strings.Repeat("<item><title>x</title></item>", 2000))
	switch r.URL.Path {
	case "/good":
		_, _ = w.Write([]byte(begin + item("1", "Gut", 1, text("x")) + "</channel></rss>"))
	case "/page":
		_, _ = w.Write([]byte("<!DOCTYPE html><title>Please sign in</title>"))
	case "/cut":
		_, _ = w.Write([]byte(begin + "<item><title>Abgeschnitten</title>"))
	case "/deep":
		_, _ = w.Write([]byte(begin + strings.Repeat("<a>", 1_000_000)))
	case "/entries":
		_, _ = w.Write([]byte(begin + strings.Repeat("<item/>", 1_000_000) + "</channel></rss>"))
	case "/hundred", "/endless":
		_, _ = w.Write([]byte(begin))
		for n := 0; r.Context().Err() == nil && (r.URL.Path == "/endless" || n < 100<<20); n += len(chunk) {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	case "/bomb":
		w.Header().Set("Content-Encoding", "gzip")
		z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
		if err != nil {
			panic(err)
		}
		for range 400 {
			_, _ = z.Write(chunk)
		}
		_ = z.Close()
	case "/slow":
		_, _ = w.Write([]byte(begin))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	case "/json":
		_, _ = w.Write([]byte(`{"items": [{"id": 1, "title": "x"}]}`))
	case "/leads-inside":
		names("http://127.0.0.2:4711/feed")
	case "/leads-inside-by-name":
		names("http://inside.example:4711/feed")
	case "/leads-to-redirect":
		names("/redirect")
	case "/redirect":
		http.Redirect(w, r, "http://inside.example:4711/feed", http.StatusFound)
	case "/leads-nowhere":
		names("http://nowhere.example/feed")
	case "/leads-to-file":
		names("file:///etc/passwd")
	case "/leads-to-page":
		names("/page")
	case "/leads-to-password":
		names("http://anna:secret@verein.example/feed")
	case "/entities":
		_, _ = w.Write([]byte(`<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>` + begin + "<item><guid>1</guid><title>Gut</title><link>https://verein.example/1</link><description>x</description></item></channel></rss>"))
	default:
		http.NotFound(w, r)
	}
}
