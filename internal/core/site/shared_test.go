package site_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
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

func TestSharedPagesAreMadeOnceAndAreNeverOld(t *testing.T) {
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
		return v.Redirect("/stadt/shared/")
	}
	handler := webtest.Start(t, webtest.NewSite(t, db, nil), []site.Route{
		{Method: http.MethodGet, Path: "/stadt/shared", Handle: show, Shared: true},
		{Method: http.MethodGet, Path: "/stadt/own", Handle: show},
		{Method: http.MethodGet, Path: "/stadt/gone", Handle: failing, Shared: true},
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
	first := expect("the first", "/stadt/shared/", 1)
	again := expect("the same", "/stadt/shared/", 1)
	if first.Body.String() != again.Body.String() || !strings.Contains(again.Body.String(), "made 1") || again.Header().Get("Content-Security-Policy") == "" {
		t.Errorf("another page: %v", again.Header())
	}
	if etag := first.Header().Get("ETag"); etag == "" || expect("known", "/stadt/shared/", 1, "If-None-Match", etag).Code != http.StatusNotModified {
		t.Errorf("the browser's copy is sent again")
	}
	if zipped := expect("compressed", "/stadt/shared/", 1, "Accept-Encoding", "gzip"); zipped.Header().Get("Content-Encoding") != "gzip" || zipped.Body.Len() >= first.Body.Len() {
		t.Errorf("%v, %d bytes", zipped.Header(), zipped.Body.Len())
	}
	expect("another language", "/stadt/shared/", 2, "Cookie", "language=de")
	expect("another query", "/stadt/shared/?before=1-1", 3)
	expect("somebody with a session", "/stadt/shared/", 4, "Cookie", "session=x")
	expect("the same for others", "/stadt/shared/", 4)
	if err := db.Write(t.Context(), func(*sqldb.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if w := expect("after a change", "/stadt/shared/", 5); !strings.Contains(w.Body.String(), "made 5") {
		t.Error("an old page")
	}
	expect("a page that is not shared", "/stadt/own/", 6)
	expect("and again", "/stadt/own/", 7)
	expect("what is gone", "/stadt/gone/", 8)
	expect("and again", "/stadt/gone/", 9)
	cookie, _, _ := strings.Cut(ask("/stadt/flash/").Header().Get("Set-Cookie"), ";")
	if w := expect("with a message", "/stadt/shared/", 10, "Cookie", cookie); !strings.Contains(w.Body.String(), "Done.") {
		t.Error("the message is lost")
	}
	if w := expect("without it", "/stadt/shared/", 10); strings.Contains(w.Body.String(), "Done.") {
		t.Error("somebody else's message")
	}
}

func TestAPageThatManyAskForIsMadeOnce(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	c := cast.New(t, db)
	var made, refused atomic.Int64
	handler := webtest.Start(t, webtest.NewSite(t, db, webtest.People(c.Viewers())), []site.Route{
		{Method: http.MethodGet, Path: "/stadt/shared", Shared: true, Handle: func(v *site.Visit) error {
			n := made.Add(1)
			time.Sleep(50 * time.Millisecond)
			return v.Show(site.Page{Title: fmt.Sprintf("made %d for %s", n, v.Viewer.Name)})
		}},
		{Method: http.MethodGet, Path: "/stadt/gone", Shared: true, Handle: func(*site.Visit) error {
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
	together("/stadt/shared/", http.StatusOK, "made 1 for", several(0)...)
	together("/stadt/shared/", http.StatusOK, "made 2 for Anna", several(c.Anna.ID)...)
	if made.Load() != 2 {
		t.Errorf("made %d times", made.Load())
	}
	together("/stadt/gone/", http.StatusNotFound, "Gone.", several(0)...)
	if refused.Load() != 8 {
		t.Errorf("%d of 8 visitors were refused by the handler: what is not kept is nobody else's", refused.Load())
	}
}

func TestAPageIsKeptForOnePersonOnly(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	c := cast.New(t, db)
	made := 0
	handler := webtest.Start(t, webtest.NewSite(t, db, webtest.People(c.Viewers())), []site.Route{
		{Method: http.MethodGet, Path: "/stadt/shared", Shared: true, Handle: func(v *site.Visit) error {
			made++
			return v.Show(site.Page{Title: "for " + v.Viewer.Name})
		}},
		{Method: http.MethodPost, Path: "/stadt/say", Handle: func(v *site.Visit) error {
			v.Flash(parts.Done, "Said.")
			return v.Redirect("/stadt/shared/")
		}},
		{Method: http.MethodPost, Path: "/stadt/leave", Handle: func(v *site.Visit) error {
			if err := v.SignOut(); err != nil {
				return err
			}
			return v.Redirect("/stadt/shared/")
		}},
	})
	nobody, anna, bert := webtest.VisitAs(t, handler, 0), webtest.VisitAs(t, handler, c.Anna.ID), webtest.VisitAs(t, handler, c.Bert.ID)
	for _, step := range []struct {
		visitor *webtest.Visitor
		name    string
		made    int
	}{{anna, "Anna", 1}, {anna, "Anna", 1}, {bert, "Bert", 2}, {nobody, "for ", 3}, {bert, "Bert", 3}, {anna, "Anna", 3}} {
		step.visitor.Get("/stadt/shared/")
		step.visitor.Sees(http.StatusOK, step.name)
		if step.visitor == nobody {
			step.visitor.DoesNotSee("Anna", "Bert")
		}
		if made != step.made {
			t.Errorf("%s: made %d times, want %d", step.name, made, step.made)
		}
	}
	anna.Send("/stadt/say/", url.Values{}, true)
	anna.Sees(http.StatusOK, "Said.", "Anna")
	anna.Get("/stadt/shared/")
	anna.DoesNotSee("Said.")
	anna.Send("/stadt/leave/", url.Values{}, true)
	anna.DoesNotSee("Anna")
}
