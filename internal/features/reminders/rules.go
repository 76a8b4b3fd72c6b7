package reminders

import (
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
)

// When people are reminded: a day before, and of what takes whole days at nine in the morning of the day before, by the
// clocks of the site.
const (
	ahead   = 24 * time.Hour
	morning = 9
)

// horizon is how far ahead dates are looked for. Days begin later in the west, where it is as long before them that the
// site has its morning.
const horizon = ahead + 24*time.Hour

// dueAt returns from when on people are reminded of a date that begins at a time or, if it takes whole days, on a day of
// which begins tells the beginning as a clock on the wall: 2026-03-06.
func dueAt(starts clock.Time, allDay bool, begins string, zone *time.Location) clock.Time {
	day, err := time.Parse(time.DateOnly, begins[:min(len(begins), len(time.DateOnly))])
	if !allDay || err != nil {
		return clock.At(starts.Add(-ahead))
	}
	return clock.At(time.Date(day.Year(), day.Month(), day.Day()-1, morning, 0, 0, 0, zone))
}

// nearness is how near a date is, in days.
type nearness int

// The nearnesses.
const (
	today nearness = iota
	tomorrow
	later
)

// near returns how near a date is, by the clocks of the site. A date that takes whole days is as near as its first day.
func near(starts clock.Time, allDay bool, begins string, now clock.Time, zone *time.Location) nearness {
	first := starts.In(zone)
	if day, err := time.Parse(time.DateOnly, begins[:min(len(begins), len(time.DateOnly))]); allDay && err == nil {
		first = day
	}
	here := now.In(zone)
	days := time.Date(first.Year(), first.Month(), first.Day(), 0, 0, 0, 0, time.UTC).Sub(time.Date(here.Year(), here.Month(), here.Day(), 0, 0, 0, 0, time.UTC))
	switch {
	case days <= 0:
		return today
	case days <= 24*time.Hour:
		return tomorrow
	default:
		return later
	}
}
