// Package mailtest shows tests which letters and messages the rooms write, before any channel carries
// them, and prints them as golden files keep them.
package mailtest

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Tray takes the place of the task queue: what would be sent after a commit lies here.
type Tray struct {
	mu      sync.Mutex
	letters []notify.Letter
}

var _ outbox.Enqueuer = (*Tray)(nil)

// Enqueue implements outbox.Enqueuer. What a transaction that is rolled back enqueues never arrives.
func (t *Tray) Enqueue(_ context.Context, tx *sqldb.Tx, kind string, payload any, _ ...queue.Option) error {
	letter, ok := payload.(notify.Letter)
	if !ok {
		return nil // the work after an activity, which the table of activities shows
	}
	if kind != notify.JobLetter {
		return fmt.Errorf("a letter in a job of the kind %s", kind)
	}
	tx.AfterCommit(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.letters = append(t.letters, letter)
	})
	return nil
}

// EnqueueMany implements outbox.Enqueuer.
func (t *Tray) EnqueueMany(ctx context.Context, tx *sqldb.Tx, kind string, payloads ...any) error {
	for _, payload := range payloads {
		if err := t.Enqueue(ctx, tx, kind, payload); err != nil {
			return err
		}
	}
	return nil
}

// Take returns the letters that have arrived since the last time.
func (t *Tray) Take() []notify.Letter {
	t.mu.Lock()
	defer t.mu.Unlock()
	letters := t.letters
	t.letters = nil
	return letters
}

// TakeOne returns the only letter that has arrived since the last time; any other number fails the test.
func (t *Tray) TakeOne(tb testing.TB) notify.Letter {
	tb.Helper()
	letters := t.Take()
	if len(letters) != 1 {
		tb.Fatalf("%d letters have arrived, want one: %+v", len(letters), letters)
	}
	return letters[0]
}

// Link returns the path of the first action of a letter whose address contains a text.
func Link(tb testing.TB, l notify.Letter, having string) string {
	tb.Helper()
	for _, a := range l.Actions {
		if strings.Contains(a.URL, having) {
			_, rest, _ := strings.Cut(a.URL, "://")
			_, path, _ := strings.Cut(rest, "/")
			return "/" + path
		}
	}
	tb.Fatalf("the letter has no link with %q: %+v", having, l.Actions)
	return ""
}

// Print returns a letter as a golden file keeps it. Secrets in links become dots.
func Print(l notify.Letter) string {
	var b strings.Builder
	line(&b, "To", strings.TrimSpace(l.Name+" <"+l.Address+">"))
	line(&b, "Kind", l.Kind)
	line(&b, "Language", l.Language)
	line(&b, "Subject", l.Subject)
	body(&b, l.Intro, l.Facts, l.Text+l.Verbatim, l.Note, l.Actions)
	for _, c := range l.Calendars {
		b.WriteString("\n" + printCalendar(c))
	}
	return b.String()
}

// said are the lines of a calendar that say what it does with an event.
var said = regexp.MustCompile(`(?m)^(?:METHOD|UID|SEQUENCE|RECURRENCE-ID|STATUS|SUMMARY|ORGANIZER|ATTENDEE)[:;].*$`)

// printCalendar returns what calendar programs read of a letter in a few lines.
func printCalendar(c notify.LetterCalendar) string {
	unfolded := strings.ReplaceAll(strings.ReplaceAll(c.Text, "\r\n ", ""), "\r", "")
	return fmt.Sprintf("Calendar: %s, invites: %t\n%s\n", c.Method, c.Invites, strings.Join(said.FindAllString(unfolded, -1), "\n"))
}

// PrintMessage returns a message as a golden file keeps it.
func PrintMessage(m *notify.Message) string {
	var b strings.Builder
	if m.From.Name != "" {
		line(&b, "From", m.From.Name+" @"+m.From.Slug)
	}
	line(&b, "Kind", m.Kind)
	if m.Entity != nil {
		line(&b, "Entity", m.Entity.Slug)
	}
	line(&b, "Subject", m.Subject)
	line(&b, "Thread", m.Thread.ID)
	line(&b, "URL", m.URL)
	line(&b, "Because", m.Because)
	line(&b, "Stop", secret.ReplaceAllString(m.StopURL, "/…"))
	body(&b, m.Intro, m.Facts, m.Text, m.Note, m.Actions)
	return b.String()
}

func line(b *strings.Builder, label, value string) {
	if value != "" {
		fmt.Fprintf(b, "%s: %s\n", label, value)
	}
}

func body(b *strings.Builder, intro string, facts []notify.Fact, text, note string, actions []notify.Action) {
	paragraph := func(s string) {
		if s != "" {
			b.WriteString("\n" + s + "\n")
		}
	}
	paragraph(intro)
	for _, f := range facts {
		paragraph(f.Label + ": " + f.Value)
	}
	paragraph(text)
	for _, a := range actions {
		sign := "-"
		if a.Primary {
			sign = "*"
		}
		paragraph(sign + " " + a.Label + ": " + secret.ReplaceAllString(a.URL, "/…"))
	}
	paragraph(note)
}

var secret = regexp.MustCompile(`/[a-z0-9]{26,}`)
