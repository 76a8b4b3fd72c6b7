package search

import (
	"testing"
	"unicode/utf8"
)

// FuzzQuestions types whatever there is: what becomes of it holds nothing but letters and digits, so that no database
// finds a sign in it that means something.
func FuzzQuestions(f *testing.F) {
	for _, seed := range []string{"Gärten für alle", `"a" OR b* -c`, "\x00\xff'", "', ''); DROP", "ſ ﬁ İ ẞ 日本 🦓", "der die das", "a-b-c a_b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := parse(text)
		if err != nil {
			return
		}
		for _, group := range groups(q.telling(), anywhere) {
			if len(group) == 0 {
				t.Errorf("%q has a word without terms", text)
			}
			for _, term := range group {
				if !utf8.ValidString(term) || utf8.RuneCountInString(term) > 100 {
					t.Errorf("%q has the term %q", text, term)
				}
				for _, r := range term {
					if r < utf8.RuneSelf && (r < '0' || r > '9') && (r < 'a' || r > 'z') {
						t.Errorf("%q has the term %q", text, term)
					}
				}
			}
		}
		marks(q, widened{}).Excerpt(text)
	})
}
