package markdown

import (
	"bytes"
	"fmt"
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

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

func newEngine() *engine {
	return &engine{policy: newPolicy(), markdown: goldmark.New(
		goldmark.WithExtensions(
			extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)),
		),
		goldmark.WithParserOptions(
			parser.WithInlineParsers(
				util.Prioritized(webParser{}, 150),
				util.Prioritized(referenceParser{}, 150),
				util.Prioritized(strikeParser{extension.NewStrikethroughParser()}, 500),
			),
		),
		goldmark.WithRendererOptions(
			ghtml.WithHardWraps(),
			ghtml.WithUnsafe(), // the sanitiser comes behind
			renderer.WithNodeRenderers(util.Prioritized(extension.NewStrikethroughHTMLRenderer(), 500)),
		),
	)}
}

// render renders a text; see Render.
func (e *engine) render(source string, o Options) Rendered {
	source = cleanSource(source)
	doc := document{nonce: nonce(source)}
	var body string
	if withinLimits(source) {
		body = e.policy.Sanitize(doc.render(e.markdown, source, o))
	} else {
		body = verbatim(source)
	}
	w := rewriter{o: o, refs: doc.refs, nonce: doc.nonce, plain: o.Preset == NonInteractive}
	return w.rewrite(body)
}

// render returns HTML that still has to be sanitised, with placeholders for references.
func (d *document) render(markdown goldmark.Markdown, source string, o Options) string {
	src := []byte(source)
	root := markdown.Parser().Parse(text.NewReader(src))
	f := finisher{doc: d, source: src, prefix: idPrefix(o), ids: map[string]bool{}, taken: map[string]int{}, toc: o.Preset == Full && o.Words == 0}
	f.finish(root)
	var b bytes.Buffer
	b.Grow(len(src) * 3 / 2)
	if err := markdown.Renderer().Render(&b, src, root); err != nil {
		return verbatim(source) // a buffer does not fail, and the renderers have no other error
	}
	return b.String()
}

func idPrefix(o Options) string {
	if o.Prefix == "" {
		return "text-"
	}
	return o.Prefix + "-"
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

// suffixFold returns the length of suffix when s ends with it in any case, 0 otherwise.
func suffixFold(s []byte, suffix string) int {
	if len(s) >= len(suffix) && bytes.EqualFold(s[len(s)-len(suffix):], []byte(suffix)) {
		return len(suffix)
	}
	return 0
}

// startsWord reports whether what follows before begins a word; strict also refuses what stands inside
// paths, host names and mail addresses.
func startsWord(before []byte, strict bool) bool {
	r, _ := utf8.DecodeLastRune(before)
	return len(before) == 0 || !isWord(r) && (!strict || !strings.ContainsRune("/.:-@", r))
}

// maxAddress is the longest address that becomes a link by itself, in bytes.
const maxAddress = 2_000

// addressLength returns how much of a line belongs to an address, from skip on: up to a blank, a quote
// or a bracket that was not opened in it, without punctuation at its end.
func addressLength(line []byte, skip int) int {
	line = line[:min(len(line), maxAddress)]
	var opened []byte
	end := skip
scan:
	for end < len(line) {
		r, size := utf8.DecodeRune(line[end:])
		switch r {
		case '<', '>', '"', '`', '\\', '|', '“', '”', '„', '»', '«', '…':
			break scan
		case '(', '[':
			opened = append(opened, byte(r))
		case ')', ']':
			if len(opened) == 0 || opened[len(opened)-1] != map[rune]byte{')': '(', ']': '['}[r] {
				break scan
			}
			opened = opened[:len(opened)-1]
		default:
			if unicode.IsSpace(r) || unicode.IsControl(r) {
				break scan
			}
		}
		end += size
	}
	for end > skip {
		if i := bytes.LastIndexByte(line[skip:end], '&'); i >= 0 && line[end-1] == ';' && isEntity(line[skip+i+1:end-1]) {
			end = skip + i
			continue
		}
		if !strings.ContainsRune("?!.,:;*_~'([", rune(line[end-1])) {
			break
		}
		end--
	}
	if r, _ := utf8.DecodeRune(line[skip:end]); end == skip || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return 0
	}
	return end
}

// isEntity reports whether a name between "&" and ";" may be that of a character.
func isEntity(name []byte) bool {
	return len(name) > 0 && len(name) < 32 && len(bytes.TrimFunc(name, func(r rune) bool {
		return r == '#' || unicode.IsLetter(r) || unicode.IsDigit(r)
	})) == 0
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
		if end := bytes.IndexByte(line, ';'); end > 0 && isEntity(line[:end]) {
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

// maxRef is the longest name that is looked up, in bytes.
const maxRef = 200

// parseRef reads the reference at the start of s and returns its length, 0 when there is none.
func parseRef(s string) (Ref, int) {
	if s == "" {
		return Ref{}, 0
	}
	switch s[0] {
	case '#':
		n := nameLength(s[1:], "-:")
		if n == 0 || n > maxRef {
			return Ref{}, 0
		}
		return Ref{Kind: Tag, Label: s[1 : 1+n]}, 1 + n
	case '@':
		n := nameLength(s[1:], "-")
		if n == 0 || n > maxRef {
			return Ref{}, 0
		}
		ref, length := Ref{Kind: Mention, Entity: s[1 : 1+n]}, 1+n
		if strings.HasPrefix(s[length:], "/") {
			if n := nameLength(s[length+1:], "-"); n > 0 && n <= maxRef {
				ref.Kind, ref.Slug = Content, s[length+1:length+1+n]
				length += 1 + n
			}
		}
		return ref, length
	default:
		return Ref{}, 0
	}
}

// nameLength returns the length of the name at the start of s: word characters, with the inner ones
// between them.
func nameLength(s, inner string) int {
	end := 0
	for i, r := range s {
		switch {
		case isWord(r):
			end = i + utf8.RuneLen(r)
		case i == 0 || !strings.ContainsRune(inner, r):
			return end
		}
	}
	return end
}

// isWord reports whether a character belongs to words.
func isWord(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r)
}

// localLength returns the length of the local part of a mail address at the end of before.
func localLength(before []byte) int {
	start := len(before)
	for start > 0 && (isASCIIWord(before[start-1]) || strings.IndexByte(".+-_%", before[start-1]) >= 0) {
		start--
	}
	if r, _ := utf8.DecodeLastRune(before[:start]); start > 0 && (isWord(r) || r == '/') {
		return 0
	}
	local := bytes.TrimLeft(before[start:], ".+-_%")
	if len(local) > 64 || bytes.HasSuffix(local, []byte(".")) {
		return 0
	}
	return len(local)
}

// domainLength returns the length of the domain at the start of s: names with dots between them, the
// last one of letters.
func domainLength(s []byte) int {
	end, start, dots := 0, 0, 0
	for i := 0; i <= len(s) && i < 255; {
		r, size := utf8.DecodeRune(s[i:])
		if size > 0 && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-') {
			i += size
			continue
		}
		name := s[start:i]
		if len(name) == 0 || name[0] == '-' || name[len(name)-1] == '-' {
			break
		}
		if dots > 0 && utf8.RuneCount(name) >= 2 && bytes.IndexFunc(name, unicode.IsLetter) >= 0 {
			end = i
		}
		if r != '.' {
			break
		}
		dots++
		i++
		start = i
	}
	return end
}

func isASCIIWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
