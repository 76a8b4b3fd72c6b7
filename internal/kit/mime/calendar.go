package mime

import (
	"bytes"
	stdmime "mime"
	"slices"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/kit/ical"
)

// Calendar is a calendar that goes with a mail (RFC 6047): an invitation, an answer to one, or dates to keep.
type Calendar struct {
	Method string // what is to be done with it, in capitals: "REQUEST"
	Data   []byte // UTF-8
	Name   string // of the file: "invite.ics"
	// FileOnly leaves it out of the alternatives of the text. Programs that know calendars show one that stands there in
	// the place of the text, which is right for an invitation and hides everything else.
	FileOnly bool
}

// variant returns the calendar as one of the alternatives of the text, where programs look for invitations.
func (c Calendar) variant() *node {
	return &node{mediaType: "text/calendar", params: map[string]string{"charset": "utf-8", "method": c.Method}, encoding: "base64", data: c.Data}
}

// file returns the calendar as a file. Beside an alternative it has another type: some programs would show it twice.
func (c Calendar) file() *node {
	n := c.variant()
	if !c.FileOnly {
		n.mediaType, n.params = "application/ics", map[string]string{"name": c.Name}
	}
	n.disposition = stdmime.FormatMediaType("attachment", map[string]string{"filename": c.Name})
	return n
}

// What is kept of the calendars of one mail, for whoever reads more of them than Event says.
const (
	maxCalendars     = 4
	maxCalendarBytes = 1 << 20 // of each
)

// keepCalendar keeps a calendar; programs send one as an alternative of the text and as a file.
func (b *body) keepCalendar(data []byte) {
	known := slices.ContainsFunc(b.calendars, func(o []byte) bool { return bytes.Equal(o, data) })
	if !known && len(data) <= maxCalendarBytes && len(b.calendars) < maxCalendars {
		b.calendars = append(b.calendars, data)
	}
}

// Event is an event that a mail brings as a text/calendar part: an invitation, mostly.
type Event struct {
	Summary, Location, Description string

	Start, End time.Time // zero if unknown; the end of an event of whole days is the day after
	AllDay     bool
	Local      bool // the times are those that clocks show where the event is
	Cancelled  bool
}

const (
	maxEvents     = 20
	maxEventText  = 20_000 // bytes of a description
	maxEventTitle = 1000   // bytes of a title or place
)

// readCalendar returns the events of a calendar (RFC 5545). Of a series it returns the first.
func readCalendar(data []byte) []Event {
	var (
		events    []Event
		current   *Event
		inside    []string // components around the line
		cancelled bool
	)
	for q := range ical.Properties(data) {
		switch q.Name {
		case "BEGIN":
			if inside = append(inside, strings.ToUpper(q.Value)); len(inside) > 20 {
				return events
			}
			if strings.EqualFold(q.Value, "VEVENT") && len(events) < maxEvents {
				events = append(events, Event{Cancelled: cancelled})
				current = &events[len(events)-1]
			}
			continue
		case "END":
			if len(inside) > 0 {
				inside = inside[:len(inside)-1]
			}
			if strings.EqualFold(q.Value, "VEVENT") {
				current = nil
			}
			continue
		case "METHOD":
			cancelled = strings.EqualFold(q.Value, "CANCEL")
		}
		if current != nil && len(inside) > 0 && inside[len(inside)-1] == "VEVENT" {
			current.take(q)
		}
	}
	return events
}

// take understands one line of the event.
func (e *Event) take(q ical.Property) {
	switch q.Name {
	case "SUMMARY":
		e.Summary = oneLine(calendarText(q.Value, maxEventTitle))
	case "LOCATION":
		e.Location = oneLine(calendarText(q.Value, maxEventTitle))
	case "DESCRIPTION":
		e.Description = strings.TrimSpace(calendarText(q.Value, maxEventText))
	case "STATUS":
		e.Cancelled = e.Cancelled || strings.EqualFold(q.Value, "CANCELLED")
	case "DTSTART":
		e.Start, e.AllDay, e.Local = calendarTime(q.Value, q.Param("TZID"))
	case "DTEND":
		e.End, _, _ = calendarTime(q.Value, q.Param("TZID"))
	}
}

var calendarEscapes = strings.NewReplacer(`\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`)

func calendarText(value string, most int) string {
	if len(value) > most {
		value = strings.ToValidUTF8(value[:most], "")
	}
	return dropMarkers(calendarEscapes.Replace(value))
}

// calendarTime reads a date, or a time in a zone. Of zones that nobody else knows, such as those of Outlook, the time
// on the clock is taken.
func calendarTime(value, zone string) (t time.Time, allDay, local bool) {
	value = strings.TrimSpace(value)
	if len(value) == len("20060102") {
		t, _ = time.Parse("20060102", value)
		return t, true, true
	}
	if at, isUTC := strings.CutSuffix(value, "Z"); isUTC {
		t, _ = time.Parse("20060102T150405", at)
		return t, false, false
	}
	if len(zone) < 64 && strings.Contains(zone, "/") {
		if known, err := time.LoadLocation(strings.TrimPrefix(zone, "/")); err == nil {
			if t, err := time.ParseInLocation("20060102T150405", value, known); err == nil {
				return t, false, false
			}
		}
	}
	t, _ = time.Parse("20060102T150405", value)
	return t, false, true
}
