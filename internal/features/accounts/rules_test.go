package accounts

import (
	"strings"
	"testing"
)

func TestAddressesAreTakenApartOrRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, address, key string
	}{
		{"anna@example.org", "anna@example.org", "anna@example.org"},
		{"  Anna.Ahorn@Example.ORG ", "Anna.Ahorn@Example.ORG", "anna.ahorn@example.org"},
		{"anna+town@example.org", "anna+town@example.org", "anna+town@example.org"},
		{"anna@straße.example", "anna@straße.example", "anna@xn--strae-oqa.example"},
		{"anna@localhost", "anna@localhost", "anna@localhost"},
		{"änne@example.org", "änne@example.org", "änne@example.org"},
		{text: ""},
		{text: "anna"},
		{text: "@example.org"},
		{text: "anna@"},
		{text: "Anna <anna@example.org>"},
		{text: "<anna@example.org>"},
		{text: "anna@example.org, bert@example.org"},
		{text: "anna@example.org\r\nBcc: bert@example.org"},
		{text: "anna ahorn@example.org"},
		{text: `"anna ahorn"@example.org`},
		{text: "anna@exa mple.org"},
		{text: "anna@example.org(comment)"},
		{text: "anna@[127.0.0.1]"},
		{text: "anna@-example.org"},
		{text: "anna@example.org."},
		{text: "anna@.example.org"},
		{text: "anna..ahorn@example.org"},
		{text: strings.Repeat("a", 250) + "@example.org"},
		{text: strings.Repeat("x", 65) + "@example.org"},
		{text: "anna@" + strings.Repeat("x", 64) + ".org"},
		{text: "anna@192.0.2.1"},
		{text: "anna@example..org"},
		{text: "anna@-example.org"},
	} {
		address, key, ok := ParseAddress(c.text)
		if ok != (c.key != "") || address != c.address || key != c.key {
			t.Errorf("ParseAddress(%.40q) = %q, %q, %v; want %q, %q", c.text, address, key, ok, c.address, c.key)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, seed := range []string{"anna@example.org", "Änne@Straße.example", "a@b", "a@b.", "<a@b>", "a@[::1]", "İ@x", "a@\u200bx"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		address, key, ok := ParseAddress(text)
		if !ok {
			return
		}
		if strings.ContainsAny(address, "\r\n\x00<>,;\" ") || strings.Count(key, "@") == 0 {
			t.Errorf("ParseAddress(%q) = %q", text, address)
		}
		for _, again := range []string{address, key} {
			if _, k, ok := ParseAddress(again); !ok || k != key {
				t.Errorf("ParseAddress(%q) has the key %q, and ParseAddress(%q) the key %q (%v)", text, key, again, k, ok)
			}
		}
	})
}
