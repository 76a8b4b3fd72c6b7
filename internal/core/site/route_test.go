package site_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

func TestAPageSeesAndRepeatsDeclaredParametersOnly(t *testing.T) {
	t.Parallel()
	handler := webtest.Start(t, webtest.NewSite(t, dbtest.SQLite(t), webtest.People{}), []site.Route{
		{Method: http.MethodGet, Path: "/stadt/list/", Query: []string{"name", "before"}, Handle: func(v *site.Visit) error {
			return v.Show(site.Page{Title: v.Query("name") + " " + v.R.URL.RawQuery + " " + v.Older(paging.Cursor{ID: 7})})
		}},
		{Method: http.MethodGet, Path: "/stadt/forgotten/", Handle: func(v *site.Visit) error {
			return say(v, v.Query("name"))
		}},
		{Method: http.MethodGet, Path: "/stadt/forgotten/page/", Query: []string{"before"}, Handle: func(v *site.Visit) error {
			return say(v, v.After().String())
		}},
		{Method: http.MethodGet, Path: "/stadt/forgotten/next/", Handle: func(v *site.Visit) error {
			return say(v, v.Next())
		}},
	})
	v := webtest.Visit(t, handler)
	v.Get("/stadt/list/?secret=77&name=garten&before=x")
	v.Sees(http.StatusOK, "garten name=garten&amp;before=x /stadt/list/?before=-62135596800000-7&amp;name=garten",
		`name="next" value="/stadt/list/?name=garten&amp;before=x"`, "/stadt/login/?next=%2Fstadt%2Flist%2F%3Fname%3Dgarten%26before%3Dx")
	v.DoesNotSee("secret", "77")
	for _, path := range []string{"/stadt/forgotten/", "/stadt/forgotten/page/", "/stadt/forgotten/next/"} {
		v.Get(path)
		v.Sees(http.StatusInternalServerError)
	}
}

func TestARouteSaysInWhichFormItFails(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	c := cast.New(t, db)
	var routes []site.Route
	problems := map[string]error{
		"denied": errs.New(errs.Denied, "Only for <members>."), "invalid": errs.Check(errs.Field("name", "Enter a name.")),
		"broken": errors.New("the pipe burst"), "away": errs.New(errs.Unavailable, ""),
	}
	for name, problem := range problems {
		handle := func(*site.Visit) error { return problem }
		routes = append(routes,
			site.Route{Method: http.MethodGet, Path: "/stadt/part/" + name, Failures: site.AsPart, SignedIn: true, Handle: handle},
			site.Route{Method: http.MethodGet, Path: "/stadt/json/" + name, Failures: site.AsJSON, SignedIn: true, Handle: handle})
	}
	handler := webtest.Start(t, webtest.NewSite(t, db, webtest.People(c.Viewers())), routes)
	anna, nobody := webtest.VisitAs(t, handler, c.Anna.ID), webtest.Visit(t, handler)
	for _, test := range []struct {
		visitor            *webtest.Visitor
		name               string
		status             int
		asPart             string
		asJSON, retryAfter string
	}{
		{visitor: nobody, name: "denied", status: 401, asPart: "Please sign in.", asJSON: `{"problem":"Please sign in."}`},
		{visitor: anna, name: "denied", status: 403, asPart: "Only for &lt;members&gt;.", asJSON: `{"problem":"Only for \u003cmembers\u003e."}`},
		{visitor: anna, name: "invalid", status: 422, asPart: "Enter a name.", asJSON: `{"problem":"Enter a name."}`},
		{visitor: anna, name: "broken", status: 500, asPart: "That’s our fault, not yours. Administrators can find the cause in the log with the number below."},
		{visitor: anna, name: "away", status: 503, retryAfter: "60", asPart: "The site can’t reach its data at the moment. Nothing is lost. Please try again in a minute."},
	} {
		for form, want := range map[string]string{"part": test.asPart, "json": test.asJSON} {
			got := test.visitor.Ask(http.MethodGet, "/stadt/"+form+"/"+test.name)
			kind := map[string]string{"part": "text/html; charset=utf-8", "json": "application/json"}[form]
			if got.Status != test.status || want != "" && got.Body != want || got.Header.Get("Content-Type") != kind || got.Header.Get("Retry-After") != test.retryAfter {
				t.Errorf("%s as %s: %d %v %s", test.name, form, got.Status, got.Header, got.Body)
			}
			if strings.Contains(got.Body, "burst") || got.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s as %s: %v %s", test.name, form, got.Header, got.Body)
			}
		}
	}
}

func TestARouteSaysByWhatItKnowsItsVisitors(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	c := cast.New(t, db)
	who := func(v *site.Visit) error { return say(v, "hello "+v.Viewer.Name) }
	handler := webtest.Start(t, webtest.NewSite(t, db, webtest.People(c.Viewers())), []site.Route{
		{Method: http.MethodPost, Path: "/stadt/session/", Handle: who},
		{Method: http.MethodPost, Path: "/stadt/own-session/", KnownBy: site.ByOwnSession, Handle: who},
		{Method: http.MethodPost, Path: "/stadt/nothing/", KnownBy: site.ByNothing, Handle: who},
	})
	anna := webtest.VisitAs(t, handler, c.Anna.ID)
	for _, test := range []struct {
		path, from string
		status     int
		says       string
	}{
		{"/stadt/session/", "same-origin", 200, "hello Anna Ahorn"},
		{"/stadt/session/", "cross-site", 403, "another site"},
		{"/stadt/own-session/", "same-origin", 200, "hello Anna Ahorn"},
		{"/stadt/own-session/", "cross-site", 200, "hello "},
		{"/stadt/nothing/", "same-origin", 200, "hello "},
		{"/stadt/nothing/", "cross-site", 200, "hello "},
	} {
		anna.Header = http.Header{"Sec-Fetch-Site": {test.from}}
		anna.Send(test.path, url.Values{}, false)
		anna.Sees(test.status, test.says)
		if test.says == "hello " && anna.Page.Body != test.says {
			t.Errorf("%s from %s knows Anna: %s", test.path, test.from, anna.Page.Body)
		}
	}
}
