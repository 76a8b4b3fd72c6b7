package mime

import (
	"bytes"
	"encoding/base64"
	"regexp"
	"strings"
	"unicode/utf16"
)

// decodeUTF7 decodes UTF-7 (RFC 2152): characters beyond ASCII stand between "+" and "-" as base64 of UTF-16.
func decodeUTF7(data []byte) []byte {
	var out bytes.Buffer
	for len(data) > 0 {
		plus := bytes.IndexByte(data, '+')
		if plus < 0 {
			break
		}
		out.Write(data[:plus])
		data = data[plus+1:]
		end := 0
		for end < len(data) && isBase64(data[end]) {
			end++
		}
		switch {
		case end == 0 && bytes.HasPrefix(data, []byte("-")):
			out.WriteByte('+')
		case end == 0:
			out.WriteByte('+')
			continue
		default:
			out.WriteString(decodeUTF7Run(data[:end]))
		}
		data = bytes.TrimPrefix(data[end:], []byte("-"))
	}
	out.Write(data)
	return out.Bytes()
}

func decodeUTF7Run(run []byte) string {
	run = run[:len(run)-btoi(len(run)%4 == 1)]
	raw := make([]byte, base64.RawStdEncoding.DecodedLen(len(run)))
	n, _ := base64.RawStdEncoding.Decode(raw, run) // bits at the end may be left over
	units := make([]uint16, n/2)
	for i := range units {
		units[i] = uint16(raw[2*i])<<8 | uint16(raw[2*i+1])
	}
	return string(utf16.Decode(units))
}

func isBase64(c byte) bool { return isASCIILetter(c) || '0' <= c && c <= '9' || c == '+' || c == '/' }

// uuFile is a file that stands uuencoded in a text.
type uuFile struct {
	name     string
	data     []byte
	from, to int // its place in the text
}

var uuBegin = regexp.MustCompile(`(?m)^begin [0-7]{3,4} ([^\r\n]{1,250})\r?\n`)

// nextUU returns the first uuencoded file of a text.
func nextUU(text []byte) (f uuFile, ok bool) {
	for from := 0; from < len(text); {
		m := uuBegin.FindSubmatchIndex(text[from:])
		if m == nil {
			return f, false
		}
		f = uuFile{name: strings.TrimSpace(string(text[from+m[2] : from+m[3]])), from: from + m[0]}
		begin := from + m[1]
		if f.data, f.to, ok = uuLines(text, begin); ok {
			return f, true
		}
		from = max(f.to, begin) // lines that were read need not be read again
	}
	return f, false
}

// uuLines decodes lines up to "end", and returns where they end; false if another line comes first.
func uuLines(text []byte, from int) (data []byte, to int, ok bool) {
	for from < len(text) {
		line, rest := text[from:], len(text)
		if n := bytes.IndexByte(line, '\n'); n >= 0 {
			line, rest = line[:n], from+n+1
		}
		line = bytes.TrimSuffix(line, []byte("\r"))
		if string(line) == "end" {
			return data, rest, true
		}
		length := 0
		if len(line) > 0 {
			length = int(line[0]-' ') & 63
		}
		if len(line) > 90 || len(line) > 0 && (line[0] < ' ' || line[0] > '`') || length > 45 || len(line) < 1+(length*8+5)/6 {
			return nil, from, false
		}
		data = appendUU(data, line, length)
		from = rest
	}
	return nil, from, false
}

// appendUU appends the bytes of a line.
func appendUU(data, line []byte, length int) []byte {
	var bits, n uint32
	for _, c := range line[min(1, len(line)):] {
		bits, n = bits<<6|uint32(c-' ')&63, n+6
		if n >= 8 && length > 0 {
			n -= 8
			data = append(data, byte(bits>>n)) //nolint:gosec // the lowest eight of them
			length--
		}
		n &= 31
	}
	return data
}
