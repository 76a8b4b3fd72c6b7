package search_test

import (
	_ "embed"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// collection is what groups of a town write: a title and a text in each line. questions are what people look for in it:
// the documents that are found first, in any order ("-" is nothing), or behind ~> what they may have meant.
var (
	//go:embed testdata/collection.txt
	collection string
	//go:embed testdata/questions.txt
	questions string
)

// TestACollectionIsSearched asks more than 120 questions. All databases have to answer all of them: there is no
// tolerance, since the terms and the order are ours.
func TestACollectionIsSearched(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		l := newLibrary(t, db)
		for line := range strings.Lines(collection) {
			title, text, ok := strings.Cut(strings.TrimSpace(line), " :: ")
			if !ok {
				t.Fatalf("this is no document: %q", line)
			}
			l.publish(t, title, text, true)
		}
		asked := 0
		for line := range strings.Lines(questions) {
			line = strings.TrimSpace(line)
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			asked++
			if question, meant, ok := strings.Cut(line, " ~> "); ok {
				if got, f := l.find(t, community.Viewer{}, search.Search{Text: question}); len(got) > 0 || f.Suggested != meant {
					t.Errorf("%q finds %q and suggests %q, want %q", question, got, f.Suggested, meant)
				}
				continue
			}
			question, answer, _ := strings.Cut(line, " => ")
			want := strings.Split(answer, ", ")
			got, _ := l.find(t, community.Viewer{}, search.Search{Text: question})
			got = slices.DeleteFunc(got, func(title string) bool { return !strings.Contains(collection, title+" :: ") }) // the cast is in it, too
			if answer == "-" {
				want = nil
			} else {
				got = got[:min(len(got), len(want))]
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%q finds %q first, want %q", question, got, want)
			}
		}
		if asked < 120 {
			t.Errorf("only %d questions were asked", asked)
		}
	})
}
