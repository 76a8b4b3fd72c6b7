package mime

import (
	"bytes"
	"net/mail"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/kit/errs"
)

// Header is the header of a message, topmost field first.
type Header []Field

// Field is one header field, unfolded but not decoded.
type Field struct{ Name, Value string }

// Get returns the first value of a field, or the empty string. Names compare without case.
func (h Header) Get(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Has reports whether the field is there, even if empty.
func (h Header) Has(name string) bool {
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			return true
		}
	}
	return false
}

// Values returns all values of a field, topmost first.
func (h Header) Values(name string) []string {
	var values []string
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return values
}

// Text returns the first value of a field for people: decoded, on one line.
func (h Header) Text(name string) string { return oneLine(decodeWords(h.Get(name))) }

// Addresses returns the addresses of all fields of a name.
func (h Header) Addresses(name string) []Address {
	var all []Address
	for _, v := range h.Values(name) {
		all = append(all, ParseAddresses(v)...)
	}
	return all
}

// splitHeader takes the header off a part. A line that cannot belong to a header starts the body.
func (l Limits) splitHeader(data []byte) (Header, []byte, error) {
	var (
		h        Header
		value    []byte
		lines    int
		consumed int
	)
	flush := func() {
		if len(h) > 0 && value != nil {
			h[len(h)-1].Value = strings.TrimSpace(toText(value, ""))
			value = nil
		}
	}
	for len(data) > 0 {
		line, rest := cutLine(data)
		if len(line) == 0 {
			data = rest
			break
		}
		first := lines == 0
		lines++
		consumed += len(data) - len(rest)
		if lines > l.MaxHeaderLines {
			return nil, nil, errs.New(errs.Invalid, "The message has more than %d header lines.", l.MaxHeaderLines)
		}
		if consumed > l.MaxHeaderBytes {
			return nil, nil, errs.New(errs.TooLarge, "The header of the message is larger than %d bytes.", l.MaxHeaderBytes)
		}
		if line[0] == ' ' || line[0] == '\t' {
			if len(h) > 0 {
				value = append(append(value, ' '), bytes.TrimLeft(line, " \t")...)
			}
			data = rest
			continue
		}
		name, v, ok := bytes.Cut(line, []byte{':'})
		name = bytes.TrimRight(name, " \t")
		if !ok || !isFieldName(name) {
			if first && (bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From "))) {
				data = rest // the separator of an mbox file
				continue
			}
			break
		}
		flush()
		h = append(h, Field{Name: string(name)})
		value = append(make([]byte, 0, len(v)), v...)
		data = rest
	}
	flush()
	return h, data, nil
}

func isFieldName(name []byte) bool {
	for _, c := range name {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return len(name) > 0
}

// cutLine returns the first line without its end, and what follows it.
func cutLine(data []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(data, []byte{'\n'})
	return bytes.TrimSuffix(line, []byte{'\r'}), rest
}

const maxIDs = 200

// messageIDs returns the ids between angle brackets; without any, the words that look like ids.
func messageIDs(s string) []string {
	var ids []string
	rest := s
	for len(ids) < maxIDs {
		_, after, ok := strings.Cut(rest, "<")
		if !ok {
			break
		}
		id, next, ok := strings.Cut(after, ">")
		if !ok {
			break
		}
		if _, inner, nested := cutLast(id, "<"); nested {
			id = inner
		}
		if id = strings.Join(strings.Fields(id), ""); id != "" && len(id) <= 998 {
			ids = append(ids, id)
		}
		rest = next
	}
	if len(ids) == 0 && !strings.Contains(s, "<") {
		for word := range strings.FieldsSeq(s) {
			if strings.Contains(word, "@") && !strings.Contains(word, ">") && len(word) <= 998 && len(ids) < maxIDs {
				ids = append(ids, word)
			}
		}
	}
	return ids
}

func listID(s string) string {
	if _, after, ok := cutLast(s, "<"); ok {
		s, _, _ = strings.Cut(after, ">")
	}
	return strings.TrimSpace(s)
}

// parseDate reads what RFC 5322 allows and what programs write instead.
func parseDate(s string) time.Time {
	if len(s) > 200 {
		return time.Time{}
	}
	s = oneLine(s)
	if t, err := mail.ParseDate(s); err == nil {
		return t
	}
	s, _, _ = strings.Cut(s, "(")
	s = strings.TrimSpace(s)
	for _, layout := range []string{
		"Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05 MST", "Mon, 2 Jan 2006 15:04:05",
		"2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05", "Mon Jan 2 15:04:05 2006", "Mon Jan 2 15:04:05 -0700 2006",
		"Mon Jan 2 15:04:05 MST 2006", time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05",
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return t
		}
	}
	return time.Time{}
}
