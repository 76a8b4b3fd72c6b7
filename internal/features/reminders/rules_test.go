package reminders_test

import (
	"testing"
	"time"

	"grouprise.org/grouprise/internal/features/reminders"
	"grouprise.org/grouprise/internal/kit/clock"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func at(t *testing.T, text string) clock.Time {
	t.Helper()
	parsed, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return clock.At(parsed)
}

func TestPeopleAreRemindedADayBefore(t *testing.T) {
	t.Parallel()
	berlin := zone(t, "Europe/Berlin")
	for _, c := range []struct {
		starts, begins string
		allDay         bool
		want           string
	}{
		{"2026-03-03T18:00:00Z", "2026-03-03T19:00", false, "2026-03-02T18:00:00Z"},
		{"2026-03-29T17:00:00Z", "2026-03-29T19:00", false, "2026-03-28T17:00:00Z"}, // the night has an hour less
		{"2026-03-05T23:00:00Z", "2026-03-06", true, "2026-03-05T08:00:00Z"},        // nine in the morning
		{"2026-03-29T22:00:00Z", "2026-03-30", true, "2026-03-29T07:00:00Z"},        // nine in summer
		{"2026-10-25T23:00:00Z", "2026-10-26", true, "2026-10-25T08:00:00Z"},
		{"2026-03-06T10:00:00Z", "2026-03-06", true, "2026-03-05T08:00:00Z"}, // on Hawaii, where days begin late
		{"2026-03-05T15:00:00Z", "2026-03-06", true, "2026-03-05T08:00:00Z"}, // in Tokyo
		{"2026-01-01T00:00:00Z", "2026-01-01", true, "2025-12-31T08:00:00Z"},
	} {
		if got := reminders.DueAt(at(t, c.starts), c.allDay, c.begins, berlin).Format(time.RFC3339); got != c.want {
			t.Errorf("of %s people are reminded at %s, want %s", c.begins, got, c.want)
		}
	}
}

func TestADateIsTodayOrTomorrowByTheClocksOfTheSite(t *testing.T) {
	t.Parallel()
	berlin := zone(t, "Europe/Berlin")
	for _, c := range []struct {
		starts, begins string
		allDay         bool
		now, want      string
	}{
		{"2026-03-03T18:00:00Z", "2026-03-03T19:00", false, "2026-03-02T18:00:00Z", "tomorrow"},
		{"2026-03-03T18:00:00Z", "2026-03-03T19:00", false, "2026-03-02T23:30:00Z", "today"},
		{"2026-03-03T23:30:00Z", "2026-03-04T00:30", false, "2026-03-03T22:00:00Z", "tomorrow"},
		{"2026-03-05T23:00:00Z", "2026-03-06", true, "2026-03-05T08:00:00Z", "tomorrow"},
		{"2026-03-06T10:00:00Z", "2026-03-06", true, "2026-03-06T08:00:00Z", "today"},
		{"2026-03-06T10:00:00Z", "2026-03-06", true, "2026-03-04T08:00:00Z", "later"},
		{"2026-03-30T17:00:00Z", "2026-03-30T19:00", false, "2026-03-29T10:00:00Z", "tomorrow"},
	} {
		if got := reminders.Near(at(t, c.starts), c.allDay, c.begins, at(t, c.now), berlin); got != c.want {
			t.Errorf("%s is %s at %s, want %s", c.begins, got, c.now, c.want)
		}
	}
}
