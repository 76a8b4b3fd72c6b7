package app

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// readFeeds fetches feeds. Whoever asks gets what nobody in particular may read, and of the comments on an item all of it.
func (w *world) readFeeds(t *testing.T, v *webtest.Visitor) (seen int) {
	t.Helper()
	if w.rand.IntN(6) > 0 {
		return 0 // somebody does in half of the worlds
	}
	paths := map[string]string{} // to the places whose comments they have
	for _, ending := range []string{".atom", ".rss"} {
		paths["/stadt/feed"+ending] = ""
		for _, e := range w.owners() {
			paths[e.Path()+"feed"+ending] = ""
		}
		for _, m := range w.marks {
			if m.contribution == 0 || !strings.HasPrefix(m.place, "/stadt/content/") {
				continue
			}
			if page := v.Get(m.place); page.Status == http.StatusOK {
				path, _, _ := strings.Cut(page.Path, "?")
				paths[path+"comments"+ending] = m.place
			}
		}
	}
	for _, path := range []string{"/stadt/feed/", "/stadt/groups/21/feed/", "/stadt/groups/22/feed/", "/stadt/tags/wort/feed.atom"} {
		paths[path] = ""
	}
	for path, place := range paths {
		page := v.Get(path)
		if page.Status >= 500 {
			t.Errorf("%s answered %d", path, page.Status)
		}
		for _, m := range w.marks {
			shown := contains(page.Body, m.word)
			if shown && !m.sees(0) {
				t.Errorf("the feed %s has %s, %s", path, m.word, m.what)
			}
			if shown {
				seen++
			}
			if !shown && page.Status == http.StatusOK && place != "" && m.place == place && m.contribution != 0 && m.sees(0) {
				t.Errorf("the feed %s does not have %s, %s", path, m.word, m.what)
			}
		}
	}
	return seen
}

// TestAGroupTakesOverItsWebsiteAsTheOriginalDid sends the settings of a group as a script does that was written for
// grouprise 5.5.
func TestAGroupTakesOverItsWebsiteAsTheOriginalDid(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna := w.visit(t, "anna")
	settings := url.Values{"name": {"Garten am Bach"}, "slug": {"garten"}, "date_founded": {"2001-01-01"}, "url": {"https://garten.example/"}, "url_import_feed": {"on"}}
	for range 2 {
		anna.Send("/stadt/settings/group?group=garten", settings, true)
		anna.Sees(http.StatusOK, "The changes have been saved.")
		anna.DoesNotSee("were ignored")
	}
	var imported []string
	if err := w.db.Select(t.Context(), &imported, `SELECT address FROM imports ORDER BY id`); err != nil || strings.Join(imported, " ") != "https://garten.example/" {
		t.Errorf("imported are %v, %v", imported, err)
	}
	settings.Del("url")
	anna.Send("/stadt/settings/group?group=garten", settings, true)
	anna.Sees(http.StatusOK, "The changes have been saved.")
	cast.Execute(t, w.db, `DELETE FROM imports`)
	settings.Set("url", "http://localhost:8008/garten/")
	anna.Send("/stadt/settings/group?group=garten", settings, true)
	anna.Sees(http.StatusOK, "The changes have been saved.", "This is an address of this site.")
}
