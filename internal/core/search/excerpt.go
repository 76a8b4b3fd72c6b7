package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/kit/words"
)

// Marks tells which words of a text were found. It is for one goroutine.
type Marks struct {
	stems  map[string]bool
	begins map[byte]bool   // how they begin, as long as that is a letter of ASCII: a word begins as its stem does
	known  map[string]bool // words that it was asked about: most words of a text stand in others, too
}

// marks returns what a question finds.
func marks(q question, w widened) Marks {
	m := Marks{stems: map[string]bool{}, begins: map[byte]bool{}, known: map[string]bool{}}
	for _, a := range q.telling() {
		for _, s := range slices.Concat(a.stems, w.related[a.key], w.splits[a.key][0], w.splits[a.key][1]) {
			if s != "" {
				m.stems[s], m.begins[s[0]] = true, true
			}
		}
	}
	return m
}

// has reports whether a word was found.
func (m Marks) has(word string) bool {
	if len(m.stems) == 0 {
		return false
	}
	if first := word[0] | 0x20; 'a' <= first && first <= 'z' && !m.begins[first] {
		return false
	}
	found, ok := m.known[word]
	if !ok {
		found = slices.ContainsFunc(words.Stems(word), func(s string) bool { return m.stems[s] })
		m.known[word] = found
	}
	return found
}

// Piece is a part of a text.
type Piece struct {
	Text   string
	Marked bool
}

// Mark takes a text apart at the words that were found.
func (m Marks) Mark(text string) []Piece {
	var all []Piece
	at := 0
	for _, w := range words.Split(text) {
		if !m.has(w.Text) {
			continue
		}
		if at < w.Start {
			all = append(all, Piece{Text: text[at:w.Start]})
		}
		all = append(all, Piece{Text: text[w.Start:w.End], Marked: true})
		at = w.End
	}
	if at < len(text) {
		all = append(all, Piece{Text: text[at:]})
	}
	return all
}

// The length of an excerpt, in bytes.
const (
	excerptLength = 240
	excerptBefore = 70
	maxExcerpted  = 20_000 // of a text are looked through
)

// Excerpt returns what stands around the words that were found in a text without markup: where most of them stand
// together, or its beginning.
func (m Marks) Excerpt(text string) []Piece {
	text = upTo(strings.Join(strings.Fields(text), " "), maxExcerpted)
	var found []words.Word
	for _, w := range words.Split(text) {
		if m.has(w.Text) {
			found = append(found, w)
		}
	}
	start, most := 0, 0
	for i, w := range found {
		n := 0
		for _, other := range found[i:] {
			if other.End > w.Start+excerptLength-excerptBefore {
				break
			}
			n++
		}
		if n > most {
			start, most = max(w.Start-excerptBefore, 0), n
		}
	}
	start = wordStart(text, start)
	end := min(start+excerptLength, len(text))
	if end < len(text) {
		end = start + len(strings.TrimRightFunc(lastBlank(upTo(text[start:], excerptLength)), isNoWord))
	}
	pieces := m.Mark(text[start:end])
	if start > 0 {
		pieces = append([]Piece{{Text: "… "}}, pieces...)
	}
	if end < len(text) {
		pieces = append(pieces, Piece{Text: " …"})
	}
	return pieces
}

// wordStart returns where the word after a place in a text begins.
func wordStart(text string, at int) int {
	if at == 0 {
		return 0
	}
	if blank := strings.IndexByte(text[at:], ' '); blank >= 0 && blank < excerptBefore {
		return at + blank + 1
	}
	for !utf8.RuneStart(text[at]) {
		at--
	}
	return at
}

// upTo returns the beginning of a text, of whole characters.
func upTo(text string, length int) string {
	if len(text) <= length {
		return text
	}
	for length > 0 && !utf8.RuneStart(text[length]) {
		length--
	}
	return text[:length]
}

// lastBlank returns a text without the beginning of a word at its end.
func lastBlank(text string) string {
	if blank := strings.LastIndexByte(text, ' '); blank > len(text)/2 {
		return text[:blank]
	}
	return text
}

func isNoWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
