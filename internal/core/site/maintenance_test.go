package site_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

func TestAnAdministratorClosesTheSiteByAFile(t *testing.T) {
	t.Parallel()
	s := webtest.NewSite(t, dbtest.SQLite(t), webtest.People{})
	folder := t.TempDir()
	s.Maintenance, s.SiteData = filepath.Join(folder, "maintenance_mode"), site.OwnFolder(folder)
	if err := os.WriteFile(filepath.Join(folder, "note.txt"), []byte("a note"), 0o600); err != nil {
		t.Fatal(err)
	}
	visitor := webtest.Visit(t, webtest.Start(t, s, []site.Route{
		{Method: http.MethodGet, Path: "/stadt/page", Handle: func(v *site.Visit) error { return v.Show(site.Page{Title: "A page"}) }},
		{Method: http.MethodPost, Path: "/stadt/page", Handle: func(v *site.Visit) error { return v.Redirect("/stadt/page/") }},
	}))
	visitor.Get("/stadt/page/")
	visitor.Sees(http.StatusOK, "A page")

	if err := os.WriteFile(s.Maintenance, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/stadt/healthz/x", "/stadt/../stadt/page/", "//stadt/page", "/stadt/healthz/../page/", "/stadt/readyz%2f..%2fpage/", "/-/site/../../stadt/page/"} {
		if got := visitor.Ask(http.MethodGet, path); got.Status != http.StatusServiceUnavailable && got.Status != http.StatusNotFound {
			t.Errorf("a way around: %s: %d", path, got.Status)
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, "PROPFIND", "MOVE"} {
		got := visitor.Ask(method, "/stadt/page/")
		if got.Status != http.StatusServiceUnavailable || got.Header.Get("Retry-After") != "300" || got.Header.Get("Cache-Control") != "no-store" ||
			!strings.Contains(got.Body, "This site is being worked on.") || strings.Contains(got.Body, "data") && strings.Contains(got.Body, "Nothing is lost") {
			t.Errorf("%s: %d %v\n%s", method, got.Status, got.Header, got.Body)
		}
	}
	for _, path := range []string{"/stadt/healthz", "/stadt/readyz", "/stadt/healthz/", "/stadt/readyz/", "/-/site/note.txt"} {
		if got := visitor.Ask(http.MethodGet, path); got.Status != http.StatusOK {
			t.Errorf("%s: %d, and whoever watches should be answered", path, got.Status)
		}
	}

	if err := os.Remove(s.Maintenance); err != nil {
		t.Fatal(err)
	}
	visitor.Get("/stadt/page/")
	visitor.Sees(http.StatusOK, "A page")
}

func TestFilesOfTheAdministratorAreShownAsTheyAre(t *testing.T) {
	t.Parallel()
	s := webtest.NewSite(t, dbtest.SQLite(t), webtest.People{})
	folder := t.TempDir()
	data := filepath.Join(folder, "site-data")
	for name, text := range map[string]string{
		"site-data/index.html": "<script>start()</script>", "site-data/plans/index.html": "plans", "site-data/a.unknown": "a file", "site-data/.hidden": "hidden", "secret": "a secret",
	} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(folder, "secret"), filepath.Join(data, "link")); err != nil {
		t.Fatal(err)
	}
	s.SiteData = site.OwnFolder(data)
	visitor := webtest.Visit(t, webtest.Start(t, s, nil))
	for _, c := range []struct {
		path   string
		status int
		kind   string
		body   string
	}{
		{"/-/site/", 200, "text/html; charset=utf-8", "<script>start()</script>"},
		{"/-/site/plans/", 200, "text/html; charset=utf-8", "plans"},
		{"/-/site/a.unknown", 200, "application/octet-stream", "a file"},
		{"/-/site/plans", 404, "", ""},
		{"/-/site/none.txt", 404, "", ""},
		{"/-/site/.hidden", 404, "", ""},
		{"/-/site/link", 404, "", ""},
		{"/-/site/../secret", 404, "", ""},
		{"/-/site//secret", 404, "", ""},
	} {
		got := visitor.Ask(http.MethodGet, c.path)
		if got.Status != c.status || c.status == http.StatusOK && (got.Body != c.body || got.Header.Get("Content-Type") != c.kind) {
			t.Errorf("%s: %d %v %q", c.path, got.Status, got.Header, got.Body)
		}
		if c.status == http.StatusOK && (got.Header.Get("Cache-Control") != "public, no-cache" || got.Header.Get("X-Content-Type-Options") != "nosniff" ||
			got.Header.Get("Content-Security-Policy") != "") {
			t.Errorf("%s: %v", c.path, got.Header)
		}
	}
}
