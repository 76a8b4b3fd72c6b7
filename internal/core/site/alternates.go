package site

import "slices"

// Alternate is what a page says in a form for programs, such as the feed of what is new on it. The head of the page names
// it, so that programs find it.
type Alternate struct {
	Type  string // its media type: "application/atom+xml"
	Title string // in the viewer's language
	Path  string
}

// AtomFeed returns the alternate that is a feed (RFC 4287).
func AtomFeed(title, path string) Alternate {
	return Alternate{Type: "application/atom+xml", Title: title, Path: path}
}

// AlternateSource is a room's word on which alternates pages have.
type AlternateSource struct {
	About string // one line for the print of the house: "the feed of a group"
	// Of returns the alternates of a page about a subject; the zero value is the town. It is not asked about pages that
	// search engines leave alone, among them everything internal.
	Of func(v *Visit, s Subject) []Alternate
}

// alternates returns the alternates of a page: what its handler says, and then what rooms say of its subject.
func (v *Visit) alternates(p Page) []Alternate {
	if p.Hidden {
		return nil
	}
	all := p.Alternates
	for _, source := range v.site.Alternates {
		all = append(slices.Clip(all), source.Of(v, v.subject)...)
	}
	return all
}
