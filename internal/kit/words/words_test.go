package words_test

import (
	"slices"
	"testing"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/kit/words"
)

func TestFormsOfAWordShareAStem(t *testing.T) {
	t.Parallel()
	for _, forms := range [][]string{
		{"Garten", "Gärten", "gaerten", "GARTENS", "garten"},
		{"Haus", "Häuser", "Haeuser", "Hauses"},
		{"Rad", "Räder", "Raedern"},
		{"Straße", "Strasse", "Straßen"},
		{"Buch", "Bücher", "buecher"},
		{"Küche", "Kueche", "Küchen"},
		{"Öl", "Oel"},
		{"Veranstaltung", "Veranstaltungen"},
		{"neue", "neuen", "neuer"},
		{"workshop", "workshops"},
		{"running", "runs"},
		{"community", "communities"},
		{"Zoë", "Zoe"},
		{"café", "cafe", "Cafés"},
		{"Сад", "сад"},
		{"finden", "ﬁnden"}, // as PDFs have it
		{"Garten", "Ｇａｒｔｅｎ", "𝐆arten"},
	} {
		for _, form := range forms[1:] {
			if !slices.ContainsFunc(words.Stems(form), func(s string) bool { return slices.Contains(words.Stems(forms[0]), s) }) {
				t.Errorf("%s has the stems %v, %s %v", forms[0], words.Stems(forms[0]), form, words.Stems(form))
			}
		}
	}
	for _, pair := range [][2]string{{"Stand", "Strand"}, {"Rat", "Rad"}, {"Garten", "Karten"}} {
		if slices.ContainsFunc(words.Stems(pair[1]), func(s string) bool { return slices.Contains(words.Stems(pair[0]), s) }) {
			t.Errorf("%s and %s are the same word", pair[0], pair[1])
		}
	}
}

func TestWordsAreWhatStandsBetweenSigns(t *testing.T) {
	t.Parallel()
	const text = "Die Fahrrad-Werkstatt, um 18:30 (im Café!) für «alle»"
	var got []string
	for _, w := range words.Split(text) {
		if text[w.Start:w.End] != w.Text {
			t.Errorf("%q stands elsewhere", w.Text)
		}
		got = append(got, w.Text)
	}
	if want := []string{"Die", "Fahrrad", "Werkstatt", "um", "18", "30", "im", "Café", "für", "alle"}; !slices.Equal(got, want) {
		t.Errorf("the words are %q", got)
	}
	all := words.Split(text)
	if got := words.Compose(text, all[1], all[2]); got != "Fahrradwerkstatt" {
		t.Errorf("the hyphen makes %q", got)
	}
	if got := words.Compose(text, all[0], all[1]); got != "" {
		t.Errorf("a blank makes %q", got)
	}
}

func TestWhatNobodySeesEndsNoWord(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"die Gemein\u00adschafts\u00adküche\u00ad!": {"die", "Gemeinschaftsküche"},
		"zusammen\u2060gehalten \ufeffDas":          {"zusammengehalten", "Das"},
		"hier\u200bund dort":                        {"hier", "und", "dort"},
	} {
		var got []string
		for _, w := range words.Split(text) {
			got = append(got, w.Text)
			if stands := text[w.Start:w.End]; len(stands) < len(w.Text) || stands[0] != w.Text[0] {
				t.Errorf("%q stands at %q", w.Text, stands)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q has the words %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{"Zug-Fahrt", "Zug\u2010Fahrt", "Zug\u2011fahrt"} {
		if all := words.Split(text); len(all) != 2 || words.Compose(text, all[0], all[1]) != "Zugfahrt" {
			t.Errorf("%q has the words %v", text, all)
		}
	}
}

func TestWordsThatOnlyLookLikeCommonOnesSaySomething(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]bool{
		"schon": true, "schön": false, "Schoen": false, "für": true, "FUER": true, "fur": true, "über": true, "öder": false, "oder": true, "The": true, "Garten": false,
	} {
		if got := words.Common(word, words.Key(word)); got != want {
			t.Errorf("%q is common: %t", word, got)
		}
	}
}

func TestSlipsOfTheFingersAreCounted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{{"garten", "garten", 0}, {"garten", "gaten", 1}, {"garten", "gartten", 1}, {"garten", "gatren", 1}, {"garten", "karten", 1}, {"garten", "gatr", 3}, {"", "ab", 2}} {
		if got := words.Distance(c.a, c.b); got != c.want || words.Distance(c.b, c.a) != got {
			t.Errorf("between %s and %s lie %d slips, want %d", c.a, c.b, got, c.want)
		}
		if c.want == 1 && !slices.ContainsFunc(words.Slips(c.a), func(s string) bool { return slices.Contains(words.Slips(c.b), s) }) {
			t.Errorf("%s and %s have no slip in common", c.a, c.b)
		}
	}
}

func FuzzWords(f *testing.F) {
	for _, seed := range []string{"Gärten für alle", "ae oe ue AEOEUE", "a\u0308b", "\x00\xff", "ſtraße ﬁ İ", "a\u00adb ﷺ ﹰ ŀ", "Skis dying yearly Äpfel ÄPFEL Aepfel y e s"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, w := range words.Split(text) {
			key := words.Key(w.Text)
			if utf8.ValidString(w.Text) && !utf8.ValidString(key) {
				t.Errorf("the key of %q is %q", w.Text, key)
			}
			for _, s := range words.Stems(w.Text) {
				if utf8.RuneCountInString(s) > 3*words.MaxLength {
					t.Errorf("%q has the stem %q", w.Text, s)
				}
				if first := w.Text[0] | 0x20; 'a' <= first && first <= 'z' && (s == "" || s[0] != first) {
					t.Errorf("%q has the stem %q, which begins otherwise", w.Text, s)
				}
			}
			words.Slips(key)
		}
	})
}
