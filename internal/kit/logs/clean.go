package logs

import (
	"fmt"
	"regexp"
	"strings"

	"grouprise.org/grouprise/internal/kit/errs"
)

// hidden stands where something was taken out of a text.
const hidden = "…"

// personal is what may name somebody, quote them or let somebody in, and what stands in its place. Quotes come first: they
// hold what was typed.
var personal = []struct {
	find *regexp.Regexp
	put  string
}{
	{regexp.MustCompile(`"(?:[^"\\]|\\.)*"?`), `"` + hidden + `"`},
	{regexp.MustCompile("`[^`]*`?"), "`" + hidden + "`"},
	{regexp.MustCompile(`“[^”]*”?|„[^“”]*[“”]?|«[^»]*»?|‘[^’]*’`), "“" + hidden + "”"},
	{regexp.MustCompile(`(^|[\s(=:,])'[^']*'?`), "${1}'" + hidden + "'"},
	{regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://\S+`), hidden + "://" + hidden},
	{regexp.MustCompile(`[^\s<>()\[\],;:]*@[^\s<>()\[\],;]*[^\s<>()\[\],;:.]`), hidden + "@" + hidden},
	{regexp.MustCompile(`(^|[\s(=:,])[!#$][^\s:]+:\S+`), "${1}" + hidden},
	{regexp.MustCompile(`(^|[\s(=,])/[^\s:,;)]+`), "${1}/" + hidden},
	{regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}\b`), hidden},
	{regexp.MustCompile(`(?i)\[?\b[0-9a-f]{0,4}(?:::?[0-9a-f]{1,4}){2,8}\]?`), hidden},
	{regexp.MustCompile(`\+?\d[\d /-]{6,}\d`), hidden},
}

// word is what a secret may be made of.
var word = regexp.MustCompile(`[A-Za-z0-9+/=_-]{16,}`)

// longWord is from how many characters on a word of letters alone is taken for a secret: keys in base 32 have 26.
const longWord = 25

// Clean returns the first line of what an error says without what could be personal or secret: what is quoted, what people
// typed into sentences of ours, addresses of every kind, paths, and whatever looks like a key.
func Clean(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	for _, value := range typedInto(err) {
		text = strings.ReplaceAll(text, value, hidden)
	}
	for _, p := range personal {
		text = p.find.ReplaceAllString(text, p.put)
	}
	return word.ReplaceAllStringFunc(text, func(w string) string {
		if strings.ContainsAny(w, "0123456789") || len(w) >= longWord && !strings.ContainsAny(w, "_-/") {
			return hidden
		}
		return w
	})
}

// typedInto returns the values that stand in sentences for people, with all errors that an error is made of.
func typedInto(err error) (values []string) {
	for _, e := range unwrapped(err) {
		known, ok := e.(*errs.Error) //nolint:errorlint // what it wraps is among the others
		if !ok {
			continue
		}
		values = append(values, texts(known.Args)...)
		for _, field := range known.Fields {
			values = append(values, texts(field.Args)...)
		}
	}
	return values
}

// texts returns the values that are no numbers.
func texts(args []any) (values []string) {
	for _, arg := range args {
		switch arg.(type) {
		case int, int64, float64, bool:
		default:
			if text := fmt.Sprint(arg); text != "" {
				values = append(values, text)
			}
		}
	}
	return values
}

// unwrapped returns an error and all that it wraps.
func unwrapped(err error) []error {
	if err == nil {
		return nil
	}
	all := []error{err}
	switch e := err.(type) { //nolint:errorlint // the tree of an error is walked here
	case interface{ Unwrap() error }:
		all = append(all, unwrapped(e.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			all = append(all, unwrapped(one)...)
		}
	}
	return all
}
