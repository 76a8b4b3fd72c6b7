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
		for slug, public := range map[string]bool{"fest": true, "streit": false, "Wiki": true} {
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
			{"nobody", community.Viewer{}, "@niemand", "(unknown)", "<a"},
			{"nobody", community.Viewer{}, "@garten/fest", `href="/garten/fest/" title="Title of fest"`, ""},
			{"nobody", community.Viewer{}, "@GARTEN/wIKI", `href="/garten/Wiki/" title="Title of Wiki"`, ""},
			{"nobody", community.Viewer{}, "@garten/Wiki", `href="/garten/Wiki/" title="Title of Wiki"`, ""},
			{"nobody", community.Viewer{}, "@garten/streit", "(not found)", "Title of streit"},
			{"Anna", c.Anna.Viewer, "@garten/streit", `href="/garten/streit/" title="Title of streit"`, ""},
			{"Carla", c.Carla.Viewer, "@garten/streit", "(not found)", "Title of streit"},
			{"nobody", community.Viewer{}, "@chor/fest", "(not found)", "Title of fest"},
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

func TestANameMeansWhoHadItWhenTheTextWasWritten(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		ts := texts.New(markdown.NewCache(1<<20), "https://town.example")
		const text = "@anna, @niemand, @former, [hier](/chor/) https://town.example/bert/ und /admin/"
		cast.Execute(t, db, `INSERT INTO former_slugs (slug_key, entity_id, freed_at) VALUES ('former', ?, 1)`, c.Garten.EntityID)
		content := texts.Place{ContentID: cast.AddContent(t, db, cast.Content{EntityID: c.Garten.EntityID, AuthorID: c.Anna.ID, Public: true})}
		comment := texts.Place{ContributionID: cast.AddContribution(t, db, cast.Contribution{ContentID: content.ContentID, AuthorID: c.Anna.ID})}
		bind := func(text string, place texts.Place) {
			t.Helper()
			if err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return ts.Bind(t.Context(), tx, place, texts.Source{Text: text}) }); err != nil {
				t.Fatal(err)
			}
		}
		bind(text, content)
		bind(text, comment)
		named := func(place texts.Place) (slugs []string) {
			t.Helper()
			err := db.Select(t.Context(), &slugs, `SELECT slug_key FROM mentions WHERE COALESCE(content_id, 0) = ? AND COALESCE(contribution_id, 0) = ? ORDER BY slug_key`,
				place.ContentID, place.ContributionID)
			if err != nil {
				t.Fatal(err)
			}
			return slugs
		}
		for _, place := range []texts.Place{content, comment} {
			if got := fmt.Sprint(named(place)); got != "[anna bert chor former]" {
				t.Errorf("%+v names %s", place, got)
			}
		}

		cast.Execute(t, db, `UPDATE entities SET slug = 'annika', slug_key = 'annika' WHERE id = ?`, c.Anna.EntityID)
		cast.Execute(t, db, `UPDATE entities SET slug = 'anna', slug_key = 'anna' WHERE id = ?`, c.Chor.EntityID)
		cast.AddGroup(t, db, "niemand")
		bind(text+" und @niemand", content)
		for place, unknown := range map[texts.Place]bool{content: false, comment: true} {
			html, err := ts.Render(t.Context(), db, community.Viewer{}, nil, texts.Source{Text: text, Place: place})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(html[0], `href="/annika/"`) || !strings.Contains(html[0], `href="/garten/"`) || strings.Contains(html[0], `href="/anna/"`) {
				t.Errorf("at %+v the names lead elsewhere: %s", place, html[0])
			}
			if strings.Contains(html[0], "unknown") != unknown {
				t.Errorf("at %+v whoever came later is meant, or was not found: %s", place, html[0])
			}
		}

		// What is not kept yet is shown as it would be kept: who is meant already, who has the name, and who had it.
		draft := content
		draft.Draft = true
		for place, anna := range map[texts.Place]string{draft: "/annika/", {Draft: true}: "/anna/", {}: "/anna/"} {
			html, err := ts.Render(t.Context(), db, community.Viewer{}, nil, texts.Source{Text: "@anna @former @bert", Place: place})
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{anna, "/garten/", "/bert/"} {
				if !strings.Contains(html[0], `href="`+path+`"`) {
					t.Errorf("the preview at %+v leads elsewhere than to %s: %s", place, path, html[0])
				}
			}
		}

		bind("nur @niemand", content)
		if got := fmt.Sprint(named(content)); got != "[niemand]" {
			t.Errorf("what the text says no more is still bound: %s", got)
		}
	})
}

func TestAFirstLineIsBoundedAndPlain(t *testing.T) {
	t.Parallel()
	rendered := texts.New(markdown.NewCache(0), "http://example.org")
	for _, c := range []struct {
		format     markdown.Format
		text, want string
	}{
		{markdown.Marked, "Der **Schlüssel**\n\nliegt [hier](https://example.org/x).", "Der Schlüssel liegt hier."},
		{markdown.Plain, "Der *Schlüssel*\r\nliegt <b>hier</b>.", "Der *Schlüssel* liegt <b>hier</b>."},
		{markdown.Marked, "@anna kommt", "@anna kommt"},
		{markdown.Marked, "<!-- nichts -->", ""},
		{markdown.Plain, "", ""},
		{markdown.Marked, strings.Repeat("ä", 500), strings.Repeat("ä", 139) + "…"},
	} {
		if got := rendered.FirstLine(c.format, c.text); got != c.want {
			t.Errorf("%q begins with %q, want %q", c.text, got, c.want)
		}
	}
	if got := rendered.FirstLine(markdown.Marked, strings.Repeat("Wort ", 100)); len(got) > 140 || !strings.HasPrefix(got, "Wort Wort") {
		t.Errorf("many words begin with %q", got)
	}
}
