package site

import (
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// LanguageName returns what a language calls itself: Deutsch, English.
func LanguageName(code string) string {
	name := []rune(display.Self.Name(language.Make(code)))
	if len(name) == 0 {
		return code
	}
	return string(name)
}
