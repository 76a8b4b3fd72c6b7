package feed

import (
	"bytes"
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Absolute returns HTML whose addresses are read from elsewhere: links and pictures of a page at base lead where they led
// there. What programs that show feeds have no use for is left out.
func Absolute(source string, base *url.URL) string {
	var b strings.Builder
	b.Grow(len(source) + len(source)/8)
	for z := html.NewTokenizer(strings.NewReader(source)); ; {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			return b.String()
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			kept := t.Attr[:0]
			for _, a := range t.Attr {
				switch a.Key {
				case "href", "src", "cite", "poster":
					a.Val = resolve(base, a.Val)
				case "srcset", "sizes", "loading", "tabindex", "style", "class", "role":
					continue
				}
				kept = append(kept, a)
			}
			t.Attr = kept
			b.WriteString(t.String())
		default:
			b.Write(z.Raw())
		}
	}
}

// resolve returns an address as it is read from elsewhere; one that nobody understands stays.
func resolve(base *url.URL, address string) string {
	u, err := base.Parse(strings.TrimSpace(address))
	if err != nil {
		return address
	}
	return u.String()
}

// Words returns the words of HTML, without any markup.
func Words(source string) string {
	var b strings.Builder
	for z := html.NewTokenizer(strings.NewReader(source)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return html.UnescapeString(b.String())
		case html.TextToken:
			b.Write(z.Raw())
		case html.StartTagToken, html.SelfClosingTagToken:
			if name, _ := z.TagName(); atom.Lookup(name) == atom.Br || atom.Lookup(name) == atom.P {
				b.WriteByte(' ')
			}
		}
	}
}

// searched is how many bytes of a page are searched for its feed: it stands in the head.
const searched = 512 << 10

// Find returns the address of the feed that a page names first, as `<link rel="alternate">` with one of the media types of
// feeds. base is where the page stands.
func Find(page []byte, base *url.URL) (address string, ok bool) {
	for z := html.NewTokenizer(bytes.NewReader(page[:min(len(page), searched)])); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			return "", false
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		t := z.Token()
		switch t.DataAtom {
		case atom.Base:
			if u, err := base.Parse(valueOf(t, "href")); err == nil && valueOf(t, "href") != "" {
				base = u
			}
		case atom.Link:
			if !namesFeed(t) {
				continue
			}
			if u, err := base.Parse(valueOf(t, "href")); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
				return u.String(), true
			}
		}
	}
}

// namesFeed reports whether a link in the head of a page leads to its feed.
func namesFeed(t html.Token) bool {
	alternate := false
	for rel := range strings.FieldsSeq(strings.ToLower(valueOf(t, "rel"))) {
		alternate = alternate || rel == "alternate"
	}
	kind, _, _ := strings.Cut(strings.ToLower(valueOf(t, "type")), ";")
	switch strings.TrimSpace(kind) {
	case RSSType, AtomType, "application/feed+json", "application/rdf+xml":
		return alternate && valueOf(t, "href") != ""
	}
	return false
}

func valueOf(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return strings.TrimSpace(a.Val)
		}
	}
	return ""
}
