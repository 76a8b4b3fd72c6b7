package imports_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// dates returns the dates of an event of garten, as they are kept: those that are cancelled with an x.
func (w *town) dates(t *testing.T, title string) string {
	t.Helper()
	var rows []struct {
		Begins    string `db:"begins"`
		Place     string `db:"place"`
		Cancelled bool   `db:"cancelled"`
	}
	err := w.db.Select(t.Context(), &rows, `
		SELECT d.begins, d.place, d.cancelled FROM event_dates d JOIN contents c ON c.id = d.content_id WHERE c.title = ? AND c.deleted_at IS NULL ORDER BY d.starts_at, d.id`, title)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, d := range rows {
		text := d.Begins[5:]
		if d.Place != "Saal" {
			text += " " + d.Place
		}
		if d.Cancelled {
			text += " x"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// nextYear is a year all of whose days are to come and within two years.
func nextYear() string { return time.Now().AddDate(1, 0, 0).Format("2006") }

// written writes an event in a year, for which YYYY stands.
func written(lines ...string) string {
	return strings.ReplaceAll("BEGIN:VEVENT\r\n"+strings.Join(lines, "\r\n")+"\r\nEND:VEVENT\r\n", "YYYY", nextYear())
}

func TestASeriesFromElsewhereIsOneEventWithItsDates(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		series := func(title string) string {
			return written("UID:s@x.example", "SUMMARY:"+title, "LOCATION:Saal", "DTSTART;TZID=Europe/Berlin:YYYY0103T190000", "DURATION:PT2H",
				"RRULE:FREQ=DAILY;INTERVAL=7;COUNT=5", "EXDATE;TZID=Europe/Berlin:YYYY0117T190000")
		}
		moved := written("UID:s@x.example", "SUMMARY:Probe", "RECURRENCE-ID;TZID=Europe/Berlin:YYYY0110T190000", "LOCATION:Garten", "DTSTART;TZID=Europe/Berlin:YYYY0111T200000", "DURATION:PT1H")
		off := written("UID:s@x.example", "SUMMARY:Probe", "RECURRENCE-ID:YYYY0124T180000Z", "LOCATION:Saal", "STATUS:CANCELLED", "DTSTART;TZID=Europe/Berlin:YYYY0124T190000", "DURATION:PT2H")
		c := publish(t, moved, series("Probe"), off)
		w.add(t, c.URL, true)
		if got := w.dates(t, "Probe"); got != "01-03T19:00, 01-11T20:00 Garten, 01-24T19:00 x, 01-31T19:00" {
			t.Fatalf("the dates are %s", got)
		}
		if n := count(t, db, `SELECT COUNT(*) FROM contents`); n != 1 {
			t.Errorf("%d events", n)
		}
		third := count(t, db, `SELECT id FROM event_dates WHERE day LIKE '%-01-31'`)
		c.says(series("Probe"), off)
		w.hour(t)
		if got := w.dates(t, "Probe"); got != "01-03T19:00, 01-10T19:00, 01-24T19:00 x, 01-31T19:00" {
			t.Errorf("without the moved one, the dates are %s", got)
		}
		c.says(strings.Replace(series("Probe"), "T190000\r\nDURATION", "T193000\r\nDURATION", 1))
		w.hour(t)
		if got := w.dates(t, "Probe"); got != "01-03T19:30, 01-10T19:30, 01-24T19:30, 01-31T19:30" {
			t.Errorf("half an hour later, the dates are %s", got)
		}
		if n := count(t, db, `SELECT id FROM event_dates WHERE day LIKE '%-01-31'`); n != third {
			t.Error("a date that stays has another id")
		}
		c.says(written("UID:s@x.example", "SUMMARY:Probe", "LOCATION:Saal", "DTSTART;VALUE=DATE:YYYY0103"))
		w.hour(t)
		if got := w.dates(t, "Probe"); got != "01-03" {
			t.Errorf("as a single day, the dates are %s", got)
		}
	})
}

func TestDatesThatACalendarAddsAreEventsOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	added := written("UID:s@x.example", "SUMMARY:Probe", "LOCATION:Saal", "DTSTART;TZID=Europe/Berlin:YYYY0103T190000", "DURATION:PT2H",
		"RRULE:FREQ=WEEKLY;COUNT=2", "RDATE;TZID=Europe/Berlin:YYYY0302T180000,YYYY0305T190000")
	c := publish(t, added)
	w.add(t, c.URL, true)
	if got := w.dates(t, "Probe"); got != "01-03T19:00, 01-10T19:00, 03-02T18:00, 03-05T19:00" {
		t.Errorf("the dates are %s", got)
	}
	c.says(strings.Replace(added, ",", "\r\nX-OTHER:", 1))
	w.hour(t)
	if got := w.dates(t, "Probe"); got != "01-03T19:00, 01-10T19:00, 03-02T18:00" {
		t.Errorf("with one date less they are %s", got)
	}
}

func TestFeedsSayWhereAnEventComesFrom(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	long := strings.Repeat("x", 300) + "@x.example"
	c := publish(t, entry("1@x.example", "Fest", 3, "X-GROUPRISE-VIA:other.example"), entry(long, "Markt", 4))
	w.add(t, c.URL, true)
	nobody := w.visit(t, 0)
	nobody.Get("/garten/events/public.ics")
	nobody.Sees(http.StatusOK, "UID:1@x.example\r\n", "X-GROUPRISE-VIA:other.example,example.org\r\n", "X-GROUPRISE-VIA:example.org\r\n")
	nobody.DoesNotSee("content.")

	// What our feed says comes from here, whatever it has been called.
	d := publish(t)
	d.mu.Lock()
	d.body = strings.ReplaceAll(nobody.Page.Body, "UID:", "UID:other-")
	d.mu.Unlock()
	w.add(t, d.URL, true)
	if got := w.shown(t); got != "Fest, Markt" {
		t.Errorf("shown are %s", got)
	}
}

func TestTextsFromElsewhereAreShownAsTheyAre(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	c := publish(t,
		entry("1@x.example", "<b>Fest</b>", 3, `DESCRIPTION:<p>Mit <b>Musik</b><br>und&nbsp\;Tanz &amp\; Spiel</p><script>alert(1)</script>`),
		entry("2@x.example", "Markt", 4, `DESCRIPTION:1 < 2\n* kein\n![](/-/images/geheim.png) @bert #markt`, "URL:javascript:alert(1)"),
		entry("3@x.example", "", 5))
	w.add(t, c.URL, true)
	nobody := w.visit(t, 0)
	nobody.Get("/garten/b-fest-b/")
	nobody.Sees(http.StatusOK, "&lt;b&gt;Fest&lt;/b&gt;", "Mit Musik", "Tanz &amp; Spiel")
	nobody.DoesNotSee("<b>Musik", "alert(1)</script>")
	nobody.Get("/garten/markt/")
	nobody.Sees(http.StatusOK, "1 &lt; 2", "@bert")
	nobody.DoesNotSee("geheim.png\"", "javascript:", `href="/bert/"`)
	if i := w.state(t); i.Skipped != 1 {
		t.Errorf("%d events cannot be shown", i.Skipped)
	}
	anna := w.visit(t, w.Anna.ID)
	anna.Get(listPath)
	anna.Sees(http.StatusOK, "2 events. 1 more can’t be shown.")
}

func TestAnEventWithoutAPlaceSaysNone(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	old := entry("0@x.example", "Alt", 3)
	c := publish(t, old)
	w.add(t, c.URL, true)
	c.says(old, entry("1@x.example", "Neu", 3))
	w.hour(t)
	if m := w.message(t, "en", w.Bert); len(m.Facts) != 1 || m.Facts[0].Label != "When" {
		t.Errorf("a mail says %+v", m.Facts)
	}
	nobody := w.visit(t, 0)
	nobody.Get("/garten/neu/")
	nobody.DoesNotSee(">Where<")
	nobody.Get("/garten/events/public.ics")
	nobody.DoesNotSee("LOCATION")
}

func TestAnAccountThatIsDeletedLeavesTheImport(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		c := publish(t, entry("1@x.example", "Fest", 3))
		w.add(t, c.URL, true)
		for _, h := range w.room.Module().Estate {
			if h.Table != "imports" || h.Column != "author_id" || h.Fate != "cleared" {
				t.Errorf("%+v", h)
			}
		}
		cast.Execute(t, db, `UPDATE imports SET author_id = NULL`)
		w.hour(t)
		if c.asked != 1 {
			t.Errorf("asked %d times", c.asked)
		}
		if err := w.room.Read(t.Context(), 1); err != nil || c.asked != 1 {
			t.Errorf("asked %d times, %v", c.asked, err)
		}
	})
}

func TestADateOfASeriesIsChangedElsewhereToo(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	c := publish(t, written("UID:s@x.example", "SUMMARY:Probe", "LOCATION:Saal", "DTSTART;TZID=Europe/Berlin:YYYY0103T190000", "RRULE:FREQ=WEEKLY;COUNT=3"))
	w.add(t, c.URL, true)
	day, anna := nextYear()+"-01-10", w.visit(t, w.Anna.ID)
	anna.Get("/garten/probe/?date=" + day)
	anna.Sees(http.StatusOK, "7 pm")
	anna.DoesNotSee("/stadt/content/1/dates/")
	anna.Get("/stadt/content/1/dates/" + day + "/")
	anna.Sees(http.StatusForbidden, "This comes from another site and can only be changed there.")
	for _, scope := range []string{"one", "following"} {
		anna.Send("/stadt/content/1/dates/"+day+"/", url.Values{"time": {day + "T20:00"}, "place": {"Hier"}, "scope": {scope}}, true)
		anna.Sees(http.StatusForbidden)
	}
	if got := w.dates(t, "Probe"); got != "01-03T19:00, 01-10T19:00, 01-17T19:00" {
		t.Errorf("the dates are %s", got)
	}
}

func TestAFewChangesAreToldAndManyAreNot(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	all := func(hour string, n int) (entries []string) {
		for k := range n {
			entries = append(entries, written(fmt.Sprintf("UID:%d@x.example", k), fmt.Sprintf("SUMMARY:Fest %d", k), "LOCATION:Saal", "DTSTART;TZID=Europe/Berlin:YYYY0103T"+hour+"0000"))
		}
		return entries
	}
	c := publish(t, all("18", 11)...)
	w.add(t, c.URL, true)
	c.says(all("19", 11)...)
	w.hour(t)
	if got := webtest.Activities(t, w.db); len(got) > 0 || !strings.Contains(w.dates(t, "Fest 10"), "19:00") {
		t.Errorf("told is %s", got)
	}
	c.says(append(all("20", 10), all("19", 11)[10])...)
	w.hour(t)
	if got := webtest.Activities(t, w.db); len(got) != 10 || got[0] != "event.moved garten by anna" {
		t.Errorf("told is %s", got)
	}
}

func TestWhoCountsOnAnEventIsToldThatItIsGone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		other := entry("3@x.example", "Markt", 5)
		c := publish(t, entry("1@x.example", "Fest", 3), entry("2@x.example", "Probe", 4), other)
		w.add(t, c.URL, true)
		for title, answer := range map[string]string{"Fest": "yes", "Probe": "no"} {
			cast.Execute(t, db, `INSERT INTO attendances (content_id, date_id, person_id, answer, queued_at, answered_at)
				SELECT c.id, d.id, ?, ?, 0, 0 FROM contents c JOIN event_dates d ON d.content_id = c.id WHERE c.title = ?`, w.Bert.ID, answer, title)
		}
		c.says(other)
		w.hour(t)
		w.pass(25 * time.Hour)
		w.hour(t)
		if got := w.shown(t); got != "Fest, Markt" {
			t.Errorf("shown are %s", got)
		}
		if got := fmt.Sprint(webtest.Activities(t, db)); got != "[event.cancelled garten by anna]" {
			t.Errorf("told is %s", got)
		}
		c.says(other, entry("1@x.example", "Fest", 3))
		w.hour(t)
		if n := count(t, db, `SELECT COUNT(*) FROM events WHERE cancelled`); n != 0 {
			t.Error("an event that comes back is still cancelled")
		}
	})
}

// TestAChangedDateOfASeriesFromElsewhereIsTold changes dates in a calendar: of one it is told which, of several together once.
func TestAChangedDateOfASeriesFromElsewhereIsTold(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		series := written("UID:s@x.example", "SUMMARY:Probe", "LOCATION:Saal", "DTSTART;TZID=Europe/Berlin:YYYY0103T190000", "DURATION:PT2H", "RRULE:FREQ=DAILY;INTERVAL=7;COUNT=4")
		on := func(day, hour string, more ...string) string {
			return written(append([]string{"UID:s@x.example", "SUMMARY:Probe", "LOCATION:Saal", "RECURRENCE-ID;TZID=Europe/Berlin:YYYY" + day + "T190000", "DTSTART;TZID=Europe/Berlin:YYYY" + day + "T" + hour + "0000", "DURATION:PT2H"}, more...)...)
		}
		c := publish(t, series, on("0103", "18"))
		w.add(t, c.URL, true)
		told := func(calendar ...string) string {
			cast.Execute(t, db, `DELETE FROM activities`)
			c.says(calendar...)
			w.hour(t)
			var all []string
			err := db.Select(t.Context(), &all, `SELECT CONCAT(a.name, ' ', COALESCE(d.day, 'all')) FROM activities a LEFT JOIN event_dates d ON d.id = a.date_id ORDER BY a.id`)
			if err != nil {
				t.Fatal(err)
			}
			return strings.ReplaceAll(strings.Join(all, ", "), nextYear()+"-", "")
		}
		for _, step := range []struct{ what, told string }{
			{"the same", told(series, on("0103", "18"))},
			{"one is moved", told(series, on("0103", "18"), on("0110", "20"))},
			{"and says no more than that", told(series, on("0103", "18"), on("0110", "20", "DESCRIPTION:x"))},
			{"another one is cancelled", told(series, on("0103", "18"), on("0110", "20"), on("0117", "19", "STATUS:CANCELLED"))},
			{"it takes place after all", told(series, on("0103", "18"), on("0110", "20"))},
			{"two are moved", told(series, on("0103", "17"), on("0110", "17"))},
			{"all of it, and one date", told(strings.Replace(series, "T190000\r\nDURATION", "T193000\r\nDURATION", 1), on("0103", "17"), on("0110", "17"), on("0124", "17"))},
		} {
			want := map[string]string{
				"one is moved": "event.moved 01-10", "another one is cancelled": "event.cancelled 01-17", "it takes place after all": "event.reinstated 01-17",
				"two are moved": "event.moved all", "all of it, and one date": "event.moved all",
			}[step.what]
			if step.told != want {
				t.Errorf("%s: told is %q, want %q", step.what, step.told, want)
			}
		}
	})
}
