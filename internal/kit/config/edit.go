package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Change is what an option shall be in a file.
type Change struct {
	Option string // a dot separates a section from the option in it; a whole section may be given as well
	Value  Value  // the zero value takes the option out of the file
}

// Edit returns the text of a configuration file after changes. All that stands there besides stays as it is, byte by byte:
// comments, order, quotes. A text that is replaced keeps its quotes, and entries of a list that stay keep their comments.
// A file that is not right, and one that is not written in lines of its own where it would change, is refused.
func Edit(source []byte, changes ...Change) ([]byte, error) {
	for _, c := range changes {
		before, problems := parseMapping("", source)
		if len(problems) > 0 {
			return nil, problems
		}
		for _, step := range before.steps(strings.Split(c.Option, "."), c.Value.value) {
			var err error
			if source, err = edit(source, step); err != nil {
				return nil, fmt.Errorf("%s %w", c.Option, err)
			}
		}
	}
	return source, nil
}

// step is a change of one entry.
type step struct {
	path  []string
	value *value // nil: the entry goes
}

// steps returns what changes where a path leads to another value: of a section only those of its entries that differ, so
// that the others stay as they are written.
func (m mapping) steps(path []string, v *value) []step {
	old := m.at(path)
	if v == nil || old == nil || v.kind != mapValue || old.kind != mapValue || len(v.mapping.entries) == 0 || len(old.mapping.entries) == 0 {
		return []step{{path, v}}
	}
	var steps []step
	for i := range v.mapping.entries {
		inner := &v.mapping.entries[i]
		if was := old.mapping.get(inner.key); was == nil || !same(was.value, inner.value) {
			steps = append(steps, m.steps(append(slices.Clone(path), inner.key), &inner.value)...)
		}
	}
	for _, was := range old.mapping.entries { // last, so that a section is never empty
		if v.mapping.get(was.key) == nil {
			steps = append(steps, step{append(slices.Clone(path), was.key), nil})
		}
	}
	return steps
}

// at returns the value to which a path leads, nil if there is none.
func (m mapping) at(path []string) *value {
	e := m.get(path[0])
	switch {
	case e == nil:
		return nil
	case len(path) == 1:
		return &e.value
	default:
		return e.value.mapping.at(path[1:])
	}
}

// edit changes one entry, and makes sure that nothing else has changed.
func edit(source []byte, s step) ([]byte, error) {
	before, problems := parseMapping("", source)
	if len(problems) > 0 {
		return nil, problems
	}
	e := newEditor(source)
	if err := e.set(before.entries, s.path, s.value, span{0, len(e.lines)}, 0); err != nil {
		return nil, err
	}
	edited := []byte(strings.Join(e.lines, ""))
	after, problems := parseMapping("", edited)
	if len(problems) > 0 || !same(value{kind: mapValue, mapping: after}, value{kind: mapValue, mapping: before.with(s.path, s.value)}) {
		return nil, errors.New("cannot be changed as this file is written: change it there yourself")
	}
	return edited, nil
}

// with returns a mapping in which a path leads to a value, or to nothing.
func (m mapping) with(path []string, v *value) mapping {
	all := mapping{slices.Clone(m.entries)}
	at := slices.IndexFunc(all.entries, func(e entry) bool { return e.key == path[0] })
	if v != nil || len(path) > 1 {
		inner := v
		if len(path) > 1 {
			var section mapping
			if at >= 0 {
				section = all.entries[at].value.mapping
			}
			inner = &value{kind: mapValue, mapping: section.with(path[1:], v)}
		}
		if v != nil || len(inner.mapping.entries) > 0 {
			all.put(entry{key: path[0], value: *inner})
			return all
		}
	}
	if at >= 0 {
		all.entries = slices.Delete(all.entries, at, at+1)
	}
	return all
}

// same reports whether two values say the same, wherever they stand and in whatever order sections are written.
func same(a, b value) bool {
	if a.kind != b.kind || a.text != b.text || len(a.list) != len(b.list) || len(a.mapping.entries) != len(b.mapping.entries) {
		return false
	}
	for i := range a.list {
		if !same(a.list[i], b.list[i]) {
			return false
		}
	}
	for _, e := range a.mapping.entries {
		other := b.mapping.get(e.key)
		if other == nil || !same(e.value, other.value) {
			return false
		}
	}
	return true
}

// get returns the entry of a key, nil if there is none.
func (m mapping) get(key string) *entry {
	for i := range m.entries {
		if m.entries[i].key == key {
			return &m.entries[i]
		}
	}
	return nil
}

// editor changes a file line by line.
type editor struct {
	lines   []string // each with its end
	newline string
}

// span is a range of lines.
type span struct{ from, to int }

func newEditor(source []byte) *editor {
	e := &editor{lines: strings.SplitAfter(string(source), "\n"), newline: "\n"}
	if strings.Contains(string(source), "\r\n") {
		e.newline = "\r\n"
	}
	last := len(e.lines) - 1
	if e.lines[last] == "" {
		e.lines = e.lines[:last]
	} else {
		e.lines[last] += e.newline
	}
	return e
}

// replace puts other lines in place of a range.
func (e *editor) replace(at span, lines ...string) {
	e.lines = slices.Replace(e.lines, at.from, at.to, lines...)
}

// set lets a path lead to a value, below entries that stand in a range of lines and are indented as said.
func (e *editor) set(entries []entry, path []string, v *value, within span, indent int) error {
	at := slices.IndexFunc(entries, func(e entry) bool { return e.key == path[0] })
	if at < 0 {
		if v != nil {
			e.replace(span{within.to, within.to}, e.render(indent, path, *v)...)
		}
		return nil
	}
	found := entries[at]
	l, err := e.line(found, within)
	switch {
	case err != nil:
		return err
	case len(path) == 1 && v == nil:
		e.replace(l.span)
		return nil
	case len(path) == 1:
		return e.write(l, found.value, *v)
	case v == nil && len(found.value.mapping.entries) == 1 && found.value.mapping.get(path[1]) != nil:
		e.replace(l.span) // nothing would be left of the section
		return nil
	case found.value.kind == nullValue:
		if v != nil {
			e.replace(span{l.from + 1, l.from + 1}, e.render(l.indent+2, path[1:], *v)...)
		}
		return nil
	case found.value.kind != mapValue:
		return fmt.Errorf("cannot be set: %s is %s", found.key, found.value.describe())
	case l.inline != "":
		section := value{kind: mapValue, mapping: found.value.mapping.with(path[1:], v)}
		return e.writeInline(l, section)
	}
	first := e.lines[found.value.mapping.entries[0].place.line-1]
	return e.set(found.value.mapping.entries, path[1:], v, span{l.from + 1, l.to}, indentOf(first))
}

// write puts a value in place of another one.
func (e *editor) write(l keyLine, old, v value) error {
	switch {
	case v.kind == mapValue && len(v.mapping.entries) > 0:
		lines := []string{l.before + l.comment + e.newline}
		for _, inner := range v.mapping.entries {
			lines = append(lines, e.render(l.indent+2, []string{inner.key}, inner.value)...)
		}
		e.replace(l.span, lines...)
		return nil
	case v.kind == listValue && old.kind == listValue && l.inline == "" && len(v.list) > 0 && len(old.list) > 0:
		e.writeList(l, old.list, v.list)
		return nil
	default:
		return e.writeInline(l, v)
	}
}

// writeList changes a list that is written in lines of its own. What stays keeps its lines, and the comments above it.
func (e *editor) writeList(l keyLine, old, list []value) {
	bullet := strings.Repeat(" ", l.indent+2) + "- "
	var kept [][]string
	from := l.from + 1
	for i, item := range old {
		to := l.to
		if i+1 < len(old) {
			// Comments above an entry belong to it.
			for to = old[i+1].place.line - 1; to > item.place.line && isBlankOrComment(e.lines[to-1]); to-- {
			}
		}
		kept = append(kept, slices.Clone(e.lines[from:to]))
		from = to
	}
	if first := e.lines[old[0].place.line-1]; strings.HasPrefix(strings.TrimLeft(first, " "), "- ") {
		bullet = strings.Repeat(" ", indentOf(first)) + "- "
	}
	lines := []string{e.lines[l.from]}
	used := map[int]bool{}
	for _, item := range list {
		at := slices.IndexFunc(old, func(was value) bool { return same(was, item) })
		if at >= 0 && !used[at] {
			used[at] = true
			lines = append(lines, kept[at]...)
			continue
		}
		lines = append(lines, bullet+flow(item)+e.newline)
	}
	e.replace(l.span, lines...)
}

// writeInline puts a value into the line of its key, with the quotes and the comment of the one before.
func (e *editor) writeInline(l keyLine, v value) error {
	if l.to > l.from+1 && strings.ContainsAny(strings.TrimSpace(l.inline), "[{") {
		return fmt.Errorf("cannot be set: %s is written in brackets over several lines", l.key)
	}
	text := flow(v)
	if v.kind == textValue && strings.HasPrefix(l.inline, `"`) {
		text = doubleQuoted(v.text)
	}
	if v.kind == textValue && strings.HasPrefix(l.inline, "'") && isPrintable(v.text) {
		text = "'" + strings.ReplaceAll(v.text, "'", "''") + "'"
	}
	e.replace(l.span, l.before+" "+text+l.comment+e.newline)
	return nil
}

// render returns new lines that let a path lead to a value.
func (e *editor) render(indent int, path []string, v value) []string {
	begin := strings.Repeat(" ", indent) + path[0] + ":"
	switch {
	case len(path) > 1:
		return append([]string{begin + e.newline}, e.render(indent+2, path[1:], v)...)
	case v.kind == mapValue && len(v.mapping.entries) > 0:
		lines := []string{begin + e.newline}
		for _, inner := range v.mapping.entries {
			lines = append(lines, e.render(indent+2, []string{inner.key}, inner.value)...)
		}
		return lines
	default:
		return []string{begin + " " + flow(v) + e.newline}
	}
}

// keyLine is where a key stands with its value.
type keyLine struct {
	span

	key     string
	indent  int
	before  string // the line up to the colon
	inline  string // what of the value stands in the line of the key
	comment string // behind that, with the blanks before it
}

// line returns where an entry stands: up to the next line that is not indented more, without comments and blank lines
// that follow.
func (e *editor) line(found entry, within span) (keyLine, error) {
	l := keyLine{span: span{found.place.line - 1, found.place.line}, key: found.key}
	text := strings.TrimRight(e.lines[l.from], "\r\n")
	l.indent = indentOf(text)
	end := afterKey(text, found.key)
	if end < 0 {
		return l, fmt.Errorf("cannot be set: %s is not written in a line of its own", found.key)
	}
	l.before = text[:end]
	l.inline, l.comment = splitComment(text[end:])
	literal := strings.HasPrefix(l.inline, "|") || strings.HasPrefix(l.inline, ">")
	for i := l.to; i < within.to; i++ {
		line := e.lines[i]
		inText := literal && strings.TrimSpace(line) != "" && indentOf(line) > l.indent
		if isBlankOrComment(line) && !inText {
			continue
		}
		// A list may be indented as its key is.
		entry := indentOf(line) == l.indent && (strings.HasPrefix(line[l.indent:], "- ") || strings.TrimRight(line[l.indent:], "\r\n") == "-")
		if indentOf(line) <= l.indent && !entry {
			break
		}
		l.to = i + 1
	}
	return l, nil
}

// indentOf returns how many blanks a line begins with.
func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

func isBlankOrComment(line string) bool {
	text := strings.TrimSpace(line)
	return text == "" || text[0] == '#'
}

// afterKey returns where the colon of a key ends with which a line begins, and -1 if it begins with something else.
func afterKey(line, key string) int {
	text := strings.TrimPrefix(line, "\uFEFF")
	text = strings.TrimLeft(text, " ")
	var end int
	switch {
	case text == "":
		return -1
	case text[0] == '"' || text[0] == '\'':
		closing := strings.IndexByte(text[1:], text[0])
		if closing < 0 || !strings.EqualFold(text[1:closing+1], key) {
			return -1
		}
		end = closing + 2
	default:
		if end = len(key); len(text) < end || !strings.EqualFold(text[:end], key) {
			return -1
		}
	}
	rest := strings.TrimLeft(text[end:], " ")
	if !strings.HasPrefix(rest, ":") || len(rest) > 1 && rest[1] != ' ' {
		return -1
	}
	return len(line) - len(rest) + 1
}

// splitComment parts what stands behind a colon into the value and the comment, with the blanks before that.
func splitComment(rest string) (inline, comment string) {
	var quote byte
	end := len(rest)
scan:
	for i := 0; i < len(rest); i++ {
		c := rest[i]
		switch {
		case quote == '"' && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && (i == 0 || strings.IndexByte(" [{,:", rest[i-1]) >= 0):
			quote = c
		case c == '#' && i > 0 && rest[i-1] == ' ':
			end = i
			break scan
		}
	}
	value := strings.TrimRight(rest[:end], " ")
	return strings.TrimSpace(value), rest[len(value):]
}
