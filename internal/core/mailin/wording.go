package mailin

import (
	"html"
	"strings"
	"time"
	"unicode"

	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/mime"
)

// addHeld adds to the text of a message what it holds beside words: the events of invitations. A message that would
// show nothing because it is encrypted says so. All who read it read the same, so it is in the language of the site.
func addHeld(p *lang.Printer, m *mime.Message) {
	var held []string
	if says(m.Text) {
		held = append(held, m.Text)
	}
	for _, e := range m.Events {
		text := eventText(p, e, m.Text)
		if !m.Plain {
			text = markdown.FromPlain(text)
		}
		held = append(held, text)
	}
	if len(held) == 0 && m.Encrypted {
		held = append(held, p.T("This message is encrypted, so it can’t be shown here."))
	}
	m.Text = strings.Join(held, "\n\n")
}

// eventText says what, when and where an event is. A description that stands in the text already is left out.
func eventText(p *lang.Printer, e mime.Event, text string) string {
	title := p.T("Event: %s", e.Summary)
	if e.Cancelled {
		title = p.T("Cancelled: %s", e.Summary)
	}
	lines := []string{title}
	if when := eventTime(p, e); when != "" {
		lines = append(lines, p.T("When: %s", when))
	}
	if e.Location != "" {
		lines = append(lines, p.T("Where: %s", e.Location))
	}
	if e.Description != "" && !strings.Contains(letters(text), letters(e.Description)) {
		lines = append(lines, "", e.Description)
	}
	return strings.Join(lines, "\n")
}

// letters returns the letters of a text, which its format leaves alone.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, html.UnescapeString(text))
}

// eventTime says when an event is, in the zone of the site.
func eventTime(p *lang.Printer, e mime.Event) string {
	here := func(t time.Time) time.Time {
		if t.IsZero() || !e.Local && !e.AllDay {
			return t
		}
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, p.Zone())
	}
	start, end := here(e.Start), here(e.End)
	first, last := p.DateTime(start), p.DateTime(end)
	switch {
	case e.AllDay:
		first, last = p.Date(start), ""
		if !end.IsZero() {
			last = p.Date(end.AddDate(0, 0, -1))
		}
	case p.Date(start) == p.Date(end):
		last = p.Time(end)
	}
	if first == "" || last == "" || last == first || !end.After(start) {
		return first
	}
	return first + " – " + last
}
