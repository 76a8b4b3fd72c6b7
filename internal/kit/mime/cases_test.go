package mime_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/mime"
)

// TestMailsThatPeopleSend reads mails as programs really write them; the golden file beside each says what they say.
func TestMailsThatPeopleSend(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/cases/*.eml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			m, err := mime.Parse(bytes.NewReader(raw), mime.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "cases/"+strings.TrimSuffix(filepath.Base(file), ".eml")+".golden", []byte(printed(m)))
		})
	}
}

// printed writes down what a message says.
func printed(m *mime.Message) string {
	var b strings.Builder
	format := "markdown"
	if m.Plain {
		format = "plain"
	}
	fmt.Fprintf(&b, "== text (%s)\n%s\n", format, m.Text)
	if m.Cut != "" {
		fmt.Fprintf(&b, "== folded away\n%s\n", m.Cut)
	}
	for _, e := range m.Events {
		fmt.Fprintf(&b, "== event %q at %q, %s to %s: %q\n", e.Summary, e.Location, e.Start.Format(time.RFC3339), e.End.Format(time.RFC3339), e.Description)
	}
	if m.Encrypted {
		b.WriteString("== encrypted\n")
	}
	for _, a := range m.Attachments {
		fmt.Fprintf(&b, "== file %s (%s, %d bytes)\n", a.Name, a.MediaType, len(a.Data))
		if strings.HasPrefix(a.MediaType, "text/") {
			fmt.Fprintf(&b, "%s\n", bytes.TrimSpace(a.Data))
		}
	}
	return b.String()
}
