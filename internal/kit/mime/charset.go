package mime

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/ianaindex"
)

// toText turns bytes into text without NUL. A declared charset is believed; text that declares none,
// an unknown one or one that its bytes contradict is UTF-8, and single bytes that are not are read as
// Windows-1252. It never fails.
func toText(data []byte, label string) string {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if label = strings.ToLower(strings.Trim(label, " \t\"'")); label == "utf-7" || label == "utf7" || label == "unicode-1-1-utf-7" {
		data = decodeUTF7(data)
	}
	if enc := lookupCharset(label); enc != nil {
		if decoded, err := enc.NewDecoder().Bytes(data); err == nil {
			data = decoded
		}
	}
	return dropNUL(repairUTF8(data))
}

// lookupCharset returns nil for UTF-8, US-ASCII and what nobody knows.
func lookupCharset(label string) encoding.Encoding {
	label = strings.ToLower(strings.Trim(label, " \t\"'"))
	label = strings.TrimPrefix(label, "charset=")
	switch label {
	case "", "utf-8", "utf8", "us-ascii", "ascii", "ansi_x3.4-1968", "7bit", "8bit", "unknown-8bit", "binary":
		return nil // 8-bit bytes under the name of ASCII decide for themselves
	case "ansi":
		return charmap.Windows1252
	case "cp850", "ibm850":
		return charmap.CodePage850
	}
	if len(label) > 64 {
		return nil
	}
	if enc, name := charset.Lookup(label); enc != nil {
		if name == "utf-8" || name == "replacement" {
			return nil
		}
		return enc
	}
	for _, name := range []string{label, strings.Replace(label, "cp", "windows-", 1), strings.Replace(label, "iso", "iso-", 1)} {
		if enc, err := ianaindex.MIME.Encoding(name); err == nil && enc != nil {
			return enc
		}
	}
	return nil
}

// repairUTF8 keeps valid UTF-8 and reads every other byte as Windows-1252, so that one wrong byte in
// a footer costs one character and a whole text in Latin-1 costs none.
func repairUTF8(data []byte) string {
	if utf8.Valid(data) {
		return string(data)
	}
	var b strings.Builder
	b.Grow(len(data) + len(data)/8)
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		if r == utf8.RuneError && n == 1 {
			r = charmap.Windows1252.DecodeByte(data[0])
		}
		b.WriteRune(r)
		data = data[n:]
	}
	return b.String()
}

func dropNUL(s string) string {
	if strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(s, "\x00", "")
}

// htmlText decodes HTML, which may declare its charset inside.
func htmlText(data []byte, label string) string {
	if label == "" && !utf8.Valid(data) {
		if _, name, certain := charset.DetermineEncoding(data[:min(len(data), 1024)], "text/html"); certain {
			label = name
		}
	}
	return toText(data, label)
}
