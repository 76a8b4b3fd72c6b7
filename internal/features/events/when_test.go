package events_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"grouprise.org/grouprise/internal/features/events"
	"grouprise.org/grouprise/internal/testkit/localetest"
)

// zone returns a zone of the zone database.
func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestWallTimesArePointsInTimeThroughBothChangesOfTheClock(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, begins, ends, starts, over string }{
		{"Europe/Berlin", "2026-03-03T19:00", "2026-03-03T21:00", "2026-03-03T18:00:00Z", "2026-03-03T20:00:00Z"},
		{"Europe/Berlin", "2026-03-24T19:00", "", "2026-03-24T18:00:00Z", "2026-03-24T18:00:00Z"},
		{"Europe/Berlin", "2026-03-31T19:00", "", "2026-03-31T17:00:00Z", "2026-03-31T17:00:00Z"},                 // the week after, in summer
		{"Europe/Berlin", "2026-03-29T01:30", "2026-03-29T03:30", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"}, // one hour, because one is left out
		{"Europe/Berlin", "2026-03-29T02:30", "", "2026-03-29T01:30:00Z", "2026-03-29T01:30:00Z"},                 // never shown
		{"Europe/Berlin", "2026-10-25T02:30", "", "2026-10-25T00:30:00Z", "2026-10-25T00:30:00Z"},                 // shown twice: the first
		{"Europe/Berlin", "2026-10-25T03:00", "", "2026-10-25T02:00:00Z", "2026-10-25T02:00:00Z"},                 // the first after
		{"Europe/Berlin", "2026-10-25T01:59", "", "2026-10-24T23:59:00Z", "2026-10-24T23:59:00Z"},                 // the last before
		{"America/New_York", "2026-11-01T01:30", "", "2026-11-01T05:30:00Z", "2026-11-01T05:30:00Z"},              // twice, west of Greenwich
		{"America/New_York", "2026-03-08T02:30", "", "2026-03-08T07:30:00Z", "2026-03-08T07:30:00Z"},              // never, west of Greenwich
		{"Australia/Lord_Howe", "2026-04-05T01:45", "", "2026-04-04T14:45:00Z", "2026-04-04T14:45:00Z"},           // half an hour twice
		{"Europe/Berlin", "2026-03-29", "", "2026-03-28T23:00:00Z", "2026-03-29T21:59:59.999Z"},                   // a day of 23 hours
		{"Europe/Berlin", "2026-10-24", "2026-10-25", "2026-10-23T22:00:00Z", "2026-10-25T22:59:59.999Z"},         // and one of 25
		{"UTC", "1900-01-01T00:00", "2199-12-31T23:59", "1900-01-01T00:00:00Z", "2199-12-31T23:59:00Z"},
	} {
		starts, over := events.NewSpan(c.begins, c.ends, zone(t, c.zone)).Dates()
		if got := starts.Format(time.RFC3339Nano); got != c.starts {
			t.Errorf("%s in %s begins at %s, want %s", c.begins, c.zone, got, c.starts)
		}
		if got := over.Format(time.RFC3339Nano); got != c.over {
			t.Errorf("%s to %s in %s ends at %s, want %s", c.begins, c.ends, c.zone, got, c.over)
		}
	}
	for text, exists := range map[string]bool{"2026-03-29T01:59": true, "2026-03-29T02:00": false, "2026-03-29T02:59": false, "2026-03-29T03:00": true, "2026-10-25T02:30": true} {
		if events.Exists(text, zone(t, "Europe/Berlin")) != exists {
			t.Errorf("clocks in Berlin show %s: %t, want %t", text, !exists, exists)
		}
	}
}

func TestTimesAreReadAsBrowsersAndScriptsWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-03-03T19:00": "2026-03-03T19:00", "2026-03-03T19:00:59": "2026-03-03T19:00", "2026-03-03 19:00": "2026-03-03T19:00", "2026-03-03 19:00:00": "2026-03-03T19:00",
		"03.03.2026 19:00": "2026-03-03T19:00", "3.3.2026 19:00:00": "2026-03-03T19:00", " 03.03.2026 ": "2026-03-03T00:00", "2026-03-03": "2026-03-03T00:00",
		"": "", "x": "", "19:00": "", "2026-02-30T19:00": "", "2026-03-03T25:00": "", "0000-01-01T00:00": "", "1899-12-31T23:59": "", "2200-01-01T00:00": "",
		"99999-01-01T00:00": "", "-2026-03-03": "", "31.2.2026 10:00": "", "2026-03-03T19:00+01:00": "",
	} {
		if got := events.Reads(text); got != want {
			t.Errorf("%q is read as %q, want %q", text, got, want)
		}
	}
}

func TestDatesAreSaidAsPeopleSayThem(t *testing.T) {
	t.Parallel()
	catalogues := localetest.Catalogues(t)
	berlin := zone(t, "Europe/Berlin")
	english, german := catalogues.Printer("en", berlin), catalogues.Printer("de", berlin)
	for _, c := range []struct{ begins, ends, zone, english, german string }{
		{"2026-03-03T19:00", "2026-03-03T21:00", "Europe/Berlin", "Tue 3 March 2026, 7–9 pm", "Di., 3. März 2026, 19:00–21:00 Uhr"},
		{"2026-03-03T10:00", "2026-03-03T13:30", "Europe/Berlin", "Tue 3 March 2026, 10 am–1:30 pm", "Di., 3. März 2026, 10:00–13:30 Uhr"},
		{"2026-03-03T19:30", "", "Europe/Berlin", "Tue 3 March 2026, 7:30 pm", "Di., 3. März 2026, 19:30 Uhr"},
		{"2026-03-03T19:30", "2026-03-03T19:30", "Europe/Berlin", "Tue 3 March 2026, 7:30 pm", "Di., 3. März 2026, 19:30 Uhr"},
		{"2026-03-03T12:00", "2026-03-04T00:00", "Europe/Berlin", "Tue 3 March 2026, 12 pm–12 am", "Di., 3. März 2026, 12:00–00:00 Uhr"},
		{"2026-03-06T22:00", "2026-03-07T04:00", "Europe/Berlin", "Fri 6 March 2026, 10 pm–4 am", "Fr., 6. März 2026, 22:00–04:00 Uhr"},
		{"2026-03-06T18:00", "2026-03-08T14:00", "Europe/Berlin", "Fri 6 March 2026, 6 pm – Sun 8 March 2026, 2 pm", "Fr., 6. März 2026, 18:00 Uhr – So., 8. März 2026, 14:00 Uhr"},
		{"2026-03-06", "", "Europe/Berlin", "Fri 6 March 2026, all day", "Fr., 6. März 2026, ganztägig"},
		{"2026-03-06", "2026-03-08", "Europe/Berlin", "Fri 6 March 2026 – Sun 8 March 2026", "Fr., 6. März 2026 – So., 8. März 2026"},
		{"2026-03-03T19:00", "2026-03-03T21:00", "Europe/Lisbon", "Tue 3 March 2026, 7–9 pm (Lisbon time)", "Di., 3. März 2026, 19:00–21:00 Uhr (Ortszeit Lisbon)"},
		{"2026-03-03T19:00", "", "Europe/Vienna", "Tue 3 March 2026, 7 pm", "Di., 3. März 2026, 19:00 Uhr"}, // its clocks show the same
		{"2026-03-06", "", "Asia/Tokyo", "Fri 6 March 2026, all day", "Fr., 6. März 2026, ganztägig"},
	} {
		s := events.NewSpan(c.begins, c.ends, zone(t, c.zone))
		if got := s.Say(english); got != c.english {
			t.Errorf("%q, want %q", got, c.english)
		}
		if got := s.Say(german); got != c.german {
			t.Errorf("%q, want %q", got, c.german)
		}
	}
}

func TestTheMonthShowsEventsOnAllOfTheirDays(t *testing.T) {
	t.Parallel()
	titles := []string{"Probe", "Freizeit", "Fest", "Markt", "Nacht", "Früh", "Spät", "Mittag"}
	var spans []events.Span
	for _, s := range [][2]string{
		{"2026-05-08T19:00", "2026-05-08T21:00"},
		{"2026-05-08T17:00", "2026-05-11T12:00"}, // over the end of a week
		{"2026-05-30", "2026-06-02"},             // over the end of the month
		{"2026-04-26", ""},                       // before the first week
		{"2026-05-13T20:00", "2026-05-14T00:00"}, // ends with the day
		{"2026-05-20T08:00", ""},
		{"2026-05-20T20:00", ""},
		{"2026-05-20T12:00", ""},
	} {
		spans = append(spans, events.NewSpan(s[0], s[1], time.UTC))
	}
	titles, spans = append(titles, "Vierter"), append(spans, events.NewSpan("2026-05-20T21:00", "", time.UTC))
	want := map[string][]string{
		"8 May": {"Freizeit", "Probe"}, "9 May": {"Freizeit"}, "10 May": {"Freizeit"}, "11 May": {"Freizeit"},
		"13 May": {"Nacht"}, "20 May": {"Früh", "Mittag", "Spät", "…"}, "30 May": {"Fest"}, "31 May": {"Fest"},
	}
	if diff := cmp.Diff(want, events.MonthLanes(2026, time.May, titles, spans)); diff != "" {
		t.Error(diff)
	}
	marks := map[string][]string{
		"8 May": {"Probe", "Freizeit", "/stadt/events/2026/5/8"}, "9 May": {"Freizeit", "/stadt/content/2/?date=2026-05-08"},
		"10 May": {"Freizeit", "/stadt/content/2/?date=2026-05-08"}, "11 May": {"Freizeit", "/stadt/content/2/?date=2026-05-08"},
		"13 May": {"Nacht", "/stadt/content/5/?date=2026-05-13"}, "20 May": {"Früh", "Spät", "Mittag", "Vierter", "/stadt/events/2026/5/20"},
		"30 May": {"Fest", "/stadt/content/3/?date=2026-05-30"}, "31 May": {"Fest", "/stadt/content/3/?date=2026-05-30"},
	}
	if diff := cmp.Diff(marks, events.MonthMarks(2026, time.May, titles, spans, time.UTC)); diff != "" {
		t.Error(diff)
	}
	if got := events.MonthMarks(2026, time.June, titles, spans, time.UTC); len(got) != 2 || len(got["1 June"]) != 2 || len(got["2 June"]) != 2 {
		t.Errorf("%v", got)
	}
	// By the clocks of Tokyo, what has a time in the evening is on the next day. Whole days are the same there.
	marks = map[string][]string{
		"9 May": {"Probe", "Freizeit", "/stadt/events/2026/5/9"}, "10 May": {"Freizeit", "/stadt/content/2/?date=2026-05-08"},
		"11 May": {"Freizeit", "/stadt/content/2/?date=2026-05-08"}, "14 May": {"Nacht", "/stadt/content/5/?date=2026-05-13"},
		"20 May": {"Früh", "Mittag", "/stadt/events/2026/5/20"}, "21 May": {"Spät", "Vierter", "/stadt/events/2026/5/21"},
		"30 May": {"Fest", "/stadt/content/3/?date=2026-05-30"}, "31 May": {"Fest", "/stadt/content/3/?date=2026-05-30"},
	}
	if diff := cmp.Diff(marks, events.MonthMarks(2026, time.May, titles, spans, zone(t, "Asia/Tokyo"))); diff != "" {
		t.Error(diff)
	}
	// June begins on a Monday: its first days are there, the end of May is not.
	if got := events.MonthLanes(2026, time.June, titles, spans); len(got) != 2 || len(got["1 June"]) != 1 || len(got["2 June"]) != 1 {
		t.Errorf("%v", got)
	}
	for _, c := range [][3]string{
		{"", "", "2026-03"},
		{"5", "2027", "2027-05"},
		{"0", "2027", "2027-03"},
		{"13", "", "2026-03"},
		{"x", "y", "2026-03"},
		{"1", "99999", "2026-01"},
		{"1", "0", "2026-01"},
		{"-1", "-1", "2026-03"},
		{"12", "2199", "2199-12"},
		{"1", "1900", "1900-01"},
	} {
		if got := events.MonthOf(c[0], c[1]); got != c[2] {
			t.Errorf("month %q of year %q is %s, want %s", c[0], c[1], got, c[2])
		}
	}
}
