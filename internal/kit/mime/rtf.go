package mime

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// rtfDictionary is what the window of compressed RTF holds in the beginning (MS-OXRTFCP, section 2.1.3.1.1).
const rtfDictionary = `{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0` + "\r\n" + `\par \pard\plain\f0\fs20\b\i\u\tab\tx`

// unpackRTF returns RTF that Outlook has compressed; nil if it is none. The result is at most nine times as long.
func unpackRTF(data []byte) []byte {
	if len(data) < 16 {
		return nil
	}
	kind, rest := string(data[8:12]), data[16:]
	if kind == "MELA" {
		return rest
	}
	if kind != "LZFu" {
		return nil
	}
	var (
		window [4096]byte
		at     = copy(window[:], rtfDictionary)
		out    bytes.Buffer
	)
	put := func(c byte) {
		out.WriteByte(c)
		window[at] = c
		at = (at + 1) % len(window)
	}
	for len(rest) > 0 {
		control := rest[0]
		rest = rest[1:]
		for bit := range 8 {
			if control>>bit&1 == 0 {
				if len(rest) == 0 {
					return out.Bytes()
				}
				put(rest[0])
				rest = rest[1:]
				continue
			}
			if len(rest) < 2 {
				return out.Bytes()
			}
			token := int(binary.BigEndian.Uint16(rest))
			rest = rest[2:]
			from, length := token>>4, token&15+2
			if from == at { // the end
				return out.Bytes()
			}
			for i := range length {
				put(window[(from+i)%len(window)])
			}
		}
	}
	return out.Bytes()
}

const maxBraces = 200 // within each other

// rtfText returns the words of RTF in their lines, without what hangs on them. RTF that was made from HTML holds the text
// of both; the HTML of it is passed over.
func rtfText(data []byte) string {
	r := rtfReader{rest: data, braces: []rtfBrace{{}}}
	for len(r.rest) > 0 {
		c := r.rest[0]
		r.rest = r.rest[1:]
		switch c {
		case '{':
			if len(r.braces) >= maxBraces {
				return r.out.String()
			}
			r.braces = append(r.braces, rtfBrace{hidden: r.brace().hidden})
		case '}':
			if len(r.braces) > 1 {
				r.braces = r.braces[:len(r.braces)-1]
			}
		case '\\':
			r.control()
		case '\r', '\n':
		default:
			r.byte(c)
		}
	}
	return r.out.String()
}

// rtfReader reads RTF.
type rtfReader struct {
	rest     []byte
	out      strings.Builder
	braces   []rtfBrace
	skip     int  // characters that stand for one that was written already
	repeated bool // \htmlrtf: what HTML says as well
}

type rtfBrace struct{ hidden bool }

func (r *rtfReader) brace() *rtfBrace { return &r.braces[len(r.braces)-1] }

func (r *rtfReader) write(s string) {
	if !r.brace().hidden && !r.repeated {
		r.out.WriteString(s)
	}
}

// byte writes a character of Windows-1252.
func (r *rtfReader) byte(c byte) {
	if r.skip > 0 {
		r.skip--
		return
	}
	r.write(string(charmap.Windows1252.DecodeByte(c)))
}

// control reads what follows a backslash.
func (r *rtfReader) control() {
	if len(r.rest) == 0 {
		return
	}
	c := r.rest[0]
	if !isASCIILetter(c) {
		r.rest = r.rest[1:]
		switch c {
		case '\'':
			if len(r.rest) >= 2 {
				if hi, lo := unhex(r.rest[0]), unhex(r.rest[1]); hi < 16 && lo < 16 {
					r.byte(hi<<4 | lo)
				}
				r.rest = r.rest[2:]
			}
		case '*':
			r.brace().hidden = true
		case '~':
			r.write(" ")
		case '\\', '{', '}':
			r.byte(c)
		}
		return
	}
	end := 0
	for end < len(r.rest) && end < 32 && isASCIILetter(r.rest[end]) {
		end++
	}
	word := string(r.rest[:end])
	r.rest = r.rest[end:]
	end = 0
	for end < len(r.rest) && end < 10 && (r.rest[end] >= '0' && r.rest[end] <= '9' || end == 0 && r.rest[end] == '-') {
		end++
	}
	number, err := strconv.Atoi(string(r.rest[:end]))
	r.rest = bytes.TrimPrefix(r.rest[end:], []byte(" "))
	r.word(word, number, err == nil)
}

func (r *rtfReader) word(word string, number int, numbered bool) {
	switch word {
	case "par", "line", "row":
		r.write("\n")
	case "tab", "cell":
		r.write("\t")
	case "u":
		r.write(string(rune(uint16(number)))) //nolint:gosec // negative numbers mean those above 32,767
		r.skip = 1
	case "endash":
		r.write("–")
	case "emdash":
		r.write("—")
	case "lquote", "rquote":
		r.write("’")
	case "ldblquote":
		r.write("“")
	case "rdblquote":
		r.write("”")
	case "bullet":
		r.write("•")
	case "htmlrtf":
		r.repeated = !numbered || number != 0
	case "fonttbl", "colortbl", "stylesheet", "info", "pict", "header", "footer", "object":
		r.brace().hidden = true
	}
}

func isASCIILetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
