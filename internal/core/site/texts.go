package site

import (
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// nameOfLanguage returns what a language calls itself: Deutsch, English.
func nameOfLanguage(code string) string {
	name := []rune(display.Self.Name(language.Make(code)))
	if len(name) == 0 {
		return code
	}
	return string(name)
}
