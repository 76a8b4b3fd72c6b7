package app

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/kit/config"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// TestTheLogCanTellWhoGuessesPasswords reads the log as the filter for fail2ban in the documents does.
func TestTheLogCanTellWhoGuessesPasswords(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile(filepath.Join("..", "..", "docs", "administrators", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(document), "/etc/fail2ban/filter.d/grouprise.conf")
	_, filter, ok := strings.Cut(block, "failregex = ")
	if !ok {
		t.Fatal("the documents have no filter")
	}
	filter, _, _ = strings.Cut(filter, "\n")
	guess := regexp.MustCompile(`(?m)` + strings.ReplaceAll(filter, "<HOST>", `(\S+)`))
	for _, told := range []string{"true", "false"} {
		o, _, err := options.Load(config.Sources{Prefix: "GROUPRISE_", Environ: []string{
			"GROUPRISE_DOMAIN=example.org", "GROUPRISE_DATA_PATH=" + t.TempDir(), "GROUPRISE_LOG_CLIENT_ADDRESSES=" + told,
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Prepare(); err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		h, err := Build(t.Context(), o, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = h.Close() })
		if err := h.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		cast.New(t, h.db)
		v := webtest.Visit(t, h.pages)
		v.Network = "192.0.2.7"
		for range 6 {
			v.Send("/stadt/login/", url.Values{"login": {"anna"}, "password": {"wrong"}}, false)
		}
		v.Network = "192.0.2.8"
		v.Send("/stadt/login/", url.Values{"login": {"bert"}, "password": {cast.Password}}, false)
		if v.Page.Status != http.StatusSeeOther {
			t.Errorf("Bert signs in: %d", v.Page.Status)
		}
		found := guess.FindAllStringSubmatch(log.String(), -1)
		switch {
		case told == "false" && (len(found) > 0 || strings.Contains(log.String(), "192.0.2.")):
			t.Errorf("nobody asked for addresses:\n%s", log.String())
		case told == "true" && (len(found) != 6 || found[5][1] != "192.0.2.7"):
			t.Errorf("the filter finds %q in\n%s", found, log.String())
		}
	}
}
