package words

import (
	"slices"
	"unicode/utf8"
)

// compared is how many letters of a word stand for it among its slips.
const compared = 7

// Slips returns what is left of the beginning of a key when one of its letters is missing, and the beginning itself. Two
// words that differ by one slip of the fingers there, a letter too many, too few, another one or two in the wrong order,
// have a slip in common.
func Slips(key string) []string {
	runes := []rune(key)
	runes = runes[:min(len(runes), compared)]
	all := []string{string(runes)}
	for i := range runes {
		all = append(all, string(slices.Delete(slices.Clone(runes), i, i+1)))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Distance returns how many slips of the fingers lie between two keys. Two letters in the wrong order are one.
func Distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	before, last, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(s); i++ {
		before, last, row = last, row, before
		row[0] = i
		for j := 1; j <= len(t); j++ {
			changed := last[j-1]
			if s[i-1] != t[j-1] {
				changed++
			}
			row[j] = min(last[j]+1, row[j-1]+1, changed)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(t)]
}

// Slack returns how many slips a word may have and still be meant: none in short ones, because they would be others.
func Slack(key string) int {
	switch n := utf8.RuneCountInString(key); {
	case n < 4:
		return 0
	case n < 8:
		return 1
	default:
		return 2
	}
}

// Backwards returns a word from its end to its beginning.
func Backwards(word string) string {
	runes := []rune(word)
	slices.Reverse(runes)
	return string(runes)
}
