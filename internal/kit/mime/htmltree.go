package mime

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// prepare turns the tree into one that converts well.
func prepare(doc *html.Node) {
	insertMarkers(doc)
	makeLists(doc)
	flattenLayoutTables(doc)
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

// insertMarkers puts the markers around blocks with a role, and removes hidden ones.
func insertMarkers(doc *html.Node) {
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

// flattenLayoutTables turns tables that only arrange a layout into blocks, and keeps those of data.
func flattenLayoutTables(doc *html.Node) {
	walk(doc, func(n *html.Node) {
		if n.DataAtom != atom.Table || isDataTable(n) {
			return
		}
		flattenTable(n)
	})
}

// flattenTable turns the parts of a table into blocks, but not those of tables in it, which hold data.
func flattenTable(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom != atom.Table {
			flattenTable(c)
		}
	}
	switch n.DataAtom {
	case atom.Table, atom.Tbody, atom.Thead, atom.Tr, atom.Td, atom.Th:
		n.Data, n.DataAtom = "div", atom.Div
	}
}

// wordSign is the sign of an item in a list that Word writes: a dot from one of its fonts, a number or a letter.
var wordSign = regexp.MustCompile(`^[\s\x{a0}]*(?:([0-9]{1,3}|[a-z])[.)]|[·•o§▪–\-\x{f0a7}\x{f0b7}\x{f0d8}\x{f0fc}])[\s\x{a0}]+`)

// makeLists makes lists of paragraphs that are items.
func makeLists(doc *html.Node) {
	var list *html.Node
	walk(doc, func(n *html.Node) {
		if attrOf(n, "data-role") != roleItem || n.Parent == nil {
			return
		}
		first := firstText(n)
		if first == nil {
			return
		}
		sign := wordSign.FindStringSubmatch(first.Data)
		if sign == nil {
			return
		}
		first.Data = first.Data[len(sign[0]):]
		kind := atom.Ul
		if sign[1] != "" {
			kind = atom.Ol
		}
		before := n.PrevSibling
		for before != nil && isBlank(before) {
			before = before.PrevSibling
		}
		if list == nil || before != list || list.DataAtom != kind {
			list = &html.Node{Type: html.ElementNode, Data: kind.String(), DataAtom: kind}
			n.Parent.InsertBefore(list, n)
		}
		n.Parent.RemoveChild(n)
		n.Data, n.DataAtom = "li", atom.Li
		list.AppendChild(n)
	})
}

// firstText returns the first text below a node that says something.
func firstText(n *html.Node) *html.Node {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.TextNode && strings.TrimSpace(c.Data) != "" {
			return c
		}
		if found := firstText(c); found != nil {
			return found
		}
	}
	return nil
}

// isDataTable reports whether a table has at least two rows of two cells, each of them one line of text.
func isDataTable(table *html.Node) bool {
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
			withoutScheme := strings.HasPrefix(shown, "www.") && "http://"+shown == strings.TrimSuffix(target, "/")
			if shown == target || shown+"/" == target || withoutScheme {
				unwrap(n)
			}
		}
	})
}
