package content

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
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
}

// validate checks a form of a kind: the common fields, and then the kind's own. An item that exists has a short name,
// too.
func validate(k Kind, f Form, exists bool) error {
	wrong := f.common().validate(k.TextOptional, exists)
	if err := f.Validate(); err != nil {
		problem, ok := errors.AsType[*errs.Error](err)
		if !ok || len(problem.Fields) == 0 {
			return err
		}
		wrong = append(wrong, problem.Fields...)
	}
	return errs.Check(wrong...)
}

func (c *Common) validate(textOptional, exists bool) []errs.FieldError {
	var wrong []errs.FieldError
	switch {
	case strings.TrimSpace(c.Title) == "":
		wrong = append(wrong, errs.Field("title", "Give it a title."))
	case utf8.RuneCountInString(c.Title) > maxTitle:
		wrong = append(wrong, errs.Field("title", "This title is too long: it may have %d characters.", maxTitle))
	}
	switch {
	case strings.TrimSpace(c.Text) == "" && !textOptional:
		wrong = append(wrong, errs.Field("text", "Write something first."))
	case utf8.RuneCountInString(c.Text) > maxText:
		wrong = append(wrong, errs.Field("text", "This text is too long: it may have %d characters.", maxText))
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
// published.
func CanEdit(s community.Standing) bool { return policy.CanPublish(s) }

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
