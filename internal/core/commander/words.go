package commander

import (
	"errors"
	"strings"
	"unicode"
)

var errQuote = errors.New("a quotation mark is missing")

// Split returns the words of a line as a shell reads them: what stands in quotation marks is one word, a backslash takes
// the next character as it is, and a # at the beginning of a word ends the line. Nothing else has a meaning.
func Split(line string) (words []string, err error) {
	var word strings.Builder
	inWord, escaped := false, false
	quote := rune(0)
	end := func() {
		if inWord {
			words = append(words, word.String())
		}
		word.Reset()
		inWord = false
	}
	for _, r := range line {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, inWord = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '"' || r == '\'':
			quote, inWord = r, true
		case unicode.IsSpace(r):
			end()
		case r == '#' && !inWord:
			return words, nil
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if quote != 0 || escaped {
		return nil, errQuote
	}
	end()
	return words, nil
}
