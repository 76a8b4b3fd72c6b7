package site_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// house serves a few pages that do what pages do.
func house(t *testing.T) (http.Handler, *cast.Cast) {
	t.Helper()
	db := dbtest.SQLite(t)
	c := cast.New(t, db)
	people := webtest.People{c.Anna.ID: c.Anna.Viewer, c.Admin.ID: c.Admin.Viewer}
	page := func(title string) site.Handler {
		return func(v *site.Visit) error {
			return v.Show(site.Page{Title: title, Body: templ.Raw("<p>" + title + " of " + v.Path("entity") + "</p>")})
		}
	}
	failing := func(err error) site.Handler { return func(*site.Visit) error { return err } }
	return webtest.Start(t, webtest.NewSite(t, db, people), []site.Route{
		{Method: "GET", Path: "/", Handle: page("Start page")},
		{Method: "GET", Path: "/{entity}/", Handle: page("Page")},
		{Method: "GET", Path: "/{entity}/{slug}/edit/", Handle: page("Edit")},
		{Method: "GET", Path: "/stadt/groups/{id}/members/", Handle: page("Members"), SignedIn: true},
		{Method: "GET", Path: "/stadt/admin/", Handle: page("Administration"), Admin: true},
		{Method: "GET", Path: "/stadt/denied/", Handle: failing(errs.New(errs.Denied, "This page is for administrators."))},
		{Method: "GET", Path: "/stadt/away/", Handle: failing(errs.New(errs.Unavailable, ""))},
		{Method: "GET", Path: "/stadt/often/", Handle: failing(errs.New(errs.TooMany, "").After(90_000_000_000))},
		{Method: "GET", Path: "/stadt/broken/", Handle: failing(errors.New("the pipe burst"))},
		{Method: "GET", Path: "/stadt/panic/", Handle: func(*site.Visit) error { panic("the roof fell in") }},
		{Method: "POST", Path: "/stadt/note/", Handle: func(v *site.Visit) error {
			var in struct {
				Text string `form:"text" label:"Text" validate:"required"`
			}
			if err := v.Bind(&in); err != nil {
				return err
			}
			v.Flash(parts.Done, "Not found")
			return v.Redirect("/")
		}},
		{Method: "POST", Path: "/stadt/one-click/", KnownBy: site.ByOwnSession, Handle: page("Done")},
	}), c
}

func TestEveryErrorHasAPageOfItsOwn(t *testing.T) {
	t.Parallel()
	handler, c := house(t)
	for _, test := range []struct {
		name     string
		who      int64
		method   string
		path     string
		status   int
		location string
		sees     string
	}{
		{name: "a page", method: "GET", path: "/", status: 200, sees: "Start page"},
		{name: "a page without its slash", method: "GET", path: "/garten", status: 200, sees: "Page of garten"},
		{name: "a page with its slash", method: "GET", path: "/garten/", status: 200, sees: "Page of garten"},
		{name: "HEAD", method: "HEAD", path: "/garten/", status: 200},
		{name: "an entity named like a word of a path", method: "GET", path: "/groups/x/edit", status: 200, sees: "Edit of groups"},
		{name: "no such page", method: "GET", path: "/stadt/nowhere/", status: 404, sees: "Not found"},
		{name: "a path that climbs", method: "GET", path: "/a/../b/", status: 404, sees: "Not found"},
		{name: "a wrong method", method: "DELETE", path: "/garten/", status: 405, sees: "That doesn’t work here"},
		{name: "nobody at a page for people", method: "GET", path: "/stadt/groups/3/members/", status: 303, location: "/stadt/login/?next=%2Fstadt%2Fgroups%2F3%2Fmembers%2F"},
		{name: "Anna at a page for people", who: c.Anna.ID, method: "GET", path: "/stadt/groups/3/members/", status: 200, sees: "Members"},
		{name: "nobody at a page for administrators", method: "GET", path: "/stadt/admin/", status: 303, location: "/stadt/login/?next=%2Fstadt%2Fadmin%2F"},
		{name: "Anna at a page for administrators", who: c.Anna.ID, method: "GET", path: "/stadt/admin/", status: 403, sees: "No access"},
		{name: "an administrator", who: c.Admin.ID, method: "GET", path: "/stadt/admin/", status: 200, sees: "Administration"},
		{name: "Anna is denied", who: c.Anna.ID, method: "GET", path: "/stadt/denied/", status: 403, sees: "No access"},
		{name: "the database is away", method: "GET", path: "/stadt/away/", status: 503, sees: "Nothing is lost"},
		{name: "Too many attempts", method: "GET", path: "/stadt/often/", status: 429, sees: "Too many attempts"},
		{name: "a defect", method: "GET", path: "/stadt/broken/", status: 500, sees: "not yours"},
		{name: "a panic", method: "GET", path: "/stadt/panic/", status: 500, sees: "not yours"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			v := webtest.Visit(t, handler)
			if test.who != 0 {
				v.As(test.who)
			}
			p := v.Ask(test.method, test.path)
			v.Sees(test.status, test.sees)
			v.DoesNotSee("burst", "fell in")
			if got := p.Header.Get("Location"); got != test.location {
				t.Errorf("leads to %q, want %q", got, test.location)
			}
			if test.status == 429 && p.Header.Get("Retry-After") != "90" {
				t.Errorf("Retry-After is %q", p.Header.Get("Retry-After"))
			}
		})
	}
}

func TestPagesAreGuarded(t *testing.T) {
	t.Parallel()
	handler, _ := house(t)
	v := webtest.Visit(t, handler)
	v.Get("/")
	csp := v.Page.Header.Get("Content-Security-Policy")
	if csp == "" || strings.Contains(csp, "unsafe") {
		t.Errorf("Content-Security-Policy: %q", csp)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"} {
		if got := v.Page.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if v.Page.Header.Get("Set-Cookie") != "" {
		t.Error("somebody who only looks gets a cookie")
	}
	v.DoesNotSee("<style", "style=", "onclick")
}

func TestRequestsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	handler, _ := house(t)
	for _, test := range []struct {
		path   string
		site   string
		status int
	}{
		{"/stadt/note/", "same-origin", 303},
		{"/stadt/note/", "cross-site", 403},
		{"/stadt/one-click/", "cross-site", 200},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://example.org"+test.path, strings.NewReader(url.Values{"text": {"x"}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", test.site)
		if got := status(handler, r); got != test.status {
			t.Errorf("%s from %s: %d, want %d", test.path, test.site, got, test.status)
		}
	}
}

func TestOtherHostsAreRefused(t *testing.T) {
	t.Parallel()
	handler, _ := house(t)
	for host, want := range map[string]int{"example.org": 200, "EXAMPLE.ORG": 200, "localhost:8008": 200, "evil.example": 400, "example.org.evil.example": 400} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://example.org/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		if got := status(handler, r); got != want {
			t.Errorf("%s: %d, want %d", host, got, want)
		}
	}
}

func TestFlashIsShownOnce(t *testing.T) {
	t.Parallel()
	handler, _ := house(t)
	v := webtest.Visit(t, handler)
	v.Send("/stadt/note/", url.Values{"text": {"x"}}, true)
	v.Sees(200, "Not found")
	v.Get("/")
	v.DoesNotSee("Not found")
}

func TestVisitorChoosesALanguage(t *testing.T) {
	t.Parallel()
	handler, c := house(t)
	for _, who := range []int64{0, c.Anna.ID} {
		v := webtest.Visit(t, handler)
		if who != 0 {
			v.As(who)
		}
		v.Get("/")
		v.Sees(200, `lang="en"`, "Skip to content")
		v.Submit("language", map[string]string{"language": "de"})
		v.Sees(200, `<html lang="de">`, "Zum Inhalt springen")
	}
}

func TestTheBrowserDecidesWhereNobodyHasChosenALanguage(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	c := cast.New(t, db)
	people := webtest.People{c.Anna.ID: c.Anna.Viewer, c.Bert.ID: c.Bert.Viewer}
	if err := people.SetLanguage(t.Context(), c.Bert.ID, "en"); err != nil {
		t.Fatal(err)
	}
	handler := webtest.Start(t, webtest.NewSite(t, db, people), []site.Route{
		{Method: http.MethodGet, Path: "/", Handle: func(v *site.Visit) error { return v.Show(site.Page{Title: v.T("Home")}) }},
	})
	for _, row := range []struct {
		name, browser, cookie string
		who                   int64
		want                  string
	}{
		{"a browser that says nothing", "", "", 0, "en"},
		{"a browser that prefers another language", "de-AT, en;q=0.5", "", 0, "de"},
		{"a browser that prefers none of ours", "fr", "", 0, "en"},
		{"the choice on this device wins", "de", "en", 0, "en"},
		{"a choice that is none does not", "de", "fr", 0, "de"},
		{"an account without a choice", "de", "", c.Anna.ID, "de"},
		{"an account's choice wins", "de", "de", c.Bert.ID, "en"},
	} {
		v := webtest.VisitAs(t, handler, row.who)
		v.Header = http.Header{"Accept-Language": {row.browser}}
		if row.cookie != "" {
			v.Header.Set("Cookie", "language="+row.cookie)
		}
		v.Get("/")
		v.Sees(http.StatusOK, `<html lang="`+row.want+`">`)
		if got := v.Page.Header.Values("Vary"); !slices.Contains(got, "Accept-Language, Cookie") {
			t.Errorf("%s: Vary: %q", row.name, got)
		}
	}
}

func status(handler http.Handler, r *http.Request) int {
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Code
}
