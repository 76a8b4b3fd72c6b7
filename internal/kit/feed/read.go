package feed

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/unicode"
)

// What a feed may consist of: the parser makes objects of all of it, and calls itself for what stands inside.
const (
	maxParts = 400_000
	maxDepth = 60
)

// Why something cannot be read as a feed.
var (
	ErrNoFeed   = errors.New("it is no feed")
	ErrDamaged  = errors.New("it is a feed, but damaged")
	ErrTooLarge = errors.New("it is a feed with too many parts")
)

// Read is a feed from elsewhere.
type Read struct {
	Title   string
	Entries []ReadEntry // in the order of the feed
}

// ReadEntry is an entry of a feed from elsewhere. All of it may be missing.
type ReadEntry struct {
	ID        string
	Link      string // absolute
	Title     string // in one line, without markup
	HTML      string // addresses are absolute
	Published time.Time
	Via       []string // the sites of this program through which it has come: their hosts, in lower case
}

// Key returns what tells an entry from the others of its feed: its id, or else its address; empty if it has neither.
func (e ReadEntry) Key() string { return cmp.Or(e.ID, e.Link) }

// Parse reads a feed that stands at an address. An error is one of ErrNoFeed, ErrDamaged and ErrTooLarge.
func Parse(body []byte, address *url.URL) (f Read, err error) {
	defer func() { // a parser of strangers' texts that gives up is no reason to end
		if problem := recover(); problem != nil {
			f, err = Read{}, fmt.Errorf("%w: %v", ErrDamaged, problem)
		}
	}()
	body = plain(body)
	if err := check(body); err != nil {
		return Read{}, err
	}
	parsed, err := gofeed.NewParser().Parse(bytes.NewReader(body))
	if errors.Is(err, gofeed.ErrFeedTypeNotDetected) {
		return Read{}, ErrNoFeed
	}
	if err != nil {
		return Read{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	f.Title = withoutMarkup(parsed.Title)
	for _, i := range parsed.Items {
		if i != nil {
			f.Entries = append(f.Entries, entryOf(i, address))
		}
	}
	return f, nil
}

func entryOf(i *gofeed.Item, address *url.URL) ReadEntry {
	e := ReadEntry{ID: strings.TrimSpace(i.GUID), Title: withoutMarkup(i.Title)}
	base := address
	for _, link := range append([]string{i.Link}, i.Links...) {
		u, err := address.Parse(strings.TrimSpace(link))
		if err == nil && link != "" && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
			e.Link, base = u.String(), u
			break
		}
	}
	e.HTML = Absolute(cmp.Or(strings.TrimSpace(i.Content), strings.TrimSpace(i.Description)), base)
	switch {
	case i.PublishedParsed != nil:
		e.Published = *i.PublishedParsed
	case i.UpdatedParsed != nil:
		e.Published = *i.UpdatedParsed
	}
	for _, x := range i.Extensions["grouprise"]["via"] {
		for host := range strings.SplitSeq(x.Value, ",") {
			if host = strings.ToLower(strings.TrimSpace(host)); host != "" {
				e.Via = append(e.Via, host)
			}
		}
	}
	return e
}

// withoutMarkup returns the words of a title, which may be written as HTML.
func withoutMarkup(title string) string {
	return clean(Words(title))
}

// plain returns a text that a parser reads: in an encoding in which ASCII is ASCII, and without signs that mean nothing
// and that a parser of XML stumbles over.
func plain(body []byte) []byte {
	if bytes.HasPrefix(body, []byte{0xFE, 0xFF}) || bytes.HasPrefix(body, []byte{0xFF, 0xFE}) {
		if decoded, err := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Bytes(body); err == nil {
			body = decoded
			if rest, found := bytes.CutPrefix(bytes.TrimSpace(body), []byte("<?xml")); found { // which says something else
				if _, after, closed := bytes.Cut(rest, []byte("?>")); closed {
					body = after
				}
			}
		}
	}
	body = bytes.TrimPrefix(body, []byte{0xEF, 0xBB, 0xBF})
	kept := make([]byte, 0, len(body))
	for _, b := range body {
		if b >= ' ' || b == '\n' || b == '\t' || b == '\r' {
			kept = append(kept, b)
		}
	}
	return bytes.TrimSpace(kept)
}

// check looks through a text in pieces and reports what keeps it from being parsed as a whole.
func check(body []byte) error {
	switch {
	case len(body) == 0:
		return ErrNoFeed
	case body[0] == '{':
		return checkJSON(body)
	case body[0] == '<':
		return checkXML(body)
	}
	return ErrNoFeed
}

func checkJSON(body []byte) error {
	d := json.NewDecoder(bytes.NewReader(body))
	for parts, depth := 0, 0; ; parts++ {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return ErrNoFeed
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if parts > maxParts || depth > maxDepth {
			return ErrTooLarge
		}
	}
	var what struct {
		Version string `json:"version"`
	}
	if err := json.Unmarshal(body, &what); err != nil || !strings.Contains(what.Version, "jsonfeed.org") {
		return ErrNoFeed
	}
	return nil
}

// checkXML reads XML as the parser does, one part after the other. What begins with something else than a feed does is none.
func checkXML(body []byte) error {
	d := xml.NewDecoder(bytes.NewReader(body))
	d.Strict, d.CharsetReader = false, charset.NewReaderLabel
	parts, depth, known, ended := 0, 0, false, false
	for ; ; parts++ {
		t, err := d.RawToken()
		switch {
		case err != nil && !known:
			return ErrNoFeed
		case err != nil && (ended || errors.Is(err, io.EOF)):
			return nil
		case err != nil:
			return ErrDamaged
		case parts > maxParts || depth > maxDepth:
			return ErrTooLarge
		}
		switch t := t.(type) {
		case xml.StartElement:
			name := strings.ToLower(t.Name.Local)
			if !known && name != "rss" && name != "rdf" && name != "feed" {
				return ErrNoFeed
			}
			known = true
			depth++
			parts += len(t.Attr)
		case xml.EndElement:
			depth = max(0, depth-1)
			ended = ended || depth == 0
		}
	}
}
