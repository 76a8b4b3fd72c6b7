// Package feed writes feeds as Atom (RFC 4287) and RSS 2.0, and reads whatever feeds there are: RSS of all versions, Atom
// and JSON Feed. It also finds the feed that a web page names.
//
// What is read comes from strangers: its size, its depth and the number of its parts are bounded before a parser sees it.
package feed

import "time"

// Feed is a feed that is written.
type Feed struct {
	Title    string
	About    string    // one sentence
	Language string    // "de"
	ID       string    // an address that never changes
	Page     string    // the address of the page that says the same
	Self     string    // the address of the feed
	Updated  time.Time // zero if it has said nothing yet
	Entries  []Entry
}

// Entry is one part of a feed. Addresses are absolute.
type Entry struct {
	ID         string // an address that never changes
	Title      string
	Link       string // the address of its page
	Author     Author
	Published  time.Time
	Updated    time.Time
	HTML       string
	Categories []Category
	Enclosures []Enclosure
	Comments   string   // the address of the feed of what people say about it, or empty
	Via        []string // the sites of this program through which it has come: their hosts
}

// Author is who wrote an entry.
type Author struct {
	Name string
	Page string // may be empty
}

// Category is a tag.
type Category struct{ Term, Label, Scheme string }

// Enclosure is a file that belongs to an entry.
type Enclosure struct {
	Address, Type, Title string
	Length               int64 // bytes; 0 if nobody knows
}

// The media types of feeds.
const (
	AtomType = "application/atom+xml"
	RSSType  = "application/rss+xml"
)

// namespace is that of the element that says through which sites an entry has come, so that two sites that import each
// other’s feeds do not show it again and again.
const namespace = "https://grouprise.org/ns/feed"
