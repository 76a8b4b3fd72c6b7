package mime

import (
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// keptElements are the elements that mean something in markdown, and whether they can be nested to any depth.
var keptElements = map[atom.Atom]bool{
	atom.P: false, atom.Br: false, atom.Hr: false, atom.Li: false, atom.Tr: false, atom.Td: false, atom.Th: false,
	atom.Thead: false, atom.Tbody: false, atom.Img: false,
	atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true,
	atom.Div: true, atom.Ul: true, atom.Ol: true, atom.Blockquote: true, atom.Pre: true, atom.Code: true, atom.Table: true,
	atom.B: true, atom.Strong: true, atom.I: true, atom.Em: true, atom.A: true, atom.Span: true, atom.Del: true,
}

// droppedElements vanish with their content.
var droppedElements = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Title: true, atom.Template: true, atom.Svg: true, atom.Math: true,
	atom.Object: true, atom.Select: true, atom.Textarea: true, atom.Iframe: true, atom.Noembed: true, atom.Noframes: true,
	atom.Noscript: true, atom.Xmp: true,
}

// cleanHTML writes the tags that matter with the attributes that matter, and reports whether the
// result is too long to convert.
func cleanHTML(source string) (cleaned string, tooLong bool) {
	c := cleaner{z: html.NewTokenizer(strings.NewReader(source)), open: map[atom.Atom]int{}}
	for c.out.Len() <= maxHTML {
		switch kind := c.z.Next(); kind {
		case html.ErrorToken:
			return c.out.String(), false
		case html.TextToken:
			c.out.WriteString(html.EscapeString(string(c.z.Text())))
		case html.StartTagToken, html.SelfClosingTagToken:
			if !c.start(kind) {
				return c.out.String(), false
			}
		case html.EndTagToken:
			c.end()
		case html.CommentToken, html.DoctypeToken:
		}
	}
	return "", true
}

// cleaner writes clean HTML.
type cleaner struct {
	z      *html.Tokenizer
	out    strings.Builder
	open   map[atom.Atom]int
	nested int
	spans  []atom.Atom // what each open span was written as; 0 for nothing
}

// start writes an opening tag; false at the end of the input.
func (c *cleaner) start(kind html.TokenType) bool {
	name, hasAttr := c.z.TagName()
	tag := atom.Lookup(name)
	attr := c.attributes(hasAttr)
	if droppedElements[tag] {
		return kind != html.StartTagToken || skipElement(c.z, tag)
	}
	role := roleOf(tag, attr)
	written := writtenAs(tag, attr, role)
	if tag == atom.Span && kind == html.StartTagToken && len(c.spans) < maxSpans {
		if written != 0 && c.nested >= maxNest {
			written = 0
		}
		c.spans = append(c.spans, written)
	}
	nests, ok := keptElements[written]
	if !ok {
		return true
	}
	if nests {
		if c.nested >= maxNest || (written == atom.Blockquote || written == atom.Ul || written == atom.Ol) && c.open[written] >= maxBlock {
			return true
		}
		c.nested++
	}
	c.open[written]++
	writeTag(&c.out, written, attr, role)
	return true
}

const maxSpans = 1000 // open spans of which it is known what they are

// attributes returns the attributes of the tag that was read, of those with one name the first.
func (c *cleaner) attributes(more bool) map[string]string {
	attr := map[string]string{}
	for n := 0; more && n < 64; n++ {
		var k, v []byte
		k, v, more = c.z.TagAttr()
		if _, there := attr[string(k)]; !there {
			attr[string(k)] = string(v)
		}
	}
	return attr
}

// writtenAs returns the element that stands for another; 0 if none does.
func writtenAs(tag atom.Atom, attr map[string]string, role string) atom.Atom {
	switch tag {
	case atom.Center, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Dl, atom.Dt, atom.Dd, atom.Address, atom.Fieldset:
		return atom.Div
	case atom.P:
		if isSingleLine(attr) {
			return atom.Div
		}
	case atom.Body:
		if role != "" {
			return atom.Div
		}
	case atom.S, atom.Strike:
		return atom.Del
	case atom.Span:
		style := strings.ToLower(attr["style"])
		switch {
		case role != "":
		case strings.Contains(style, "text-decoration") && strings.Contains(style, "line-through"):
			return atom.Del
		default:
			return 0
		}
	}
	return tag
}

// end writes a closing tag, if its element is open.
func (c *cleaner) end() {
	name, _ := c.z.TagName()
	tag := writtenAs(atom.Lookup(name), nil, "")
	switch atom.Lookup(name) {
	case atom.P:
		if c.open[atom.P] == 0 && c.open[atom.Div] > 0 {
			tag = atom.Div // a paragraph of a single line
		}
	case atom.Span:
		if len(c.spans) == 0 {
			return
		}
		tag = c.spans[len(c.spans)-1]
		c.spans = c.spans[:len(c.spans)-1]
	}
	if c.open[tag] == 0 {
		return
	}
	if keptElements[tag] {
		c.nested--
	}
	c.open[tag]--
	c.out.WriteString("</" + tag.String() + ">")
}

// skipElement passes over the content of an element; false at the end of the input.
func skipElement(z *html.Tokenizer, tag atom.Atom) bool {
	for depth := 1; depth > 0; {
		kind := z.Next()
		if kind == html.ErrorToken {
			return false
		}
		name, _ := z.TagName()
		if atom.Lookup(name) != tag {
			continue
		}
		switch kind {
		case html.StartTagToken:
			depth++
		case html.EndTagToken:
			depth--
		}
	}
	return true
}

func writeTag(out *strings.Builder, tag atom.Atom, attr map[string]string, role string) {
	switch tag {
	case atom.A:
		href := strings.TrimSpace(attr["href"])
		if !hasScheme(href, "http:", "https:", "mailto:", "tel:") || len(href) > 4000 {
			href = ""
		}
		out.WriteString(`<a href="` + html.EscapeString(href) + `">`)
		return
	case atom.Img:
		src := strings.TrimSpace(attr["src"])
		if role != "" || !hasScheme(src, "http:", "https:", "cid:") || len(src) > 2000 || isPixel(attr) {
			return
		}
		if hasScheme(src, "cid:") {
			src = pictureOf(src[len("cid:"):])
		}
		out.WriteString(`<img src="` + html.EscapeString(src) + `" alt="` + html.EscapeString(oneLine(attr["alt"])) + `">`)
		return
	}
	out.WriteString("<" + tag.String())
	if role != "" {
		out.WriteString(` data-role="` + role + `"`)
	}
	if tag == atom.Ol {
		if n, err := strconv.Atoi(attr["start"]); err == nil && n > 1 && n < 1e6 {
			out.WriteString(` start="` + strconv.Itoa(n) + `"`)
		}
	}
	if tag == atom.Table && (attr["role"] == "presentation" || attr["role"] == "none") {
		out.WriteString(` data-role="layout"`)
	}
	out.WriteString(">")
}

func hasScheme(url string, schemes ...string) bool {
	for _, s := range schemes {
		if len(url) > len(s) && strings.EqualFold(url[:len(s)], s) {
			return true
		}
	}
	return false
}

func isPixel(attr map[string]string) bool {
	for _, side := range []string{"width", "height"} {
		if n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(attr[side]), "px")); err == nil && n <= 2 {
			return true
		}
	}
	return false
}

// isSingleLine reports whether a paragraph is only a line: Word and some web mailers write no other.
func isSingleLine(attr map[string]string) bool {
	style := strings.ReplaceAll(strings.ToLower(attr["style"]), " ", "")
	return strings.HasPrefix(attr["class"], "Mso") || strings.Contains(style, "margin:0") && !strings.Contains(style, "margin:0px0px1")
}

// The roles of a block, as data-role.
const (
	roleHidden      = "hidden"
	roleSignature   = "signature"
	roleOriginal    = "original"
	roleAttribution = "attribution"
	roleForward     = "forward"
	roleItem        = "item" // of a list that Word writes as paragraphs
)

// The classes and ids by which programs name blocks.
var (
	signatureNames = mustMatch(`moz-signature|gmail_signature(_prefix)?|protonmail_signature_block|signature|x_signature`,
		`ms-outlook-mobile-signature|appleMailSignature|fairemail_signature|tutanota_signature|k9mail-signature`,
		`bloop_sign\w*|yahoo-signature`)
	originalNames = mustMatch(`(x_)?(divRplyFwdMsg|appendonsend|OLK_SRC_BODY_SECTION|mail-editor-reference-message-container)`,
		`(x_)?ymail_android_signature_quote|zwchr`)
	attributionNames = mustMatch(`moz-cite-prefix|gmail_attr|OutlookMessageHeader|protonmail_quote_header|zmail_extra_hr`,
		`fairemail_attribution`)
)

// outlookBorder is the line that Outlook draws above the original, as style.
var outlookBorder = regexp.MustCompile(`^(border:none;)?border-top:solid#?[0-9a-z]+1(\.0)?pt`)

// mustMatch returns an expression that matches any of the alternatives as a whole, whatever their case.
func mustMatch(alternatives ...string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(` + strings.Join(alternatives, "|") + `)$`)
}

// roleOf says what the sending program thinks a block is.
func roleOf(tag atom.Atom, attr map[string]string) string {
	style := strings.ReplaceAll(strings.ToLower(attr["style"]), " ", "")
	if strings.Contains(style, "display:none") || strings.Contains(style, "mso-hide:all") {
		return roleHidden
	}
	if tag == atom.P && (strings.HasPrefix(attr["class"], "MsoListParagraph") || strings.Contains(style, "mso-list:l")) {
		return roleItem
	}
	for _, n := range append(strings.Fields(attr["class"]), attr["id"]) {
		switch {
		case n == "", len(n) > 100:
		case signatureNames.MatchString(n):
			return roleSignature
		case originalNames.MatchString(n):
			return roleOriginal
		case attributionNames.MatchString(n):
			return roleAttribution
		case strings.EqualFold(n, "moz-forward-container"):
			return roleForward
		}
	}
	if tag == atom.Div && len(style) < 500 && outlookBorder.MatchString(style) {
		return roleOriginal
	}
	return ""
}
