package events

import (
	"slices"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/recur"
)

// sayRule says how a series repeats whose first date is given: "on the second Tuesday of each month until July", „am zweiten
// Dienstag jedes Monats bis Juli“.
func sayRule(p *lang.Printer, r recur.Rule, begins wall) string {
	r = r.Completed(begins.Time)
	said := sayFrequency(p, r)
	switch {
	case r.Count > 0:
		return p.N("%[2]s, once", "%[2]s, %[1]d times", r.Count, r.Count, said)
	case r.Until.IsZero():
		return said
	}
	last := r.Until
	if days := r.Days(begins.Time, r.Until); len(days) > 0 {
		last = days[len(days)-1]
	}
	switch {
	case r.Freq == recur.Daily || r.Freq == recur.Weekly:
		return p.C("until a day", "%[1]s until %[2]s", said, p.Date(noon(p, wall{last})))
	case last.Year() == begins.Year():
		return p.C("until a month", "%[1]s until %[2]s", said, p.MonthName(last.Month()))
	default:
		return p.C("until a month", "%[1]s until %[2]s", said, p.Month(noon(p, wall{last})))
	}
}

// sayFrequency says how often something takes place. The rule is complete. Of what forms cannot say it says the period alone.
func sayFrequency(p *lang.Printer, r recur.Rule) string {
	narrowed := len(r.Months)+len(r.Weeks)+len(r.YearDays)+len(r.Positions) > 0
	switch {
	case r.Freq == recur.Daily && !narrowed && len(r.MonthDays)+len(r.Weekdays) == 0:
		return p.N("every day", "every %d days", r.Interval)
	case r.Freq == recur.Weekly && !narrowed && r.Interval == 1:
		return p.T("every %s", sayWeekdays(p, r.Weekdays))
	case r.Freq == recur.Weekly && !narrowed:
		return p.T("every %[1]d weeks on %[2]s", r.Interval, sayWeekdays(p, r.Weekdays))
	case r.Freq == recur.Monthly && !narrowed:
		if days := sayDaysOfMonth(p, r); days != "" {
			return p.N("on the %[2]s of each month", "every %[1]d months on the %[2]s", r.Interval, r.Interval, days)
		}
	case r.Freq == recur.Yearly && len(r.Weeks)+len(r.YearDays)+len(r.Positions)+len(r.Weekdays) == 0 && len(r.Months) == 1 && len(r.MonthDays) == 1 && r.MonthDays[0] > 0:
		day := p.C("day of the year", "%[1]d %[2]s", r.MonthDays[0], p.MonthName(time.Month(r.Months[0])))
		return p.N("every year on %[2]s", "every %[1]d years on %[2]s", r.Interval, r.Interval, day)
	}
	switch r.Freq {
	case recur.Daily:
		return p.T("on several days")
	case recur.Weekly:
		return p.N("every week", "every %d weeks", r.Interval)
	case recur.Monthly:
		return p.N("every month", "every %d months", r.Interval)
	default:
		return p.N("every year", "every %d years", r.Interval)
	}
}

// sayDaysOfMonth says on which days of the month: "second Tuesday", "3rd", "1st and 15th"; "" if there are no words for it.
func sayDaysOfMonth(p *lang.Printer, r recur.Rule) string {
	switch {
	case len(r.MonthDays) > 0 && len(r.Weekdays) > 0:
		return ""
	case slices.Equal(r.MonthDays, []int{-1}):
		return p.C("of a month", "last day")
	case len(r.MonthDays) > 0:
		var days []string
		for _, day := range r.MonthDays {
			if day < 0 {
				return ""
			}
			days = append(days, ordinal(p, day))
		}
		return join(p, days)
	}
	var days []string
	for _, w := range r.Weekdays {
		word := ordinalWord(p, w.N)
		if word == "" {
			return ""
		}
		days = append(days, p.C("of a month", "%[1]s %[2]s", word, p.Weekday(w.Day)))
	}
	return join(p, days)
}

// sayWeekdays says days of the week, Monday first: "Tuesday and Thursday".
func sayWeekdays(p *lang.Printer, all []recur.Weekday) string {
	var days []string
	for n := range 7 {
		day := time.Weekday((n + 1) % 7)
		if slices.Contains(all, recur.Weekday{Day: day}) {
			days = append(days, p.Weekday(day))
		}
	}
	return join(p, days)
}

// join says several things: "Monday, Tuesday and Friday".
func join(p *lang.Printer, all []string) string {
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	return p.T("%[1]s and %[2]s", strings.Join(all[:len(all)-1], ", "), all[len(all)-1])
}

// ordinal says the number of a day: "1st", "22nd", "3.".
func ordinal(p *lang.Printer, n int) string {
	switch {
	case n/10 == 1:
		return p.C("number of a day", "%dth", n)
	case n%10 == 1:
		return p.C("number of a day", "%dst", n)
	case n%10 == 2:
		return p.C("number of a day", "%dnd", n)
	case n%10 == 3:
		return p.C("number of a day", "%drd", n)
	default:
		return p.C("number of a day", "%dth", n)
	}
}

// ordinalWord says which of the days of the week of a month is meant: "second"; "" if there is no word for it.
func ordinalWord(p *lang.Printer, n int) string {
	switch n {
	case 1:
		return p.C("of a month", "first")
	case 2:
		return p.C("of a month", "second")
	case 3:
		return p.C("of a month", "third")
	case 4:
		return p.C("of a month", "fourth")
	case 5:
		return p.C("of a month", "fifth")
	case -1:
		return p.C("of a month", "last")
	default:
		return ""
	}
}
