package tagging

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/markdown"
)

func names(tags []community.Tag) []string {
	all := []string{}
	for _, t := range tags {
		all = append(all, t.Name)
	}
	return all
}

func TestHashtagsAreRecognised(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"#foo":                         {"foo"},
		"#foo,":                        {"foo"},
		"(#foo)":                       {"foo"},
		`"#foo"`:                       {"foo"},
		"12-#foo":                      {"foo"},
		"12#foo":                       {},
		"abc#foo":                      {},
		"/#foo/":                       {},
		"https://x/#foo":               {},
		"x #foo.abc":                   {"foo"},
		"#foo-":                        {"foo"},
		"#foo_":                        {"foo_"},
		"#foo-12":                      {"foo-12"},
		"#a":                           {"a"},
		"#1":                           {"1"},
		"#ort:nord":                    {"ort:nord"},
		"#ort:":                        {"ort"},
		"#Straße, #strasse":            {"Straße"},
		"#Foo #foo #FOO":               {"Foo"},
		"#ä1 #日本 #мир":                 {"ä1", "日本", "мир"},
		"#_ #":                         {},
		"#\u0301":                      {},
		"# foo":                        {},
		"a #b and #c":                  {"b", "c"},
		"#" + strings.Repeat("x", 100): {strings.Repeat("x", 100)},
		"#" + strings.Repeat("x", 101): {},
	} {
		for _, format := range []markdown.Format{markdown.Marked, markdown.Plain} {
			if got := names(said(source{text, format})); !slices.Equal(got, want) {
				t.Errorf("%q (%s) says %q, want %q", text, format, got, want)
			}
		}
	}
}

func TestMarkdownProtectsWhatIsNoTag(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"`#code` and #tag":             {"tag"},
		"```\n#code\n```\n#tag":        {"tag"},
		"    #code":                    {},
		`\#foo`:                        {},
		"&#35;foo":                     {},
		"[a](#foo)":                    {"foo"},
		"[#a b](https://example.org/)": {},
		"**#foo**":                     {"foo"},
		"anna#foo@example.org":         {},
	} {
		if got := names(said(source{text, markdown.Marked})); !slices.Equal(got, want) {
			t.Errorf("%q says %q, want %q", text, got, want)
		}
	}
}

func TestSpellingsOfATagHaveOneSlug(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Garten": "garten", "GARTEN": "garten", "Öl": "oel", "oel": "oel", "Straße": "strasse", "Café": "cafe", "foo_": "foo", "foo_bar": "foo_bar",
		"ort:nord": "ort-nord", "мир": "mir", "_": "", "": "", "Bio Markt": "bio-markt", strings.Repeat("x", 101): "",
	} {
		if got := Slug(name); got != want {
			t.Errorf("%q has the slug %q, want %q", name, got, want)
		}
	}
}

func TestTagsAreListedWithCommas(t *testing.T) {
	t.Parallel()
	all, wrong := ParseList(" Garten, #ort:nord ,garten,, Bio  Markt,_,")
	if got := names(all); !slices.Equal(got, []string{"Garten", "ort:nord", "Bio Markt"}) || !slices.Equal(wrong, []string{"_"}) {
		t.Errorf("%q, wrong: %q", got, wrong)
	}
	if got := FormatList(all); got != "Garten, ort:nord, Bio Markt" {
		t.Error(got)
	}
}

func TestTagsAreSaidInOneWord(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Garten": "Garten", "ort:nord": "ort:nord", "Bio Markt": "Bio-Markt", "Bio & Fair": "bio-und-fair", "Wer?": "Wer", "Straße": "Straße",
	} {
		tag, _ := Named(name)
		if got := Hashtag(tag); got != want {
			t.Errorf("%q is said as %q, want %q", name, got, want)
		}
	}
}

func TestATextGivesAFewTagsOnly(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for n := range 200 {
		b.WriteString("#t" + strings.Repeat("x", n%90) + string(rune('a'+n%26)) + " ")
	}
	if got := said(source{b.String(), markdown.Marked}); len(got) != maxSaid {
		t.Errorf("%d tags", len(got))
	}
}

func FuzzHashtags(f *testing.F) {
	for _, s := range []string{"#foo", "12-#foo, abc#bar", "#a:b-c_d", "[x](#y) `#z`", "#\u0301x", "# h\n#t", "\\#a &#35;b &amp;#c", "#日本 #Straße"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		slugs := map[string]bool{}
		for _, tag := range said(source{text, markdown.Marked}, source{text, markdown.Plain}) {
			last, _ := utf8.DecodeLastRuneInString(tag.Name)
			switch {
			case tag.Slug != Slug(tag.Name) || tag.Slug == "" || len(tag.Slug) > MaxName || slugs[tag.Slug]:
				t.Fatalf("%q has the slug %q", tag.Name, tag.Slug)
			case utf8.RuneCountInString(tag.Name) > MaxName || !utf8.ValidString(tag.Name):
				t.Fatalf("%q is no name", tag.Name)
			case last != '_' && !unicode.IsLetter(last) && !unicode.IsDigit(last) && !unicode.Is(unicode.M, last):
				t.Fatalf("%q does not end in a word", tag.Name)
			case strings.ContainsAny(tag.Name, " #,/<>\"'&\n"):
				t.Fatalf("%q is not one word", tag.Name)
			}
			for _, r := range tag.Slug {
				if r >= utf8.RuneSelf || unicode.IsUpper(r) {
					t.Fatalf("%q is no slug", tag.Slug)
				}
			}
			slugs[tag.Slug] = true
		}
	})
}

func TestFeaturedTagsAreNamesOrIDs(t *testing.T) {
	t.Parallel()
	var f Featured
	if err := f.UnmarshalOption([]any{7, "#Umwelt", "ort:nord"}); err != nil || !slices.Equal(f, Featured{{ID: 7}, {Name: "Umwelt"}, {Name: "ort:nord"}}) {
		t.Errorf("%+v, %v", f, err)
	}
	if shown, err := f[0].MarshalYAML(); shown != int64(7) || err != nil {
		t.Errorf("%v, %v", shown, err)
	}
	for _, wrong := range []any{"Umwelt", []any{0}, []any{-1}, []any{"_"}, []any{true}, nil} {
		if err := new(Featured).UnmarshalOption(wrong); err == nil {
			t.Errorf("%v is a list of tags", wrong)
		}
	}
}
