// Package glyph knows what a text shows: whether there is anything to see in it, which of its characters only turn the
// direction of writing, and how a name that is written from right to left stands in a sentence that is not.
package glyph

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/bidi"
)

// Visible reports whether a text shows at least one character. Blanks, fillers, joiners, marks without a letter and
// control characters show nothing.
func Visible(text string) bool { return strings.ContainsFunc(text, isVisible) }

// Blank signs that Unicode counts among letters and symbols.
const (
	brailleBlank = '\u2800'
	nullNotehead = '\U0001D159'
)

func isVisible(r rune) bool {
	switch {
	case r == brailleBlank, r == nullNotehead, r == unicode.ReplacementChar:
		return false
	case !unicode.IsGraphic(r), unicode.IsSpace(r), unicode.IsMark(r):
		return false
	default:
		return !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
	}
}

// WithoutDirections returns a name or title without the characters that turn the direction of writing: what follows
// such a title on a page or in a mail would be turned as well.
func WithoutDirections(line string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, line)
}

// WithoutOverrides returns a text without the characters that turn the direction of all that follows. The marks that
// only place a sign beside them stay, because people who write from right to left type them.
func WithoutOverrides(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return -1
		}
		return r
	}, text)
}

// What encloses a text that finds its direction by itself.
const (
	firstStrongIsolate = "\u2068"
	popIsolate         = "\u2069"
)

// Isolate returns a name as it stands in a sentence: one with letters that are written from right to left is enclosed,
// so that it does not draw the words, numbers and brackets around it to its side.
func Isolate(name string) string {
	if !RightToLeft(name) {
		return name
	}
	return firstStrongIsolate + name + popIsolate
}

// RightToLeft reports whether a text has letters that are written from right to left.
func RightToLeft(text string) bool { return strings.ContainsFunc(text, isRightToLeft) }

func isRightToLeft(r rune) bool {
	if r < '\u0590' { // the first of them
		return false
	}
	properties, _ := bidi.LookupString(string(r))
	class := properties.Class()
	return class == bidi.R || class == bidi.AL
}
