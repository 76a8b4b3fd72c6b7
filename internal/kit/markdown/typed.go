package markdown

import (
	"fmt"
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// typed returns the HTML of a plain text, with placeholders for references.
func (d *document) typed(source string) string {
	w := typedWriter{doc: d}
	for _, l := range typedLines(source) {
		w.line(l)
	}
	w.quote(0)
	return w.b.String()
}

// typedWriter writes the lines of a plain text into paragraphs, quotes and lists.
type typedWriter struct {
	doc   *document
	b     strings.Builder
	depth int
	open  string // the paragraph or list that the next line may go on: "p", "ul" or "ol"
}

func (w *typedWriter) line(l typedLine) {
	if l.depth != w.depth {
		w.quote(l.depth)
	}
	switch {
	case l.text == "":
		w.close()
		return
	case l.sign == '+' || l.sign == 0 && w.open == "p":
		w.b.WriteString("<br>\n")
	case l.sign == 0:
		w.begin("p", "<p>")
	case l.first && l.sign == '-':
		w.begin("ul", "<ul>\n<li>")
	case l.first:
		w.begin("ol", fmt.Sprintf("<ol start=\"%d\">\n<li>", l.number))
	default:
		w.b.WriteString("</li>\n<li>")
	}
	w.inline(l.text)
}

func (w *typedWriter) begin(element, tags string) {
	w.close()
	w.b.WriteString(tags)
	w.open = element
}

// close ends the paragraph or list.
func (w *typedWriter) close() {
	switch w.open {
	case "p":
		w.b.WriteString("</p>\n")
	case "ul", "ol":
		w.b.WriteString("</li>\n</" + w.open + ">\n")
	}
	w.open = ""
}

// quote opens and closes quotes until they are so deep.
func (w *typedWriter) quote(depth int) {
	w.close()
	for ; w.depth < depth; w.depth++ {
		w.b.WriteString("<blockquote>\n")
	}
	for ; w.depth > depth; w.depth-- {
		w.b.WriteString("</blockquote>\n")
	}
}

// inline writes the text of a line with its links.
func (w *typedWriter) inline(line string) {
	rest := strings.TrimLeft(line, " \t")
	w.b.WriteString(blanks(line[:len(line)-len(rest)], true))
	scanTyped(rest, func(kind typedKind, piece string) {
		href := piece
		switch kind {
		case typedReference:
			ref, _ := parseRef(piece)
			f := finisher{doc: w.doc}
			w.b.WriteString(f.placeholder(ref, ""))
			return
		case typedText:
			w.text(piece)
			return
		case typedHost:
			href = "http://" + piece
		case typedMailbox:
			href = "mailto:" + piece
		case typedPage:
		}
		w.b.WriteString(`<a href="` + html.EscapeString(href) + `">` + html.EscapeString(piece) + `</a>`)
	})
}

// text writes text; of several blanks none is lost.
func (w *typedWriter) text(s string) {
	for s != "" {
		words := strings.IndexFunc(s, func(r rune) bool { return r == ' ' || r == '\t' })
		if words < 0 {
			words = len(s)
		}
		w.b.WriteString(html.EscapeString(s[:words]))
		s = s[words:]
		rest := strings.TrimLeft(s, " \t")
		w.b.WriteString(blanks(s[:len(s)-len(rest)], false))
		s = rest
	}
}

// typedKind is what a piece of a line is.
type typedKind uint8

const (
	typedText      typedKind = iota
	typedPage                // the address of a page
	typedHost                // the same without its protocol
	typedMailbox             // the address of a mailbox
	typedReference           // a mention or a tag
)

// scanTyped cuts a line into text, addresses and references.
func scanTyped(line string, piece func(kind typedKind, text string)) {
	from := 0 // of the text that has not been handed out
	for i := 0; i < len(line); {
		kind, start, end := typedAt(line, from, i)
		if kind == typedText {
			i++
			continue
		}
		if start > from {
			piece(typedText, line[from:start])
		}
		piece(kind, line[start:end])
		from, i = end, end
	}
	if from < len(line) {
		piece(typedText, line[from:])
	}
}

// typedAt returns the address or reference whose sign stands at a place: ":" or "." of an address, "@" or "#".
func typedAt(line string, from, at int) (kind typedKind, start, end int) {
	before, rest := []byte(line[max(from, at-maxRef):at]), line[at:]
	switch line[at] {
	case ':':
		n := max(suffixFold(before, "https"), suffixFold(before, "http"))
		if n > 0 && strings.HasPrefix(rest, "://") && startsWord(before[:len(before)-n], false) {
			return address(typedPage, rest, len("://"), at, n)
		}
	case '.':
		n := suffixFold(before, "www")
		if n == 0 || !startsWord(before[:len(before)-n], true) {
			break
		}
		if kind, start, end = address(typedHost, rest, len("."), at, n); kind != typedText && strings.Contains(line[at+1:end], ".") {
			return kind, start, end
		}
	case '@', '#':
		if line[at] == '@' {
			if local, domain := localLength(before), domainLength([]byte(rest[1:min(len(rest), maxAddress)])); local > 0 && domain > 0 {
				return typedMailbox, at - local, at + 1 + domain
			}
		}
		last, _ := utf8.DecodeLastRune(before)
		if len(before) > 0 && (isWord(last) || last == '/' || last == '&') {
			break
		}
		if _, n := parseRef(rest[:min(len(rest), 3*maxRef)]); n > 0 {
			return typedReference, at, at + n
		}
	}
	return typedText, 0, 0
}

// address returns the address whose sign stands at a place, with n bytes before it and skip behind.
func address(kind typedKind, rest string, skip, at, n int) (_ typedKind, start, end int) {
	// What follows is looked at only if it can be a host: hostile lines are full of signs.
	if r, _ := utf8.DecodeRuneInString(rest[skip:]); !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return typedText, 0, 0
	}
	length := addressLength([]byte(rest[:min(len(rest), maxAddress)]), skip)
	if length == 0 {
		return typedText, 0, 0
	}
	return kind, at - n, at + length
}
