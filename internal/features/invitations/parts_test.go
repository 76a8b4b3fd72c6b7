package invitations

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/ical"
	"grouprise.org/grouprise/internal/kit/mime"
)

// calendarOf returns the calendar of a mail from testdata.
func calendarOf(t testing.TB, name string) ical.Calendar {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name + ".eml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := mime.Parse(bytes.NewReader(data), mime.Limits{})
	if err != nil || len(m.Calendars) != 1 {
		t.Fatalf("%s has %d calendars: %v", name, len(m.Calendars), err)
	}
	c, err := ical.Parse(bytes.NewReader(m.Calendars[0]), ical.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// outcome is what becomes of calendars in an order.
func outcome(t testing.TB, all []ical.Calendar) string {
	t.Helper()
	var parts []*part
	for _, c := range all {
		var err error
		if parts, _, err = absorb(parts, c); err != nil {
			t.Fatal(err)
		}
	}
	events, err := combine(parts)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(events, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestCalendarsInAnyOrderEndInOneState shuffles and replays what five programs send of an event, and what one date of a
// series is told apart by, a thousand times.
func TestCalendarsInAnyOrderEndInOneState(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for _, c := range []struct {
		what      string
		calendars []ical.Calendar
	}{
		{"thunderbird", nil},
		{"outlook", nil},
		{"google", nil},
		{"apple", nil},
		{"nextcloud", nil},
		{"a series of which dates move, go and come back", []ical.Calendar{
			said(methodRequest, whole(0, 1)), said(methodRequest, date("2099-05-12T18:00", 1, 2)), said(methodCancel, date("2099-05-19T18:00", 1, 3)),
			said(methodRequest, whole(2, 4), date("2099-05-12T18:00", 1, 2)), said(methodRequest, date("2099-05-19T18:00", 3, 5)), said(methodCancel, date("2099-05-12T18:00", 3, 6)),
		}},
		{"one date without its series", []ical.Calendar{
			said(methodRequest, date("2099-05-12T18:00", 0, 1)), said(methodRequest, date("2099-05-12T18:00", 1, 2)), said(methodCancel, whole(2, 3)),
		}},
		{"a program that does not count", []ical.Calendar{
			said(methodRequest, whole(0, 1)), said(methodRequest, whole(0, 2)), said(methodRequest, other(whole(0, 2))), said(methodCancel, whole(0, 2)),
		}},
	} {
		calendars := c.calendars
		if calendars == nil {
			for _, suffix := range []string{"-request", "-update", "-cancel"} {
				calendars = append(calendars, calendarOf(t, c.what+suffix))
			}
		}
		want := outcome(t, calendars)
		for range 1000 {
			mails := append(slices.Clip(calendars), calendars[random.IntN(len(calendars))], calendars[random.IntN(len(calendars))])
			random.Shuffle(len(mails), func(a, b int) { mails[a], mails[b] = mails[b], mails[a] })
			if got := outcome(t, mails); got != want {
				t.Fatalf("%s: in another order it ends in\n%s\nwant\n%s", c.what, got, want)
			}
		}
	}
}

func TestTheLatestCounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what      string
		calendars []ical.Calendar
		want      string // of each event: where, and whether it is cancelled
	}{
		{"a change", []ical.Calendar{said(methodRequest, other(whole(1, 2))), said(methodRequest, whole(0, 3))}, "elsewhere"},
		{"an end", []ical.Calendar{said(methodCancel, whole(1, 2)), said(methodRequest, whole(0, 1))}, "here cancelled"},
		{"an end alone", []ical.Calendar{said(methodCancel, whole(1, 2))}, ""},
		{"an end that is taken back", []ical.Calendar{said(methodCancel, whole(1, 2)), said(methodRequest, whole(2, 3)), said(methodRequest, whole(0, 1))}, "here"},
		{"an end that the event says itself", []ical.Calendar{said(methodPublish, ended(whole(1, 2))), said(methodPublish, whole(0, 1))}, "here cancelled"},
		{"one date", []ical.Calendar{said(methodRequest, whole(0, 1)), said(methodRequest, other(date("2099-05-12T18:00", 1, 2)))}, "here, 2099-05-12T18:00 elsewhere"},
		{"one date less", []ical.Calendar{said(methodCancel, date("2099-05-12T18:00", 1, 2)), said(methodRequest, whole(0, 1))}, "here, 2099-05-12T18:00  cancelled"},
		{"a new plan for all", []ical.Calendar{said(methodRequest, whole(2, 3)), said(methodCancel, date("2099-05-12T18:00", 1, 2)), said(methodRequest, whole(0, 1))}, "here"},
		{"a new plan that keeps a date", []ical.Calendar{said(methodRequest, whole(2, 3), other(date("2099-05-12T18:00", 1, 2)))}, "here, 2099-05-12T18:00 elsewhere"},
		{"a date alone", []ical.Calendar{said(methodRequest, other(date("2099-05-12T18:00", 1, 2)))}, "elsewhere"},
		{"a date alone, and the end of the whole", []ical.Calendar{said(methodRequest, other(date("2099-05-12T18:00", 1, 2))), said(methodCancel, whole(2, 3))}, "elsewhere cancelled"},
	} {
		var events []ical.Event
		if err := json.Unmarshal([]byte(outcome(t, c.calendars)), &events); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range events {
			line := e.Place
			if e.Recurrence != "" {
				line = e.Recurrence + " " + line
			}
			if e.Status == statusCancelled {
				line += " cancelled"
			}
			got = append(got, line)
			if len(e.Attendees) > 0 {
				t.Errorf("%s: others who are asked are kept: %v", c.what, e.Attendees)
			}
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}

func said(method string, events ...ical.Event) ical.Calendar {
	return ical.Calendar{Method: method, Events: events}
}

// whole is a series as a mail with a SEQUENCE says it at a minute.
func whole(sequence, minute int) ical.Event {
	return ical.Event{
		UID: "1@x", Sequence: sequence, Stamp: time.Date(2026, time.March, 3, 10, minute, 0, 0, time.UTC), Title: "Gießdienst", Place: "here",
		Begins: "2099-05-05T18:00", Zone: "Europe/Berlin", Rule: "FREQ=WEEKLY", Attendees: []ical.Person{{Address: "bert@example.org"}},
	}
}

func date(recurrence string, sequence, minute int) ical.Event {
	e := whole(sequence, minute)
	e.Recurrence, e.Rule = recurrence, ""
	return e
}

func other(e ical.Event) ical.Event {
	e.Place = "elsewhere"
	return e
}

func ended(e ical.Event) ical.Event {
	e.Status = statusCancelled
	return e
}
