package app

import (
	"testing"

	"grouprise.org/grouprise/internal/community"
	index "grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/testkit/cast"
)

// search looks for each mark. What is found is for the person to see, and messages are found by whoever may read them.
func (w *world) search(t *testing.T, p cast.Person) (seen int) {
	t.Helper()
	viewer := community.Viewer{}
	if p.ID != 0 {
		viewer = p.Viewer
	}
	for _, m := range w.marks {
		if w.rand.IntN(6) > 0 {
			continue
		}
		f, err := w.House.search.Find(t.Context(), viewer, index.Search{Text: m.word})
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, d := range f.Documents {
			found = found || contains(d.Title+" "+d.Text, m.word)
		}
		if found && !m.sees(p.ID) {
			t.Errorf("“%s” finds %s, %s", p.Slug, m.word, m.what)
		}
		if !found && m.sees(p.ID) && m.message {
			t.Errorf("“%s” does not find %s, %s", p.Slug, m.word, m.what)
		}
		if found {
			seen++
		}
	}
	return seen
}
