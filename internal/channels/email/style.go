package email

import (
	"fmt"
	"html"
	"strconv"
	"strings"

	xhtml "golang.org/x/net/html"

	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
)

// The colours of mails are those of the default theme. In the dark, darkStyles takes the place of what differs.
const (
	paper     = "#fbf8f2"
	surface   = "#fffdf9"
	ink       = "#22201c"
	muted     = "#5f584d"
	hairline  = "#ddd5c7"
	primary   = "#2a62ac"
	onPrimary = "#ffffff"

	// Names of fonts without quotes, which would be longer inside of attributes.
	font = "font-family:Seravek,Segoe UI,Roboto,Ubuntu,Calibri,Arial,sans-serif"
)

// darkStyles are the only styles that a mail has in its head: whoever drops them shows the mail in the light.
const darkStyles = `:root{color-scheme:light dark}
@media (prefers-color-scheme:dark){
.paper{background:#1b1a18!important;color:#f0ebe1!important}
.card{background:#25231f!important;border-color:#413d36!important}
.title,.name,.main,.text{color:#f0ebe1!important}
.byline,.small,.note,.foot,.text blockquote{color:#b8af9f!important}
.text blockquote,.text th,.text td,.text hr{border-color:#413d36!important}
.text pre,.text code{background:#1b1a18!important}
a{color:#8fb8ee!important}
.name a{color:#f0ebe1!important}
.foot a,.small a{color:#b8af9f!important}
.button{background:#8fb8ee!important}
.button a{color:#10233d!important}
}`

// frameStyles are the styles of the classes of the frame around what people wrote.
var frameStyles = map[string]string{
	"paper":   "margin:0;padding:0;background:" + paper + ";color:" + ink + ";" + font,
	"preview": "display:none;max-height:0;overflow:hidden;mso-hide:all", // what lists of mails show below the subject
	"sheet":   "width:100%;table-layout:fixed;border-collapse:collapse",
	"margin":  "padding:16px 8px 32px",
	"card": "width:100%;max-width:600px;margin:0 auto;table-layout:fixed;border-collapse:separate;border-spacing:0;" +
		"background:" + surface + ";border:1px solid " + hairline + ";border-radius:10px",
	"head": "padding:16px 20px 0",
	"grid": "border-collapse:separate;border-spacing:0",
	"face": "width:44px;height:44px;padding:0;text-align:center;vertical-align:middle;" +
		"color:#ffffff;line-height:44px;font-weight:600;mso-line-height-rule:exactly;" + font,
	"picture": "display:block;border:0",
	"name":    "padding:0 0 0 12px;vertical-align:middle;color:" + ink + ";font-size:17px;line-height:1.3;font-weight:600;" + font,
	"home":    "color:" + ink + ";text-decoration:none",
	"place":   "font-weight:400;font-size:14px;line-height:1.3",
	"body":    "padding:16px 20px 24px;overflow-wrap:anywhere;word-break:break-word;" + font,
	"byline":  "margin:0 0 12px;font-weight:400;font-size:16px;line-height:1.45;color:" + muted,
	"title":   "margin:0 0 12px;font-size:23px;line-height:1.25;font-weight:600;color:" + ink,
	"main":    "margin:0 0 12px;font-weight:400;font-size:17px;line-height:1.55;color:" + ink,
	"facts":   "margin:0 0 16px;font-size:16px;line-height:1.6;" + font,
	"text":    "margin:0 0 8px;font-size:17px;line-height:1.55;color:" + ink + ";" + font,
	"act":     "margin:20px 0 12px;border-collapse:separate;border-spacing:0",
	"button":  "padding:0;background:" + primary + ";border-radius:6px;text-align:center;mso-padding-alt:12px 24px;" + font,
	"press": "display:inline-block;padding:12px 24px;font-size:17px;line-height:1.3;font-weight:600;" +
		"color:" + onPrimary + ";text-decoration:none",
	"small": "margin:0 0 4px;font-size:15px;line-height:1.6;color:" + muted,
	"note":  "margin:12px 0 0;font-size:15px;line-height:1.5;color:" + muted,
	"foot": "max-width:560px;margin:0 auto;padding:16px 20px 0;overflow-wrap:anywhere;" +
		"font-size:13px;line-height:1.7;color:" + muted + ";" + font,
	"quiet": "color:" + muted,
}

// What several elements in the text have in common.
const (
	smallHeading = "margin:16px 0 8px;font-size:17px;line-height:1.3"
	list         = "margin:0 0 14px;padding:0 0 0 26px"
	cell         = "padding:5px 12px 5px 0;border-bottom:1px solid " + hairline + ";text-align:left;vertical-align:top;font-size:16px;" + font
)

// textStyles are the styles of elements in what people wrote.
var textStyles = map[string]string{
	"p":          "margin:0 0 14px",
	"h2":         "margin:24px 0 10px;font-size:20px;line-height:1.3",
	"h3":         "margin:20px 0 8px;font-size:18px;line-height:1.3",
	"h4":         smallHeading,
	"h5":         smallHeading,
	"h6":         smallHeading,
	"ul":         list,
	"ol":         list,
	"li":         "margin:0 0 4px",
	"blockquote": "margin:0 0 14px;padding:0 0 0 14px;border-left:3px solid " + hairline + ";color:" + muted,
	"pre":        "margin:0 0 14px;padding:10px 12px;background:" + paper + ";white-space:pre-wrap;font:14px/1.5 Consolas,Menlo,monospace",
	"code":       "background:" + paper + ";font-family:Consolas,Menlo,monospace;font-size:15px",
	"table":      "margin:0 0 14px;border-collapse:collapse",
	"th":         cell,
	"td":         cell,
	"hr":         "margin:20px 0;border:0;border-top:1px solid " + hairline,
	"img":        "max-width:100%;height:auto;border:0;border-radius:6px;font-size:15px;font-style:italic",
	"a":          "color:" + primary,
}

// frameStyle returns the style of a class of the frame around what people wrote.
func frameStyle(_, class string) string { return frameStyles[class] }

// textStyle returns the style of an element in what people wrote. The only class that means something is that of what
// scrolls a wide table.
func textStyle(element, class string) string {
	switch class {
	case "":
		return textStyles[element]
	case "table-frame":
		return "overflow-x:auto"
	}
	return ""
}

// maxPictureWidth is how wide the column of a mail is: some programs know no other limit than the size of a picture.
const maxPictureWidth = 558

// inliner writes the styles of a mail into its elements: many mail programs drop everything else. It takes HTML that
// this program has made, so that tags are whole and balanced.
type inliner struct {
	style   func(element, class string) string
	printer *lang.Printer

	// The following is for what people wrote, which was made for a page.
	foreign  bool
	origin   string            // goes before addresses within the site
	embedded map[string]string // address of pictures that come with the mail, by their path
	named    bool              // all other pictures are named and linked: behind their address nobody is signed in
}

// inline returns HTML with its styles in it.
func (in inliner) inline(page string) string {
	var b strings.Builder
	b.Grow(len(page) * 2)
	z := xhtml.NewTokenizer(strings.NewReader(page))
	inLink := false
	for {
		kind := z.Next()
		if kind == xhtml.ErrorToken {
			return b.String()
		}
		if kind != xhtml.StartTagToken && kind != xhtml.SelfClosingTagToken {
			b.Write(z.Raw())
			if kind == xhtml.EndTagToken {
				name, _ := z.TagName()
				inLink = inLink && string(name) != "a"
			}
			continue
		}
		t := z.Token()
		inLink = inLink || t.Data == "a"
		if in.foreign && t.Data == "img" {
			in.picture(&b, t, inLink)
			continue
		}
		in.open(&b, t)
	}
}

// open writes an opening tag with its style.
func (in inliner) open(b *strings.Builder, t xhtml.Token) {
	class, own := "", ""
	b.WriteByte('<')
	b.WriteString(t.Data)
	for _, a := range t.Attr {
		switch a.Key {
		case "class":
			class = a.Val
			if in.foreign {
				continue // the classes of pages mean nothing here
			}
		case "style":
			own = a.Val
			continue
		}
		value, ok := a.Val, true
		if in.foreign {
			value, ok = in.attribute(a.Key, a.Val)
		}
		if ok {
			writeAttribute(b, a.Key, value)
		}
	}
	if style := in.styleOf(t.Data, class, own); style != "" {
		writeAttribute(b, "style", style)
	}
	b.WriteByte('>')
}

// styleOf returns the style of an element: that of its classes, or of what it is, and its own.
func (in inliner) styleOf(element, classes, own string) string {
	var all []string
	for _, class := range append(strings.Fields(classes), "") {
		if style := in.style(element, class); style != "" {
			all = append(all, style)
		}
	}
	if own != "" {
		all = append(all, strings.TrimSuffix(own, ";"))
	}
	return strings.Join(all, ";")
}

// attribute returns an attribute of what people wrote as it is in a mail, and whether it stays.
func (in inliner) attribute(name, value string) (kept string, ok bool) {
	switch name {
	case "id", "role", "tabindex", "aria-label", "loading":
		return "", false
	case "href", "src":
		return in.absolute(value), !strings.HasPrefix(value, "#") // mail programs do not scroll
	}
	return value, true
}

// absolute returns an address as it works outside the site.
func (in inliner) absolute(address string) string {
	if strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//") {
		return in.origin + address
	}
	return address
}

// picture writes a picture that people put into their text, or where it can be seen.
func (in inliner) picture(b *strings.Builder, t xhtml.Token, inLink bool) {
	path := strings.TrimPrefix(attributeOf(t, "src"), in.origin)
	content, comes := in.embedded[path]
	if in.named && !comes {
		in.nameOf(b, path, attributeOf(t, "alt"), inLink)
		return
	}
	img := xhtml.Token{Data: "img"}
	for _, a := range t.Attr {
		switch a.Key {
		case "width", "height":
			continue
		case "src":
			if comes {
				a.Val = content
			}
		}
		img.Attr = append(img.Attr, a)
	}
	if width, height := sizeOf(t); width > 0 {
		img.Attr = append(img.Attr, xhtml.Attribute{Key: "width", Val: strconv.Itoa(width)}, xhtml.Attribute{Key: "height", Val: strconv.Itoa(height)})
	}
	in.open(b, img)
}

// nameOf writes what a picture shows, with a link to it where there is none yet.
func (in inliner) nameOf(b *strings.Builder, path, description string, inLink bool) {
	label := html.EscapeString(markdown.PictureLabel(in.printer, description))
	if inLink {
		b.WriteString(label)
		return
	}
	in.open(b, xhtml.Token{Data: "a", Attr: []xhtml.Attribute{{Key: "href", Val: path}}})
	b.WriteString(label + "</a>")
}

// sizeOf returns the size of a picture as it fits into the column, zero if it is not known.
func sizeOf(t xhtml.Token) (width, height int) {
	if _, err := fmt.Sscan(attributeOf(t, "width")+" "+attributeOf(t, "height"), &width, &height); err != nil || width <= 0 {
		return 0, 0
	}
	if width > maxPictureWidth {
		width, height = maxPictureWidth, max(1, height*maxPictureWidth/width)
	}
	return width, height
}

func attributeOf(t xhtml.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func writeAttribute(b *strings.Builder, name, value string) {
	b.WriteString(" " + name + `="` + html.EscapeString(value) + `"`)
}
