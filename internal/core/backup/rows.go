package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// A row is one line: a JSON array of numbers, texts, booleans and null, as its columns have types. Bytes are base64. There
// is exactly one way to write a row, so that equal rows of any database are equal lines.

// appendRow appends the line of a row, with its end.
func appendRow(b []byte, row []any) []byte {
	b = append(b, '[')
	for i, v := range row {
		if i > 0 {
			b = append(b, ',')
		}
		switch v := v.(type) {
		case nil:
			b = append(b, "null"...)
		case bool:
			b = strconv.AppendBool(b, v)
		case int64:
			b = strconv.AppendInt(b, v, 10)
		case float64:
			b = appendReal(b, v)
		case string:
			b = appendText(b, v)
		case []byte:
			b = append(b, '"')
			b = base64.StdEncoding.AppendEncode(b, v)
			b = append(b, '"')
		}
	}
	return append(b, ']', '\n')
}

// appendReal appends a number that is read as the same one.
func appendReal(b []byte, v float64) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(b, "null"...) // JSON has none, and no column of ours either
	}
	return strconv.AppendFloat(b, v, 'g', -1, 64)
}

const hexDigits = "0123456789abcdef"

// appendText appends a text of valid UTF-8.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		from = i + 1
	}
	return append(append(b, s[from:]...), '"')
}

var errRow = errors.New("a row is not written as its table says")

// parseRow reads a line, without its end, into a row of these columns.
func parseRow(line []byte, columns []sqldb.Column, row []any) error {
	line, ok := bytes.CutPrefix(line, []byte("["))
	if !ok {
		return errRow
	}
	for i, c := range columns {
		if i > 0 {
			if line, ok = bytes.CutPrefix(line, []byte(",")); !ok {
				return errRow
			}
		}
		var err error
		if row[i], line, err = parseValue(line, c.Type); err != nil {
			return err
		}
	}
	if string(line) != "]" {
		return errRow
	}
	return nil
}

func parseValue(line []byte, t sqldb.ColumnType) (v any, rest []byte, err error) {
	if rest, ok := bytes.CutPrefix(line, []byte("null")); ok {
		return nil, rest, nil
	}
	if t == sqldb.Text || t == sqldb.Bytes {
		text, rest, err := parseText(line)
		if err != nil || t == sqldb.Text {
			return string(text), rest, err
		}
		v, err := base64.StdEncoding.Strict().AppendDecode(make([]byte, 0, base64.StdEncoding.DecodedLen(len(text))), text)
		if err != nil {
			return nil, nil, errRow
		}
		return v, rest, nil
	}
	end := bytes.IndexAny(line, ",]")
	if end < 0 {
		return nil, nil, errRow
	}
	word, rest := string(line[:end]), line[end:]
	switch t {
	case sqldb.Boolean:
		if word != "true" && word != "false" {
			return nil, nil, errRow
		}
		return word == "true", rest, nil
	case sqldb.Integer:
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil || strconv.FormatInt(n, 10) != word {
			return nil, nil, errRow
		}
		return n, rest, nil
	case sqldb.Real:
		n, err := strconv.ParseFloat(word, 64)
		if err != nil || strconv.FormatFloat(n, 'g', -1, 64) != word {
			return nil, nil, errRow
		}
		return n, rest, nil
	}
	return nil, nil, errRow
}

// parseText reads a text in quotes.
func parseText(line []byte) (text, rest []byte, err error) {
	if len(line) == 0 || line[0] != '"' {
		return nil, nil, errRow
	}
	line = line[1:]
	end := bytes.IndexAny(line, "\"\\")
	if end < 0 {
		return nil, nil, errRow
	}
	if line[end] == '"' { // nothing to be changed, as in most texts
		return checkText(line[:end], line[end+1:])
	}
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			return checkText(text, line[i+1:])
		case c != '\\':
			text = append(text, c)
		case i+1 >= len(line):
			return nil, nil, errRow
		case line[i+1] == 'u':
			if i+6 > len(line) {
				return nil, nil, errRow
			}
			n, err := strconv.ParseUint(string(line[i+2:i+6]), 16, 16)
			if err != nil || utf16.IsSurrogate(rune(n)) {
				return nil, nil, errRow
			}
			text = utf8.AppendRune(text, rune(n))
			i += 5
		default:
			c, ok := map[byte]byte{'"': '"', '\\': '\\', 'n': '\n'}[line[i+1]]
			if !ok {
				return nil, nil, errRow
			}
			text = append(text, c)
			i++
		}
	}
	return nil, nil, errRow
}

// checkText makes sure that a text is one that every database takes.
func checkText(text, rest []byte) ([]byte, []byte, error) {
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return nil, nil, errRow
	}
	return text, rest, nil
}

// sum is a checksum of rows in any order, because databases have orders of their own: the sum of the checksums of all
// lines.
type sum [4]uint64

// add adds a line.
func (s *sum) add(line []byte) {
	h := sha256.Sum256(line)
	var carry uint64
	for i := range s {
		s[i], carry = bits.Add64(s[i], binary.BigEndian.Uint64(h[i*8:]), carry)
	}
}

// String returns the sum as it stands in backups.
func (s *sum) String() string {
	var b []byte
	for _, n := range s {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return hex.EncodeToString(b)
}

// tally counts the rows of a table.
type tally struct {
	Rows     int64
	checksum sum
	line     []byte
}

// count counts a row and returns its line, which is valid until the next one.
func (t *tally) count(row []any) []byte {
	t.line = appendRow(t.line[:0], row)
	t.Rows++
	t.checksum.add(t.line)
	return t.line
}

// result returns what is noted of the rows.
func (t *tally) result(name string) Counted {
	return Counted{Name: name, Rows: t.Rows, Checksum: t.checksum.String()}
}

// compare says how two counts of a table differ; nil if they do not.
func compare(what string, want, got Counted) error {
	switch {
	case want.Rows != got.Rows:
		return fmt.Errorf("%s has %d rows instead of %d", what, got.Rows, want.Rows)
	case want.Checksum != got.Checksum:
		return fmt.Errorf("%s has other rows than it should", what)
	}
	return nil
}
