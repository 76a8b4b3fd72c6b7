package site_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

func TestAProgramIsKnownByItsAppPassword(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	people := cast.New(t, db)
	program := func(path string, handle site.Handler) site.Route {
		return site.Route{Path: path, Handle: handle, KnownBy: site.ByAppPassword, Scope: "calendars", SignedIn: true, Failures: site.AsText}
	}
	handler := webtest.Start(t, webtest.NewSite(t, db, webtest.People(people.Viewers())), []site.Route{
		program("/stadt/whose", func(v *site.Visit) error {
			_, err := v.W.Write([]byte(v.R.Method + " " + v.Viewer.Slug))
			return err
		}),
		program("/stadt/denied", func(*site.Visit) error { return errs.New(errs.Denied, "Only to be read.") }),
	})
	const ok, unknown, denied, missing = http.StatusOK, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound
	for _, c := range []struct {
		what, method, path, login, secret, from string
		status                                  int
		body                                    string
	}{
		{"the right one", "GET", "/stadt/whose", "anna", webtest.AppPassword, "", ok, "GET anna"},
		{"of another", "GET", "/stadt/whose/", "bert", webtest.AppPassword, "", ok, "GET bert"},
		{"a wrong one", "GET", "/stadt/whose", "anna", "demo", "", unknown, "Please sign in."},
		{"none", "GET", "/stadt/whose", "", "", "", unknown, "Please sign in."},
		{"none for writing", "DELETE", "/stadt/whose", "", "", "", unknown, "Please sign in."},
		{"a method of WebDAV", "PROPFIND", "/stadt/whose", "anna", webtest.AppPassword, "", ok, "PROPFIND anna"},
		{"one that reads, from another site", "REPORT", "/stadt/whose", "anna", webtest.AppPassword, "cross-site", ok, "REPORT anna"},
		{"one that writes, from another site", "POST", "/stadt/whose", "anna", webtest.AppPassword, "cross-site", unknown, "Please sign in."},
		{"what is denied", "PUT", "/stadt/denied", "anna", webtest.AppPassword, "", denied, "Only to be read."},
		{"what is not there", "PROPFIND", "/stadt/nothing", "anna", webtest.AppPassword, "", missing, ""},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, "http://example.org"+c.path, nil)
		if c.login != "" {
			r.SetBasicAuth(c.login, c.secret)
		}
		if c.from != "" {
			r.Header.Set("Sec-Fetch-Site", c.from)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != c.status || !strings.HasPrefix(w.Body.String(), c.body) {
			t.Errorf("%s: %d, %q", c.what, w.Code, w.Body.String())
		}
		if asks := w.Header().Get("WWW-Authenticate") == `Basic realm="example.org", charset="UTF-8"`; asks != (c.status == unknown) {
			t.Errorf("%s asks for a password: %t", c.what, asks)
		}
		if len(w.Result().Cookies()) > 0 {
			t.Errorf("%s begins a session", c.what)
		}
	}
	anna := webtest.VisitAs(t, handler, people.Anna.ID)
	if p := anna.Ask(http.MethodGet, "/stadt/whose"); p.Status != unknown {
		t.Errorf("a session lets a program in: %d", p.Status)
	}
}
