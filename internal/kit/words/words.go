// Package words takes texts apart into words, and words down to what they have in common: „Gärten“, „gaerten“ and
// „Garten“ are the same word to somebody who looks for it.
//
// Nobody says in which language a text is written, so that each word is stemmed as a German and as an English one; where
// the two differ, it has two stems.
package words

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/german"
	"golang.org/x/text/unicode/norm"
)

// MaxLength is how many characters of a word count. What is longer is no word but an address or a key, and is left out.
const MaxLength = 60

// Word is a word where it stands in a text.
type Word struct {
	Text       string // as it is written, without what nobody sees
	Start, End int    // in bytes
}

// Split returns the words of a text: runs of letters, digits and the marks on them. Signs that nobody sees end no word:
// pages from which people copy have soft hyphens in long ones.
func Split(text string) []Word {
	var all []Word
	start, unseen := -1, false
	end := func(i int) {
		w := Word{text[start:i], start, i}
		if unseen {
			w.Text = strings.Map(func(r rune) rune {
				if isUnseen(r) {
					return -1
				}
				return r
			}, w.Text)
		}
		all = append(all, w)
		start, unseen = -1, false
	}
	for i, r := range text {
		inside := unicode.IsLetter(r) || unicode.IsDigit(r) || start >= 0 && unicode.IsMark(r)
		switch {
		case inside && start < 0:
			start = i
		case inside || start < 0:
		case isUnseen(r):
			unseen = true
		default:
			end(i)
		}
	}
	if start >= 0 {
		end(len(text))
	}
	return slices.DeleteFunc(all, func(w Word) bool { return utf8.RuneCountInString(w.Text) > MaxLength })
}

// isUnseen reports whether a sign formats the text around it and stands for nothing itself (rule WB4 of UAX #29): a soft
// hyphen, but not the blank without a width, which separates words.
func isUnseen(r rune) bool { return unicode.Is(unicode.Cf, r) && r != '\u200b' }

// Compose returns the word that parts with hyphens between them make: „Fahrrad-Werkstatt“ is found as
// „Fahrradwerkstatt“, too. It is "" for a word that no hyphen joins to the one before it.
func Compose(text string, before, w Word) string {
	switch text[before.End:w.Start] {
	case "-", "\u2010", "\u2011": // as keyboards have it, as Unicode calls it, and one that ends no line
	default:
		return ""
	}
	if utf8.RuneCountInString(before.Text+w.Text) > MaxLength {
		return ""
	}
	return before.Text + strings.ToLower(w.Text)
}

// Key returns what different spellings of a word have in common: small letters without marks. „Straße“, „STRASSE“ and
// „Strasse“ have the same key, and so have „Gärten“, „gaerten“ and „garten“.
func Key(word string) string { return plain(spell(word)) }

// Stems returns what the forms of a word have in common: that of the word as a German one first, and as an English one,
// if that is another. A stem of a word that begins with a letter of ASCII begins with that letter, too, as a small one.
func Stems(word string) []string {
	spelled := spell(word)
	key := plain(spelled)
	if !latin(key) {
		return []string{key}
	}
	env := snowballstem.NewEnv(spelled)
	german.Stem(env)
	stems := []string{plain(env.Current())}
	env.SetCurrent(key)
	english.Stem(env)
	if s := env.Current(); s != stems[0] {
		stems = append(stems, s)
	}
	return stems
}

// latin reports whether a key is made of the letters that the stemmers know.
func latin(key string) bool {
	return !strings.ContainsFunc(key, func(r rune) bool { return r < 'a' || r > 'z' })
}

// spell returns a word in small letters, its umlauts as umlauts: „ae“ is one, unless it belongs to another sound, as in
// „neue“ and „Quelle“. Words in which it is none, such as „Poet“, are spelled strangely then, but everywhere alike.
func spell(word string) string {
	word = norm.NFC.String(strings.ToLower(unligated(word)))
	if !isPlain(word) {
		word = strings.Map(func(r rune) rune {
			if strings.ContainsRune("äöüß", r) {
				return r
			}
			first, _ := utf8.DecodeRuneInString(norm.NFD.String(string(r)))
			return first
		}, word)
	}
	var b strings.Builder
	var last rune
	letters := []rune(word)
	for i := 0; i < len(letters); i++ {
		r := letters[i]
		if umlaut := umlautOf(r); umlaut != 0 && i+1 < len(letters) && letters[i+1] == 'e' && !strings.ContainsRune("aeiouäöüq", last) {
			r = umlaut
			i++
		}
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

// unligated returns a word in the letters that its signs stand for: „ﬁnden“ of a PDF is „finden“, and so is what is written
// in letters of full width. A sign that stands for more than a word stays.
func unligated(word string) string {
	if isPlain(word) {
		return word
	}
	letters := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			return r
		}
		return -1
	}, norm.NFKC.String(word))
	if n := utf8.RuneCountInString(letters); n > MaxLength || strings.TrimLeftFunc(letters, unicode.IsMark) == "" {
		return word
	}
	return letters
}

func umlautOf(r rune) rune {
	switch r {
	case 'a':
		return 'ä'
	case 'o':
		return 'ö'
	case 'u':
		return 'ü'
	}
	return 0
}

// Plain returns a text in small letters without the marks on them: „Öl“ is „ol“, and „Straße“ is „strasse“. That is the order
// in which Germans look for names (DIN 5007-1).
func Plain(text string) string { return plain(strings.ToLower(text)) }

// plain returns small letters without the marks on them.
func plain(word string) string {
	if isPlain(word) {
		return word
	}
	var b strings.Builder
	for _, r := range norm.NFD.String(word) {
		switch {
		case r == 'ß':
			b.WriteString("ss")
		case r == 'æ':
			b.WriteByte('a')
		case r == 'ø', r == 'œ':
			b.WriteByte('o')
		case r == 'ı':
			b.WriteByte('i')
		case r == 'ł':
			b.WriteByte('l')
		case r == 'đ':
			b.WriteByte('d')
		case !unicode.IsMark(r):
			b.WriteRune(r)
		}
	}
	return norm.NFC.String(b.String())
}

func isPlain(word string) bool {
	return !strings.ContainsFunc(word, func(r rune) bool { return r >= utf8.RuneSelf })
}
