package texts_test

import (
	"fmt"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestReferencesLeadWhereTheReaderMayGo(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		for slug, public := range map[string]bool{"fest": true, "streit": false} {
			cast.AddContent(t, db, cast.Content{
				EntityID: c.Garten.EntityID, AuthorID: c.Anna.ID, Slug: slug, Title: "Title of " + slug, Public: public,
			})
		}
		ts := texts.New(markdown.NewCache(1<<20), "https://town.example")
		render := func(v community.Viewer, text string) string {
			t.Helper()
			html, err := ts.Render(t.Context(), db, v, nil, texts.Source{Text: "nothing"}, texts.Source{Text: text})
			if err != nil {
				t.Fatal(err)
			}
			if len(html) != 2 || !strings.Contains(html[0], "nothing") {
				t.Fatalf("%q", html)
			}
			return html[1]
		}
		for _, x := range []struct {
			who      string
			viewer   community.Viewer
			text     string
			has, not string
		}{
			{"nobody", community.Viewer{}, "@Garten", `href="/garten/" title="Garten am Bach">@garten</a>`, ""},
			{"nobody", community.Viewer{}, "@carla", `href="/stadt/gestalten/13/conversations/add/"`, `"/carla/"`},
			{"nobody", community.Viewer{}, "@anna", `href="/anna/"`, ""},
			{"nobody", community.Viewer{}, "@niemand", "(unknown group or person)", "<a"},
			{"nobody", community.Viewer{}, "@garten/fest", `href="/garten/fest/" title="Title of fest"`, ""},
			{"nobody", community.Viewer{}, "@garten/streit", "(content not found)", "Title of streit"},
			{"Anna", c.Anna.Viewer, "@garten/streit", `href="/garten/streit/" title="Title of streit"`, ""},
			{"Carla", c.Carla.Viewer, "@garten/streit", "(content not found)", "Title of streit"},
			{"nobody", community.Viewer{}, "@chor/fest", "(content not found)", "Title of fest"},
		} {
			got := render(x.viewer, x.text)
			if !strings.Contains(got, x.has) || x.not != "" && strings.Contains(got, x.not) {
				t.Errorf("%s reads %s as %s", x.who, x.text, got)
			}
		}
		var many strings.Builder
		for i := range 2000 {
			fmt.Fprintf(&many, "@nobody%d/thing%d ", i, i)
		}
		if got := render(c.Anna.Viewer, many.String()); !strings.Contains(got, "@nobody1999/thing1999") {
			t.Error("a text with many references is not shown")
		}
	})
}
