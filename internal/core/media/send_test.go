package media_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/media"
)

func TestTheWebServerIsToldWhatToSend(t *testing.T) {
	t.Parallel()
	const text = "0123456789"
	for _, c := range []struct {
		server, method, header, value string // what the browser asks
		status                        int
		accel, sendfile, body         string
	}{
		{server: "none", status: 200, body: text},
		{server: "none", header: "Range", value: "bytes=2-4", status: 206, body: "234"},
		{server: "none", header: "Range", value: "bytes=20-", status: 416, body: "invalid range: failed to overlap\n"},
		{server: "none", header: "If-None-Match", value: `"a"`, status: 304},
		{server: "none", method: http.MethodHead, status: 200},
		{server: "nginx", status: 200, accel: "/protected-downloads/a%20b%3F.txt"},
		{server: "nginx", header: "Range", value: "bytes=2-4", status: 200, accel: "/protected-downloads/a%20b%3F.txt"},
		{server: "nginx", header: "If-None-Match", value: `"x", "a"`, status: 304},
		{server: "nginx", header: "If-None-Match", value: `"x"`, status: 200, accel: "/protected-downloads/a%20b%3F.txt"},
		{server: "nginx", method: http.MethodHead, status: 200, accel: "/protected-downloads/a%20b%3F.txt"},
		{server: "caddy", status: 200, accel: "/protected-downloads/a%20b%3F.txt"},
		{server: "apache", status: 200, sendfile: "/srv/the%20media/a%20b%3F.txt"},
		{server: "lighttpd", header: "If-None-Match", value: `"a"`, status: 304},
		{server: "lighttpd", status: 200, sendfile: "/srv/the%20media/a%20b%3F.txt"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, "/-/files/x", nil)
		if c.header != "" {
			r.Header.Set(c.header, c.value)
		}
		w := httptest.NewRecorder()
		w.Header().Set("ETag", `"a"`)
		w.Header().Set("Content-Type", "text/plain")
		seenSending(t, media.SendThrough(c.server, "/srv/the media/")).Send(w, r, "a b?.txt", strings.NewReader(text))
		h := w.Header()
		if w.Code != c.status || h.Get("X-Accel-Redirect") != c.accel || h.Get("X-Sendfile") != c.sendfile || w.Body.String() != c.body {
			t.Errorf("%s %s %s: %s: status %d, %v, %q", c.server, c.method, c.header, c.value, w.Code, h, w.Body)
		}
		if c.status == 304 && h.Get("ETag") != `"a"` {
			t.Errorf("a copy that is still right has no mark: %v", h)
		}
	}
}

// seenSending returns a sender that has seen a web server in front of it send a file.
func seenSending(t *testing.T, s media.Sender) media.Sender {
	t.Helper()
	store, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	p := media.Probe{Sender: s, Store: store, Client: media.ProbeClient()}
	if !p.Needed() {
		return s
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		p.ServeHTTP(answer, r)
		maps.Copy(w.Header(), answer.Header())
		w.Header().Del("Content-Length") // that of our own answer, which is empty
		file, err := store.Open(r.Context(), path.Base(w.Header().Get("X-Accel-Redirect")+w.Header().Get("X-Sendfile")))
		if err != nil {
			t.Error(err)
			return
		}
		defer file.Close()
		_, _ = io.Copy(w, file)
	}))
	defer front.Close()
	p.BaseURL = front.URL
	if err := p.Ask(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}
