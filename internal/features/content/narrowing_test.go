package content_test

import (
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestWhatAGroupHasPublishedIsNarrowed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db, content.Kind{Name: "meeting", Label: lang.Text("Meeting"), ListPath: "/stadt/meetings", Order: content.NextFirst}, content.Kind{Name: "secret", ListPath: "/stadt/secrets"})
		now := db.Now()
		for _, i := range []struct {
			kind, title string
			public      bool
			published   clock.Time
			starts      int // days from now; 0 for no date
		}{
			{"article", "Übungsabend", true, clock.Date(2024, 5, 1, 12, 0), 0},
			{"article", "Frühling im GARTEN", true, clock.Date(2025, 5, 1, 12, 0), 0},
			{"article", "Geheime Übung", false, clock.Date(2023, 5, 1, 12, 0), 0},
			{"article", "100 % Bohnen", true, clock.Date(2025, 12, 31, 23, 59), 0},
			{"meeting", "Gestern", true, clock.Date(2026, 1, 1, 0, 0), -1},
			{"meeting", "Morgen", true, clock.Date(2025, 1, 2, 12, 0), 1},
			{"meeting", "Bald", true, clock.Date(2025, 1, 3, 12, 0), 3},
			{"secret", "Intern", false, clock.Date(2026, 1, 1, 0, 0), 0},
		} {
			var starts clock.Time
			if i.starts != 0 {
				starts = clock.At(now.AddDate(0, 0, i.starts))
			}
			cast.Execute(t, db, `INSERT INTO contents (kind, entity_id, author_id, slug, title, public, published_at, starts_at, ends_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				i.kind, h.Garten.EntityID, h.Anna.ID, strings.ToLower(i.title), i.title, i.public, i.published, starts, starts)
		}
		all := content.Filter{EntityID: h.Garten.EntityID}
		with := func(change func(*content.Filter)) content.Filter {
			f := all
			change(&f)
			return f
		}
		title := func(part string) content.Filter { return with(func(f *content.Filter) { f.Title = part }) }
		for _, c := range []struct {
			what   string
			viewer community.Viewer
			filter content.Filter
			want   string
		}{
			{"all", community.Viewer{}, all, "Gestern, 100 % Bohnen, Frühling im GARTEN, Bald, Morgen, Übungsabend"},
			{"an umlaut", community.Viewer{}, title("übung"), "Übungsabend"},
			{"an umlaut in large letters", h.Anna.Viewer, title("ÜBUNG"), "Übungsabend, Geheime Übung"},
			{"a word in another case", community.Viewer{}, title("garten"), "Frühling im GARTEN"},
			{"a sign that databases take for any text", community.Viewer{}, title("0 %"), "100 % Bohnen"},
			{"nothing", community.Viewer{}, title("_ntern"), ""},
			{"a kind", community.Viewer{}, with(func(f *content.Filter) { f.Kind = "article" }), "100 % Bohnen, Frühling im GARTEN, Übungsabend"},
			{"a kind that is internal", community.Viewer{}, with(func(f *content.Filter) { f.Kind = "secret" }), ""},
			{"a year", community.Viewer{}, with(func(f *content.Filter) { f.From, f.To = clock.Date(2025, 1, 1, 0, 0), clock.Date(2026, 1, 1, 0, 0) }), "100 % Bohnen, Frühling im GARTEN, Bald, Morgen"},
			{"what comes", community.Viewer{}, with(func(f *content.Filter) { f.Kind, f.ByDate, f.Coming = "meeting", content.EarliestDate, true }), "Morgen, Bald"},
			{"what comes, latest first", community.Viewer{}, with(func(f *content.Filter) { f.Kind, f.ByDate, f.Coming = "meeting", content.LatestDate, true }), "Bald, Morgen"},
			{"all that has a date", community.Viewer{}, with(func(f *content.Filter) { f.ByDate = content.EarliestDate }), "Gestern, Morgen, Bald"},
		} {
			got, kinds, oldest, err := h.Narrow(t.Context(), c.viewer, c.filter)
			if err != nil || strings.Join(got, ", ") != c.want {
				t.Errorf("%s: %s, want %s (%v)", c.what, strings.Join(got, ", "), c.want, err)
			}
			wantKinds, year := []string{"meeting", "article"}, 2024
			if c.viewer.SignedIn() {
				wantKinds, year = []string{"meeting", "secret", "article"}, 2023
			}
			if !slices.Equal(kinds, wantKinds) || oldest.Year() != year {
				t.Errorf("%s: there are %v since %d", c.what, kinds, oldest.Year())
			}
		}
	})
}
