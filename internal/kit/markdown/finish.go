package markdown

import (
	"bytes"
	"fmt"
	"html"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"grouprise.org/grouprise/internal/kit/slug"
)

// finisher completes a parsed text: what needs to know the neighbours of a node, or all headings.
type finisher struct {
	doc      *document
	source   []byte
	prefix   string
	ids      map[string]bool
	taken    map[string]int // how often a name was taken
	headings []heading
	toc      bool // there is room for a table of contents
}

// finish works through the tree below root.
func (f *finisher) finish(root ast.Node) {
	f.headingIDs(root)
	f.node(root, false)
}

// headingIDs gives every heading an id that is unique in the text.
func (f *finisher) headingIDs(node ast.Node) {
	for child := node.FirstChild(); child != nil; child = child.NextSibling() {
		if child.Type() != ast.TypeBlock {
			return
		}
		h, ok := child.(*ast.Heading)
		if !ok {
			f.headingIDs(child)
			continue
		}
		title := f.textOf(h)
		id := f.unique(slug.Make(title, 60))
		h.SetAttributeString("id", []byte(id))
		f.headings = append(f.headings, heading{level: h.Level, id: id, text: title})
	}
}

// unique returns the id of a heading; from the second of the same name on it has a number.
func (f *finisher) unique(name string) string {
	if name == "" {
		name = "section"
	}
	id := f.prefix + name
	for f.ids[id] {
		f.taken[name]++
		id = fmt.Sprintf("%s%s-%d", f.prefix, name, f.taken[name]+1)
	}
	f.ids[id] = true
	return id
}

// textOf returns the text below a node without its markup.
func (f *finisher) textOf(node ast.Node) string {
	var b strings.Builder
	_ = ast.Walk(node, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			b.Write(n.Segment.Value(f.source))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.AutoLink:
			b.Write(n.Label(f.source))
		case *refNode:
			b.WriteString(n.ref.written())
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimSpace(b.String())
}

// node finishes the children of a node. Inside a link there are no other links.
func (f *finisher) node(parent ast.Node, inLink bool) {
	for child := parent.FirstChild(); child != nil; {
		next := child.NextSibling()
		switch n := child.(type) {
		case *ast.Paragraph:
			f.paragraph(parent, n, inLink)
		case *ast.Link:
			f.link(parent, n, inLink)
		case *ast.AutoLink:
			if inLink {
				parent.ReplaceChild(parent, n, ast.NewString(n.Label(f.source)))
			}
		case *refNode:
			if inLink {
				parent.ReplaceChild(parent, n, ast.NewString([]byte(n.ref.written())))
			} else {
				parent.ReplaceChild(parent, n, verbatimNode(f.placeholder(n.ref, "")))
			}
		case *ast.Text:
			next = f.text(parent, n)
		case *ast.Image:
			f.node(n, true)
		default:
			f.node(n, inLink)
		}
		child = next
	}
}

// paragraph finishes a paragraph, or makes it the table of contents.
func (f *finisher) paragraph(parent ast.Node, n *ast.Paragraph, inLink bool) {
	title := ""
	if n.Lines().Len() == 1 {
		title = f.textOf(n)
	}
	if title != "[TOC]" && title != "[INHALT]" {
		f.node(n, inLink)
		return
	}
	list := ast.NewTextBlock()
	if f.toc {
		list.AppendChild(list, verbatimNode(contents(f.headings)))
	}
	parent.ReplaceChild(parent, n, list)
}

// link puts the ends of a reference around the text of a link whose destination is one.
func (f *finisher) link(parent ast.Node, n *ast.Link, inLink bool) {
	f.node(n, true)
	destination := string(n.Destination)
	ref, length := parseRef(destination)
	own := strings.HasPrefix(destination, "#") && f.ids[destination[1:]]
	if length == 0 || length != len(destination) || own || inLink {
		return
	}
	parent.InsertBefore(parent, n, verbatimNode(f.placeholder(ref, "-")))
	for child := n.FirstChild(); child != nil; child = n.FirstChild() {
		n.RemoveChild(n, child)
		parent.InsertBefore(parent, n, child)
	}
	parent.ReplaceChild(parent, n, verbatimNode(refStart+refEnd))
}

// placeholder returns what stands for a reference until the sanitiser is done; opens is "-" for one that
// has a link text behind it.
func (f *finisher) placeholder(ref Ref, opens string) string {
	f.doc.refs = append(f.doc.refs, ref)
	return fmt.Sprintf("%s%s%s%d%s", refStart, f.doc.nonce, opens, len(f.doc.refs)-1, refEnd)
}

// verbatimNode is a node that is HTML already.
func verbatimNode(s string) ast.Node {
	n := ast.NewString([]byte(s))
	n.SetCode(true)
	return n
}

// text joins a text with those behind it, then finds boxes to tick and emoticons. It returns the next
// sibling to look at.
func (f *finisher) text(parent ast.Node, t *ast.Text) ast.Node {
	for next := t.NextSibling(); next != nil && t.Merge(next, f.source); next = t.NextSibling() {
		parent.RemoveChild(parent, next)
	}
	next := t.NextSibling()
	f.tickBox(parent, t)
	if !t.IsRaw() && parent.Kind() != ast.KindImage {
		f.emoticons(parent, t)
	}
	return next
}

// tickBox shows "[ ]" and "[x]" at the begin of a list item as boxes.
func (f *finisher) tickBox(parent ast.Node, t *ast.Text) {
	if t.PreviousSibling() != nil || parent.Parent() == nil || parent.Parent().Kind() != ast.KindListItem || parent.PreviousSibling() != nil {
		return
	}
	value := t.Segment.Value(f.source)
	var box string
	switch {
	case bytes.HasPrefix(value, []byte("[ ] ")):
		box = "☐ "
	case bytes.HasPrefix(value, []byte("[x] ")), bytes.HasPrefix(value, []byte("[X] ")):
		box = "☑ "
	default:
		return
	}
	t.Segment = t.Segment.WithStart(t.Segment.Start + len("[ ] "))
	parent.InsertBefore(parent, t, ast.NewString([]byte(box)))
}

// emoticons replaces emoticons that stand between blanks.
func (f *finisher) emoticons(parent ast.Node, t *ast.Text) {
	value := t.Segment.Value(f.source)
	startsClean := endsLine(t.PreviousSibling())
	endsClean := t.NextSibling() == nil || t.SoftLineBreak() || t.HardLineBreak()
	rest, base := 0, t.Segment.Start
	for i := 0; i < len(value); {
		for i < len(value) && isBlank(value[i]) {
			i++
		}
		start := i
		for i < len(value) && !isBlank(value[i]) {
			i++
		}
		if start == 0 && !startsClean || i == len(value) && !endsClean {
			continue
		}
		typed := string(value[start:i])
		emoji := emojiFor(typed)
		if emoji == "" {
			continue
		}
		if start > rest {
			parent.InsertBefore(parent, t, ast.NewTextSegment(text.NewSegment(base+rest, base+start)))
		}
		parent.InsertBefore(parent, t, verbatimNode(fmt.Sprintf(`<span class="emoji" title="%s">%s</span>`, html.EscapeString(typed), emoji)))
		rest = i
	}
	t.Segment = t.Segment.WithStart(base + rest)
}

// endsLine reports whether what follows a node begins a line.
func endsLine(n ast.Node) bool {
	if n == nil {
		return true
	}
	t, ok := n.(*ast.Text)
	return ok && (t.SoftLineBreak() || t.HardLineBreak())
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' }

// emojiFor returns the emoji for an emoticon, "" when it is none.
func emojiFor(typed string) string {
	switch typed {
	case ":)", ":-)", "=)", "(:", "c:":
		return "😊"
	case ";)", ";-)":
		return "😉"
	case ":D", ":-D", "=D":
		return "😄"
	case "xD", "XD":
		return "😆"
	case ":P", ":-P", ":p", ":-p":
		return "😛"
	case ";P", ";-P", ";p", ";-p":
		return "😜"
	case ":(", ":-(", "=(", "):":
		return "😞"
	case ":'(", ":'-(":
		return "😢"
	case ":')", ":'-)":
		return "😂"
	case ":O", ":-O", ":o", ":-o":
		return "😲"
	case "8)", "8-)", "B)", "B-)":
		return "😎"
	case ":/", ":-/", ":\\", ":-\\":
		return "😒"
	case ":|", ":-|":
		return "😐"
	case ":*", ":-*":
		return "😚"
	case ":$", ":-$":
		return "😳"
	case ":X", ":-X", ":x", ":-x":
		return "🤐"
	case "D:":
		return "😧"
	case "O:)", "O:-)", "0:)":
		return "😇"
	case ">:)", ">:-)":
		return "😈"
	case ">:(", ">:-(":
		return "😠"
	case "-.-", "-_-":
		return "😑"
	case "^^", "^_^":
		return "😄"
	case "<3":
		return "❤️"
	case "</3":
		return "💔"
	case ":+1:", ":y:":
		return "👍"
	case ":-1:", ":n:":
		return "👎"
	case `\o/`:
		return "🙌"
	case ":cake:":
		return "🍰"
	case ":coffee:":
		return "☕"
	case ":beer:":
		return "🍺"
	case ":star:":
		return "⭐"
	default:
		return ""
	}
}
