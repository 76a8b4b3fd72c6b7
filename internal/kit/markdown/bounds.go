package markdown

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// Rendering takes time in proportion to a text, whatever the text: the parser is quadratic in the signs of a
// paragraph, so that no paragraph gets too many of them. Where a text would cost too much, it is cut into more
// paragraphs or lines; all of them keep their formatting.
const (
	maxSource  = 800_000 // bytes; what is longer is no text that any form takes, and is shown as it was typed
	maxDepth   = 30      // quotes and list marks at the begin of a line; further ones are left out
	maxHeading = 4 << 10 // bytes of a heading that is underlined
	maxPadding = 20_000  // cells that a table may have beyond three times those that were written
	maxOpen    = 100     // elements within each other in the result

	maxSigns   = 2_000      // of a paragraph or line
	signBudget = 80_000_000 // the signs of a text times those of its largest paragraph
)

// signs are what begins or ends emphasis, links, code and tags.
const signs = "*_~[]<`"

// signLimit returns how many signs a paragraph of a text may have.
func signLimit(source []byte) int {
	return max(50, min(maxSigns, signBudget/(1+countSigns(source))))
}

func countSigns(line []byte) int {
	n := 0
	for _, c := range line {
		switch c {
		case '*', '_', '~', '[', ']', '<', '`':
			n++
		}
	}
	return n
}

// reshape returns a source whose lines keep the limits.
func reshape(source string) string {
	limit := signLimit([]byte(source))
	var b strings.Builder
	b.Grow(len(source))
	for line := range strings.Lines(source) {
		line = shallow(line)
		for left := countSigns([]byte(line)); left > limit; left -= limit {
			end := lineEnd(line, limit)
			b.WriteString(line[:end] + "\n")
			line = line[end:]
		}
		b.WriteString(line)
	}
	return b.String()
}

// lineEnd returns where a line with too many signs is cut: behind so many of them, or at the last blank before the next
// one.
func lineEnd(line string, limit int) int {
	seen, end := 0, 0
	for i := range len(line) {
		switch {
		case strings.IndexByte(signs, line[i]) >= 0:
			if seen == limit {
				return end
			}
			seen++
			end = i + 1
		case line[i] == ' ' && seen == limit:
			end = i + 1
		}
	}
	return len(line)
}

// shallow returns a line without the marks of quotes and lists that are too deep. A rule ("- - - -") has no marks.
func shallow(line string) string {
	trimmed := strings.TrimSpace(line)
	if trimmed != "" && strings.Trim(trimmed, trimmed[:1]+" \t") == "" && trimmed[0] != '>' {
		return line
	}
	rest, kept := line, ""
	for depth := 0; ; depth++ {
		if depth == maxDepth {
			kept = line[:len(line)-len(rest)]
		}
		after, ok := cutMark(rest)
		switch {
		case ok:
			rest = after
		case depth <= maxDepth:
			return line
		default:
			return kept + rest
		}
	}
}

// cutMark returns a line without its first mark of a quote or a list.
func cutMark(line string) (rest string, found bool) {
	line = strings.TrimLeft(line, " \t")
	digits := len(line) - len(strings.TrimLeft(line, "0123456789"))
	switch {
	case strings.HasPrefix(line, ">"):
		return line[1:], true
	case line != "" && strings.ContainsRune("-+*", rune(line[0])) && blankAt(line, 1):
		return line[1:], true
	case digits > 0 && digits < len(line) && (line[digits] == '.' || line[digits] == ')') && blankAt(line, digits+1):
		return line[digits+1:], true
	default:
		return line, false
	}
}

func blankAt(line string, i int) bool {
	return i >= len(line) || line[i] == ' ' || line[i] == '\t' || line[i] == '\n'
}

// paragraphs is the one transformer of paragraphs. It cuts those with too many signs, and finds in each the definitions
// of links, and at its end a table.
type paragraphs struct {
	table parser.ParagraphTransformer
}

// Transform implements parser.ParagraphTransformer.
func (t paragraphs) Transform(node *ast.Paragraph, reader text.Reader, pc parser.Context) {
	source := reader.Source()
	lines := node.Lines().Sliced(0, node.Lines().Len())
	head, tabular := len(lines), false
	if row := delimiterRow(lines, source); row > 0 {
		if tabular = fits(lines[row-1:], source); tabular {
			head = row - 1
		}
	}
	limit, ok := pc.Get(signLimitKey).(int)
	if !ok {
		limit = maxSigns
	}
	for start := 0; ; {
		end, more := cutLines(lines[start:head], source, limit)
		end += start
		if !more {
			end = len(lines)
		}
		part := node
		if more {
			part = ast.NewParagraph()
			node.Parent().InsertBefore(node.Parent(), node, part)
		}
		part.SetLines(segments(lines[start:end]))
		parser.LinkReferenceParagraphTransformer.Transform(part, reader, pc)
		if !more {
			if tabular && node.Parent() != nil {
				t.table.Transform(node, reader, pc)
			}
			return
		}
		start = end
	}
}

// cutLines returns how many of the lines are within the limit, at least one, and whether others follow.
func cutLines(lines []text.Segment, source []byte, limit int) (n int, more bool) {
	count := 0
	for i, line := range lines {
		if count += countSigns(line.Value(source)); count > limit && i > 0 {
			return i, true
		}
	}
	return len(lines), false
}

func segments(lines []text.Segment) *text.Segments {
	s := text.NewSegments()
	s.AppendAll(lines)
	return s
}

// delimiterRow returns the index of the line below the heading of a table; 0 if there is none.
func delimiterRow(lines []text.Segment, source []byte) int {
	for i := 1; i < len(lines); i++ {
		line := bytes.TrimSpace(lines[i].Value(source))
		if bytes.IndexByte(line, '-') >= 0 && len(bytes.Trim(line, "|-: \t")) == 0 {
			return i
		}
	}
	return 0
}

// fits reports whether a table is about as large as it was written: each of its rows gets as many cells as its heading.
func fits(rows []text.Segment, source []byte) bool {
	written := 0
	for _, row := range rows {
		written += 1 + bytes.Count(row.Value(source), []byte("|"))
	}
	columns := 1 + bytes.Count(rows[1].Value(source), []byte("|"))
	return columns*len(rows) <= 3*written+maxPadding
}

// setext leaves what is too long for a heading a paragraph.
type setext struct{ parser.BlockParser }

// Open implements parser.BlockParser.
func (s setext) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	if last := pc.LastOpenedBlock().Node; last != nil && last.Kind() == ast.KindParagraph {
		if lines := last.Lines(); lines.Len() > 0 && lines.At(lines.Len()-1).Stop-lines.At(0).Start > maxHeading {
			return nil, parser.NoChildren
		}
	}
	return s.BlockParser.Open(parent, reader, pc)
}
