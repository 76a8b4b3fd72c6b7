package recur

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/kit/errs"
)

// What a rule may say at most: who wants more has made a mistake, or wants to keep us busy.
const (
	maxInterval = 1000
	maxCount    = 10_000
	maxText     = 255 // characters of the canonical text, which is what a column of the database holds
	maxSource   = 2000
)

const (
	dayLayout  = "20060102"
	timeLayout = "20060102T150405"
)

// days are the names of the days of the week, in the order of package time.
func days() []string { return []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"} }

// Parse reads a rule as calendars write it: "FREQ=MONTHLY;BYDAY=2TU". begins is what the clock on the wall shows when the
// first date begins, and zone where it hangs: an end that is given as a point in time is one of the days there. Invalid
// says in a sentence why a rule is not one that we follow.
func Parse(text string, begins time.Time, zone *time.Location) (Rule, error) {
	r := Rule{Interval: 1, WeekStart: time.Monday}
	if len(text) > maxSource {
		return r, invalid("it is too long")
	}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(text)), "RRULE:"), ";") {
		name, value, found := strings.Cut(part, "=")
		if part == "" {
			continue // behind the last one, as some programs write
		}
		if !found || seen[name] {
			return r, invalid("“%s” is not understood", part)
		}
		seen[name] = true
		if err := r.set(name, value, begins, zone); err != nil {
			return r, err
		}
	}
	r.sort()
	return r, r.check()
}

func invalid(reason string, args ...any) *errs.Error {
	return errs.New(errs.Invalid, "This repetition can’t be used.").Because(fmt.Errorf("recurrence rule: "+reason, args...))
}

// set reads one part of a rule.
func (r *Rule) set(name, value string, begins time.Time, zone *time.Location) (err error) {
	switch name {
	case "FREQ":
		r.Freq = Frequency(value)
	case "INTERVAL":
		r.Interval, err = number(value, 1, maxInterval)
	case "COUNT":
		r.Count, err = number(value, 1, maxCount)
	case "UNTIL":
		r.Until, err = until(value, begins, zone)
	case "BYMONTH":
		r.Months, err = numbers(value, 12, false)
	case "BYWEEKNO":
		r.Weeks, err = numbers(value, 53, true)
	case "BYYEARDAY":
		r.YearDays, err = numbers(value, 366, true)
	case "BYMONTHDAY":
		r.MonthDays, err = numbers(value, 31, true)
	case "BYSETPOS":
		r.Positions, err = numbers(value, 366, true)
	case "BYDAY":
		r.Weekdays, err = weekdays(value)
	case "WKST":
		day := slices.Index(days(), value)
		if day < 0 {
			return invalid("weeks begin with %q", value)
		}
		r.WeekStart = time.Weekday(day)
	default: // BYHOUR and the like: times of day are those of the first date
		return invalid("%s is not known", name)
	}
	return err
}

func number(text string, least, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, invalid("%q is no number from %d to %d", text, least, most)
	}
	return n, nil
}

// numbers reads a list of numbers from 1 to most, and from -most to -1 where they may be counted from the end.
func numbers(text string, most int, fromEnd bool) ([]int, error) {
	var all []int
	for item := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(item)
		if err != nil || n == 0 || n > most || n < -most || n < 0 && !fromEnd {
			return nil, invalid("%q is no number up to %d", item, most)
		}
		all = append(all, n)
	}
	return all, nil
}

func weekdays(text string) ([]Weekday, error) {
	var all []Weekday
	for item := range strings.SplitSeq(text, ",") {
		if len(item) < 2 {
			return nil, invalid("%q is no day of the week", item)
		}
		count, name := item[:len(item)-2], item[len(item)-2:]
		w := Weekday{Day: time.Weekday(slices.Index(days(), name))}
		if w.Day < 0 {
			return nil, invalid("%q is no day of the week", item)
		}
		if count != "" {
			n, err := strconv.Atoi(count)
			if err != nil || n == 0 || n > 53 || n < -53 {
				return nil, invalid("%q is no day of the week", item)
			}
			w.N = n
		}
		all = append(all, w)
	}
	return all, nil
}

// until reads the end of a series. What begins behind it on its day does not take place any more.
func until(text string, begins time.Time, zone *time.Location) (time.Time, error) {
	if day, err := time.Parse(dayLayout, text); err == nil {
		return day, nil
	}
	end, err := time.Parse(timeLayout, strings.TrimSuffix(text, "Z"))
	if err != nil {
		return end, invalid("%q is no day", text)
	}
	if strings.HasSuffix(text, "Z") && zone != nil {
		end = end.In(zone)
	}
	day := dayOf(end)
	if clock(end) < clock(begins) {
		day = day.AddDate(0, 0, -1)
	}
	return day, nil
}

// clock returns the time of day.
func clock(t time.Time) time.Duration {
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second
}

// sort puts lists in order, so that two rules that say the same are the same text.
func (r *Rule) sort() {
	for _, list := range []*[]int{&r.Months, &r.Weeks, &r.YearDays, &r.MonthDays, &r.Positions} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	slices.SortFunc(r.Weekdays, func(a, b Weekday) int {
		return cmp.Or(cmp.Compare(a.N, b.N), cmp.Compare((a.Day+6)%7, (b.Day+6)%7))
	})
	r.Weekdays = slices.Compact(r.Weekdays)
	if r.Freq == Monthly && len(r.MonthDays) == 0 && len(r.Positions) == 1 && len(r.Weekdays) == 1 && r.Weekdays[0].N == 0 && r.Positions[0] >= -5 && r.Positions[0] <= 5 {
		r.Weekdays[0].N, r.Positions = r.Positions[0], nil // "BYDAY=TU;BYSETPOS=2", as Outlook says "2TU"
	}
}

// check returns why a rule is not one that we follow: what the standard rules out, and what is too long to keep.
func (r Rule) check() error {
	counted := slices.ContainsFunc(r.Weekdays, func(w Weekday) bool { return w.N != 0 })
	inMonths := r.Freq == Monthly || r.Freq == Yearly && len(r.Months) > 0
	switch {
	case r.Freq != Daily && r.Freq != Weekly && r.Freq != Monthly && r.Freq != Yearly:
		return invalid("%q is no frequency of days", r.Freq)
	case r.Count > 0 && !r.Until.IsZero():
		return invalid("it ends twice")
	case len(r.Weeks) > 0 && r.Freq != Yearly, len(r.YearDays) > 0 && r.Freq != Yearly, len(r.MonthDays) > 0 && r.Freq == Weekly:
		return invalid("%s has no such days", r.Freq)
	case counted && (r.Freq == Daily || r.Freq == Weekly || len(r.Weeks) > 0):
		return invalid("days of the week are counted in months and years")
	case inMonths && slices.ContainsFunc(r.Weekdays, func(w Weekday) bool { return w.N > 5 || w.N < -5 }):
		return invalid("no month has so many weeks")
	case len(r.Positions) > 0 && len(r.Months)+len(r.Weeks)+len(r.YearDays)+len(r.MonthDays)+len(r.Weekdays) == 0:
		return invalid("there is nothing to choose from")
	case len(r.String()) > maxText:
		return invalid("it is too long")
	}
	return nil
}

// String returns the rule as calendars write it, always in the same order. An end is a day, the last one that counts.
func (r Rule) String() string { return r.text(r.Until.Format(dayLayout)) }

// Within returns the rule for a calendar whose dates begin at a time on the clock of a zone: programs want an end as a
// point in time then, in UTC.
func (r Rule) Within(begins time.Time, zone *time.Location) string {
	end := time.Date(r.Until.Year(), r.Until.Month(), r.Until.Day(), begins.Hour(), begins.Minute(), begins.Second(), 0, zone)
	return r.text(end.UTC().Format(timeLayout) + "Z")
}

func (r Rule) text(end string) string {
	parts := []string{"FREQ=" + string(r.Freq)}
	add := func(name string, values []string) {
		if len(values) > 0 {
			parts = append(parts, name+"="+strings.Join(values, ","))
		}
	}
	if r.Interval > 1 {
		add("INTERVAL", []string{strconv.Itoa(r.Interval)})
	}
	if r.Count > 0 {
		add("COUNT", []string{strconv.Itoa(r.Count)})
	}
	if !r.Until.IsZero() {
		add("UNTIL", []string{end})
	}
	add("BYMONTH", texts(r.Months))
	add("BYWEEKNO", texts(r.Weeks))
	add("BYYEARDAY", texts(r.YearDays))
	add("BYMONTHDAY", texts(r.MonthDays))
	var names []string
	for _, w := range r.Weekdays {
		name := days()[w.Day]
		if w.N != 0 {
			name = strconv.Itoa(w.N) + name
		}
		names = append(names, name)
	}
	add("BYDAY", names)
	add("BYSETPOS", texts(r.Positions))
	if r.WeekStart != time.Monday {
		add("WKST", []string{days()[r.WeekStart]})
	}
	return strings.Join(parts, ";")
}

func texts(numbers []int) []string {
	all := make([]string, len(numbers))
	for n, number := range numbers {
		all[n] = strconv.Itoa(number)
	}
	return all
}
