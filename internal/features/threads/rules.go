package threads

import (
	"time"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/glyph"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/web"
)

// MaxText is the longest text of a comment or message, in characters; a mail that quotes a whole book
// still fits.
const MaxText = 100_000

// Limit is how much a person comments and answers, whether on the web or by mail.
func Limit() web.Limit {
	return web.Limit{Name: "comment", Count: 120, Per: time.Hour, Whom: web.PerAccount}
}

// validate reports what is wrong with a post; shows tells whether there is anything to see of a text. A mail may consist
// of files alone.
func (p Post) validate(shows func(markdown.Format, string) bool) error {
	switch {
	case utf8.RuneCountInString(p.Text) > MaxText:
		return errs.Check(errs.Field("text", "Use at most %d characters for the text.", MaxText))
	case len(p.Files) == 0 && !glyph.Visible(p.Cut) && !shows(p.Format, p.Text):
		return errs.Check(errs.Field("text", "Write something first."))
	}
	return nil
}

// editable is how long somebody may change what they have written.
const editable = 15 * time.Minute

// CanRemove reports whether somebody who stands to the entity of a thread like this may remove a contribution: its author,
// the members of the group, and the owner of a profile what others wrote about their items. In a conversation between two
// people everybody removes what is their own.
func CanRemove(s community.Standing, c Contribution) bool {
	switch {
	case c.Removed() || !s.Viewer.SignedIn():
		return false
	case s.Viewer.Is(c.AuthorID) || s.Member:
		return true
	default:
		return s.Owner && c.ContentID != 0
	}
}

// CanEdit reports whether the viewer may change the text of a contribution: its author, for a quarter of an hour.
func CanEdit(v community.Viewer, c Contribution, now clock.Time) bool {
	return v.Is(c.AuthorID) && !c.Removed() && now.Before(c.CreatedAt.Add(editable))
}

// CanReact reports whether the viewer, who reads a contribution, may react to it: whoever has signed in and is somebody
// else.
func CanReact(v community.Viewer, c Contribution) bool {
	return v.SignedIn() && !v.Is(c.AuthorID) && !c.Removed()
}

// CanAnswerAlone reports whether the viewer, who reads a contribution that others read as well, may answer
// its author alone: whoever has signed in and is somebody else.
func CanAnswerAlone(v community.Viewer, c Contribution) bool {
	return v.SignedIn() && !v.Is(c.AuthorID) && !c.Removed()
}
