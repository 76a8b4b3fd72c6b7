// Package recur works out on which days something takes place that repeats (RFC 5545, section 3.3.10).
//
// It knows days alone: at what time of day something begins stays the same on the clock on the wall, whatever the zone
// does. Rules come from forms and from calendars of others, so that every rule is checked when it is read, and nothing
// here goes on for ever: days are asked for up to some day, and what never comes is looked for no longer than that.
package recur

import (
	"slices"
	"time"
)

// Frequency is the period that a rule counts in.
type Frequency string

// The frequencies. What happens more often than once a day is no date of a calendar.
const (
	Daily   Frequency = "DAILY"
	Weekly  Frequency = "WEEKLY"
	Monthly Frequency = "MONTHLY"
	Yearly  Frequency = "YEARLY"
)

// Weekday is a day of the week: each, or the second or the last of the month or year.
type Weekday struct {
	Day time.Weekday
	N   int // 2 is the second, -1 the last; 0 is each
}

// Rule says how a series goes on from its first day. All days are times in UTC at midnight.
type Rule struct {
	Freq     Frequency
	Interval int       // every so many periods; at least 1
	Count    int       // of all days, the first included; 0 is without number
	Until    time.Time // the last day that there may be; zero is without end

	Months    []int
	Weeks     []int // of the year
	YearDays  []int
	MonthDays []int // -1 is the last
	Weekdays  []Weekday
	Positions []int // which of all days of a period count: 2 is the second, -1 the last

	WeekStart time.Weekday
}

// horizonYears is for how many years the dates of a series are worked out.
const horizonYears = 2

// Horizon returns the day up to which the dates of a series are worked out.
func Horizon(now time.Time) time.Time { return dayOf(now).AddDate(horizonYears, 0, 0) }

// dayOf returns the day that a time shows.
func dayOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// Ends reports whether the series has a last day.
func (r Rule) Ends() bool { return r.Count > 0 || !r.Until.IsZero() }

// Days returns the days of a series up to a day, in their order. The first one is always among them: programs for
// calendars have it so, whatever the rule says.
func (r Rule) Days(first, upto time.Time) []time.Time {
	first, upto = dayOf(first), dayOf(upto)
	if !r.Until.IsZero() && r.Until.Before(upto) {
		upto = r.Until
	}
	r = r.Completed(first)
	days := []time.Time{first}
	for period := r.periodOf(first); !period.After(upto); period = r.next(period) {
		for _, day := range r.within(period) {
			switch {
			case !day.After(first):
				continue
			case day.After(upto), r.Count > 0 && len(days) >= r.Count:
				return days
			}
			days = append(days, day)
		}
	}
	return days
}

// Includes reports whether the first day of a series is one that the rule names, and not only the first.
func (r Rule) Includes(first time.Time) bool {
	first = dayOf(first)
	r = r.Completed(first)
	return slices.ContainsFunc(r.within(r.periodOf(first)), first.Equal)
}

// Completed returns the rule with what it leaves for the first day to say.
func (r Rule) Completed(first time.Time) Rule {
	r.Interval = max(r.Interval, 1)
	r.Weekdays = slices.Clone(r.Weekdays)
	r.sort()
	switch days := len(r.Weekdays) + len(r.MonthDays) + len(r.YearDays); {
	case days > 0 || r.Freq == Daily:
		return r
	case r.Freq == Weekly || len(r.Weeks) > 0:
		r.Weekdays = []Weekday{{Day: first.Weekday()}}
		return r
	case r.Freq == Yearly && len(r.Months) == 0:
		r.Months = []int{int(first.Month())}
	}
	r.MonthDays = []int{first.Day()}
	return r
}

// periodOf returns the first day of the period that a day lies in.
func (r Rule) periodOf(day time.Time) time.Time {
	switch r.Freq {
	case Yearly:
		return time.Date(day.Year(), time.January, 1, 0, 0, 0, 0, time.UTC)
	case Monthly:
		return time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, time.UTC)
	case Weekly:
		return r.weekOf(day)
	default:
		return day
	}
}

// weekOf returns the first day of the week that a day lies in.
func (r Rule) weekOf(day time.Time) time.Time {
	return day.AddDate(0, 0, -((int(day.Weekday()) - int(r.WeekStart) + 7) % 7))
}

// next returns the first day of the next period that counts.
func (r Rule) next(period time.Time) time.Time {
	switch r.Freq {
	case Yearly:
		return period.AddDate(r.Interval, 0, 0)
	case Monthly:
		return period.AddDate(0, r.Interval, 0)
	case Weekly:
		return period.AddDate(0, 0, 7*r.Interval)
	default:
		return period.AddDate(0, 0, r.Interval)
	}
}

// within returns the days of a period.
func (r Rule) within(period time.Time) []time.Time {
	once := r
	once.Interval = 1
	var days []time.Time
	for day, end := period, once.next(period); day.Before(end); day = day.AddDate(0, 0, 1) {
		if r.matches(day) {
			days = append(days, day)
		}
	}
	if len(r.Positions) == 0 {
		return days
	}
	var kept []time.Time
	for n, day := range days {
		if slices.Contains(r.Positions, n+1) || slices.Contains(r.Positions, n-len(days)) {
			kept = append(kept, day)
		}
	}
	return kept
}

// matches reports whether a day is one of those that the rule names.
func (r Rule) matches(day time.Time) bool {
	return among(r.Months, int(day.Month()), 0) &&
		(len(r.Weeks) == 0 || r.inWeek(day)) &&
		among(r.YearDays, day.YearDay(), daysIn(day.Year())) &&
		among(r.MonthDays, day.Day(), lastOf(day)) &&
		(len(r.Weekdays) == 0 || slices.ContainsFunc(r.Weekdays, func(w Weekday) bool { return r.onWeekday(day, w) }))
}

// among reports whether a list is empty or holds a number, which may be counted from the end of size.
func among(list []int, n, size int) bool {
	return len(list) == 0 || slices.Contains(list, n) || size > 0 && slices.Contains(list, n-size-1)
}

// daysIn returns how many days a year has.
func daysIn(year int) int { return time.Date(year, time.December, 31, 0, 0, 0, 0, time.UTC).YearDay() }

// lastOf returns how many days the month of a day has.
func lastOf(day time.Time) int {
	return time.Date(day.Year(), day.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// onWeekday reports whether a day is that day of the week, counted in its month, or in its year if the rule names no
// months.
func (r Rule) onWeekday(day time.Time, w Weekday) bool {
	if day.Weekday() != w.Day || w.N == 0 {
		return day.Weekday() == w.Day
	}
	n, size := day.Day(), lastOf(day)
	if r.Freq == Yearly && len(r.Months) == 0 {
		n, size = day.YearDay(), daysIn(day.Year())
	}
	if w.N > 0 {
		return (n-1)/7+1 == w.N
	}
	return (size-n)/7+1 == -w.N
}

// inWeek reports whether a day lies in one of the weeks that the rule names. The first week of a year is the one of which
// it has at least four days, and the week decides to which year a day belongs.
func (r Rule) inWeek(day time.Time) bool {
	start := r.weekOf(day)
	year := start.AddDate(0, 0, 3).Year()
	first := r.firstWeek(year)
	n := int(start.Sub(first).Hours()/24)/7 + 1
	return among(r.Weeks, n, int(r.firstWeek(year+1).Sub(first).Hours()/24)/7)
}

// firstWeek returns the first day of the first week of a year.
func (r Rule) firstWeek(year int) time.Time {
	fourth := time.Date(year, time.January, 4, 0, 0, 0, 0, time.UTC) // which lies in it whatever the week begins with
	return r.weekOf(fourth)
}
