package content

import (
	"strings"
	"time"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
)

// The limits of an item, in characters.
const (
	maxTitle = 255
	maxText  = 200_000
	maxSlug  = 50
)

// settled is how long somebody belongs to a group before they may delete what others wrote for it.
const settled = 7 * 24 * time.Hour

// Draft is what somebody wants to publish.
type Draft struct {
	Kind   string
	Entity community.Entity
	Title  string
	Text   string
	Public bool
	Pinned bool
}

// Change is what somebody wants an item to become.
type Change struct {
	Title, Text, Slug string
	Public, Pinned    bool
	// Version is how often the item had been written when the change began; somebody who was faster is
	// not overwritten.
	Version int
}

func validate(title, text string) []errs.FieldError {
	var wrong []errs.FieldError
	switch {
	case strings.TrimSpace(title) == "":
		wrong = append(wrong, errs.Field("title", "Give it a title."))
	case utf8.RuneCountInString(title) > maxTitle:
		wrong = append(wrong, errs.Field("title", "This title is too long: it may have %d characters.", maxTitle))
	}
	switch {
	case strings.TrimSpace(text) == "":
		wrong = append(wrong, errs.Field("text", "Write something first."))
	case utf8.RuneCountInString(text) > maxText:
		wrong = append(wrong, errs.Field("text", "This text is too long: it may have %d characters.", maxText))
	}
	return wrong
}

func (c Change) validate() []errs.FieldError {
	wrong := validate(c.Title, c.Text)
	valid := c.Slug != "" && len(c.Slug) <= maxSlug
	for _, r := range c.Slug {
		valid = valid && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	}
	if !valid {
		wrong = append(wrong, errs.Field("slug", "Use only letters from a to z, digits, hyphens and underscores, at most %d.", maxSlug))
	}
	return wrong
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
