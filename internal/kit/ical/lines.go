package ical

import (
	"bytes"
	"iter"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// Property is a line of a calendar, taken apart: NAME;PARAMETER=value:VALUE.
type Property struct {
	Name   string // in capitals
	Value  string // as it is written
	params []param
}

type param struct{ name, value string }

// Properties returns the lines of a calendar, taken apart; what is no property is left out. The lines end with CRLF or LF,
// and are in UTF-8, in UTF-16 with a byte order mark, or in what Windows wrote before.
func Properties(text []byte) iter.Seq[Property] {
	return func(yield func(Property) bool) {
		for line := range unfolded(text) {
			if q, ok := parseLine(line); ok && !yield(q) {
				return
			}
		}
	}
}

// unfolded returns the lines of a calendar, those that were folded put together.
func unfolded(text []byte) iter.Seq[string] {
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		if decoded, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(text); err == nil {
			text = decoded
		}
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	return func(yield func(string) bool) {
		var line []byte
		for raw := range bytes.SplitSeq(text, []byte("\n")) {
			raw = bytes.TrimRight(raw, "\r")
			if len(raw) > 0 && (raw[0] == ' ' || raw[0] == '\t') {
				line = append(line, raw[1:]...)
				continue
			}
			if len(line) > 0 && !yield(decoded(line)) {
				return
			}
			line = append(line[:0], raw...)
		}
		if len(line) > 0 {
			yield(decoded(line))
		}
	}
}

// decoded returns a line as UTF-8. Lines are folded between bytes, so that only whole lines can be judged.
func decoded(line []byte) string {
	if utf8.Valid(line) {
		return string(line)
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(line)
	if err != nil {
		return strings.ToValidUTF8(string(line), "�")
	}
	return string(text)
}

// parseLine takes a line apart; ok reports whether it is one.
func parseLine(line string) (q Property, ok bool) {
	head, value, ok := cutOutside(line, ':')
	if !ok {
		if head, value, ok = strings.Cut(line, ":"); !ok { // a quotation mark that nobody has closed
			return q, false
		}
	}
	name, rest, more := cutOutside(head, ';')
	q = Property{Name: strings.ToUpper(strings.TrimSpace(name)), Value: value}
	for more && len(q.params) < maxParams {
		var p string
		p, rest, more = cutOutside(rest, ';')
		key, v, _ := strings.Cut(p, "=")
		q.params = append(q.params, param{strings.ToUpper(strings.TrimSpace(key)), unquoted(v)})
	}
	return q, isName(q.Name)
}

// cutOutside cuts a text at the first sign that stands outside of quotation marks.
func cutOutside(text string, sign byte) (before, after string, found bool) {
	quoted := false
	for i := range len(text) {
		switch {
		case text[i] == '"':
			quoted = !quoted
		case text[i] == sign && !quoted:
			return text[:i], text[i+1:], true
		}
	}
	return text, "", false
}

// isName reports whether a property can be called so.
func isName(name string) bool {
	return name != "" && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

// circumflexes are how parameters write what they could not hold otherwise (RFC 6868).
var circumflexes = strings.NewReplacer("^n", "\n", "^'", `"`, "^^", "^")

// unquoted returns the value of a parameter as people read it.
func unquoted(value string) string {
	return circumflexes.Replace(strings.ReplaceAll(strings.TrimSpace(value), `"`, ""))
}

// Param returns the value of a parameter, "" if there is none.
func (q Property) Param(name string) string {
	for _, p := range q.params {
		if p.name == name {
			return p.value
		}
	}
	return ""
}
