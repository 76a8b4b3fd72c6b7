package app

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// TestThePagesOfGroupsAndPeopleAreNarrowed follows the links and the addresses of 5.5 by which what somebody has published
// is narrowed.
func TestThePagesOfGroupsAndPeopleAreNarrowed(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	now := w.db.Now()
	insert := func(entityID int64, kind, title string, at, starts clock.Time) {
		cast.Execute(t, w.db, `INSERT INTO contents (kind, entity_id, author_id, slug, title, public, published_at, starts_at, ends_at) VALUES (?, ?, ?, ?, ?, TRUE, ?, ?, ?)`,
			kind, entityID, w.Anna.ID, fmt.Sprintf("%s-%d", kind, at.UnixMilli()), title, at, starts, starts)
	}
	for n := range 14 {
		insert(w.Garten.EntityID, "article", fmt.Sprintf("Beet %02d", n), clock.Date(2024, 3, 1+n, 12, 0), clock.Time{})
	}
	insert(w.Garten.EntityID, "gallery", "Bilder vom Beet", clock.At(now.Add(-time.Hour)), clock.Time{})
	insert(w.Garten.EntityID, "event", "Fest", clock.At(now.Add(-3*time.Hour)), clock.At(now.AddDate(0, 0, 5)))
	insert(w.Garten.EntityID, "event", "Altes Fest", clock.At(now.Add(-2*time.Hour)), clock.At(now.AddDate(0, 0, -5)))
	insert(w.Anna.EntityID, "gallery", "Annas Bilder", clock.At(now.Add(-time.Hour)), clock.Time{})
	insert(w.Anna.EntityID, "article", "Annas Text", clock.Date(2024, 3, 1, 12, 0), clock.Time{})
	v := w.visit(t, "")
	// list returns the titles in the list of the page.
	list := func(path string) string {
		v.Get(path)
		news := v.Page.Body[max(0, strings.Index(v.Page.Body, `id="news"`)):]
		news, _, _ = strings.Cut(news, "</main>")
		var titles []string
		for _, m := range regexp.MustCompile(`class="card-title"><a href="[^"]*">([^<]*)<`).FindAllStringSubmatch(news, -1) {
			titles = append(titles, m[1])
		}
		return strings.Join(titles, ", ")
	}
	for path, want := range map[string]string{
		"/garten/?content=events":                                  "Fest",
		"/garten/?content=events&o=-Veranstaltungsdatum":           "Fest",
		"/garten/?o=Veranstaltungsdatum":                           "Altes Fest, Fest",
		"/garten/?o=-content__time":                                "Fest, Altes Fest",
		"/garten/?content__title__icontains=fest":                  "Altes Fest, Fest",
		"/garten/?content__title__icontains=fest&content=events":   "Fest",
		"/garten/?content=galleries":                               "Bilder vom Beet",
		"/garten/?content=polls":                                   "",
		"/garten/?archive=2023":                                    "",
		"/anna/?content=galleries":                                 "Annas Bilder",
		"/anna/?archive=2024":                                      "Annas Text",
		"/anna/?content__title__icontains=annas&content=articles":  "Annas Text",
		"/garten/?content__title__icontains=beet&content=articles": "Beet 13, Beet 12, Beet 11, Beet 10, Beet 09, Beet 08, Beet 07, Beet 06, Beet 05, Beet 04, Beet 03, Beet 02",
	} {
		if got := list(path); got != want || v.Page.Status != http.StatusOK {
			t.Errorf("%s shows %s, want %s (%d)", path, got, want, v.Page.Status)
		}
		if head := webtest.ReadHead(t, v.Page.Body); head.Meta["robots"] != "noindex" || head.Meta["og:title"] == "" || strings.Contains(head.Canonical, "?") {
			t.Errorf("%s says to search engines %v", path, head.Meta)
		}
	}
	v.Get("/garten/?content=polls")
	v.Sees(http.StatusOK, "Nothing found.", "Show all posts")

	// Whoever turns the page stays with what they asked for, and whoever asks for something else begins at its first page.
	older := regexp.MustCompile(`href="([^"]*)" rel="next"`)
	list("/garten/?content=articles&archive=2024&content__title__icontains=beet")
	next := html.UnescapeString(older.FindStringSubmatch(v.Page.Body)[1])
	if got := list(next); got != "Beet 01, Beet 00" {
		t.Errorf("%s shows %s", next, got)
	}
	v.Sees(http.StatusOK, `value="beet"`, `<option value="2024" selected>`, `aria-current="true">Articles`)
	chips := regexp.MustCompile(`(?s)<nav class="chips".*?</nav>`).FindString(v.Page.Body)
	if strings.Contains(chips, "before=") || !strings.Contains(chips, "archive=2024&amp;content=galleries&amp;content__title__icontains=beet#news") {
		t.Errorf("others are asked for by %s", chips)
	}
	v.Get("/garten/")
	chips = regexp.MustCompile(`(?s)<nav class="chips".*?</nav>`).FindString(v.Page.Body)
	for kind, there := range map[string]bool{"All": true, "Articles": true, "Events": true, "Galleries": true, "Polls": false, "Files": false} {
		if strings.Contains(chips, ">"+kind+"<") != there {
			t.Errorf("the page offers %s: %s", kind, chips)
		}
	}
	if v.Get("/bert/"); strings.Contains(v.Page.Body, `class="chips"`) {
		t.Error("a page without anything is narrowed")
	}
}
