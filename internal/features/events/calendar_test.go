package events_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/features/events"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestTheWeekHasBandsAboveItsTimes(t *testing.T) {
	t.Parallel()
	berlin := zone(t, "Europe/Berlin")
	var titles []string
	var spans []events.Span
	for _, e := range [][3]string{
		{"Probe", "2026-03-03T19:00", "2026-03-03T21:00"},
		{"Früh", "2026-03-03T08:00", ""},
		{"Tanz", "2026-03-07T21:00", "2026-03-08T03:00"}, // in the night that follows
		{"Freizeit", "2026-03-06T17:00", "2026-03-09T12:00"},
		{"Markt", "2026-03-07", ""},
		{"Fasten", "2026-02-20", "2026-03-04"},
		{"Nacht davor", "2026-03-01T22:00", "2026-03-02T02:00"},
		{"Danach", "2026-03-09T10:00", ""},
	} {
		titles = append(titles, e[0])
		spans = append(spans, events.NewSpan(e[1], e[2], berlin))
	}
	bands, times := events.WeekDays("2026-03-04", titles, spans)
	wantBands := map[string][]string{
		"Mon 2": {"Fasten", ""}, "Tue 3": {"Fasten", ""}, "Wed 4": {"Fasten", ""}, "Thu 5": {"", ""}, "Fri 6": {"Freizeit", ""},
		"Sat 7": {"Freizeit", "Markt"}, "Sun 8": {"Freizeit", ""},
	}
	wantTimes := map[string][]string{"Tue 3": {"08:00 Früh", "19:00 Probe"}, "Sat 7": {"21:00 Tanz"}}
	if !maps.EqualFunc(bands, wantBands, slices.Equal) || !maps.EqualFunc(times, wantTimes, slices.Equal) {
		t.Errorf("the week shows %v and %v", bands, times)
	}
	for day, want := range map[string]string{
		"2026-03-01": "2026-02-23", "2026-03-02": "2026-03-02", "2026-03-08": "2026-03-02", "8.3.2026": "2026-03-02",
		"": "2026-03-02", "x": "2026-03-02", "2026-02-30": "2026-03-02", "99999-01-01": "2026-03-02", "1899-12-31": "2026-03-02", "2199-12-31": "2199-12-30",
	} {
		if got := events.WeekOf(day); got != want {
			t.Errorf("the week of %q begins on %s, want %s", day, got, want)
		}
	}
}

func TestTheCalendarShowsAWeek(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.announce(t, "Freizeit", true, url.Values{"time": {"2099-05-08T17:00"}, "until_time": {"2099-05-11T12:00"}})
		w.announce(t, "Probe", false, url.Values{"time": {"2099-05-09T19:00"}, "until_time": {"2099-05-10T00:00"}})
		nobody, bert := w.visit(t, 0), w.visit(t, w.Bert.ID)
		nobody.Get("/stadt/events?view=week&day=2099-05-10")
		nobody.Sees(http.StatusOK, "4 May 2099 – 10 May 2099", "/stadt/events?day=2099-04-27&amp;view=week", "/stadt/events?day=2099-05-11&amp;view=week", "/stadt/events/2099/5/8", "5 pm",
			`<a href="/stadt/events?month=5&amp;year=2099">Month</a>`, "/stadt/events/print?day=2099-05-07&amp;view=week")
		nobody.DoesNotSee("Probe", `id="dates"`)
		if n := strings.Count(nobody.Page.Body, `<a href="/garten/freizeit/"`); n != 3 {
			t.Errorf("an event stands on %d days of the week", n)
		}
		bert.Get("/stadt/groups/21/events?view=week&day=2099-05-04")
		bert.Sees(http.StatusOK, "Freizeit", "Probe", "7 pm–12 am", "/stadt/groups/21/events/?day=2099-05-11&amp;view=week", "/stadt/events/2099/5/8?group=garten")
		bert.Get("/stadt/events?view=week&day=2199-12-31")
		bert.Sees(http.StatusOK, "30 December 2199")
		for _, query := range []string{"view=week", "view=week&day=x", "view=week&day=99999-12-01", "view=month", "view=%00", "view=week&before=9-9"} {
			nobody.Get("/stadt/events?" + query)
			nobody.Sees(http.StatusOK, "Calendar")
		}
	})
}

// again adds dates to an event, as a series has them.
func (w *town) again(t *testing.T, slug string, starts ...time.Time) {
	t.Helper()
	cast.Execute(t, w.db, `UPDATE events SET rule = 'FREQ=WEEKLY' WHERE content_id = (SELECT id FROM contents WHERE slug = ?)`, slug)
	for _, at := range starts {
		cast.Execute(t, w.db, `
			INSERT INTO event_dates (content_id, entity_id, day, begins, place, place_key, starts_at, ends_at)
			SELECT c.id, c.entity_id, ?, ?, v.place, v.place_key, ?, ? FROM contents c JOIN events v ON v.content_id = c.id WHERE c.slug = ?`,
			at.Format(time.DateOnly), at.Format("2006-01-02T15:04"), at.UnixMilli(), at.UnixMilli(), slug)
	}
}

func TestASeriesStandsInTheListOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		at := func(days int) time.Time { return w.in(days).Truncate(24 * time.Hour).Add(11 * time.Hour) } // a day is the same in both zones
		w.announce(t, "Probe", true, url.Values{"time": {at(-20).Format("2006-01-02T15:04")}})
		w.again(t, "probe", at(-13), at(-6), at(1), at(8), at(15))
		w.announce(t, "Fest", true, url.Values{"time": {at(3).Format("2006-01-02T15:04")}, "place": {"Marktplatz"}})
		nobody := w.visit(t, 0)
		for path, want := range map[string][]string{
			"/stadt/events": {"Probe", "Fest"}, "/stadt/events?view=list": {"Probe", "Fest"}, "/stadt/events?past=1": {"Probe"}, "/stadt/groups/21/events?view=list": {"Probe", "Fest"},
			"/stadt/events?kind=series": {"Probe"}, "/stadt/events?kind=once": {"Fest"}, "/stadt/events?kind=x": {"Probe", "Fest"}, "/stadt/events?place=marktplatz": {"Fest"},
			"/stadt/groups/21/events?kind=once": {"Fest"}, "/stadt/events?kind=once&group=chor": nil,
		} {
			nobody.Get(path)
			if got := titles(nobody.Page.Body); !slices.Equal(got, want) {
				t.Errorf("%s lists %q, want %q", path, got, want)
			}
		}
		nobody.Get("/stadt/events?view=list")
		if next := fmt.Sprintf(`datetime="%s"`, at(1).Format(time.DateOnly)); !strings.Contains(nobody.Page.Body, next) {
			t.Errorf("the list does not name the next date %s", next)
		}
		nobody.Get("/stadt/events/print?view=list")
		if n := strings.Count(nobody.Page.Body, "<strong>Probe</strong>"); n != 3 {
			t.Errorf("a sheet of what comes names %d dates of a series, want 3", n)
		}

		// A cancelled date stands beside the next one that takes place.
		cast.Execute(t, w.db, `UPDATE event_dates SET cancelled = TRUE WHERE day = ?`, at(1).Format(time.DateOnly))
		nobody.Get("/stadt/events?view=list")
		if got := titles(nobody.Page.Body); !slices.Equal(got, []string{"Probe", "Fest", "Probe"}) {
			t.Errorf("with its next date cancelled the list is %q", got)
		}
	})
}

func TestTheFormThatNarrowsIsReadWhenItIsOpen(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.announce(t, "Fest", true, url.Values{"time": {"2099-05-08T17:00"}, "place": {"Marktplatz"}})
		w.announce(t, "Versammlung", false, url.Values{"time": {"2099-05-09T17:00"}, "place": {"Schuppen"}})
		nobody, bert := w.visit(t, 0), w.visit(t, w.Bert.ID)
		const group, market, shed = `<option value="garten"`, `<option value="Marktplatz">`, `<option value="Schuppen">`
		nobody.Get("/stadt/events")
		nobody.Sees(http.StatusOK, "/stadt/events?filter=1")
		nobody.DoesNotSee(group, market, "<form class=\"form filter")
		nobody.Get("/stadt/events?filter=1")
		nobody.Sees(http.StatusOK, group, market)
		nobody.DoesNotSee(shed, `<option value="chor"`)
		nobody.Get("/stadt/events?group=chor") // which has nothing to come, and is chosen all the same
		nobody.Sees(http.StatusOK, `<option value="chor" selected`, "Show all")
		nobody.Get("/stadt/events?group=anna&kind=once&view=week")
		nobody.Sees(http.StatusOK, `<option value="anna" selected`, `<option value="once" selected`, `name="view" value="week"`)
		bert.Get("/stadt/groups/21/events?filter=1")
		bert.Sees(http.StatusOK, market, shed, `action="/stadt/groups/21/events/"`)
		bert.DoesNotSee(group)
	})
}

func TestASheetHoldsFortyDates(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	w.announce(t, "Versammlung", false, url.Values{"time": {"2099-05-01T12:00"}})
	path := w.announce(t, "Lauf", true, url.Values{"time": {"2099-05-01T10:00"}, "until_time": {"2099-05-01T11:00"}, "place": {"Stadion"}})
	w.announce(t, "Woche", true, url.Values{"time": {"2099-05-02"}, "until_time": {"2099-05-08"}, "all_day": {"on"}})
	nobody := w.visit(t, 0)
	nobody.Get("/stadt/events/print?month=5&year=2099")
	nobody.Sees(http.StatusOK, "May 2099", "sheet-roomy", "Friday, 1 May", "10–11 am", "<strong>Lauf</strong>", "Stadion", "until Friday, 8 May", "http://example.org/stadt/events?month=5&amp;year=2099", `aria-label="QR code of the calendar"`)
	nobody.DoesNotSee("Versammlung")
	slug := strings.Trim(strings.TrimPrefix(path, "/garten"), "/")
	for n := range 41 {
		w.again(t, slug, time.Date(2099, 5, 2+n/2, 10+n%2, 0, 0, 0, w.berlin))
		cast.Execute(t, w.db, `UPDATE event_dates SET day = ? WHERE day = ?`, fmt.Sprintf("d%d", n), time.Date(2099, 5, 2+n/2, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
	}
	nobody.Get("/stadt/events/print?month=5&year=2099")
	nobody.Sees(http.StatusOK, "And 3 more events.")
	nobody.DoesNotSee("sheet-roomy")
	if n := len(regexp.MustCompile(`<tr[ >]`).FindAllString(nobody.Page.Body, -1)); n != 41 {
		t.Errorf("the sheet has %d lines with its head", n)
	}
	nobody.Get("/stadt/events/print?group=garten&view=week&day=2099-05-03")
	nobody.Sees(http.StatusOK, "27 April 2099 – 3 May 2099", "http://example.org/stadt/events?day=2099-04-27&amp;group=garten&amp;view=week")
	for _, query := range []string{"", "month=13&year=x", "view=week&day=x", "place=nirgendwo", "kind=series", "view=list&group=chor"} {
		nobody.Get("/stadt/events/print?" + query)
		nobody.Sees(http.StatusOK, "All events and changes:")
	}
	nobody.Get("/stadt/events/print?group=niemand")
	nobody.Sees(http.StatusNotFound)
}

// TestTheMonthStandsBesideThePages looks at the margin of the first page and of a group's: the month with its days, what comes
// next, and who is offered what.
func TestTheMonthStandsBesideThePages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		for n := range 7 {
			w.announce(t, fmt.Sprintf("Fest %d", n), true, url.Values{"time": {fmt.Sprintf("2099-05-%02dT17:00", 8+n)}})
		}
		w.announce(t, "Kasse", false, url.Values{"time": {"2099-05-08T18:00"}})
		nobody, anna, carla := w.visit(t, 0), w.visit(t, w.Anna.ID), w.visit(t, w.Carla.ID)
		nobody.Get("/?month=5&year=2099")
		nobody.Sees(http.StatusOK, "May 2099", `href="/?month=4&amp;year=2099#calendar"`, `href="/?month=6&amp;year=2099#calendar"`, `rel="prev"`, "From May 2099 on",
			`href="/garten/fest-0/"`, "Fest 4", `href="/stadt/events/export"`, `href="/stadt/events"`)
		nobody.DoesNotSee("Kasse", "/stadt/events/add/", "2 events")
		if n := strings.Count(nobody.Page.Body, `class="month-day" href=`); n != 7 {
			t.Errorf("%d days lead somewhere", n)
		}
		coming := nobody.Page.Body[strings.Index(nobody.Page.Body, "beside-coming"):]
		if strings.Count(coming, "date-block-day") != 5 || !strings.Contains(coming, "Fest 4") || strings.Contains(coming, "Fest 5") {
			t.Errorf("what comes next is\n%s", coming)
		}
		anna.Get("/?month=5&year=2099")
		anna.Sees(http.StatusOK, `href="/stadt/events/add/"`, "Kasse", "2 events", `href="/stadt/events/2099/5/8"`)

		nobody.Get("/garten/?month=5&year=2099")
		nobody.Sees(http.StatusOK, `href="/garten/?month=6&amp;year=2099#calendar"`, fmt.Sprintf(`href="/stadt/groups/%d/events/"`, w.Garten.ID), `href="/garten/events/export"`)
		nobody.DoesNotSee("/garten/events/add/")
		coming = nobody.Page.Body[strings.Index(nobody.Page.Body, "beside-coming"):]
		if strings.Count(coming, "date-block-day") != 3 || strings.Contains(coming, `class="who"`) {
			t.Errorf("what comes next in the group is\n%s", coming)
		}
		anna.Get("/garten/?month=5&year=2099")
		anna.Sees(http.StatusOK, "/garten/events/add/", `href="/stadt/events/2099/5/8?group=garten"`)
		carla.Get("/garten/?month=5&year=2099")
		carla.DoesNotSee("/garten/events/add/", "Kasse")

		for _, query := range []string{"month=99999", "month=0&year=99999", "month=x", "year=-1", "month=99999999999999999999", "month=12&year=2199", "month=1&year=1900"} {
			nobody.Get("/?" + query)
			nobody.Sees(http.StatusOK, `id="calendar"`)
		}
		nobody.Get("/?month=12&year=2199")
		nobody.DoesNotSee(`rel="next"`)
		nobody.Get("/")
		nobody.Sees(http.StatusOK, time.Now().In(w.berlin).Format("January 2006"), "Coming up", `aria-current="date"`)
	})
}

// TestThePartsOfTheCalendarBesideAPageAreReadOnce counts what the database is asked for a page with all of them.
func TestThePartsOfTheCalendarBesideAPageAreReadOnce(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t).WithClock(func() time.Time { return time.Date(2099, time.May, 1, 12, 0, 0, 0, time.UTC) })
	w := newTown(t, db)
	w.announce(t, "Fest", true, url.Values{"time": {"2099-05-08T17:00"}})
	nobody := w.visit(t, 0)
	for _, path := range []string{"/", "/?month=6&year=2099"} {
		before := db.Stats().Statements
		nobody.Get(path)
		nobody.Sees(http.StatusOK, "beside-coming")
		if n := db.Stats().Statements - before; n > 4 { // the month and what comes; what is new and the settings are the others
			t.Errorf("%s takes %d statements", path, n)
		}
	}
}
