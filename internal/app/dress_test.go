package app

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/kit/config"
)

func TestTemplateDirectoriesDressTheSite(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("footer.html", "<p>Own foot</p>")
	write("locale/de/own.po", "msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=UTF-8\\n\"\n\nmsgid \"Skip to content\"\nmsgstr \"Gleich zur Sache\"\n")
	ask := func() (string, error) {
		o, _, err := options.Load(config.Sources{Prefix: "GROUPRISE_", Environ: []string{"GROUPRISE_DATA_PATH=" + t.TempDir(), "GROUPRISE_DOMAIN=example.org"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Prepare(); err != nil {
			t.Fatal(err)
		}
		o.TemplateDirs = []string{folder}
		h, err := Build(t.Context(), o, slog.New(slog.DiscardHandler))
		if err != nil {
			return "", err
		}
		defer func() {
			if err := h.Close(); err != nil {
				t.Error(err)
			}
		}()
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+o.Domain+"/stadt/offline/", nil)
		h.pages.ServeHTTP(w, r)
		return w.Body.String(), nil
	}
	body, err := ask()
	if err != nil || !strings.Contains(body, "<p>Own foot</p>") || !strings.Contains(body, "Gleich zur Sache") {
		t.Errorf("%v %s", err, body)
	}
	write("header.html", "{% load core %}")
	if _, err := ask(); err == nil {
		t.Error("a template of 5.5 was put into pages")
	}
}
