package password

import (
	_ "embed"
	"strings"
	"unicode"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/kit/errs"
)

// MinLength is how many characters a new password needs.
const MinLength = 8

// common holds what people choose most often, one password a line, in lower case: the longer entries of
// the list of @zxcvbn-ts/language-common (MIT licence), and what is popular in German.
//
//go:embed common.txt
var common string

// Check returns what is wrong with a new password, as errors of a form field: too short, too long, only
// digits, much like what is known of the person (name, short name, address), or chosen by many. A
// password that nobody objects to gives nothing.
func Check(field, password string, about ...string) []errs.FieldError {
	folded := strings.ToLower(password)
	switch {
	case password == "":
		return []errs.FieldError{errs.Field(field, "Enter a password.")}
	case utf8.RuneCountInString(password) < MinLength:
		return []errs.FieldError{errs.Field(field, "Use at least %d characters.", MinLength)}
	case len(password) > MaxLength:
		return []errs.FieldError{errs.Field(field, "Use at most %d characters.", MaxLength)}
	case strings.Trim(password, "0123456789 ") == "":
		return []errs.FieldError{errs.Field(field, "Don’t use only digits.")}
	case isCommon(folded):
		return []errs.FieldError{errs.Field(field, "This password is very common and easy to guess. Choose another one.")}
	}
	for _, text := range about {
		if similar(folded, strings.ToLower(text)) {
			return []errs.FieldError{errs.Field(field, "This password is too similar to your name or address. Choose another one.")}
		}
	}
	return nil
}

// isCommon reports whether the password stands in the list, alone or with a few digits and signs around it
// that add nothing.
func isCommon(folded string) bool {
	listed := func(s string) bool { return strings.Contains("\n"+common, "\n"+s+"\n") }
	if strings.Contains(folded, "\n") {
		return false
	}
	bare := strings.TrimFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) })
	padding := len(folded) - len(bare)
	return listed(folded) || len(bare) >= MinLength && padding <= 3 && listed(bare)
}

// similar reports whether a password is made of what is known of somebody: the text as a whole, one of
// its words, or one of them backwards, with little else.
func similar(folded, text string) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for _, word := range append(words, text, strings.Join(words, "")) {
		if utf8.RuneCountInString(word) < 4 {
			continue
		}
		for _, w := range [...]string{word, reversed(word)} {
			rest := strings.ReplaceAll(folded, w, "")
			if rest != folded && utf8.RuneCountInString(rest) < 4 || haveMuchInCommon(folded, w) {
				return true
			}
		}
	}
	return false
}

// haveMuchInCommon reports whether two texts have most of their characters in common, in the same order: 70 percent
// of their lengths together.
func haveMuchInCommon(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) > 64 || len(y) > 64 || len(x)+len(y) == 0 {
		return a == b
	}
	row := make([]int, len(y)+1) // lengths of the longest common subsequences
	for i := range x {
		diagonal := 0
		for j := range y {
			above := row[j+1]
			if x[i] == y[j] {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(above, row[j])
			}
			diagonal = above
		}
	}
	return 20*row[len(y)] >= 7*(len(x)+len(y))
}

func reversed(s string) string {
	runes := []rune(s)
	for i, j := 0, len(runes)-1; i < j; i, j = i+1, j-1 {
		runes[i], runes[j] = runes[j], runes[i]
	}
	return string(runes)
}
