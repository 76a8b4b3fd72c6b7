package fetch_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/fetch"
)

// anywhere lets the servers of a test be asked.
func anywhere(netip.Addr) bool { return true }

// resolveTo returns a resolver for which each name stands for the same address.
func resolveTo(address string) func(context.Context, string) ([]netip.Addr, error) {
	return func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr(address)}, nil
	}
}

func serve(t *testing.T, handle http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(handle)
	t.Cleanup(s.Close)
	return s.URL
}

// problem returns what is wrong, as a word.
func problem(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	e, ok := errors.AsType[*fetch.Error](err)
	if !ok {
		t.Fatalf("not a problem of the document: %v", err)
	}
	return string(e.Problem)
}

func TestAddressesAreReadAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ typed, want, problem string }{
		{"https://example.org/a.ics", "https://example.org/a.ics", ""},
		{" http://example.org:8080/a.ics?key=1#top ", "http://example.org:8080/a.ics?key=1", ""},
		{"webcal://example.org/a.ics", "https://example.org/a.ics", ""},
		{"WEBCAL://example.org/a.ics", "https://example.org/a.ics", ""},
		{"example.org/a.ics", "https://example.org/a.ics", ""},
		{"ftp://example.org/a.ics", "", "address"},
		{"file:///etc/passwd", "", "address"},
		{"javascript:alert(1)", "", "address"},
		{"https://", "", "address"},
		{"https:///a.ics", "", "address"},
		{"", "", "address"},
		{"https://exa mple.org/", "", "address"},
		{"https://example.org:25/", "", "address"},
		{"https://example.org:0/", "", "address"},
		{"https://example.org:99999/", "", "address"},
		{"https://anna:secret@example.org/a.ics", "", "password"},
		{"https://anna@example.org/a.ics", "", "password"},
	} {
		got, err := fetch.Parse(c.typed)
		if got != c.want || problem(t, err) != c.problem {
			t.Errorf("%q is read as %q (%v), want %q (%s)", c.typed, got, err, c.want, c.problem)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, typed := range []string{"https://example.org/a.ics", "webcal://x", "//x", "a:b@c", "https://[::1%25eth0]/", "https://x:1/"} {
		f.Add(typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		address, err := fetch.Parse(typed)
		if err != nil {
			return
		}
		u, err := url.Parse(address)
		if err != nil || u.User != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
			t.Errorf("%q is taken for %q", typed, address)
		}
		if again, err := fetch.Parse(address); err != nil || again != address {
			t.Errorf("%q is read as %q, and that as %q: %v", typed, address, again, err)
		}
	})
}

func TestADocumentIsReadOnceAndThenIfItHasChanged(t *testing.T) {
	t.Parallel()
	var header http.Header
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		header = r.Header.Clone()
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Last-Modified", "Tue, 03 Mar 2026 19:00:00 GMT")
		w.Header().Set("Content-Type", "Text/Calendar; charset=utf-8")
		if r.Header.Get("If-None-Match") == `"1"` && r.Header.Get("If-Modified-Since") == "Tue, 03 Mar 2026 19:00:00 GMT" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = io.WriteString(w, "BEGIN")
	})
	f := fetch.New(fetch.Config{UserAgent: "grouprise (+https://stadt.example/)", Allowed: anywhere})
	first, err := f.Get(t.Context(), fetch.Request{Address: address})
	if err != nil || string(first.Body) != "BEGIN" || first.Type != "text/calendar" || first.Unchanged {
		t.Fatalf("%+v, %v", first, err)
	}
	if got := header.Get("User-Agent"); got != "grouprise (+https://stadt.example/)" {
		t.Errorf("the program calls itself %q", got)
	}
	second, err := f.Get(t.Context(), fetch.Request{Address: address, ETag: first.ETag, LastModified: first.LastModified})
	if err != nil || !second.Unchanged || len(second.Body) != 0 {
		t.Errorf("%+v, %v", second, err)
	}
}

func TestRedirectsAreFollowedWithoutSayingWhereFrom(t *testing.T) {
	t.Parallel()
	var headers []http.Header
	var n atomic.Int32
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		headers = append(headers, r.Header.Clone())
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		if n.Add(1) <= 5 {
			http.Redirect(w, r, "/next?secret=1", http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, "there")
	})
	f := fetch.New(fetch.Config{Allowed: anywhere})
	d, err := f.Get(t.Context(), fetch.Request{Address: address + "/first?secret=2"})
	if err != nil || string(d.Body) != "there" {
		t.Errorf("five redirects: %v", err)
	}
	for _, h := range headers {
		if h.Get("Referer") != "" || h.Get("Cookie") != "" || h.Get("Authorization") != "" {
			t.Errorf("a request says too much: %v", h)
		}
	}
	n.Store(-1)
	if _, err := f.Get(t.Context(), fetch.Request{Address: address}); problem(t, err) != "redirects" {
		t.Errorf("six redirects: %v", err)
	}
}

func TestWhatServersAnswerHasANameEach(t *testing.T) {
	t.Parallel()
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for name, values := range r.URL.Query() {
			if name != "status" {
				w.Header().Set(name, values[0])
			}
		}
		status, _ := strconv.Atoi(r.URL.Query().Get("status"))
		w.WriteHeader(status)
	})
	f := fetch.New(fetch.Config{Allowed: anywhere})
	for _, c := range []struct {
		query, problem string
		wait           time.Duration
	}{
		{"status=404", "gone", 0},
		{"status=410", "gone", 0},
		{"status=401", "denied", 0},
		{"status=403", "denied", 0},
		{"status=429&Retry-After=7200", "busy", 2 * time.Hour},
		{"status=503&Retry-After=x", "busy", 0},
		{"status=503&Retry-After=-5", "busy", 0},
		{"status=503&Retry-After=99999999", "busy", 7 * 24 * time.Hour},
		{"status=503&Retry-After=" + url.QueryEscape(time.Now().Add(3*time.Hour).UTC().Format(http.TimeFormat)), "busy", 3 * time.Hour},
		{"status=500", "refused", 0},
		{"status=204", "refused", 0},
		{"status=206", "refused", 0},
		{"status=304", "refused", 0},
		{"status=302", "refused", 0},
		{"status=302&Location=" + url.QueryEscape("ftp://example.org/"), "address", 0},
		{"status=302&Location=" + url.QueryEscape("file:///etc/passwd"), "address", 0},
		{"status=302&Location=" + url.QueryEscape("http://a:b@example.org/"), "password", 0},
		{"status=302&Location=" + url.QueryEscape("http://example.org:25/"), "address", 0},
		{"status=302&Location=" + url.QueryEscape(":"), "address", 0},
		{"status=302&Location=" + url.QueryEscape("/?status=404"), "gone", 0},
	} {
		_, err := f.Get(t.Context(), fetch.Request{Address: address + "/?" + c.query})
		if got := problem(t, err); got != c.problem {
			t.Errorf("%s: %s, want %s", c.query, got, c.problem)
			continue
		}
		e, _ := errors.AsType[*fetch.Error](err)
		if e.RetryAfter < c.wait-time.Minute || e.RetryAfter > c.wait {
			t.Errorf("%s: wait %s, want %s", c.query, e.RetryAfter, c.wait)
		}
	}
}

func TestOnlyMachinesOnTheInternetAreAsked(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"9.9.9.9": true, "2620:fe::fe": true, "::ffff:9.9.9.9": true,
		"127.0.0.1": false, "127.8.8.8": false, "::1": false, "0.0.0.0": false, "::": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false,
		"169.254.169.254": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd00:ec2::254": false, "100.64.0.1": false, "100.100.100.200": false,
		"192.0.0.192": false, "198.18.0.1": false, "224.0.0.1": false, "ff02::1": false, "255.255.255.255": false, "240.0.0.1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "64:ff9b::7f00:1": false, "64:ff9b::a9fe:a9fe": false, "2002:7f00:1::": false, "::127.0.0.1": false,
		"2001:db8::1": false, "2001::1": false, "192.0.2.1": false, "203.0.113.1": false,
	} {
		if got := fetch.OnInternet(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is on the internet: %t", address, got)
		}
	}
	own, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range own {
		if p := netip.MustParsePrefix(n.String()); fetch.OnInternet(p.Addr()) {
			t.Errorf("%s is this machine", p.Addr())
		}
	}
}

func TestNoWayLeadsToThisMachine(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	inside := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	port := inside[strings.LastIndexByte(inside, ':')+1:]
	// A server outside, for which the test takes one of its own that it knows as 127.0.0.2.
	outside := netip.MustParseAddr("127.0.0.2")
	listener, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skip(err)
	}
	s := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound)
	})}
	go func() { _ = s.Serve(listener) }()
	t.Cleanup(func() { _ = s.Close() })
	f := fetch.New(fetch.Config{
		Allowed: func(a netip.Addr) bool { return a == outside },
		Resolve: func(_ context.Context, host string) ([]netip.Addr, error) {
			switch host {
			case "outside.example":
				return []netip.Addr{outside}, nil
			case "inside.example":
				return []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")}, nil
			default:
				return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
			}
		},
	})
	via := "http://outside.example:" + strconv.Itoa(listener.Addr().(*net.TCPAddr).Port) + "/?to="
	for _, c := range []struct{ address, problem string }{
		{inside, "forbidden"},
		{"http://localhost:" + port, "host"}, // the test's resolver does not know it
		{"http://inside.example:" + port, "forbidden"},
		{"http://[::1]:" + port, "forbidden"},
		{"http://[::ffff:127.0.0.1]:" + port, "forbidden"},
		{"http://169.254.169.254/latest/meta-data/", "forbidden"},
		{via + url.QueryEscape(inside), "forbidden"},
		{via + url.QueryEscape("http://inside.example:"+port), "forbidden"},
		{via + url.QueryEscape("//127.0.0.1:"+port), "forbidden"},
		{via + url.QueryEscape("http://nowhere.example"), "host"},
	} {
		if _, err := f.Get(t.Context(), fetch.Request{Address: c.address}); problem(t, err) != c.problem {
			t.Errorf("%s: %v, want %s", c.address, err, c.problem)
		}
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("the server inside was asked %d times", n)
	}
}

// A name may stand for another address each time it is looked up. What was checked is what is connected to.
func TestANameThatChangesItsMindDoesNotHelp(t *testing.T) {
	t.Parallel()
	var asked, looked atomic.Int32
	inside := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(inside, "http://"))
	good := netip.MustParseAddr("127.0.0.3")
	f := fetch.New(fetch.Config{
		Allowed: func(a netip.Addr) bool { return a == good },
		Resolve: func(context.Context, string) ([]netip.Addr, error) {
			if looked.Add(1) == 1 {
				return []netip.Addr{good}, nil
			}
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		},
	})
	for _, want := range []string{"unreachable", "forbidden"} {
		if _, err := f.Get(t.Context(), fetch.Request{Address: "http://rebinding.example:" + port}); problem(t, err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if looked.Load() != 2 || asked.Load() != 0 {
		t.Errorf("looked up %d times, asked %d times", looked.Load(), asked.Load())
	}
}

func TestProxiesOfTheEnvironmentAreIgnored(t *testing.T) {
	var asked atomic.Int32
	proxy := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, proxy)
	}
	f := fetch.New(fetch.Config{Allowed: anywhere, Resolve: resolveTo("127.0.0.9"), Timeout: 5 * time.Second})
	if _, err := f.Get(t.Context(), fetch.Request{Address: "http://calendar.example:9/x"}); err == nil {
		t.Error("something answered")
	}
	if _, err := f.Get(t.Context(), fetch.Request{Address: "http://calendar.example:1999/x"}); problem(t, err) != "unreachable" || asked.Load() != 0 {
		t.Errorf("the proxy was asked %d times: %v", asked.Load(), err)
	}
}

func TestACertificateMustBeThatOfTheName(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	f := fetch.New(fetch.Config{Allowed: anywhere})
	if _, err := f.Get(t.Context(), fetch.Request{Address: s.URL}); problem(t, err) != "certificate" {
		t.Errorf("%v", err)
	}
}

func packed(t *testing.T, encoding string, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch encoding {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "zlib":
		w = zlib.NewWriter(&b)
	default:
		raw, err := flate.NewWriter(&b, flate.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		w = raw
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestBytesAreCountedAsTheyComeAndUnpacked(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	small, zeros := []byte("BEGIN:VCALENDAR"), make([]byte, 64<<20)
	bodies := map[string]struct {
		encoding string
		body     []byte
		problem  string
	}{
		"plain":             {"", small, ""},
		"identity":          {"identity", small, ""},
		"gzip":              {"gzip", packed(t, "gzip", small), ""},
		"deflate":           {"deflate", packed(t, "zlib", small), ""},
		"deflate-raw":       {"deflate", packed(t, "raw", small), ""},
		"empty":             {"", nil, ""},
		"exactly":           {"", zeros[:limit], ""},
		"one-more":          {"", zeros[:limit+1], "large"},
		"gzip-bomb":         {"gzip", packed(t, "gzip", zeros), "large"},
		"deflate-bomb":      {"deflate", packed(t, "zlib", zeros), "large"},
		"bomb-in-a-bomb":    {"gzip, gzip", packed(t, "gzip", packed(t, "gzip", zeros)), "unreadable"},
		"unknown":           {"br", small, "unreadable"},
		"not-gzip":          {"gzip", small, "unreadable"},
		"not-deflate":       {"deflate", []byte("\xff\xff\xff"), "unreadable"},
		"gzip-cut":          {"gzip", packed(t, "gzip", small)[:20], "unreadable"},
		"gzip-of-nothing":   {"gzip", nil, "unreadable"},
		"gzip-and-rubbish":  {"gzip", append(packed(t, "gzip", small), "rubbish"...), "unreadable"},
		"several-gzips":     {"gzip", bytes.Repeat(packed(t, "gzip", zeros[:limit/2]), 3), "large"},
		"deflate-no-header": {"deflate", nil, "unreadable"},
	}
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		b := bodies[r.URL.Path[1:]]
		if b.encoding != "" {
			w.Header().Set("Content-Encoding", b.encoding)
		}
		_, _ = w.Write(b.body)
	})
	f := fetch.New(fetch.Config{Allowed: anywhere, MaxBytes: limit})
	for name, b := range bodies {
		d, err := f.Get(t.Context(), fetch.Request{Address: address + "/" + name})
		if got := problem(t, err); got != b.problem {
			t.Errorf("%s: %v, want %q", name, err, b.problem)
		}
		if err == nil && b.encoding != "" && !bytes.Equal(d.Body, small) {
			t.Errorf("%s is unpacked as %q", name, d.Body)
		}
	}
}

func TestEndlessAndSlowServersAreLeft(t *testing.T) {
	t.Parallel()
	ended := make(chan string, 10)
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		defer func() { ended <- r.URL.Path }()
		flush := w.(http.Flusher).Flush
		switch r.URL.Path {
		case "/silent":
			<-r.Context().Done()
		case "/drops":
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, "x")
				flush()
				time.Sleep(20 * time.Millisecond)
			}
		case "/endless":
			for r.Context().Err() == nil {
				_, _ = w.Write(make([]byte, 64<<10))
			}
		case "/hundred":
			w.Header().Set("Content-Length", strconv.Itoa(100<<20))
			_, _ = w.Write(make([]byte, 100<<20))
		case "/headers":
			for n := range 100 {
				w.Header().Set(fmt.Sprintf("X-%d", n), strings.Repeat("x", 4096))
			}
		case "/less":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "less")
		}
	})
	f := fetch.New(fetch.Config{Allowed: anywhere, Timeout: 300 * time.Millisecond})
	generous := fetch.New(fetch.Config{Allowed: anywhere})
	for path, c := range map[string]struct {
		f       *fetch.Fetcher
		problem string
	}{
		"/silent": {f, "slow"}, "/drops": {f, "slow"}, "/endless": {generous, "large"}, "/hundred": {generous, "large"},
		"/headers": {generous, "unreachable"}, "/less": {generous, "unreadable"},
	} {
		begun := time.Now()
		if _, err := c.f.Get(t.Context(), fetch.Request{Address: address + path}); problem(t, err) != c.problem {
			t.Errorf("%s: %v, want %s", path, err, c.problem)
		}
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("%s took %s", path, took)
		}
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			t.Errorf("%s: the connection is open still", path)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := generous.Get(ctx, fetch.Request{Address: address + "/silent"}); !errors.Is(err, context.Canceled) {
		t.Errorf("ended by the caller: %v", err)
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add("gzip", []byte("\x1f\x8b"))
	f.Add("deflate", []byte("\x78\x9c"))
	f.Add("", []byte("x"))
	var encoding atomic.Value
	var body atomic.Value
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", encoding.Load().(string))
		_, _ = w.Write(body.Load().([]byte))
	}))
	f.Cleanup(s.Close)
	fetcher := fetch.New(fetch.Config{Allowed: anywhere, MaxBytes: 1000})
	f.Fuzz(func(t *testing.T, packing string, content []byte) {
		encoding.Store(packing)
		body.Store(content)
		d, err := fetcher.Get(t.Context(), fetch.Request{Address: s.URL})
		if err == nil && len(d.Body) > 1000 {
			t.Errorf("%d bytes", len(d.Body))
		}
		_ = problem(t, err)
	})
}
