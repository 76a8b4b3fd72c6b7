package mime

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Markers stand alone on a line between HTML and trim: what the sending program said about a block
// by class, id or style. They come from the private use area and are dropped from all input first.
const (
	markSignature    = "\uf8f1" // a signature begins
	markSignatureEnd = "\uf8f2"
	markOriginal     = "\uf8f3" // the quoted original begins and goes on to the end
	markAttribution  = "\uf8f4" // "On … wrote:" begins, in whatever language
	markAttributed   = "\uf8f5" // and ends
	markForward      = "\uf8f6" // a forwarded message begins
)

func isMarker(r rune) bool { return r >= 0xf8f1 && r <= 0xf8f6 }

func dropMarkers(s string) string {
	if strings.IndexFunc(s, isMarker) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if isMarker(r) {
			return -1
		}
		return r
	}, s)
}

const (
	maxHTML  = 512 << 10 // of cleaned HTML that is converted; longer text loses its form, not its words
	maxNest  = 60        // open elements
	maxBlock = 12        // quotes and lists inside each other
)

// htmlToMarkdown converts the HTML of a mail. Cleaning goes over the tokens first, because the tree
// of hostile HTML can be far larger than its text.
func htmlToMarkdown(source string) string {
	cleaned, fallback := cleanHTML(source)
	if fallback {
		return textOfHTML(source)
	}
	doc, err := html.ParseWithOptions(strings.NewReader(cleaned), html.ParseOptionEnableScripting(false))
	if err != nil {
		return textOfHTML(source)
	}
	prepare(doc)
	conv := converter.NewConverter(converter.WithPlugins(
		base.NewBasePlugin(),
		commonmark.NewCommonmarkPlugin(commonmark.WithLinkEmptyContentBehavior(commonmark.LinkBehaviorSkip)),
		table.NewTablePlugin(
			table.WithHeaderPromotion(true), table.WithSkipEmptyRows(true),
			table.WithCellPaddingBehavior(table.CellPaddingBehaviorMinimal),
		),
	))
	out, err := conv.ConvertNode(doc)
	if err != nil {
		return textOfHTML(source)
	}
	return tidy(string(out))
}

var manyBlankLines = regexp.MustCompile(`\n{3,}`)

// tidy removes blanks at line ends, which mean nothing here, and more than one empty line.
func tidy(s string) string {
	lines := strings.Split(strings.NewReplacer("\u00a0", " ", "\u200b", "", "\u200c", "", "\ufeff", "").Replace(s), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	return manyBlankLines.ReplaceAllString(strings.Join(lines, "\n"), "\n\n")
}

// kept are the elements that mean something in markdown, and whether they nest without end.
var kept = map[atom.Atom]bool{
	atom.P: false, atom.Br: false, atom.Hr: false, atom.Li: false, atom.Tr: false, atom.Td: false, atom.Th: false,
	atom.Thead: false, atom.Tbody: false, atom.Img: false,
	atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true,
	atom.Div: true, atom.Ul: true, atom.Ol: true, atom.Blockquote: true, atom.Pre: true, atom.Code: true, atom.Table: true,
	atom.B: true, atom.Strong: true, atom.I: true, atom.Em: true, atom.A: true, atom.Span: true,
}

// swallowed elements vanish with their content.
var swallowed = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Title: true, atom.Template: true, atom.Svg: true, atom.Math: true,
	atom.Object: true, atom.Select: true, atom.Textarea: true, atom.Iframe: true, atom.Noembed: true, atom.Noframes: true,
	atom.Noscript: true, atom.Xmp: true,
}

// cleanHTML writes the tags that matter with the attributes that matter, and reports whether the
// result is too long to convert.
func cleanHTML(source string) (cleaned string, tooLong bool) { //nolint:gocognit // one loop over the tokens, one case for each kind
	var (
		out    strings.Builder
		open   = map[atom.Atom]int{}
		nested int
		z      = html.NewTokenizer(strings.NewReader(source))
	)
	for out.Len() <= maxHTML {
		kind := z.Next()
		if kind == html.ErrorToken {
			return out.String(), false
		}
		switch kind {
		case html.TextToken:
			out.WriteString(html.EscapeString(string(z.Text())))
		case html.StartTagToken, html.SelfClosingTagToken:
			name, hasAttr := z.TagName()
			tag := atom.Lookup(name)
			attr := map[string]string{}
			for n := 0; hasAttr && n < 64; n++ {
				var k, v []byte
				k, v, hasAttr = z.TagAttr()
				if _, there := attr[string(k)]; !there {
					attr[string(k)] = string(v)
				}
			}
			if swallowed[tag] {
				if kind == html.StartTagToken && !skipElement(z, tag) {
					return out.String(), false
				}
				continue
			}
			role := roleOf(tag, attr)
			switch {
			case tag == atom.Center, tag == atom.Section, tag == atom.Article, tag == atom.Header, tag == atom.Footer,
				tag == atom.Dl, tag == atom.Dt, tag == atom.Dd, tag == atom.Address, tag == atom.Fieldset:
				tag = atom.Div
			case tag == atom.P && isTight(attr):
				tag = atom.Div
			case tag == atom.Body && role != "":
				tag = atom.Div
			}
			nests, ok := kept[tag]
			if !ok || tag == atom.Span && role == "" {
				continue
			}
			if nests {
				if nested >= maxNest || (tag == atom.Blockquote || tag == atom.Ul || tag == atom.Ol) && open[tag] >= maxBlock {
					continue
				}
				nested++
			}
			open[tag]++
			writeTag(&out, tag, attr, role)
		case html.EndTagToken:
			name, _ := z.TagName()
			tag := atom.Lookup(name)
			switch tag {
			case atom.Center, atom.Section, atom.Article, atom.Header, atom.Footer,
				atom.Dl, atom.Dt, atom.Dd, atom.Address, atom.Fieldset:
				tag = atom.Div
			case atom.P:
				if open[atom.P] == 0 && open[atom.Div] > 0 {
					tag = atom.Div // a tight paragraph
				}
			}
			if open[tag] == 0 {
				continue
			}
			if kept[tag] {
				nested--
			}
			open[tag]--
			out.WriteString("</" + tag.String() + ">")
		}
	}
	return "", true
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
		if role != "" || !hasScheme(src, "http:", "https:") || len(src) > 2000 || isPixel(attr) {
			return
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

// isTight reports whether a paragraph is only a line: Word and some web mailers write no other.
func isTight(attr map[string]string) bool {
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
)

var (
	outlookBorder   = regexp.MustCompile(`^(border:none;)?border-top:solid#?[0-9a-z]+1(\.0)?pt`)
	signatureWords  = regexp.MustCompile(`(?i)^(moz-signature|gmail_signature(_prefix)?|protonmail_signature_block|signature|x_signature|ms-outlook-mobile-signature|appleMailSignature|fairemail_signature|tutanota_signature|k9mail-signature|bloop_sign\w*|yahoo-signature)$`)
	originalWords   = regexp.MustCompile(`(?i)^(x_)?(divRplyFwdMsg|appendonsend|OLK_SRC_BODY_SECTION|mail-editor-reference-message-container|ymail_android_signature_quote)$`)
	attributionWord = regexp.MustCompile(`(?i)^(moz-cite-prefix|gmail_attr|OutlookMessageHeader|protonmail_quote_header|zmail_extra_hr|fairemail_attribution)$`)
)

// roleOf says what the sending program thinks a block is.
func roleOf(tag atom.Atom, attr map[string]string) string {
	style := strings.ReplaceAll(strings.ToLower(attr["style"]), " ", "")
	if strings.Contains(style, "display:none") || strings.Contains(style, "mso-hide:all") {
		return roleHidden
	}
	names := append(strings.Fields(attr["class"]), attr["id"])
	for _, n := range names {
		switch {
		case n == "", len(n) > 100:
		case signatureWords.MatchString(n):
			return roleSignature
		case originalWords.MatchString(n):
			return roleOriginal
		case attributionWord.MatchString(n):
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

// prepare turns the tree into one that converts well.
func prepare(doc *html.Node) {
	mark(doc)
	shapeTables(doc)
	flattenLines(doc)
	plainLinks(doc)
}

// walk visits nodes bottom-up; visit may replace the node.
func walk(n *html.Node, visit func(*html.Node)) {
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		walk(c, visit)
		c = next
	}
	visit(n)
}

func attrOf(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func mark(doc *html.Node) {
	put := func(at *html.Node, marker string, before bool) {
		p := &html.Node{Type: html.ElementNode, Data: "p", DataAtom: atom.P}
		p.AppendChild(&html.Node{Type: html.TextNode, Data: marker})
		if before {
			at.Parent.InsertBefore(p, at)
		} else {
			at.Parent.InsertBefore(p, at.NextSibling)
		}
	}
	walk(doc, func(n *html.Node) {
		if n.Type != html.ElementNode || n.Parent == nil {
			return
		}
		switch attrOf(n, "data-role") {
		case roleHidden:
			n.Parent.RemoveChild(n)
		case roleSignature:
			put(n, markSignature, true)
			put(n, markSignatureEnd, false)
		case roleOriginal:
			put(n, markOriginal, true)
		case roleAttribution:
			put(n, markAttribution, true)
			put(n, markAttributed, false)
		case roleForward:
			put(n, markForward, true)
		}
	})
}

func isBlock(n *html.Node) bool {
	if n.Type != html.ElementNode {
		return false
	}
	switch n.DataAtom {
	case atom.P, atom.Div, atom.Ul, atom.Ol, atom.Li, atom.Blockquote, atom.Pre, atom.Table, atom.Hr,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Tbody, atom.Thead, atom.Tr, atom.Td, atom.Th:
		return true
	}
	return false
}

func hasBlockChild(n *html.Node) bool {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if isBlock(c) || c.Type == html.ElementNode && hasBlockChild(c) {
			return true
		}
	}
	return false
}

// shapeTables keeps tables of data and takes tables that only place things apart.
func shapeTables(doc *html.Node) {
	walk(doc, func(n *html.Node) {
		if n.DataAtom != atom.Table || isData(n) {
			return
		}
		walk(n, func(c *html.Node) {
			switch c.DataAtom {
			case atom.Table, atom.Tbody, atom.Thead, atom.Tr, atom.Td, atom.Th:
				c.Data, c.DataAtom = "div", atom.Div
			}
		})
	})
}

// isData reports whether a table has at least two rows of two cells, each of them one line of text.
func isData(table *html.Node) bool {
	if attrOf(table, "data-role") == "layout" {
		return false
	}
	wide, plain := 0, true
	var lines []*html.Node // single blocks in cells, written by Word
	walk(table, func(n *html.Node) {
		switch n.DataAtom {
		case atom.Tr:
			cells := 0
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				cells += btoi(c.DataAtom == atom.Td || c.DataAtom == atom.Th)
			}
			wide += btoi(cells >= 2)
		case atom.Td, atom.Th:
			var blocks []*html.Node
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				plain = plain && c.DataAtom != atom.Br
				if isBlock(c) {
					blocks = append(blocks, c)
				}
			}
			switch {
			case len(blocks) == 0:
				plain = plain && !hasBlockChild(n)
			case len(blocks) == 1 && (blocks[0].DataAtom == atom.P || blocks[0].DataAtom == atom.Div) && !hasBlockChild(blocks[0]):
				lines = append(lines, blocks[0])
			default:
				plain = false
			}
		}
	})
	if wide < 2 || !plain {
		return false
	}
	for _, l := range lines {
		unwrap(l)
	}
	return true
}

// unwrap puts the children of a node in its place.
func unwrap(n *html.Node) {
	for n.FirstChild != nil {
		c := n.FirstChild
		n.RemoveChild(c)
		n.Parent.InsertBefore(c, n)
	}
	n.Parent.RemoveChild(n)
}

// flattenLines turns blocks that hold one line each, as web mailers write them, into lines.
func flattenLines(doc *html.Node) {
	br := func() *html.Node { return &html.Node{Type: html.ElementNode, Data: "br", DataAtom: atom.Br} }
	walk(doc, func(n *html.Node) {
		if n.DataAtom != atom.Div || n.Parent == nil || hasBlockChild(n) {
			return
		}
		if p := n.PrevSibling; p != nil && !isBlock(p) && p.DataAtom != atom.Br && !isBlank(p) {
			n.Parent.InsertBefore(br(), n)
		}
		if l := n.LastChild; l != nil && l.DataAtom != atom.Br {
			n.AppendChild(br())
		}
		unwrap(n)
	})
}

func isBlank(n *html.Node) bool { return n.Type == html.TextNode && strings.TrimSpace(n.Data) == "" }

// plainLinks drops links without target, and writes links that show their own address as text.
func plainLinks(doc *html.Node) {
	walk(doc, func(n *html.Node) {
		if n.DataAtom != atom.A || n.Parent == nil {
			return
		}
		href := attrOf(n, "href")
		if href == "" {
			unwrap(n)
			return
		}
		if c := n.FirstChild; c != nil && c == n.LastChild && c.Type == html.TextNode {
			shown := strings.TrimSpace(c.Data)
			target := strings.TrimPrefix(strings.TrimPrefix(href, "mailto:"), "tel:")
			if shown == target || shown+"/" == target || "http://"+shown == strings.TrimSuffix(target, "/") && strings.HasPrefix(shown, "www.") {
				unwrap(n)
			}
		}
	})
}

// textOfHTML returns the words of HTML that is too large or too deep to convert.
func textOfHTML(source string) string {
	var out bytes.Buffer
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			return tidy(out.String())
		case html.TextToken:
			text := z.Text()
			if fields := bytes.Fields(text); len(fields) > 0 {
				out.Write(bytes.Join(fields, []byte{' '}))
				out.WriteByte(' ')
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			tag := atom.Lookup(name)
			if swallowed[tag] && kind == html.StartTagToken {
				if !skipElement(z, tag) {
					return tidy(out.String())
				}
				continue
			}
			if nests, ok := kept[tag]; ok && (!nests || tag == atom.Div || tag == atom.Blockquote) && tag != atom.Img {
				out.WriteByte('\n')
			}
		}
	}
}
