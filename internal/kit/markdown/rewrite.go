package markdown

import (
	"cmp"
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	xhtml "golang.org/x/net/html"
)

// rewriter makes the final HTML from what the sanitiser let pass: it balances tags, shifts headings,
// guards ids, marks foreign links, applies the preset, cuts after a number of words, and puts the
// references into parts.
type rewriter struct {
	o     Options
	refs  []Ref
	nonce string
	plain bool

	parts     []part
	b         strings.Builder
	stack     []element
	ids       map[string]bool
	words     int
	written   int    // characters of the words
	truncated bool   // the words are used up
	spaceDue  bool   // a blank is due before the next text of a run
	separator string // the sign that comes before that blank, because a block ends that has none
}

// element is an open element. A reference with a link text counts as a link.
type element struct {
	name    string
	ref     Ref
	omitted bool // nothing was written for it, and nothing will be at its end
}

const refElement = "ref"

func (w *rewriter) rewrite(body string) Rendered {
	w.ids = map[string]bool{}
	z := xhtml.NewTokenizer(strings.NewReader(body))
	for !w.truncated {
		switch z.Next() {
		case xhtml.ErrorToken:
			w.truncated = true
		case xhtml.TextToken:
			w.text(string(z.Raw()))
		case xhtml.StartTagToken, xhtml.SelfClosingTagToken:
			w.start(z.Token())
		case xhtml.EndTagToken:
			name, _ := z.TagName()
			w.end(string(name))
		case xhtml.CommentToken, xhtml.DoctypeToken:
		}
	}
	for len(w.stack) > 0 {
		w.pop()
	}
	w.flush()
	return Rendered{Refs: w.unique(), parts: w.parts, quiet: w.o.Format == Plain}
}

// unique lists what has to be looked up.
func (w *rewriter) unique() []Ref {
	var refs []Ref
	seen := map[Ref]bool{}
	add := func(r Ref) {
		if !seen[r] {
			seen[r] = true
			refs = append(refs, r)
		}
	}
	for _, piece := range w.parts {
		if piece.role == reference || piece.role == refOpen {
			add(piece.ref)
			if piece.ref.Kind == Content {
				add(Ref{Kind: Mention, Entity: piece.ref.Entity})
			}
		}
	}
	return refs
}

func (w *rewriter) flush() {
	if w.b.Len() > 0 {
		w.parts = append(w.parts, part{html: w.b.String()})
		w.b.Reset()
	}
}

func (w *rewriter) place(ref Ref, role role) {
	w.flush()
	w.parts = append(w.parts, part{ref: ref, role: role})
}

// isInline reports whether the result is one run of text without blocks.
func (w *rewriter) isInline() bool { return w.o.Preset != Full }

func (w *rewriter) isOpen(names ...string) bool {
	return slices.ContainsFunc(w.stack, func(e element) bool { return slices.Contains(names, e.name) })
}

func (w *rewriter) inLink() bool {
	return slices.ContainsFunc(w.stack, func(e element) bool { return !e.omitted && (e.name == "a" || e.name == refElement) })
}

// text writes text that is escaped already, and the references in it.
func (w *rewriter) text(raw string) {
	for raw != "" && !w.truncated {
		at := strings.Index(raw, refStart)
		if at < 0 {
			w.plainText(raw)
			return
		}
		w.plainText(raw[:at])
		raw = raw[at+len(refStart):]
		end := strings.Index(raw, refEnd)
		if end < 0 {
			continue
		}
		if w.placeholder(raw[:end]) {
			raw = raw[end+len(refEnd):]
		}
	}
}

// placeholder puts a reference into its place; false means that it is none of ours.
func (w *rewriter) placeholder(inner string) bool {
	if inner == "" {
		w.end(refElement)
		return true
	}
	number, ok := strings.CutPrefix(inner, w.nonce)
	if !ok {
		return false
	}
	number, opens := strings.CutPrefix(number, "-")
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n >= len(w.refs) {
		return false
	}
	ref := w.refs[n]
	switch {
	case opens && (w.inLink() || w.plain):
		w.stack = append(w.stack, element{name: refElement, ref: ref, omitted: true})
	case opens:
		w.blank()
		w.place(ref, refOpen)
		w.stack = append(w.stack, element{name: refElement, ref: ref})
	case w.inLink() || w.plain:
		w.plainText(html.EscapeString(ref.written()))
	case w.count(ref.written()) != "":
		w.blank()
		w.place(ref, reference)
	}
	return true
}

// blank writes the blank that is due in a run.
func (w *rewriter) blank() {
	if w.spaceDue && (w.b.Len() > 0 || len(w.parts) > 0) {
		before := w.b.String()
		for strings.HasSuffix(before, ">") {
			before = before[:strings.LastIndexByte(before, '<')]
		}
		if last, _ := utf8.DecodeLastRuneInString(before); before == "" || isWord(last) { // a reference ends like a word
			w.b.WriteString(w.separator)
		}
		w.b.WriteByte(' ')
	}
	w.spaceDue, w.separator = false, ""
}

// separators are the signs that part in a run what stands on lines of its own in a text.
var separators = map[string]string{
	"li": ",", "ul": ".", "ol": ".", "th": ",", "td": ",", "tr": ";", "table": ".",
	"h1": ":", "h2": ":", "h3": ":", "h4": ":", "h5": ":", "h6": ":",
}

// perWord is how many characters a word has where words are counted: what is written without blanks, or in a language
// that has none, is cut as well.
const perWord = 12

// count counts a word, which is escaped, and returns what may be written of it: "" if it is one too many.
func (w *rewriter) count(word string) string {
	if w.o.Words <= 0 {
		return word
	}
	w.words++
	room := w.o.Words*perWord - w.written
	if w.words > w.o.Words || room <= 0 {
		w.b.WriteString("…")
		w.truncated = true
		return ""
	}
	shown := html.UnescapeString(word)
	if n := utf8.RuneCountInString(shown); n <= room {
		w.written += n + 1
		return word
	}
	w.truncated = true
	return html.EscapeString(string([]rune(shown)[:room])) + "…"
}

// plainText writes text. In a run blanks are joined; with a limit words are counted, never cut.
func (w *rewriter) plainText(s string) {
	s = strings.Map(visible, s)
	if !w.isInline() && w.o.Words == 0 {
		w.b.WriteString(s)
		return
	}
	for s != "" {
		blanks := len(s) - len(strings.TrimLeftFunc(s, unicode.IsSpace))
		if blanks > 0 {
			if w.isInline() {
				w.spaceDue = true
			} else {
				w.b.WriteString(s[:blanks])
			}
			s = s[blanks:]
			continue
		}
		end := strings.IndexFunc(s, unicode.IsSpace)
		if end < 0 {
			end = len(s)
		}
		word := w.count(s[:end])
		if word == "" {
			return
		}
		w.blank()
		w.b.WriteString(word)
		if w.truncated {
			return
		}
		s = s[end:]
	}
}

// start writes an opening tag, or what stands for it.
func (w *rewriter) start(t xhtml.Token) {
	switch t.Data {
	case "br", "hr":
		w.void(t)
		return
	case "img":
		w.image(t)
		return
	}
	if w.isInline() && t.Data != "a" && t.Data != "span" {
		w.spaceDue = w.spaceDue || isBlock(t.Data)
		return
	}
	e := element{name: t.Data}
	if len(w.stack) >= maxOpen || t.Data == "a" && (w.inLink() || w.plain) || !w.fits(t.Data) {
		e.omitted = true
		if len(w.stack) < 2*maxOpen {
			w.stack = append(w.stack, e)
		}
		return
	}
	w.stack = append(w.stack, e)
	if w.isInline() {
		w.blank()
	}
	if t.Data == "table" {
		w.place(Ref{}, frame)
	}
	w.tag(w.shifted(t.Data), t.Attr)
}

// fits keeps parts of lists and tables from being where browsers would move them.
func (w *rewriter) fits(name string) bool {
	switch name {
	case "li":
		return w.isOpen("ul", "ol")
	case "tr", "thead", "tbody", "th", "td":
		return w.isOpen("table")
	default:
		return true
	}
}

// void writes a line break or a rule.
func (w *rewriter) void(t xhtml.Token) {
	if w.isInline() {
		w.spaceDue = true
		return
	}
	w.tag(t.Data, nil)
}

// end closes an element and those that were forgotten within it. A closing tag that closes nothing is
// dropped.
func (w *rewriter) end(name string) {
	if w.isInline() && isBlock(name) {
		w.spaceDue, w.separator = true, cmp.Or(separators[name], w.separator)
	}
	if !w.isOpen(name) {
		return
	}
	for w.pop() != name {
	}
}

// pop closes the innermost element and returns its name.
func (w *rewriter) pop() string {
	e := w.stack[len(w.stack)-1]
	w.stack = w.stack[:len(w.stack)-1]
	switch {
	case e.omitted:
	case e.name == refElement:
		w.place(e.ref, refClose)
	default:
		w.b.WriteString("</" + w.shifted(e.name) + ">")
		if e.name == "table" {
			w.b.WriteString("</div>")
		}
	}
	return e.name
}

// shifted returns the name of an element with headings at their level in the page.
func (w *rewriter) shifted(name string) string {
	if len(name) == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6' {
		level := int(name[1]-'0') + max(w.o.HeadingLevel, 1) - 1
		return "h" + strconv.Itoa(min(level, 6))
	}
	return name
}

// isBlock reports whether an element stands on lines of its own.
func isBlock(name string) bool {
	switch name {
	case "a", "span", "em", "strong", "sub", "sup", "cite", "code", "del", refElement:
		return false
	default:
		return true
	}
}
