package search

import (
	"slices"
	"strings"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/words"
)

// The longest question.
const (
	MaxQuestion = 200 // characters
	maxAsked    = 12  // words
)

// question is what somebody looks for.
type question struct {
	text  string
	asked []asked
}

// asked is a word of a question.
type asked struct {
	words.Word

	key    string
	stems  []string
	common bool
}

// parse cuts a question into words; all else that it holds is no sign for anything. Invalid, beside the field q, says
// that it is too long.
func parse(text string) (question, error) {
	text = strings.ToValidUTF8(text, " ")
	if utf8.RuneCountInString(text) > MaxQuestion {
		return question{}, errs.Check(errs.Field("q", "Use at most %d characters.", MaxQuestion))
	}
	q := question{text: text}
	for _, w := range words.Split(text) {
		a := asked{Word: w, key: cut(words.Key(w.Text)), stems: stemsOf(w.Text)}
		a.common = words.Common(w.Text, a.key)
		if slices.ContainsFunc(q.asked, func(known asked) bool { return known.key == a.key && known.common == a.common }) || len(q.asked) == maxAsked {
			continue
		}
		q.asked = append(q.asked, a)
	}
	return q, nil
}

// telling returns the words that say what the question is about: of a question that has none, all of them.
func (q question) telling() []asked {
	some := slices.DeleteFunc(slices.Clone(q.asked), func(a asked) bool { return a.common })
	if len(some) == 0 {
		return q.asked
	}
	return some
}

// vague reports whether the question has only words that stand in every text: these are looked for in titles.
func (q question) vague() bool {
	return !slices.ContainsFunc(q.asked, func(a asked) bool { return !a.common })
}

// groups returns the terms of words: of each, one is to be there.
func groups(all []asked, where string) [][]string {
	terms := make([][]string, len(all))
	for i, a := range all {
		terms[i] = stemTerms(where, a.stems)
	}
	return terms
}

func stemTerms(where string, stems []string) []string {
	terms := make([]string, len(stems))
	for i, s := range stems {
		terms[i] = where + s
	}
	return terms
}
