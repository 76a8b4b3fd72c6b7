package lang_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"grouprise.org/grouprise/internal/kit/lang"
)

func TestASiteSpeaksTheLanguagesThatItOffers(t *testing.T) {
	t.Parallel()
	file := func(yes string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=UTF-8\\n\"\n\nmsgid \"yes\"\nmsgstr \"" + yes + "\"\n")}
	}
	all, err := lang.Load(fstest.MapFS{"de.po": file("ja"), "fr.po": file("oui")})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		offer     lang.Offer
		languages string
		said      map[string]string // by the language that somebody wants
		accepted  map[string]string // by the header
	}{
		{
			lang.Offer{},
			"en de fr",
			map[string]string{"": "yes", "de": "ja", "fr-CH": "oui", "ru": "yes"},
			map[string]string{"fr, de;q=0.5": "fr", "ru": "", "": ""},
		},
		{
			lang.Offer{Default: "de"},
			"en de fr",
			map[string]string{"": "ja", "en": "yes", "ru": "ja"},
			map[string]string{"en-GB": "en"},
		},
		{
			lang.Offer{Default: "de", Languages: []string{"de", "fr"}},
			"de fr",
			map[string]string{"": "ja", "en": "ja", "fr": "oui", "fr-CH": "oui", "de-AT": "ja"},
			map[string]string{"en": "", "en, fr;q=0.5": "fr", "en-GB, de-AT;q=0.3": "de"},
		},
		{
			lang.Offer{Default: "fr", Languages: []string{"de"}}, // the default is always offered
			"de fr",
			map[string]string{"": "oui", "en": "oui", "de": "ja"},
			nil,
		},
		{
			lang.Offer{Default: "ru", Languages: []string{"de", "ru"}}, // a language whose catalogue has gone
			"en de",
			map[string]string{"": "yes", "ru": "yes", "fr": "yes", "de": "ja"},
			map[string]string{"ru": "", "fr": ""},
		},
	} {
		site := all.Offering(func() lang.Offer { return c.offer })
		if got := strings.Join(site.Languages(), " "); got != c.languages {
			t.Errorf("%+v: speaks %s", c.offer, got)
		}
		for code, want := range c.said {
			if got := site.Printer(code, nil).T("yes"); got != want {
				t.Errorf("%+v: who wants %q reads %q", c.offer, code, got)
			}
		}
		for header, want := range c.accepted {
			if got := site.Accepted(header); got != want {
				t.Errorf("%+v: for a browser with %q it is %q", c.offer, header, got)
			}
		}
	}
	if got := strings.Join(all.Offering(func() lang.Offer { return lang.Offer{Languages: []string{"fr"}} }).All(), " "); got != "en de fr" {
		t.Errorf("there are %s", got)
	}
}
