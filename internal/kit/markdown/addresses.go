package markdown

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// suffixFold returns the length of suffix when s ends with it in any case, 0 otherwise.
func suffixFold(s []byte, suffix string) int {
	if len(s) >= len(suffix) && bytes.EqualFold(s[len(s)-len(suffix):], []byte(suffix)) {
		return len(suffix)
	}
	return 0
}

// startsWord reports whether what follows before begins a word; strict also refuses what stands inside
// paths, host names and mail addresses.
func startsWord(before []byte, strict bool) bool {
	r, _ := utf8.DecodeLastRune(before)
	return len(before) == 0 || !isWord(r) && (!strict || !strings.ContainsRune("/.:-@", r))
}

// maxAddress is the longest address that becomes a link by itself, in bytes.
const maxAddress = 2_000

// addressLength returns how much of a line belongs to an address, from skip on: up to a blank, a quote
// or a bracket that was not opened in it, without punctuation at its end.
func addressLength(line []byte, skip int) int {
	line = line[:min(len(line), maxAddress)]
	var opened []byte
	end := skip
scan:
	for end < len(line) {
		r, size := utf8.DecodeRune(line[end:])
		switch r {
		case '<', '>', '"', '`', '\\', '|', '“', '”', '„', '»', '«', '…':
			break scan
		case '(', '[':
			opened = append(opened, byte(r))
		case ')', ']':
			if len(opened) == 0 || opened[len(opened)-1] != map[rune]byte{')': '(', ']': '['}[r] {
				break scan
			}
			opened = opened[:len(opened)-1]
		default:
			if unicode.IsSpace(r) || unicode.IsControl(r) {
				break scan
			}
		}
		end += size
	}
	for end > skip {
		if i := bytes.LastIndexByte(line[skip:end], '&'); i >= 0 && line[end-1] == ';' && isEntity(line[skip+i+1:end-1]) {
			end = skip + i
			continue
		}
		if !strings.ContainsRune("?!.,:;*_~'([", rune(line[end-1])) {
			break
		}
		end--
	}
	if r, _ := utf8.DecodeRune(line[skip:end]); end == skip || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return 0
	}
	return end
}

// maxEntity is how long the name of a character may be, in bytes.
const maxEntity = 32

// isEntity reports whether a name between "&" and ";" may be that of a character.
func isEntity(name []byte) bool {
	return len(name) > 0 && len(name) < maxEntity && len(bytes.TrimFunc(name, func(r rune) bool {
		return r == '#' || unicode.IsLetter(r) || unicode.IsDigit(r)
	})) == 0
}

// maxRef is the longest name that is looked up, in bytes.
const maxRef = 200

// parseRef reads the reference at the start of s and returns its length, 0 when there is none.
func parseRef(s string) (Ref, int) {
	if s == "" {
		return Ref{}, 0
	}
	switch s[0] {
	case '#':
		n := nameLength(s[1:], "-:")
		if n == 0 || n > maxRef {
			return Ref{}, 0
		}
		return Ref{Kind: Tag, Label: s[1 : 1+n]}, 1 + n
	case '@':
		n := nameLength(s[1:], "-")
		if n == 0 || n > maxRef {
			return Ref{}, 0
		}
		ref, length := Ref{Kind: Mention, Entity: s[1 : 1+n]}, 1+n
		if strings.HasPrefix(s[length:], "/") {
			if n := nameLength(s[length+1:], "-"); n > 0 && n <= maxRef {
				ref.Kind, ref.Slug = Content, s[length+1:length+1+n]
				length += 1 + n
			}
		}
		return ref, length
	default:
		return Ref{}, 0
	}
}

// nameLength returns the length of the name at the start of s: word characters, with the inner ones
// between them.
func nameLength(s, inner string) int {
	end := 0
	for i, r := range s {
		switch {
		case isWord(r):
			end = i + utf8.RuneLen(r)
		case i == 0 || !strings.ContainsRune(inner, r):
			return end
		}
	}
	return end
}

// isWord reports whether a character belongs to words.
func isWord(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r)
}

// localLength returns the length of the local part of a mail address at the end of before.
func localLength(before []byte) int {
	start := len(before)
	for start > 0 && (isASCIIWord(rune(before[start-1])) || strings.IndexByte(".+-_%", before[start-1]) >= 0) {
		start--
	}
	if r, _ := utf8.DecodeLastRune(before[:start]); start > 0 && (isWord(r) || r == '/') {
		return 0
	}
	local := bytes.TrimLeft(before[start:], ".+-_%")
	if len(local) > 64 || bytes.HasSuffix(local, []byte(".")) {
		return 0
	}
	return len(local)
}

// domainLength returns the length of the domain at the start of s: names with dots between them, the
// last one of letters.
func domainLength(s []byte) int {
	end, start, dots := 0, 0, 0
	for i := 0; i <= len(s) && i < 255; {
		r, size := utf8.DecodeRune(s[i:])
		if size > 0 && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-') {
			i += size
			continue
		}
		name := s[start:i]
		if len(name) == 0 || name[0] == '-' || name[len(name)-1] == '-' {
			break
		}
		if dots > 0 && utf8.RuneCount(name) >= 2 && bytes.IndexFunc(name, unicode.IsLetter) >= 0 {
			end = i
		}
		if r != '.' {
			break
		}
		dots++
		i++
		start = i
	}
	return end
}

func isASCIIWord(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
