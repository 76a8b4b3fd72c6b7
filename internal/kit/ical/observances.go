package ical

import (
	"fmt"
	"sort"
	"strings"
	"time"
)

// Zone writes what the clocks of a zone do between two points in time, and go on to do if that is the same each year.
func (w *Writer) Zone(zone *time.Location, from, until time.Time) {
	if zone == time.UTC || zone.String() == "UTC" {
		return
	}
	w.Begin("VTIMEZONE")
	w.Raw("TZID", zone.String())
	// A year around: the change before the first event is among them, and one that comes each year comes after the last.
	end := until.AddDate(1, 0, 0)
	changes := changesOf(zone, from.AddDate(-1, 0, 0), end)
	if len(changes) == 0 || changes[0].at.After(from) {
		_, offset := from.In(zone).Zone()
		since := time.Date(min(1970, from.Year()-1), time.January, 1, 0, 0, 0, 0, time.UTC)
		w.observance(change{at: since.Add(-time.Duration(offset) * time.Second).In(zone), before: offset}, "")
	}
	for len(changes) > 0 {
		first := changes[0]
		run, others := runOf(changes)
		changes = others
		last := run[len(run)-1]
		goesOn := len(run) > 1 && last.at.Add(53*week).After(end) // the next one would lie behind what was looked at
		switch {
		case len(run) == 1 && !goesOn:
			w.observance(first, "")
		case goesOn:
			w.observance(first, first.rule())
		default:
			w.observance(first, first.rule()+";UNTIL="+last.at.UTC().Format(stampLayout)+"Z")
		}
	}
	w.End("VTIMEZONE")
}

// change is where the clocks of a zone are put forward or back.
type change struct {
	at     time.Time // in the zone, since when they show what they show then
	before int       // seconds east of Greenwich until then
}

// wall returns what the clocks would have shown at the change.
func (c change) wall() time.Time {
	return c.at.UTC().Add(time.Duration(c.before) * time.Second)
}

// rule says when the change comes each year, if it does: on the same Sunday of the month, counted from its end if it is
// the last one.
func (c change) rule() string {
	wall := c.wall()
	nth := (wall.Day()-1)/7 + 1
	if wall.AddDate(0, 0, 7).Month() != wall.Month() {
		nth = -1
	}
	return fmt.Sprintf("FREQ=YEARLY;BYMONTH=%d;BYDAY=%d%s", wall.Month(), nth, strings.ToUpper(wall.Weekday().String()[:2]))
}

// like reports whether another change is this one in a later year.
func (c change) like(later change) bool {
	return c.before == later.before && sameClocks(c.at, later.at) && c.rule() == later.rule() && c.wall().Format("150405") == later.wall().Format("150405")
}

// runOf takes the first of some changes out of them, with those that are the same in the years that follow.
func runOf(changes []change) (run, others []change) {
	run = changes[:1:1]
	ended := false
	for _, c := range changes[1:] {
		last := run[len(run)-1]
		if !ended && c.wall().Year() == last.wall().Year()+1 && last.like(c) {
			run = append(run, c)
			continue
		}
		ended = ended || c.wall().Year() > last.wall().Year()+1
		others = append(others, c)
	}
	return run, others
}

// week is how far apart changes of the clock are at least.
const week = 7 * 24 * time.Hour

// changesOf returns when the clocks of a zone are changed. ZoneBounds would know, but gives wrong ends behind the last
// change that the zone database lists.
func changesOf(zone *time.Location, from, until time.Time) (all []change) {
	for t := from.Truncate(time.Second).In(zone); t.Before(until); t = t.Add(week) {
		if sameClocks(t, t.Add(week)) {
			continue
		}
		seconds := sort.Search(int(week/time.Second), func(n int) bool { return !sameClocks(t, t.Add(time.Duration(n)*time.Second)) })
		_, before := t.Zone()
		all = append(all, change{at: t.Add(time.Duration(seconds) * time.Second), before: before})
	}
	return all
}

// sameClocks reports whether the clocks of a zone are set alike at two points in time.
func sameClocks(t, other time.Time) bool {
	name, offset := t.Zone()
	otherName, otherOffset := other.Zone()
	return name == otherName && offset == otherOffset
}

// observance writes since when clocks show what they show, and how that comes again.
func (w *Writer) observance(c change, rule string) {
	kind := "STANDARD"
	if c.at.IsDST() {
		kind = "DAYLIGHT"
	}
	name, offset := c.at.Zone()
	w.Begin(kind)
	w.Raw("DTSTART", c.wall().Format(stampLayout))
	if rule != "" {
		w.Raw("RRULE", rule)
	}
	w.Raw("TZOFFSETFROM", utcOffset(c.before))
	w.Raw("TZOFFSETTO", utcOffset(offset))
	w.Raw("TZNAME", name)
	w.End(kind)
}

// utcOffset returns seconds east of Greenwich as calendars write them: "+0100".
func utcOffset(seconds int) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	text := fmt.Sprintf("%c%02d%02d", sign, seconds/3600, seconds/60%60)
	if seconds%60 != 0 {
		text += fmt.Sprintf("%02d", seconds%60)
	}
	return text
}
