package slug_test

import (
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/slug"
)

func TestSlugsAreReadableInAnAddress(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		text  string
		limit int
		want  string
	}{
		{"Grüne Straße 5", 0, "gruene-strasse-5"},
		{"ÄÖÜ äöü ß ẞ", 0, "aeoeue-aeoeue-ss-ss"},
		{"Café & Küche", 0, "cafe-und-kueche"},
		{"  --Hallo,   Welt!--  ", 0, "hallo-welt"},
		{"Привет мир", 0, "privet-mir"},
		{"a_b", 0, "a_b"},
		{"", 10, ""},
		{"!!! ???", 10, ""},
		{"eins zwei drei", 9, "eins-zwei"},
		{"eins zwei drei", 10, "eins-zwei"},
		{"\x00\xff<script>", 0, "script"},
	} {
		if got := slug.Make(row.text, row.limit); got != row.want {
			t.Errorf("Make(%q, %d) = %q, want %q", row.text, row.limit, got, row.want)
		}
	}
	if got := slug.Make(strings.Repeat("ä", 1000), 50); len(got) != 50 {
		t.Errorf("length %d", len(got))
	}
}

func TestATakenSlugGetsANumberWithinItsLimit(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		base     string
		n, limit int
		want     string
	}{
		{"garten", 2, 0, "garten-2"},
		{"garten", 2, 8, "garten-2"},
		{"garten", 12, 8, "garte-12"},
		{"ab-cd", 2, 5, "ab-2"},
		{"", 3, 10, "3"},
		{"garten", 123, 3, "123"},
	} {
		if got := slug.Number(row.base, row.n, row.limit); got != row.want {
			t.Errorf("Number(%q, %d, %d) = %q, want %q", row.base, row.n, row.limit, got, row.want)
		}
	}
}
