//go:build e2e

package browser

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMailsAreValidHTML validates mails of all kinds, which the e-mail channel keeps as golden files.
func TestMailsAreValidHTML(t *testing.T) {
	t.Parallel()
	kept, err := filepath.Glob(filepath.Join("..", "..", "internal", "channels", "email", "testdata", "*.html.golden"))
	if err != nil || len(kept) == 0 {
		t.Fatalf("there are no mails: %v", err)
	}
	j := &judge{html: t.TempDir()}
	for _, file := range kept {
		page, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".golden")
		if err := os.WriteFile(filepath.Join(j.html, name), page, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	j.validate(t)
}
