package site_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

func TestCachedPagesAreMadeOnceAndAreNeverOld(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	made := 0
	show := func(v *site.Visit) error {
		made++
		return v.Show(site.Page{Title: "made " + strconv.Itoa(made)})
	}
	failing := func(v *site.Visit) error {
		made++
		return v.Show(site.Page{Title: "gone", Status: http.StatusNotFound})
	}
	flash := func(v *site.Visit) error {
		v.Flash(parts.Done, "Done.")
		return v.Redirect("/stadt/cached/")
	}
	handler := webtest.Start(t, webtest.NewSite(t, db, nil), []site.Route{
		{Method: http.MethodGet, Path: "/stadt/cached", Handle: show, Cached: true, Query: []string{"before"}},
		{Method: http.MethodGet, Path: "/stadt/own", Handle: show},
		{Method: http.MethodGet, Path: "/stadt/gone", Handle: failing, Cached: true},
		{Method: http.MethodGet, Path: "/stadt/flash", Handle: flash},
	})
	ask := func(path string, header ...string) *httptest.ResponseRecorder {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://example.org"+path, nil)
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	expect := func(what, path string, want int, header ...string) *httptest.ResponseRecorder {
		t.Helper()
		w := ask(path, header...)
		if made != want {
			t.Errorf("%s: made %d times, want %d", what, made, want)
		}
		return w
	}
	first := expect("the first", "/stadt/cached/", 1)
	again := expect("the same", "/stadt/cached/", 1)
	if first.Body.String() != again.Body.String() || !strings.Contains(again.Body.String(), "made 1") || again.Header().Get("Content-Security-Policy") == "" {
		t.Errorf("another page: %v", again.Header())
	}
	if etag := first.Header().Get("ETag"); etag == "" || expect("known", "/stadt/cached/", 1, "If-None-Match", etag).Code != http.StatusNotModified {
		t.Errorf("the browser's copy is sent again")
	}
	if zipped := expect("compressed", "/stadt/cached/", 1, "Accept-Encoding", "gzip"); zipped.Header().Get("Content-Encoding") != "gzip" || zipped.Body.Len() >= first.Body.Len() {
		t.Errorf("%v, %d bytes", zipped.Header(), zipped.Body.Len())
	}
	expect("another language", "/stadt/cached/", 2, "Cookie", "language=de")
	german := expect("the same language by another way", "/stadt/cached/", 2, "Accept-Language", "de-AT, en;q=0.3")
	if w := expect("the copy in another language", "/stadt/cached/", 2, "Accept-Language", "de", "If-None-Match", first.Header().Get("ETag")); w.Code != http.StatusOK ||
		!strings.Contains(w.Body.String(), `lang="de"`) || w.Header().Get("ETag") != german.Header().Get("ETag") {
		t.Errorf("%d in %v", w.Code, w.Header())
	}
	if w := expect("the copy in this language", "/stadt/cached/", 2, "Accept-Language", "de", "If-None-Match", german.Header().Get("ETag")); w.Code != http.StatusNotModified ||
		!slices.Contains(w.Header().Values("Vary"), "Accept-Language, Cookie") {
		t.Errorf("%d in %v", w.Code, w.Header())
	}
	expect("another query", "/stadt/cached/?before=1-1", 3)
	expect("the same query", "/stadt/cached/?utm_source=x&before=1-1&before=2", 3)
	expect("a parameter that the route does not declare", "/stadt/cached/?utm_source=x", 3)
	expect("somebody with a session", "/stadt/cached/", 4, "Cookie", "session=x")
	expect("the same for others", "/stadt/cached/", 4)
	nothing := func(*sqldb.Tx) error { return nil }
	if err := db.WriteUnseen(t.Context(), nothing); err != nil {
		t.Fatal(err)
	}
	expect("after a change that no page shows", "/stadt/cached/", 4)
	if err := db.Write(t.Context(), nothing); err != nil {
		t.Fatal(err)
	}
	if w := expect("after a change", "/stadt/cached/", 5); !strings.Contains(w.Body.String(), "made 5") {
		t.Error("an old page")
	}
	expect("a page that is not cached", "/stadt/own/", 6)
	expect("and again", "/stadt/own/", 7)
	expect("what is gone", "/stadt/gone/", 8)
	expect("and again", "/stadt/gone/", 9)
	cookie, _, _ := strings.Cut(ask("/stadt/flash/").Header().Get("Set-Cookie"), ";")
	if w := expect("with a message", "/stadt/cached/", 10, "Cookie", cookie); !strings.Contains(w.Body.String(), "Done.") {
		t.Error("the message is lost")
	}
	if w := expect("without it", "/stadt/cached/", 10); strings.Contains(w.Body.String(), "Done.") {
		t.Error("somebody else's message")
	}
}

func TestAPageThatManyAskForIsMadeOnce(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	c := cast.New(t, db)
	var made, refused atomic.Int64
	handler := webtest.Start(t, webtest.NewSite(t, db, webtest.People(c.Viewers())), []site.Route{
		{Method: http.MethodGet, Path: "/stadt/cached", Cached: true, Handle: func(v *site.Visit) error {
			n := made.Add(1)
			time.Sleep(50 * time.Millisecond)
			return v.Show(site.Page{Title: fmt.Sprintf("made %d for %s", n, v.Viewer.Name)})
		}},
		{Method: http.MethodGet, Path: "/stadt/gone", Cached: true, Handle: func(*site.Visit) error {
			refused.Add(1)
			time.Sleep(10 * time.Millisecond)
			return errs.New(errs.NotFound, "Gone.")
		}},
	})
	together := func(path string, status int, want string, visitors ...*webtest.Visitor) {
		t.Helper()
		var all sync.WaitGroup
		for _, visitor := range visitors {
			all.Go(func() {
				visitor.Get(path)
				visitor.Sees(status, want)
			})
		}
		all.Wait()
	}
	several := func(id int64) (all []*webtest.Visitor) {
		for range 8 {
			all = append(all, webtest.VisitAs(t, handler, id))
		}
		return all
	}
	together("/stadt/cached/", http.StatusOK, "made 1 for", several(0)...)
	if made.Load() != 1 {
		t.Errorf("made %d times", made.Load())
	}
	together("/stadt/cached/", http.StatusOK, "for Anna", several(c.Anna.ID)...)
	if made.Load() != 9 {
		t.Errorf("made %d times: who has signed in gets a page of their own", made.Load())
	}
	together("/stadt/gone/", http.StatusNotFound, "Gone.", several(0)...)
	if refused.Load() != 8 {
		t.Errorf("%d of 8 visitors were refused by the handler: what is not kept is nobody else's", refused.Load())
	}
}
