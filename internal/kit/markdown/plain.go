package markdown

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	xhtml "golang.org/x/net/html"

	"grouprise.org/grouprise/internal/kit/lang"
)

// plainText returns the text of a run.
func (r Rendered) plainText() string {
	var b strings.Builder
	z := xhtml.NewTokenizer(strings.NewReader(r.Resolve(nil, nil)))
	for {
		switch z.Next() {
		case xhtml.ErrorToken:
			return b.String()
		case xhtml.TextToken:
			b.WriteString(z.Token().Data)
		case xhtml.StartTagToken, xhtml.EndTagToken, xhtml.SelfClosingTagToken, xhtml.CommentToken, xhtml.DoctypeToken:
		}
	}
}

// mailText returns the text of a full rendering as people write mails. A nil printer speaks English.
func (r Rendered) mailText(origin string, p *lang.Printer) string {
	if p == nil {
		p = new(lang.Printer)
	}
	w := mailWriter{origin: strings.TrimSuffix(origin, "/"), p: p}
	z := xhtml.NewTokenizer(strings.NewReader(r.Resolve(nil, nil)))
	for {
		switch z.Next() {
		case xhtml.ErrorToken:
			w.flush()
			return strings.TrimRight(w.out.String(), "\n")
		case xhtml.TextToken:
			w.text(z.Token().Data)
		case xhtml.StartTagToken, xhtml.SelfClosingTagToken:
			w.start(z.Token())
		case xhtml.EndTagToken:
			w.end(z.Token().Data)
		case xhtml.CommentToken, xhtml.DoctypeToken:
		}
	}
}

// mailWriter writes blocks of text with the signs of the lists and quotes around them.
type mailWriter struct {
	origin string
	p      *lang.Printer
	out    strings.Builder
	block  []byte // cut at its end in place: a block of many lines is written once, not once for each line
	around []surrounding
	links  []string // addresses that follow the block
	count  int
	href   string
	label  int // where the text of the open link begins in block
	pre    bool
	blank  bool // an empty line is due before the next block
}

// surrounding is a quote, a list or an item around the text.
type surrounding struct {
	element string
	first   string // the sign before the first line, then as many blanks
	next    string
	number  int // of the list's next item; 0: dots
}

func (w *mailWriter) text(s string) {
	if w.pre {
		w.block = append(w.block, s...)
		return
	}
	blank := startsWithBlank(s)
	for word := range strings.FieldsSeq(s) {
		if blank {
			w.space()
		}
		w.block = append(w.block, word...)
		blank = true
	}
	if last, _ := utf8.DecodeLastRuneInString(s); unicode.IsSpace(last) {
		w.space()
	}
}

func startsWithBlank(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return unicode.IsSpace(first)
}

// space writes a blank between words.
func (w *mailWriter) space() {
	if n := len(w.block); n > 0 && !isBlank(w.block[n-1]) {
		w.block = append(w.block, ' ')
	}
}

func (w *mailWriter) start(t xhtml.Token) {
	switch t.Data {
	case "br":
		w.block = append(bytes.TrimRight(w.block, " "), '\n')
	case "hr":
		w.flush()
		w.block = append(w.block, "----------"...)
		w.flush()
		w.blank = true
	case "img":
		w.text(PictureLabel(w.p, attribute(t, "alt")) + " " + w.absolute(attribute(t, "src")))
	case "a":
		w.href, w.label = attribute(t, "href"), len(w.block)
	case "th", "td":
		if len(w.block) > 0 {
			w.block = append(bytes.TrimRight(w.block, " "), " | "...)
		}
	case "pre":
		w.flush()
		w.separate()
		w.pre = true
		w.around = append(w.around, surrounding{element: "pre", first: "    ", next: "    "})
	case "blockquote":
		w.flush()
		w.separate()
		w.around = append(w.around, surrounding{element: "blockquote", first: "> ", next: "> "})
	case "ul", "ol":
		w.flush()
		w.separate()
		list := surrounding{element: t.Data}
		if t.Data == "ol" {
			list.number = 1
			_, _ = fmt.Sscan(attribute(t, "start"), &list.number)
		}
		w.around = append(w.around, list)
	case "li":
		w.flush()
		w.item()
	case "p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "tr":
		w.flush()
	}
}

// item begins an item of the innermost list.
func (w *mailWriter) item() {
	sign := "* "
	for i := len(w.around) - 1; i >= 0; i-- {
		if list := &w.around[i]; list.element == "ol" || list.element == "ul" {
			if list.element == "ol" {
				sign = fmt.Sprintf("%d. ", list.number)
				list.number++
			}
			break
		}
	}
	w.around = append(w.around, surrounding{element: "li", first: sign, next: strings.Repeat(" ", len(sign))})
}

func (w *mailWriter) end(name string) {
	switch name {
	case "a":
		w.link()
	case "p", "table":
		w.flush()
		w.blank = true
	case "h1", "h2", "h3", "h4", "h5", "h6":
		if title := bytes.TrimSpace(w.block); len(title) > 0 {
			w.block = append(append(w.block, '\n'), strings.Repeat("=", min(utf8.RuneCount(title), 70))...)
		}
		w.flush()
		w.blank = true
	case "tr":
		w.flush()
	case "pre", "blockquote", "ul", "ol", "li":
		w.flush()
		w.pre = w.pre && name != "pre"
		for i, around := range slices.Backward(w.around) {
			if around.element == name {
				w.around = w.around[:i]
				break
			}
		}
		w.blank = w.blank || name == "pre" || name == "blockquote" || name != "li" && len(w.around) == 0
	}
}

// absolute returns an address as it works outside the site.
func (w *mailWriter) absolute(address string) string {
	if strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//") {
		return w.origin + address
	}
	return address
}

// PictureLabel says where a picture stood, in the printer's language: "[Picture: Bed in spring]".
func PictureLabel(p *lang.Printer, description string) string {
	if description = strings.Join(strings.Fields(description), " "); description != "" {
		return "[" + p.T("Picture: %s", description) + "]"
	}
	return "[" + p.T("Picture") + "]"
}

// link ends a link: its address is noted, unless the text says it already.
func (w *mailWriter) link() {
	href := w.href
	w.href = ""
	if href == "" || strings.HasPrefix(href, "#") || w.label > len(w.block) {
		return
	}
	label := string(w.block[w.label:])
	href = w.absolute(href)
	if label == href || "mailto:"+label == href || "http://"+label == href || label == "" {
		return
	}
	w.count++
	w.block = fmt.Appendf(w.block, " [%d]", w.count)
	w.links = append(w.links, fmt.Sprintf("[%d]: %s", w.count, href))
}

// flush writes the block and the addresses of its links.
func (w *mailWriter) flush() {
	text := strings.Trim(string(w.block), "\n")
	if !w.pre {
		text = strings.TrimSpace(text)
	}
	w.block = w.block[:0]
	links := w.links
	w.links = nil
	if strings.TrimSpace(text) == "" {
		return
	}
	w.separate()
	for line := range strings.SplitSeq(text, "\n") {
		w.out.WriteString(strings.TrimRight(w.prefix(true)+line, " ") + "\n")
	}
	for _, link := range links {
		w.out.WriteString(w.prefix(true) + link + "\n")
	}
}

// separate writes the empty line that is due, before anything begins that has a sign of its own.
func (w *mailWriter) separate() {
	if w.blank && w.out.Len() > 0 {
		w.out.WriteString(strings.TrimRight(w.prefix(false), " ") + "\n")
	}
	w.blank = false
}

// prefix returns the signs before a line; writing uses up the sign of an item.
func (w *mailWriter) prefix(writing bool) string {
	var b strings.Builder
	for i := range w.around {
		s := &w.around[i]
		if !writing {
			b.WriteString(s.next)
			continue
		}
		b.WriteString(s.first)
		s.first = s.next
	}
	return b.String()
}
