package site_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

func TestNoSecretOfALinkStandsInTheLog(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := webtest.NewLoggedSite(t, dbtest.SQLite(t), webtest.People(map[int64]community.Viewer{}), slog.New(slog.NewTextHandler(&log, nil)))
	show := func(v *site.Visit) error { return v.Show(site.Page{Title: "Confirm"}) }
	handler := webtest.Start(t, s, []site.Route{
		{Method: http.MethodGet, Path: "/stadt/confirm/{key}/", Handle: show},
		{Method: http.MethodGet, Path: "/stadt/reset/key/{key}/", Handle: show},
		{Method: http.MethodGet, Path: "/stadt/unsubscribe/{group}/{person}/{key}", Handle: show},
		{Method: http.MethodGet, Path: "/{entity}/", Handle: show},
	})
	const secret, short = "abcdefghijklmnopqrstuvwxyz", "short"
	for _, c := range []struct{ method, path string }{
		{"GET", "/stadt/confirm/" + secret + "/"},
		{"GET", "/stadt/confirm/" + short},
		{"GET", "/stadt/confirm/" + short + "/x"},
		{"PUT", "/stadt/confirm/" + short + "/"},
		{"POST", "/stadt/confirm/" + short + "/"},
		{"GET", "//stadt//confirm/" + short},
		{"GET", "/Stadt/Confirm/" + short},
		{"GET", "/stadt/reset/key/1-" + short + "/more"},
		{"GET", "/stadt/unsubscribe/3/4/" + short + "."},
		{"GET", "/stadt/confirm" + secret},
		{"GET", "/" + secret + "/"},
		{"GET", "/stadt/xconfirm/" + strings.ToUpper(secret)},
	} {
		log.Reset()
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(c.method, "http://"+s.Domain+c.path, nil))
		foreign := httptest.NewRequest(c.method, "http://foreign.example"+c.path, nil)
		handler.ServeHTTP(httptest.NewRecorder(), foreign)
		if lines := log.String(); strings.Count(lines, "path=") != 2 || strings.Contains(strings.ToLower(lines), secret) || strings.Contains(lines, short) {
			t.Errorf("%s %s is logged as\n%s", c.method, c.path, lines)
		}
	}
	log.Reset()
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "http://"+s.Domain+"/garten/", nil))
	if !strings.Contains(log.String(), "path=/garten/") {
		t.Errorf("a page without a secret is logged as %s", &log)
	}
}

func TestPathsOfKeysEndWithTheKey(t *testing.T) {
	t.Parallel()
	got := strings.Join(site.KeyPaths([]site.Route{
		{Path: "/stadt/reset/{key}/done"}, {Path: "/stadt/mail/{secret}"}, {Method: http.MethodPost, Path: "/stadt/mail/{secret}"}, {Path: "/stadt/groups/{id}"},
	}), " ")
	if want := "/stadt/mail/{secret} /stadt/reset/{key}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestNobodyKeepsPagesBehindLinksWithKeys looks at what pages say of being kept, which browsers and our service worker
// heed.
func TestNobodyKeepsPagesBehindLinksWithKeys(t *testing.T) {
	t.Parallel()
	show := func(v *site.Visit) error { return v.Show(site.Page{Title: "x", Body: templ.NopComponent}) }
	handler := webtest.Start(t, webtest.NewSite(t, dbtest.SQLite(t), webtest.People{}), []site.Route{
		{Method: http.MethodGet, Path: "/stadt/a/{key}", Handle: show},
		{Method: http.MethodGet, Path: "/stadt/b/{secret}/c", Handle: show},
		{Method: http.MethodGet, Path: "/stadt/d/{id}/{token}", Handle: show},
		{Method: http.MethodGet, Path: "/stadt/e/{id}", Handle: show},
	})
	v := webtest.Visit(t, handler)
	for path, want := range map[string]string{"/stadt/a/1/": "no-store", "/stadt/b/1/c/": "no-store", "/stadt/d/1/2/": "no-store", "/stadt/e/1/": "private, no-cache"} {
		if got := v.Get(path); got.Status != http.StatusOK || got.Header.Get("Cache-Control") != want {
			t.Errorf("%s: %d, %s", path, got.Status, got.Header.Get("Cache-Control"))
		}
	}
}
