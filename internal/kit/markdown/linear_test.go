package markdown

import (
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/testkit/cputest"
)

// TestEightTimesTheTextTakesEightTimesAsLong is for what strangers send to keep a worker busy: each line is
// short, and there are as many of it as a form takes.
func TestEightTimesTheTextTakesEightTimesAsLong(t *testing.T) {
	cache, size, most := NewCache(0), 20_000, maxSource
	if testing.Short() { // the race detector takes its time
		size, most = 4000, 40_000
	}
	transformations := map[string]func(string){
		"page":    func(s string) { cache.Render(s, Options{HeadingLevel: 2}).Resolve(nil, nil) },
		"preview": func(s string) { cache.Text(s, 0) },
		"plain":   func(s string) { cache.Render(s, Options{Format: Plain}).Resolve(nil, nil) },
		"quote":   func(s string) { FromPlain(s) },
		"mail":    func(s string) { cache.MailText(s, "https://example.org", nil) },
	}
	for _, unit := range []string{
		"a\n", "a ", "a\n\n", "|a", "> a\n", "# a\n\n", "[a](b)\n\n", "*a ", "<td>a", "`a", "a@b.c ", "http://(",
		"*a_ ", "[*a*](b)", "~~a*", "[a]: b\n", "[a](<b\n", "[a](", "&#", "|a|b|\n|-|-|\n|c|d|\n",
		"> > > >", "- a\n  b\n", "1. a\n", "@a/b ", "www.",
	} {
		for name, transform := range transformations {
			cost := func(bytes int) time.Duration {
				source := strings.Repeat(unit, bytes/len(unit))
				begin := cputest.Used(t)
				transform(source)
				return cputest.Used(t) - begin
			}
			large := cost(8 * size)
			if large < 150*time.Millisecond {
				continue // even what takes the square of the time ends soon for the longest text
			}
			small, huge := cost(size), cost(most)
			if large > 16*small && large > 600*time.Millisecond || huge > 3*time.Second {
				t.Errorf("%s of %q: %v for %d bytes, %v for eight times as many, %v for %d", name, unit, small, size, large, huge, most)
			}
		}
	}
}

// TestNoMegabyteOfPlainTextTakesThreeSeconds is for what strangers send by mail. The longest takes one second here; a way
// that looks at the text once per line would take minutes.
func TestNoMegabyteOfPlainTextTakesThreeSeconds(t *testing.T) {
	if testing.Short() { // the race detector takes its time
		t.Skip("the race detector takes its time")
	}
	cache := NewCache(0)
	transformations := map[string]func(string){
		"page":    func(s string) { cache.Render(s, Options{Format: Plain}).Resolve(nil, nil) },
		"quote":   func(s string) { FromPlain(s) },
		"preview": func(s string) { cache.TextOf(Plain, s, 30) },
		"mail":    func(s string) { cache.MailTextOf(Plain, s, "https://example.org", nil) },
	}
	for _, unit := range []string{
		"a", "a\n", "a\n\n", " ", "a  ", "\t", ">", "> ", "> a\n", "> a\nb\n", ">>>>>>>>>>>>\n", "- a\n", "- a\n\n", "- a\n  b\n", "- ", "1. a\n", "1. a\n2. b\n", "http://", "http://(", "http://a ", "www.", "www.a.b ", "a@", "a@b.c ",
		"@", "@a", "@a ", "@a/b ", "#a ", "#", ".", ":", "://", "<a>", "&", "_", "*", "\\", "[", "|a", "\u00a0", "=\n", "\r",
	} {
		for name, transform := range transformations {
			cost := func(bytes int) time.Duration {
				source := strings.Repeat(unit, bytes/len(unit))
				begin := cputest.Used(t)
				transform(source)
				return cputest.Used(t) - begin
			}
			if cost(250_000) < 150*time.Millisecond {
				continue // even what takes the square of the time would end soon for four times as much
			}
			if took := cost(1_000_000); took > 3*time.Second && min(took, cost(1_000_000), cost(1_000_000)) > 3*time.Second { // the first time others may have been busy
				t.Errorf("%s of %q: %v", name, unit, took)
			} else if testing.Verbose() && took > 400*time.Millisecond {
				t.Logf("%s of %q: %v", name, unit, took)
			}
		}
	}
}
