package feed

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
	"time"
)

type atomFeed struct {
	XMLName   xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Language  string      `xml:"xml:lang,attr,omitempty"`
	Via       string      `xml:"xmlns:grouprise,attr"`
	ID        string      `xml:"id"`
	Title     string      `xml:"title"`
	Subtitle  string      `xml:"subtitle,omitempty"`
	Updated   string      `xml:"updated"`
	Author    atomPerson  `xml:"author"`
	Links     []atomLink  `xml:"link"`
	Generator string      `xml:"generator"`
	Entries   []atomEntry `xml:"entry"`
}

type atomPerson struct {
	Name string `xml:"name"`
	URI  string `xml:"uri,omitempty"`
}

type atomLink struct {
	Rel    string `xml:"rel,attr"`
	Type   string `xml:"type,attr,omitempty"`
	Href   string `xml:"href,attr"`
	Length string `xml:"length,attr,omitempty"`
	Title  string `xml:"title,attr,omitempty"`
}

type atomCategory struct {
	Term   string `xml:"term,attr"`
	Scheme string `xml:"scheme,attr,omitempty"`
	Label  string `xml:"label,attr,omitempty"`
}

type atomText struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

type atomEntry struct {
	ID         string         `xml:"id"`
	Title      string         `xml:"title"`
	Published  string         `xml:"published"`
	Updated    string         `xml:"updated"`
	Author     *atomPerson    `xml:"author"`
	Links      []atomLink     `xml:"link"`
	Categories []atomCategory `xml:"category"`
	Content    atomText       `xml:"content"`
	Via        string         `xml:"grouprise:via,omitempty"`
}

// Atom writes a feed as RFC 4287 says. Entries without an author are by the feed.
func Atom(f Feed) ([]byte, error) {
	all := atomFeed{
		Language: f.Language, Via: namespace, ID: f.ID, Title: clean(f.Title), Subtitle: clean(f.About), Updated: stamp(f.Updated), Author: atomPerson{Name: clean(f.Title), URI: f.Page},
		Links: []atomLink{{Rel: "alternate", Type: "text/html", Href: f.Page}, {Rel: "self", Type: AtomType, Href: f.Self}}, Generator: "grouprise",
	}
	for _, e := range f.Entries {
		entry := atomEntry{
			ID: e.ID, Title: clean(e.Title), Published: stamp(e.Published), Updated: stamp(e.Updated),
			Links: []atomLink{{Rel: "alternate", Type: "text/html", Href: e.Link}}, Content: atomText{"html", e.HTML}, Via: strings.Join(e.Via, ","),
		}
		if e.Author.Name != "" {
			entry.Author = &atomPerson{Name: clean(e.Author.Name), URI: e.Author.Page}
		}
		if e.Comments != "" {
			entry.Links = append(entry.Links, atomLink{Rel: "replies", Type: AtomType, Href: e.Comments})
		}
		for _, x := range e.Enclosures {
			link := atomLink{Rel: "enclosure", Type: x.Type, Href: x.Address, Title: clean(x.Title)}
			if x.Length > 0 {
				link.Length = strconv.FormatInt(x.Length, 10)
			}
			entry.Links = append(entry.Links, link)
		}
		for _, c := range e.Categories {
			entry.Categories = append(entry.Categories, atomCategory{c.Term, c.Scheme, clean(c.Label)})
		}
		all.Entries = append(all.Entries, entry)
	}
	return write(all)
}

// stamp writes a time as RFC 3339 says. Atom cannot do without one: what has none is as old as can be.
func stamp(t time.Time) string {
	if t.IsZero() {
		t = time.Unix(0, 0)
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

type rssFeed struct {
	XMLName xml.Name   `xml:"rss"`
	Version string     `xml:"version,attr"`
	Atom    string     `xml:"xmlns:atom,attr"`
	Dublin  string     `xml:"xmlns:dc,attr"`
	Via     string     `xml:"xmlns:grouprise,attr"`
	Channel rssChannel `xml:"channel"`
}

type rssChannel struct {
	Title       string    `xml:"title"`
	Link        string    `xml:"link"`
	Description string    `xml:"description"`
	Language    string    `xml:"language,omitempty"`
	Built       string    `xml:"lastBuildDate,omitempty"`
	Generator   string    `xml:"generator"`
	Docs        string    `xml:"docs"`
	Minutes     int       `xml:"ttl"`
	Self        atomLink  `xml:"atom:link"`
	Items       []rssItem `xml:"item"`
}

type rssItem struct {
	Title       string        `xml:"title"`
	Link        string        `xml:"link"`
	Description string        `xml:"description"`
	Creator     string        `xml:"dc:creator,omitempty"`
	Categories  []rssCategory `xml:"category"`
	Comments    string        `xml:"comments,omitempty"`
	Enclosure   *rssEnclosure `xml:"enclosure"`
	GUID        rssGUID       `xml:"guid"`
	Published   string        `xml:"pubDate,omitempty"`
	Updated     string        `xml:"atom:updated,omitempty"`
	Via         string        `xml:"grouprise:via,omitempty"`
}

type rssCategory struct {
	Domain string `xml:"domain,attr,omitempty"`
	Name   string `xml:",chardata"`
}

type rssEnclosure struct {
	URL    string `xml:"url,attr"`
	Length int64  `xml:"length,attr"`
	Type   string `xml:"type,attr"`
}

type rssGUID struct {
	Permalink bool   `xml:"isPermaLink,attr"`
	ID        string `xml:",chardata"`
}

// askAfter is after how many minutes programs should ask for a feed again.
const askAfter = 60

// RSS writes a feed as RSS 2.0. An item has one enclosure at most there: the first of an entry.
func RSS(f Feed) ([]byte, error) {
	channel := rssChannel{
		Title: clean(f.Title), Link: f.Page, Description: clean(cmp.Or(f.About, f.Title)), Language: f.Language, Built: zoned(f.Updated), Generator: "grouprise",
		Docs: "https://www.rssboard.org/rss-specification", Minutes: askAfter, Self: atomLink{Rel: "self", Type: RSSType, Href: f.Self},
	}
	for _, e := range f.Entries {
		item := rssItem{
			Title: clean(e.Title), Link: e.Link, Description: e.HTML, Creator: clean(e.Author.Name), GUID: rssGUID{true, e.ID}, Published: zoned(e.Published), Via: strings.Join(e.Via, ","),
		}
		if e.Updated.After(e.Published) {
			item.Updated = stamp(e.Updated)
		}
		if e.Comments != "" {
			item.Comments = e.Link + "#comments"
		}
		for _, c := range e.Categories {
			item.Categories = append(item.Categories, rssCategory{c.Scheme, clean(cmp.Or(c.Label, c.Term))})
		}
		if len(e.Enclosures) > 0 {
			item.Enclosure = &rssEnclosure{e.Enclosures[0].Address, e.Enclosures[0].Length, e.Enclosures[0].Type}
		}
		channel.Items = append(channel.Items, item)
	}
	return write(rssFeed{Version: "2.0", Atom: "http://www.w3.org/2005/Atom", Dublin: "http://purl.org/dc/elements/1.1/", Via: namespace, Channel: channel})
}

// zoned writes a time as mails do (RFC 822, with four digits of the year); nothing for none.
func zoned(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("Mon, 02 Jan 2006 15:04:05 +0000")
}

// clean returns a text in one line.
func clean(text string) string { return strings.Join(strings.Fields(text), " ") }

func write(what any) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e := xml.NewEncoder(&b)
	if err := e.Encode(what); err != nil {
		return nil, fmt.Errorf("write a feed: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}
