package people

import (
	"iter"
	"math/rand/v2"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/errs"
)

// MaxName is how long each part of a name may be, in characters.
const MaxName = 150

// Longest texts, in characters.
const (
	maxAbout   = 5000
	maxDisplay = 255
)

// errNobody says that there is no such person.
func errNobody() error { return errs.New(errs.NotFound, "There is no such person.") }

// CanWriteTo reports whether the viewer may write to a person: whoever has signed in may write to
// everybody, strangers to those whose page is public. Nobody writes to themselves, or to somebody who is
// gone.
func CanWriteTo(v community.Viewer, p community.Person) bool {
	return p.Active && !v.Is(p.ID) && (v.SignedIn() || p.Public)
}

// slugKey returns the form of a slug in which it is unique.
func slugKey(slug string) string { return strings.ToLower(slug) }

// displayName returns how a person is called: by their names, or else by their slug.
func displayName(first, last, slug string) string {
	name := strings.TrimSpace(first + " " + last)
	if name == "" {
		return slug
	}
	if runes := []rune(name); len(runes) > maxDisplay {
		return strings.TrimSpace(string(runes[:maxDisplay]))
	}
	return name
}

// SplitName returns the parts of a name that was given as one: the last word is the last name.
func SplitName(name string) (first, last string) {
	words := strings.Fields(name)
	if len(words) < 2 {
		return strings.Join(words, " "), ""
	}
	return strings.Join(words[:len(words)-1], " "), words[len(words)-1]
}

var plainSlug = regexp.MustCompile(`^[a-z0-9_-]*[a-z0-9][a-z0-9_-]*$`)

// slugCandidates yields slugs for a new person: of each hint, which is a name or an address, of which the part before
// the @ counts if it has neither dots nor plus signs, and then "user" with more and more random digits and letters.
// Whether one is free is for the caller to find out.
func slugCandidates(hints ...string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, text := range hints {
			slug := asciiSlug(text)
			if len(slug) <= 150 && plainSlug.MatchString(slug) && !yield(slug) {
				return
			}
		}
		const letters = "abcdefghijkmnpqrstuvwxyz"
		var suffix strings.Builder
		for length := range 16 {
			if length < 4 {
				suffix.WriteByte("0123456789"[rand.IntN(10)])
			} else {
				suffix.WriteByte(letters[rand.IntN(len(letters))])
			}
			if !yield("user" + suffix.String()) {
				return
			}
		}
	}
}

// asciiSlug writes a text in small ASCII letters, the German way, up to the @, with blanks as _.
func asciiSlug(text string) string {
	text, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(text)), "@")
	text = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", " ", "_").Replace(norm.NFC.String(text))
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(text))
}

// checkProfile returns what is wrong with the texts of a profile; the slug is for core/entities to check.
func checkProfile(p Profile, languages []string) []errs.FieldError {
	var wrong []errs.FieldError
	tooLong := func(field, text string, limit int) {
		if utf8.RuneCountInString(text) > limit {
			wrong = append(wrong, errs.Field(field, "Use at most %d characters.", limit))
		}
	}
	tooLong("first_name", p.FirstName, MaxName)
	tooLong("last_name", p.LastName, MaxName)
	tooLong("about", p.About, maxAbout)
	known := p.Language == ""
	for _, code := range languages {
		known = known || code == p.Language
	}
	if !known {
		wrong = append(wrong, errs.Field("language", "Choose one of the languages."))
	}
	return wrong
}

// excerpt returns the beginning of a text, cut between words.
func excerpt(text string) string {
	const enough = 200
	words := strings.Fields(text)
	text = strings.Join(words, " ")
	runes := []rune(text)
	if len(runes) <= enough {
		return text
	}
	cut := string(runes[:enough])
	if blank := strings.LastIndexByte(cut, ' '); blank > enough/2 {
		cut = cut[:blank]
	}
	return strings.TrimRight(cut, " ,;:.") + "…"
}
