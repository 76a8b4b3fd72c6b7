package groups

import (
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/tagging"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/glyph"
)

// Limits of what a group says about itself, in characters.
const (
	maxName        = 255
	maxDescription = 200
	maxAddress     = 1000
	maxURL         = 200
	maxTags        = 20
)

// Profile is what a group says about itself.
type Profile struct {
	Name        string
	Slug        string
	Description string // markdown, links only
	Address     string
	URL         string // empty, or a web address
	FoundedOn   string // YYYY-MM-DD
	Closed      bool
	Tags        string // with commas between their names
}

// ProfileOf returns what a group says about itself.
func ProfileOf(g community.Group) Profile {
	return Profile{
		Name: g.Name, Slug: g.Slug, Description: g.Description, Address: g.Address,
		URL: g.URL, FoundedOn: g.FoundedOn, Closed: g.Closed, Tags: tagging.FormatList(g.Tags.All()),
	}
}

// CanChange reports whether the viewer may change what a group says about itself: every member may,
// there are no roles.
func CanChange(s community.Standing) bool { return s.Viewer.SignedIn() && s.Member }

// settled is how long somebody belongs to a group before they may archive it, unless they founded it: as long as until
// they may delete what others wrote for it.
const settled = 7 * 24 * time.Hour

// CanArchive reports whether the viewer may archive a group: who founded it and still belongs to it, and members who
// have belonged to it for a week.
func CanArchive(s community.Standing, founderID int64, now clock.Time) bool {
	return CanChange(s) && !s.Archived && (s.Viewer.Is(founderID) || s.MemberAt.Before(now.Add(-settled)))
}

// CanReactivate reports whether the viewer may reactivate a group that is archived: every member may.
func CanReactivate(s community.Standing) bool { return CanChange(s) && s.Archived }

// CanSeeRelation reports whether the viewer has a page about how they stand to a group.
func CanSeeRelation(s community.Standing) bool { return s.Viewer.SignedIn() }

// validate returns what is wrong with a profile, but for its slug, which only the register of slugs can
// judge.
func (p Profile) validate() []errs.FieldError {
	wrong := validateName(p.Name)
	if utf8.RuneCountInString(p.Description) > maxDescription {
		wrong = append(wrong, errs.Field("description", "Use at most %d characters for the description.", maxDescription))
	}
	if utf8.RuneCountInString(p.Address) > maxAddress {
		wrong = append(wrong, errs.Field("address", "Use at most %d characters for the address.", maxAddress))
	}
	if p.URL != "" && !isWebAddress(p.URL) {
		wrong = append(wrong, errs.Field("url", "Enter a web address such as https://example.org."))
	} else if utf8.RuneCountInString(p.URL) > maxURL {
		wrong = append(wrong, errs.Field("url", "Use at most %d characters for the web address.", maxURL))
	}
	if _, err := time.Parse(time.DateOnly, p.FoundedOn); err != nil {
		wrong = append(wrong, errs.Field("date_founded", "Enter a date such as 2024-05-31. A rough one is enough."))
	}
	return wrong
}

// validateTags returns what is wrong with the tags of a group, of which so many must be suggested ones. It names some of
// these.
func validateTags(tags []community.Tag, wrong []string, suggested []community.Tag, minimum int) []errs.FieldError {
	minimum = min(minimum, len(suggested))
	switch {
	case len(wrong) > 0:
		return []errs.FieldError{errs.Field(tagsField, "“%s” can’t be a tag. Use letters and digits, at most %d.", wrong[0], tagging.MaxName)}
	case len(tags) > maxTags:
		return []errs.FieldError{errs.Field(tagsField, "Use at most %d tags.", maxTags)}
	case tagging.Count(tags, suggested) < minimum && minimum == 1:
		return []errs.FieldError{errs.Field(tagsField, "Choose at least one of the recommended tags.")}
	case tagging.Count(tags, suggested) < minimum:
		return []errs.FieldError{errs.Field(tagsField, "Choose at least %d of the recommended tags.", minimum)}
	}
	return nil
}

// validateName returns what is wrong with a group's name.
func validateName(name string) []errs.FieldError {
	switch {
	case !glyph.Visible(name):
		return []errs.FieldError{errs.Field("name", "Enter the name of the group.")}
	case utf8.RuneCountInString(name) > maxName:
		return []errs.FieldError{errs.Field("name", "Use at most %d characters for the name.", maxName)}
	}
	return nil
}

// normalURL completes a web address that was typed without its scheme.
func normalURL(address string) string {
	if address == "" || strings.Contains(address, "://") {
		return address
	}
	return "https://" + address
}

// isWebAddress reports whether a text is the address of a website, fit to be linked.
func isWebAddress(text string) bool {
	u, err := url.Parse(text)
	if err != nil || strings.ContainsAny(text, " \n\t\"<>") {
		return false
	}
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil
}

// shortURL returns a web address as people say it: without scheme and without a slash at its end.
func shortURL(address string) string {
	_, rest, found := strings.Cut(address, "://")
	if !found {
		rest = address
	}
	return strings.TrimSuffix(rest, "/")
}
