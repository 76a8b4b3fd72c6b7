// Package markup turns the expressions of page components into text. The code that is made of .templ files calls it in
// place of templ's own functions, which send each text through fmt and each list of classes through two maps: a page has
// hundreds of them.
package markup

import (
	"errors"
	"fmt"
	"strings"

	"github.com/a-h/templ"
)

// Text returns what an expression says; it takes the place of templ.JoinStringErrs.
func Text[T ~string | ~int | ~int64](said T, errs ...error) (string, error) {
	if text, ok := any(said).(string); ok {
		return text, errors.Join(errs...)
	}
	return fmt.Sprint(said), errors.Join(errs...)
}

// Classes are the classes of an element: names, and names that stand under a condition. It takes the place of
// templ.CSSClasses.
type Classes []any

// String returns the attribute.
func (all Classes) String() string {
	if len(all) == 1 {
		if name, ok := all[0].(string); ok {
			return name
		}
	}
	var b strings.Builder
	for _, class := range all {
		name, ok := class.(string)
		if under, conditional := class.(templ.KeyValue[string, bool]); conditional {
			name, ok = under.Key, under.Value
		}
		if !ok {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(name)
	}
	return b.String()
}
