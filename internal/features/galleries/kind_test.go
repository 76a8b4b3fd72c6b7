package galleries_test

import (
	"net/url"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/galleries"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/contenttest"
)

// Names of pictures that Anna has uploaded.
var (
	beds   = strings.Repeat("a", 26) + "-1600x1200.jpg"
	brook  = strings.Repeat("b", 26) + "-1200x1600.jpg"
	anna   = int64(11)
	sample = contenttest.Sample{
		Fields: url.Values{
			"images[0].name": {beds}, "images[0].alt": {"Beete im Mai"}, "images[0].caption": {"Alles grün"},
			"images[1].name": {brook}, "images[1].alt": {"Der Bach"}, "images[1].caption": {"Viel Wasser"},
			"cover": {brook},
		},
		Changed: url.Values{
			"images[0].name": {brook}, "images[0].alt": {"Der Bach im Juni"}, "images[0].caption": {"Wenig Wasser"},
			"images[1].name": {beds}, "images[1].alt": {"Beete"}, "images[1].caption": {"Fast grün"},
			"cover": {beds},
		},
		OnPage: []string{`alt="Beete im Mai"`, "Alles grün", `alt="Der Bach"`, "Picture 2 of 2", "/-/images/wall/" + beds, `width="1600"`},
		OnCard: []string{"2 pictures", "/-/images/card/" + brook},
		InMail: []string{"Pictures: 2", "![Beete im Mai](/-/images/text/" + beds + ")"},
		InFeed: []string{`<img src="http://example.org/-/images/text/` + beds + `" alt="Beete im Mai"`}, Enclosed: []string{"image/jpeg", "image/jpeg"},
		Over: func(t *testing.T, db *sqldb.DB) content.Kind {
			t.Helper()
			for _, name := range []string{beds, brook} {
				cast.Execute(t, db, `INSERT INTO images (name, bytes, creator_id, created_at) VALUES (?, 12345, ?, 1)`, name, anna)
			}
			return room(t, db).Kind()
		},
	}
)

func room(t *testing.T, db *sqldb.DB) *galleries.Galleries {
	t.Helper()
	folder, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	return galleries.New(galleries.Deps{Pictures: media.NewPictures(db, folder), Limiter: web.NewLimiter(db, nil), MaxBytes: 1 << 20})
}

func TestGalleriesAreAKindOfContent(t *testing.T) {
	t.Parallel()
	contenttest.Conformance(t, galleries.New(galleries.Deps{}).Kind(), sample)
}
