package events

import (
	"slices"
	"time"

	"grouprise.org/grouprise/internal/kit/lang"
)

// week is the calendar of seven days, Monday first.
type week struct {
	Monday     wall
	Days       []weekDay
	Prev, Next string // addresses of the weeks before and after, "" if there are none
}

// weekDay is one of them.
type weekDay struct {
	Day   wall
	Today bool
	Path  string
	Bands []onDay // what takes whole days or several, in the same lane on each of them
	Times []onDay // what has a time of the day, in its order
}

// Empty reports whether nothing takes place.
func (d weekDay) Empty() bool {
	return len(d.Times) == 0 && !slices.ContainsFunc(d.Bands, func(o onDay) bool { return !o.Empty() })
}

// mondayOf returns the first day of the week of the day that a parameter names, or else of today.
func mondayOf(text string, today wall) wall {
	day, ok := parseWall(text)
	if !ok {
		day = today
	}
	return day.monday()
}

// monday returns the first day of the week.
func (w wall) monday() wall { return w.day().add(-(int(w.Weekday()) + 6) % 7) }

// newWeek puts events into the days of a week.
func newWeek(monday, today wall, all []*placed, s scope) week {
	w := week{Monday: monday, Days: make([]weekDay, 7), Prev: s.week(monday.add(-7)), Next: s.week(monday.add(7))}
	for n := range w.Days {
		day := monday.add(n)
		w.Days[n] = weekDay{Day: day, Today: day.Equal(today.Time), Path: s.day(day)}
	}
	lanes := 0
	for _, p := range inWeek(monday, all) {
		from, upto := p.within(monday)
		if p.evening {
			if !p.first.Before(monday.Time) {
				w.Days[from].Times = append(w.Days[from].Times, p.on(p.first))
			}
			continue
		}
		lane := 0
		for slices.ContainsFunc(w.Days[from:upto+1], func(d weekDay) bool { return lane < len(d.Bands) && !d.Bands[lane].Empty() }) {
			lane++
		}
		lanes = max(lanes, lane+1)
		for n := from; n <= upto; n++ {
			w.Days[n].widen(lane + 1)
			w.Days[n].Bands[lane] = p.on(w.Days[n].Day)
		}
	}
	for n := range w.Days {
		w.Days[n].widen(lanes) // so that times begin at the same height
		slices.SortStableFunc(w.Days[n].Times, func(a, b onDay) int { return a.Begins.Compare(b.Begins.Time) })
	}
	return w
}

// widen makes room for some lanes.
func (d *weekDay) widen(lanes int) {
	for len(d.Bands) < lanes {
		d.Bands = append(d.Bands, onDay{})
	}
}

// week returns the address of the week of a day; "" if there is none.
func (s scope) week(day wall) string {
	if day.Year() < firstYear || day.Year() > lastYear {
		return ""
	}
	return withQuery(s.path, s.query, "view", weekView, "day", day.Format(time.DateOnly))
}

// shortTimes says in few characters from when until when something takes place: "7–9 pm", "19:00–21:00".
func shortTimes(p *lang.Printer, from, until wall) string {
	alone := until.IsZero() || until.Equal(from.Time)
	switch {
	case twelveHours(p) && alone:
		return sayTime(p, from)
	case twelveHours(p):
		return sayTimes(p, from, until)
	case alone:
		return from.Format("15:04")
	default:
		return from.Format("15:04") + "–" + until.Format("15:04")
	}
}
