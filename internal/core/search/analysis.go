package search

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/kit/words"
)

// Terms begin with a letter that says what they are: a word of the document, one of its title, its kind.
const (
	anywhere  = "w"
	inHeading = "h"
	ofKind    = "k"
)

// The bounds of what is kept of a document.
const (
	maxTerms   = 5000
	maxHeading = 2000 // characters
	maxTopics  = 10
	often      = 3 // how often a text says a word that is a topic
)

// analysis is what is kept of a document's words.
type analysis struct {
	terms   []string // each once, in their order
	heading string   // " keys / stems "
	topics  string   // " stems "
	words   []word   // each once, in the order of their keys
}

// word is one of a document.
type word struct {
	key, written, stem string
}

// analyse cuts a document into words.
func analyse(d Document) analysis {
	terms := map[string]bool{ofKind + d.Kind: true}
	known := map[string]word{}
	var keys, stems []string
	for _, text := range append([]string{d.Title}, d.Names...) {
		eachWord(text, func(w word, all []string) {
			keys = append(keys, w.key)
			for _, s := range all {
				stems = append(stems, s)
				terms[inHeading+s] = true
				if !words.Common(w.written, w.key) {
					terms[anywhere+s] = true
				}
			}
			learn(known, w)
		})
	}
	said := map[string]int{}
	for _, text := range append([]string{d.Text}, d.Words...) {
		eachWord(text, func(w word, all []string) {
			if words.Common(w.written, w.key) || len(terms) >= maxTerms {
				return
			}
			for _, s := range all {
				terms[anywhere+s] = true
			}
			said[w.stem]++
			learn(known, w)
		})
	}
	return analysis{
		terms: slices.Sorted(maps.Keys(terms)), heading: heading(keys, stems), topics: topics(said),
		words: slices.SortedFunc(maps.Values(known), func(a, b word) int { return cmp.Compare(a.key, b.key) }),
	}
}

// eachWord calls fn with the words of a text and their stems, and with what hyphens make of them.
func eachWord(text string, fn func(w word, stems []string)) {
	var before words.Word
	for i, w := range words.Split(text) {
		spoken(w.Text, fn)
		if i > 0 {
			if whole := words.Compose(text, before, w); whole != "" {
				spoken(whole, fn)
			}
		}
		before = w
	}
}

func spoken(text string, fn func(w word, stems []string)) {
	stems := stemsOf(text)
	fn(word{key: cut(words.Key(text)), written: text, stem: stems[0]}, stems)
}

// stemsOf returns the stems of a word as they are kept.
func stemsOf(word string) []string {
	stems := words.Stems(word)
	for i, s := range stems {
		stems[i] = cut(s)
	}
	return stems
}

// cut bounds what is kept of a word: of some scripts, plain letters are longer than those written.
func cut(word string) string {
	if utf8.RuneCountInString(word) <= words.MaxLength {
		return word
	}
	return string([]rune(word)[:words.MaxLength])
}

// learn notes a word that may be meant by another one that is spelled wrongly, or be a part of one.
func learn(known map[string]word, w word) {
	if utf8.RuneCountInString(w.key) < 3 || words.Common(w.written, w.key) || strings.ContainsFunc(w.key, unicode.IsDigit) {
		return
	}
	if _, ok := known[w.key]; !ok {
		known[w.key] = w
	}
}

// heading returns the words of a title for the order of what is found: their keys, and then their stems.
func heading(keys, stems []string) string {
	text := " " + strings.Join(keys, " ") + " / " + strings.Join(stems, " ") + " "
	if utf8.RuneCountInString(text) > maxHeading {
		text = string([]rune(text)[:maxHeading])
	}
	return text
}

// topics returns the stems that a text says most often.
func topics(said map[string]int) string {
	all := slices.SortedFunc(maps.Keys(said), func(a, b string) int { return cmp.Or(cmp.Compare(said[b], said[a]), cmp.Compare(a, b)) })
	text := " "
	for _, s := range all[:min(len(all), maxTopics)] {
		if said[s] >= often && utf8.RuneCountInString(text+s) < 400 {
			text += s + " "
		}
	}
	return text
}
