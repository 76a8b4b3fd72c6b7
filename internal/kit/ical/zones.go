package ical

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// zoneFinder finds the zone of the zone database that a calendar means.
type zoneFinder struct {
	home    *time.Location
	defined map[string]*definition    // by TZID
	found   map[string]*time.Location // by TZID
	known   []*time.Location          // those that Windows knows, read when they are needed first
}

// find returns the zone that a TZID means, which is used first at some time; home if nobody can tell.
func (z *zoneFinder) find(name string, used time.Time) *time.Location {
	if name = cut(strings.TrimSpace(name), maxUID); name == "" {
		return z.home
	}
	if zone, ok := z.found[name]; ok {
		return zone
	}
	if len(z.found) == maxZones {
		return z.home
	}
	zone := z.search(name, used)
	z.found[name] = zone
	return zone
}

// search asks what programs mean by a name, and where it is one of their own, what their clocks do.
func (z *zoneFinder) search(name string, used time.Time) *time.Location {
	if zone := named(name); zone != nil {
		return zone
	}
	d := z.defined[name]
	if d == nil || len(d.observances) == 0 {
		return z.home
	}
	if zone := named(d.location); zone != nil {
		return zone
	}
	return z.like(d, min(max(used.Year(), 1970), 2037))
}

// like returns a zone whose clocks do in a year what a definition says: home, the first of the known ones, or one whose
// clocks are never changed.
func (z *zoneFinder) like(d *definition, year int) *time.Location {
	const samples = 53
	var times [samples]time.Time
	var offsets [samples]int
	for n := range samples {
		times[n] = time.Date(year, time.January, 1+7*n, 12, 0, 0, 0, time.UTC)
		offsets[n] = d.offset(times[n])
	}
	same := func(zone *time.Location) bool {
		for n, t := range times {
			if _, seconds := t.In(zone).Zone(); seconds != offsets[n] {
				return false
			}
		}
		return true
	}
	if same(z.home) {
		return z.home
	}
	if z.known == nil {
		z.known = loadWindowsZones()
	}
	if n := slices.IndexFunc(z.known, same); n >= 0 {
		return z.known[n]
	}
	if zone, err := time.LoadLocation(fmt.Sprintf("Etc/GMT%+d", -offsets[0]/3600)); err == nil && offsets[0]%3600 == 0 {
		return zone
	}
	return z.home
}

var zoneName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$`)

// named returns the zone that has a name: that of the zone database, with something before it as in
// /freeassociation.sourceforge.net/Europe/Berlin, or that of Windows. It is nil if there is none.
func named(name string) *time.Location {
	name = strings.TrimSpace(name)
	if len(name) > 100 {
		return nil
	}
	for _, w := range windowsZones {
		if strings.EqualFold(w.name, name) {
			name = w.zone
		}
	}
	switch strings.ToUpper(name) {
	case "UTC", "Z", "GMT", "ETC/UTC", "ETC/GMT", "TZONE://MICROSOFT/UTC":
		return time.UTC
	case "LOCAL", "LOCALTIME", "POSIXRULES", "FACTORY":
		return nil
	}
	for rest, more := name, true; more; _, rest, more = strings.Cut(rest, "/") {
		if rest != name && !strings.Contains(rest, "/") || !zoneName.MatchString(rest) {
			continue
		}
		if zone, err := time.LoadLocation(rest); err == nil {
			return zone
		}
	}
	return nil
}

// definition is a VTIMEZONE: what the clocks of a zone do, as a calendar says it.
type definition struct {
	name        string
	location    string // X-LIC-LOCATION
	observances []observed
}

// observed is a part of a definition: since when clocks show what they show.
type observed struct {
	begins   time.Time // a wall
	from, to int       // seconds east of Greenwich, before and since
	added    []time.Time
	rule     bool // it begins again each year, until a time
	until    time.Time
	month    time.Month
	weekday  time.Weekday
	nth      int   // of the weekday in the month, from its end if negative; 0 is none
	days     []int // of the month, where the rule says them
}

// maxObservances is how many parts of a definition are read.
const maxObservances = 400

func (d *definition) begin() {
	if len(d.observances) <= maxObservances {
		d.observances = append(d.observances, observed{})
	}
}

// take understands a line of the definition.
func (d *definition) take(q Property) {
	switch q.Name {
	case "TZID":
		d.name = q.text(maxUID)
		return
	case "X-LIC-LOCATION":
		d.location = q.Value
		return
	}
	if len(d.observances) == 0 {
		return
	}
	o := &d.observances[len(d.observances)-1]
	switch q.Name {
	case "DTSTART":
		m, _ := parseMoment(q, q.Value)
		o.begins = m.wall
	case "TZOFFSETFROM":
		o.from = parseOffset(q.Value)
	case "TZOFFSETTO":
		o.to = parseOffset(q.Value)
	case "RDATE":
		for value := range strings.SplitSeq(q.Value, ",") {
			if m, ok := parseMoment(q, value); ok && len(o.added) < maxObservances {
				o.added = append(o.added, m.wall)
			}
		}
	case "RRULE":
		o.takeRule(q.Value)
	}
}

// takeRule understands how each year is the same: "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU".
func (o *observed) takeRule(rule string) {
	for part := range strings.SplitSeq(strings.ToUpper(rule), ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch key {
		case "FREQ":
			o.rule = value == "YEARLY"
		case "UNTIL":
			m, _ := parseMoment(Property{}, value)
			o.until = m.wall
		case "BYMONTH":
			n, _ := strconv.Atoi(value)
			o.month = time.Month(n)
		case "BYMONTHDAY":
			for day := range strings.SplitSeq(value, ",") {
				if n, err := strconv.Atoi(day); err == nil && len(o.days) < 31 {
					o.days = append(o.days, n)
				}
			}
		case "BYDAY":
			o.takeWeekday(value)
		}
	}
}

func (o *observed) takeWeekday(value string) {
	if len(value) < 2 {
		return
	}
	at := strings.Index("SUMOTUWETHFRSA", value[len(value)-2:])
	if at < 0 || at%2 != 0 {
		return
	}
	o.weekday, o.nth = time.Weekday(at/2), 1
	if n, err := strconv.Atoi(value[:len(value)-2]); err == nil {
		o.nth = n
	}
}

// in returns when the observance begins in a year, as a wall; ok is false if it does not.
func (o observed) in(year int) (onset time.Time, ok bool) {
	if !o.rule {
		return o.begins, o.begins.Year() == year
	}
	month := o.month
	if month < time.January || month > time.December {
		month = o.begins.Month()
	}
	at := func(day int) time.Time {
		return time.Date(year, month, day, o.begins.Hour(), o.begins.Minute(), o.begins.Second(), 0, time.UTC)
	}
	switch {
	case o.nth == 0 && len(o.days) > 0:
		onset = at(o.days[0])
	case o.nth == 0:
		onset = at(o.begins.Day())
	case o.nth < 0:
		last := at(1).AddDate(0, 1, -1)
		onset = last.AddDate(0, 0, -int(last.Weekday()-o.weekday+7)%7+7*(o.nth+1))
	default:
		first := at(1)
		if len(o.days) > 0 { // "the Sunday of the 8th to the 14th"
			first = at(o.days[0])
		}
		onset = first.AddDate(0, 0, int(o.weekday-first.Weekday()+7)%7+7*(o.nth-1))
	}
	return onset, !onset.Before(o.begins) && (o.until.IsZero() || !onset.After(o.until.Add(24*time.Hour)))
}

// offset returns how many seconds east of Greenwich the clocks are set at a time.
func (d *definition) offset(t time.Time) int {
	seconds, latest := d.observances[0].from, time.Time{}
	for _, o := range d.observances {
		since := func(wall time.Time) {
			onset := wall.Add(-time.Duration(o.from) * time.Second)
			if !onset.After(t) && onset.After(latest) {
				seconds, latest = o.to, onset
			}
		}
		since(o.begins)
		for _, wall := range o.added {
			since(wall)
		}
		last := t.Year()
		if !o.until.IsZero() {
			last = min(last, o.until.Year())
		}
		for year := last - 1; o.rule && year <= last; year++ {
			if wall, ok := o.in(year); ok {
				since(wall)
			}
		}
	}
	return seconds
}

// parseOffset reads "+0100" or "+01:00" as seconds; 0 if it is nothing of that kind.
func parseOffset(value string) int {
	value = strings.ReplaceAll(strings.TrimSpace(value), ":", "")
	sign := 1
	if strings.HasPrefix(value, "-") {
		sign = -1
	}
	value = strings.TrimLeft(value, "+-")
	if len(value) != 4 && len(value) != 6 {
		return 0
	}
	n, err := strconv.Atoi((value + "00")[:6])
	if err != nil {
		return 0
	}
	return sign * (n/10000*3600 + n/100%100*60 + n%100)
}
