package writing_test

import (
	"net/http"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/writing"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

func newRoom(t *testing.T, db *sqldb.DB) (*cast.Cast, *writing.Room) {
	t.Helper()
	return cast.New(t, db), writing.New(writing.Deps{DB: db, Texts: texts.New(markdown.NewCache(1<<20), "http://example.org")})
}

func TestNamesThatBeginAsTyped(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c, r := newRoom(t, db)
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE entities SET name = ?, name_key = ? WHERE id = ?`, "Süßes Öl", entities.NameKey("Süßes Öl"), c.Chor.EntityID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for prefix, want := range map[string]string{
			"": "", "gart": "garten", "GART": "garten", "bach": "garten", "ahorn": "anna", "an": "anna", "carla": "", "%": "", "_": "", "zzz": "",
			"sü": "chor", "SÜ": "chor", "öl": "chor", "Öl": "chor",
		} {
			found, err := r.Mentions(t.Context(), prefix)
			if err != nil {
				t.Fatal(err)
			}
			slugs := []string{}
			for _, m := range found {
				slugs = append(slugs, m.Slug)
			}
			if got := strings.Join(slugs, " "); got != want {
				t.Errorf("%q finds %q, want %q", prefix, got, want)
			}
		}
	})
}

func TestScriptsAskForPreviewsAndNames(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	c, r := newRoom(t, db)
	handler := webtest.Start(t, webtest.NewSite(t, db, webtest.People(c.Viewers())), r.Module().Routes)
	anna, nobody := webtest.VisitAs(t, handler, c.Anna.ID), webtest.VisitAs(t, handler, 0)
	for _, request := range []struct {
		visitor *webtest.Visitor
		body    string
		status  int
		says    string
	}{
		{anna, `{"content":"**bold** <script>x</script> @garten"}`, http.StatusOK, `\u003cstrong\u003ebold\u003c/strong\u003e`},
		{anna, `{"content":"@garten"}`, http.StatusOK, `Garten am Bach`},
		{anna, `no json`, http.StatusUnprocessableEntity, `{"problem":"This is no text that can be shown."}`},
		{nobody, `{"content":"x"}`, http.StatusUnauthorized, `{"problem":"Please sign in."}`},
	} {
		got := request.visitor.PostJSON(community.PreviewPath, request.body)
		if got.Status != request.status || !strings.Contains(got.Body, request.says) || strings.Contains(got.Body, `\u003cscript`) {
			t.Errorf("%s: %d %s", request.body, got.Status, got.Body)
		}
	}
	if got := anna.Get(community.MentionsPath + "?q=gar"); got.Body != `[{"slug":"garten","name":"Garten am Bach"}]` {
		t.Error(got.Body)
	}
	if got := anna.Get(community.MentionsPath); got.Body != "[]" {
		t.Error(got.Body)
	}
	nobody.Get(community.MentionsPath + "?q=gar")
	nobody.DoesNotSee("Garten am Bach")
}
