package events_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/golden"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// weekly publishes a series on Tuesdays from 19:00 to 21:00 and returns its path and its first day.
func (w *town) weekly(t *testing.T, title string, public bool, fields url.Values) (path string, first time.Time) {
	t.Helper()
	first = w.on(time.Tuesday, 1)
	form := url.Values{"time": {day(first) + "T19:00"}, "until_time": {day(first) + "T21:00"}, "repeats": {"weekly"}, "repeats_times": {"6"}}
	maps.Copy(form, fields)
	return w.announce(t, title, public, form), first
}

// openDate opens the form that changes a date of a series.
func (w *town) openDate(t *testing.T, v *webtest.Visitor, path, day string) {
	t.Helper()
	v.Get(path + "?date=" + day)
	v.Sees(http.StatusOK, "Change or cancel this date")
	v.Get("/stadt/content/" + itoa(w.idOf(t, path)) + "/dates/" + day + "/")
	v.Sees(http.StatusOK, "only this date")
}

func TestOneDateOfASeriesIsMovedAndTold(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		cast.Subscribe(t, db, w.Garten.EntityID, w.Carla.ID)
		path, first := w.weekly(t, "Chorprobe", true, nil)
		id, second := w.idOf(t, path), day(first.AddDate(0, 0, 7))
		before := w.dates(t, id)
		bert, nobody := w.visit(t, w.Bert.ID), w.visit(t, 0)
		w.openDate(t, bert, path, second)
		bert.Submit("Save", map[string]string{"time": day(first.AddDate(0, 0, 8)) + "T20:00", "until_time": day(first.AddDate(0, 0, 8)) + "T22:00", "place": "Im Hof"})
		bert.Sees(http.StatusOK, "The changes have been saved.", "8–10 pm", "instead of", "Im Hof", "Next dates")
		if bert.Page.Path != path+"?date="+second {
			t.Errorf("the date stands at %s", bert.Page.Path)
		}
		after := w.dates(t, id)
		if d := after[1]; d.ID != before[1].ID || d.Day != second || !d.Altered || d.Begins != day(first.AddDate(0, 0, 8))+"T20:00" || d.Place != "Im Hof" {
			t.Errorf("%+v", d)
		}
		nobody.Get(path)
		nobody.Sees(http.StatusOK, "7–9 pm", "Am Bach", "every Tuesday, 6 times", "8–10 pm", "Im Hof")
		nobody.DoesNotSee("instead of", "Change or cancel this date")
		if got := webtest.Activities(t, db); len(got) != 2 || got[1] != "event.moved garten by bert" {
			t.Fatalf("%v", got)
		}
		if told := w.notices.FanOut(t, db); !slices.Contains(told, "email anna") || !slices.Contains(told, "email carla") {
			t.Errorf("told are %v", told)
		}
		for _, language := range []string{"en", "de"} {
			m, err := w.message(t, language, w.Carla)
			if err != nil {
				t.Fatal(err)
			}
			if want := "http://example.org/stadt/content/" + itoa(id) + "/?date=" + second; m.URL != want || m.Actions[0].URL != want {
				t.Errorf("the mail leads to %s", m.URL)
			}
		}

		// The series changes, and the date keeps what is its own.
		w.revise(t, path, map[string]string{"time": day(first) + "T18:00", "until_time": day(first) + "T20:00", "place": "Werkstatt"})
		if d := w.dates(t, id)[1]; d.Begins != after[1].Begins || d.Place != "Im Hof" || !d.Altered {
			t.Errorf("%+v", d)
		}
		if d := w.dates(t, id)[2]; d.Begins[11:] != "18:00" || d.Place != "Werkstatt" {
			t.Errorf("%+v", d)
		}

		// It goes back to where the series has it.
		w.openDate(t, bert, path, second)
		bert.Submit("Save", map[string]string{"time": second + "T18:00", "until_time": second + "T20:00", "place": "Werkstatt"})
		bert.Sees(http.StatusOK, "The changes have been saved.")
		if d := w.dates(t, id)[1]; d.Altered || d.Begins != second+"T18:00" {
			t.Errorf("%+v", d)
		}
		var revision int
		if err := db.Get(t.Context(), &revision, `SELECT revision FROM contents WHERE id = ?`, id); err != nil || revision != 4 {
			t.Errorf("it is revision %d, %v", revision, err)
		}
	})
}

func TestOneDateOfASeriesIsCancelledAndTold(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		path, first := w.weekly(t, "Chorprobe", true, nil)
		id, second := w.idOf(t, path), day(first.AddDate(0, 0, 7))
		bert, nobody := w.visit(t, w.Bert.ID), w.visit(t, 0)
		w.openDate(t, bert, path, second)
		bert.Submit("Save", map[string]string{"cancelled": "on"})
		bert.Sees(http.StatusOK, "This date has been cancelled.")
		if got := begun(w.dates(t, id)); got[1] != second+"T19:00 cancelled" || strings.Contains(got[0]+got[2], "cancelled") {
			t.Errorf("%v", got)
		}
		nobody.Get(path)
		nobody.DoesNotSee("has been cancelled")
		nobody.Get(path + "?date=" + second)
		nobody.Sees(http.StatusOK, "This date has been cancelled.")
		if got := webtest.Activities(t, db); len(got) != 2 || got[1] != "event.cancelled garten by bert" {
			t.Fatalf("%v", got)
		}
		m, err := w.message(t, "en", w.Anna)
		if err != nil || !strings.HasPrefix(m.Subject, "Cancelled: Chorprobe on Tue ") || !strings.Contains(m.Facts[0].Value, "cancelled: Tue ") {
			t.Errorf("%+v, %v", m, err)
		}
		w.openDate(t, bert, path, second)
		form := bert.Form("time")
		form.Del("cancelled")
		bert.Send(bert.Page.Path, form, true)
		bert.Sees(http.StatusOK, "The changes have been saved.")
		if got := webtest.Activities(t, db); len(got) != 3 || got[2] != "event.reinstated garten by bert" {
			t.Errorf("%v", got)
		}

		// All of it is cancelled: of a date nobody is told any more.
		w.revise(t, path, map[string]string{"cancelled": "on"})
		w.openDate(t, bert, path, second)
		bert.Submit("Save", map[string]string{"place": "Woanders"})
		bert.Sees(http.StatusOK, "This event has been cancelled.")
		if got := webtest.Activities(t, db); len(got) != 4 || got[3] != "event.cancelled garten by anna" {
			t.Errorf("%v", got)
		}
	})
}

// TestMailsAboutADateReadWell looks at the mails of a town in which it is the first of March 2026.
func TestMailsAboutADateReadWell(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t).WithClock(func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) })
	w := newTown(t, db)
	path := w.announce(t, "Chorprobe", true, url.Values{
		"time": {"2026-03-10T19:00"}, "until_time": {"2026-03-10T21:00"}, "repeats": {"weekday_in_month"}, "repeats_until": {"2026-07-31"},
	})
	bert := w.visit(t, w.Bert.ID)
	for _, change := range []struct {
		name   string
		fields map[string]string
	}{
		{"date-moved", map[string]string{"time": "2026-04-15T20:00", "until_time": "2026-04-15T22:00", "place": "Im Hof"}},
		{"date-cancelled", map[string]string{"cancelled": "on"}},
	} {
		w.openDate(t, bert, path, "2026-04-14")
		bert.Submit("Save", change.fields)
		bert.Sees(http.StatusOK, "The changes have been saved.")
		for _, language := range []string{"en", "de"} {
			m, err := w.message(t, language, w.Anna)
			if err != nil {
				t.Fatal(err)
			}
			golden.Equal(t, change.name+"."+language, mailtest.PrintMessage(m))
		}
	}
	w.revise(t, path, map[string]string{"time": "2026-03-10T19:30", "until_time": "2026-03-10T21:30"})
	for _, language := range []string{"en", "de"} {
		m, err := w.message(t, language, w.Anna)
		if err != nil {
			t.Fatal(err)
		}
		golden.Equal(t, "series-moved."+language, mailtest.PrintMessage(m))
	}
}

func TestASeriesIsSplit(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		path, first := w.weekly(t, "Chorprobe", true, nil)
		id, bert := w.idOf(t, path), w.visit(t, w.Bert.ID)
		before := w.dates(t, id)
		w.openDate(t, bert, path, before[4].Day) // one of those that follow has a time of its own
		bert.Submit("Save", map[string]string{"time": before[4].Day + "T17:00", "until_time": before[4].Day + "T18:00"})
		w.openDate(t, bert, path, before[2].Day)
		to := day(first.AddDate(0, 0, 15)) // a Wednesday
		bert.Submit("Save", map[string]string{"scope": "following", "time": to + "T20:00", "until_time": to + "T21:00"})
		bert.Sees(http.StatusOK, "The changes have been saved.", "every Wednesday, 4 times")
		if bert.Page.Path != "/garten/chorprobe-1/" {
			t.Fatalf("what follows stands at %s", bert.Page.Path)
		}
		next := w.dates(t, w.idOf(t, bert.Page.Path))
		if got := begun(w.dates(t, id)); !slices.Equal(got, []string{before[0].Begins, before[1].Begins}) {
			t.Errorf("what is left has the dates %v", got)
		}
		want := []string{to + "T20:00", day(first.AddDate(0, 0, 22)) + "T20:00", before[4].Day + "T17:00 altered", day(first.AddDate(0, 0, 36)) + "T20:00"}
		if got := begun(next); !slices.Equal(got, want) {
			t.Errorf("what follows has the dates %v, want %v", got, want)
		}
		for n, d := range next {
			if d.ID != before[n+2].ID {
				t.Errorf("the date %d has become %d", before[n+2].ID, d.ID)
			}
		}
		if got := webtest.Activities(t, db); !slices.Equal(got, []string{"content.published garten by anna", "event.moved garten by bert", "event.split garten by bert", "event.moved garten by bert"}) {
			t.Errorf("%v", got)
		}
		if e := cast.Latest(t, w.db); e.ContentID == id || e.DateID != 0 {
			t.Errorf("told of is %+v", e)
		}
		anna := w.visit(t, w.Anna.ID)
		anna.Get(path)
		anna.Sees(http.StatusOK, "every Tuesday, 2 times")
		feed := w.fetch(t, "/garten/events/public.ics").Page.Body
		if uids := strings.Count(feed, "UID:content."+itoa(id)+"@") * strings.Count(feed, "UID:content."+itoa(w.idOf(t, "/garten/chorprobe-1/"))+"@"); uids == 0 {
			t.Errorf("the two have no names of their own:\n%s", feed)
		}

		// From the first date on, it is the whole series; and a single one is left of it in the end.
		w.openDate(t, bert, path, before[0].Day)
		bert.Submit("Save", map[string]string{"scope": "following", "place": "Im Hof"})
		bert.Sees(http.StatusOK, "The changes have been saved.", "Im Hof")
		w.openDate(t, bert, path, before[1].Day)
		bert.Submit("Save", map[string]string{"scope": "following", "cancelled": "on"})
		bert.Sees(http.StatusOK, "This event has been cancelled.")
		if got := cast.Latest(t, w.db); got.Name != community.EventCancelled {
			t.Errorf("%+v", got)
		}
		var rules []string
		if err := db.Select(t.Context(), &rules, `SELECT rule FROM events ORDER BY content_id`); err != nil || !slices.Equal(rules, []string{"", "FREQ=WEEKLY;COUNT=4;BYDAY=WE", ""}) {
			t.Errorf("the rules are %v, %v", rules, err)
		}
	})
}

func TestASeriesEnds(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	path, first := w.weekly(t, "Chorprobe", true, url.Values{"repeats_times": {""}})
	id := w.idOf(t, path)
	if n := len(w.dates(t, id)); n < 103 || n > 106 {
		t.Errorf("without end there are %d dates", n)
	}
	w.revise(t, path, map[string]string{"repeats_until": day(first.AddDate(0, 0, 20))})
	if got := begun(w.dates(t, id)); len(got) != 3 {
		t.Errorf("%v", got)
	}
	nobody := w.visit(t, 0)
	nobody.Get(path + "?date=" + day(first.AddDate(0, 0, 21)))
	nobody.Sees(http.StatusOK, "That date is no longer part of the series.")
	for _, wrong := range []string{"x", "2026-03", "%22%3E%3Cscript%3E", "99999-01-01"} {
		nobody.Get(path + "?date=" + wrong)
		nobody.Sees(http.StatusOK, "That date is no longer part of the series.")
		nobody.DoesNotSee("<script>alert")
	}
}

func TestTwoPeopleChangeADateAtOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	path, first := w.weekly(t, "Chorprobe", true, nil)
	id, second := w.idOf(t, path), day(first.AddDate(0, 0, 7))
	anna, bert := w.visit(t, w.Anna.ID), w.visit(t, w.Bert.ID)
	w.openDate(t, anna, path, second)
	w.openDate(t, bert, path, second)
	anna.Submit("Save", map[string]string{"time": second + "T20:00"})
	anna.Sees(http.StatusOK, "The changes have been saved.")
	bert.Submit("Save", map[string]string{"place": "Im Hof"})
	bert.Sees(http.StatusConflict, "Someone else has changed this date in the meantime.", "Now it says: Tue ", "8–9 pm, Am Bach")
	bert.Submit("Save", nil)
	bert.Sees(http.StatusOK, "The changes have been saved.")
	if d := w.dates(t, id)[1]; d.Place != "Im Hof" || d.Begins != second+"T19:00" {
		t.Errorf("%+v", d)
	}
	// Of a date without an end nobody says that somebody else has changed it.
	open := w.announce(t, "Offen", true, url.Values{"time": {second + "T19:00"}, "repeats": {"weekly"}, "repeats_times": {"3"}})
	w.openDate(t, bert, open, second)
	bert.Submit("Save", map[string]string{"place": "Im Hof"})
	bert.Sees(http.StatusOK, "The changes have been saved.")
	// Another date, or the text, is another matter.
	w.openDate(t, anna, path, second)
	w.revise(t, path, map[string]string{"text": "Neue Noten"})
	anna.Submit("Save", map[string]string{"cancelled": "on"})
	anna.Sees(http.StatusOK, "The changes have been saved.", "Neue Noten")
}

func TestWhoMayNotEditAnEventChangesNoDateOfIt(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	path, first := w.weekly(t, "Chorprobe", true, nil)
	internal, _ := w.weekly(t, "Kasse", false, nil)
	single := w.announce(t, "Fest", true, url.Values{"time": {day(first) + "T19:00"}})
	address := func(path string) string {
		return "/stadt/content/" + itoa(w.idOf(t, path)) + "/dates/" + day(first) + "/"
	}
	form := url.Values{"time": {day(first) + "T10:00"}, "place": {"x"}}
	for _, c := range []struct {
		person int64
		path   string
		status int
	}{
		{0, address(path), http.StatusSeeOther},
		{w.Carla.ID, address(path), http.StatusForbidden},
		{w.Carla.ID, address(internal), http.StatusForbidden},
		{w.Anna.ID, address(single), http.StatusNotFound},
		{w.Anna.ID, strings.Replace(address(path), day(first), "2020-01-01", 1), http.StatusNotFound},
		{w.Anna.ID, "/stadt/content/99/dates/" + day(first) + "/", http.StatusNotFound},
	} {
		v := w.visit(t, c.person)
		if p := v.Ask(http.MethodGet, c.path); p.Status != c.status {
			t.Errorf("%d gets %s: %d, want %d", c.person, c.path, p.Status, c.status)
		}
		if p := v.Send(c.path, form, false); p.Status != c.status {
			t.Errorf("%d posts to %s: %d, want %d", c.person, c.path, p.Status, c.status)
		}
	}
	anna := w.visit(t, w.Anna.ID)
	for name, wrong := range map[string]string{"time": "", "until_time": "2020-01-01T10:00", "place": ""} {
		sent := url.Values{"time": {day(first) + "T10:00"}, "place": {"x"}}
		sent.Set(name, wrong)
		anna.Send(address(path), sent, true)
		anna.Sees(http.StatusUnprocessableEntity, "Please check your entries")
	}
	if got := webtest.Activities(t, w.db); len(got) != 3 {
		t.Errorf("%v", got)
	}
}

func TestASeriesIsOneCardAndManyDates(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		path, first := w.weekly(t, "Chorprobe", true, nil)
		w.announce(t, "Fest", true, url.Values{"time": {day(first.AddDate(0, 0, 100)) + "T19:00"}})
		nobody := w.visit(t, 0)
		for _, address := range []string{"/", "/garten/"} {
			nobody.Get(address)
			nobody.Sees(http.StatusOK, "Chorprobe", "Fest")
			block, _, _ := strings.Cut(nobody.Page.Body, "</section>")
			if n := strings.Count(block, "?date="); n != 1 || !strings.Contains(block, path+"?date="+day(first)) || !strings.Contains(block, "Fest") {
				t.Errorf("%s shows %d dates of the series", address, n)
			}
		}
		for n, d := range w.dates(t, w.idOf(t, path)) {
			nobody.Get("/stadt/events?year=" + d.Day[:4] + "&month=" + d.Day[5:7])
			nobody.Sees(http.StatusOK, path+"?date="+d.Day)
			if n > 0 && strings.Contains(nobody.Page.Body, `<h3 class="card-title"><a href="`+path+"?date="+day(first)) && d.Day[:7] != day(first)[:7] {
				t.Errorf("the list from %s on begins with the first date of the series", d.Day)
			}
		}
		nobody.Get("/stadt/events?view=list")
		if got := titles(nobody.Page.Body); len(got) != 2 || !strings.Contains(nobody.Page.Body, path+"?date="+day(first)) {
			t.Errorf("the list has %q, and not each event once with its next date", got)
		}
		third := first.AddDate(0, 0, 14)
		nobody.Get(third.Format("/stadt/events/2006/1/2"))
		nobody.Sees(http.StatusOK, "Chorprobe", path+"?date="+day(third))
		nobody.DoesNotSee("?date=" + day(first) + `"`)
	})
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// TestWhoKeepsChangingDatesIsStopped cancels a date and lets it take place after all, again and again: only that of which
// people are told counts, and what was refused has changed nothing.
func TestWhoKeepsChangingDatesIsStopped(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	path, first := w.weekly(t, "Chorprobe", true, nil)
	id, second := w.idOf(t, path), day(first.AddDate(0, 0, 7))
	anna := w.visit(t, w.Anna.ID)
	address := "/stadt/content/" + itoa(id) + "/dates/" + second + "/"
	form := url.Values{"time": {second + "T19:00"}, "until_time": {second + "T21:00"}, "place": {"Am Bach"}}
	for n := range 30 {
		if form.Del("cancelled"); n%2 == 0 {
			form.Set("cancelled", "on")
		}
		anna.Send(address, form, false)
		anna.Send(address, form, false) // says nothing new
		if anna.Page.Status != http.StatusSeeOther {
			t.Fatalf("change %d is answered by %d", n, anna.Page.Status)
		}
	}
	form.Set("cancelled", "on")
	anna.Send(address, form, false)
	anna.Sees(http.StatusTooManyRequests, "You’ve changed many dates", "try again")
	anna.Send(path+"edit/", url.Values{"title": {"Chorprobe"}, "text": {"x"}, "time": {day(first) + "T19:00"}, "until_time": {day(first) + "T21:00"}, "place": {"Anderswo"}, "public": {"on"}}, false)
	anna.Sees(http.StatusTooManyRequests, "You’ve changed many dates")
	if got := begun(w.dates(t, id)); strings.Contains(strings.Join(got, " "), "cancelled") {
		t.Errorf("%v", got)
	}
	if got := webtest.Activities(t, w.db); len(got) != 31 {
		t.Errorf("people are told %d times", len(got)-1)
	}
	anna.Send(path+"edit/", url.Values{"title": {"Probe"}, "text": {"x"}, "time": {day(first) + "T19:00"}, "until_time": {day(first) + "T21:00"}, "place": {"Am Bach"}, "public": {"on"}}, false)
	if anna.Page.Status != http.StatusSeeOther {
		t.Errorf("a change of which nobody is told is answered by %d", anna.Page.Status)
	}
	bert := w.visit(t, w.Bert.ID)
	bert.Send(address, form, false)
	if bert.Page.Status != http.StatusSeeOther {
		t.Errorf("somebody else is answered by %d", bert.Page.Status)
	}
}

// TestTheRestOfASeriesCountsAsPublished splits a series when everything has been published that may be in an hour.
func TestTheRestOfASeriesCountsAsPublished(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	path, first := w.weekly(t, "Chorprobe", true, nil)
	id, third := w.idOf(t, path), day(first.AddDate(0, 0, 14))
	cast.Execute(t, w.db, `UPDATE throttles SET count = 60`)
	anna := w.visit(t, w.Anna.ID)
	anna.Send("/stadt/content/"+itoa(id)+"/dates/"+third+"/", url.Values{"time": {third + "T19:00"}, "until_time": {third + "T21:00"}, "place": {"Anderswo"}, "scope": {"following"}}, false)
	anna.Sees(http.StatusTooManyRequests, "Too many attempts.", "try again")
	if got := len(w.dates(t, id)); got != 6 {
		t.Errorf("the series has %d dates", got)
	}
}

// TestMailsSayNothingOfAPlaceThatNobodyKnows looks at a date from another calendar, which may name none.
func TestMailsSayNothingOfAPlaceThatNobodyKnows(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	w.announce(t, "Fest", true, url.Values{"time": {"2099-05-08T17:00"}})
	cast.Execute(t, w.db, `UPDATE event_dates SET place = '', place_key = ''`)
	facts, err := w.room.DateFacts(t.Context(), w.db, 1)
	if err != nil || len(facts[1]) != 1 || facts[1][0].Label != "When" {
		t.Errorf("mails say %+v, %v", facts, err)
	}
}
