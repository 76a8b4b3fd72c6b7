package recur_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/teambition/rrule-go"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/recur"
)

// day returns a day, with a time of day if there is one.
func day(t testing.TB, text string) time.Time {
	t.Helper()
	layout := "2006-01-02T15:04"
	parsed, err := time.Parse(layout[:len(text)], text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// said returns days as text: the whole first one, and of the others what has changed.
func said(days []time.Time) string {
	var all []string
	for n, d := range days {
		switch {
		case n == 0 || d.Year() != days[n-1].Year():
			all = append(all, d.Format("2006-01-02"))
		default:
			all = append(all, d.Format("01-02"))
		}
	}
	return strings.Join(all, " ")
}

func TestRulesSayTheirDays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ rule, first, upto, want string }{
		{"FREQ=DAILY;COUNT=3", "2026-12-30", "2028-01-01", "2026-12-30 12-31 2027-01-01"},
		{"FREQ=DAILY;INTERVAL=10;UNTIL=20260330", "2026-03-01", "2028-01-01", "2026-03-01 03-11 03-21"},
		{"FREQ=DAILY;INTERVAL=10;UNTIL=20260331", "2026-03-01", "2028-01-01", "2026-03-01 03-11 03-21 03-31"},
		{"FREQ=WEEKLY", "2026-03-03", "2026-03-20", "2026-03-03 03-10 03-17"},
		{"FREQ=WEEKLY;BYDAY=TU,TH", "2026-03-05", "2026-03-17", "2026-03-05 03-10 03-12 03-17"},
		{"FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH", "2026-03-05", "2026-03-31", "2026-03-05 03-17 03-19 03-31"},
		{"FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;COUNT=4", "2026-03-01", "2028-01-01", "2026-03-01 03-09 03-15 03-23"},
		{"FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;COUNT=4;WKST=SU", "2026-03-01", "2028-01-01", "2026-03-01 03-02 03-15 03-16"},
		{"FREQ=MONTHLY;COUNT=4", "2026-01-31", "2028-01-01", "2026-01-31 03-31 05-31 07-31"},
		{"FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", "2026-01-31", "2028-01-01", "2026-01-31 02-28 03-31"},
		{"FREQ=MONTHLY;BYDAY=2TU;UNTIL=20260731", "2026-03-10", "2028-01-01", "2026-03-10 04-14 05-12 06-09 07-14"},
		{"FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2;COUNT=2", "2026-03-10", "2028-01-01", "2026-03-10 04-14"},
		{"FREQ=MONTHLY;BYDAY=5FR;COUNT=4", "2026-01-30", "2028-01-01", "2026-01-30 05-29 07-31 10-30"},
		{"FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", "2026-01-30", "2028-01-01", "2026-01-30 02-27 03-27"},
		{"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3", "2026-01-30", "2028-01-01", "2026-01-30 02-27 03-31"},
		{"FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=3", "2026-02-13", "2030-01-01", "2026-02-13 03-13 11-13"},
		{"FREQ=YEARLY;COUNT=3", "2024-02-29", "2040-01-01", "2024-02-29 2028-02-29 2032-02-29"},
		{"FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU;COUNT=3", "2026-03-29", "2030-01-01", "2026-03-29 2027-03-28 2028-03-26"},
		{"FREQ=YEARLY;BYDAY=20MO;COUNT=2", "1997-05-19", "2000-01-01", "1997-05-19 1998-05-18"},
		{"FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=3", "1997-05-12", "2000-01-01", "1997-05-12 1998-05-11 1999-05-17"},
		{"FREQ=YEARLY;BYYEARDAY=1,-1;COUNT=3", "2026-01-01", "2030-01-01", "2026-01-01 12-31 2027-01-01"},
		{"FREQ=YEARLY;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8;INTERVAL=4;COUNT=3", "1996-11-05", "2010-01-01", "1996-11-05 2000-11-07 2004-11-02"},
		{"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "2026-03-03", "2199-12-31", "2026-03-03"},                  // never comes, and ends all the same
		{"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "2026-03-03", "2199-12-31", "2026-03-03"},                   // nor does this
		{"FREQ=WEEKLY;BYDAY=TH;COUNT=2", "2026-03-03", "2028-01-01", "2026-03-03 03-05"},                   // the first date counts, whatever the rule says
		{"FREQ=WEEKLY;UNTIL=20250101", "2026-03-03", "2028-01-01", "2026-03-03"},                           // even behind the end
		{"RRULE:FREQ=WEEKLY;BYDAY=TU;", "2026-03-03T19:00", "2026-03-10", "2026-03-03 03-10"},              // as some programs write
		{"freq=weekly;until=20260317T180000Z", "2026-03-03T19:00", "2027-01-01", "2026-03-03 03-10 03-17"}, // 19:00 in Berlin
		{"FREQ=WEEKLY;UNTIL=20260317T175959Z", "2026-03-03T19:00", "2027-01-01", "2026-03-03 03-10"},
		{"FREQ=WEEKLY;UNTIL=20260331T170000Z", "2026-03-24T19:00", "2027-01-01", "2026-03-24 03-31"}, // 19:00 in summer
		{"FREQ=WEEKLY;UNTIL=20260317T190000", "2026-03-03T19:00", "2027-01-01", "2026-03-03 03-10 03-17"},
	} {
		zone, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		rule, err := recur.Parse(c.rule, day(t, c.first), zone)
		if err != nil {
			t.Errorf("%s: %v", c.rule, err)
			continue
		}
		if got := said(rule.Days(day(t, c.first), day(t, c.upto))); got != c.want {
			t.Errorf("%s from %s on:\n%s, want\n%s", c.rule, c.first, got, c.want)
		}
		again, err := recur.Parse(rule.String(), day(t, c.first), zone)
		if err != nil || again.String() != rule.String() {
			t.Errorf("%s is written as %s, and that as %s: %v", c.rule, rule, again, err)
		}
	}
}

func TestTwoRulesThatSayTheSameAreTheSameText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"INTERVAL=1;BYDAY=TH,TU,TU;FREQ=WEEKLY;WKST=MO": "FREQ=WEEKLY;BYDAY=TU,TH",
		"FREQ=MONTHLY;BYSETPOS=-1;BYDAY=FR":             "FREQ=MONTHLY;BYDAY=-1FR",
		"FREQ=MONTHLY;BYDAY=+2TU;COUNT=5":               "FREQ=MONTHLY;COUNT=5;BYDAY=2TU",
		"FREQ=YEARLY;UNTIL=20271231T225959Z;INTERVAL=2": "FREQ=YEARLY;INTERVAL=2;UNTIL=20271231",
	} {
		rule, err := recur.Parse(text, day(t, "2026-03-03T19:00"), time.UTC)
		if err != nil || rule.String() != want {
			t.Errorf("%s becomes %s, %v, want %s", text, rule, err, want)
		}
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	rule, err := recur.Parse("FREQ=WEEKLY;UNTIL=20260804", day(t, "2026-03-03T19:00"), zone)
	if got := rule.Within(day(t, "2026-03-03T19:00"), zone); err != nil || got != "FREQ=WEEKLY;UNTIL=20260804T170000Z" {
		t.Errorf("programs get %s, %v", got, err)
	}
}

func TestWhatIsNoRuleIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "FREQ", "FREQ=HOURLY", "FREQ=MINUTELY", "FREQ=SECONDLY", "FREQ=SOMETIMES", "COUNT=3", "FREQ=DAILY;FREQ=DAILY",
		"FREQ=DAILY;COUNT=0", "FREQ=DAILY;COUNT=-1", "FREQ=DAILY;COUNT=10001", "FREQ=DAILY;COUNT=99999999999999999999", "FREQ=DAILY;COUNT=3;UNTIL=20260303",
		"FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=1001", "FREQ=DAILY;INTERVAL=x", "FREQ=DAILY;UNTIL=tomorrow", "FREQ=DAILY;UNTIL=",
		"FREQ=DAILY;BYHOUR=7", "FREQ=DAILY;BYMINUTE=0", "FREQ=DAILY;BYSECOND=0", "FREQ=YEARLY;BYEASTER=1", "FREQ=DAILY;X-OWN=1",
		"FREQ=DAILY;BYDAY=2MO", "FREQ=WEEKLY;BYDAY=2MO", "FREQ=MONTHLY;BYDAY=6MO", "FREQ=MONTHLY;BYDAY=53MO", "FREQ=YEARLY;BYMONTH=1;BYDAY=-53MO", "FREQ=YEARLY;BYDAY=54MO",
		"FREQ=MONTHLY;BYDAY=0MO", "FREQ=MONTHLY;BYDAY=M", "FREQ=MONTHLY;BYDAY=XX", "FREQ=MONTHLY;BYDAY=", "FREQ=YEARLY;BYWEEKNO=3;BYDAY=2MO",
		"FREQ=WEEKLY;BYMONTHDAY=3", "FREQ=MONTHLY;BYYEARDAY=3", "FREQ=MONTHLY;BYWEEKNO=3", "FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=MONTHLY;BYMONTHDAY=0", "FREQ=YEARLY;BYMONTH=-1", "FREQ=YEARLY;BYMONTH=13",
		"FREQ=MONTHLY;BYSETPOS=2", "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=367", "FREQ=WEEKLY;WKST=XX",
		"FREQ=YEARLY;BYYEARDAY=" + strings.Repeat("1,", 999) + "1", "FREQ=YEARLY;BYYEARDAY=" + numbers(100),
	} {
		if rule, err := recur.Parse(text, day(t, "2026-03-03T19:00"), time.UTC); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q is taken as %s, %v", text, rule, err)
		}
	}
}

func numbers(upto int) string {
	var all []string
	for n := range upto {
		all = append(all, fmt.Sprint(n+1))
	}
	return strings.Join(all, ",")
}

// pick returns some of a list of texts, parted by commas.
func pick(r *rand.Rand, from ...string) string {
	var all []string
	for _, item := range from {
		if r.IntN(3) == 0 {
			all = append(all, item)
		}
	}
	if len(all) == 0 {
		all = from[:1]
	}
	return strings.Join(all, ",")
}

// anyRule returns a rule as somebody else's program might write it.
func anyRule(r *rand.Rand) string {
	parts := []string{"FREQ=" + []string{"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}[r.IntN(4)]}
	maybe := func(one int, part string) {
		if r.IntN(one) == 0 {
			parts = append(parts, part)
		}
	}
	maybe(2, fmt.Sprintf("INTERVAL=%d", 1+r.IntN(4)))
	maybe(3, "BYMONTH="+pick(r, "3", "1", "2", "6", "11", "12"))
	maybe(4, "BYMONTHDAY="+pick(r, "13", "1", "29", "31", "-1", "-5"))
	maybe(8, "BYYEARDAY="+pick(r, "100", "1", "60", "366", "-1"))
	if r.IntN(8) == 0 {
		parts = append(parts, "BYWEEKNO="+pick(r, "20", "1", "10", "35"), "BYDAY="+pick(r, "MO", "WE", "SU"))
	} else {
		maybe(3, "BYDAY="+pick(r, "TU", "MO", "SU"))
		if !strings.Contains(strings.Join(parts, ";"), "BYDAY") { // the other one wants days that are counted and those that are not at once
			maybe(3, "BYDAY="+pick(r, "2TU", "-1FR", "5MO"))
		}
	}
	maybe(6, "BYSETPOS="+pick(r, "1", "2", "-1", "4"))
	maybe(6, "WKST="+[]string{"SU", "MO", "WE"}[r.IntN(3)])
	return strings.Join(parts, ";")
}

// TestDaysAreThoseOfAnotherImplementation compares the days of some thousand rules with those that rrule-go finds.
func TestDaysAreThoseOfAnotherImplementation(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	compared := 0
	for range 2500 {
		text := anyRule(r)
		rule, err := recur.Parse(text, time.Time{}, time.UTC)
		if err != nil || rule.Freq == recur.Weekly && len(rule.Positions) > 0 { // the other one begins to count on the first date
			continue
		}
		start := time.Date(2020+r.IntN(9), time.Month(1+r.IntN(12)), 1+r.IntN(31), 19, 0, 0, 0, time.UTC)
		upto := start.AddDate(6, 0, 0)
		if len(rule.Days(start, upto)) < 2 {
			continue // the other one looks for the next date until the year 9999
		}
		option, err := rrule.StrToROption(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		option.Dtstart, option.Until = start, upto
		other, err := rrule.NewRRule(*option)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		found := other.All()
		if len(found) == 0 {
			continue
		}
		// A series begins with a date that its rule names; otherwise the two differ on purpose.
		option.Dtstart = found[0]
		if other, err = rrule.NewRRule(*option); err != nil {
			t.Fatal(err)
		}
		if got, want := said(rule.Days(found[0], upto)), said(other.All()); got != want {
			t.Fatalf("%s from %s on:\n%s, want\n%s", text, found[0].Format(time.DateOnly), got, want)
		}
		compared++
	}
	if compared < 500 {
		t.Errorf("only %d rules were compared", compared)
	}
}

func FuzzParse(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		f.Add(anyRule(r), int64(r.IntN(20_000)))
	}
	f.Add("FREQ=MONTHLY;BYDAY=-5MO;UNTIL=20260331T170000Z", int64(0))
	f.Fuzz(func(t *testing.T, text string, since int64) {
		first := time.Unix(since%60_000*24*3600, 0).UTC()
		rule, err := recur.Parse(text, first, time.UTC)
		if err != nil {
			return
		}
		written := rule.String()
		again, err := recur.Parse(written, first, time.UTC)
		if err != nil || again.String() != written || len(written) > 255 {
			t.Fatalf("%q is written as %q, which is read as %q: %v", text, written, again, err)
		}
		upto := first.AddDate(3, 0, 0)
		days := rule.Days(first, upto)
		if len(days) == 0 || len(days) > 3*366+2 {
			t.Fatalf("%q has %d days", text, len(days))
		}
		for n, d := range days {
			if n > 0 && !d.After(days[n-1]) || d.After(upto) {
				t.Fatalf("%q has the days %s", text, said(days))
			}
		}
	})
}

func TestARuleKnowsWhetherItNamesItsFirstDay(t *testing.T) {
	t.Parallel()
	for rule, first := range map[string]struct{ named, other string }{
		"FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH":            {"2026-03-05", "2026-03-06"},
		"FREQ=WEEKLY":                                   {"2026-03-05", ""},
		"FREQ=MONTHLY;BYDAY=2WE;COUNT=5":                {"2026-03-11", "2026-03-12"},
		"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1": {"2026-01-30", "2026-01-29"},
		"FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU":              {"2026-03-29", "2026-03-22"},
	} {
		for text, want := range map[string]bool{first.named: true, first.other: false} {
			if text == "" {
				continue
			}
			r, err := recur.Parse(rule, day(t, text), nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Includes(day(t, text)); got != want {
				t.Errorf("%s includes %s: %t", rule, text, got)
			}
		}
	}
}
