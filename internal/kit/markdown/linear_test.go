package markdown

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestEightTimesTheTextTakesEightTimesAsLong is for what strangers send to keep a worker busy: each line is
// short, and there are as many of it as a form takes.
func TestEightTimesTheTextTakesEightTimesAsLong(t *testing.T) {
	cache, size, most := NewCache(0), 20_000, 1_000_000
	if testing.Short() { // the race detector takes its time
		size, most = 4000, 40_000
	}
	transformations := map[string]func(string){
		"page":    func(s string) { cache.Render(s, Options{HeadingLevel: 2}).Resolve(nil, nil) },
		"preview": func(s string) { cache.Text(s, 0) },
		"mail":    func(s string) { cache.MailText(s, "https://example.org") },
	}
	for _, unit := range []string{"a\n", "a ", "a\n\n", "|a", "> a\n", "# a\n\n", "[a](b)\n\n", "*a ", "<td>a", "`a", "a@b.c ", "http://("} {
		for name, transform := range transformations {
			cost := func(bytes int) time.Duration {
				source := strings.Repeat(unit, bytes/len(unit))
				begin := processorTime(t)
				transform(source)
				return processorTime(t) - begin
			}
			small, large, huge := cost(size), cost(8*size), cost(most)
			if large > 16*small && large > 600*time.Millisecond || huge > 3*time.Second {
				t.Errorf("%s of %q: %v for %d bytes, %v for eight times as many, %v for %d", name, unit, small, size, large, huge, most)
			}
		}
	}
}

// processorTime is what this process has used; other tests wait while one that is not parallel runs.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
