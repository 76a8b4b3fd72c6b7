package feeds_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"

	"grouprise.org/grouprise/internal/core/agenda"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/articles"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/events"
	"grouprise.org/grouprise/internal/features/feeds"
	"grouprise.org/grouprise/internal/features/groups"
	"grouprise.org/grouprise/internal/features/pages"
	"grouprise.org/grouprise/internal/features/people"
	"grouprise.org/grouprise/internal/features/tags"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// town is the room with what it stands on.
type town struct {
	*cast.Cast
	db      *sqldb.DB
	content *content.Content
	feeds   *feeds.Feeds
	handler http.Handler
}

func newTown(t *testing.T, db *sqldb.DB) *town {
	t.Helper()
	w := &town{Cast: cast.New(t, db), db: db}
	folder, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	catalogues := localetest.Catalogues(t)
	viewers, words := webtest.People(w.Viewers()), texts.New(markdown.NewCache(1<<20), "http://example.org")
	comments, activities, notices := threads.New(threads.Deps{DB: db, Media: folder, Texts: words}), outbox.New(&mailtest.Tray{}), &mailtest.Notices{}
	theEvents := events.New(events.Deps{
		DB: db, Outbox: activities, Limiter: web.NewLimiter(db, nil), Zone: time.UTC, Viewers: viewers, SiteName: settings.SiteName{Default: "Neustadt"}, BaseURL: "http://example.org",
	})
	w.content = content.New(content.Deps{
		DB: db, Outbox: activities, Entities: entities.New(nil), Threads: comments, Texts: words, Pictures: media.NewPictures(db, folder),
		Limiter: web.NewLimiter(db, nil), Notices: notices, BaseURL: "http://example.org", MaxBytes: 1 << 20,
	}, articles.Kind(), theEvents.Kind())
	notices.Open(t, db, w.content.Module().Notices...)
	theGroups, everybody := groups.New(groups.Deps{DB: db}), people.New(people.Deps{DB: db})
	w.feeds = feeds.New(feeds.Deps{
		DB: db, Content: w.content, Threads: comments, Groups: theGroups, People: everybody, Texts: words,
		Printer: func() *lang.Printer { return catalogues.Printer("de", time.UTC) }, SiteName: settings.SiteName{Default: "Neustadt"}, BaseURL: "http://example.org", Articles: "article",
	})
	modules := append(w.content.Modules(), w.content.Module(), comments.Module(), w.feeds.Module(), tags.New(tags.Deps{DB: db}).Module(),
		pages.New(pages.Deps{DB: db, Entities: entities.New(nil), Groups: theGroups, People: everybody, Texts: words, Agenda: func() []agenda.Source { return nil }}).Module())
	w.handler = webtest.Open(t, webtest.NewSite(t, db, viewers), modules...)
	return w
}

// write publishes an article of Anna’s in garten.
func (w *town) write(t *testing.T, title, text string, public bool) content.Item {
	t.Helper()
	return w.writeAs(t, w.Anna, w.Garten.Slug, title, text, public)
}

func (w *town) writeAs(t *testing.T, p cast.Person, in, title, text string, public bool) content.Item {
	t.Helper()
	e, err := entities.New(nil).Find(t.Context(), w.db, in)
	if err != nil {
		t.Fatal(err)
	}
	i, err := w.content.Publish(t.Context(), p.Viewer, content.Draft{Kind: "article", Entity: e, Form: &content.Common{Title: title, Text: text, Public: public}})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// read fetches a feed as nobody in particular.
func (w *town) read(t *testing.T, path string) *gofeed.Feed {
	t.Helper()
	nobody := webtest.Visit(t, w.handler)
	nobody.Get(path)
	nobody.Sees(http.StatusOK)
	f, err := gofeed.NewParser().ParseString(nobody.Page.Body)
	if err != nil {
		t.Fatalf("%s: %v\n%s", path, err, nobody.Page.Body)
	}
	return f
}

func titles(f *gofeed.Feed) string {
	var all []string
	for _, i := range f.Items {
		all = append(all, i.Title)
	}
	return strings.Join(all, ", ")
}

func TestAFeedSaysAllOfAnEntry(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		cast.Execute(t, db, `INSERT INTO images (name, creator_id, created_at) VALUES ('abc-100x50.jpg', ?, 1)`, w.Anna.ID)
		long := strings.Repeat("Wort ", 3000)
		i := w.write(t, "Fest", "Mit @bert und [dem Plan](/garten/plan/), siehe #Sommerfest.\n\n![Bach](/-/images/text/abc-100x50.jpg)\n\n"+long+"Ende", true)
		for path, kind := range map[string]string{
			"/stadt/feed.atom": "atom", "/stadt/feed.rss": "rss", "/garten/feed.atom": "atom", "/Garten/feed.rss": "rss", "/stadt/tags/sommerfest/feed.atom": "atom", "/stadt/tags/sommerfest/feed.rss": "rss",
		} {
			f := w.read(t, path)
			if f.FeedType != kind || f.Language != "de" || len(f.Items) != 1 {
				t.Errorf("%s: a feed of the kind %s in %q with %d entries", path, f.FeedType, f.Language, len(f.Items))
				continue
			}
			e := f.Items[0]
			text := e.Content + e.Description
			for _, want := range []string{
				`<a href="http://example.org/bert/"`, `<a href="http://example.org/garten/plan/">`, `<img src="http://example.org/-/images/text/abc-100x50.jpg" alt="Bach"`, "Ende</p>",
			} {
				if !strings.Contains(text, want) {
					t.Errorf("%s does not say %s", path, want)
				}
			}
			if e.GUID != fmt.Sprintf("http://example.org/stadt/content/%d/", i.ID) || strings.Join(e.Categories, " ") != "Sommerfest" && strings.Join(e.Categories, " ") != "sommerfest" {
				t.Errorf("%s: id %s, categories %v", path, e.GUID, e.Categories)
			}
		}
		for path, want := range map[string]string{
			"/stadt/feed.atom": "Neustadt http://example.org/", "/garten/feed.atom": "Garten am Bach http://example.org/garten/", "/anna/feed.rss": "Anna Ahorn http://example.org/anna/",
			"/stadt/tags/sommerfest/feed.atom": "#Sommerfest http://example.org/stadt/tags/sommerfest/", "/garten/fest/comments.atom": "Kommentare zu „Fest“ http://example.org/garten/fest/",
		} {
			if f := w.read(t, path); f.Title+" "+f.Link != want || f.FeedLink != "http://example.org"+path {
				t.Errorf("%s is called %s %s and says that it stands at %s", path, f.Title, f.Link, f.FeedLink)
			}
		}
	})
}

func TestAnEntryKeepsItsIDWhenItIsChanged(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	i := w.write(t, "Fest", "Um sieben.", true)
	before := w.read(t, "/garten/feed.atom").Items[0]
	cast.Execute(t, w.db, `UPDATE contents SET published_at = published_at - 3600000`)
	if _, err := w.content.Revise(t.Context(), w.Anna.Viewer, i.ID, &content.Common{Title: "Sommerfest", Text: "Um acht.", Public: true, Slug: "sommerfest"}); err != nil {
		t.Fatal(err)
	}
	after := w.read(t, "/garten/feed.atom").Items[0]
	if after.GUID != before.GUID || after.Link == before.Link || after.Title != "Sommerfest" || !after.UpdatedParsed.After(*after.PublishedParsed) {
		t.Errorf("%+v became %+v", before, after)
	}
}

func TestAnEntrySaysThroughWhichSitesItHasCome(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		i := w.write(t, "Von anderswo", "x", true)
		cast.AddEvents(t, db, w.Garten.EntityID, w.Anna.ID, 1)
		w.write(t, "Von hier", "x", true)
		cast.Execute(t, db, `INSERT INTO imported_entries (group_id, entry_key, content_id, fingerprint, via) VALUES (21, 'k', ?, 'f', 'a.example,b.example')`, i.ID)
		cast.Execute(t, db, `UPDATE events SET uid = '7@C.example', via = 'd.example'`)
		cast.Execute(t, db, `UPDATE contents SET external = ? WHERE title <> 'Von hier'`, true)
		for _, path := range []string{"/garten/feed.atom", "/garten/feed.rss"} {
			got := map[string]string{}
			for _, e := range w.read(t, path).Items {
				for _, x := range e.Extensions["grouprise"]["via"] {
					got[e.Title] = x.Value
				}
			}
			if len(got) != 2 || got["Von anderswo"] != "a.example,b.example" || got["Termin 0"] != "d.example,c.example" {
				t.Errorf("%s: %v", path, got)
			}
		}
	})
}

func TestTheFeedsOfTheOriginalGiveWhatTheyGave(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	for n := range 12 {
		w.write(t, fmt.Sprintf("Nummer %02d", n), "x", n != 5)
	}
	w.writeAs(t, w.Bert, "bert", "Von Bert", "x", true)
	cast.AddEvents(t, w.db, w.Garten.EntityID, w.Anna.ID, 3)
	cast.Execute(t, w.db, `UPDATE contents SET published_at = id * 1000 WHERE kind = 'article'`)
	numbers := "Nummer 11, Nummer 10, Nummer 09, Nummer 08, Nummer 07, Nummer 06, Nummer 04, Nummer 03, Nummer 02"
	anna := webtest.VisitAs(t, w.handler, w.Anna.ID)
	for path, want := range map[string]string{"/stadt/feed/": "Von Bert, " + numbers, "/stadt/feed": "Von Bert, " + numbers, "/stadt/groups/21/feed/": numbers + ", Nummer 01"} {
		f := w.read(t, path)
		if f.FeedType != "rss" || f.FeedVersion != "2.0" || titles(f) != want || f.Items[0].GUID != f.Items[0].Link {
			t.Errorf("%s: %s %s has %s", path, f.FeedType, f.FeedVersion, titles(f))
		}
		if f.FeedLink != "http://example.org"+strings.TrimSuffix(path, "/")+"/" {
			t.Errorf("%s says that it stands at %s", path, f.FeedLink)
		}
		anna.Get(path)
		anna.Sees(http.StatusOK, "Nummer 04")
		anna.DoesNotSee("Nummer 05", "Termin")
	}
	nobody := webtest.Visit(t, w.handler)
	for path, status := range map[string]int{"/stadt/groups/99/feed/": 404, "/stadt/groups/x/feed/": 404, "/niemand/feed.atom": 404, "/stadt/tags/_/feed.atom": 404, "/garten/nichts/comments.atom": 404} {
		nobody.Get(path)
		nobody.Sees(status)
	}
	if got := titles(w.read(t, "/garten/feed.atom")); !strings.Contains(got, "Termin 1") || strings.Count(got, ",") != 13 {
		t.Errorf("the new feed of the group has %s", got)
	}
}

func TestFeedsHoldWhatEverybodyMayRead(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		shown, inside := w.write(t, "Offen", "#draussen", true), w.write(t, "Intern", "#drinnen", false)
		own := w.writeAs(t, w.Bert, "bert", "Notiz", "x", false)
		for n, k := range []struct {
			item   content.Item
			public bool
		}{{shown, true}, {shown, false}, {inside, true}, {own, true}} {
			cast.Execute(t, db, `INSERT INTO contributions (content_id, author_id, text, cut, format, public, created_at, changed_at) VALUES (?, ?, ?, '', '', ?, ?, ?)`,
				k.item.ID, w.Bert.ID, fmt.Sprintf("Kommentar %d, [mehr](/garten/)", n), k.public, 1000*n, 1000*n)
		}
		cast.Execute(t, db, `INSERT INTO contributions (content_id, author_id, text, cut, format, public, created_at, changed_at, deleted_at, removed_by) VALUES (?, ?, 'Entfernt', '', '', ?, 9000, 9000, 9500, ?)`, shown.ID, w.Bert.ID, true, w.Bert.ID)
		f := w.read(t, "/garten/offen/comments.atom")
		if len(f.Items) != 1 || f.Items[0].Title != "Kommentar von Bert Birke" || !strings.Contains(f.Items[0].Content, `Kommentar 0, <a href="http://example.org/garten/">`) || f.Items[0].Link != f.Items[0].GUID {
			t.Errorf("the feed of the comments has %d entries, the first is %+v", len(f.Items), f.Items[0])
		}
		for path, want := range map[string]string{"/stadt/feed.atom": "Offen", "/garten/feed.rss": "Offen", "/bert/feed.atom": "", "/stadt/tags/draussen/feed.rss": "Offen"} {
			if got := titles(w.read(t, path)); got != want {
				t.Errorf("%s has %q", path, got)
			}
		}
		bert := webtest.VisitAs(t, w.handler, w.Bert.ID)
		for path, status := range map[string]int{
			"/garten/intern/comments.atom": 404, "/bert/notiz/comments.rss": 404, "/carla/feed.atom": 404, // whoever asks
			"/bert/feed.rss": 200, "/stadt/tags/drinnen/feed.atom": 200, "/stadt/tags/nichts/feed.rss": 200,
		} {
			bert.Get(path)
			bert.Sees(status)
			bert.DoesNotSee("Intern", "Notiz", "Kommentar 1", "Kommentar 2", "Entfernt")
			if strings.Contains(path, "/tags/") {
				bert.DoesNotSee("<entry>", "<item>")
			}
		}
		cast.Execute(t, db, `UPDATE people SET active = ? WHERE id = ?`, false, w.Bert.ID)
		bert.Get("/bert/feed.atom")
		bert.Sees(http.StatusNotFound)
	})
}

func TestAnArchivedGroupHasNoFeedAnyMore(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	w.write(t, "Fest", "x", true)
	cast.Execute(t, w.db, `UPDATE entities SET archived_at = 1 WHERE id = ?`, w.Garten.EntityID)
	nobody := webtest.Visit(t, w.handler)
	for _, path := range []string{"/garten/feed.atom", "/garten/feed.rss", "/stadt/groups/21/feed/", "/garten/fest/comments.atom"} {
		nobody.Get(path)
		nobody.Sees(http.StatusGone)
	}
	if f := w.read(t, "/stadt/feed.atom"); titles(f) != "Fest" || strings.Contains(webtest.Visit(t, w.handler).Get("/stadt/feed.atom").Body, "comments.atom") {
		t.Errorf("the feed of the town has %s", titles(f))
	}
	nobody.Get("/garten/feed.atom")
	nobody.Sees(http.StatusGone, "there is nothing left to subscribe to")
	for _, path := range []string{"/garten/", "/garten/fest/"} {
		nobody.Get(path)
		nobody.DoesNotSee(`rel="alternate"`)
	}
}

func TestProgramsAskWhetherSomethingIsNew(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	w.write(t, "Fest", "x", true)
	cast.Execute(t, w.db, `UPDATE contents SET published_at = 1770000000500`)
	cast.Execute(t, w.db, `UPDATE versions SET created_at = 1770000000500`)
	anna := webtest.VisitAs(t, w.handler, w.Anna.ID)
	for _, path := range []string{"/stadt/feed.atom", "/garten/feed.rss", "/stadt/feed/"} {
		anna.Header = nil
		first := anna.Get(path)
		h := first.Header
		if h.Get("Cache-Control") != "public, max-age=300" || h.Get("Last-Modified") != "Mon, 02 Feb 2026 02:40:00 GMT" || h.Get("Set-Cookie") != "" || strings.Contains(h.Get("Vary"), "Cookie") {
			t.Errorf("%s: %v", path, h)
		}
		if kind := h.Get("Content-Type"); !strings.HasPrefix(kind, "application/atom+xml") && !strings.HasPrefix(kind, "application/rss+xml") {
			t.Errorf("%s is %s", path, kind)
		}
		for name, asked := range map[string]http.Header{"the same mark": {"If-None-Match": {h.Get("ETag")}}, "the same time": {"If-Modified-Since": {h.Get("Last-Modified")}}} {
			anna.Header = asked
			if got := anna.Ask(http.MethodGet, path); got.Status != http.StatusNotModified || got.Body != "" || got.Header.Get("ETag") != h.Get("ETag") {
				t.Errorf("%s with %s answers %d", path, name, got.Status)
			}
		}
		for name, asked := range map[string]http.Header{
			"another mark": {"If-None-Match": {`W/"x"`}, "If-Modified-Since": {h.Get("Last-Modified")}}, "an earlier time": {"If-Modified-Since": {"Mon, 02 Feb 2026 02:39:59 GMT"}}, "no time": {"If-Modified-Since": {"yesterday"}},
		} {
			anna.Header = asked
			if got := anna.Ask(http.MethodGet, path); got.Status != http.StatusOK {
				t.Errorf("%s with %s answers %d", path, name, got.Status)
			}
		}
		anna.Header = nil
		if got := anna.Ask(http.MethodHead, path); got.Status != http.StatusOK || got.Body != "" || got.Header.Get("ETag") != h.Get("ETag") {
			t.Errorf("HEAD %s answers %d %q", path, got.Status, got.Body)
		}
	}
	mark := anna.Get("/garten/feed.atom").Header.Get("ETag")
	w.write(t, "Neu", "x", true)
	anna.Header = http.Header{"If-None-Match": {mark}}
	anna.Get("/garten/feed.atom")
	anna.Sees(http.StatusOK, "Neu")
	if at := anna.Page.Header.Get("Last-Modified"); at != "" {
		t.Errorf("what was just changed has the time %s, at which it may change again", at)
	}
}

func TestALongFeedEndsEarlier(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	for n := range 12 {
		w.write(t, fmt.Sprintf("Nummer %02d", n), strings.Repeat("abcdefgh ", 20_000), true)
	}
	if n := len(w.read(t, "/stadt/feed.atom").Items); n < 4 || n > 6 {
		t.Errorf("a feed with texts of 180 kB each has %d entries", n)
	}
	for n := range 30 {
		w.write(t, fmt.Sprintf("Kurz %02d", n), "x", true)
	}
	if n := len(w.read(t, "/garten/feed.rss").Items); n != 25 {
		t.Errorf("a feed has %d entries", n)
	}
}

func TestPagesLeadToTheirFeeds(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	w.write(t, "Fest", "#tanz", true)
	w.write(t, "Intern", "x", false)
	for path, want := range map[string]string{
		"/": "/stadt/feed.atom", "/garten/": "/garten/feed.atom", "/anna/": "/anna/feed.atom", "/garten/fest/": "/garten/fest/comments.atom", "/stadt/tags/tanz/": "/stadt/tags/tanz/feed.atom",
		"/stadt/feeds/": "/stadt/feed.atom", "/garten/intern/": "", "/stadt/articles/": "",
	} {
		anna := webtest.VisitAs(t, w.handler, w.Anna.ID)
		anna.Get(path)
		anna.Sees(http.StatusOK)
		_, after, found := strings.Cut(anna.Page.Body, `<link rel="alternate" type="application/atom+xml" title="`)
		_, after, _ = strings.Cut(after, ` href="`)
		got, _, _ := strings.Cut(after, `"`)
		if found != (want != "") || got != want {
			t.Errorf("%s leads to %q", path, got)
		}
		if want != "" {
			w.read(t, want)
		}
	}
}

func TestEachFeedHasALimit(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	for _, m := range append(w.content.Modules(), w.feeds.Module()) {
		for _, r := range m.Routes {
			isFeed := strings.HasSuffix(r.Path, ".ics") || strings.HasSuffix(r.Path, ".atom") || strings.HasSuffix(r.Path, ".rss") || strings.HasSuffix(r.Path, "/feed")
			if isFeed && (r.Limit == nil || r.Limit.Name != "fetch feeds" || r.Limit.Count > 5000) {
				t.Errorf("%s has the limit %v", r.Path, r.Limit)
			}
		}
	}
	nobody := webtest.Visit(t, w.handler)
	nobody.Get("/garten/feed.atom")
	cast.Execute(t, w.db, `UPDATE throttles SET count = 3000`)
	for _, path := range []string{"/garten/feed.rss", "/garten/events/public.ics"} {
		nobody.Get(path)
		nobody.Sees(http.StatusTooManyRequests)
		if nobody.Page.Header.Get("Retry-After") == "" {
			t.Errorf("%s does not say when to come back", path)
		}
	}
}
