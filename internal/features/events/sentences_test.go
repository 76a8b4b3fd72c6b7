package events_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/events"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/contenttest"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
)

func TestARuleReadsAsASentence(t *testing.T) {
	t.Parallel()
	catalogues := localetest.Catalogues(t)
	for _, c := range []struct{ begins, rule, english, german string }{
		{"2026-03-10T19:00", "FREQ=MONTHLY;BYDAY=2TU;UNTIL=20260731", "on the second Tuesday of each month until July", "am zweiten Dienstag jedes Monats bis Juli"},
		{"2026-03-10T19:00", "FREQ=MONTHLY;BYDAY=2TU;UNTIL=20270713", "on the second Tuesday of each month until July 2027", "am zweiten Dienstag jedes Monats bis Juli 2027"},
		{"2026-03-10T19:00", "FREQ=MONTHLY;BYDAY=2TU;UNTIL=20260710", "on the second Tuesday of each month until June", "am zweiten Dienstag jedes Monats bis Juni"},
		{"2026-03-31", "FREQ=MONTHLY;BYDAY=-1TU;INTERVAL=2", "every 2 months on the last Tuesday", "alle 2 Monate am letzten Dienstag"},
		{"2026-03-03T19:00", "FREQ=MONTHLY", "on the 3rd of each month", "am 3. jedes Monats"},
		{"2026-03-11T19:00", "FREQ=MONTHLY;BYMONTHDAY=11,22,31;COUNT=6", "on the 11th, 22nd and 31st of each month, 6 times", "am 11., 22. und 31. jedes Monats, 6-mal"},
		{"2026-03-31", "FREQ=MONTHLY;BYMONTHDAY=-1", "on the last day of each month", "am letzten Tag jedes Monats"},
		{"2026-03-03T19:00", "FREQ=WEEKLY", "every Tuesday", "jeden Dienstag"},
		{"2026-03-03T19:00", "FREQ=WEEKLY;BYDAY=TU,TH,SU;UNTIL=20260430", "every Tuesday, Thursday and Sunday until 30 April 2026", "jeden Dienstag, Donnerstag und Sonntag bis zum 30. April 2026"},
		{"2026-03-03T19:00", "FREQ=WEEKLY;INTERVAL=2", "every 2 weeks on Tuesday", "alle 2 Wochen am Dienstag"},
		{"2026-03-03T19:00", "FREQ=DAILY;COUNT=3", "every day, 3 times", "jeden Tag, 3-mal"},
		{"2026-03-03T19:00", "FREQ=DAILY;INTERVAL=10", "every 10 days", "alle 10 Tage"},
		{"2026-03-03T19:00", "FREQ=YEARLY", "every year on 3 March", "jedes Jahr am 3. März"},
		{"2024-02-29", "FREQ=YEARLY;INTERVAL=4;UNTIL=20400101", "every 4 years on 29 February until February 2036", "alle 4 Jahre am 29. Februar bis Februar 2036"},
		{"2026-03-10T19:00", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "every month", "jeden Monat"},
		{"2026-03-10T19:00", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "every year", "jedes Jahr"},
		{"2026-03-10T19:00", "FREQ=DAILY;BYMONTH=3,4", "on several days", "an mehreren Tagen"},
		{"2026-03-10T19:00", "FREQ=WEEKLY;BYMONTH=3,4;INTERVAL=2", "every 2 weeks", "alle 2 Wochen"},
	} {
		for language, want := range map[string]string{"en": c.english, "de": c.german} {
			if got := events.SayRule(catalogues.Printer(language, time.UTC), c.rule, c.begins); got != want {
				t.Errorf("%s: %q, want %q", c.rule, got, want)
			}
		}
	}
}

// TestARuleIsTheFieldsOfItsForm reads rules into the form and back.
func TestARuleIsTheFieldsOfItsForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ begins, rule, repeats, again string }{
		{"2026-03-03T19:00", "FREQ=WEEKLY", "weekly", "FREQ=WEEKLY;BYDAY=TU"},
		{"2026-03-03T19:00", "FREQ=WEEKLY;INTERVAL=2;UNTIL=20260430;BYDAY=TU,TH", "weekly", ""},
		{"2026-03-03T19:00", "FREQ=DAILY;COUNT=3", "daily", ""},
		{"2026-03-03T19:00", "FREQ=MONTHLY;BYMONTHDAY=3", "monthly", ""},
		{"2026-03-10T19:00", "FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2", "weekday_in_month", "FREQ=MONTHLY;BYDAY=2TU"},
		{"2026-03-31T19:00", "FREQ=MONTHLY;BYDAY=-1TU", "last_weekday_in_month", ""},
		{"2026-03-31T19:00", "FREQ=YEARLY", "yearly", "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=31"},
		{"2026-03-03T19:00", "FREQ=WEEKLY;BYDAY=WE", "rule", ""}, // its first date is none of those that it names
		{"2026-03-03T19:00", "FREQ=WEEKLY;INTERVAL=100;BYDAY=TU", "rule", ""},
		{"2026-03-31T19:00", "FREQ=MONTHLY;BYMONTHDAY=-1", "rule", ""},
		{"2026-03-03T19:00", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=2", "rule", ""},
		{"2026-03-01T19:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU", "rule", ""},
	} {
		if c.again == "" {
			c.again = c.rule
		}
		if repeats, again := events.ThroughTheForm(c.rule, c.begins); repeats != c.repeats || again != c.again {
			t.Errorf("%s is %q in the form, and %s afterwards, want %q and %s", c.rule, repeats, again, c.repeats, c.again)
		}
	}
}

func TestWhatCannotRepeatIsSaidBesideItsField(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	anna := w.visit(t, w.Anna.ID)
	for _, c := range []struct{ fields, sentence string }{
		{"repeats=hourly", "Choose how often it repeats."},
		{"repeats=weekly&repeats_every=-1", "Use a number from 1 to 99."},
		{"repeats=weekly&repeats_every=100", "Use a number from 1 to 99."},
		{"repeats=weekly&repeats_times=-1", "Use a number from 2 to 1000."},
		{"repeats=weekly&repeats_times=1001", "Use a number from 2 to 1000."},
		{"repeats=weekly&repeats_until=soon", "Enter a date like 2026-07-31."},
		{"repeats=weekly&repeats_until=2099-05-11", "The series ends before it begins."},
		{"repeats=weekly&repeats_until=2099-12-31&repeats_times=3", "fill in one of them"},
		{"repeats=weekly&repeats_on=XX", "Choose days of the week."},
		{"repeats=last_weekday_in_month", "The first date isn’t in the last week of its month."},
		{"repeats=rule&repeats_rule=FREQ%3DSECONDLY", "This repetition can’t be used."},
		{"repeats=rule", "This repetition can’t be used."},
	} {
		form, err := url.ParseQuery(c.fields + "&title=x&place=x&time=2099-05-12T19:00")
		if err != nil {
			t.Fatal(err)
		}
		anna.Send("/garten/events/add/", form, true)
		anna.Sees(http.StatusUnprocessableEntity, c.sentence)
	}
	// The preview says how it repeats.
	anna.Send("/garten/events/add/", url.Values{"title": {"x"}, "text": {"x"}, "place": {"x"}, "time": {"2099-05-12T19:00"}, "repeats": {"weekday_in_month"}, "repeats_times": {"4"}, "preview": {"1"}}, true)
	anna.Sees(http.StatusOK, "Repeats: on the second Tuesday of each month, 4 times")
	// A rule that the form has no words for stays as it is.
	path := w.announce(t, "Stammtisch", true, url.Values{"time": {"2099-05-12T19:00"}, "repeats": {"rule"}, "repeats_rule": {"FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1"}})
	w.revise(t, path, map[string]string{"text": "Neu"})
	anna.Get(path + "edit/")
	anna.Sees(http.StatusOK, "As now: every month", `value="FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1"`)
	nobody := w.visit(t, 0)
	nobody.Get(path)
	if !strings.Contains(nobody.Page.Body, "every month") {
		t.Error(nobody.Page.Body)
	}
}

func TestASeriesIsAKindOfContent(t *testing.T) {
	t.Parallel()
	contenttest.Conformance(t, events.New(events.Deps{Zone: time.UTC}).Kind(), contenttest.Sample{
		Fields:  url.Values{"place": {"Am Bach 3"}, "time": {"2099-05-05T19:00"}, "repeats": {"weekly"}, "repeats_until": {"2099-06-05"}},
		Changed: url.Values{"place": {"Im Hof"}, "time": {"2099-05-06T17:00"}, "repeats": {"daily"}, "repeats_until": {"2099-06-06"}},
		Past:    url.Values{"place": {"Im Keller"}, "time": {"2020-01-01T10:00"}, "repeats": {"weekly"}, "repeats_until": {"2020-02-01"}},
		OnPage:  []string{"Tue 5 May 2099, 7 pm", "every Tuesday until 2 June 2099", "Tue 12 May 2099, 7 pm", "Am Bach 3"},
		OnCard:  []string{"Tue 5 May 2099, 7 pm", "Am Bach 3"},
		InMail:  []string{"When: Tue 5 May 2099, 7 pm", "Repeats: every Tuesday until 2 June 2099", "Where: Am Bach 3"},
		Over: func(_ *testing.T, db *sqldb.DB) content.Kind {
			return events.New(events.Deps{DB: db, Outbox: outbox.New(&mailtest.Tray{}), Limiter: web.NewLimiter(db, nil), Zone: time.UTC, BaseURL: "http://example.org"}).Kind()
		},
	})
}

// TestHowAnEventRepeatsIsSaidWhileSomebodyTypes asks as the script of the form does.
func TestHowAnEventRepeatsIsSaidWhileSomebodyTypes(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	anna := w.visit(t, w.Anna.ID)
	for query, want := range map[string]string{
		"time=2099-03-10T19:00&repeats=weekly&repeats_on=TU,TH&repeats_every=1&repeats_times=6": "Repeats: every Tuesday and Thursday, 6 times",
		"time=2099-03-10&repeats=weekday_in_month&repeats_until=2099-07-31":                     "Repeats: on the second Tuesday of each month until July",
		"time=2099-03-10T19:00&repeats=daily&repeats_every=x":                                   "Repeats: every day",
		"time=2099-03-10T19:00&repeats=once":                                                    "Repeats",
		"time=&repeats=daily":                                                                   "Repeats", "time=x&repeats=rule&repeats_rule=%00": "Repeats", "repeats=daily&time=2099-03-10T19:00&repeats_every=-3": "Repeats",
		"time=2099-03-10T19:00&repeats=weekly&repeats_on=,,X&repeats_times=999999999999999999999": "Repeats", "": "Repeats",
	} {
		if anna.Get("/stadt/events/repetition?" + query); anna.Page.Status != http.StatusOK || anna.Page.Body != want {
			t.Errorf("%s is said %d %q, want %q", query, anna.Page.Status, anna.Page.Body, want)
		}
	}
	anna.Get("/garten/events/add/")
	anna.Sees(http.StatusOK, `<span data-summary aria-live="polite">Repeats</span>`)
	anna.Submit("Preview", map[string]string{"title": "Probe", "time": "2099-03-10T19:00", "place": "Saal", "repeats": "weekly", "preview": "on"})
	anna.Sees(http.StatusOK, "Repeats: every Tuesday") // without a script
}
