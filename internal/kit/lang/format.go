package lang

import (
	"fmt"
	"strconv"
	"strings"

	"grouprise.org/grouprise/internal/kit/glyph"
)

// Verb is one fmt verb of a text, as Verbs finds it.
type Verb struct {
	Arg  int    // which argument it prints, counted from 1
	Spec string // how, without an index: "%d", "%.1f"
}

// Verbs returns the verbs of a text in the order in which they stand. The extractor compares those of
// a text with those of its translation.
func Verbs(text string) []Verb {
	var verbs []Verb
	scan(text, func(string) {}, func(v Verb) { verbs = append(verbs, v) })
	return verbs
}

// format fills the verbs of a text. Unlike fmt it leaves no error marks in what people read.
func format(text string, args []any) string {
	if !strings.Contains(text, "%") {
		return text
	}
	var b strings.Builder
	scan(text, func(literal string) { b.WriteString(literal) }, func(v Verb) {
		if v.Arg > len(args) {
			b.WriteString("…")
			return
		}
		b.WriteString(say(v.Spec, args[v.Arg-1]))
	})
	return b.String()
}

// say returns what a verb prints of an argument. Most are words and numbers as they are, which need no fmt. Names that
// are written from right to left keep to themselves, so that the sentence around them stays readable.
func say(spec string, arg any) string {
	switch arg := arg.(type) {
	case string:
		if spec == "%s" {
			return glyph.Isolate(arg)
		}
	case fmt.Stringer:
		if spec == "%s" {
			return glyph.Isolate(arg.String())
		}
	case int:
		if spec == "%d" {
			return strconv.Itoa(arg)
		}
	}
	said := fmt.Sprintf(spec, arg)
	if strings.HasPrefix(said, "%!") {
		return fmt.Sprint(arg)
	}
	return said
}

// scan splits a text into literal parts and verbs. A percent sign that starts no verb is literal, so
// that "100 % and more" needs no care; fmt's space flag and starred widths are not verbs here.
func scan(text string, literal func(string), verb func(Verb)) {
	next := 1
	for {
		at := strings.IndexByte(text, '%')
		if at < 0 {
			literal(text)
			return
		}
		literal(text[:at])
		text = text[at:]
		if strings.HasPrefix(text, "%%") {
			literal("%")
			text = text[2:]
			continue
		}
		v, length := parseVerb(text, next)
		if length == 0 {
			literal("%")
			text = text[1:]
			continue
		}
		verb(v)
		next = v.Arg + 1
		text = text[length:]
	}
}

// parseVerb reads the verb at the start of text and returns its length, 0 when there is none.
func parseVerb(text string, next int) (Verb, int) {
	i := 1
	flags := func() string {
		start := i
		for i < len(text) && strings.IndexByte("+-#0123456789.", text[i]) >= 0 {
			i++
		}
		return text[start:i]
	}
	spec := flags()
	if i < len(text) && text[i] == '[' {
		end := strings.IndexByte(text[i:], ']')
		if end < 0 {
			return Verb{}, 0
		}
		n, err := strconv.Atoi(text[i+1 : i+end])
		if err != nil || n < 1 || n > 99 {
			return Verb{}, 0
		}
		next = n
		i += end + 1
		spec += flags()
	}
	if i >= len(text) || strings.IndexByte("vsdqfgxXtceE", text[i]) < 0 || len(spec) > 8 {
		return Verb{}, 0
	}
	return Verb{Arg: next, Spec: "%" + spec + text[i:i+1]}, i + 1
}
