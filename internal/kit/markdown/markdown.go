// Package markdown turns what people write into safe HTML, plain text and mail text.
//
// The dialect is Markdown as in CommonMark, with these differences:
//
//   - every line break stays one;
//   - the list may begin right below a line of text, "_" inside words is literal, "~~x~~" strikes out
//     ("~x~" does not: people write "~5 km"), tables and rules are understood, "- [x]" is shown as a
//     ticked box in plain text;
//   - addresses of pages and mailboxes become links by themselves;
//   - "@slug" mentions a person or group, "@slug/title" a thing of theirs, "#word" a tag; each may be
//     the target of a link: [text](@slug);
//   - a paragraph [TOC] or [INHALT] becomes a table of contents;
//   - some thirty emoticons between blanks become emoji;
//   - pictures are shown from the own host only, others become links, for pages load nothing foreign;
//   - harmless HTML passes, all else is removed and its content kept.
//
// A mail in plain text is none: with the format [Plain] every sign stays as it was typed, but for addresses and
// references, quotes, and lists that are unmistakable.
//
// Rendering knows nobody: Render leaves a gap for every reference, and Rendered.Resolve fills the gaps
// with what a page has looked up, for all its texts in one query. So a rendered text depends on its
// source alone and Cache may keep it.
//
// Nothing a person writes can break out of the place where a page puts the result: tags are balanced,
// ids carry a prefix or keep clear of those of the page, classes are ours. What would be absurd to read and long to
// parse (thousands of brackets in a paragraph, quotes nested thirty deep) is cut into more paragraphs.
package markdown

import (
	"cmp"
	"html"
	"maps"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/kit/lang"
)

// Preset says what a text may consist of where it is shown.
type Preset uint8

// The presets.
const (
	Full           Preset = iota // everything
	Inline                       // one run of text with links: short descriptions in boxes
	NonInteractive               // one run of text without links, inside a card that is one itself; nothing is looked up
)

// Options say how a text is rendered. The zero value is everything, with "#" as h1.
type Options struct {
	Format       Format
	Preset       Preset
	HeadingLevel int    // the level of "#": 2 for content, 3 for comments; below it capped at h6
	Words        int    // cut after so many words, or as many characters as these have; 0: never
	Prefix       string // what the ids of headings begin with; "text" when empty. Unique per text on a page

	// Taken are ids that the page has itself, with blanks between them; "a-" is all that begin so. They are given for the
	// main text of a page, whose ids begin with nothing.
	Taken  string
	Origin string // "https://example.org": addresses below it are the own host's
}

// Kind is what a reference refers to.
type Kind uint8

// The kinds of references.
const (
	Mention Kind = iota + 1 // a person or group
	Content                 // something that a person or group has published
	Tag                     // a tag
)

// Ref is a reference in a text. It is comparable; equal references are listed once.
type Ref struct {
	Kind   Kind
	Entity string // for Mention and Content: the slug as it was written
	Slug   string // for Content: the slug as it was written
	Label  string // for Tag: the name as it was written, without "#"
}

// written returns the reference as it stands in the source.
func (r Ref) written() string {
	switch r.Kind {
	case Tag:
		return "#" + r.Label
	case Content:
		return "@" + r.Entity + "/" + r.Slug
	default:
		return "@" + r.Entity
	}
}

// Target is what a reference leads to.
type Target struct {
	URL   string
	Title string            // of the tooltip: the display name
	Label string            // what is shown instead of the reference as written; "" shows that
	Class string            // beside "mention", "content" or "tag"
	Data  map[string]string // data attributes, without "data-"
}

// Rendered is a text with gaps for its references. It is immutable.
type Rendered struct {
	Refs  []Ref // what has to be looked up; for a Content also the Mention of its owner
	parts []part
	quiet bool // what is not found gets no note: nobody who types a mail thinks of references
}

// part is a piece of HTML, or the place of something that depends on the reader.
type part struct {
	html string
	ref  Ref
	role role
}

type role uint8

const (
	markup    role = iota
	reference      // a reference by itself
	refOpen        // the begin and the end of a link text that refers
	refClose
	frame // the begin of what scrolls a wide table, which has its name in the reader's language
)

// Lookup tells where a reference leads, and false when there is no such thing, or none that the reader
// may know of.
type Lookup func(Ref) (Target, bool)

// Resolve returns the HTML with all references filled in. What the lookup does not find stays text,
// with a note in the language of the printer (nil speaks English); an unknown tag gets none. Without
// a lookup references are plain text.
func (r Rendered) Resolve(lookup Lookup, p *lang.Printer) string {
	if len(r.parts) == 1 && r.parts[0].role == markup {
		return r.parts[0].html
	}
	if p == nil {
		p = new(lang.Printer)
	}
	var b strings.Builder
	b.Grow(r.size() + 64*len(r.Refs))
	f := filler{b: &b, lookup: lookup, p: p, quiet: r.quiet}
	for _, piece := range r.parts {
		switch piece.role {
		case markup:
			b.WriteString(piece.html)
		case reference:
			f.reference(piece.ref)
		case refOpen:
			f.open(piece.ref)
		case refClose:
			f.close(piece.ref)
		case frame:
			b.WriteString(`<div class="table-frame" role="group" aria-label="` + html.EscapeString(p.T("Table")) + `" tabindex="0">`)
		}
	}
	return b.String()
}

// Mentions returns the slugs of the people and groups that the text mentions themselves, and not only a thing of theirs, as
// they were written and each once.
func (r Rendered) Mentions() []string {
	var slugs []string
	for _, piece := range r.parts {
		if (piece.role == reference || piece.role == refOpen) && piece.ref.Kind == Mention && !slices.Contains(slugs, piece.ref.Entity) {
			slugs = append(slugs, piece.ref.Entity)
		}
	}
	return slugs
}

// size returns about how many bytes the text occupies.
func (r Rendered) size() int {
	n := 0
	for _, piece := range r.parts {
		n += len(piece.html)
	}
	return n
}

// filler writes references.
type filler struct {
	b      *strings.Builder
	lookup Lookup
	p      *lang.Printer
	quiet  bool
}

func (f *filler) find(ref Ref) (Target, bool) {
	if f.lookup == nil {
		return Target{}, false
	}
	return f.lookup(ref)
}

// reference writes a reference that is its own text.
func (f *filler) reference(ref Ref) {
	if t, ok := f.find(ref); ok {
		f.link(ref, t)
		return
	}
	switch {
	case f.lookup == nil || ref.Kind == Tag:
		f.b.WriteString(html.EscapeString(ref.written()))
	case ref.Kind == Content:
		owner := Ref{Kind: Mention, Entity: ref.Entity}
		t, ok := f.lookup(owner)
		if !ok {
			f.b.WriteString(html.EscapeString(ref.written()))
			f.note(owner)
			return
		}
		f.link(owner, t)
		f.b.WriteString("/" + html.EscapeString(ref.Slug))
		f.note(ref)
	default:
		f.b.WriteString(html.EscapeString(ref.written()))
		f.note(ref)
	}
}

// link writes a reference that leads somewhere.
func (f *filler) link(ref Ref, t Target) {
	label := cmp.Or(t.Label, ref.written())
	f.start(ref, t)
	if ref.Kind == Tag {
		f.tag(strings.TrimPrefix(label, "#"))
	} else {
		f.b.WriteString(html.EscapeString(label))
	}
	f.b.WriteString("</a>")
}

// tag writes the name of a tag. "family:name" is written in two parts, so that styles can tell families.
func (f *filler) tag(name string) {
	if family, rest, ok := strings.Cut(name, ":"); ok && family != "" && rest != "" {
		f.b.WriteString(`<span class="tag-family">#` + html.EscapeString(family) + `:</span><span class="tag-name">` + html.EscapeString(rest) + `</span>`)
		return
	}
	f.b.WriteString(`<span class="tag-hash">#</span><span class="tag-name">` + html.EscapeString(name) + `</span>`)
}

// start writes the opening tag of a link.
func (f *filler) start(ref Ref, t Target) {
	class := map[Kind]string{Mention: "mention", Content: "content", Tag: "tag"}[ref.Kind]
	if t.Class != "" {
		class += " " + t.Class
	}
	attribute := func(name, value string) {
		f.b.WriteString(" " + name + `="` + html.EscapeString(value) + `"`)
	}
	f.b.WriteString("<a")
	attribute("class", class)
	attribute("href", t.URL)
	if t.Title != "" {
		attribute("title", t.Title)
	}
	for _, name := range slices.Sorted(maps.Keys(t.Data)) {
		attribute("data-"+name, t.Data[name])
	}
	f.b.WriteByte('>')
}

// open and close write the ends of a link whose text the author has chosen.
func (f *filler) open(ref Ref) {
	if t, ok := f.find(ref); ok {
		f.start(ref, t)
	}
}

func (f *filler) close(ref Ref) {
	switch _, ok := f.find(ref); {
	case ok:
		f.b.WriteString("</a>")
	case !ok && f.lookup != nil:
		f.note(ref)
	}
}

// note says that a reference leads nowhere.
func (f *filler) note(ref Ref) {
	if f.quiet {
		return
	}
	switch ref.Kind {
	case Mention:
		f.b.WriteString(" " + html.EscapeString(f.p.T("(unknown)")))
	case Content:
		f.b.WriteString(" " + html.EscapeString(f.p.T("(not found)")))
	case Tag:
	}
}

// Render renders a text. It never fails and takes time in proportion to the length of the source.
// The same source and options give the same result.
func Render(source string, o Options) Rendered { return newEngine().render(source, o) }
