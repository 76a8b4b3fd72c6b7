package ical

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/kit/errs"
)

// Limits say how much of a calendar is read, and how times without a zone are meant. Zero values are sensible.
type Limits struct {
	Bytes  int64          // of the whole calendar; 10 MiB
	Events int            // exceptions of a series count; 5,000
	Text   int            // bytes of one text, behind which it is cut; 64 KiB
	Zone   *time.Location // of times that name none, where the calendar does not either; UTC
}

// What is bounded whatever the limits say: components inside each other, zones of a calendar, properties of an event
// and parameters of a property. What is beyond is left out, but for the first.
const (
	maxDepth      = 20
	maxZones      = 200
	maxProperties = 5000
	maxParams     = 50
)

// Calendar is what was understood of a calendar.
type Calendar struct {
	Method  string // REQUEST, REPLY, …; "" where none is named
	Name    string
	Events  []Event
	Skipped int // events that cannot be read
}

// Event is an event, a whole series, or one date of a series that differs from it.
type Event struct {
	UID        string    `json:"uid"` // never empty: an event without one is named after what it says
	Sequence   int       `json:"sequence"`
	Stamp      time.Time `json:"stamp"`      // when this was written; zero if it does not say so
	Recurrence string    `json:"recurrence"` // which date of the series this is: a wall as the series shows it, or its day; "" is all of it

	Title    string `json:"title"`
	Text     string `json:"text"`
	Place    string `json:"place"`
	URL      string `json:"url"`      // of http or https
	Status   string `json:"status"`   // CONFIRMED, TENTATIVE, CANCELLED; "" where none is named
	Position string `json:"position"` // latitude and longitude: 53.55,10.00

	// When it takes place, by the clocks of Zone: 2026-03-03T19:00, or 2026-03-03 for whole days, the last of which
	// Ends is. Ends is empty where it is not said, or is the day itself. Begins is empty only if the calendar answers
	// or cancels, and does not repeat it.
	Begins string `json:"begins"`
	Ends   string `json:"ends"`
	AllDay bool   `json:"all_day"`
	Zone   string `json:"zone"` // a name of the zone database

	Rule     string   `json:"rule"`     // RFC 5545, 3.3.10, but that UNTIL is what the clocks of Zone show; "" is one date
	Excluded []string `json:"excluded"` // dates, written as Begins; a day alone means the date on it
	Added    []string `json:"added"`    // further dates, written so, too

	Organizer Person   `json:"organizer"`
	Attendees []Person `json:"attendees"`

	Via []string `json:"via,omitempty"` // the sites of this program through which it has come: their hosts, in lower case
}

// ViaProperty names the sites through which an event has come, so that it does not go round in circles.
const ViaProperty = "X-GROUPRISE-VIA"

// Person is somebody whom an event names.
type Person struct {
	Address string `json:"address"` // of mail; "" where there is none
	Name    string `json:"name"`
	Answer  string `json:"answer"` // PARTSTAT: ACCEPTED, …; NEEDS-ACTION if there is none
	Role    string `json:"role"`   // REQ-PARTICIPANT if there is none
}

// Parse reads a calendar, as well as it is written: a line that makes no sense is left out, and so is an event of which
// nobody can tell when it begins. It fails with errs.Invalid if the text is no calendar or ends in the middle, with
// errs.TooLarge beyond the limits, and with the error of the reader. It takes time and memory in proportion to the text.
func Parse(r io.Reader, l Limits) (Calendar, error) {
	l.Bytes = cmp.Or(l.Bytes, 10<<20)
	l.Events = cmp.Or(l.Events, 5000)
	l.Text = cmp.Or(l.Text, 64<<10)
	if l.Zone == nil {
		l.Zone = time.UTC
	}
	text, err := io.ReadAll(io.LimitReader(r, l.Bytes+1))
	if err != nil {
		return Calendar{}, fmt.Errorf("read a calendar: %w", err)
	}
	if int64(len(text)) > l.Bytes {
		return Calendar{}, errs.New(errs.TooLarge, "This calendar is too large: at most %d MB can be read.", max(1, l.Bytes>>20))
	}
	p := parser{limits: l, zones: zoneFinder{home: l.Zone, defined: map[string]*definition{}, found: map[string]*time.Location{}}}
	if err := p.read(text); err != nil {
		return Calendar{}, err
	}
	return p.finish(), nil
}

// parser collects what the lines of a calendar say. Zones may be defined behind the events that use them, and a date of
// a series may stand before the series: both are put together at the end.
type parser struct {
	limits Limits
	zones  zoneFinder

	inside []string // the components around the line
	begun  bool
	ended  bool

	method, name, zone string
	events             []properties
	definition         *definition
}

// eventProperties are those that are kept of an event.
var eventProperties = map[string]bool{
	"UID": true, "SEQUENCE": true, "DTSTAMP": true, "LAST-MODIFIED": true, "RECURRENCE-ID": true, "SUMMARY": true, "DESCRIPTION": true,
	"LOCATION": true, "URL": true, "STATUS": true, "GEO": true, "X-APPLE-STRUCTURED-LOCATION": true, "DTSTART": true, "DTEND": true,
	"DURATION": true, "X-MICROSOFT-CDO-ALLDAYEVENT": true, "RRULE": true, "EXDATE": true, "RDATE": true, "ORGANIZER": true, "ATTENDEE": true,
	ViaProperty: true,
}

// read reads all lines. A stream may hold several calendars (RFC 5545, 3.4): their events are taken together.
func (p *parser) read(text []byte) error {
	for q := range Properties(text) {
		if !p.begun && q.Name != "BEGIN" {
			break
		}
		if err := p.take(q); err != nil {
			return err
		}
	}
	switch {
	case !p.begun:
		return errs.New(errs.Invalid, "This is not a calendar in the iCalendar format.")
	case !p.ended:
		return errs.New(errs.Invalid, "This calendar is incomplete: it ends in the middle.")
	}
	return nil
}

// take understands one line.
func (p *parser) take(q Property) error {
	switch q.Name {
	case "BEGIN":
		return p.begin(strings.ToUpper(strings.TrimSpace(q.Value)))
	case "END":
		p.end(strings.ToUpper(strings.TrimSpace(q.Value)))
		return nil
	}
	switch p.component() {
	case "VCALENDAR":
		p.calendarProperty(q)
	case "VEVENT":
		if e := &p.events[len(p.events)-1]; eventProperties[q.Name] && len(*e) < maxProperties {
			*e = append(*e, q)
		}
	case "VTIMEZONE", "STANDARD", "DAYLIGHT":
		if p.definition != nil {
			p.definition.take(q)
		}
	}
	return nil
}

// component returns the name of the innermost component.
func (p *parser) component() string {
	if len(p.inside) == 0 {
		return ""
	}
	return p.inside[len(p.inside)-1]
}

func (p *parser) begin(component string) error {
	if !p.begun && component != "VCALENDAR" {
		return errs.New(errs.Invalid, "This is not a calendar in the iCalendar format.")
	}
	if len(p.inside) == maxDepth {
		return errs.New(errs.Invalid, "This calendar can’t be read: its parts are nested too deeply.")
	}
	p.begun, p.ended = true, false
	p.inside = append(p.inside, component)
	switch component {
	case "VEVENT":
		if len(p.events) == p.limits.Events {
			return errs.New(errs.TooLarge, "This calendar has too many events: at most %d can be read.", p.limits.Events)
		}
		p.events = append(p.events, nil)
	case "VTIMEZONE":
		p.definition = &definition{}
	case "STANDARD", "DAYLIGHT":
		if p.definition != nil {
			p.definition.begin()
		}
	}
	return nil
}

// end leaves a component, and those inside it that nobody has ended.
func (p *parser) end(component string) {
	at := slices.Index(p.inside, component)
	if at < 0 {
		return
	}
	p.inside = p.inside[:at]
	if component == "VTIMEZONE" && p.definition != nil {
		if d := p.definition; len(p.zones.defined) < maxZones && d.name != "" {
			p.zones.defined[d.name] = d
		}
		p.definition = nil
	}
	p.ended = len(p.inside) == 0
}

func (p *parser) calendarProperty(q Property) {
	switch q.Name {
	case "METHOD":
		p.method = cmp.Or(p.method, strings.ToUpper(strings.TrimSpace(q.Value)))
	case "X-WR-CALNAME", "NAME":
		p.name = cmp.Or(p.name, q.text(p.limits.Text))
	case "X-WR-TIMEZONE":
		p.zone = cmp.Or(p.zone, strings.TrimSpace(q.Value))
	}
}

// finish returns what the lines say together.
func (p *parser) finish() Calendar {
	if zone := named(p.zone); zone != nil {
		p.zones.home = zone
	}
	c := Calendar{Method: p.method, Name: p.name}
	series := map[string]*time.Location{} // by UID: the zone in which a series counts its dates
	for _, raw := range p.events {
		if start, ok := p.begins(raw); ok && !raw.has("RECURRENCE-ID") && !start.allDay {
			series[raw.uid()] = p.zoneOf(start)
		}
	}
	for _, raw := range p.events {
		e, ok := p.event(raw, series[raw.uid()])
		if !ok {
			c.Skipped++
			continue
		}
		c.Events = append(c.Events, e)
	}
	return c
}
