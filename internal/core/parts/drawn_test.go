package parts

import (
	"strings"
	"testing"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
)

func TestWhiteLettersCanBeReadOnEveryColour(t *testing.T) {
	t.Parallel()
	if n := len(community.Colours()); n < 12 {
		t.Errorf("only %d colours", n)
	}
	for _, colour := range community.Colours() {
		if !darkEnough(colour) {
			t.Errorf("white on %s has a contrast below 4.5:1", colour)
		}
	}
	if darkEnough("#8ab4f8") {
		t.Error("a pale blue passes for dark")
	}
}

func TestEachGroupKeepsACoverOfItsOwn(t *testing.T) {
	t.Parallel()
	owner := map[string]int64{}
	for id := int64(1); id <= 60; id++ {
		e := community.Entity{ID: id, Kind: community.GroupEntity, Name: "Garten"}
		drawing := render(t, DrawnCover(e))
		if drawing != render(t, DrawnCover(e)) {
			t.Errorf("the cover of group %d changes", id)
		}
		if len(drawing) > 5000 {
			t.Errorf("the cover of group %d has %d bytes", id, len(drawing))
		}
		_, shapes, _ := strings.Cut(drawing, "</rect>")
		if other := owner[shapes]; other != 0 {
			t.Errorf("the groups %d and %d have the same cover", other, id)
		}
		owner[shapes] = id
	}
}

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var page strings.Builder
	if err := c.Render(t.Context(), &page); err != nil {
		t.Fatal(err)
	}
	return page.String()
}
