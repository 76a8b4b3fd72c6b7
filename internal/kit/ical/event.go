package ical

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// event returns an event. series is the zone in which the dates of its series are counted, nil if it is not in the
// calendar or is one of whole days.
func (p *parser) event(raw properties, series *time.Location) (Event, bool) {
	text := func(name string) string { return raw.get(name).text(p.limits.Text) }
	e := Event{
		UID: raw.uid(), Stamp: raw.stamp(), Title: text("SUMMARY"), Text: text("DESCRIPTION"), Place: text("LOCATION"),
		URL: raw.link(), Status: strings.ToUpper(strings.TrimSpace(raw.get("STATUS").Value)), Position: raw.position(),
		Rule: raw.rule(), Zone: p.zones.home.String(),
	}
	e.Sequence, _ = strconv.Atoi(strings.TrimSpace(raw.get("SEQUENCE").Value))
	e.Sequence = max(e.Sequence, 0)
	for _, q := range raw {
		switch q.Name {
		case "ORGANIZER":
			e.Organizer = q.person(p.limits.Text)
		case "ATTENDEE":
			e.Attendees = append(e.Attendees, q.person(p.limits.Text))
		case ViaProperty:
			for host := range strings.SplitSeq(q.Value, ",") {
				e.Via = append(e.Via, strings.ToLower(strings.TrimSpace(host)))
			}
		}
	}
	begins, ok := p.begins(raw)
	if !ok && !p.mayOmitStart() {
		return e, false
	}
	zone := p.zones.home
	if ok {
		zone = p.zoneOf(begins)
		if begins.utc && e.Rule == "" && !raw.has("RDATE") && !raw.has("RECURRENCE-ID") {
			zone = p.zones.home // what programs mean by UTC is a point in time
		}
		begins = p.shifted(begins, zone)
		if !begins.sensible() {
			return e, false
		}
		e.AllDay, e.Zone, e.Begins = begins.allDay, zone.String(), begins.String()
		e.Ends = p.ends(raw, begins, zone)
	}
	e.Rule = p.wallRule(e.Rule, zone, e.AllDay)
	e.Excluded, e.Added = p.dates(raw, "EXDATE", zone, e.AllDay), p.dates(raw, "RDATE", zone, e.AllDay)
	if q := raw.get("RECURRENCE-ID"); q.Value != "" {
		if series == nil {
			series = zone
		}
		e.Recurrence, ok = p.date(q, q.Value, series, e.AllDay)
		return e, ok
	}
	return e, true
}

// mayOmitStart reports whether events need not say when they begin: answers and cancellations refer to what is known.
func (p *parser) mayOmitStart() bool {
	return p.method != "" && p.method != "PUBLISH" && p.method != "REQUEST" && p.method != "ADD"
}

// begins returns when an event begins. Outlook says of whole days that they begin at midnight.
func (p *parser) begins(raw properties) (moment, bool) {
	q := raw.get("DTSTART")
	m, ok := parseMoment(q, q.Value)
	if ok && strings.EqualFold(strings.TrimSpace(raw.get("X-MICROSOFT-CDO-ALLDAYEVENT").Value), "TRUE") && m.wall.Hour() == 0 && m.wall.Minute() == 0 {
		m.allDay = true
	}
	return m, ok
}

// ends returns the end of an event as Event keeps it.
func (p *parser) ends(raw properties, begins moment, zone *time.Location) string {
	var end moment
	if q := raw.get("DTEND"); q.Value != "" {
		m, ok := parseMoment(q, q.Value)
		if !ok {
			return ""
		}
		if begins.allDay {
			m.allDay = true
		}
		end = p.shifted(m, zone)
		end.allDay = begins.allDay
	} else if d, ok := parseDuration(raw.get("DURATION").Value); ok {
		end = moment{wall: d.after(begins.wall, zone), allDay: begins.allDay}
	} else {
		return ""
	}
	if end.allDay {
		end.wall = end.wall.AddDate(0, 0, -1)
	}
	if !end.sensible() || !end.wall.After(begins.wall) || end.String() == begins.String() {
		return ""
	}
	return end.String()
}

// dates returns the dates that a property lists, by the clocks of a zone.
func (p *parser) dates(raw properties, name string, zone *time.Location, allDay bool) (all []string) {
	for _, q := range raw {
		if q.Name != name {
			continue
		}
		for value := range strings.SplitSeq(q.Value, ",") {
			value, _, _ = strings.Cut(value, "/") // a period
			if date, ok := p.date(q, value, zone, allDay); ok {
				all = append(all, date)
			}
		}
	}
	return all
}

// date returns the date that a value names, by the clocks of a zone.
func (p *parser) date(q Property, value string, zone *time.Location, allDay bool) (string, bool) {
	m, ok := parseMoment(q, value)
	if !ok {
		return "", false
	}
	m = p.shifted(m, zone)
	m.allDay = m.allDay || allDay
	return m.String(), m.sensible()
}

// wallRule returns a rule whose UNTIL is what the clocks of a zone show.
func (p *parser) wallRule(rule string, zone *time.Location, allDay bool) string {
	parts := strings.Split(rule, ";")
	for n, part := range parts {
		until, ok := strings.CutPrefix(part, "UNTIL=")
		if !ok {
			continue
		}
		m, ok := parseMoment(Property{}, until)
		if !ok {
			return ""
		}
		if m.utc {
			m = p.shifted(m, zone)
		}
		layout := stampLayout
		if m.allDay || allDay {
			layout = dayLayout
		}
		parts[n] = "UNTIL=" + m.wall.Format(layout)
	}
	return strings.Join(parts, ";")
}

// zoneOf returns the zone whose clocks show a moment.
func (p *parser) zoneOf(m moment) *time.Location {
	if m.utc {
		return time.UTC
	}
	return p.zones.find(m.zone, m.wall)
}

// shifted returns what the clocks of another zone show at a moment. Days are the same everywhere.
func (p *parser) shifted(m moment, zone *time.Location) moment {
	from := p.zoneOf(m)
	if m.allDay || from == zone {
		return moment{wall: m.wall, allDay: m.allDay}
	}
	return moment{wall: onWall(instant(m.wall, from), zone)}
}

// properties are those of one event, in their order.
type properties []Property

// get returns the first property of a name, the zero value if there is none.
func (all properties) get(name string) Property {
	for _, q := range all {
		if q.Name == name {
			return q
		}
	}
	return Property{}
}

func (all properties) has(name string) bool { return all.get(name).Value != "" }

// maxUID is how many bytes of a UID tell events from each other.
const maxUID = 255

// uid returns the name of an event. One that has none, or one that nobody can keep, is named after what it says.
func (all properties) uid() string {
	if uid := all.get("UID").text(maxUID + 1); uid != "" && len(uid) <= maxUID {
		return uid
	}
	sum := sha256.Sum256(bytes.Join([][]byte{
		[]byte(all.get("UID").Value), []byte(all.get("DTSTART").Value), []byte(all.get("SUMMARY").Value),
	}, []byte{0}))
	return hex.EncodeToString(sum[:16])
}

// stamp returns when an event was written.
func (all properties) stamp() time.Time {
	for _, name := range []string{"DTSTAMP", "LAST-MODIFIED"} {
		if m, ok := parseMoment(Property{}, all.get(name).Value); ok {
			return m.wall
		}
	}
	return time.Time{}
}
