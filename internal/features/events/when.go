package events

import (
	"strings"
	"sync"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
)

// wall is what a clock on the wall shows: a day and a time of day without a zone, kept as a time in UTC. The zero value
// is none.
type wall struct{ time.Time }

// The forms in which walls are written: those of the database and of browsers first, then those of scripts for 5.5.
const (
	wallTime = "2006-01-02T15:04"
	wallDay  = time.DateOnly
)

// The first and the last year of an event.
const (
	firstYear = 1900
	lastYear  = 2199
)

// parseWall reads a day with or without a time of day; ok reports whether the text is one. Seconds are dropped.
func parseWall(text string) (w wall, ok bool) {
	text = strings.TrimSpace(text)
	for _, layout := range []string{
		wallTime, wallDay, "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02 15:04:05",
		"2.1.2006 15:04", "2.1.2006 15:04:05", "2.1.2006",
	} {
		if t, err := time.Parse(layout, text); err == nil {
			return wall{t.Truncate(time.Minute)}, t.Year() >= firstYear && t.Year() <= lastYear
		}
	}
	return wall{}, false
}

// day returns the beginning of the day.
func (w wall) day() wall { return wall{w.Truncate(24 * time.Hour)} }

// add returns the wall so many days later.
func (w wall) add(days int) wall { return wall{w.AddDate(0, 0, days)} }

// daysTo returns how many whole days later another wall is; it is negative for an earlier one.
func (w wall) daysTo(later wall) int { return int(later.Sub(w.Time).Hours() / 24) }

// wallAt returns what the clocks of a zone show at a point in time, to the minute. Where they show it twice, in does not
// find the second one again.
func wallAt(t time.Time, zone *time.Location) wall {
	t = t.In(zone)
	return wall{time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, time.UTC)}
}

// in returns the point in time at which the clocks of a zone show the wall. Where they show it twice, because they were
// put back, it is the first time. Where they never show it, because they were put forward, it is the time that clocks
// would show that had not been (RFC 5545, section 3.3.5); exists is false then.
func (w wall) in(zone *time.Location) (t time.Time, exists bool) {
	offset := func(t time.Time) time.Duration {
		_, seconds := t.In(zone).Zone()
		return time.Duration(seconds) * time.Second
	}
	before, after := offset(w.Add(-24*time.Hour)), offset(w.Add(24*time.Hour))
	first, second := w.Add(-before), w.Add(-after)
	switch {
	case offset(first) == before:
		return first, true
	case offset(second) == after:
		return second, true
	default:
		return first, false
	}
}

// zones are those that events have been found in. Reading one from the zone database takes longer than all else that is
// done with an event.
type zones struct{ known sync.Map } // name → *time.Location

// load returns a zone of the zone database.
func (z *zones) load(name string) (*time.Location, error) {
	if zone, ok := z.known.Load(name); ok {
		return zone.(*time.Location), nil //nolint:forcetypeassert // nothing else is stored
	}
	if name == "" || name == "Local" || len(name) > 64 {
		return nil, errs.New(errs.Invalid, "There is no such time zone. Enter one like Europe/Berlin.")
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, errs.New(errs.Invalid, "There is no such time zone. Enter one like Europe/Berlin.").Because(err)
	}
	z.known.Store(name, zone)
	return zone, nil
}

// span is when an event takes place.
type span struct {
	Begins, Ends wall // Ends is the last day of an event that takes whole days; zero if nobody has said it
	AllDay       bool
	Zone         *time.Location
}

// dates returns the points in time at which an event begins and ends. One without an end ends when it begins, and one
// that takes the whole day within the last moment of it.
func (s span) dates() (starts, ends clock.Time) {
	begins, _ := s.Begins.in(s.Zone)
	if s.AllDay {
		last, _ := s.lastDay().add(1).in(s.Zone)
		return clock.At(begins), clock.At(last.Add(-time.Millisecond))
	}
	if s.Ends.IsZero() {
		return clock.At(begins), clock.At(begins)
	}
	end, _ := s.Ends.in(s.Zone)
	return clock.At(begins), clock.At(end)
}

// lastDay returns the day on which an event ends. One that ends at midnight ends on the day before.
func (s span) lastDay() wall {
	switch {
	case s.Ends.IsZero() || s.Ends.Before(s.Begins.Time):
		return s.Begins.day()
	case !s.AllDay && s.Ends.After(s.Begins.Time):
		return wall{s.Ends.Add(-time.Minute)}.day()
	default:
		return s.Ends.day()
	}
}

// shift returns when an event takes place by the clocks of another zone. Whole days are the same everywhere.
func (s span) shift(zone *time.Location) span {
	if s.AllDay {
		return s
	}
	to := func(w wall) wall {
		if w.IsZero() {
			return w
		}
		t, _ := w.in(s.Zone)
		return wallAt(t, zone)
	}
	return span{Begins: to(s.Begins), Ends: to(s.Ends), Zone: zone}
}

// sameClocks reports whether the clocks of the event's zone and of another one show the same while it takes place.
func (s span) sameClocks(zone *time.Location) bool {
	there := s.shift(zone)
	return there.Begins.Equal(s.Begins.Time) && there.Ends.Equal(s.Ends.Time)
}

// night is until when in the morning an event belongs to the evening before.
const night = 6

// say says when an event takes place: "Tue 3 March 2026, 7–9 pm", "Di., 3. März 2026, 19:00–21:00 Uhr".
func (s span) say(p *lang.Printer) string {
	begins := sayDay(p, s.Begins)
	switch last := s.lastDay(); {
	case s.AllDay && last.Equal(s.Begins.day().Time):
		return p.T("%s, all day", begins)
	case s.AllDay:
		return p.T("%[1]s – %[2]s", begins, sayDay(p, last))
	case s.Ends.IsZero() || s.Ends.Equal(s.Begins.Time):
		return p.T("%[1]s, %[2]s", begins, sayTime(p, s.Begins))
	case s.sameEvening():
		return p.T("%[1]s, %[2]s", begins, sayTimes(p, s.Begins, s.Ends))
	default:
		return p.T("%[1]s – %[2]s", p.T("%[1]s, %[2]s", begins, sayTime(p, s.Begins)), p.T("%[1]s, %[2]s", sayDay(p, s.Ends), sayTime(p, s.Ends)))
	}
}

// sameEvening reports whether an event ends on the day on which it begins, or in the night that follows.
func (s span) sameEvening() bool {
	next := s.Begins.day().add(1)
	return s.Ends.Before(next.Time) || s.Ends.Before(next.Add(night*time.Hour)) && s.Ends.Sub(s.Begins.Time) < 18*time.Hour
}

// sayZone says the zone of an event where its clocks do not show what those of the readers do: "Lisbon time".
func (s span) sayZone(p *lang.Printer) string {
	if s.AllDay || s.sameClocks(p.Zone()) {
		return ""
	}
	return p.T("%s time", city(s.Zone.String()))
}

// sayWhole says when an event takes place, and with which clocks if those are not the readers'.
func (s span) sayWhole(p *lang.Printer) string {
	if zone := s.sayZone(p); zone != "" {
		return p.T("%[1]s (%[2]s)", s.say(p), zone)
	}
	return s.say(p)
}

// city returns the city that a zone is named after.
func city(zone string) string {
	return strings.ReplaceAll(zone[strings.LastIndexByte(zone, '/')+1:], "_", " ")
}

// sayDay says a day with its weekday: "Tue 3 March 2026", "Di., 3. März 2026".
func sayDay(p *lang.Printer, w wall) string {
	return p.C("day with weekday", "%[1]s %[2]s", shortWeekday(w.Weekday()), p.Date(noon(p, w)))
}

// noon returns a point in time of the day that a wall shows, in the zone in which the printer says times.
func noon(p *lang.Printer, w wall) time.Time {
	return time.Date(w.Year(), w.Month(), w.Day(), 12, 0, 0, 0, p.Zone())
}

// sayTime says a time of day: "7 pm", "7:30 pm", "19:00 Uhr".
func sayTime(p *lang.Printer, w wall) string {
	if !twelveHours(p) {
		return p.C("time of day", "%s", w.Format("15:04"))
	}
	return shortTime(w) + " " + w.Format("pm")
}

// sayTimes says from when until when: "7–9 pm", "10 am–2 pm", "19:00–21:00 Uhr".
func sayTimes(p *lang.Printer, from, until wall) string {
	switch {
	case !twelveHours(p):
		return p.C("time of day", "%s", from.Format("15:04")+"–"+until.Format("15:04"))
	case from.Format("pm") == until.Format("pm"):
		return shortTime(from) + "–" + sayTime(p, until)
	default:
		return sayTime(p, from) + "–" + sayTime(p, until)
	}
}

// twelveHours reports whether clocks in the language of the printer begin again at noon.
func twelveHours(p *lang.Printer) bool { return p.C("hours of a clock", "12") == "12" }

// shortTime returns a time of day without the minutes of a full hour.
func shortTime(w wall) string {
	if w.Minute() == 0 {
		return w.Format("3")
	}
	return w.Format("3:04")
}

func shortWeekday(d time.Weekday) lang.Text {
	names := [...]lang.Text{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}
	return names[d]
}
