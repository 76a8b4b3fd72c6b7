package events_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/golden"
)

var stamps = regexp.MustCompile(`(DTSTAMP|LAST-MODIFIED):\d{8}T\d{6}Z`)

// calendar returns a calendar as people compare it: with line ends of this system, unfolded, and without the time at which
// the test ran.
func (w *town) calendar(t *testing.T, path string) string {
	t.Helper()
	program := w.fetch(t, path)
	program.Sees(http.StatusOK, "BEGIN:VCALENDAR\r\n")
	return stamps.ReplaceAllString(strings.ReplaceAll(program.Page.Body, "\r\n", "\n"), "$1:20260303T120000Z")
}

// reviseDate changes a date of a series.
func (w *town) reviseDate(t *testing.T, contentID int64, day string, fields map[string]string) {
	t.Helper()
	anna := w.visit(t, w.Anna.ID)
	anna.Get("/stadt/content/" + strconv.FormatInt(contentID, 10) + "/dates/" + day + "/")
	anna.Submit("Save", fields)
	anna.Sees(http.StatusOK, "The changes have been saved.")
}

func TestASeriesIsOneEventInCalendars(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		probe := w.idOf(t, w.announce(t, "Probe", true, url.Values{
			"time": {"2099-03-03T19:00"}, "until_time": {"2099-03-03T21:00"}, "repeats": {"weekly"}, "repeats_until": {"2099-04-30"},
		}))
		w.reviseDate(t, probe, "2099-03-10", map[string]string{"time": "2099-03-11T20:00", "until_time": "2099-03-11T21:00", "place": "Im Hof"})
		w.reviseDate(t, probe, "2099-03-31", map[string]string{"cancelled": "on"})
		cast.Execute(t, db, `UPDATE events SET excluded = '2099-03-17,2099-04-07', position = '53.5511,9.9937' WHERE content_id = ?`, probe)
		tag := w.idOf(t, w.announce(t, "Tag der offenen Tür", true, url.Values{
			"time": {"2099-05-09"}, "until_time": {"2099-05-10"}, "all_day": {"on"}, "repeats": {"yearly"}, "repeats_times": {"2"},
		}))
		w.reviseDate(t, tag, "2100-05-09", map[string]string{"time": "2100-05-16", "until_time": "2100-05-17"})
		cast.Execute(t, db, `UPDATE events SET cancelled = TRUE WHERE content_id = ?`, w.idOf(t, w.announce(t, "Lissabon", true, url.Values{"time": {"2099-07-01T10:00"}, "zone": {"Europe/Lisbon"}})))
		golden.Equal(t, "series.ics", w.calendar(t, "/garten/events/public.ics"))

		address := "/stadt/content/" + strconv.FormatInt(probe, 10) + "/event.ics"
		golden.Equal(t, "date.ics", w.calendar(t, address+"?date=2099-03-24"))
		whole := w.calendar(t, address)
		if strings.Count(whole, "BEGIN:VEVENT") != 3 || !strings.Contains(whole, "RRULE:FREQ=WEEKLY;UNTIL=20990430T170000Z;BYDAY=TU\n") {
			t.Errorf("the series is\n%s", whole)
		}
		for _, day := range []string{"2099-03-25", "x", "2099-03-17' OR 1=1"} {
			if p := w.fetch(t, address+"?date="+url.QueryEscape(day)).Page; p.Status != http.StatusNotFound {
				t.Errorf("%s answers %d", day, p.Status)
			}
		}
	})
}

func TestASeriesThatBeganLongAgoIsInCalendarsWhileItGoesOn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		began := day(w.in(-1500))
		w.announce(t, "Stammtisch", true, url.Values{"time": {began + "T19:00"}, "repeats": {"weekly"}})
		w.announce(t, "Früher", true, url.Values{"time": {began + "T19:00"}, "repeats": {"weekly"}, "repeats_times": {"60"}})
		w.announce(t, "Bis vor Kurzem", true, url.Values{"time": {day(w.in(-500)) + "T19:00"}, "repeats": {"monthly"}, "repeats_times": {"10"}})
		text := w.calendar(t, "/stadt/events/public.ics")
		for _, want := range []string{"SUMMARY:[garten] Stammtisch\n", "DTSTART;TZID=Europe/Berlin:" + strings.ReplaceAll(began, "-", "") + "T190000\n", "SUMMARY:[garten] Bis vor Kurzem\n"} {
			if !strings.Contains(text, want) {
				t.Errorf("there is no %q in\n%s", want, text)
			}
		}
		if strings.Contains(text, "Früher") || strings.Count(text, "BEGIN:VEVENT") != 2 {
			t.Errorf("%s", text)
		}
	})
}

// TestDatesThatProgramsWouldSeeOtherwiseStandByThemselves makes a series that lasts through the nights in which clocks are
// changed, and one whose first date is not one of its rule.
func TestDatesThatProgramsWouldSeeOtherwiseStandByThemselves(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	w.announce(t, "Nachtwache", true, url.Values{"time": {"2099-03-21T22:00"}, "until_time": {"2099-03-22T06:00"}, "repeats": {"weekly"}, "repeats_times": {"3"}})
	w.announce(t, "Mittwochs", true, url.Values{"time": {"2099-03-03T19:00"}, "until_time": {"2099-03-03T21:00"}, "repeats": {"rule"}, "repeats_rule": {"FREQ=WEEKLY;BYDAY=WE;COUNT=6"}})
	text := w.calendar(t, "/garten/events/public.ics")
	for _, want := range []string{
		"RECURRENCE-ID;TZID=Europe/Berlin:20990328T220000\nDTSTART;TZID=Europe/Berlin:20990328T220000\nDTEND;TZID=Europe/Berlin:20990329T060000\n",
		"RDATE;TZID=Europe/Berlin:20990303T190000\nRRULE:FREQ=WEEKLY;UNTIL=20990401T215959Z;BYDAY=WE\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "RECURRENCE-ID"); n != 1 {
		t.Errorf("%d dates stand by themselves in\n%s", n, text)
	}
}

func TestEventsFromEarlierKeepTheirUIDsInEachFeed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		old := w.idOf(t, w.announce(t, "Alt", true, url.Values{"time": {"2099-05-08T17:00"}}))
		w.announce(t, "Neu", true, url.Values{"time": {"2099-05-08T17:00"}})
		foreign := w.idOf(t, w.announce(t, "Fremd", true, url.Values{"time": {"2099-05-08T17:00"}}))
		cast.Execute(t, db, `INSERT INTO event_uids (content_id, feed, uid) VALUES (?, 'group', 'garten.1@example.org'), (?, 'site', 'http://example.org/garten/alt/')`, old, old)
		cast.Execute(t, db, `UPDATE events SET uid = 'x@elsewhere.example' WHERE content_id = ?`, foreign)
		for path, want := range map[string]string{
			"/garten/events/public.ics":       "garten.1@example.org content.2@example.org x@elsewhere.example",
			"/stadt/events/public.ics":        "http://example.org/garten/alt/ content.2@example.org x@elsewhere.example",
			"/stadt/content/1/event.ics":      "content.1@example.org",
			"/stadt/content/3/event.ics?date": "x@elsewhere.example",
		} {
			var uids []string
			for _, found := range regexp.MustCompile(`(?m)^UID:(.*)$`).FindAllStringSubmatch(w.calendar(t, path), -1) {
				uids = append(uids, found[1])
			}
			if got := strings.Join(uids, " "); got != want {
				t.Errorf("%s has %s", path, got)
			}
		}
	})
}
