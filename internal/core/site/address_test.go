package site_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

func TestAForeignNameLeadsToTheAddressOfTheSite(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	handler := webtest.Start(t, webtest.NewLoggedSite(t, dbtest.SQLite(t), webtest.People{}, slog.New(slog.NewTextHandler(&log, nil))), nil)
	for _, c := range []struct{ method, path, leads string }{
		{http.MethodGet, "/garten/fest/?contribution=1", "http://example.org/garten/fest/"},
		{http.MethodPost, "/garten/fest/", "http://example.org/"},
		{http.MethodGet, "//evil.example/%5cx", "http://example.org/"},
	} {
		r := httptest.NewRequest(c.method, c.path, strings.NewReader("text=x"))
		r.Host = "evil.example"
		r.AddCookie(&http.Cookie{Name: "language", Value: "de"})
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		body := w.Body.String()
		if w.Code != http.StatusBadRequest || !strings.Contains(body, "Diese Seite hat eine andere Adresse") || !strings.Contains(body, `href="`+c.leads+`"`) || strings.Contains(body, "evil") {
			t.Errorf("%s %s answers %d %s", c.method, c.path, w.Code, body)
		}
	}
	if !strings.Contains(log.String(), "host=evil.example option=extra_allowed_hosts") {
		t.Errorf("the log says %s", &log)
	}
}
