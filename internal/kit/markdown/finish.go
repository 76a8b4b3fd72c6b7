package markdown

import (
	"bytes"
	"fmt"
	"html"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
	"golang.org/x/text/unicode/norm"
)

// finisher completes a parsed text: what needs to know the neighbours of a node, or all headings.
type finisher struct {
	doc      *document
	source   []byte
	o        Options
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
		id := f.unique(anchor(title))
		h.SetAttributeString("id", []byte(id))
		f.headings = append(f.headings, heading{level: h.Level, id: id, text: title})
	}
}

// unique returns the id of a heading; from the second of the same name on it has a number, and one without a name has
// nothing else.
func (f *finisher) unique(name string) string {
	if f.o.isTaken(f.prefix + name + "_1") { // the page has all that begin so
		name = "text-" + name
	}
	id := f.prefix + name
	if name == "" || f.ids[id] || f.o.isTaken(id) {
		base, n := numbered(name)
		n = max(n, f.taken[name])
		for id == f.prefix+name || f.ids[id] || f.o.isTaken(id) {
			n++
			id = fmt.Sprintf("%s%s_%d", f.prefix, base, n)
		}
		f.taken[name] = n
	}
	f.ids[id] = true
	return id
}

// numbered divides a name that ends in a number as unique writes it.
func numbered(name string) (base string, n int) {
	at := strings.LastIndexByte(name, '_')
	if at < 0 {
		return name, 0
	}
	n, err := strconv.Atoi(name[at+1:])
	if err != nil || n < 0 || name[at+1] == '+' {
		return name, 0
	}
	return name[:at], n
}

// maxAnchor is how long the name of a heading may be, in bytes.
const maxAnchor = 200

// anchor returns the name of a heading in addresses, as grouprise 5.5 made it, so that links to it keep working: its
// ASCII letters and digits in lower case, with hyphens for blanks, and without accents.
func anchor(title string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(title) {
		switch {
		case r == '-' || unicode.IsSpace(r):
			gap = true
			continue
		case r != '_' && !isASCIIWord(r):
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte('-')
		}
		gap = false
		b.WriteRune(unicode.ToLower(r))
		if b.Len() >= maxAnchor {
			break
		}
	}
	return b.String()
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
	return strings.TrimSpace(html.UnescapeString(b.String()))
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
