package helping

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/form"
)

// The limits of a list: how many lines it has, how many of one thing, and how many characters its name.
const (
	maxNeeds  = 50
	maxWanted = 500
	maxTitle  = 120
)

// CanTake reports whether the viewer may take something of the list of an event that they may read: everybody who has
// signed in, as whoever may read it may say that they come.
func CanTake(s community.Standing) bool { return s.Viewer.SignedIn() }

// CanOrganise reports whether the viewer may write the list of an event: those who may publish for its entity, also where the
// event itself comes from elsewhere and is changed there.
func CanOrganise(s community.Standing) bool { return policy.CanPublish(s) }

// CanSeeNames reports whether the viewer may know who takes what. Others see numbers.
func CanSeeNames(s community.Standing) bool { return s.Viewer.SignedIn() && s.Inside() }

// counted is a line that begins with a number: "3 × set up, 16:00", "5 cakes". A time is no number.
var counted = regexp.MustCompile(`^(\d{1,4})(?:\s*[×*]\s*|\s*x\s+|\s+)(\S.*)$`)

// count takes the number off the beginning of a line; given says whether there was one.
func count(line string) (n int, rest string, given bool) {
	line = strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(line), "-–*•"))
	found := counted.FindStringSubmatch(line)
	if found == nil {
		return 1, line, false
	}
	n, _ = strconv.Atoi(found[1]) // four digits at most
	return n, found[2], true
}

// draft is a line of a list as somebody writes it. The id of a new one is 0; one without a title is left out.
type draft struct {
	ID     int64
	Wanted int
	Title  string
}

// parseLines returns the drafts of lines such as "3 × set up, 16:00". A line without a number is wanted once.
func parseLines(text string) (drafts []draft) {
	for line := range strings.Lines(text) {
		if n, title, _ := count(form.Clean(line, form.Line)); title != "" {
			drafts = append(drafts, draft{Wanted: n, Title: title})
		}
	}
	return drafts
}

// field returns the name of a field of the form: those of lines that there are bear their ids, all new ones are one.
func (d draft) field(name string) string {
	if d.ID == 0 {
		return fieldMore
	}
	return name + strconv.FormatInt(d.ID, 10)
}

// The names of the fields of the form, before the ids of lines, and that of new lines.
const (
	fieldWanted = "wanted_"
	fieldTitle  = "title_"
	fieldMore   = "more"
)

// validate says what is wrong with a list. taken is how many of each need have been taken at one of its coming dates: what
// somebody counts on is not taken out from under them.
func validate(drafts []draft, taken map[int64]int) error {
	var wrong []errs.FieldError
	kept := 0
	for _, d := range drafts {
		if d.Title == "" {
			if taken[d.ID] > 0 {
				wrong = append(wrong, errs.Field(d.field(fieldTitle), "Someone has taken this. It can be removed once they’ve given it back."))
			}
			continue
		}
		kept++
		switch {
		case utf8.RuneCountInString(d.Title) > maxTitle:
			wrong = append(wrong, errs.Field(d.field(fieldTitle), "Use at most %d characters for a line.", maxTitle))
		case d.Wanted < 1 || d.Wanted > maxWanted:
			wrong = append(wrong, errs.Field(d.field(fieldWanted), "Enter a number from 1 to %d.", maxWanted))
		case d.Wanted < taken[d.ID]:
			wrong = append(wrong, errs.Field(d.field(fieldWanted), "%d of these have been taken already.", taken[d.ID]))
		}
	}
	if kept > maxNeeds {
		wrong = append(wrong, errs.Field(fieldMore, "A list can have up to %d lines.", maxNeeds))
	}
	return errs.Check(wrong...)
}

// answer is what a line of a mail asks for.
type answer struct {
	Need   Need
	Amount int
}

// read returns which of some needs a line names, and how many of it: "2 Kuchen", "one cake", "set up". A line names a
// need by its words in their order, if it has enough of them to be no accident. Of several, the only one that is left to be
// taken is meant; ok is false if it is not clear which.
func read(needs []Need, personID int64, line string) (a answer, ok bool) {
	line = strings.TrimRight(strings.TrimSpace(line), ".! ")
	if line == "" || strings.ContainsAny(line, "\n?") {
		return a, false
	}
	n, rest, given := count(line)
	said := words(rest)
	if len(said) > 1 && slices.Contains([]string{"ein", "eine", "einen", "a", "an", "one"}, said[0]) {
		said, n, given = said[1:], 1, true
	}
	var named, left []Need
	for _, need := range needs {
		if names(said, words(need.Title)) {
			named = append(named, need)
			if need.Left() > 0 || need.Of(personID) > 0 {
				left = append(left, need)
			}
		}
	}
	if len(left) > 0 {
		named = left
	}
	if len(named) != 1 || n < 1 {
		return a, false
	}
	if !given {
		n = max(1, named[0].Of(personID))
	}
	return answer{Need: named[0], Amount: n}, true
}

// words returns the words of a text in lower case.
func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// fewest is how many letters name something of which there is more to say.
const fewest = 4

// names reports whether words name something with a title: all of it, or some of its words in their order.
func names(said, title []string) bool {
	letters, at := 0, 0
	for _, word := range said {
		next := slices.IndexFunc(title[at:], func(other string) bool { return sameWord(word, other) })
		if next < 0 {
			return false
		}
		at += next + 1
		letters += utf8.RuneCountInString(strings.TrimFunc(word, unicode.IsDigit))
	}
	return letters > 0 && (letters >= fewest || len(said) == len(title))
}

// sameWord reports whether two words differ in their ending at most, as one cake and two cakes do.
func sameWord(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return a == b || len(a) >= 3 && len(b)-len(a) <= 2 && strings.HasPrefix(b, a)
}
