package galleries

import (
	"fmt"
	"strings"
	"testing"
)

// spell writes pictures as a name, a text and a place each, such as "a=Beete@2"; what is removed ends with "!".
func spell(entries []entry) string {
	words := make([]string, len(entries))
	for i, e := range entries {
		words[i] = e.Name
		if e.Alt != "" {
			words[i] += "=" + e.Alt
		}
	}
	return strings.Join(words, " ")
}

func parse(t *testing.T, text string) (entries []entry) {
	t.Helper()
	for word := range strings.FieldsSeq(text) {
		var e entry
		word, e.Removed = strings.TrimSuffix(word, "!"), strings.HasSuffix(word, "!")
		word, place, placed := strings.Cut(word, "@")
		if placed {
			if _, err := fmt.Sscan(place, &e.Position); err != nil {
				t.Fatal(err)
			}
		}
		e.Name, e.Alt, _ = strings.Cut(word, "=")
		entries = append(entries, e)
	}
	return entries
}

func TestPicturesStandWhereTheirNumbersSay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ form, want string }{
		{"a b c", "a b c"},
		{"a@1 b@2 c@3", "a b c"},
		{"a@1 b@2 c@3 d@4 e@2", "a e b c d"}, // up: it takes the place of b
		{"a@1 b@5 c@3 d@4 e@5", "a c d e b"}, // down: it takes the place of e
		{"a@3 b@2 c@1", "c b a"},
		{"a@99 b@2 c@3", "b c a"},
		{"a@-7 b@-8 c@3", "b a c"},
		{"a@1 b@2! c@3", "a c"},
		{"a@1 b@2 a@3", "a b"},
		{"a@2 b@2 c new", "b a c new"},
	} {
		if got := spell(arrange(parse(t, c.form))); got != c.want {
			t.Errorf("%s becomes %s, want %s", c.form, got, c.want)
		}
	}
	for _, e := range arrange(parse(t, "a@2 b@1")) {
		if e.Position != 0 {
			t.Errorf("%+v would be moved once more", e)
		}
	}
}

func TestWhatTwoPeopleMakeOfAGalleryIsPutTogether(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ base, mine, theirs, want string }{
		{"a b", "a b c", "a b d", "a b d c"},
		{"a b", "b a c", "a b d", "b a c d"},
		{"a b", "a b c", "b a d", "b a d c"},
		{"a b c", "a c", "a b c d", "a c d"},
		{"a b c", "a b c d", "b c", "b c d"},
		{"a b", "a=Beete b", "a b=Bach", "a=Beete b=Bach"},
		{"a=x b", "a=x b", "a=y b", "a=y b"},
		{"a", "a=Beete", "a=Beete", "a=Beete"},
		{"a b", "a=Beete b", "b a", "b a=Beete"},
		{"a b c", "b a c", "a c b", ""}, // both moved pictures
		{"a", "a=Beete", "a=Bett", ""},  // both described one
		{"a b", "a", "b", ""},
	} {
		merged, ok := merge(parse(t, c.base), parse(t, c.mine), parse(t, c.theirs))
		if got := spell(merged); got != c.want || ok != (c.want != "" || c.base == "a b" && c.mine == "a") {
			t.Errorf("of %s one makes %s and the other %s: together %s, %t; want %s", c.base, c.mine, c.theirs, got, ok, c.want)
		}
	}
}

func TestAGalleryHasPicturesAndNotTooMany(t *testing.T) {
	t.Parallel()
	name := strings.Repeat("a", 26) + "-40x30.jpg"
	for _, c := range []struct {
		what    string
		entries []entry
		wrong   string
	}{
		{"nothing", nil, "Choose at least one picture."},
		{"one", []entry{{Name: name}}, ""},
		{"as many as can be", make([]entry, maxPictures), "Picture %d isn’t available: it’s not one of yours, or it has been removed. Choose it again."},
		{"one more", make([]entry, maxPictures+1), "A gallery can have up to %d pictures."},
		{"what is no name", []entry{{Name: "../x.jpg"}}, "Picture %d isn’t available: it’s not one of yours, or it has been removed. Choose it again."},
		{"a long story", []entry{{Name: name, Caption: strings.Repeat("ä", maxSaid+1)}}, "Picture %d: use at most %d characters for each text."},
		{"a story that fits", []entry{{Name: name, Alt: strings.Repeat("ä", maxSaid)}}, ""},
	} {
		wrong := ""
		for _, f := range validate(c.entries) {
			wrong = f.Message
		}
		if wrong != c.wrong {
			t.Errorf("%s: %q, want %q", c.what, wrong, c.wrong)
		}
	}
}
