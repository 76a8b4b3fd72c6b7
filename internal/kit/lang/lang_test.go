package lang_test

import (
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/locale"
)

func load(t *testing.T, overrides ...string) *lang.Catalogues {
	t.Helper()
	own := fstest.MapFS{"de/test.po": {Data: []byte(`
msgid "Hello %s"
msgstr "Hallo %s"

msgid "one mail"
msgid_plural "%d mails"
msgstr[0] "eine Mail"
msgstr[1] "%d Mails"

msgid "%d of %s"
msgstr "%[2]s: %[1]d"

msgid "broken %s and %d"
msgstr "kaputt %d, %s und %s"

msgctxt "permission"
msgid "May"
msgstr "Darf"

#, fuzzy
msgid "doubtful"
msgstr "zweifelhaft"
`)}}
	layers := fstest.MapFS{}
	for i := 0; i+1 < len(overrides); i += 2 {
		layers[overrides[i]] = &fstest.MapFile{Data: []byte(overrides[i+1])}
	}
	c, err := lang.Load(locale.FS, own, layers)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTextsAreSaidInTheLanguageOfTheReader(t *testing.T) {
	t.Parallel()
	c := load(t)
	de, en := c.Printer("de", nil), c.Printer("en", nil)
	for _, row := range []struct{ name, got, want string }{
		{"a verb is filled", de.T("Hello %s", "Anna"), "Hallo Anna"},
		{"English needs no catalogue", en.T("Hello %s", "Anna"), "Hello Anna"},
		{"a missing text is said in English", de.T("Never heard of %s", "it"), "Never heard of it"},
		{"a fuzzy text is missing", de.T("doubtful"), "doubtful"},
		{"one", de.N("one mail", "%d mails", 1), "eine Mail"},
		{"many", de.N("one mail", "%d mails", 7), "7 Mails"},
		{"none", de.N("one mail", "%d mails", 0), "0 Mails"},
		{"one in English", en.N("one mail", "%d mails", 1), "one mail"},
		{"many in English", en.N("one mail", "%d mails", 2), "2 mails"},
		{"a missing plural", de.N("one cat", "%d cats", 3), "3 cats"},
		{"order may change", de.T("%d of %s", 3, "Chor"), "Chor: 3"},
		{"a context chooses", de.C("permission", "May"), "Darf"},
		{"no context is another text", de.T("May"), "Mai"},
		{"a text as an argument is translated", de.T("Hello %s", lang.Text("May")), "Hallo Mai"},
	} {
		if row.got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, row.got, row.want)
		}
	}
}

func TestFormattingLeavesNoErrorMarks(t *testing.T) {
	t.Parallel()
	p := load(t).Printer("de", nil)
	for _, row := range []struct{ name, got, want string }{
		{"verbs of the wrong kind", p.T("broken %s and %d", "a", 2), "kaputt a, 2 und …"},
		{"a missing argument", p.T("Hello %s"), "Hallo …"},
		{"too many arguments", p.T("May", 1, 2), "Mai"},
		{"a lonely percent sign", p.T("100% sure, 5 %", 1), "100% sure, 5 %"},
		{"a doubled percent sign", p.T("%d%%", 50), "50%"},
		{"nil", p.T("Hello %s", nil), "Hallo <nil>"},
		{"a hostile argument", p.T("Hello %s", "%!s(x)%d"), "Hallo %!s(x)%d"},
		{"an index out of range", p.T("%[9]d %[x]d %[", 1), "… %[x]d %["},
	} {
		if row.got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, row.got, row.want)
		}
	}
}

func TestAnAdministratorsTextsWin(t *testing.T) {
	t.Parallel()
	c := load(t,
		"de/own.po", "msgid \"Hello %s\"\nmsgstr \"Moin %s\"\n",
		"en.po", "msgid \"Hello %s\"\nmsgstr \"Ahoy %s\"\n",
		"fr/own.po", "msgid \"\"\nmsgstr \"Plural-Forms: nplurals=2; plural=n>1;\\n\"\n\nmsgid \"one mail\"\nmsgid_plural \"%d mails\"\nmsgstr[0] \"%d courriel\"\nmsgstr[1] \"%d courriels\"\n")
	for code, want := range map[string]string{"de": "Moin Bert", "en": "Ahoy Bert", "fr": "Ahoy Bert"} {
		if got := c.Printer(code, nil).T("Hello %s", "Bert"); got != want {
			t.Errorf("%s: got %q, want %q", code, got, want)
		}
	}
	if got := c.Printer("fr", nil).N("one mail", "%d mails", 0); got != "0 courriel" {
		t.Errorf("the plural rule of the header is not used: %q", got)
	}
	if got := strings.Join(c.Languages(), " "); got != "en de fr" {
		t.Errorf("languages: %s", got)
	}
}

func TestTheFirstLanguageThatIsSpokenIsChosen(t *testing.T) {
	t.Parallel()
	c := load(t)
	for _, row := range []struct {
		name      string
		preferred []string
		want      string
	}{
		{"nothing is known", nil, "en"},
		{"the first", []string{"de", "en"}, "de"},
		{"the first that is not empty", []string{"", "de"}, "de"},
		{"what is unknown is passed over", []string{"xx", "fr", "nonsense!", "de"}, "de"},
		{"a region reads its language", []string{"de-AT"}, "de"},
		{"old spelling", []string{"de_DE"}, "de"},
	} {
		if got := c.Match(row.preferred...); got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
	if got := c.Printer("de-AT", nil).Language(); got != "de" {
		t.Errorf("printer of de-AT speaks %q", got)
	}
}

func TestTheLanguageThatABrowserPrefersIsFound(t *testing.T) {
	t.Parallel()
	c := load(t)
	for _, row := range []struct{ name, header, want string }{
		{"nothing", "", ""},
		{"the first", "de,en;q=0.5", "de"},
		{"the greatest weight wins, wherever it stands", "en;q=0.2, de;q=0.9", "de"},
		{"a region reads its language", "de-AT", "de"},
		{"whatever the letters' case", "DE-at", "de"},
		{"the second, where the first is not spoken", "fr, de;q=0.7, en;q=0.3", "de"},
		{"a language with the weight zero is not wanted", "de;q=0, en;q=0.1", "en"},
		{"one that nobody speaks is passed over", "xq-Zzzz-QQ, de", "de"},
		{"what is no language is passed over", "%%%, en_, de;q=much, de;q=0.4", "de"},
		{"none that is spoken", "fr, ja;q=0.5", ""},
		{"any", "*", ""},
		{"any, but rather one", "fr, *;q=0.1", ""},
		{"one, or else any", "*;q=0.1, en;q=0.5", "en"},
		{"signs only", ";;q=,,,", ""},
		{"no text", "\xff\xfe\x00", ""},
		{"100 KB of garbage", strings.Repeat("garbage,", 100<<10/8), ""},
		{"100 KB of one language", strings.Repeat("de-", 100<<10/3), ""},
	} {
		if got := c.Accepted(row.header); got != row.want {
			t.Errorf("%s: %.60q: got %q, want %q", row.name, row.header, got, row.want)
		}
	}
}

func TestTimesAndNumbersAreSaidAsInTheLanguage(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	c := load(t)
	de, en := c.Printer("de", berlin), c.Printer("en", berlin)
	at := clock.Date(2026, time.March, 12, 18, 5)
	now := clock.Date(2026, time.March, 12, 21, 5)
	for _, row := range []struct{ name, got, want string }{
		{"date", de.Date(at), "12. März 2026"},
		{"English date", en.Date(at), "12 March 2026"},
		{"time in the zone", de.Time(at), "19:05 Uhr"},
		{"English time", en.Time(at), "19:05"},
		{"date and time", de.DateTime(at.Time), "12. März 2026, 19:05 Uhr"},
		{"English date and time", en.DateTime(at), "12 March 2026, 19:05"},
		{"day", de.Day(at), "Donnerstag, 12. März"},
		{"English day", en.Day(at), "Thursday, 12 March"},
		{"month", de.Month(at), "März 2026"},
		{"the zone decides on the day", en.Date(clock.Date(2026, 12, 31, 23, 30)), "1 January 2027"},
		{"no time", de.DateTime(clock.Time{}) + de.Date(clock.Time{}) + de.Since(clock.Time{}, now), ""},
		{"hours ago", de.Since(at, now), "vor 3 Stunden"},
		{"English hours ago", en.Since(at, now), "3 hours ago"},
		{"an hour ago", de.Since(clock.Date(2026, 3, 12, 20, 0), now), "vor einer Stunde"},
		{"just now", de.Since(now, now), "gerade eben"},
		{"later", de.Since(now, at), "in 3 Stunden"},
		{"days", en.Since(clock.Date(2026, 3, 10, 0, 0), now), "2 days ago"},
		{"long ago", de.Since(clock.Date(2026, 3, 1, 0, 0), now), "1. März 2026"},
		{"number", de.Number(1234567), "1.234.567"},
		{"English number", en.Number(1234567), "1,234,567"},
		{"one byte", de.Bytes(1), "ein Byte"},
		{"bytes", en.Bytes(999), "999 bytes"},
		{"kilobytes", de.Bytes(1500), "1,5 kB"},
		{"megabytes", en.Bytes(1_400_000), "1.4 MB"},
		{"rounding does not reach the next unit", en.Bytes(999_999), "1 MB"},
	} {
		if row.got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, row.got, row.want)
		}
	}
}

func TestAContextWithoutPrinterSpeaksEnglish(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	if got := lang.T(ctx, "Hello %s", "Anna") + lang.From(ctx).Number(1000) + lang.From(ctx).Language(); got != "Hello Anna1,000en" {
		t.Errorf("got %q", got)
	}
	ctx = lang.With(ctx, load(t).Printer("de", nil))
	if got := lang.T(ctx, "Hello %s", "Anna") + ", " + lang.N(ctx, "one mail", "%d mails", 2); got != "Hallo Anna, 2 Mails" {
		t.Errorf("got %q", got)
	}
}

func TestACatalogueThatIsBrokenIsRefusedWithItsLine(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ file, text, want string }{
		"a word":          {"de/x.po", "msgid \"a\"\nmsgtxt \"b\"\n", "catalogue de/x.po: line 2"},
		"a quote":         {"de/x.po", "msgid \"a\nmsgstr \"b\"\n", "line 1"},
		"a loose string":  {"de/x.po", "\n\"a\"\n", "line 2"},
		"no translation":  {"de/x.po", "msgid \"a\"\n", "no msgstr"},
		"no id":           {"de/x.po", "msgstr \"a\"\n", "without its msgid"},
		"twice":           {"de/x.po", "msgid \"a\"\nmsgstr \"b\"\nmsgid \"a\"\nmsgstr \"c\"\n", "twice"},
		"a plural form":   {"de/x.po", "msgid \"a\"\nmsgid_plural \"b\"\nmsgstr[1] \"c\"\n", "plural form 0"},
		"a plural rule":   {"de/x.po", "msgid \"\"\nmsgstr \"Plural-Forms: nplurals=2; plural=n ?? 3;\\n\"\n", "plural rule"},
		"not a language":  {"quatsch!/x.po", "", "not a language"},
		"a comment alone": {"de/x.po", "msgctxt \"c\"\n# hm\nmsgstr \"x\"\n", "without its msgid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := lang.Load(fstest.MapFS{row.file: {Data: []byte(row.text)}})
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}

func TestAPrinterMayBeSharedByManyRequests(t *testing.T) {
	t.Parallel()
	p := load(t).Printer("de", nil)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for n := range 200 {
				if p.Number(1000+n) == "" || p.N("one mail", "%d mails", n) == "" {
					t.Error("empty")
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkText(b *testing.B) {
	c, err := lang.Load(locale.FS)
	if err != nil {
		b.Fatal(err)
	}
	p := c.Printer("de", nil)
	for b.Loop() {
		_ = p.T("just now")
	}
}
