package markdown

import (
	"fmt"
	"slices"
	"strings"

	xhtml "golang.org/x/net/html"
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

// mailText returns the text of a full rendering as people write mails.
func (r Rendered) mailText(origin string) string {
	w := mailWriter{origin: strings.TrimSuffix(origin, "/")}
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
	out    strings.Builder
	block  strings.Builder
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
		w.block.WriteString(s)
		return
	}
	for word := range strings.FieldsSeq(s) {
		if startsWithBlank(s) {
			w.space()
		}
		w.block.WriteString(word)
		s = strings.TrimLeft(s, " \t\n")[len(word):]
	}
	if s != "" {
		w.space()
	}
}

func startsWithBlank(s string) bool { return s != "" && strings.ContainsRune(" \t\n", rune(s[0])) }

// space writes a blank between words.
func (w *mailWriter) space() {
	if text := w.block.String(); text != "" && !startsWithBlank(text[len(text)-1:]) {
		w.block.WriteByte(' ')
	}
}

func (w *mailWriter) start(t xhtml.Token) {
	switch t.Data {
	case "br":
		text := strings.TrimRight(w.block.String(), " ")
		w.block.Reset()
		w.block.WriteString(text + "\n")
	case "hr":
		w.flush()
		w.block.WriteString("----------")
		w.flush()
		w.blank = true
	case "a":
		w.href, w.label = attribute(t, "href"), w.block.Len()
	case "th", "td":
		if w.block.Len() > 0 {
			text := strings.TrimRight(w.block.String(), " ")
			w.block.Reset()
			w.block.WriteString(text + " | ")
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
		title := strings.TrimSpace(w.block.String())
		if title != "" {
			w.block.WriteString("\n" + strings.Repeat("=", min(len([]rune(title)), 70)))
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

// link ends a link: its address is noted, unless the text says it already.
func (w *mailWriter) link() {
	href := w.href
	w.href = ""
	if href == "" || strings.HasPrefix(href, "#") || w.label > w.block.Len() {
		return
	}
	label := w.block.String()[w.label:]
	if strings.HasPrefix(href, "/") && !strings.HasPrefix(href, "//") {
		href = w.origin + href
	}
	if label == href || "mailto:"+label == href || "http://"+label == href || label == "" {
		return
	}
	w.count++
	fmt.Fprintf(&w.block, " [%d]", w.count)
	w.links = append(w.links, fmt.Sprintf("[%d]: %s", w.count, href))
}

// flush writes the block and the addresses of its links.
func (w *mailWriter) flush() {
	text := strings.Trim(w.block.String(), "\n")
	if !w.pre {
		text = strings.TrimSpace(text)
	}
	w.block.Reset()
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
