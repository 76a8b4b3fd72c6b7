package mime

import (
	"bytes"
	"encoding/base64"
	"net/mail"
	"strconv"
	"strings"
	"time"
	"unicode"

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

// decodeWords decodes RFC 2047 words wherever they stand, also inside quotes, with blanks inside and
// with a character torn apart between two words, as programs write them.
func decodeWords(s string) string {
	if !strings.Contains(s, "=?") {
		return s
	}
	var (
		out     strings.Builder
		pending []byte // decoded bytes of neighbouring words in one charset
		inWords bool
		charset string
	)
	flush := func() {
		out.WriteString(toText(pending, charset))
		pending, inWords = pending[:0], false
	}
	for s != "" {
		i := strings.Index(s, "=?")
		if i < 0 {
			break
		}
		label, data, rest, ok := cutWord(s[i:])
		if !ok {
			flush()
			out.WriteString(s[:i+2])
			s = s[i+2:]
			continue
		}
		between := s[:i]
		neighbours := inWords && strings.TrimSpace(between) == ""
		if !neighbours || !strings.EqualFold(label, charset) {
			flush()
			if !neighbours {
				out.WriteString(between)
			}
			charset = label
		}
		pending, inWords = append(pending, data...), true
		s = rest
	}
	flush()
	out.WriteString(s)
	return out.String()
}

// cutWord decodes the RFC 2047 word that s begins with.
func cutWord(s string) (charset string, data []byte, rest string, ok bool) {
	charset, s, ok = strings.Cut(s[2:], "?")
	if !ok || len(charset) > 64 || strings.ContainsAny(charset, " \t=") || len(s) < 2 || s[1] != '?' {
		return "", nil, "", false
	}
	charset, _, _ = strings.Cut(charset, "*") // RFC 2231 language
	encoding := s[0]
	text, rest, ok := strings.Cut(s[2:], "?")
	if !ok || !strings.HasPrefix(rest, "=") {
		return "", nil, "", false
	}
	switch encoding {
	case 'b', 'B':
		data = decodeBase64([]byte(text))
	case 'q', 'Q':
		data = decodeQuoted([]byte(strings.ReplaceAll(text, "_", " ")))
	default:
		return "", nil, "", false
	}
	return charset, data, rest[1:], true
}

// oneLine flattens white space and drops control characters.
func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), isMarker(r):
			return -1
		}
		return r
	}, s)), " ")
}

// ParseAddresses reads a list of addresses and leaves out what is none. It knows groups, comments,
// quotes, routes and encoded words, and reads what is broken as well as it can.
func ParseAddresses(s string) []Address {
	var (
		all     []Address
		text    strings.Builder // the phrase, or a bare address
		comment strings.Builder
		angles  []string
	)
	flush := func() {
		phrase := oneLine(decodeWords(text.String()))
		if len(angles) == 0 {
			for word := range strings.FieldsSeq(phrase) {
				if addr, ok := cleanAddress(word); ok {
					all = append(all, Address{Name: oneLine(decodeWords(comment.String())), Addr: addr})
				}
			}
		}
		for _, a := range angles {
			if addr, ok := cleanAddress(a); ok {
				all = append(all, Address{Name: phrase, Addr: addr})
			}
		}
		text.Reset()
		comment.Reset()
		angles = nil
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"':
			end, quoted := readQuoted(s, i)
			if end < len(s) && s[end] == '@' { // a quoted local part belongs to the address
				text.WriteString(s[i:end])
			} else {
				text.WriteString(quoted)
			}
			i = end - 1
		case '(':
			i = readComment(s, i, &comment)
		case '<':
			end := strings.IndexByte(s[i:], '>')
			if end < 0 {
				angles = append(angles, s[i+1:])
				i = len(s)
				break
			}
			angles = append(angles, s[i+1:i+end])
			i += end
		case ',', ';':
			flush()
		case ':':
			if strings.ContainsAny(text.String(), "@?") {
				text.WriteByte(c)
			} else {
				text.Reset() // the name of a group
			}
		default:
			text.WriteByte(c)
		}
	}
	flush()
	return all
}

// readQuoted returns the index behind the quoted string that starts at i, and its content.
func readQuoted(s string, i int) (end int, content string) {
	var b strings.Builder
	for i++; i < len(s); i++ {
		switch s[i] {
		case '"':
			return i + 1, b.String()
		case '\\':
			if i+1 < len(s) {
				i++
				b.WriteByte(s[i])
			}
		default:
			b.WriteByte(s[i])
		}
	}
	return len(s), b.String()
}

// readComment appends the comment that starts at i to b and returns the index of its last byte.
func readComment(s string, i int, b *strings.Builder) int {
	depth := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '(':
			depth++
			if depth == 1 {
				continue
			}
		case ')':
			depth--
			if depth == 0 {
				return i
			}
		case '\\':
			if i+1 < len(s) {
				i++
			}
		}
		b.WriteByte(s[i])
	}
	return len(s)
}

func cleanAddress(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "@") { // a source route
		_, s, _ = strings.Cut(s, ":")
	}
	s = strings.TrimPrefix(strings.Trim(s, "'`"), "mailto:")
	local, domain, ok := cutLast(s, "@")
	if !ok || local == "" || domain == "" || len(s) > 320 {
		return "", false
	}
	for _, r := range s {
		if unicode.IsSpace(r) || unicode.IsControl(r) || r == '<' || r == '>' {
			return "", false
		}
	}
	return s, true
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
		if id = strings.Join(strings.Fields(id), ""); id != "" && len(id) <= 998 {
			ids = append(ids, id)
		}
		rest = next
	}
	if len(ids) == 0 && !strings.Contains(s, "<") {
		for word := range strings.FieldsSeq(s) {
			if strings.Contains(word, "@") && len(word) <= 998 && len(ids) < maxIDs {
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

// parseParams splits a Content-Type or Content-Disposition into its value in lower case and its
// parameters, decoded after RFC 2231, RFC 2047 or not at all, whatever the sender did.
func parseParams(s string) (value string, params map[string]string) {
	value, rest := cutParam(s)
	value = strings.ToLower(strings.TrimSpace(value))
	params = map[string]string{}
	type piece struct {
		text    string
		encoded bool
	}
	pieces := map[string]map[string]piece{} // name → segment → text
	for n := 0; rest != "" && n < 200; n++ {
		var item string
		item, rest = cutParam(rest)
		name, text, ok := strings.Cut(item, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if !ok || name == "" {
			continue
		}
		text = strings.TrimSpace(text)
		if strings.HasPrefix(text, `"`) {
			_, text = readParamQuoted(text)
		}
		base, segment, extended := strings.Cut(name, "*")
		if !extended {
			if _, there := params[name]; !there {
				params[name] = decodeWords(text)
			}
			continue
		}
		segment, encoded := strings.CutSuffix(segment, "*")
		if segment == "" {
			segment, encoded = "0", true // name*= is one encoded piece
		}
		if pieces[base] == nil {
			pieces[base] = map[string]piece{}
		}
		pieces[base][segment] = piece{text, encoded}
	}
	for name, segments := range pieces {
		var raw []byte
		charset := ""
		for i := range len(segments) {
			p, ok := segments[strconv.Itoa(i)]
			if !ok {
				break
			}
			if i == 0 && p.encoded {
				if cs, after, ok := strings.Cut(p.text, "'"); ok {
					charset = cs
					_, p.text, _ = strings.Cut(after, "'")
				}
			}
			if p.encoded {
				raw = append(raw, decodePercent(p.text)...)
			} else {
				raw = append(raw, p.text...)
			}
		}
		if len(raw) > 0 {
			params[name] = toText(raw, charset)
		}
	}
	return value, params
}

// cutParam cuts at the first semicolon outside quotes.
func cutParam(s string) (item, rest string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if quoted {
				i++
			}
		case '"':
			quoted = !quoted
		case ';':
			if !quoted {
				return s[:i], s[i+1:]
			}
		}
	}
	return s, ""
}

// readParamQuoted is readQuoted for parameters, where a lone backslash is part of a Windows path.
func readParamQuoted(s string) (end int, content string) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return i + 1, b.String()
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return len(s), b.String()
}

func decodePercent(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if hi, lo := unhex(s[i+1]), unhex(s[i+2]); hi < 16 && lo < 16 {
				out = append(out, hi<<4|lo)
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return out
}

func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 0xff
}

// decodeBase64 decodes what is base64 and passes over everything else.
func decodeBase64(data []byte) []byte {
	clean := make([]byte, 0, len(data))
	var out []byte
	flush := func() { // padding ends a run; mails glued together have several
		clean = clean[:len(clean)-btoi(len(clean)%4 == 1)]
		dst := make([]byte, base64.RawStdEncoding.DecodedLen(len(clean)))
		n, _ := base64.RawStdEncoding.Decode(dst, clean)
		if out == nil {
			out = dst[:n]
		} else {
			out = append(out, dst[:n]...)
		}
		clean = clean[:0]
	}
	for _, c := range data {
		switch {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '+', c == '/':
			clean = append(clean, c)
		case c == '=' && len(clean) > 0:
			flush()
		}
	}
	flush()
	return out
}

// decodeQuoted decodes quoted-printable; a broken escape stays as it is.
func decodeQuoted(data []byte) []byte {
	out := make([]byte, 0, len(data))
	for len(data) > 0 {
		end := bytes.IndexByte(data, '\n')
		line, hasEnd := data, end >= 0
		if hasEnd {
			line, data = data[:end], data[end+1:]
		} else {
			data = nil
		}
		if hasEnd {
			line = bytes.TrimRight(line, " \t\r") // blanks at the end are transport's
		}
		soft := false
		for i := 0; i < len(line); i++ {
			if line[i] == '=' {
				if i == len(line)-1 {
					soft = true
					break
				}
				if i+2 < len(line) {
					if hi, lo := unhex(line[i+1]), unhex(line[i+2]); hi < 16 && lo < 16 {
						out = append(out, hi<<4|lo)
						i += 2
						continue
					}
				}
			}
			out = append(out, line[i])
		}
		if hasEnd && !soft {
			out = append(out, '\n')
		}
	}
	return out
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
