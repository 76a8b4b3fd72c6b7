package lang

import (
	"math"
	"time"

	"golang.org/x/text/number"
)

// Moment is a point in time: time.Time, or a type that embeds it such as clock.Time.
type Moment interface {
	In(zone *time.Location) time.Time
}

// at returns the moment in the printer's zone; ok is false for the zero time, which is said as "".
func (p *Printer) at(m Moment) (t time.Time, ok bool) {
	t = m.In(p.Zone())
	return t, !t.IsZero()
}

// Date says a day: "12 March 2026", "12. März 2026".
func (p *Printer) Date(m Moment) string {
	t, ok := p.at(m)
	if !ok {
		return ""
	}
	return p.C("date", "%[1]d %[2]s %[3]d", t.Day(), monthName(t.Month()), t.Year())
}

// Day says a day with its weekday and without the year: "Thursday, 12 March", "Donnerstag, 12. März".
func (p *Printer) Day(m Moment) string {
	t, ok := p.at(m)
	if !ok {
		return ""
	}
	return p.C("day", "%[1]s, %[2]d %[3]s", weekdayName(t.Weekday()), t.Day(), monthName(t.Month()))
}

// Month says a month: "March 2026", "März 2026".
func (p *Printer) Month(m Moment) string {
	t, ok := p.at(m)
	if !ok {
		return ""
	}
	return p.C("month", "%[1]s %[2]d", monthName(t.Month()), t.Year())
}

// MonthName says a month of whatever year: "March", "März".
func (p *Printer) MonthName(m time.Month) string { return p.T(string(monthName(m))) }

// Weekday says a day of the week: "Tuesday", "Dienstag".
func (p *Printer) Weekday(d time.Weekday) string { return p.T(string(weekdayName(d))) }

// Time says a time of day: "19:00", "19:00 Uhr".
func (p *Printer) Time(m Moment) string {
	t, ok := p.at(m)
	if !ok {
		return ""
	}
	return p.C("time", "%[1]d:%02[2]d", t.Hour(), t.Minute())
}

// DateTime says a day and a time: "12 March 2026, 19:00", "12. März 2026, 19:00 Uhr".
func (p *Printer) DateTime(m Moment) string {
	if _, ok := p.at(m); !ok {
		return ""
	}
	return p.C("date and time", "%[1]s, %[2]s", p.Date(m), p.Time(m))
}

// Since says how long ago something was ("3 hours ago"), or in how long it will be. From a week on it
// is the date.
func (p *Printer) Since(m, now Moment) string {
	t, ok := p.at(m)
	if !ok {
		return ""
	}
	ago := now.In(p.Zone()).Sub(t)
	future := ago < 0
	minutes := int(ago.Abs() / time.Minute)
	hours := int(ago.Abs() / time.Hour)
	days := hours / 24
	switch {
	case days >= 7:
		return p.Date(m)
	case minutes < 1:
		return p.T("just now")
	case minutes < 60 && future:
		return p.N("in one minute", "in %d minutes", minutes)
	case minutes < 60:
		return p.N("one minute ago", "%d minutes ago", minutes)
	case hours < 24 && future:
		return p.N("in one hour", "in %d hours", hours)
	case hours < 24:
		return p.N("one hour ago", "%d hours ago", hours)
	case future:
		return p.N("in one day", "in %d days", days)
	default:
		return p.N("one day ago", "%d days ago", days)
	}
}

// Number says a whole number with its digits in groups: "12,345", "12.345".
func (p *Printer) Number(n int) string {
	return p.numbers().Sprint(number.Decimal(n))
}

// Decimal says a number with one digit behind the point, which is cut off and not rounded: "4.4", "4,4".
func (p *Printer) Decimal(n float64) string {
	return p.numbers().Sprint(number.Decimal(math.Floor(n*10)/10, number.MinFractionDigits(1), number.MaxFractionDigits(1)))
}

// Bytes says the size of a file in powers of ten: "512 bytes", "1.4 MB", "1,4 MB".
func (p *Printer) Bytes(n int64) string {
	if n > -1000 && n < 1000 {
		return p.N("one byte", "%d bytes", int(n))
	}
	units := [...]string{"kB", "MB", "GB", "TB", "PB", "EB"}
	size, unit := float64(n)/1000, 0
	for (size >= 999.95 || size <= -999.95) && unit < len(units)-1 {
		size /= 1000
		unit++
	}
	return p.numbers().Sprint(number.Decimal(size, number.MaxFractionDigits(1))) + " " + units[unit]
}

func monthName(m time.Month) Text {
	names := [...]Text{
		"January", "February", "March", "April", "May", "June",
		"July", "August", "September", "October", "November", "December",
	}
	return names[m-1]
}

func weekdayName(d time.Weekday) Text {
	names := [...]Text{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
	return names[d]
}
