// Package slug makes the names that stand in addresses: "Grüne Straße 5" becomes "gruene-strasse-5".
package slug

import (
	"strconv"
	"strings"

	"github.com/gosimple/slug"
)

// Make returns text as lower-case ASCII letters, digits and hyphens, at most limit bytes long (0: any
// length) and never with a hyphen or underscore at either end. Letters are transliterated the German way
// (ä becomes ae), other scripts by sound. A text without any letter or digit gives "": the caller
// decides what such a thing is called.
func Make(text string, limit int) string {
	made := strings.Trim(slug.MakeLang(text, "de"), "-_")
	return cut(made, limit)
}

// Number returns base with "-n" behind it and not longer than limit bytes (0: any length); it is what a
// slug becomes when others have taken it already. An empty base gives the number alone.
func Number(base string, n, limit int) string {
	number := strconv.Itoa(n)
	if limit > 0 {
		if room := limit - len(number) - 1; room > 0 {
			base = cut(base, room)
		} else {
			base = ""
		}
	}
	if base == "" {
		return number
	}
	return base + "-" + number
}

// cut shortens a slug.
func cut(made string, limit int) string {
	if limit <= 0 || len(made) <= limit {
		return made
	}
	return strings.TrimRight(made[:limit], "-_")
}
