package events_test

import (
	"net/url"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

func TestProgramsReadEachDateOfAnEvent(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	first := w.on(time.Tuesday, 1)
	at := func(weeks, hour int) string {
		d := first.AddDate(0, 0, 7*weeks)
		return time.Date(d.Year(), d.Month(), d.Day(), hour, 0, 0, 0, w.berlin).Format(time.RFC3339)
	}
	path := w.announce(t, "Chorprobe", true, url.Values{"time": {day(first) + "T19:00"}, "until_time": {day(first) + "T21:00"}, "repeats": {"weekly"}, "repeats_times": {"3"}})
	cast.Execute(t, w.db, `UPDATE event_dates SET cancelled = TRUE WHERE day = ?`, day(first.AddDate(0, 0, 7)))
	moved := day(first.AddDate(0, 0, 14))
	cast.Execute(t, w.db, `UPDATE event_dates SET begins = ?, altered = TRUE WHERE day = ?`, moved+"T18:00", moved)
	head := webtest.ReadHead(t, w.visit(t, 0).Get(path).Body)
	head.Check(t)
	var got [][4]any
	for _, thing := range head.Things {
		if thing["@type"] == "Event" {
			got = append(got, [4]any{thing["startDate"], thing["endDate"], thing["eventStatus"], thing["previousStartDate"]})
		}
	}
	want := [][4]any{
		{at(0, 19), at(0, 21), "https://schema.org/EventScheduled", nil},
		{at(1, 19), at(1, 21), "https://schema.org/EventCancelled", nil},
		{at(2, 18), at(2, 21), "https://schema.org/EventRescheduled", at(2, 19)},
	}
	if len(got) != len(want) {
		t.Fatalf("programs read of the dates %v", got)
	}
	for n := range want {
		if got[n] != want[n] {
			t.Errorf("programs read of a date %v, want %v", got[n], want[n])
		}
	}
	if series, ok := head.Thing("Event")["superEvent"].(map[string]any); !ok || series["name"] != "Chorprobe" {
		t.Errorf("the dates belong to %v", head.Thing("Event")["superEvent"])
	}
	market := w.announce(t, "Markt", true, url.Values{"time": {day(first)}, "all_day": {"on"}})
	if thing := webtest.ReadHead(t, w.visit(t, 0).Get(market).Body).Thing("Event"); thing["startDate"] != day(first) || thing["endDate"] != day(first) || thing["superEvent"] != nil {
		t.Errorf("of a whole day programs read %v", thing)
	}
}
