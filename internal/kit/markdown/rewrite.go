package markdown

import (
	"cmp"
	"html"
	"net/url"
	"regexp"
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
	return Rendered{Refs: w.unique(), parts: w.parts}
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
	case w.count():
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

// count counts a word; false means that it is one too many, and the end was written.
func (w *rewriter) count() bool {
	w.words++
	if w.o.Words > 0 && w.words > w.o.Words {
		w.b.WriteString("…")
		w.truncated = true
		return false
	}
	return true
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
		if !w.count() {
			return
		}
		w.blank()
		w.b.WriteString(s[:end])
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

// image writes a picture of the own host; a foreign one becomes a link.
func (w *rewriter) image(t xhtml.Token) {
	src, alt := attribute(t, "src"), strings.TrimSpace(attribute(t, "alt"))
	switch {
	case w.isInline() || src == "":
		w.plainText(html.EscapeString(alt))
	case w.own(src):
		w.tag("img", sized(t.Attr))
	case w.inLink() || w.plain:
		w.plainText(html.EscapeString(cmp.Or(alt, src)))
	default:
		w.tag("a", []xhtml.Attribute{{Key: "href", Val: src}})
		w.plainText(html.EscapeString(cmp.Or(alt, src)))
		w.b.WriteString("</a>")
	}
}

// inName finds the size of a picture in its name, where uploading put it.
var inName = regexp.MustCompile(`-([1-9][0-9]{0,4})x([1-9][0-9]{0,4})\.(?:jpg|png)$`)

// sized adds how wide and high a picture is, if its name says it, so that the text does not jump when the
// picture arrives.
func sized(attributes []xhtml.Attribute) []xhtml.Attribute {
	for _, a := range attributes {
		if m := inName.FindStringSubmatch(a.Val); a.Key == "src" && m != nil {
			return append(attributes, xhtml.Attribute{Key: "width", Val: m[1]}, xhtml.Attribute{Key: "height", Val: m[2]})
		}
	}
	return attributes
}

// own reports whether an address is a path on the own host.
func (w *rewriter) own(address string) bool {
	if rest, ok := strings.CutPrefix(address, w.o.Origin); ok && w.o.Origin != "" {
		return strings.HasPrefix(rest, "/")
	}
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "" && u.Host == "" && !strings.HasPrefix(address, "//") && !strings.Contains(address, `\`)
}

func attribute(t xhtml.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// tag writes a tag with the attributes that are left after a last look.
func (w *rewriter) tag(name string, attributes []xhtml.Attribute) {
	w.b.WriteString("<" + name)
	foreign := false
	for _, a := range attributes {
		value := withoutPlaceholders(a.Val)
		switch a.Key {
		case "rel", "loading":
			continue
		case "id":
			if value = w.id(value); value == "" {
				continue
			}
		case "href":
			foreign = !w.own(value) && !strings.HasPrefix(strings.ToLower(value), "mailto:")
		}
		w.b.WriteString(" " + a.Key + `="` + html.EscapeString(value) + `"`)
	}
	if foreign {
		w.b.WriteString(` rel="` + foreignRel + `"`)
	}
	if name == "img" {
		w.b.WriteString(` loading="lazy"`)
	}
	w.b.WriteByte('>')
}

// id returns an id that belongs to this text alone, "" when it is taken.
func (w *rewriter) id(value string) string {
	if !strings.HasPrefix(value, idPrefix(w.o)) {
		value = idPrefix(w.o) + value
	}
	if w.ids[value] {
		return ""
	}
	w.ids[value] = true
	return value
}

// withoutPlaceholders removes what does not belong into an attribute.
func withoutPlaceholders(value string) string {
	for {
		start := strings.Index(value, refStart)
		if start < 0 {
			return strings.Map(visible, value)
		}
		end := strings.Index(value[start:], refEnd)
		if end < 0 {
			return strings.Map(visible, value)
		}
		value = value[:start] + value[start+end+len(refEnd):]
	}
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
