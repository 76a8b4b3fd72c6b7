// Package ical writes calendars as programs read them (RFC 5545): lines of at most 75 bytes, texts with their signs
// escaped, days and times in zones, and what a zone does while the calendar lasts. It reads what programs write, which is
// not always what the standard says.
package ical

import (
	"bytes"
	"strings"
	"time"
	"unicode/utf8"
)

// MediaType is that of a calendar.
const MediaType = "text/calendar; charset=utf-8"

// maxLine is how many bytes a line has before it goes on in the next.
const maxLine = 75

// Writer writes a calendar, line by line.
type Writer struct {
	buffer bytes.Buffer
	line   []byte // that is being written, not yet folded
}

// Begin begins a component: "VCALENDAR", "VEVENT".
func (w *Writer) Begin(component string) { w.Raw("BEGIN", component) }

// End ends a component.
func (w *Writer) End(component string) { w.Raw("END", component) }

// Grow makes room for so many further bytes, so that a long calendar is not moved while it is written.
func (w *Writer) Grow(size int) { w.buffer.Grow(size) }

// Bytes returns what has been written.
func (w *Writer) Bytes() []byte { return w.buffer.Bytes() }

// Raw writes a property whose value is written as it is, such as a word of the standard or an address. The name may have
// parameters. Line ends and other control characters are left out.
func (w *Writer) Raw(name, value string) {
	w.begin(name)
	for n := range len(value) {
		if c := value[n]; !isControl(c) {
			w.line = append(w.line, c)
		}
	}
	w.end()
}

// Text writes a property that people read: signs that mean something to programs are put as people mean them.
func (w *Writer) Text(name, text string) {
	w.begin(name)
	plain := 0 // since where everything is written as it is
	for n := range len(text) {
		c := text[n]
		if c >= ' ' && c != '\\' && c != ';' && c != ',' && c != 0x7f {
			continue
		}
		w.line = append(w.line, text[plain:n]...)
		plain = n + 1
		switch {
		case c == '\\' || c == ';' || c == ',':
			w.line = append(w.line, '\\', c)
		case c == '\t':
			w.line = append(w.line, c)
		case c == '\n' || c == '\r' && !strings.HasPrefix(text[plain:], "\n"):
			w.line = append(w.line, '\\', 'n')
		}
	}
	w.line = append(w.line, text[plain:]...)
	w.end()
}

// isControl reports whether a byte is a control character that no line may hold.
func isControl(c byte) bool { return c < ' ' && c != '\t' || c == 0x7f }

func (w *Writer) begin(name string) { w.line = append(append(w.line[:0], name...), ':') }

// end writes the line, folded.
func (w *Writer) end() {
	line := w.line
	if !utf8.Valid(line) {
		line = bytes.ToValidUTF8(line, nil)
	}
	for room := maxLine; len(line) > room; room = maxLine - 1 { // the blank counts
		cut := room
		for !utf8.RuneStart(line[cut]) {
			cut--
		}
		w.buffer.Write(line[:cut])
		w.buffer.WriteString("\r\n ")
		line = line[cut:]
	}
	w.buffer.Write(line)
	w.buffer.WriteString("\r\n")
}

// UTC writes a point in time.
func (w *Writer) UTC(name string, t time.Time) { w.Raw(name, t.UTC().Format(stampLayout+"Z")) }

// Day writes a day.
func (w *Writer) Day(name string, day time.Time) { w.Raw(name+";VALUE=DATE", day.Format(dayLayout)) }

// Local writes what the clocks of a zone show. The calendar says with Zone what the zone does.
func (w *Writer) Local(name string, wall time.Time, zone *time.Location) {
	if zone == time.UTC || zone.String() == "UTC" {
		w.Raw(name, wall.Format(stampLayout+"Z"))
		return
	}
	w.Raw(name+";TZID="+zone.String(), wall.Format(stampLayout))
}
