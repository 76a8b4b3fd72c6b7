package markdown

import (
	"cmp"
	"html"
	"net/url"
	"regexp"
	"strings"

	xhtml "golang.org/x/net/html"
)

// image writes a picture of the own host; a foreign one becomes a link. A teaser leaves it out, and what stands for it.
func (w *rewriter) image(t xhtml.Token) {
	src, alt := attribute(t, "src"), strings.TrimSpace(attribute(t, "alt"))
	switch {
	case w.plain:
	case w.isInline() || src == "":
		w.plainText(html.EscapeString(alt))
	case w.own(src):
		w.tag("img", sized(t.Attr))
	case w.inLink():
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
	if w.ids[value] || w.o.isTaken(value) {
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
