//go:build e2e

package browser

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/e2e/town"
	"grouprise.org/grouprise/internal/testkit/pdftest"
)

// choose puts a file of the machine into the field of a form.
func choose(t *testing.T, p *town.Person, name string, data []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(p.Window(), chromedp.SetUploadFiles(`#field-file`, []string{path})); err != nil {
		t.Fatal(err)
	}
}

// TestAFileIsReplacedAndTheOldOneIsThere publishes a PDF file, sees its first page, replaces it and downloads what was there
// before: in a browser that runs scripts, which sends the file ahead, and in one that does not.
func TestAFileIsReplacedAndTheOldOneIsThere(t *testing.T) {
	place := open(t)
	for _, c := range []struct {
		who, title string
		scripts    bool
	}{{"anna", "Protokoll", true}, {"bert", "Mitschrift", false}} {
		p := place.Visitor(t, c.who, servers.Browser{JavaScript: c.scripts})
		p.Goes("/stadt/login/")
		signIn(p)
		arrived := func() {
			if c.scripts {
				waitFor(t, p, `document.querySelector(".upload-progress").innerText.startsWith("Hochgeladen: ") && !document.querySelector("#field-file").files.length`)
			}
		}
		p.Goes("/garten/files/add/")
		p.Fills(map[string]string{"title": c.title, "text": "Vom **Treffen**"})
		choose(t, p, "Erster Stand.pdf", pdftest.Page("Eins"))
		arrived()
		p.Presses("Veröffentlichen")
		p.Sees("Deine Datei ist veröffentlicht.", "Erster Stand.pdf", "PDF", "Herunterladen")
		page := p.Path()
		for begun := time.Now(); !strings.Contains(p.HTML(), "Erste Seite von „Erster Stand.pdf“"); p.Goes(page) {
			if time.Since(begun) > time.Minute {
				t.Fatalf("no preview:\n%s", p.HTML())
			}
			time.Sleep(500 * time.Millisecond)
		}
		p.Goes(page + "edit/")
		p.Sees("Erster Stand.pdf", "Datei ersetzen")
		choose(t, p, "Zweiter Stand.txt", []byte("Zwei"))
		arrived()
		p.Presses("Speichern")
		p.Sees("Zweiter Stand.txt", "1 ältere Version")
		old := `a[download="Erster Stand.pdf"]`
		if c.scripts {
			got := evaluateLater[string](t, p, `fetch(document.querySelector('`+old+`').href).then(a => a.text())`)
			if !strings.HasPrefix(got, "%PDF-1.4") || !strings.Contains(got, "(Eins)") {
				t.Errorf("the old version is %.40q", got)
			}
		} else if html := p.HTML(); !strings.Contains(html, `download="Erster Stand.pdf"`) {
			t.Errorf("there is no way to the old version:\n%s", html)
		}
		p.Goes("/stadt/articles/")
		p.SeesNot(c.title)
	}
}
