package mime

import (
	"strings"
	"unicode"
)

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
