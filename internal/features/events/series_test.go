package events_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// storedDate is a row of the table of dates.
type storedDate struct {
	ID        int64  `db:"id"`
	ContentID int64  `db:"content_id"`
	Day       string `db:"day"`
	Begins    string `db:"begins"`
	Ends      string `db:"ends"`
	Place     string `db:"place"`
	StartsAt  int64  `db:"starts_at"`
	EndsAt    int64  `db:"ends_at"`
	Cancelled bool   `db:"cancelled"`
	Altered   bool   `db:"altered"`
}

// dates returns the dates of an event, by their days.
func (w *town) dates(t *testing.T, contentID int64) []storedDate {
	t.Helper()
	var all []storedDate
	err := w.db.Select(t.Context(), &all, `SELECT id, content_id, day, begins, ends, place, starts_at, ends_at, cancelled, altered FROM event_dates WHERE content_id = ? ORDER BY day, id`, contentID)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// idOf returns the id of an event by the path of its page.
func (w *town) idOf(t *testing.T, path string) (id int64) {
	t.Helper()
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if err := w.db.Get(t.Context(), &id, `SELECT c.id FROM contents c JOIN entities e ON e.id = c.entity_id WHERE e.slug = ? AND c.slug = ?`, parts[0], parts[1]); err != nil {
		t.Fatal(path, err)
	}
	return id
}

// begun returns when dates begin, and what is their own.
func begun(all []storedDate) []string {
	var said []string
	for _, d := range all {
		text := d.Begins
		if d.Cancelled {
			text += " cancelled"
		}
		if d.Altered {
			text += " altered"
		}
		said = append(said, text)
	}
	return said
}

// revise sends the form of an event with some fields changed; an empty value is not sent.
func (w *town) revise(t *testing.T, path string, fields map[string]string) {
	t.Helper()
	anna := w.visit(t, w.Anna.ID)
	anna.Get(path + "edit/")
	form := anna.Form("title")
	for name, value := range fields {
		form.Set(name, value)
		if value == "" {
			form.Del(name)
		}
	}
	anna.Send(path+"edit/", form, true)
	anna.Sees(http.StatusOK, "The changes have been saved.")
}

// on returns the first day of the week in so many weeks from now that is a weekday.
func (w *town) on(weekday time.Weekday, weeks int) time.Time {
	today := w.in(7 * weeks)
	return today.AddDate(0, 0, (int(weekday)-int(today.Weekday())+7)%7)
}

func TestASeriesKeepsAllItsDates(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		first := w.on(time.Tuesday, 1)
		path := w.announce(t, "Chorprobe", true, url.Values{
			"time": {day(first) + "T19:00"}, "until_time": {day(first) + "T21:30"}, "repeats": {"weekly"}, "repeats_on": {"TH"}, "repeats_times": {"5"},
		})
		id := w.idOf(t, path)
		before := w.dates(t, id)
		want := []string{}
		for _, days := range []int{0, 2, 7, 9, 14} {
			want = append(want, day(first.AddDate(0, 0, days))+"T19:00")
		}
		if got := begun(before); !slices.Equal(got, want) {
			t.Fatalf("dates %v, want %v", got, want)
		}
		for _, d := range before {
			begins := time.UnixMilli(d.StartsAt).In(w.berlin)
			if begins.Format("2006-01-02T15:04") != d.Begins || d.EndsAt-d.StartsAt != (150*time.Minute).Milliseconds() {
				t.Errorf("%+v", d)
			}
		}

		// What stays keeps its id: also at another time, and when there are more.
		w.revise(t, path, map[string]string{"time": day(first) + "T18:00", "until_time": "", "repeats_times": "6", "place": "Im Hof"})
		after := w.dates(t, id)
		if len(after) != 6 || after[0].Place != "Im Hof" || after[4].Begins != day(first.AddDate(0, 0, 14))+"T18:00" || after[4].EndsAt != after[4].StartsAt {
			t.Fatalf("%+v", after)
		}
		for n, d := range before {
			if after[n].ID != d.ID {
				t.Errorf("%s is another date: %d, was %d", d.Day, after[n].ID, d.ID)
			}
		}

		// A series that moves to another day has the same dates there; days of their own go.
		w.revise(t, path, map[string]string{"time": day(first.AddDate(0, 0, 1)) + "T18:00", "repeats_on": "", "repeats_times": "3"})
		moved := w.dates(t, id)
		if len(moved) != 3 || moved[0].ID != before[0].ID || moved[2].ID != before[2].ID || moved[2].Day != day(first.AddDate(0, 0, 15)) {
			t.Errorf("%+v", moved)
		}

		anna := w.visit(t, w.Anna.ID)
		anna.Get(path + "edit/")
		anna.Sees(http.StatusOK, "This is the first date: if you move it, the whole series moves.")

		// It becomes one date again.
		w.revise(t, path, map[string]string{"repeats": "once"})
		if single := w.dates(t, id); len(single) != 1 || single[0].ID != before[0].ID {
			t.Errorf("%+v", single)
		}
	})
}

func TestFieldsOfExistingScriptsMakeOneSeries(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	first := w.on(time.Friday, 2)
	for _, c := range []struct {
		period, count string
		days          []int // from the first date on
	}{
		{"once", "3", []int{0}}, {"weekly", "", []int{0}}, {"weekly", "2", []int{0, 7, 14}}, {"daily", "2", []int{0, 1, 2}}, {"", "3", []int{0}},
	} {
		path := w.announce(t, "Treffen "+c.period+c.count, true, url.Values{
			"time": {first.Format("02.01.2006") + " 19:00:00"}, "time_repetitions_period": {c.period}, "time_repetitions_count": {c.count},
		})
		want := []string{}
		for _, n := range c.days {
			want = append(want, day(first.AddDate(0, 0, n))+"T19:00")
		}
		if got := begun(w.dates(t, w.idOf(t, path))); !slices.Equal(got, want) {
			t.Errorf("%s %s: %v, want %v", c.period, c.count, got, want)
		}
	}
	for period, freq := range map[string]string{"monthly": "FREQ=MONTHLY;COUNT=4;BYMONTHDAY=", "weekday_in_month": "FREQ=MONTHLY;COUNT=4;BYDAY=", "yearly": "FREQ=YEARLY;COUNT=4;BYMONTH="} {
		path := w.announce(t, "Treffen "+period, true, url.Values{
			"time": {day(first) + "T19:00"}, "time_repetitions_period": {period}, "time_repetitions_count": {"3"},
		})
		var rule string
		if err := w.db.Get(t.Context(), &rule, `SELECT rule FROM events WHERE content_id = ?`, w.idOf(t, path)); err != nil || !strings.HasPrefix(rule, freq) {
			t.Errorf("%s makes %q, %v", period, rule, err)
		}
	}
	anna := w.visit(t, w.Anna.ID)
	anna.Send("/garten/events/add/", url.Values{"title": {"x"}, "place": {"x"}, "time": {day(first) + "T19:00"}, "time_repetitions_period": {"weekly"}, "time_repetitions_count": {"101"}}, true)
	anna.Sees(http.StatusUnprocessableEntity, "Use a number up to 100.")
	anna.Send("/garten/events/add/", url.Values{"title": {"x"}, "place": {"x"}, "time": {day(first) + "T19:00"}, "time_repetitions_period": {"hourly"}, "time_repetitions_count": {"3"}}, true)
	anna.Sees(http.StatusUnprocessableEntity, "Choose how often it repeats.")
	if n := len(w.dates(t, w.idOf(t, "/garten/treffen-weekly2/"))); n != 3 {
		t.Errorf("there are %d dates", n)
	}

	// A form of theirs that says nothing of repetition leaves it as it is.
	anna.Send("/garten/treffen-weekly2/edit/", url.Values{"title": {"Treffen"}, "text": {"x"}, "public": {"on"}, "place": {"Woanders"}, "time": {day(first) + " 20:00"}, "slug": {"treffen-weekly2"}}, true)
	anna.Sees(http.StatusOK, "The changes have been saved.")
	if got := begun(w.dates(t, w.idOf(t, "/garten/treffen-weekly2/"))); len(got) != 3 || got[2] != day(first.AddDate(0, 0, 14))+"T20:00" {
		t.Errorf("%v", got)
	}
}

// TestASeriesStaysAtItsTimeThroughBothChangesOfTheClock looks at a year of a weekly event in Berlin, and at nights in which
// clocks change.
func TestASeriesStaysAtItsTimeThroughBothChangesOfTheClock(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	path := w.announce(t, "Chorprobe", true, url.Values{"time": {"2099-01-06T19:00"}, "until_time": {"2099-01-06T21:00"}, "repeats": {"weekly"}, "repeats_until": {"2099-12-31"}})
	all := w.dates(t, w.idOf(t, path))
	if len(all) != 52 {
		t.Fatalf("%d dates", len(all))
	}
	utc := map[string]int{}
	for _, d := range all {
		utc[time.UnixMilli(d.StartsAt).UTC().Format("15:04")]++
		if got := time.UnixMilli(d.StartsAt).In(w.berlin).Format("15:04"); got != "19:00" || d.Begins[11:] != "19:00" || d.EndsAt-d.StartsAt != (2*time.Hour).Milliseconds() {
			t.Errorf("%+v begins at %s", d, got)
		}
	}
	if !maps.Equal(utc, map[string]int{"18:00": 22, "17:00": 30}) {
		t.Errorf("in UTC they begin at %v", utc)
	}
	// 2099-03-29 has no 02:30, 2099-10-25 has it twice.
	path = w.announce(t, "Nachtwache", true, url.Values{"time": {"2099-03-28T02:30"}, "repeats": {"daily"}, "repeats_times": {"3"}})
	var said []string
	for _, d := range w.dates(t, w.idOf(t, path)) {
		said = append(said, d.Begins+" "+time.UnixMilli(d.StartsAt).UTC().Format("15:04"))
	}
	path = w.announce(t, "Nachtwache", true, url.Values{"time": {"2099-10-24T02:30"}, "repeats": {"daily"}, "repeats_times": {"3"}})
	for _, d := range w.dates(t, w.idOf(t, path)) {
		said = append(said, d.Begins+" "+time.UnixMilli(d.StartsAt).UTC().Format("15:04"))
	}
	want := []string{
		"2099-03-28T02:30 01:30", "2099-03-29T02:30 01:30", "2099-03-30T02:30 00:30",
		"2099-10-24T02:30 00:30", "2099-10-25T02:30 00:30", "2099-10-26T02:30 01:30",
	}
	if !slices.Equal(said, want) {
		t.Errorf("%s", fmt.Sprint(said))
	}
}
