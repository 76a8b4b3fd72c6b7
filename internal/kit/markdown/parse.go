package markdown

import (
	"bytes"
	"fmt"
	"html"
	"reflect"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	ghtml "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// document is one text on its way from source to HTML.
type document struct {
	nonce string
	refs  []Ref // by the number in their placeholder
}

// engine is the parser, the renderer and the sanitiser. It is immutable and safe for concurrent use.
type engine struct {
	markdown goldmark.Markdown
	policy   *bluemonday.Policy
}

// signLimitKey is where the context of a parse keeps the limit of a paragraph's signs. Goldmark gives its own keys, from 1
// on, without a lock, and engines are made at any time.
const signLimitKey parser.ContextKey = 0

func newEngine() *engine {
	inline := append(
		parser.DefaultInlineParsers(),
		util.Prioritized(webParser{}, 150),
		util.Prioritized(referenceParser{}, 150),
		util.Prioritized(strikeParser{extension.NewStrikethroughParser()}, 500),
	)
	cells := extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)
	return &engine{policy: newPolicy(), markdown: goldmark.New(
		goldmark.WithParser(parser.NewParser(
			parser.WithBlockParsers(blockParsers()...),
			parser.WithInlineParsers(inline...),
			parser.WithParagraphTransformers(util.Prioritized(paragraphs{extension.NewTableParagraphTransformer()}, 100)),
			parser.WithASTTransformers(util.Prioritized(extension.NewTableASTTransformer(), 0)),
		)),
		goldmark.WithRendererOptions(
			ghtml.WithHardWraps(),
			ghtml.WithUnsafe(), // the sanitiser comes behind
			renderer.WithNodeRenderers(
				util.Prioritized(extension.NewTableHTMLRenderer(cells), 500),
				util.Prioritized(extension.NewStrikethroughHTMLRenderer(), 500),
			),
		),
	)}
}

// blockParsers returns the usual ones, of which the one of underlined headings is bounded.
func blockParsers() []util.PrioritizedValue {
	all := parser.DefaultBlockParsers()
	heading := parser.NewSetextHeadingParser()
	for i, p := range all {
		if reflect.TypeOf(p.Value) == reflect.TypeOf(heading) {
			all[i].Value = setext{heading}
		}
	}
	return all
}

// render renders a text; see Render.
func (e *engine) render(source string, o Options) Rendered {
	source = cleanSource(source)
	doc := document{nonce: nonce(source)}
	var body string
	switch {
	case o.Format == Plain:
		body = e.policy.Sanitize(doc.typed(source))
	case len(source) <= maxSource:
		body = e.policy.Sanitize(doc.render(e, reshape(source), o))
	default:
		body = verbatim(source)
	}
	w := rewriter{o: o, refs: doc.refs, nonce: doc.nonce, plain: o.Preset == NonInteractive}
	return w.rewrite(body)
}

// render returns HTML that still has to be sanitised, with placeholders for references.
func (d *document) render(e *engine, source string, o Options) string {
	src := []byte(source)
	pc := parser.NewContext()
	pc.Set(signLimitKey, signLimit(src))
	root := e.markdown.Parser().Parse(text.NewReader(src), parser.WithContext(pc))
	f := finisher{doc: d, source: src, o: o, prefix: idPrefix(o), ids: map[string]bool{}, taken: map[string]int{}, toc: o.Preset == Full && o.Words == 0}
	f.finish(root)
	var b bytes.Buffer
	b.Grow(len(src) * 3 / 2)
	if err := e.markdown.Renderer().Render(&b, src, root); err != nil {
		return verbatim(source) // a buffer does not fail, and the renderers have no other error
	}
	return b.String()
}

func idPrefix(o Options) string {
	switch {
	case o.Taken != "":
		return ""
	case o.Prefix == "":
		return "text-"
	default:
		return o.Prefix + "-"
	}
}

// isTaken reports whether the page has an id of its own that this one would be taken for.
func (o Options) isTaken(id string) bool {
	for name := range strings.FieldsSeq(o.Taken) {
		if id == name || strings.HasSuffix(name, "-") && strings.HasPrefix(id, name) {
			return true
		}
	}
	return false
}

// refNode is a reference that the parser has found. The finisher puts its placeholder into its place,
// so that no renderer ever meets it.
type refNode struct {
	ast.BaseInline
	ref Ref
}

// Kind implements ast.Node.
func (n *refNode) Kind() ast.NodeKind { return ast.KindString }

// Dump implements ast.Node.
func (n *refNode) Dump(source []byte, level int) {
	ast.DumpHelper(n, source, level, map[string]string{"Ref": n.ref.written()}, nil)
}

// heading is an entry of the table of contents.
type heading struct {
	level    int
	id, text string
}

// contents returns headings as nested lists of links.
func contents(headings []heading) string {
	var b strings.Builder
	var levels []int
	for _, h := range headings {
		for len(levels) > 1 && levels[len(levels)-1] > h.level {
			b.WriteString("</li></ul>")
			levels = levels[:len(levels)-1]
		}
		if len(levels) == 0 || levels[len(levels)-1] < h.level {
			b.WriteString("<ul><li>")
			levels = append(levels, h.level)
		} else {
			b.WriteString("</li><li>")
		}
		fmt.Fprintf(&b, `<a href="#%s">%s</a>`, h.id, html.EscapeString(h.text))
	}
	for range levels {
		b.WriteString("</li></ul>")
	}
	return b.String()
}

// strikeParser understands "~~x~~" and leaves single tildes alone.
type strikeParser struct{ parser.InlineParser }

func (s strikeParser) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	if line, _ := block.PeekLine(); !bytes.HasPrefix(line, []byte("~~")) {
		return nil
	}
	return s.InlineParser.Parse(parent, block, pc)
}

// behind returns the text that stands right before a position and that no other parser has claimed.
func behind(parent ast.Node, source []byte, position int) []byte {
	if t, ok := parent.LastChild().(*ast.Text); ok && t.Segment.Stop == position {
		return t.Segment.Value(source)
	}
	return nil
}

// joinWords makes one text of words that "_" has divided and that will not become emphasis, so that
// behind finds all of "first_last".
func joinWords(parent ast.Node, source []byte, pc parser.Context) {
	last, ok := parent.LastChild().(*ast.Text)
	for ok {
		if d, is := last.PreviousSibling().(*parser.Delimiter); is && !d.CanOpen && !d.CanClose {
			pc.RemoveDelimiter(d)
		}
		var before *ast.Text
		if before, ok = last.PreviousSibling().(*ast.Text); ok && before.Merge(last, source) {
			parent.RemoveChild(parent, last)
			last = before
		} else {
			return
		}
	}
}

// removeLast shortens the text before a position by n bytes, which a node behind it takes over.
func removeLast(parent ast.Node, n int) {
	t := parent.LastChild().(*ast.Text) //nolint:forcetypeassert // behind has found it.
	t.Segment = t.Segment.WithStop(t.Segment.Stop - n)
	if t.Segment.IsEmpty() {
		parent.RemoveChild(parent, t)
	}
}

// webParser links addresses of pages that stand in a text. It starts from the ":" of "https://" or the
// "." of "www." and takes what stands before back.
type webParser struct{}

func (webParser) Trigger() []byte { return []byte{':', '.'} }

func (webParser) Parse(parent ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, segment := block.PeekLine()
	before := behind(parent, block.Source(), segment.Start)
	var protocol []byte
	start, skip := 0, 0
	switch {
	case bytes.HasPrefix(line, []byte("://")):
		start, skip = max(suffixFold(before, "https"), suffixFold(before, "http")), len("://")
	case bytes.HasPrefix(line, []byte(".")):
		start, skip = suffixFold(before, "www"), len(".")
		protocol = []byte("http")
	}
	if start == 0 || !startsWord(before[:len(before)-start], protocol != nil) {
		return nil
	}
	length := addressLength(line, skip)
	if length == 0 || protocol != nil && !bytes.ContainsRune(line[skip:length], '.') {
		return nil
	}
	removeLast(parent, start)
	block.Advance(length)
	link := ast.NewAutoLink(ast.AutoLinkURL, ast.NewTextSegment(text.NewSegment(segment.Start-start, segment.Start+length)))
	link.Protocol = protocol
	return link
}

// referenceParser understands mail addresses, mentions and tags.
type referenceParser struct{}

func (referenceParser) Trigger() []byte { return []byte{'@', '#'} }

func (referenceParser) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	line, segment := block.PeekLine()
	if line[0] == '@' {
		joinWords(parent, block.Source(), pc)
		before := behind(parent, block.Source(), segment.Start)
		if local, domain := localLength(before), domainLength(line[1:]); local > 0 && domain > 0 {
			removeLast(parent, local)
			block.Advance(1 + domain)
			address := text.NewSegment(segment.Start-local, segment.Start+1+domain)
			return ast.NewAutoLink(ast.AutoLinkEmail, ast.NewTextSegment(address))
		}
	}
	if r := block.PrecendingCharacter(); isWord(r) || r == '/' {
		return nil
	}
	if line[0] == '#' && block.PrecendingCharacter() == '&' {
		if end := bytes.IndexByte(line[:min(len(line), maxEntity)], ';'); end > 0 && isEntity(line[:end]) {
			return nil
		}
	}
	ref, length := parseRef(string(line[:min(len(line), 3*maxRef)]))
	if length == 0 {
		return nil
	}
	block.Advance(length)
	return &refNode{ref: ref}
}
