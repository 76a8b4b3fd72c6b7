package site_test

import (
	"net/http"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

func TestAnAdministratorDressesTheSite(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	s := webtest.NewSite(t, db, webtest.People{})
	s.Dress = site.Dress{
		Stylesheets: []site.Stylesheet{{Path: "/own/style.css", Media: "screen"}},
		Scripts:     []site.Script{{Path: "/own/script.js", Load: "defer"}, {Content: "hello()"}},
		Favicon:     "/own/icon.svg", Square: "/own/square.png",
		Outlets: map[site.Outlet]string{},
	}
	for _, o := range site.Outlets() {
		s.Dress.Outlets[o] = "<!-- own " + string(o) + " -->"
	}
	visitor := webtest.Visit(t, webtest.Start(t, s, []site.Route{{Method: http.MethodGet, Path: "/stadt/page", Handle: func(v *site.Visit) error {
		return v.Show(site.Page{Title: "A page", Body: v.Site().Outlet(site.OutletStart), Aside: site.Text("aside")})
	}}}))
	visitor.Get("/stadt/page/")
	visitor.Sees(
		http.StatusOK, `<link rel="stylesheet" href="/own/style.css" media="screen">`, `<script src="/own/script.js" defer></script>`, `<script>hello()</script>`,
		`<link rel="icon" href="/own/icon.svg">`, `<meta property="og:image" content="http://example.org/own/square.png">`,
		"<!-- own head -->", "<!-- own header -->", "<!-- own start -->", "<!-- own sidebar -->", "<!-- own footer -->",
	)
	if body := visitor.Page.Body; strings.Index(body, "/own/style.css") < strings.Index(body, "/stadt/static/site-") {
		t.Error("our styles win over the site's own")
	}
	if got := visitor.Ask(http.MethodGet, "/stadt/logos/square/"); got.Status != http.StatusFound || got.Header.Get("Location") != "/own/square.png" {
		t.Errorf("%d %v", got.Status, got.Header)
	}
	if got := visitor.Get("/stadt/logos/backdrop/"); got.Status != http.StatusNotFound {
		t.Errorf("a logo that there is not: %d", got.Status)
	}
}
