package imports_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/features/imports"
	"grouprise.org/grouprise/internal/kit/ical"
)

func TestPausesGrowUpToADay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		failures    int
		asked, want time.Duration
	}{
		{0, 0, time.Hour},
		{1, 0, time.Hour},
		{2, 0, 2 * time.Hour},
		{5, 0, 16 * time.Hour},
		{6, 0, 24 * time.Hour},
		{1000, 0, 24 * time.Hour},
		{1, 3 * time.Hour, 3 * time.Hour},
		{6, 3 * time.Hour, 24 * time.Hour},
		{1, 100 * time.Hour, 100 * time.Hour},
	} {
		if got := imports.Pause(c.failures, c.asked); got != c.want {
			t.Errorf("after %d failures, asked for %s: %s, want %s", c.failures, c.asked, got, c.want)
		}
	}
}

func TestWhatIsNearIsGathered(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.March, 3, 12, 0, 0, 0, time.UTC)
	e := func(title, begins, rule string) ical.Event {
		return ical.Event{UID: title, Title: title, Begins: begins, Zone: "UTC", Rule: rule}
	}
	for _, c := range []struct {
		event ical.Event
		shown bool
	}{
		{e("today", "2026-03-03T09:00", ""), true},
		{e("a year ago", "2025-03-03", ""), true},
		{e("more than a year ago", "2025-03-02", ""), false},
		{e("in two years", "2028-03-03", ""), true},
		{e("in more than two years", "2028-03-04", ""), false},
		{e("a series without end", "1999-01-01", "FREQ=YEARLY"), true},
		{e("a series that has ended", "1999-01-01", "FREQ=YEARLY;UNTIL=20200101"), false},
		{e("a series that ends", "1999-01-01", "FREQ=YEARLY;UNTIL=20270101T000000"), true},
		{e("a short series", "1999-01-01", "FREQ=WEEKLY;COUNT=10"), false},
		{e("a short series on several days", "1999-01-01", "FREQ=WEEKLY;BYDAY=MO,TU;COUNT=10"), false},
		{e("a long series", "2025-01-01", "FREQ=WEEKLY;COUNT=52"), true},
		{e("a series that nobody can see through", "1999-01-01", "FREQ=MONTHLY;BYDAY=5MO;COUNT=10"), true},
		{e("a series of nonsense", "1999-01-01", "FREQ=DAILY;COUNT=99999999999999999999"), true},
		{e("a series that goes too far", "2026-01-01", "FREQ=YEARLY;COUNT=9999;INTERVAL=999"), true},
		{e("nothing", "", ""), false},
	} {
		got, _ := imports.Gather(ical.Calendar{Events: []ical.Event{c.event}}, "stadt.example", now)
		if (len(got) == 1) != c.shown {
			t.Errorf("%s: shown is %v", c.event.Title, got)
		}
	}
}

func TestOfTooManyEventsTheNextOnesAreShown(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.March, 3, 12, 0, 0, 0, time.UTC)
	var c ical.Calendar
	for n := range 1500 {
		for _, day := range []time.Time{now.AddDate(0, 0, -n/5), now.AddDate(0, 0, 1+n/5)} {
			c.Events = append(c.Events, ical.Event{UID: fmt.Sprint(len(c.Events)), Title: day.Format(time.DateOnly), Begins: day.Format(time.DateOnly), AllDay: true})
		}
	}
	c.Skipped = 3
	titles, skipped := imports.Gather(c, "stadt.example", now)
	if len(titles) != 2000 || skipped != 1003 || titles[0] != "2026-03-03" || titles[len(titles)-1] < "2025-11-20" {
		t.Errorf("%d events from %s to %s, %d skipped", len(titles), titles[0], titles[len(titles)-1], skipped)
	}
}

// Whatever a calendar says, gathering its events ends soon.
func FuzzGather(f *testing.F) {
	samples, err := filepath.Glob("../../kit/ical/testdata/*.ics")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range samples {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20260303T190000\nRRULE:FREQ=DAILY;COUNT=99;INTERVAL=99999\nRDATE:20260304\nRECURRENCE-ID:20260304\nEND:VEVENT\nEND:VCALENDAR\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ical.Parse(strings.NewReader(text), ical.Limits{})
		if err != nil {
			return
		}
		begun := time.Now()
		imports.Gather(c, "stadt.example", time.Date(2026, time.March, 3, 12, 0, 0, 0, time.UTC))
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}
