package web_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/web"
)

// front wraps a handler that says who asks.
func front(transport web.Transport, log io.Writer) http.Handler {
	f := web.Front{
		Transport: transport, Hosts: []string{"town.example", "::1"}, Everywhere: []string{"/healthz"},
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")},
		Policy:         web.Policy{Image: []string{"https://tiles.example"}},
		Fail: func(w http.ResponseWriter, _ *http.Request, err error) {
			panicked, _ := errors.AsType[*web.Panicked](err)
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, "sorry: "+panicked.Value.(string))
		},
	}
	if log != nil {
		f.Log = slog.New(slog.NewTextHandler(log, nil))
	}
	return f.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/panic":
			panic("the roof fell in")
		case "/half":
			_, _ = io.WriteString(w, "half a page")
			panic("the roof fell in")
		case "/long":
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, strings.Repeat("<p>text</p>", 1000))
		default:
			_, _ = io.WriteString(w, web.RecordOf(r.Context()).Client.String())
		}
	}))
}

func TestOnlyTrustedProxiesNameTheClient(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, peer, forwarded, want string }{
		{"no proxy", "203.0.113.7:4711", "", "203.0.113.7"},
		{"a liar", "203.0.113.7:4711", "198.51.100.1", "203.0.113.7"},
		{"a proxy of ours", "10.1.2.3:4711", "198.51.100.1", "198.51.100.1"},
		{"a liar behind our proxy", "10.1.2.3:4711", "192.0.2.99, 198.51.100.1", "198.51.100.1"},
		{"two proxies of ours", "10.1.2.3:4711", "198.51.100.1, 10.9.9.9", "198.51.100.1"},
		{"IPv6", "[fd00::1]:4711", "2001:db8::5", "2001:db8::5"},
		{"IPv4 in IPv6", "[::ffff:10.1.2.3]:4711", "198.51.100.1", "198.51.100.1"},
		{"a unix socket", "@", "198.51.100.1", "198.51.100.1"},
		{"nonsense", "10.1.2.3:4711", "nobody", "10.1.2.3"},
		{"a proxy that says nothing", "10.1.2.3:4711", "", "10.1.2.3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "http://town.example/", nil)
			r.RemoteAddr = test.peer
			if test.forwarded != "" {
				r.Header.Set("X-Forwarded-For", test.forwarded)
			}
			if got := serve(front(web.Plain, nil), r).Body.String(); got != test.want {
				t.Errorf("client is %s, want %s", got, test.want)
			}
		})
	}
}

func TestTransportInsistsOnHTTPS(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		mode      web.Transport
		method    string
		url       string
		peer      string // the proxy if empty
		forwarded string
		encrypted bool
		status    int
		location  string
		strict    bool
	}{
		{name: "disabled", mode: web.Plain, method: "GET", url: "http://town.example/a", status: 200},
		{name: "disabled believes nobody", mode: web.Plain, method: "GET", url: "http://town.example/a", forwarded: "https", status: 200},
		{name: "reverse proxy, http", mode: web.ReverseProxy, method: "GET", url: "http://town.example/a?b=c", status: 301, location: "https://town.example/a?b=c"},
		{name: "reverse proxy, a port", mode: web.ReverseProxy, method: "GET", url: "http://town.example:8080/a", status: 301, location: "https://town.example/a"},
		{name: "reverse proxy, a form", mode: web.ReverseProxy, method: "POST", url: "http://town.example/a", status: 308, location: "https://town.example/a"},
		{name: "reverse proxy, https", mode: web.ReverseProxy, method: "GET", url: "http://town.example/a", forwarded: "https", status: 200, strict: true},
		{name: "reverse proxy, somebody else says https", mode: web.ReverseProxy, method: "GET", url: "http://town.example/a", peer: "192.0.2.1:80", forwarded: "https", status: 301, location: "https://town.example/a"},
		{name: "reverse proxy on a unix socket", mode: web.ReverseProxy, method: "GET", url: "http://town.example/a", peer: "@", forwarded: "https", status: 200, strict: true},
		{name: "integrated, http", mode: web.Integrated, method: "GET", url: "http://town.example/a", forwarded: "https", status: 301, location: "https://town.example/a"},
		{name: "integrated, https", mode: web.Integrated, method: "GET", url: "http://town.example/a", encrypted: true, status: 200, strict: true},
		{name: "health checks need no https", mode: web.ReverseProxy, method: "GET", url: "http://10.0.0.5/healthz", status: 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(test.method, test.url, nil)
			r.RemoteAddr = cmp.Or(test.peer, "10.0.0.1:4711")
			if test.forwarded != "" {
				r.Header.Set("X-Forwarded-Proto", test.forwarded)
			}
			if test.encrypted {
				r.TLS = &tls.ConnectionState{}
			}
			w := serve(front(test.mode, nil), r)
			if w.Code != test.status || w.Header().Get("Location") != test.location {
				t.Errorf("answered %d %q, want %d %q", w.Code, w.Header().Get("Location"), test.status, test.location)
			}
			if strict := w.Header().Get("Strict-Transport-Security") != ""; strict != test.strict {
				t.Errorf("Strict-Transport-Security sent: %t", strict)
			}
		})
	}
}

func TestForeignNamesAreRefused(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]int{
		"town.example": 200, "town.example:8008": 200, "TOWN.example.": 200, "[::1]:8008": 200,
		"evil.example": 400, "town.example.evil.example": 400, "town.example@evil.example": 400, "": 400,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		if got := serve(front(web.Plain, nil), r).Code; got != want {
			t.Errorf("%q answered %d, want %d", host, got, want)
		}
	}
}

func TestPanicBecomesAnAnswer(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "http://town.example/panic", nil)
	if w := serve(front(web.Plain, nil), r); w.Code != 500 || w.Body.String() != "sorry: the roof fell in" {
		t.Errorf("answered %d %q", w.Code, w.Body)
	}
}

func TestHalfAPageIsCutOff(t *testing.T) {
	t.Parallel()
	defer func() {
		if value := recover(); value != http.ErrAbortHandler { //nolint:errorlint // a panic's value is not wrapped
			t.Errorf("the handler ended with %v", value)
		}
	}()
	serve(front(web.Plain, nil), httptest.NewRequest(http.MethodGet, "http://town.example/half", nil))
}

func TestLogHasNoSecrets(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	r := httptest.NewRequest(http.MethodPost, "http://town.example/a?token=geheim", strings.NewReader("password=geheim"))
	r.Header.Set("Cookie", "session=geheim")
	r.RemoteAddr = "203.0.113.7:4711"
	w := serve(front(web.Plain, &log), r)
	if line := log.String(); strings.Contains(line, "geheim") || strings.Contains(line, "203.0.113.7") || strings.Count(line, "\n") != 1 {
		t.Errorf("logged %q", line)
	}
	if id := w.Header().Get("X-Request-ID"); id == "" || !strings.Contains(log.String(), id) {
		t.Errorf("the number %q of the request does not stand in the log", id)
	}
}

func TestLongPagesAreCompressed(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "http://town.example/long", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	w := serve(front(web.Plain, nil), r)
	unzipped, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if page, err := io.ReadAll(unzipped); err != nil || len(page) != 11_000 {
		t.Errorf("%d bytes, %v", len(page), err)
	}
}

func TestPolicyTakesAdditions(t *testing.T) {
	t.Parallel()
	w := serve(front(web.Plain, nil), httptest.NewRequest(http.MethodGet, "http://town.example/", nil))
	const want = "default-src 'self'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: https://tiles.example; " +
		"object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
	if got := w.Header().Get("Content-Security-Policy"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestLocalPath(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"/": "/", "/a/?b=c#d": "/a/?b=c#d", "http://town.example/a/": "/a/", "http://town.example": "/",
		"": "", "a": "", "//evil.example": "", "/\\evil.example": "", "\\\\evil.example": "", "http://evil.example/": "",
		"http://town.example.evil.example/": "", "http://town.example@evil.example/": "", "http://town.example//evil.example": "",
		"javascript:alert(1)": "", "/a\r\nSet-Cookie: x": "", "/\t/evil.example": "", "/%2f/evil": "", "/%zz": "", "/" + strings.Repeat("a", 3000): "",
	} {
		got, ok := web.LocalPath(target, "http://town.example")
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q %t, want %q", target, got, ok, want)
		}
	}
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
