package glyph

import "testing"

func TestTextsThatShowNothingAreKnown(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " \t\n", "\u200b\u200b", "\u3164", "\u2063", "\u2060", "\u00a0", "\u2800", "\ufe0f", "\u0301", "\u115f\u1160\uffa0",
		"\u202e\u202c", "\U000E0041", "\u034f", "\u180e", "\x00", "\ufffd", "\ufeff", "\ue000",
	} {
		if Visible(text) {
			t.Errorf("%+q is taken for visible", text)
		}
	}
	for _, text := range []string{"a", "\u200bä", "你", "👍🏽", ".", "مرحبا", "1", "–", "e\u0301"} {
		if !Visible(text) {
			t.Errorf("%+q is taken for invisible", text)
		}
	}
}

func TestDirectionsAreTakenOut(t *testing.T) {
	t.Parallel()
	const text = "\u202eabc\u200f \u2067d\u2069\u061c"
	if got := WithoutDirections(text); got != "abc d" {
		t.Errorf("a title becomes %+q", got)
	}
	if got := WithoutOverrides(text); got != "abc\u200f d\u061c" {
		t.Errorf("a text becomes %+q", got)
	}
}

func TestOnlyNamesFromRightToLeftAreIsolated(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Anna Ahorn": "Anna Ahorn", "Jürgen": "Jürgen", "你好": "你好", "": "",
		"مرحبا": "\u2068مرحبا\u2069", "Anna שלום": "\u2068Anna שלום\u2069",
	} {
		if got := Isolate(name); got != want {
			t.Errorf("%q becomes %+q", name, got)
		}
	}
}
