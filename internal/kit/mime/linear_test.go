package mime_test

import (
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/testkit/cputest"
)

// TestEightTimesTheMailTakesEightTimesAsLong is for what strangers send to keep a worker busy.
func TestEightTimesTheMailTakesEightTimesAsLong(t *testing.T) {
	size := 100_000
	if testing.Short() { // the race detector takes its time
		size = 25_000
	}
	for _, c := range []struct{ header, unit string }{
		{"text/plain", "a\n"},
		{"text/plain", "a:\n"},
		{"text/plain", "-- \n"},
		{"text/plain", "--\na\n"},
		{"text/plain", "Von: a\nAn: b\n"},
		{"text/plain", "Am 1.1.2020 schrieb a:\n> b\n"},
		{"text/plain", "____________________\nmailing list\n"},
		{"text/plain", "Sent from my iPhone\n> a\n"},
		{"text/plain", "1 a@b "},
		{"text/plain", "This is the mail system. Your message to a "},
		{"text/plain", "Ihre Nachricht an a, die Nachricht an b, Fehler: 5\n"},
		{"text/plain; format=flowed", "> a \n"},
		{"text/html", "a<br>"},
		{"text/html", "<p>a"},
		{"text/html", "<div>"},
		{"text/html", "<table><tr><td>"},
		{"text/html", "<blockquote><p>"},
		{"text/html", "<div class=gmail_signature>a</div>"},
		{"text/html", "<b><i>a</b></i>"},
	} {
		read := func(bytes int) time.Duration {
			message := "Content-Type: " + c.header + "\n\n" + strings.Repeat(c.unit, bytes/len(c.unit))
			begin := cputest.Used(t)
			if _, err := mime.Parse(strings.NewReader(message), mime.Limits{}); err != nil {
				t.Fatal(err)
			}
			return cputest.Used(t) - begin
		}
		if small, large := read(size), read(8*size); large > 16*small && large > 800*time.Millisecond || large > 4*time.Second {
			t.Errorf("%s of %q: %v for %d bytes, %v for eight times as many", c.header, c.unit, small, size, large)
		}
	}
}
