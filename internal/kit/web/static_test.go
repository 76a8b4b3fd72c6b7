package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"

	"grouprise.org/grouprise/internal/kit/web"
)

func TestStaticFilesAreServedAsTheBrowserLikesThem(t *testing.T) {
	t.Parallel()
	static, err := web.NewStatic(fstest.MapFS{
		"manifest.json":       {Data: []byte(`{"site.css":"site-1.css","text.woff2":"text-2.woff2"}`)},
		"site-1.css":          {Data: []byte("plain")},
		"site-1.css.br":       {Data: []byte("brotli")},
		"site-1.css.gz":       {Data: []byte("gzip")},
		"text-2.woff2":        {Data: []byte("font")},
		".keep":               {},
		"folder/picture.webp": {Data: []byte("picture")},
	}, "/static/")
	if err != nil {
		t.Fatal(err)
	}
	if got := static.Path("site.css"); got != "/static/site-1.css" {
		t.Errorf("the style is at %q", got)
	}
	if got := static.Path("missing.css"); got != "" {
		t.Errorf("a missing style is at %q", got)
	}
	for _, test := range []struct {
		name, method, path, accept, match string
		status                            int
		body, encoding, kind              string
	}{
		{name: "plain", method: "GET", path: "/static/site-1.css", status: 200, body: "plain", kind: "text/css; charset=utf-8"},
		{name: "brotli is preferred", method: "GET", path: "/static/site-1.css", accept: "gzip, deflate, br", status: 200, body: "brotli", encoding: "br", kind: "text/css; charset=utf-8"},
		{name: "gzip", method: "GET", path: "/static/site-1.css", accept: "gzip;q=0.8", status: 200, body: "gzip", encoding: "gzip", kind: "text/css; charset=utf-8"},
		{name: "brotli is refused", method: "GET", path: "/static/site-1.css", accept: "br;q=0, identity", status: 200, body: "plain", kind: "text/css; charset=utf-8"},
		{name: "nothing compressed lies there", method: "GET", path: "/static/text-2.woff2", accept: "br, gzip", status: 200, body: "font", kind: "font/woff2"},
		{name: "HEAD", method: "HEAD", path: "/static/site-1.css", status: 200, kind: "text/css; charset=utf-8"},
		{name: "compressed twins have no address", method: "GET", path: "/static/site-1.css.br", status: 404},
		{name: "nor has the list", method: "GET", path: "/static/manifest.json", status: 404},
		{name: "nor what is hidden", method: "GET", path: "/static/.keep", status: 404},
		{name: "nor what lies outside", method: "GET", path: "/static/../static.go", status: 404},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(test.method, "http://town.example/", nil)
			r.URL.Path = test.path
			r.Header.Set("Accept-Encoding", test.accept)
			w := serve(static, r)
			if w.Code != test.status || static.Has(test.path) != (test.status == 200) {
				t.Fatalf("answered %d, has %t", w.Code, static.Has(test.path))
			}
			if test.status != 200 {
				return
			}
			if w.Body.String() != test.body || w.Header().Get("Content-Encoding") != test.encoding || w.Header().Get("Content-Type") != test.kind {
				t.Errorf("answered %q, %v", w.Body, w.Header())
			}
			if w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" || w.Header().Get("Vary") != "Accept-Encoding" {
				t.Errorf("headers %v", w.Header())
			}
			again := r.Clone(t.Context())
			again.Header.Set("If-None-Match", w.Header().Get("ETag"))
			if w := serve(static, again); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
				t.Errorf("asked again it answered %d %q", w.Code, w.Body)
			}
		})
	}
}

func TestStaticWithoutABundleIsEmpty(t *testing.T) {
	t.Parallel()
	static, err := web.NewStatic(fstest.MapFS{".keep": {}}, "/static/")
	if err != nil || !static.Empty() || static.Path("site.css") != "" {
		t.Errorf("empty %t, %v", static.Empty(), err)
	}
}
