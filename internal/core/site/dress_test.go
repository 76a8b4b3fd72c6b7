package site_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"grouprise.org/grouprise/internal/core/parts"
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
		return v.Show(site.Page{Title: "A page", Body: v.Site().Outlet(site.OutletStart), Aside: parts.Text("aside")})
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
	if got := visitor.Ask(http.MethodGet, "/stadt/manifest.webmanifest").Body; !strings.Contains(got, `"icons":[{"src":"/own/square.png","sizes":"any","purpose":"any"}]`) {
		t.Errorf("the home screen does not show the site's own logo alone: %s", got)
	}
	if got := visitor.Ask(http.MethodGet, "/service-worker.js").Body; !strings.Contains(got, `"icon":"/own/square.png"`) {
		t.Errorf("news does not bear the site's own logo: %.300s", got)
	}
	if got := visitor.Get("/stadt/logos/backdrop/"); got.Status != http.StatusNotFound {
		t.Errorf("a logo that there is not: %d", got.Status)
	}
}

func TestFilesOfTheSitesOwnAreServed(t *testing.T) {
	t.Parallel()
	s := webtest.NewSite(t, dbtest.SQLite(t), webtest.People{})
	changed := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	const drawing = "<svg><script>alert(1)</script></svg>"
	s.Dress.Files = []fs.FS{
		fstest.MapFS{
			"logo.svg": {Data: []byte(drawing), ModTime: changed}, "sub/style.css": {Data: []byte("a{}"), ModTime: changed},
			"page.html": {Data: []byte("<p>")}, ".secret.css": {Data: []byte("a{}")}, ".git/style.css": {Data: []byte("a{}")},
			"huge.png": {Data: make([]byte, 16<<20+1)}, "folder.css/x.css": {Data: []byte("a{}")},
		},
		fstest.MapFS{"logo.svg": {Data: []byte("another")}, "second.js": {Data: []byte("1"), ModTime: changed}, "Photo.JPG": {Data: []byte("2")}},
	}
	s.Logo = "/stadt/own/logo.svg"
	s.Dress.Stylesheets = []site.Stylesheet{{Path: "/stadt/own/sub/style.css"}, {Path: "/stadt/own/missing.css"}, {Path: "/stadt/own/second.js?v=mine"}}
	pages := webtest.Start(t, s, nil)
	ask := func(method, path string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, "http://example.org"+path, nil)
		if len(header) == 2 {
			r.Header.Set(header[0], header[1])
		}
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, r)
		return w
	}
	etag := ask(http.MethodGet, "/stadt/own/logo.svg").Header().Get("ETag")
	mark := strings.Trim(etag, `"`)
	page := ask(http.MethodGet, "/stadt/offline/").Body.String()
	for _, address := range []string{`src="/stadt/own/logo.svg?v=` + mark + `"`, `href="/stadt/own/sub/style.css?v=`, `href="/stadt/own/missing.css"`, `href="/stadt/own/second.js?v=mine"`} {
		if !strings.Contains(page, address) {
			t.Errorf("the page has no %s", address)
		}
	}
	const brief, forever = "public, max-age=300", "public, max-age=31536000, immutable"
	for _, c := range []struct {
		method, path string
		header       []string
		status       int
		kind, cache  string
		body         string
	}{
		{method: "GET", path: "logo.svg", status: 200, kind: "image/svg+xml", cache: brief, body: drawing},
		{method: "GET", path: "logo.svg?v=" + mark, status: 200, kind: "image/svg+xml", cache: forever, body: drawing},
		{method: "GET", path: "logo.svg?v=old", status: 200, kind: "image/svg+xml", cache: brief, body: drawing},
		{method: "HEAD", path: "logo.svg", status: 200, kind: "image/svg+xml", cache: brief},
		{method: "GET", path: "logo.svg", header: []string{"If-None-Match", etag}, status: 304, cache: brief},
		{method: "GET", path: "logo.svg", header: []string{"Range", "bytes=1-3"}, status: 206, kind: "image/svg+xml", cache: brief, body: "svg"},
		{method: "GET", path: "logo.svg", header: []string{"Range", "bytes=9999-"}, status: 416, body: "invalid range: failed to overlap\n"},
		{method: "GET", path: "sub/style.css", status: 200, kind: "text/css; charset=utf-8", cache: brief, body: "a{}"},
		{method: "GET", path: "second.js", status: 200, kind: "text/javascript; charset=utf-8", cache: brief, body: "1"},
		{method: "GET", path: "Photo.JPG", status: 200, kind: "image/jpeg", cache: brief, body: "2"},
		{method: "POST", path: "logo.svg", status: 404},
		{method: "GET", path: "", status: 404},
		{method: "GET", path: "sub", status: 404},
		{method: "GET", path: "sub/", status: 404},
		{method: "GET", path: "folder.css", status: 404},
		{method: "GET", path: "logo.svg/", status: 404},
		{method: "GET", path: "missing.css", status: 404},
		{method: "GET", path: "page.html", status: 404},
		{method: "GET", path: ".secret.css", status: 404},
		{method: "GET", path: ".git/style.css", status: 404},
		{method: "GET", path: "huge.png", status: 404},
		{method: "GET", path: "../static/site.css", status: 404},
		{method: "GET", path: "%2e%2e/static/site.css", status: 404},
		{method: "GET", path: "x/..%2flogo.svg", status: 404},
		{method: "GET", path: "logo.svg%00.css", status: 404},
	} {
		got := ask(c.method, "/stadt/own/"+c.path, c.header...)
		if got.Code != c.status {
			t.Errorf("%s %s %v: %d", c.method, c.path, c.header, got.Code)
		}
		if c.status == http.StatusNotFound {
			continue // a page of the site says so
		}
		h := got.Header()
		if got.Body.String() != c.body || c.kind != "" && h.Get("Content-Type") != c.kind || c.cache != "" && h.Get("Cache-Control") != c.cache {
			t.Errorf("%s %s %v: %q %v", c.method, c.path, c.header, got.Body.String(), h)
		}
		if !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || strings.Contains(h.Get("Content-Security-Policy"), "script-src") || h.Get("Set-Cookie") != "" {
			t.Errorf("%s: a drawing could run its script, or a cookie is sent: %v", c.path, h)
		}
	}
}

func TestEachPageShowsOneClaim(t *testing.T) {
	t.Parallel()
	s := webtest.NewSite(t, dbtest.SQLite(t), webtest.People{})
	page := func(v *site.Visit) error { return v.Show(site.Page{Title: "A page"}) }
	visitor := webtest.Visit(t, webtest.Start(t, s, []site.Route{{Method: http.MethodGet, Path: "/stadt/{page}", Handle: page, Cached: true}}))
	visitor.Get("/stadt/none/")
	visitor.DoesNotSee("foot-claim")

	s.Claims = []string{"Plant <trees>.", "Share tools.", "Ask the neighbours."}
	seen := map[string]int{}
	for _, path := range []string{"/stadt/a", "/stadt/b", "/stadt/c", "/stadt/d", "/stadt/e", "/stadt/f", "/stadt/g", "/stadt/h"} {
		body := visitor.Get(path).Body
		_, rest, _ := strings.Cut(body, `<p class="foot-claim">`)
		claim, _, _ := strings.Cut(rest, "</p>")
		if claim == "" || strings.Count(body, "foot-claim") != 1 {
			t.Errorf("%s shows no claim, or several", path)
		}
		seen[claim]++
		if again := visitor.Get(path + "/").Body; !strings.Contains(again, claim) {
			t.Errorf("%s shows another claim the next time", path)
		}
	}
	if len(seen) != 3 || seen["Plant &lt;trees&gt;."] == 0 {
		t.Errorf("pages show %v", seen)
	}
}
