package markdown

import (
	"crypto/sha256"
	"encoding/hex"
	"html"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
)

// refStart and refEnd enclose the placeholder of a reference on its way through parser and sanitiser. They
// are code points that no text may contain; the nonce between them cannot be guessed.
const (
	refStart = "\uFDD0"
	refEnd   = "\uFDD1"
)

// nonce returns a word that a source cannot contain, because it depends on all of it.
func nonce(source string) string {
	sum := sha256.Sum256([]byte(source))
	return hex.EncodeToString(sum[:12])
}

// cleanSource makes valid UTF-8 with plain line ends and without characters that only deceive.
func cleanSource(source string) string {
	source = strings.ToValidUTF8(source, "\uFFFD")
	source = strings.ReplaceAll(source, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		if r == '\r' {
			return '\n'
		}
		return visible(r)
	}, source)
}

// visible drops (-1) control characters, those that reverse the direction of text, and code points
// that are no characters.
func visible(r rune) rune {
	switch {
	case r == '\n' || r == '\t':
		return r
	case r < ' ', r >= 0x7f && r < 0xa0,
		r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069,
		r == 0xfeff, r >= 0xfdd0 && r <= 0xfdef, r&0xfffe == 0xfffe:
		return -1
	default:
		return r
	}
}

// verbatim is the HTML of a source that is not treated as Markdown.
func verbatim(source string) string {
	var b strings.Builder
	b.Grow(len(source) + len(source)/8)
	open := false
	for line := range strings.Lines(source) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.TrimSpace(line) == "":
			if open {
				b.WriteString("</p>\n")
			}
			open = false
			continue
		case open:
			b.WriteString("<br>\n")
		default:
			b.WriteString("<p>")
		}
		open = true
		b.WriteString(html.EscapeString(line))
	}
	if open {
		b.WriteString("</p>\n")
	}
	return b.String()
}

// What attributes may say.
var (
	anyID       = regexp.MustCompile(`^[A-Za-z0-9_-]{1,300}$`)
	ourRel      = regexp.MustCompile(`^` + foreignRel + `$`)
	ourLoading  = regexp.MustCompile(`^lazy$`)
	spanClass   = regexp.MustCompile(`^emoji$`)
	codeClass   = regexp.MustCompile(`^language-[A-Za-z0-9+#._-]{1,30}$`)
	startNumber = regexp.MustCompile(`^[0-9]{1,9}$`)
	cellAlign   = regexp.MustCompile(`^(left|center|right)$`)
)

// newPolicy returns what HTML may pass.
func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements(
		"p", "em", "strong", "br", "sub", "sup", "blockquote", "cite", "h1", "h2", "h3", "h4", "h5", "h6",
		"ol", "ul", "li", "pre", "code", "hr", "del", "table", "thead", "tbody", "tr", "th", "td",
	)
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	p.AllowAttrs("id").Matching(anyID).Globally()
	p.AllowAttrs("title").Globally()
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("rel").Matching(ourRel).OnElements("a")
	p.AllowAttrs("src", "alt").OnElements("img")
	p.AllowAttrs("loading").Matching(ourLoading).OnElements("img")
	p.AllowAttrs("class").Matching(spanClass).OnElements("span")
	p.AllowAttrs("class").Matching(codeClass).OnElements("code")
	p.AllowAttrs("start").Matching(startNumber).OnElements("ol")
	p.AllowAttrs("align").Matching(cellAlign).OnElements("th", "td")
	return p
}

// foreignRel says of links to other hosts that we do not vouch for them.
const foreignRel = "nofollow ugc noopener"
