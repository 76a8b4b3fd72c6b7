package attendance

import (
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/glyph"
)

// Answer is what somebody says when they are asked whether they come.
type Answer string

// The answers.
const (
	Yes   Answer = "yes"
	Maybe Answer = "maybe"
	No    Answer = "no"
)

// The limits of an answer.
const (
	maxGuests = 9  // that somebody brings along
	maxName   = 60 // characters of the name of somebody without an account
)

// Given is an answer that somebody gives: a person, or else somebody without an account who has proved a mailbox.
type Given struct {
	ContentID int64
	DateID    int64      // 0 for the whole series, or all dates that are to come where each is asked for
	More      []int64    // further dates that it is for
	At        clock.Time // when a program gave it that is heard of later; zero is now
	PersonID  int64
	Address   string // of somebody without an account; if it belongs to a person, the answer is theirs
	Name      string // that they go by
	Language  string // that mails to them are in; "" is that of the site
	Answer    Answer
	Guests    int
}

// On returns the same answer for some dates; without any, for what it was for.
func (g Given) On(dates []int64) Given {
	if len(dates) > 0 {
		g.DateID, g.More = dates[0], dates[1:]
	}
	return g
}

// dates returns the dates that an answer is for; none for all.
func (g Given) dates() []int64 {
	if g.DateID == 0 {
		return nil
	}
	return append([]int64{g.DateID}, g.More...)
}

// check returns what is wrong with an answer whatever it is for.
func (g Given) check() error {
	var wrong []errs.FieldError
	switch g.Answer {
	case Yes, Maybe, No:
	default:
		wrong = append(wrong, errs.Field("answer", "Choose one of the options."))
	}
	wrong = append(wrong, checkGuests(g.Guests)...)
	if g.PersonID == 0 {
		wrong = append(wrong, checkName(g.Name)...)
	}
	return errs.Check(wrong...)
}

// checkGuests returns what is wrong with a number of guests.
func checkGuests(guests int) []errs.FieldError {
	if guests < 0 || guests > maxGuests {
		return []errs.FieldError{errs.Field("guests", "You can bring up to %d guests.", maxGuests)}
	}
	return nil
}

// checkName returns what is wrong with the name of somebody without an account.
func checkName(name string) []errs.FieldError {
	switch {
	case !glyph.Visible(name):
		return []errs.FieldError{errs.Field("name", "Enter your name.")}
	case utf8.RuneCountInString(name) > maxName:
		return []errs.FieldError{errs.Field("name", "Use at most %d characters for your name.", maxName)}
	}
	return nil
}

// party returns how many people come if an answer is given: none unless it is a yes.
func party(a Answer, guests int) int {
	if a != Yes {
		return 0
	}
	return 1 + guests
}

// admit decides whether somebody who changes an answer has a place or waits for one. held is how many places they have
// already, need how many they want, free how many are left beside theirs, and capacity how many there are, 0 without end.
// Nobody loses a place by asking for more: then it is Conflict.
func admit(held, need, free, capacity int) (waits bool, err error) {
	switch {
	case capacity == 0, need <= held, need <= free:
		return false, nil
	case need > capacity:
		return false, errs.Check(errs.Field("guests", "There are only %d places.", capacity))
	case held > 0:
		return false, errs.New(errs.Conflict, "There aren’t enough places left for so many guests.")
	default:
		return true, nil
	}
}

// advance returns who of a queue moves up into free places: in its order, whoever has a party that fits. So a large party
// does not keep places empty. free means nothing where there are places without end.
func advance(free int, queue []queued) (moved []queued) {
	for _, a := range queue {
		need := party(a.Answer, a.Guests)
		if a.Capacity != 0 && need > free {
			continue
		}
		moved = append(moved, a)
		free -= need
	}
	return moved
}

// CanSeeNames reports whether the viewer may know who comes: what a group does is for its members to know, while
// everybody sees how many come.
func CanSeeNames(s community.Standing) bool { return s.Viewer.SignedIn() && s.Inside() }

// CanAnswerFor reports whether the viewer may answer for other members of the group.
func CanAnswerFor(s community.Standing, byOthers bool) bool {
	return byOthers && s.Viewer.SignedIn() && s.Member
}

// why returns why nobody can answer for a date, nil if everybody can.
func (o occasion) why() error {
	switch {
	case o.Answers == "":
		return errs.New(errs.Denied, "Nobody is asked whether they’re coming to this event.")
	case o.Cancelled:
		return errs.New(errs.Conflict, "This event has been cancelled.")
	case o.Over:
		return errs.New(errs.Conflict, "This event is over.")
	}
	return nil
}
