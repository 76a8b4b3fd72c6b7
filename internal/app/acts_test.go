package app

import (
	"regexp"
	"slices"
	"testing"
)

// actions finds what the buttons of the first row on a page lead to.
var (
	firstActions = regexp.MustCompile(`(?s)<div class="actions">(.*?)</div>`)
	buttonTarget = regexp.MustCompile(`(?:href|action)="([^"]*)"`)
)

func TestAPageOffersOneMainAndTwoQuietThings(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for _, c := range []struct {
		who, page string
		want      []string
	}{
		{"", "/garten/", []string{"/garten/actions/join", "/garten/actions/subscribe", "/stadt/groups/21/conversations/add/"}},
		{"", "/chor/", []string{"/chor/actions/join", "/chor/actions/subscribe", "/stadt/groups/22/conversations/add/"}},
		{"carla", "/garten/", []string{"/garten/actions/join", "/garten/actions/subscribe", "/stadt/groups/21/conversations/add/"}},
		{"anna", "/garten/", []string{"/garten/articles/add/", "/stadt/groups/21/conversations/add/", "/garten/actions/recommend"}},
		{"anna", "/chor/", []string{"/chor/articles/add/", "/stadt/groups/22/conversations/add/", "/chor/actions/recommend"}},
		{"anna", "/anna/", []string{"/anna/articles/add/", "/stadt/settings/", "/anna/events/add/"}},
	} {
		v := w.visit(t, c.who)
		v.Get(c.page)
		row := firstActions.FindStringSubmatch(v.Page.Body)
		if row == nil {
			t.Errorf("%q finds no buttons on %s", c.who, c.page)
			continue
		}
		var got []string
		for _, m := range buttonTarget.FindAllStringSubmatch(row[1], -1) {
			got = append(got, m[1])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q on %s: %q, want %q", c.who, c.page, got, c.want)
		}
	}
}
