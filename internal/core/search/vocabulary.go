package search

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/words"
)

const (
	minPrefix     = 3   // letters of a word that others begin with
	minPart       = 3   // letters of a part of a word
	maxBeginnings = 60  // words that begin with one
	maxEndings    = 200 // words that end like one and are looked at
	maxCompounds  = 40  // of them that are searched for
	maxAlike      = 500 // words that are compared with one that is spelled wrongly
)

// knownBy returns a condition on words w: that the viewer may read the document that they are known by.
func knownBy(viewer community.Viewer) (condition string, args []any) {
	condition, args = findable(viewer)
	return findableDocument("w.document_id", condition), args
}

// widened is what a question finds beside its words.
type widened struct {
	related map[string][]string    // stems of words that begin with a word or end with it, by its key
	splits  map[string][2][]string // stems of the two parts of a word, by its key
}

// widen looks for words that are made of those of a question, and for the parts of those: in both cases only of words
// that the viewer may know.
func (x *Index) widen(ctx context.Context, viewer community.Viewer, q question) (w widened, err error) {
	endings, beginnings, err := x.neighbours(ctx, viewer, q)
	if err != nil {
		return w, err
	}
	// Which parts have to be words themselves.
	asked := map[string]bool{}
	for _, e := range endings {
		for _, s := range frontStems(e.front) {
			asked[words.Backwards(s)] = true
		}
	}
	splits := map[string][]split{}
	for _, a := range q.telling() {
		asked[words.Backwards(a.stems[0])] = true
		splits[a.key] = splitsOf(a.key)
		for _, s := range splits[a.key] {
			for _, part := range slices.Concat(s.front, s.back) {
				asked[words.Backwards(part)] = true
			}
		}
	}
	known, err := x.knownStems(ctx, viewer, asked)
	if err != nil {
		return w, err
	}
	isKnown := func(s string) bool { return known[s] }
	w = widened{related: map[string][]string{}, splits: map[string][2][]string{}}
	for _, e := range endings {
		if all := w.related[e.of.key]; len(all) < maxCompounds && !slices.Contains(all, e.stem) && e.made(isKnown) {
			w.related[e.of.key] = append(all, e.stem)
		}
	}
	for key, stems := range beginnings {
		w.related[key] = append(w.related[key], stems...)
	}
	for key, all := range splits {
		for _, s := range all {
			if slices.ContainsFunc(s.front, isKnown) && slices.ContainsFunc(s.back, isKnown) {
				w.splits[key] = [2][]string{slices.DeleteFunc(s.front, func(p string) bool { return !known[p] }), slices.DeleteFunc(s.back, func(p string) bool { return !known[p] })}
				break
			}
		}
	}
	return w, nil
}

// ending is a word that ends with one of a question.
type ending struct {
	of          asked
	stem, front string
}

// neighbours returns the words that end with those of a question, the shortest first, and the stems of those that begin
// with one, by its key.
func (x *Index) neighbours(ctx context.Context, viewer community.Viewer, q question) (endings []ending, beginnings map[string][]string, err error) {
	condition, of := knownBy(viewer)
	var ranges []string
	var args []any
	among := func(column, from string, n, limit int) {
		ranges = append(ranges, fmt.Sprintf(`SELECT nth, word, stem_backwards FROM (
			SELECT %d AS nth, w.word, w.stem_backwards FROM search_words w WHERE w.%s >= ? AND w.%[2]s < ? AND %[3]s ORDER BY w.%[2]s LIMIT ?) r%[4]d`, n, column, condition, len(ranges)))
		args = append(append(append(args, from, from+string(utf8.MaxRune)), of...), limit)
	}
	telling := q.telling()
	for n, a := range telling {
		if beginning := a.beginning(); utf8.RuneCountInString(beginning) >= minPrefix {
			among("word", beginning, n, maxBeginnings)
		}
		if utf8.RuneCountInString(a.stems[0]) >= minPart {
			among("stem_backwards", words.Backwards(a.stems[0]), n, maxEndings)
		}
		if utf8.RuneCountInString(a.key) >= minPart {
			among("word_backwards", words.Backwards(a.key), n, maxEndings)
		}
	}
	if len(ranges) == 0 {
		return nil, nil, nil
	}
	var found []struct {
		Nth       int    `db:"nth"`
		Word      string `db:"word"`
		Backwards string `db:"stem_backwards"`
	}
	if err := x.db.Select(ctx, &found, strings.Join(ranges, ` UNION ALL `)+` ORDER BY 1, 2, 3`, args...); err != nil {
		return nil, nil, fmt.Errorf("look for words that begin or end like others: %w", err)
	}
	beginnings = map[string][]string{}
	for _, w := range found {
		a, stem := telling[w.Nth], words.Backwards(w.Backwards)
		if slices.Contains(a.stems, stem) {
			continue
		}
		if strings.HasPrefix(w.Word, a.beginning()) && !slices.Contains(beginnings[a.key], stem) {
			beginnings[a.key] = append(beginnings[a.key], stem)
		}
		front, ok := strings.CutSuffix(stem, a.stems[0])
		if !ok {
			front, ok = strings.CutSuffix(w.Word, a.key)
		}
		if ok && utf8.RuneCountInString(front) >= minPart {
			endings = append(endings, ending{a, stem, front})
		}
	}
	slices.SortStableFunc(endings, func(a, b ending) int {
		return cmp.Compare(utf8.RuneCountInString(a.stem), utf8.RuneCountInString(b.stem))
	})
	return endings, beginnings, nil
}

// beginning returns what words begin with that begin like one of a question: its stem, if that is long enough to say
// something.
func (a asked) beginning() string {
	if s := a.stems[0]; utf8.RuneCountInString(s) > minPrefix && strings.HasPrefix(a.key, s) {
		return s
	}
	return a.key
}

// made reports whether a word is made of what stands before its ending and the ending: of the two parts one is known to
// be a word itself, or the ending is so long that it is hardly there by chance. What makes other words of verbs is no part.
func (e ending) made(isKnown func(stem string) bool) bool {
	switch e.front {
	case "gegen", "wider", "hinter", "durch", "unter", "uber", "zuruck", "zusammen", "weiter", "wieder":
		return false
	}
	if slices.ContainsFunc(frontStems(e.front), isKnown) {
		return true
	}
	length := utf8.RuneCountInString(e.of.stems[0])
	return utf8.RuneCountInString(e.front) > minPart && (length > minPart+1 || length > minPart && isKnown(e.of.stems[0]))
}

// linking are the letters that may stand between the parts of a German word.
var linking = []string{"", "s", "es", "n", "en", "er", "e"}

// frontStems returns the stems of the words that the front of a compound may be, with the letters that link it to the
// rest or without them.
func frontStems(front string) []string {
	var all []string
	for _, l := range linking {
		if part, ok := strings.CutSuffix(front, l); ok && utf8.RuneCountInString(part) >= minPart {
			all = append(all, words.Stems(part)[0])
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// split is a way to take a word apart.
type split struct{ front, back []string }

// splitsOf returns the ways to take a word apart, those with the longest back first.
func splitsOf(key string) []split {
	letters := []rune(key)
	var all []split
	for at := minPart + 1; at <= len(letters)-minPart-1; at++ {
		all = append(all, split{front: frontStems(string(letters[:at])), back: words.Stems(string(letters[at:]))[:1]})
	}
	return all
}

// knownStems returns which stems, written backwards, are those of words that the viewer may know; written forwards.
func (x *Index) knownStems(ctx context.Context, viewer community.Viewer, backwards map[string]bool) (map[string]bool, error) {
	if len(backwards) == 0 {
		return map[string]bool{}, nil
	}
	condition, args := knownBy(viewer)
	var found []string
	err := x.db.Select(ctx, &found, `SELECT DISTINCT w.stem_backwards FROM search_words w WHERE w.stem_backwards IN (?) AND `+condition, append([]any{slices.Sorted(maps.Keys(backwards))}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("look up stems: %w", err)
	}
	known := make(map[string]bool, len(found))
	for _, s := range found {
		known[words.Backwards(s)] = true
	}
	return known, nil
}

// groups returns the terms of words and of those that begin with them or are made of them; nil if there are none but the
// words themselves. Of a single word it returns the others alone.
func (w widened) groups(all []asked) [][]string {
	terms, wider := groups(all, anywhere), false
	for i, a := range all {
		related := stemTerms(anywhere, w.related[a.key])
		if len(related) == 0 {
			continue
		}
		wider = true
		if len(all) == 1 {
			terms[i] = nil
		}
		terms[i] = append(terms[i], related...)
	}
	if !wider {
		return nil
	}
	return terms
}

// parts returns the terms of words, some of them taken apart; nil if none can be.
func (w widened) parts(all []asked) [][]string {
	var terms [][]string
	for _, a := range all {
		s, ok := w.splits[a.key]
		if !ok {
			terms = append(terms, stemTerms(anywhere, a.stems))
			continue
		}
		terms = append(terms, stemTerms(anywhere, s[0]), stemTerms(anywhere, s[1]))
	}
	if len(terms) == len(all) {
		return nil
	}
	return terms
}

// suggest returns the question as it may be meant, made of words that everybody may know; "" if nothing is found that
// way either.
func (x *Index) suggest(ctx context.Context, viewer community.Viewer, s Search, q question) (string, error) {
	corrected := q.text
	for _, a := range slices.Backward(q.asked) {
		if a.common || words.Slack(a.key) == 0 {
			continue
		}
		better, err := x.correct(ctx, a)
		if err != nil {
			return "", err
		}
		if better != "" {
			corrected = corrected[:a.Start] + better + corrected[a.End:]
		}
	}
	if corrected == q.text {
		return "", nil
	}
	again, err := parse(corrected)
	if err != nil {
		return "", err
	}
	s.Page = 0
	hits, err := x.list(ctx, viewer, s, again, widened{})
	if err != nil || len(hits) == 0 {
		return "", err
	}
	return corrected, nil
}

// correct returns the word that is most like one and that everybody may know; "" if there is none, or if the word is
// known itself.
func (x *Index) correct(ctx context.Context, a asked) (string, error) {
	condition, args := knownBy(community.Viewer{})
	slack, length := words.Slack(a.key), utf8.RuneCountInString(a.key)
	var alike []struct {
		Word    string `db:"word"`
		Written string `db:"written"`
	}
	err := x.db.Select(ctx, &alike, `
		SELECT DISTINCT w.word, w.written FROM search_slips s JOIN search_words w ON w.id = s.word_id
		 WHERE s.slip IN (?) AND w.letters BETWEEN ? AND ? AND `+condition+` ORDER BY w.word LIMIT ?`,
		slices.Concat([]any{words.Slips(a.key), length - slack, length + slack}, args, []any{maxAlike})...)
	if err != nil {
		return "", fmt.Errorf("look for words like %q: %w", a.key, err)
	}
	best, written := slack+1, ""
	for _, w := range alike {
		d := words.Distance(a.key, w.Word)
		if d == 0 {
			return "", nil
		}
		// Few people get the first letter wrong.
		if d < best || d == best && strings.HasPrefix(w.Word, a.key[:1]) && !strings.HasPrefix(words.Key(written), a.key[:1]) {
			best, written = d, w.Written
		}
	}
	return written, nil
}
