package parts

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
)

// skipped are the small words of German group names that give no initial.
var skipped = map[string]bool{
	"der": true, "die": true, "das": true, "des": true, "dem": true, "den": true,
	"an": true, "am": true, "um": true, "im": true, "in": true,
}

// Initials returns up to four letters that stand for a person or group without a picture.
func Initials(e community.Entity) string {
	var letters []rune
	for word := range strings.FieldsFuncSeq(e.Name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if e.IsGroup() && skipped[strings.ToLower(word)] {
			continue
		}
		first, _ := utf8.DecodeRuneInString(word)
		letters = append(letters, unicode.ToUpper(first))
		if len(letters) == 4 {
			break
		}
	}
	if len(letters) == 0 {
		first, _ := utf8.DecodeRuneInString(e.Name + "?")
		return strings.ToUpper(string(first))
	}
	return string(letters)
}

// AvatarColour returns the colour #rrggbb that stands for a person or group: the entity's own, if it is one and dark
// enough for white letters, else one that the id chooses.
func AvatarColour(e community.Entity) string {
	if darkEnough(e.Colour) {
		return e.Colour
	}
	all := community.Colours()
	return all[int(e.ID%int64(len(all))+int64(len(all)))%len(all)]
}

// darkEnough reports whether white letters on a colour #rrggbb have a contrast of at least 4.5:1.
func darkEnough(colour string) bool {
	if len(colour) != 7 || colour[0] != '#' {
		return false
	}
	luminance := 0.0
	for i, weight := range [...]float64{0.2126, 0.7152, 0.0722} {
		high, ok1 := hexDigit(colour[1+2*i])
		low, ok2 := hexDigit(colour[2+2*i])
		if !ok1 || !ok2 {
			return false
		}
		luminance += weight * linear(float64(high*16+low)/255)
	}
	return 1.05/(luminance+0.05) >= 4.5
}

func hexDigit(c byte) (value int, ok bool) {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0'), true
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10, true
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10, true
	default:
		return 0, false
	}
}

// linear returns the light of one channel of sRGB.
func linear(c float64) float64 {
	if c <= 0.04045 {
		return c / 12.92
	}
	return math.Pow((c+0.055)/1.055, 2.4)
}
