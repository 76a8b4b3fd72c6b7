package polls

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/glyph"
	"grouprise.org/grouprise/internal/kit/schulze"
)

// The limits of a poll: how many options it has, and how many characters a title and the name of a guest have.
const (
	maxOptions = schulze.MaxOptions
	maxTitle   = 255
	maxName    = 63
)

// What somebody says to an option of a poll that is not ranked. In a ranked one it is the rank of the option, from 1
// on.
const (
	no = iota
	maybe
	yes
)

// ballot is what somebody says to options, by their ids. What is missing they have not ranked, or said nothing to.
type ballot map[int64]int

// poll is a poll with what is known of its item.
type poll struct {
	ContentID int64      `db:"content_id"`
	Ranked    bool       `db:"ranked"`
	Dated     bool       `db:"dated"`
	Secret    bool       `db:"secret"`
	Hidden    bool       `db:"hidden"`
	Zone      string     `db:"zone"`
	Ends      string     `db:"ends"`
	EndsAt    clock.Time `db:"ends_at"`
	Sums      string     `db:"tally"`

	Options []option `db:"-"` // in their order
	Tally   tally    `db:"-"`
}

// option is one of what people choose from: a title, or times.
type option struct {
	ID        int64  `db:"id"`
	ContentID int64  `db:"content_id"`
	Place     int    `db:"place"`
	Title     string `db:"title"`
	Begins    string `db:"begins"`
	Until     string `db:"ends"`
	EventID   int64  `db:"event_id"` // that was made of it; 0 for none
}

// key tells the option from others of its poll.
func (o option) key() string { return strings.ToLower(o.Title) + "\x00" + o.Begins + "\x00" + o.Until }

// ended reports whether nobody can vote any more.
func (p poll) ended(now clock.Time) bool { return !p.EndsAt.IsZero() && !p.EndsAt.After(now.Time) }

// concealed reports whether nobody may see results yet, whoever they are.
func (p poll) concealed(now clock.Time) bool { return (p.Hidden || p.Secret) && !p.ended(now) }

// single reports whether the poll asks one thing alone, to which an answer needs to name no option.
func (p poll) single() bool { return len(p.Options) == 1 && !p.Ranked }

// CanVote reports whether the viewer may vote in a poll that they may read: those inside, and in a public one
// everybody. Whoever reads an internal one because they once commented on it does not vote. A secret one takes people
// with an account alone: nobody could see whether one and the same voted under ten names.
func CanVote(s community.Standing, public, secret bool) bool {
	if !s.Viewer.SignedIn() {
		return public && !secret
	}
	return public || s.Inside()
}

// whyNot returns why the viewer may not vote.
func (p poll) whyNot(s community.Standing, public bool, now clock.Time) error {
	if err := p.whyNoVoter(s, public, now); err != nil {
		return err
	}
	if !policy.CanAdd(s) {
		return community.ErrArchived()
	}
	return nil
}

// whyNoVoter returns why the viewer is none of those who vote, or why nobody is any more. Who is one can take a vote
// back, also where nobody votes because the group is archived.
func (p poll) whyNoVoter(s community.Standing, public bool, now clock.Time) error {
	switch {
	case p.ended(now):
		return errs.New(errs.Conflict, "This poll has ended.")
	case CanVote(s, public, p.Secret):
		return nil
	case !s.Viewer.SignedIn():
		return community.PleaseSignIn()
	default:
		return errs.New(errs.Denied, "Only members of the group can vote here.")
	}
}

// check returns what is wrong with a ballot: each of its options must be one of the poll's, and each value one that
// the poll knows.
func (p poll) check(b ballot) error {
	most := yes
	least := no
	if p.Ranked {
		least, most = 1, len(p.Options)
	}
	known := map[int64]bool{}
	for _, o := range p.Options {
		known[o.ID] = true
	}
	for _, id := range slices.Sorted(maps.Keys(b)) {
		switch {
		case !known[id]:
			return errs.New(errs.Invalid, "This option isn’t part of the poll any more. Please look at the poll again.")
		case b[id] < least || b[id] > most:
			return errs.Check(errs.Field(optionField(id), "Choose one of the options."))
		}
	}
	if p.Ranked && len(b) == 0 {
		return errs.New(errs.Invalid, "Give at least one option a place.")
	}
	return nil
}

// checkName returns what is wrong with the name of somebody who has not signed in.
func checkName(name string) []errs.FieldError {
	switch {
	case !glyph.Visible(name):
		return []errs.FieldError{errs.Field(nameField, "Enter a name, or sign in.")}
	case utf8.RuneCountInString(name) > maxName:
		return []errs.FieldError{errs.Field(nameField, "Use at most %d characters for your name.", maxName)}
	}
	return nil
}

// nameKey returns what tells the names of guests apart.
func nameKey(name string) string {
	key := []rune(strings.ToLower(name))
	return string(key[:min(len(key), maxName)])
}

// parseAnswer reads an answer that consists of a word: yes, no or maybe, in the languages of the site.
func parseAnswer(text string) (value int, ok bool) {
	const around = " \t\r\n.,;:!*_\"'’“”„()-–"
	switch strings.ToLower(strings.Trim(text, around)) {
	case "yes", "ja":
		return yes, true
	case "maybe", "vielleicht":
		return maybe, true
	case "no", "nein":
		return no, true
	default:
		return 0, false
	}
}
