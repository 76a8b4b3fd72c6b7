//go:build e2e

package browser

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// Names as long as people give them: with spaces, without one, and of the widest letter. Each has a hundred characters.
var (
	longSpaced = "Arbeitsgemeinschaft für nachbarschaftliche Grünflächenpflege und Straßenfeste in der Nordstadt 2026 "
	longWord   = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaftsvorstandsmitglieder"
	longWide   = strings.Repeat("W", 100)
)

// hard are the pages that show what people call themselves, their groups and what they write.
var hard = regexp.MustCompile(`^(start|groups|group|person|people|article|articles|write|recommend|join|subscribe|resign|unsubscribe|mail-held|abuse|` +
	`comment|conversation|conversations|answer|application|inbox|settings|addresses|members|group-settings|group-pictures|group-relation|outbox|admin|denied)(-|$)`)

// lengthen gives everybody and everything in a town that does not run names, titles, texts and addresses that are
// hard to lay out. What a test asks for keeps its place: the short names and addresses of the fixed cast.
func (f *furnished) lengthen(t *testing.T) {
	t.Helper()
	db, err := sqldb.Open(t.Context(), f.place.DB)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	words := []string{longSpaced, longWord, longWide}
	for _, name := range words {
		if n := len([]rune(name)); n != 100 {
			t.Fatalf("%q has %d characters", name, n)
		}
	}
	err = db.Write(t.Context(), func(tx *sqldb.Tx) error {
		for i, name := range words {
			name = strings.TrimSpace(name)
			for _, change := range []string{
				`UPDATE entities SET name = ? WHERE id % 3 = ?`,
				`UPDATE people SET first_name = ?, last_name = '' WHERE entity_id % 3 = ?`,
				`UPDATE people SET about = ? WHERE entity_id % 3 = ?`,
				`UPDATE "groups" SET description = ? WHERE entity_id % 3 = ?`,
				`UPDATE contents SET title = ? WHERE id % 3 = ?`,
				`UPDATE conversations SET subject = ? WHERE id % 3 = ?`,
			} {
				if _, err := tx.Exec(t.Context(), change, name, i); err != nil {
					return err
				}
			}
			short := fmt.Sprintf("%s-%d-", strings.Repeat([]string{"gruen-", "w", "wm"}[i], 100)[:60], i)
			if _, err := tx.Exec(t.Context(), `UPDATE entities SET slug = ? || id, slug_key = ? || id WHERE id % 3 = ?
				AND slug NOT IN ('anna', 'bert', 'carla', 'demo-admin', 'garten', 'chor')`, short, short, i); err != nil {
				return err
			}
			if _, err := tx.Exec(t.Context(), `UPDATE email_addresses SET address = ? || id || '@example.org', address_key = ? || id || '@example.org' WHERE id % 3 = ?
				AND address NOT IN ('anna@example.org', 'bert@example.org', 'carla@example.org', 'demo-admin@example.org')`, short, short, i); err != nil {
				return err
			}
			text := name + "\n\n# " + name + "\n\n- " + name + "\n\n> " + name + "\n\n| " + name + " | b |\n|---|---|\n| " + name + " | https://example.org/" + longWide + " |\n\n`" + name + "`"
			for _, change := range []string{
				`UPDATE versions SET text = ? WHERE id % 3 = ?`,
				`UPDATE contributions SET text = ? WHERE id % 3 = ?`,
			} {
				if _, err := tx.Exec(t.Context(), change, text, i); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPagesHoldWhatIsLong lays out the pages of a town in which all names have a hundred characters, in both languages,
// at three widths and with large text. Anna, Bert and the garden have pictures, the others have none.
func TestPagesHoldWhatIsLong(t *testing.T) {
	f := openFurnished(t)
	f.lengthen(t)
	f.serve(t, "anna", "bert", "demo-admin")
	f.furnish(t)
	f.hangPictures(t)
	var pages []page
	for _, x := range f.pages {
		if x.layout = true; hard.MatchString(x.name) && !x.wrong { // a form sent wrongly shows the same names once more
			pages = append(pages, x)
		}
	}
	judgeAll(t, f.place, f.guests, pages)
}

// hangPictures gives people and groups their pictures: a very high one and a very wide one, both light and dark.
func (f *furnished) hangPictures(t *testing.T) {
	t.Helper()
	paint := func(width, height int) []byte {
		picture := image.NewNRGBA(image.Rect(0, 0, width, height))
		for y := range height {
			for x := range width {
				picture.SetNRGBA(x, y, color.NRGBA{uint8(x * 255 / width), uint8(y * 255 / height), 200, 255})
			}
		}
		var out bytes.Buffer
		if err := png.Encode(&out, picture); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	high, wide := paint(80, 1200), paint(2000, 120)
	for _, x := range []struct {
		who, path, field string
		content          []byte
	}{
		{"anna", community.OwnPicturesPath, "picture", high},
		{"bert", community.OwnPicturesPath, "picture", wide},
		{"anna", community.GroupPicturesPath("garten"), "picture", wide},
		{"anna", community.GroupPicturesPath("garten"), "cover", high},
	} {
		g := f.guests[x.who]
		g.Upload(x.path, url.Values{}, webtest.File{Field: x.field, Name: "bild.png", Content: x.content})
		g.Sees(http.StatusOK)
		g.Get("/") // what was done is said on one page only
	}
}
