package markup_test

import (
	"errors"
	"testing"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/kit/markup"
)

type word string

func TestExpressionsBecomeTextAsTemplSaysThem(t *testing.T) {
	t.Parallel()
	failed := errors.New("failed")
	for name, said := range map[string]func(own bool) (string, error){
		"text": func(own bool) (string, error) {
			if own {
				return markup.Text("a <b>")
			}
			return templ.JoinStringErrs("a <b>")
		},
		"named text": func(own bool) (string, error) {
			if own {
				return markup.Text(word("open"))
			}
			return templ.JoinStringErrs(word("open"))
		},
		"number": func(own bool) (string, error) {
			if own {
				return markup.Text(int64(-12))
			}
			return templ.JoinStringErrs(int64(-12))
		},
		"error": func(own bool) (string, error) {
			if own {
				return markup.Text("", failed)
			}
			return templ.JoinStringErrs("", failed)
		},
	} {
		got, err := said(true)
		want, wantErr := said(false)
		if got != want || errors.Is(err, failed) != errors.Is(wantErr, failed) {
			t.Errorf("%s: %q, %v; templ says %q, %v", name, got, err, want, wantErr)
		}
	}
}

func TestClassesAreThoseThatTemplNames(t *testing.T) {
	t.Parallel()
	for _, classes := range [][]any{
		{"card"},
		{"note", "note-done"},
		{templ.KV("first", false), "avatar", templ.KV("avatar-group", true), templ.KV("avatar-small", false), templ.KV("last", true)},
		{templ.KV("hidden", false)},
		{},
	} {
		if got, want := markup.Classes(classes).String(), templ.CSSClasses(classes).String(); got != want {
			t.Errorf("%v: %q; templ says %q", classes, got, want)
		}
	}
}
