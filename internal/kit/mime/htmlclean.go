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
	atom.B: true, atom.Strong: true, atom.I: true, atom.Em: true, atom.A: true, atom.Span: true,
}

// droppedElements vanish with their content.
var droppedElements = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Title: true, atom.Template: true, atom.Svg: true, atom.Math: true,
	atom.Object: true, atom.Select: true, atom.Textarea: true, atom.Iframe: true, atom.Noembed: true, atom.Noframes: true,
	atom.Noscript: true, atom.Xmp: true,
}

// cleanHTML writes the tags that matter with the attributes that matter, and reports whether the
// result is too long to convert.
//
//nolint:gocognit // one loop over the tokens, one case for each kind
func cleanHTML(source string) (cleaned string, tooLong bool) {
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
			if droppedElements[tag] {
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
			case tag == atom.P && isSingleLine(attr):
				tag = atom.Div
			case tag == atom.Body && role != "":
				tag = atom.Div
			}
			nests, ok := keptElements[tag]
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
					tag = atom.Div // a paragraph of a single line
				}
			}
			if open[tag] == 0 {
				continue
			}
			if keptElements[tag] {
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
)

// The classes and ids by which programs name blocks.
var (
	signatureNames = mustMatch(`moz-signature|gmail_signature(_prefix)?|protonmail_signature_block|signature|x_signature`,
		`ms-outlook-mobile-signature|appleMailSignature|fairemail_signature|tutanota_signature|k9mail-signature`,
		`bloop_sign\w*|yahoo-signature`)
	originalNames = mustMatch(`(x_)?(divRplyFwdMsg|appendonsend|OLK_SRC_BODY_SECTION|mail-editor-reference-message-container)`,
		`(x_)?ymail_android_signature_quote`)
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
