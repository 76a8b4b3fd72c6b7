// Package lang says texts, times and numbers in the language of whoever reads them.
//
// Texts are plain English sentences in the code; the sentence is the message id. Catalogues in the
// gettext format (*.po) hold what other languages say instead. A sentence that a catalogue does not
// know appears in English, so that a missing translation is never an error at run time; a test in
// internal/locale/extract finds it before.
//
// Sentences carry fmt verbs ("%d members of %s"). A translation may change their order with explicit
// indexes ("%[2]s: %d"). Formatting never prints fmt's error marks: a value that does not fit its verb
// is printed as it is, a missing one as an ellipsis, a superfluous one not at all.
//
//	p := catalogues.Printer("de", berlin)
//	p.T("Write to %s", group.Name)          // An Garten schreiben
//	p.N("One member", "%d members", n)      // 12 Mitglieder
//	p.DateTime(event.StartsAt)              // 12. März 2026, 19:00 Uhr
package lang

import (
	"context"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Fallback is the language of the message ids: what is said when nothing else is known.
const Fallback = "en"

// Text is a message id that is kept in a table or a struct and translated later, by Printer.T or as an
// argument of another text. The extractor of internal/locale finds conversions (lang.Text("…")) and
// the elements of literals of Text.
type Text string

// Printer says texts, times and numbers in one language and one time zone. It is immutable and safe
// for concurrent use; making one is cheap. The zero value speaks English and lives in UTC.
type Printer struct {
	own  *catalogue // nil: only message ids
	base *catalogue // the catalogue of Fallback, asked when own does not know a text
	zone *time.Location
}

// Language returns the language as a BCP 47 tag ("de"), fit for the lang attribute of a page.
func (p *Printer) Language() string {
	if p.own == nil {
		return Fallback
	}
	return p.own.language
}

// Zone returns the time zone in which times are said; never nil.
func (p *Printer) Zone() *time.Location {
	if p.zone == nil {
		return time.UTC
	}
	return p.zone
}

// T says a text. The arguments fill its fmt verbs; an argument of type Text is translated first.
func (p *Printer) T(id string, args ...any) string {
	return p.translate(key{id: id}, args)
}

// C says a text that needs a context, because the same English words are said differently elsewhere:
// C("month", "May") and C("permission", "May").
func (p *Printer) C(context, id string, args ...any) string {
	return p.translate(key{context: context, id: id}, args)
}

// N says a text that depends on a number. Without arguments the number itself fills the verb.
func (p *Printer) N(singular, plural string, n int, args ...any) string {
	if len(args) == 0 {
		args = []any{n}
	}
	for _, c := range [...]*catalogue{p.own, p.base} {
		if c == nil {
			continue
		}
		if text := c.pluralText(key{id: singular}, n); text != "" {
			return format(text, p.translated(args))
		}
	}
	if n == 1 || n == -1 {
		return format(singular, p.translated(args))
	}
	return format(plural, p.translated(args))
}

func (p *Printer) translate(k key, args []any) string {
	for _, c := range [...]*catalogue{p.own, p.base} {
		if c == nil {
			continue
		}
		if text := c.text(k); text != "" {
			return format(text, p.translated(args))
		}
	}
	return format(k.id, p.translated(args))
}

// translated replaces arguments that are texts themselves. It copies only when there are any.
func (p *Printer) translated(args []any) []any {
	var said []any
	for i, arg := range args {
		if text, ok := arg.(Text); ok {
			if said == nil {
				said = append(said, args...)
			}
			said[i] = p.T(string(text))
		}
	}
	if said == nil {
		return args
	}
	return said
}

// numbers returns the printer of golang.org/x/text that groups digits.
func (p *Printer) numbers() *message.Printer {
	if p.own == nil {
		return message.NewPrinter(language.BritishEnglish)
	}
	return p.own.numbers
}

type contextKey struct{}

// With returns a context that carries the printer; web sets it for every request.
func With(ctx context.Context, p *Printer) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// From returns the context's printer. Without one it speaks English; it is never nil.
func From(ctx context.Context) *Printer {
	if p, ok := ctx.Value(contextKey{}).(*Printer); ok && p != nil {
		return p
	}
	return new(Printer)
}

// T says a text with the context's printer; see Printer.T. It is what page components call.
func T(ctx context.Context, id string, args ...any) string { return From(ctx).T(id, args...) }

// N says a text that depends on a number with the context's printer; see Printer.N.
func N(ctx context.Context, singular, plural string, n int, args ...any) string {
	return From(ctx).N(singular, plural, n, args...)
}

// C says a text with a meaning context with the context's printer; see Printer.C.
func C(ctx context.Context, context, id string, args ...any) string {
	return From(ctx).C(context, id, args...)
}
