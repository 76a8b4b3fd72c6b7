package markdown

import (
	"html"
	"regexp"
	"strings"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"grouprise.org/grouprise/internal/kit/glyph"
	"grouprise.org/grouprise/internal/kit/lang"
)

// Cache keeps rendered texts with their sources and options, the ones used last up to a number of bytes. It is safe for
// concurrent use.
type Cache struct {
	engine *engine

	mu    sync.Mutex
	texts *simplelru.LRU[origin, cached]
	limit int
	used  int
}

// origin is what a rendered text was made of.
type origin struct {
	source  string
	options Options
}

type cached struct {
	text Rendered
	size int
}

// overhead is what a kept text occupies beside its source and its HTML, about.
const overhead = 300

// NewCache returns a cache of at most limit bytes; a limit below 1 keeps nothing.
func NewCache(limit int) *Cache {
	c := &Cache{engine: newEngine(), limit: limit}
	forget := func(_ origin, e cached) { c.used -= e.size }
	texts, err := simplelru.NewLRU(max(limit/overhead, 1), forget)
	if err != nil {
		panic(err) // only for a size below 1
	}
	c.texts = texts
	return c
}

// Render returns what the function Render returns, kept or made.
func (c *Cache) Render(source string, o Options) Rendered {
	key := origin{source, o}
	c.mu.Lock()
	kept, ok := c.texts.Get(key)
	c.mu.Unlock()
	if ok {
		return kept.text
	}
	text := c.engine.render(source, o)
	size := len(source) + text.size() + len(text.parts)*100 + len(text.Refs)*80 + overhead
	if size > c.limit {
		return text
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.texts.Contains(key) {
		c.texts.Add(key, cached{text, size})
		c.used += size
		for c.used > c.limit {
			c.texts.RemoveOldest()
		}
	}
	return text
}

// Text returns a text without any markup in one line, for previews and meta tags. After maxWords words
// it is cut (0: never). References stand as they were written. The result is not escaped.
func (c *Cache) Text(source string, maxWords int) string { return c.TextOf(Marked, source, maxWords) }

// TextOf returns the same of a text in a format.
func (c *Cache) TextOf(f Format, source string, maxWords int) string {
	return c.Render(source, Options{Format: f, Preset: NonInteractive, Words: maxWords}).plainText()
}

// MailText returns a text as people write mails: lists and quotes keep their signs, the addresses of
// links follow the paragraph that has them. Lines are not wrapped. Where a picture stood, its description stands in
// brackets in the printer's language, and its address. Links within the site are made absolute with its origin
// ("https://example.org").
func (c *Cache) MailText(source, origin string, p *lang.Printer) string {
	return c.Render(source, Options{HeadingLevel: 2, Origin: origin}).mailText(origin, p)
}

// MailTextOf returns the same of a text in a format. Plain text is what people write in mails already.
func (c *Cache) MailTextOf(f Format, source, origin string, p *lang.Printer) string {
	if f == Plain {
		return strings.TrimRight(cleanSource(source), " \n")
	}
	return c.MailText(source, origin, p)
}

// Shows reports whether there is anything to see of a text in a format: in markdown, comments of HTML and definitions of
// links show nothing.
func (c *Cache) Shows(f Format, source string) bool {
	if !glyph.Visible(source) {
		return false
	}
	for _, piece := range c.Render(source, Options{Format: f}).parts {
		if piece.role == reference || strings.Contains(piece.html, "<img ") || strings.Contains(piece.html, "<hr>") {
			return true
		}
		if glyph.Visible(html.UnescapeString(anyTag.ReplaceAllString(piece.html, ""))) {
			return true
		}
	}
	return false
}

var anyTag = regexp.MustCompile(`<[^>]*>`)
