package media_test

import (
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/media"
)

// TestFilesAreHandedOverOnceTheWebServerHasBeenSeenSendingThem puts web servers in front that do and do not do what they
// are told to: only behind the first may answers be empty.
func TestFilesAreHandedOverOnceTheWebServerHasBeenSeenSendingThem(t *testing.T) {
	t.Parallel()
	store, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	for name, c := range map[string]struct {
		status           int
		passes           bool   // our headers on
		sends            bool   // the file that X-Sendfile names
		reason           string // why files are not handed over
		policy, sniffing string // sent by the web server itself
	}{
		"does what it is told": {status: 200, passes: true, sends: true},
		"sets headers itself":  {status: 200, sends: true, policy: "sandbox", sniffing: "nosniff"},
		"has no module":        {status: 200, passes: true, reason: "does not heed the header X-Sendfile"},
		"may not read":         {status: 403, passes: true, sends: true, reason: "answers 403"},
		"sends to elsewhere":   {status: 302, passes: true, reason: "answers 302"},
		"lets scripts run":     {status: 200, sends: true, sniffing: "nosniff", reason: "without Content-Security-Policy"},
		"lets browsers guess":  {status: 200, sends: true, policy: "sandbox", reason: "without X-Content-Type-Options"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := media.Probe{Sender: media.SendThrough("apache", "/srv/media"), Store: store, Log: slog.New(slog.DiscardHandler)}
			front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				answer := httptest.NewRecorder()
				p.ServeHTTP(answer, r)
				if c.passes {
					maps.Copy(w.Header(), answer.Header())
				}
				if c.sends {
					w.Header().Del("Content-Length") // that of our own answer, which is empty
				}
				if c.policy != "" {
					w.Header().Set("Content-Security-Policy", c.policy)
				}
				if c.sniffing != "" {
					w.Header().Set("X-Content-Type-Options", c.sniffing)
				}
				w.Header().Set("Location", "https://elsewhere.example/")
				w.WriteHeader(c.status)
				path, found := strings.CutPrefix(answer.Header().Get("X-Sendfile"), "/srv/media/")
				if !c.sends || !found {
					return
				}
				file, err := store.Open(r.Context(), path)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(w, file)
				_ = file.Close()
			}))
			t.Cleanup(front.Close)
			p.BaseURL, p.Client = front.URL, media.ProbeClient()
			send := func() *httptest.ResponseRecorder {
				w := httptest.NewRecorder()
				p.Sender.Send(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/-/files/x", nil), "x", strings.NewReader("text"))
				return w
			}
			if w := send(); w.Body.String() != "text" {
				t.Errorf("before anything is known, somebody gets %q", w.Body)
			}
			err := p.Ask(t.Context())
			if c.reason == "" && err != nil || c.reason != "" && (err == nil || !strings.Contains(err.Error(), c.reason)) {
				t.Errorf("the reason is %v, want %q", err, c.reason)
			}
			w := send()
			if handed := w.Header().Get("X-Sendfile") != "" && w.Body.Len() == 0; handed != (c.reason == "") {
				t.Errorf("afterwards somebody gets %v %q", w.Header(), w.Body)
			}
		})
	}
}
