package contenttest

import (
	"html"
	"strconv"
	"strings"

	"github.com/mmcdole/gofeed"

	"grouprise.org/grouprise/internal/community"
)

// standsInFeeds reads an item out of all feeds that have it, as feed readers do, and nothing that is internal or deleted.
func standsInFeeds(w *town) {
	t := w.t
	i := w.publish(t, "Bohnen", true)
	w.publish(t, "Interna", false)
	gone := w.publish(t, "Verworfen", true)
	if err := w.Withdraw(t.Context(), w.Anna.Viewer, gone.ID); err != nil {
		t.Fatal(err)
	}
	m, err := w.message(t, i.ID, w.Bert)
	if err != nil {
		t.Fatal(err)
	}
	member := w.as(t, w.Bert.ID)
	for _, path := range []string{"/stadt/feed.atom", "/stadt/feed.rss", "/garten/feed.atom", "/garten/feed.rss", "/stadt/feed/", "/stadt/groups/21/feed/"} {
		member.Get(path)
		member.Sees(200)
		feed, err := gofeed.NewParser().ParseString(member.Page.Body)
		if err != nil || len(feed.Items) != 1 {
			t.Errorf("%s: %d entries, %v\n%s", path, len(feed.Items), err, member.Page.Body)
			continue
		}
		e := feed.Items[0]
		id := "http://example.org" + community.ContentPermalink(i.ID)
		if path == "/stadt/feed/" || strings.HasSuffix(path, "/feed/") {
			id = "http://example.org/garten/bohnen/" // as grouprise 5.5 said
		}
		if e.Title != "Bohnen" || e.Link != "http://example.org/garten/bohnen/" || e.GUID != id || e.PublishedParsed == nil || e.PublishedParsed.Unix() != i.PublishedAt.Unix() {
			t.Errorf("%s: %+v", path, e)
		}
		if len(e.Authors) != 1 || e.Authors[0].Name != "Garten am Bach" {
			t.Errorf("%s says who has written it: %v", path, e.Authors)
		}
		text := e.Content + e.Description
		wanted := append([]string{"<p>Text of <strong>Bohnen</strong>.</p>"}, w.sample.InFeed...)
		if w.kind.Facts != nil {
			for _, fact := range m.Facts {
				wanted = append(wanted, "<strong>"+html.EscapeString(fact.Label)+":</strong> "+html.EscapeString(fact.Value))
			}
		}
		for _, want := range wanted {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q:\n%s", path, want, text)
			}
		}
		for _, inside := range []string{`href="/`, `src="/`, "Anna Ahorn"} {
			if strings.Contains(member.Page.Body, inside) {
				t.Errorf("%s says %q:\n%s", path, inside, member.Page.Body)
			}
		}
		enclosed := w.sample.Enclosed
		if feed.FeedType == "rss" {
			enclosed = enclosed[:min(len(enclosed), 1)] // as the format allows
		}
		var types []string
		for _, x := range e.Enclosures {
			types = append(types, x.Type)
			if n, err := strconv.Atoi(x.Length); err != nil || n <= 0 || !strings.HasPrefix(x.URL, "http://example.org/-/") {
				t.Errorf("%s encloses %+v", path, x)
			}
		}
		if strings.Join(types, " ") != strings.Join(enclosed, " ") {
			t.Errorf("%s encloses %v, want %v", path, types, enclosed)
		}
	}
}
