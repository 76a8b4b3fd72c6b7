package groups

import (
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/errs"
)

// Limits of what a group says about itself, in characters.
const (
	maxName        = 255
	maxDescription = 200
	maxAddress     = 1000
	maxURL         = 200
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
}

// ProfileOf returns what a group says about itself.
func ProfileOf(g community.Group) Profile {
	return Profile{
		Name: g.Name, Slug: g.Slug, Description: g.Description, Address: g.Address,
		URL: g.URL, FoundedOn: g.FoundedOn, Closed: g.Closed,
	}
}

// CanChange reports whether the viewer may change what a group says about itself: every member may,
// there are no roles.
func CanChange(s community.Standing) bool { return s.Viewer.SignedIn() && s.Member }

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

// validateName returns what is wrong with a group's name.
func validateName(name string) []errs.FieldError {
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return []errs.FieldError{errs.Field("name", "Enter the name of the group.")}
	case n > maxName:
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
