package mime

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode"
)

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
