package mime

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// prepare turns the tree into one that converts well.
func prepare(doc *html.Node) {
	insertMarkers(doc)
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
		walk(n, func(c *html.Node) {
			switch c.DataAtom {
			case atom.Table, atom.Tbody, atom.Thead, atom.Tr, atom.Td, atom.Th:
				c.Data, c.DataAtom = "div", atom.Div
			}
		})
	})
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
