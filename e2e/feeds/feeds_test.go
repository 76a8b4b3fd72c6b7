//go:build e2e

package feeds

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mmcdole/gofeed"

	"grouprise.org/grouprise/e2e/town"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// TestFeedsAreAsTheirSchemaSays fetches the feeds of an invented town: of all of it, of each group and each person, of tags
// and of comments. Those in Atom must be as the schema of RFC 4287 says, and both formats hold the same.
func TestFeedsAreAsTheirSchemaSays(t *testing.T) {
	t.Parallel()
	s := town.New(t, town.SQLite, nil)
	if code, out := s.Call("", "demo"); code != 0 {
		t.Fatal(out)
	}
	s.Start("serve")
	s.Open()
	db, err := sqldb.Open(t.Context(), s.DB)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	paths := []string{"/stadt/feed"}
	for _, query := range []string{
		`SELECT '/' || e.slug || '/feed' FROM entities e LEFT JOIN people p ON p.entity_id = e.id WHERE e.archived_at IS NULL AND (p.id IS NULL OR p.public AND p.active) ORDER BY e.id LIMIT 100`,
		`SELECT '/stadt/tags/' || t.slug || '/feed' FROM tags t WHERE EXISTS (SELECT 1 FROM content_tags x JOIN contents c ON c.id = x.content_id AND c.public WHERE x.tag_id = t.id) ORDER BY t.id LIMIT 20`,
		`SELECT '/' || e.slug || '/' || c.slug || '/comments' FROM contents c JOIN entities e ON e.id = c.entity_id
		  WHERE c.public AND c.deleted_at IS NULL AND e.archived_at IS NULL AND EXISTS (SELECT 1 FROM contributions k WHERE k.content_id = c.id) ORDER BY c.id LIMIT 50`,
	} {
		var more []string
		if err := db.Select(t.Context(), &more, query); err != nil || len(more) == 0 {
			t.Fatalf("%s: %d, %v", query, len(more), err)
		}
		paths = append(paths, more...)
	}
	folder, entries, enclosures := t.TempDir(), 0, 0
	command := []string{"-c", "testdata/atom.rnc"}
	for n, path := range paths {
		feeds := map[string]*gofeed.Feed{}
		for _, ending := range []string{".atom", ".rss"} {
			status, text := s.Ask(path + ending)
			if status != http.StatusOK {
				t.Fatalf("%s%s answers %d", path, ending, status)
			}
			if feeds[ending], err = gofeed.NewParser().ParseString(text); err != nil {
				t.Fatalf("%s%s: %v", path, ending, err)
			}
			if ending == ".atom" {
				file := filepath.Join(folder, fmt.Sprintf("%03d.xml", n))
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				command = append(command, file)
			}
		}
		atom, rss := feeds[".atom"], feeds[".rss"]
		if len(atom.Items) != len(rss.Items) {
			t.Errorf("%s has %d entries in Atom and %d in RSS", path, len(atom.Items), len(rss.Items))
			continue
		}
		for i, a := range atom.Items {
			r := rss.Items[i]
			entries++
			enclosures += len(a.Enclosures)
			if a.GUID != r.GUID || a.Link != r.Link || a.Title != r.Title || a.Content != r.Description || !a.PublishedParsed.Equal(*r.PublishedParsed) || strings.Join(a.Categories, " ") == "" != (strings.Join(r.Categories, " ") == "") {
				t.Errorf("%s says of its entry %d in Atom\n%+v\nand in RSS\n%+v", path, i, a, r)
			}
		}
	}
	if entries < 300 || enclosures < 10 {
		t.Errorf("there are %d entries with %d files", entries, enclosures)
	}
	if out, err := exec.CommandContext(t.Context(), "jing", command...).CombinedOutput(); err != nil {
		t.Errorf("%v: %.3000s", err, out)
	}
	broken := filepath.Join(folder, "broken.xml")
	if err := os.WriteFile(broken, []byte(`<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title></feed>`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := exec.CommandContext(t.Context(), "jing", "-c", "testdata/atom.rnc", broken).Run(); err == nil {
		t.Error("the schema takes a feed without an id")
	}
}
