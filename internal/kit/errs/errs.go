// Package errs gives errors a kind that doors can act on and a sentence that is safe to show.
//
// A rule or a store says what went wrong; the door (web, mail, command line) turns the kind into its
// own answer: an HTTP status, an LMTP code, an exit code. The sentence is a message id of the
// catalogues, so that the door can show it in the language of whoever reads it.
package errs

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says how a door should answer an error.
type Kind uint8

// The kinds. The zero value is Internal, so that an error nobody classified is never shown in detail.
const (
	Internal        Kind = iota // a defect or an unknown failure: log it, say sorry
	NotFound                    // the thing does not exist, or its existence is nobody's business
	Denied                      // it exists, but not for this person
	Unauthenticated             // signing in would help
	Invalid                     // the input is wrong; Fields may say where
	Conflict                    // somebody else was faster, or it exists already
	TooLarge                    // more bytes than allowed
	TooMany                     // too often; RetryAfter says when to come back
	Unavailable                 // a server we stand on is away: try again later
	Gone                        // it was there, as everybody may know, and will not come back
)

// FieldError says what is wrong with one field of a form.
type FieldError struct {
	Name    string // the form field's name
	Message string // message id
	Args    []any  // arguments of the message
}

// Error is an error with a kind, a sentence for people and a cause for the log.
type Error struct {
	Kind       Kind
	Message    string // message id of the catalogues, safe to show; may be empty
	Args       []any  // arguments of the message
	Fields     []FieldError
	RetryAfter time.Duration // for TooMany and Unavailable; zero means unknown
	Cause      error         // for the log, never shown
}

// New returns an error of a kind with a sentence (a message id and its arguments).
func New(kind Kind, message string, args ...any) *Error {
	return &Error{Kind: kind, Message: message, Args: args}
}

// Field describes what is wrong with one field of a form.
func Field(name, message string, args ...any) FieldError {
	return FieldError{Name: name, Message: message, Args: args}
}

// Check returns an Invalid error that lists the fields, or nil when there are none.
func Check(fields ...FieldError) error {
	if len(fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Fields: fields}
}

// Because returns a copy of the error that carries a cause for the log.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// After returns a copy of the error that says when trying again makes sense.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// Error implements the error interface; the text is for logs.
func (e *Error) Error() string {
	text := e.Message
	if len(e.Args) > 0 {
		text = fmt.Sprintf(e.Message, e.Args...)
	}
	if text == "" {
		text = e.Kind.String()
	}
	for _, f := range e.Fields {
		text += fmt.Sprintf("; %s: %s", f.Name, fmt.Sprintf(f.Message, f.Args...))
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Sentence returns what an error says to whoever gave a command at a terminal: what is wrong with what they wrote, without the
// names of fields that only forms have, and for all other errors the whole text.
func Sentence(err error) string {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Message != "" || len(e.Fields) == 0 {
		return err.Error()
	}
	said := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		said[i] = fmt.Sprintf(f.Message, f.Args...)
	}
	return strings.Join(said, " ")
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// KindOf returns the kind of the first Error in the chain; Internal for any other error.
// It must not be called with nil.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Is reports whether the error has the kind. It is false for nil.
func Is(err error, kind Kind) bool {
	return err != nil && KindOf(err) == kind
}

// Temporary reports whether trying the same again later can succeed: the servers we stand on may
// come back, limits pass, and a defect may be repaired while a mail server keeps the message.
func Temporary(err error) bool {
	switch KindOf(err) {
	case Internal, Unavailable, TooMany:
		return true
	default:
		return false
	}
}

// String returns the kind as a word for logs.
func (k Kind) String() string {
	switch k {
	case NotFound:
		return "not found"
	case Denied:
		return "denied"
	case Unauthenticated:
		return "not signed in"
	case Invalid:
		return "invalid"
	case Conflict:
		return "conflict"
	case TooLarge:
		return "too large"
	case TooMany:
		return "too many"
	case Unavailable:
		return "unavailable"
	case Gone:
		return "gone"
	default:
		return "internal"
	}
}
