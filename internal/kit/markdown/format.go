package markdown

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Format says how a text was typed.
type Format string

// The formats; the zero value means Marked.
const (
	Marked Format = "markdown"
	Plain  Format = "plain" // as in a mail: no sign means anything but ">" before what is quoted, and lists that are unmistakable
)

// typedLine is a line of plain text.
type typedLine struct {
	depth  int    // quote marks before it
	text   string // without them and without the sign of a list
	sign   byte   // of the list whose item begins here: '-' for dots, '.' for numbers, '+' for a line that goes on an item
	number int    // of the item
	first  bool   // the item begins its list
}

// maxQuotes is how deep quotes nest that are shown as such.
const maxQuotes = 10

// typedLines returns the lines of a plain text. Two items at least make a list, with numbers that follow each other.
func typedLines(source string) []typedLine {
	var lines []typedLine
	for line := range strings.SplitSeq(strings.TrimRight(source, "\n "), "\n") {
		depth, text := cutQuotes(line)
		lines = append(lines, typedLine{depth: depth, text: strings.TrimRight(text, " \t")})
	}
	for i := 0; i < len(lines); i++ {
		i += max(markList(lines[i:])-1, 0)
	}
	return lines
}

// cutQuotes takes the quote marks off a line. An emoticon is none.
func cutQuotes(line string) (depth int, text string) {
	rest := line
	for depth < maxQuotes {
		trimmed := strings.TrimLeft(rest, " ")
		if !strings.HasPrefix(trimmed, ">") || len(rest)-len(trimmed) > 3 || len(trimmed) > 1 && strings.IndexByte(":;=.<", trimmed[1]) >= 0 {
			break
		}
		depth++
		rest = trimmed[1:]
	}
	if depth > 0 {
		rest = strings.TrimPrefix(rest, " ")
	}
	return depth, rest
}

// listSign is the sign at the begin of a line that may be an item.
type listSign struct {
	kind   byte
	number int
	indent int
	text   string // behind the sign
}

// signOf returns the sign at the begin of a line; its kind is 0 if there is none.
func signOf(line string) listSign {
	text := strings.TrimLeft(line, " \t")
	s := listSign{indent: len(line) - len(text)}
	digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
	r, size := utf8.DecodeRuneInString(text)
	switch {
	case strings.ContainsRune("-*•·", r):
		s.kind = '-'
	case digits > 0 && digits <= 3 && digits < len(text) && (text[digits] == '.' || text[digits] == ')'):
		s.kind, size = '.', digits+1
		s.number, _ = strconv.Atoi(text[:digits])
	default:
		return s
	}
	s.text = strings.TrimLeft(text[size:], " \t\u00a0")
	if len(s.text) == len(text)-size || s.text == "" {
		s.kind = 0
	}
	return s
}

// markList marks the list that begins with the first of some lines, and returns how many lines it has.
func markList(lines []typedLine) int {
	first := signOf(lines[0].text)
	if first.kind == 0 {
		return 0
	}
	signs := []listSign{first} // of each line; without a kind for one that goes on
	items := 1
	for _, l := range lines[1:] {
		s := signOf(l.text)
		switch {
		case l.depth != lines[0].depth || l.text == "":
			s.kind = 0
			s.indent = -1
		case s.kind == first.kind && s.indent == first.indent && (s.kind == '-' || s.number == first.number+items):
			items++
		default:
			s.kind = 0
		}
		if s.kind == 0 && s.indent <= first.indent {
			break
		}
		signs = append(signs, s)
	}
	if items < 2 {
		return 0
	}
	for i, s := range signs {
		l := &lines[i]
		if s.kind == 0 {
			l.sign, l.text = '+', strings.TrimLeft(l.text, " \t")
			continue
		}
		l.sign, l.number, l.text, l.first = s.kind, s.number, s.text, i == 0
	}
	return len(signs)
}

// FromPlain returns a plain text as markdown that shows the same: for quoting, and beside what is markdown already.
func FromPlain(source string) string {
	var b strings.Builder
	var before typedLine
	for i, l := range typedLines(cleanSource(source)) {
		mark := strings.Repeat("> ", l.depth)
		// Without an empty line this one would go on a list or a quote.
		if i > 0 && l.text != "" && before.text != "" && (before.sign != 0 && l.sign == 0 || before.depth > l.depth || l.first) {
			b.WriteString(strings.TrimRight(strings.Repeat("> ", min(l.depth, before.depth)), " ") + "\n")
		}
		switch l.sign {
		case '-':
			mark += "- "
		case '.':
			mark += strconv.Itoa(l.number) + ". "
		case '+':
			mark += "     "
		}
		b.WriteString(strings.TrimRight(mark+escapeLine(l.text), " ") + "\n")
		before = l
	}
	return strings.TrimRight(b.String(), "\n")
}

// escapeLine escapes what would mean something in markdown. Addresses are left alone: they become links either way.
func escapeLine(line string) string {
	var b strings.Builder
	rest := strings.TrimLeft(line, " \t")
	b.WriteString(blanks(line[:len(line)-len(rest)], true))
	digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
	switch {
	case rest == "":
	case strings.IndexByte("+-=>", rest[0]) >= 0, rest[0] == '#' && blankAt(strings.TrimLeft(rest, "#"), 0):
		b.WriteByte('\\')
		b.WriteByte(rest[0])
		rest = rest[1:]
	case digits > 0 && digits < len(rest) && (rest[digits] == '.' || rest[digits] == ')'):
		b.WriteString(rest[:digits] + "\\" + rest[digits:digits+1])
		rest = rest[digits+1:]
	}
	scanTyped(rest, func(kind typedKind, piece string) {
		if kind == typedText {
			piece = escapeRun(piece)
		}
		b.WriteString(piece)
	})
	return b.String()
}

func escapeRun(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch r {
		case '\\', '`', '*', '[', ']', '<', '|', '&', '~':
			b.WriteByte('\\')
		case '_':
			before, _ := utf8.DecodeLastRuneInString(s[:i])
			after, _ := utf8.DecodeRuneInString(s[i+1:])
			if !unicode.IsLetter(before) && !unicode.IsDigit(before) || !unicode.IsLetter(after) && !unicode.IsDigit(after) {
				b.WriteByte('\\')
			}
		}
		b.WriteRune(r)
	}
	return b.String()
}

// blanks returns blanks so that a page shows all of them.
func blanks(s string, leading bool) string {
	n := strings.Count(s, " ") + 4*strings.Count(s, "\t")
	if leading || n == 0 {
		return strings.Repeat("\u00a0", n)
	}
	return strings.Repeat("\u00a0", n-1) + " "
}
