package mime

import (
	"slices"
	"strings"
	"unicode"
)

// letter is what is known of a mail whose text is trimmed.
type letter struct {
	sender  string // the name of who wrote it
	reply   bool   // it answers another mail
	forward bool   // its subject says that it forwards one
}

// trim cuts signature and quoted original off a text and returns both halves.
//
// A quote that an answer follows stays where it is, and so does all that the sender wrote: in doubt too much is shown.
// When nothing would be left, as in a mail that only quotes or forwards, the quote stays. A forwarded message is
// content. The work is linear in the length of the text.
func trim(text string, l letter) (kept, cut string) {
	t := trimmer{letter: l, lines: strings.Split(text, "\n")}
	t.headers = make([]headerKind, len(t.lines))
	t.ends = len(t.lines)
	t.findOwn()
	original, content := t.findOriginal()
	if original >= 0 && !content {
		content = t.answersInside(original)
	}
	all := t.lines
	var tail []string // a forwarded message, or one with answers in it: kept whole
	switch {
	case content:
		tail = t.lines[original:]
		t.lines = slices.Clip(t.lines[:original])
		t.ends = original
	case original >= 0 && t.own < original:
		t.ends = original
	}
	t.cutSignature()
	t.cutEnd()

	kept, cut = render(t.lines[:t.ends]), render(slices.Concat(t.signature, t.lines[t.ends:]))
	if len(tail) > 0 {
		kept = strings.Trim(kept+"\n\n"+render(tail), "\n")
	}
	if strings.TrimSpace(kept) == "" {
		return render(all), ""
	}
	return kept, cut
}

// render joins lines without markers, blanks at line ends and empty lines at both ends.
func render(lines []string) string {
	var out []string
	for _, l := range lines {
		clean := strings.TrimRightFunc(dropMarkers(l), unicode.IsSpace)
		if clean == "" && (clean != l && strings.TrimSpace(l) != "" || len(out) == 0) {
			continue // a marker's line, or an empty one at the beginning
		}
		out = append(out, clean)
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return manyBlankLines.ReplaceAllString(strings.Join(out, "\n"), "\n\n")
}

type trimmer struct {
	letter

	lines     []string
	headers   []headerKind // of each line, once it was asked for
	own       int          // the first line that the sender wrote
	ends      int          // what is kept ends before this line
	signature []string     // taken out of the lines above it
	looked    int          // how many lines before quotes have been compared with attributions
}

func (t *trimmer) findOwn() {
	for i := 0; i < len(t.lines); i++ {
		if n := max(t.marked(i, markSignature, markSignatureEnd), t.marked(i, markAttribution, markAttributed)); n > 0 {
			i += n - 1
			continue
		}
		if t.isSilent(i) {
			continue
		}
		if n := t.attributionAt(i); n > 0 {
			i += n - 1
			continue
		}
		t.own = i
		return
	}
	t.own = len(t.lines)
}

// maxAttributions bounds how many lines of a text are looked at for being one: more than any correspondence has.
const maxAttributions = 2000

const maxMarked = 200 // lines of a block that the sending program marked

// marked returns the number of lines from a mark at line i to its end, or 0.
func (t *trimmer) marked(i int, begin, end string) int {
	if !strings.Contains(t.lines[i], begin) {
		return 0
	}
	for n := 0; n < maxMarked && i+n < len(t.lines); n++ {
		if strings.Contains(t.lines[i+n], end) {
			return n + 1
		}
	}
	return 0
}

// isSilent reports whether a line says nothing of the sender's own.
func (t *trimmer) isSilent(i int) bool {
	l := t.lines[i]
	return isEmpty(l) || isQuoted(l) || isRule(l) || isMobileSignature(l)
}

func isEmpty(line string) bool {
	return strings.TrimFunc(line, func(r rune) bool { return unicode.IsSpace(r) || isMarker(r) }) == ""
}

func isQuoted(line string) bool { return strings.HasPrefix(strings.TrimLeft(line, " "), ">") }

const maxClassified = 1000 // longer lines are nobody's header, signature or attribution

// plain takes the markdown off a line, so that patterns see what the reader sees.
func plain(line string) string {
	if len(line) > maxClassified {
		return ""
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '*' || r == '\\' || isMarker(r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, line))
}

func isRule(line string) bool {
	p := strings.ReplaceAll(line, " ", "")
	if len(p) < 3 || len(p) > 200 {
		return false
	}
	return strings.Trim(p, "_") == "" || strings.Trim(p, "-") == "" || strings.Trim(p, "*") == "" || strings.Trim(p, "=") == ""
}

// cutEnd takes quotes, signatures and footers off the end until the sender's own words end the text.
func (t *trimmer) cutEnd() {
	for {
		for t.ends > 0 && isEmpty(t.lines[t.ends-1]) && !strings.Contains(t.lines[t.ends-1], markSignatureEnd) {
			t.ends--
		}
		if t.ends == 0 || !t.cutListFooter() && !t.cutMarkedSignature() && !t.cutMobileSignature() && !t.cutQuote() {
			return
		}
	}
}

// cutQuote cuts the quote at the end together with the lines that attribute it. A quote that nobody is said to have
// written, in a mail that answers none or below a line that announces it, is a citation.
func (t *trimmer) cutQuote() bool {
	if t.forward || !isQuoted(t.lines[t.ends-1]) {
		return false
	}
	from, first, attributed := t.ends, t.lines[t.ends-1], false
	for from > 0 && (isQuoted(t.lines[from-1]) || isEmpty(t.lines[from-1])) {
		l := t.lines[from-1]
		if strings.Contains(l, markAttributed) {
			if n := t.markedAttribution(from - 1); n > 0 {
				from -= n
				attributed = true
				break
			}
		}
		if isQuoted(l) && strings.Trim(l, "> ") != "" {
			first = l
		}
		from--
	}
	if from <= t.own || forwardLine.MatchString(plain(strings.TrimLeft(first, "> "))) {
		return false
	}
	lines := t.attributionBefore(from)
	if !attributed && lines == 0 && (!t.reply || strings.HasSuffix(plain(t.lines[from-1]), ":")) && !t.attributedInside(from) {
		return false
	}
	t.ends = from - lines
	return true
}
