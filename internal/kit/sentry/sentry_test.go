package sentry_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/logs"
	"grouprise.org/grouprise/internal/kit/sentry"
)

// server is what a Sentry server sees.
type server struct {
	*httptest.Server
	mu     sync.Mutex
	bodies [][]byte
	auth   string
}

func start(t *testing.T, answer http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		s.bodies, s.auth = append(s.bodies, body), r.Header.Get("X-Sentry-Auth")
		s.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) dsn() string { return strings.Replace(s.URL, "://", "://thekey@", 1) + "/7" }

// events returns the events in the envelopes that came.
func (s *server) events(t *testing.T) (all []map[string]any) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, body := range s.bodies {
		lines := bytes.Split(body, []byte("\n"))
		for i := 1; i+1 < len(lines); i += 2 {
			var head struct {
				Type string `json:"type"`
			}
			if err := json.Unmarshal(lines[i], &head); err != nil {
				t.Fatalf("%v: %s", err, lines[i])
			}
			var event map[string]any
			if err := json.Unmarshal(lines[i+1], &event); err != nil {
				t.Fatal(err)
			}
			if head.Type == "event" {
				all = append(all, event)
			}
		}
	}
	return all
}

func report(t *testing.T, o sentry.Options) (*slog.Logger, *sentry.Reporter) {
	t.Helper()
	r, err := sentry.New(o, "grouprise@6.0.0")
	if err != nil {
		t.Fatal(err)
	}
	return logs.Watched(slog.New(slog.DiscardHandler), r.Tell), r
}

func TestAnEventSaysWhatFailedWhereAndNothingOfPeople(t *testing.T) {
	t.Parallel()
	s := start(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{}`) })
	log, r := report(t, sentry.Options{DSN: s.dsn(), Init: sentry.Init{Environment: "staging", ServerName: "web-1"}})
	log.Error("a page failed", "id", "4711", "route", "/{entity}", "path", "/anna/", "person", 12, "client", "192.0.2.7",
		"err", errors.New(`send to anna@example.org: "Liebe Anna"`))
	r.Close()
	all := s.events(t)
	if len(all) != 1 || !strings.Contains(s.auth, "sentry_key=thekey") {
		t.Fatalf("%d events come, with %q", len(all), s.auth)
	}
	text, err := json.Marshal(all[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"release":"grouprise@6.0.0"`, `"environment":"staging"`, `"server_name":"web-1"`, `"level":"error"`, `"type":"a page failed: /{entity}"`,
		`"value":"send to …@…: \"…\""`, `"in_app":true,`, `"function":"TestAnEventSaysWhatFailedWhereAndNothingOfPeople"`, `"fingerprint":["a page failed","/{entity}"`,
	} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("the event does not say %s:\n%s", want, text)
		}
	}
	for _, secret := range []string{"anna", "Anna", "4711", "192.0.2.7", `"user"`, `"request"`, `"breadcrumbs"`, `"modules"`, "contexts\":{\"device"} {
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("the event says %s:\n%s", secret, text)
		}
	}
}

// TestAServerThatIsAwayHoldsNobodyUp reports far more than is kept, to a server that does not answer and to nobody at all.
func TestAServerThatIsAwayHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	slow := start(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) }) // before the server closes
	for name, dsn := range map[string]string{"slow": slow.dsn(), "away": "http://key@127.0.0.1:9/1"} {
		log, r := report(t, sentry.Options{DSN: dsn})
		began := time.Now()
		for range 2000 {
			log.Error("x", "err", errors.New("y"))
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s: 2,000 errors took %s", name, took)
		}
		began = time.Now()
		r.Close()
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s: the end took %s", name, took)
		}
	}
}

func TestInitOptionsAreThoseThatMeanSomething(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value any
		want  sentry.Init
		right bool
	}{
		{map[string]any{"environment": "x", "server_name": "y", "sample_rate": 0.5}, sentry.Init{Environment: "x", ServerName: "y", SampleRate: .5}, true},
		{map[string]any{"sample_rate": 1}, sentry.Init{SampleRate: 1}, true},
		{map[string]any{"sample_rate": 0}, sentry.Init{}, false},
		{map[string]any{"sample_rate": 2}, sentry.Init{}, false},
		{map[string]any{"sample_rate": "much"}, sentry.Init{}, false},
		{map[string]any{"environment": 3}, sentry.Init{}, false},
		{[]any{}, sentry.Init{}, false},
	} {
		var got sentry.Init
		err := got.UnmarshalOption(c.value)
		if (err == nil) != c.right || err == nil && (got.Environment != c.want.Environment || got.ServerName != c.want.ServerName || got.SampleRate != c.want.SampleRate) {
			t.Errorf("%v: %+v, %v", c.value, got, err)
		}
	}
}
