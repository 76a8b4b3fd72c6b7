package events

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"grouprise.org/grouprise/internal/kit/lang"
)

// scope is which dates a calendar shows, and what its addresses say.
type scope struct {
	filter filter
	path   string     // of the page of the calendar
	query  url.Values // what the addresses of that page say beside the month or the week
	days   url.Values // what those of days and of sheets to print say
	home   bool       // the page is about a group, whose own events these are but for those that it shows of others
}

// owner returns whose page it is; 0 for nobody.
func (s scope) owner() int64 {
	if !s.home {
		return 0
	}
	return s.filter.EntityID
}

// day returns the address of the page of a day.
func (s scope) day(day wall) string { return withQuery(dayPath(day), s.days) }

// month returns the address of the month of a day; "" if there is none.
func (s scope) month(day wall) string { return monthPath(s.path, s.query, day) }

// lanes is how many events a day of the month shows before it says how many there are beside.
const lanes = 3

// month is the calendar of a month: whole weeks, Monday first.
type month struct {
	First wall // day of the month
	Weeks [][]monthDay
	Prev  string // address of the month before, "" if there is none
	Next  string
}

// monthDay is a day of such a calendar.
type monthDay struct {
	Day     wall
	Outside bool // it belongs to another month
	Today   bool
	Count   int      // of its events
	Lanes   []onDay  // what is shown of them, an event of several days in the same lane as on the day before
	Path    string   // of its page; of the event itself, if it is the only one
	DayPath string   // of its page
	Titles  []string // of its events
}

// onDay is an event on one of its days. The zero value is an empty lane.
type onDay struct {
	*placed

	Begins, Ends wall // by the clocks of the site; zero on days after the first
	From, Upto   bool // it has begun before, it goes on after
}

// Empty reports whether it is an empty lane.
func (o onDay) Empty() bool { return o.placed == nil }

// dayPath returns the address of the page of a day.
func dayPath(day wall) string {
	return listPath + "/" + strconv.Itoa(day.Year()) + "/" + strconv.Itoa(int(day.Month())) + "/" + strconv.Itoa(day.Day())
}

// monthOf returns the first day of the month that two parameters name. What they do not name is that of today.
func monthOf(monthText, yearText string, today wall) wall {
	m, err1 := strconv.Atoi(monthText)
	y, err2 := strconv.Atoi(yearText)
	if err1 != nil || m < 1 || m > 12 {
		m = int(today.Month())
	}
	if err2 != nil || y < firstYear || y > lastYear {
		y = today.Year()
	}
	return wall{time.Date(y, time.Month(m), 1, 0, 0, 0, 0, time.UTC)}
}

// grid returns the first day of the first week of a month, and the day after its last week.
func grid(first wall) (from, to wall) {
	from = first.monday()
	return from, wall{first.AddDate(0, 1, -1)}.monday().add(7)
}

// placed is an event with its days, as the clocks of the readers count them.
type placed struct {
	*Date

	begins, ends wall
	first, last  wall
	evening      bool // it has times, and is over on its day or in the night that follows
}

// place puts events into the days of the site.
func (r *Events) place(dates []Date) ([]*placed, error) {
	all := make([]*placed, len(dates))
	for n := range dates {
		s, err := dates[n].span(&r.zones)
		if err != nil {
			return nil, err
		}
		all[n] = newPlaced(&dates[n], s.shift(r.deps.Zone))
	}
	return all, nil
}

// newPlaced returns a date with its days, as a span says them.
func newPlaced(d *Date, s span) *placed {
	return &placed{Date: d, begins: s.Begins, ends: s.Ends, first: s.Begins.day(), last: s.lastDay(), evening: !s.AllDay && s.sameEvening()}
}

// newMonth puts events into the days of a month.
func newMonth(first, today wall, all []*placed, s scope) month {
	from, to := grid(first)
	m := month{First: first, Prev: s.month(wall{first.AddDate(0, -1, 0)}), Next: s.month(wall{first.AddDate(0, 1, 0)})}
	for monday := from; monday.Before(to.Time); monday = monday.add(7) {
		m.Weeks = append(m.Weeks, newRow(monday, first, today, all, s))
	}
	return m
}

// mark counts dates on the days of a month in a margin. A day with one of them leads there, one with several to its page.
func (m month) mark(marks []mark, zone *time.Location) {
	from := m.Weeks[0][0].Day
	for _, k := range marks {
		first, last := k.days(zone)
		for n := max(0, from.daysTo(first)); n <= min(7*len(m.Weeks)-1, from.daysTo(last)); n++ {
			day := &m.Weeks[n/7][n%7]
			day.Count++
			day.Titles = append(day.Titles, k.Title)
			if day.Path = day.DayPath; day.Count == 1 {
				day.Path = k.path()
			}
		}
	}
}

// monthPath returns the address of another month on the same page.
func monthPath(path string, query url.Values, first wall) string {
	if first.Year() < firstYear || first.Year() > lastYear {
		return ""
	}
	q := url.Values{"month": {strconv.Itoa(int(first.Month()))}, "year": {strconv.Itoa(first.Year())}}
	maps.Copy(q, query)
	return path + "?" + q.Encode()
}

// newRow puts events into seven days of a month: those that take several days into lanes of their own first.
func newRow(monday, first, today wall, all []*placed, s scope) []monthDay {
	days := make([]monthDay, 7)
	for n := range days {
		day := monday.add(n)
		days[n] = monthDay{Day: day, Outside: day.Month() != first.Month(), Today: day.Equal(today.Time), Lanes: make([]onDay, lanes), Path: s.day(day), DayPath: s.day(day)}
	}
	for _, p := range inWeek(monday, all) {
		from, upto := p.within(monday)
		lane := freeLane(days[from : upto+1])
		for n := from; n <= upto; n++ {
			day := &days[n]
			day.Count++
			day.Titles = append(day.Titles, p.Title)
			if day.Count == 1 {
				day.Path = p.path()
			} else {
				day.Path = day.DayPath
			}
			if lane < lanes {
				day.Lanes[lane] = p.on(day.Day)
			}
		}
	}
	for n := range days {
		days[n].trim()
	}
	return days
}

// inWeek returns the events of a week: the longest first, then in the order in which they begin.
func inWeek(monday wall, all []*placed) []*placed {
	week := slices.DeleteFunc(slices.Clone(all), func(p *placed) bool { return p.last.Before(monday.Time) || !p.first.Before(monday.add(7).Time) })
	slices.SortStableFunc(week, func(a, b *placed) int {
		return cmp.Or(-cmp.Compare(a.last.Sub(a.first.Time), b.last.Sub(b.first.Time)), a.StartsAt.Compare(b.StartsAt.Time), cmp.Compare(a.ContentID, b.ContentID))
	})
	return week
}

// within returns the first and the last day of the event in a week, counted from its Monday.
func (p *placed) within(monday wall) (from, upto int) {
	return max(0, monday.daysTo(p.first)), min(6, monday.daysTo(p.last))
}

// freeLane returns the first lane that is free on all of some days.
func freeLane(days []monthDay) int {
	for lane := range lanes {
		if !slices.ContainsFunc(days, func(d monthDay) bool { return !d.Lanes[lane].Empty() }) {
			return lane
		}
	}
	return lanes
}

// on returns the event on one of its days.
func (p *placed) on(day wall) onDay {
	o := onDay{placed: p, From: p.first.Before(day.Time), Upto: p.last.After(day.Time)}
	if !o.From && !p.AllDay {
		o.Begins, o.Ends = p.begins, p.ends
	}
	return o
}

// trim leaves out the empty lanes at the end.
func (d *monthDay) trim() {
	for len(d.Lanes) > 0 && d.Lanes[len(d.Lanes)-1].Empty() {
		d.Lanes = d.Lanes[:len(d.Lanes)-1]
	}
}

// More returns how many events are not shown.
func (d monthDay) More() int {
	shown := 0
	for _, lane := range d.Lanes {
		if !lane.Empty() {
			shown++
		}
	}
	return d.Count - shown
}

// hint says when on its first day the event begins, and what it is called.
func (o onDay) hint(p *lang.Printer) string {
	if o.Begins.IsZero() {
		return o.Title
	}
	return shortTimes(p, o.Begins, wall{}) + " " + o.Title
}
