package app

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/site"
)

var idOnPage = regexp.MustCompile(`\sid="([^"]*)"`)

// TestNoIdStandsTwiceOnAPage fills an item and a conversation with texts whose headings are all alike, and named like
// parts of the page, and looks at them and at all pages whose address has no holes.
func TestNoIdStandsTwiceOnAPage(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna := w.visit(t, "anna")
	text := "# Beete\n\n## Beete\n\n# content\n\n# comments\n\n![Beet](/-/images/text/beet.jpg)\n\n# id_text\n\n# contribution-1\n\n# main\n"
	anna.Get("/garten/articles/add/")
	anna.Submit("Publish", map[string]string{"title": "Beete", "text": text, "public": "on"})
	anna.Sees(http.StatusOK, "Beete")
	article := anna.Page.Path
	for n := range 25 {
		anna.Send(article, map[string][]string{"text": {fmt.Sprint(text, n)}}, false)
		anna.Sees(http.StatusSeeOther)
	}
	anna.Get(community.ContactPath(w.Bert.ID))
	anna.Submit("Send", map[string]string{"subject": "Beete", "text": text})
	talk := anna.Page.Path
	for n := range 5 {
		anna.Send(talk, map[string][]string{"text": {fmt.Sprint(text, n)}}, false)
		anna.Sees(http.StatusSeeOther)
	}
	pages := []string{
		article, article + "edit/", talk, "/garten/", "/anna/", "/garten/articles/add/", "/garten/actions/recommend/", "/chor/actions/recommend/",
		community.MembersPath(w.Chor.ID), community.AddMemberPath(w.Chor.ID), fmt.Sprintf("/stadt/groups/%d/about/", w.Garten.ID), "/nirgends/",
	}
	for _, r := range module.Gather(w.modules, func(m module.Module) []site.Route { return m.Routes }) {
		if r.Method == http.MethodGet && !strings.Contains(r.Path, "{") {
			pages = append(pages, r.Path)
		}
	}
	most := 0
	for _, path := range pages {
		for _, who := range []string{"anna", ""} {
			v := anna
			if who == "" {
				v = w.visit(t, "")
			}
			v.Get(path)
			seen := map[string]bool{}
			for _, found := range idOnPage.FindAllStringSubmatch(v.Page.Body, -1) {
				if seen[found[1]] || found[1] == "" {
					t.Errorf("on %s, as %q, the id %q stands twice", path, who, found[1])
				}
				seen[found[1]] = true
			}
			most = max(most, len(seen))
		}
	}
	if most < 40 {
		t.Errorf("the fullest page has %d ids only: the texts are not there", most)
	}
}
