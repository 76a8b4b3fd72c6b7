package mailin

import (
	"strings"
	"testing"
)

func TestKeysAreTakenOutWhereverTheyStand(t *testing.T) {
	t.Parallel()
	keys, err := newPersonalKeys([]string{"/stadt/unsubscribe/{group}/{person}/{key}", "/stadt/confirm/{key}", "/stadt/mail/{secret}"}, "reply+", "", "stadt.example")
	if err != nil {
		t.Fatal(err)
	}
	const key = "ly7xouasvwdflbxi2lojz3lcb4"
	for text, want := range map[string]string{
		"https://stadt.example/stadt/unsubscribe/21/11/" + key + "/":                                   "https://stadt.example/stadt/unsubscribe/21/11/…/",
		"[Ende](https://stadt.example/stadt/unsubscribe/21/11/" + key + "/?a=b)":                       "[Ende](https://stadt.example/stadt/unsubscribe/21/11/…/?a=b)",
		"STADT.EXAMPLE/STADT/CONFIRM/" + strings.ToUpper(key) + " und weiter":                          "STADT.EXAMPLE/STADT/CONFIRM/… und weiter",
		"> https://stadt.example/stadt/mail/ly7xouasvw\r\n> dflbxi2lojz3lcb4/\r\n> ja":                 "> https://stadt.example/stadt/mail/…/\r\n> ja",
		"> > https://stadt.example/stadt/\n> > mail/" + key + "\n> > ja":                               "> > https://stadt.example/stadt/\n> > mail/…\n> > ja",
		"https://safe.example/?url=https%3A%2F%2Fstadt.example%2Fstadt%2Fmail%2F" + key + "%2F&data=x": "https://safe.example/?url=https%3A%2F%2Fstadt.example%2Fstadt%2Fmail%2F…%2F&data=x",
		"An reply+abcdefghij23456@stadt.example schreiben":                                             "An reply+…@stadt.example schreiben",
		`[x](mailto:reply%2Babcdefghij23456%40stadt.example) Reply\+abcdefghij23456@Stadt\.example`:    `[x](mailto:reply%2B…%40stadt.example) Reply\+…@Stadt\.example`,
		"a\n\n\nb https://stadt.example/stadt/mail/" + key + "/\n\nc /stadt/mail/" + key + " d":        "a\n\n\nb https://stadt.example/stadt/mail/…/\n\nc /stadt/mail/… d",
		"reply+kurz@stadt.example, /stadt/mail/kurz, Donaudampfschifffahrtsgesellschaft":               "reply+kurz@stadt.example, /stadt/mail/kurz, Donaudampfschifffahrtsgesellschaft",
		"https://stadt.example/stadt/unsubscribe/\n\nDer Rest":                                         "https://stadt.example/stadt/unsubscribe/\n\nDer Rest",
		"": "",
	} {
		if got := keys.remove(text); got != want {
			t.Errorf("%q:\n got %q\nwant %q", text, got, want)
		}
	}
}

func FuzzRemovingKeysChangesNothingElse(f *testing.F) {
	keys, err := newPersonalKeys([]string{"/stadt/mail/{secret}"}, "reply+", "", "stadt.example")
	if err != nil {
		f.Fatal(err)
	}
	f.Add("> /stadt/mail/ly7xouasvw\n> dflbxi2lojz3lcb4/ reply+abcdefghij23456@stadt.example")
	f.Fuzz(func(t *testing.T, text string) {
		once := keys.remove(text)
		if !strings.Contains(strings.ToLower(text), "mail") && !strings.Contains(text, "@") && !strings.Contains(text, "\n") && once != text {
			t.Errorf("%q became %q", text, once)
		}
	})
}
