package content

import (
	"errors"
	"time"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/glyph"
	"grouprise.org/grouprise/internal/kit/markdown"
)

// The limits of an item: of its texts in characters, and how many pictures come with one form.
const (
	maxTitle    = 255
	maxText     = 200_000
	maxSlug     = 50
	maxPictures = 4
)

// settled is how long somebody belongs to a group before they may delete what others wrote for it.
const settled = 7 * 24 * time.Hour

// Draft is what somebody wants to publish.
type Draft struct {
	Kind   string
	Entity community.Entity
	Form   Form

	// PublishedAt is when the source of an external item published it; zero is now.
	PublishedAt clock.Time

	external bool // it follows a source elsewhere
}

// validate checks a form of a kind: the common fields, and then the kind's own. An item that exists has a short name,
// too. shows tells whether there is anything to see of a text.
func validate(k Kind, f Form, exists bool, shows func(markdown.Format, string) bool) error {
	wrong := f.common().validate(k.TextOptional, exists, shows)
	if err := f.Validate(); err != nil {
		problem, ok := errors.AsType[*errs.Error](err)
		if !ok || len(problem.Fields) == 0 {
			return err
		}
		wrong = append(wrong, problem.Fields...)
	}
	return errs.Check(wrong...)
}

func (c *Common) validate(textOptional, exists bool, shows func(markdown.Format, string) bool) []errs.FieldError {
	var wrong []errs.FieldError
	switch {
	case !glyph.Visible(c.Title):
		wrong = append(wrong, errs.Field("title", "Enter a title."))
	case utf8.RuneCountInString(c.Title) > maxTitle:
		wrong = append(wrong, errs.Field("title", "Use at most %d characters for the title.", maxTitle))
	}
	switch {
	case utf8.RuneCountInString(c.Text) > maxText:
		wrong = append(wrong, errs.Field("text", "Use at most %d characters for the text.", maxText))
	case !textOptional && !shows(markdown.Marked, c.Text):
		wrong = append(wrong, errs.Field("text", "Write something first."))
	}
	if exists && !validSlug(c.Slug) {
		wrong = append(wrong, errs.Field("slug", "Use only letters from a to z, digits, hyphens and underscores, at most %d.", maxSlug))
	}
	return wrong
}

func validSlug(slug string) bool {
	valid := slug != "" && len(slug) <= maxSlug
	for _, r := range slug {
		valid = valid && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	}
	return valid
}

// CanEdit reports whether the viewer may change an item: every member may change what their group
// published, unless it is changed elsewhere.
func CanEdit(s community.Standing, external bool) bool { return policy.CanPublish(s) && !external }

// CanDelete reports whether the viewer may delete an item that somebody wrote: who wrote it, the owner of
// the profile, and members who have belonged to the group for a week.
func CanDelete(s community.Standing, authorID int64, now clock.Time) bool {
	if s.Viewer.Is(authorID) || s.Owner && s.Viewer.SignedIn() {
		return true
	}
	return s.Viewer.SignedIn() && s.Member && s.MemberAt.Before(now.Add(-settled))
}

// MayKnowAuthor reports whether the viewer may know who wrote an item: what a group publishes speaks for
// the group, and who belongs to it is for its members to know.
func MayKnowAuthor(s community.Standing, entity community.Entity) bool {
	return !entity.IsGroup() || s.Inside()
}
