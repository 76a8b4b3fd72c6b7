package events

import (
	"slices"
	"time"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/recur"
)

// Repetition are the fields of the form that say how an event repeats. What they mean depends on when it begins: a weekly
// one takes place on the weekday of its beginning, so that a series moves as a whole when somebody moves its beginning.
type Repetition struct {
	Repeats string   `form:"repeats" text:"line" label:"Repeats"` // what scripts for 5.5 leave out keeps what there is
	Every   int      `form:"repeats_every" label:"Every"`
	On      []string `form:"repeats_on" text:"line" label:"Also on"` // further days of the week: "TH"
	Until   string   `form:"repeats_until" text:"line" label:"Until"`
	Times   int      `form:"repeats_times" label:"Number of dates"`
	Rule    string   `form:"repeats_rule" text:"line" label:"Rule"` // a rule of RFC 5545 that the other fields cannot say

	// The fields of grouprise 5.5, which made copies. They make a series.
	Period string `form:"time_repetitions_period" text:"line" label:"Repeats"`
	Copies int    `form:"time_repetitions_count" label:"Number of dates"`
}

// The values of the field that says how an event repeats; all but two are those of 5.5.
const (
	once           = "once"
	daily          = "daily"
	weekly         = "weekly"
	monthly        = "monthly"
	weekdayInMonth = "weekday_in_month"
	lastInMonth    = "last_weekday_in_month"
	yearly         = "yearly"
	byRule         = "rule"
)

// The limits of what the fields say.
const (
	maxEvery  = 99
	maxTimes  = 1000
	maxCopies = 100
)

// weekdayNames are the days of the week as the form and rules write them, Monday first.
func weekdayNames() []string { return []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"} }

// nameOf returns how the form writes a day of the week.
func nameOf(d time.Weekday) string { return weekdayNames()[(d+6)%7] }

// weekdayOf returns the day of the week that the form calls so; ok is false if there is none.
func weekdayOf(name string) (d time.Weekday, ok bool) {
	n := slices.Index(weekdayNames(), name)
	return time.Weekday((n + 1) % 7), n >= 0
}

// adopt takes over what the fields of 5.5 say. They count what comes beside the first date.
func (f *Repetition) adopt() []errs.FieldError {
	period, copies := f.Period, f.Copies
	f.Period, f.Copies = "", 0
	switch {
	case period == "" || f.Repeats != "":
		return nil
	case copies < 0 || copies > maxCopies:
		return []errs.FieldError{errs.Field("time_repetitions_count", "Use a number up to %d.", maxCopies)}
	case period == once || copies == 0:
		f.Repeats = once
	default:
		f.Repeats, f.Times = period, copies+1
	}
	return nil
}

// check says what is wrong with the fields of an event that begins then, and writes the others as they are kept.
func (f *Repetition) check(begins wall, zone *time.Location) (wrong []errs.FieldError) {
	if f.Times == 1 {
		f.Repeats = once
	}
	switch f.Repeats {
	case "", once:
		*f = Repetition{Repeats: f.Repeats}
		return nil
	case byRule:
		rule, err := recur.Parse(f.Rule, begins.Time, zone)
		if err != nil {
			return []errs.FieldError{errs.Field("repeats_rule", "This repetition can’t be used.")}
		}
		*f = Repetition{Repeats: byRule, Rule: rule.String()}
		return nil
	case daily, weekly, monthly, weekdayInMonth, lastInMonth, yearly:
	default:
		return []errs.FieldError{errs.Field("repeats", "Choose how often it repeats.")}
	}
	f.Rule = ""
	if f.Every == 0 {
		f.Every = 1
	}
	if f.Every < 1 || f.Every > maxEvery {
		wrong = append(wrong, errs.Field("repeats_every", "Use a number from 1 to %d.", maxEvery))
	}
	if f.Repeats == lastInMonth && begins.add(7).Month() == begins.Month() {
		wrong = append(wrong, errs.Field("repeats", "The first date isn’t in the last week of its month."))
	}
	wrong = append(wrong, f.checkWeekdays(begins)...)
	return append(wrong, f.checkEnd(begins)...)
}

// checkWeekdays puts the further days of the week in order, without the one that goes without saying.
func (f *Repetition) checkWeekdays(begins wall) []errs.FieldError {
	if f.Repeats != weekly {
		f.On = nil
		return nil
	}
	var days []string
	for _, name := range weekdayNames() {
		if slices.Contains(f.On, name) && name != nameOf(begins.Weekday()) {
			days = append(days, name)
		}
	}
	if slices.ContainsFunc(f.On, func(name string) bool { return !slices.Contains(weekdayNames(), name) }) {
		return []errs.FieldError{errs.Field("repeats_on", "Choose days of the week.")}
	}
	f.On = days
	return nil
}

// checkEnd looks at the day or the number of dates with which a series ends.
func (f *Repetition) checkEnd(begins wall) []errs.FieldError {
	switch {
	case f.Times < 0 || f.Times > maxTimes:
		return []errs.FieldError{errs.Field("repeats_times", "Use a number from 2 to %d.", maxTimes)}
	case f.Until == "":
		return nil
	case f.Times > 0:
		return []errs.FieldError{errs.Field("repeats_times", "A series ends on a day or after a number of dates: fill in one of them.")}
	}
	until, ok := parseWall(f.Until)
	if !ok {
		return []errs.FieldError{errs.Field("repeats_until", "Enter a date like 2026-07-31.")}
	}
	if f.Until = until.Format(wallDay); until.day().Before(begins.day().Time) {
		return []errs.FieldError{errs.Field("repeats_until", "The series ends before it begins.")}
	}
	return nil
}

// rule returns the rule of a series whose first date begins then; ok is false for an event that does not repeat. The
// fields have been checked.
func (f *Repetition) rule(begins wall, zone *time.Location) (r recur.Rule, ok bool) {
	r = recur.Rule{Interval: max(f.Every, 1), Count: f.Times, WeekStart: time.Monday}
	if until, ok := parseWall(f.Until); ok {
		r.Until = until.day().Time
	}
	switch f.Repeats {
	case daily:
		r.Freq = recur.Daily
	case weekly:
		r.Freq, r.Weekdays = recur.Weekly, []recur.Weekday{{Day: begins.Weekday()}}
		for _, name := range f.On {
			if day, ok := weekdayOf(name); ok {
				r.Weekdays = append(r.Weekdays, recur.Weekday{Day: day})
			}
		}
	case monthly:
		r.Freq = recur.Monthly
	case weekdayInMonth:
		r.Freq, r.Weekdays = recur.Monthly, []recur.Weekday{{Day: begins.Weekday(), N: (begins.Day()-1)/7 + 1}}
	case lastInMonth:
		r.Freq, r.Weekdays = recur.Monthly, []recur.Weekday{{Day: begins.Weekday(), N: -1}}
	case yearly:
		r.Freq = recur.Yearly
	case byRule:
		r, err := recur.Parse(f.Rule, begins.Time, zone)
		return r, err == nil
	default:
		return recur.Rule{}, false
	}
	return r.Completed(begins.Time), true
}

// repetitionOf returns the fields that say a rule of a series whose first date begins then.
func repetitionOf(r recur.Rule, begins wall, zone *time.Location) Repetition {
	f := Repetition{Every: r.Interval, Times: r.Count}
	if !r.Until.IsZero() {
		f.Until = r.Until.Format(wallDay)
	}
	last := len(r.Weekdays) == 1 && r.Weekdays[0].N == -1
	switch {
	case r.Freq == recur.Daily:
		f.Repeats = daily
	case r.Freq == recur.Weekly:
		f.Repeats = weekly
		for _, name := range weekdayNames() {
			if day, _ := weekdayOf(name); day != begins.Weekday() && slices.Contains(r.Weekdays, recur.Weekday{Day: day}) {
				f.On = append(f.On, name)
			}
		}
	case r.Freq == recur.Monthly && last:
		f.Repeats = lastInMonth
	case r.Freq == recur.Monthly && len(r.Weekdays) > 0:
		f.Repeats = weekdayInMonth
	case r.Freq == recur.Monthly:
		f.Repeats = monthly
	case r.Freq == recur.Yearly:
		f.Repeats = yearly
	}
	if said, ok := f.rule(begins, zone); ok && said.String() == r.Completed(begins.Time).String() && f.Every <= maxEvery && f.Times <= maxTimes {
		return f
	}
	return Repetition{Repeats: byRule, Rule: r.String()}
}

// isSeries reports whether the fields say that an event repeats.
func (f *Repetition) isSeries() bool { return f.Repeats != "" && f.Repeats != once }

// wrong reports whether something is wrong with one of the fields.
func (f *Repetition) wrong(e parts.Errors) bool {
	return slices.ContainsFunc([]string{"repeats", "repeats_every", "repeats_on", "repeats_until", "repeats_times", "repeats_rule"}, func(name string) bool {
		return e.Of(name) != ""
	})
}

// say says how the event of a form repeats; "" if it does not, or if what is typed cannot be understood yet.
func (f *form) say(p *lang.Printer) string {
	begins, ok := parseWall(f.Begins)
	said := f.Repetition
	said.On = slices.Clone(f.On)
	if !ok || !said.isSeries() || len(said.check(begins, f.room.deps.Zone)) > 0 {
		return ""
	}
	rule, ok := said.rule(begins, f.room.deps.Zone)
	if !ok {
		return ""
	}
	return sayRule(p, rule, begins)
}

// summary says how the event of a form repeats, as what is said above the fields.
func (f *form) summary(p *lang.Printer) string {
	if said := f.say(p); said != "" {
		return p.T("Repeats: %s", said)
	}
	return p.T("Repeats")
}

// firstDateHint says that the start in the form of a series is that of its first date; "" for an event that is none, or is new.
func (f *form) firstDateHint(p *lang.Printer) string {
	if f.Version == 0 || !f.isSeries() {
		return ""
	}
	return p.T("This is the first date: if you move it, the whole series moves.")
}
