package site_test

import (
	"net/http"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/schemaorg"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// previewed serves pages that are shared in messengers.
func previewed(t *testing.T) (http.Handler, *cast.Cast) {
	t.Helper()
	db := dbtest.SQLite(t)
	c := cast.New(t, db)
	show := func(p site.Page) site.Handler { return func(v *site.Visit) error { return v.Show(p) } }
	article := site.Page{
		Title: "Bohnen & <b>Erbsen</b>", Description: `Was "wächst"`, Canonical: "/garten/bohnen/", Crumbs: []parts.Crumb{{Label: "Home", Path: "/"}, {Label: "</script>"}},
		Preview: site.Preview{Type: "article", Picture: site.WidePicture("bohnen.jpg", "Ein Beet"), PublishedAt: clock.Date(2026, 3, 1, 12, 0)},
		Things:  []schemaorg.Thing{schemaorg.Article{Headline: "Bohnen", Work: schemaorg.Work{Name: "Bohnen", URL: "http://example.org/garten/bohnen/"}}},
	}
	part, hidden := article, article
	part.NoIndex, hidden.Hidden = true, true
	face := site.Page{Title: "Garten", Preview: site.Preview{Picture: site.FacePicture(community.Entity{Name: "Garten", Picture: "g.png"})}, Alternates: []site.Alternate{{Type: "text/x-own", Title: "Eigenes", Path: "/own"}}}
	rooms := module.Module{
		Routes: []site.Route{
			{Method: "GET", Path: "/article", Handle: show(article), Cached: true},
			{Method: "GET", Path: "/part", Handle: show(part)},
			{Method: "GET", Path: "/hidden", Handle: show(hidden)},
			{Method: "GET", Path: "/face", Handle: func(v *site.Visit) error {
				v.Concerns(site.Subject{Entity: community.Entity{ID: 7}})
				return v.Show(face)
			}},
			{Method: "GET", Path: "/bare", Handle: show(site.Page{Title: "Bare"})},
		},
		Alternates: []site.AlternateSource{{About: "feeds", Of: func(_ *site.Visit, s site.Subject) []site.Alternate {
			if s.Entity.ID == 0 {
				return []site.Alternate{{Type: "application/atom+xml", Title: "All", Path: "/all.xml"}}
			}
			return []site.Alternate{{Type: "application/atom+xml", Title: "One", Path: "/one.xml"}}
		}}},
	}
	return webtest.Open(t, webtest.NewSite(t, db, webtest.People{c.Anna.ID: c.Anna.Viewer}), rooms), c
}

// says returns what the head of a page says: meta elements by their names or properties, the canonical address, and the
// alternates.
func says(t *testing.T, page string) map[string]string {
	t.Helper()
	head := webtest.ReadHead(t, page)
	head.Meta["canonical"] = head.Canonical
	for _, a := range head.Alternates {
		head.Meta["alternates"] += a["type"] + " " + a["title"] + " " + a["href"] + "\n"
	}
	return head.Meta
}

func TestMessengersShowWhatAPageSaysOfItself(t *testing.T) {
	t.Parallel()
	handler, _ := previewed(t)
	german := webtest.Visit(t, handler)
	german.Header = http.Header{"Accept-Language": {"de"}}
	for _, c := range []struct {
		path string
		says map[string]string
	}{
		{"/article", map[string]string{
			"canonical": "http://example.org/garten/bohnen/", "og:url": "http://example.org/garten/bohnen/", "og:title": "Bohnen & <b>Erbsen</b>", "og:type": "article",
			"og:description": `Was "wächst"`, "description": `Was "wächst"`, "og:site_name": "Neustadt", "og:locale": "de_DE", "article:published_time": "2026-03-01T12:00:00Z",
			"og:image": "http://example.org/-/images/preview/bohnen.jpg", "og:image:width": "1200", "og:image:height": "630", "og:image:alt": "Ein Beet",
			"twitter:card": "summary_large_image", "twitter:image:alt": "Ein Beet", "robots": "",
		}},
		{"/part", map[string]string{"robots": "noindex", "og:title": "Bohnen & <b>Erbsen</b>"}},
		{"/hidden", map[string]string{
			"robots": "noindex", "og:title": "", "og:description": "", "og:image": "", "canonical": "", "twitter:card": "", "alternates": "",
		}},
		{"/face", map[string]string{
			"og:type": "website", "og:image": "http://example.org/-/images/square/g.png", "og:image:width": "256", "og:image:alt": "Garten", "twitter:card": "summary",
			"alternates": "text/x-own Eigenes /own\napplication/atom+xml One /one.xml\n",
		}},
		{"/bare", map[string]string{"og:image:alt": "Neustadt", "twitter:card": "summary", "og:image:width": "512", "alternates": "application/atom+xml All /all.xml\n"}},
		{"/nowhere", map[string]string{"robots": "noindex", "og:title": "", "alternates": ""}},
	} {
		got := says(t, german.Get(c.path).Body)
		for name, want := range c.says {
			if got[name] != want {
				t.Errorf("%s says %s %q, want %q", c.path, name, got[name], want)
			}
		}
	}
	if got := says(t, webtest.Visit(t, handler).Get("/bare").Body)["og:locale"]; got != "en_GB" {
		t.Errorf("an English page is %s", got)
	}
}

func TestProgramsReadWhatAPageIsAbout(t *testing.T) {
	t.Parallel()
	handler, c := previewed(t)
	head := webtest.ReadHead(t, webtest.Visit(t, handler).Get("/article").Body)
	if len(head.Things) != 2 || head.Thing("Article")["headline"] != "Bohnen" {
		t.Fatalf("%v", head.Things)
	}
	way, ok := head.Thing("BreadcrumbList")["itemListElement"].([]any)
	if !ok || len(way) != 2 {
		t.Fatalf("%v", head.Things)
	}
	last, ok := way[1].(map[string]any)
	if !ok || last["name"] != "</script>" || last["item"] != "http://example.org/garten/bohnen/" || last["position"] != 2.0 {
		t.Errorf("the way ends with %v", last)
	}
	for path, who := range map[string]int64{"/article": c.Anna.ID, "/hidden": 0} {
		if head := webtest.ReadHead(t, webtest.VisitAs(t, handler, who).Get(path).Body); len(head.Things) > 0 {
			t.Errorf("%s says to %d: %v", path, who, head.Things)
		}
	}
}

func TestAWildcardStandsForAPartOfTheFirstSegment(t *testing.T) {
	t.Parallel()
	say := func(what string) site.Handler {
		return func(v *site.Visit) error {
			return v.Show(site.Page{Title: what + " " + v.R.PathValue("n") + v.R.PathValue("entity")})
		}
	}
	visitor := webtest.Visit(t, webtest.Start(t, webtest.NewSite(t, dbtest.SQLite(t), webtest.People{}), []site.Route{
		{Method: "GET", Path: "/part-{n}.xml", Handle: say("part")},
		{Method: "GET", Path: "/{entity}", Handle: say("entity")},
	}))
	for path, want := range map[string]string{
		"/part-12.xml": "part 12", "/part-12.xml/": "part 12", "/part-.xml": "entity part-.xml", "/part-12": "entity part-12", "/part-/12/.xml": "Not found", "/xpart-1.xml": "entity xpart-1.xml",
	} {
		if visitor.Get(path); !strings.Contains(visitor.Page.Body, "<h1>"+want+"</h1>") {
			t.Errorf("%s does not answer with %s: %d", path, want, visitor.Page.Status)
		}
	}
}
