package imports_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/features/imports"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/golden"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

func TestACalendarFromElsewhereIsFollowed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		c := publish(t,
			entry("1@verein.example", "Chor", 3, "LOCATION:Gemeindesaal", "DESCRIPTION:Mit *Noten* und @anna", "URL:https://verein.example/chor"),
			entry("2@verein.example", "Basar", 5), entry("3@verein.example", "Gestern", -1), entry("4@verein.example", "Uralt", -500), entry("5@verein.example", "Zu weit", 800),
			entry("6@verein.example", "Abgesagt", 6, "STATUS:CANCELLED"))
		w.add(t, strings.Replace(c.URL, "http://", "http://", 1), true)
		if got := w.shown(t); got != "Gestern, Chor, Basar" {
			t.Fatalf("shown are %s", got)
		}
		if got := webtest.Activities(t, db); len(got) > 0 {
			t.Errorf("the first run tells of %v", got)
		}
		nobody := w.visit(t, 0)
		nobody.Get("/garten/chor/")
		nobody.Sees(http.StatusOK, "Gemeindesaal", "Mit *Noten* und @anna", `href="https://verein.example/chor"`, "7–9 pm")
		nobody.DoesNotSee("Anna Ahorn", `href="/anna/"`)
		nobody.Get("/stadt/groups/21/events/")
		nobody.Sees(http.StatusOK, "Chor", "Basar")

		w.hour(t)
		w.hour(t)
		if c.asked != 3 || c.unchanged != 2 || count(t, db, `SELECT COUNT(*) FROM contents`) != 3 {
			t.Errorf("asked %d times, %d times unchanged, %d events", c.asked, c.unchanged, count(t, db, `SELECT COUNT(*) FROM contents`))
		}
		c.says(entry("1@verein.example", "Chorprobe", 4), entry("2@verein.example", "Basar", 5))
		w.hour(t)
		if got := w.shown(t); got != "Gestern, Basar, Chorprobe" && got != "Gestern, Chorprobe, Basar" {
			t.Errorf("after a change: %s", got)
		}
		nobody.Get("/garten/chor/")
		nobody.Sees(http.StatusOK, "Chorprobe", in(4).Format("2 January 2006"))
		if n := count(t, db, `SELECT revision FROM contents WHERE title = 'Basar'`); n != 1 {
			t.Errorf("what did not change has the revision %d", n)
		}
		c.says(entry("2@verein.example", "Basar", 5))
		w.hour(t)
		if got := w.shown(t); got != "Gestern, Basar" {
			t.Errorf("after a removal: %s", got)
		}
		anna := w.visit(t, w.Anna.ID)
		anna.Get(listPath)
		anna.Sees(http.StatusOK, "Verein", "2 events", "Anna Ahorn", c.URL)
		if i := w.state(t); i.Problem != "" || i.Failures != 0 || soon(i.DueAt, w.db.Now().Time) < time.Hour || soon(i.DueAt, w.db.Now().Time) > 67*time.Minute {
			t.Errorf("%+v", i)
		}
	})
}

func TestARunThatBreaksOffGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		c := publish(t, entry("1@x.example", "Eins", 1), entry("2@x.example", "Zwei", 2))
		w.add(t, c.URL, true)
		cast.Execute(t, db, `DELETE FROM imported_events WHERE content_id = (SELECT id FROM contents WHERE title = 'Zwei')`)
		cast.Execute(t, db, `DELETE FROM contents WHERE title = 'Zwei'`)
		cast.Execute(t, db, `UPDATE imports SET etag = '', succeeded_at = NULL, due_at = created_at`)
		w.hour(t)
		if got := w.shown(t); got != "Eins, Zwei" || count(t, db, `SELECT COUNT(*) FROM contents`) != 2 {
			t.Errorf("shown are %s", got)
		}
	})
}

func TestNewEventsAreToldTogetherAndOnceADay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		cast.Subscribe(t, db, w.Garten.EntityID, w.Carla.ID)
		old := entry("0@x.example", "Alt", 9)
		c := publish(t, old)
		w.add(t, c.URL, true)
		c.says(old, entry("1@x.example", "Eins", 1))
		w.hour(t)
		if e := cast.Latest(t, w.db); e.Name != "content.published" || e.ActorID != w.Anna.ID {
			t.Errorf("one event is told as %+v", e)
		}
		if got := w.deliveries(t); got != "anna, bert, carla" {
			t.Errorf("told are %s", got)
		}
		many := []string{old, entry("1@x.example", "Eins", 1)}
		for n := range 11 {
			many = append(many, entry(fmt.Sprintf("n%d@x.example", n), fmt.Sprintf("Neu %d [x](y)", n), 20+n, "LOCATION:Saal"))
		}
		c.says(append(many, entry("v@x.example", "Vorbei", -3))...)
		w.hour(t)
		if n := count(t, db, `SELECT COUNT(*) FROM activities`); n != 1 {
			t.Errorf("within a day %d notices", n)
		}
		w.pass(22 * time.Hour)
		w.hour(t)
		e := cast.Latest(t, w.db)
		if n := count(t, db, `SELECT COUNT(*) FROM activities`); n != 2 || e.Name != "events.imported" {
			t.Fatalf("after a day %d notices, the last is %s", n, e.Name)
		}
		if got := w.deliveries(t); got != "anna, bert, carla" {
			t.Errorf("told are %s", got)
		}
		for _, language := range []string{"en", "de"} {
			m := w.message(t, language, w.Carla)
			for n := range 11 {
				m.Text = strings.ReplaceAll(m.Text, sayDay(language, in(20+n)), fmt.Sprintf("day %d", n))
			}
			golden.Equal(t, "imported."+language, mailtest.PrintMessage(m))
		}
		w.pass(25 * time.Hour)
		w.hour(t)
		if n := count(t, db, `SELECT COUNT(*) FROM activities`); n != 2 {
			t.Errorf("told again: %d", n)
		}
	})
}

// sayDay says a day as messages do.
func sayDay(language string, day time.Time) string {
	if language == "en" {
		return day.Format("Mon 2 January 2006")
	}
	months := []string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}
	return []string{"So.", "Mo.", "Di.", "Mi.", "Do.", "Fr.", "Sa."}[day.Weekday()] + day.Format(", 2. ") + months[day.Month()-1] + day.Format(" 2006")
}

// message returns what somebody is told of what happened last.
func (w *town) message(t *testing.T, language string, to cast.Person) *notify.Message {
	t.Helper()
	e := cast.Latest(t, w.db)
	catalogues := localetest.Catalogues(t)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range w.told {
		if n.Activity != e.Name {
			continue
		}
		m, err := n.Compose(t.Context(), w.db, catalogues.Printer(language, berlin), e, notify.Recipient{PersonID: to.ID, EntityID: to.EntityID, Reason: notify.Subscriber})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	t.Fatalf("nobody is told of %s", e.Name)
	return nil
}

func TestInternalEventsAreForMembers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		cast.Subscribe(t, db, w.Garten.EntityID, w.Carla.ID)
		c := publish(t, entry("1@x.example", "Plenum", 1))
		w.add(t, c.URL, false)
		carla, bert, anna := w.visit(t, w.Carla.ID), w.visit(t, w.Bert.ID), w.visit(t, w.Anna.ID)
		read := func(who *webtest.Visitor, want int) {
			t.Helper()
			who.Get("/garten/plenum/")
			who.Sees(want)
		}
		read(carla, http.StatusForbidden)
		read(bert, http.StatusOK)
		c.says(entry("1@x.example", "Plenum", 1), entry("2@x.example", "Klausur", 8), entry("3@x.example", "Feier", 9))
		w.hour(t)
		if got := w.deliveries(t); got != "anna, bert" {
			t.Errorf("told are %s", got)
		}
		c.answers(http.StatusInternalServerError)
		for _, public := range []string{"1", "0"} {
			anna.Get(listPath)
			anna.Get("/stadt/imports/1/")
			anna.Submit("Save", map[string]string{"public": public})
			anna.Sees(http.StatusOK, "The changes have been saved.")
			read(carla, map[string]int{"1": http.StatusOK, "0": http.StatusForbidden}[public])
		}
		c.answers(http.StatusOK)
		c.says(entry("1@x.example", "Plenum im Saal", 1))
		w.hour(t)
		read(carla, http.StatusForbidden)
		read(bert, http.StatusOK)
		bert.Sees(http.StatusOK, "Plenum im Saal")
	})
}

func TestNobodyChangesWhatComesFromElsewhere(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		c := publish(t, entry("1@x.example", "Fest", 3), entry("2@x.example", "Markt", 4))
		w.add(t, c.URL, true)
		anna := w.visit(t, w.Anna.ID)
		anna.Get("/garten/fest/")
		anna.Sees(http.StatusOK, "This comes from another site and can only be changed there.", "Delete")
		anna.DoesNotSee("/garten/fest/edit/")
		anna.Get("/garten/fest/edit/")
		anna.Sees(http.StatusForbidden, "This comes from another site and can only be changed there.")
		anna.Send("/garten/fest/edit/", url.Values{"title": {"Meins"}, "time": {"2099-05-08T17:00"}, "place": {"Hier"}, "slug": {"fest"}, "public": {"on"}}, true)
		anna.Sees(http.StatusForbidden)
		anna.Send("/garten/fest/", url.Values{"text": {"Ich komme."}}, true)
		anna.Sees(http.StatusOK, "Ich komme.")

		anna.Get("/garten/fest/delete/")
		anna.Submit("Delete", nil)
		c.says(entry("1@x.example", "Fest mit Musik", 3), entry("2@x.example", "Markt", 4))
		w.hour(t)
		if got := w.shown(t); got != "Markt" {
			t.Errorf("what was deleted comes back: %s", got)
		}
		if i := w.state(t); i.Skipped != 0 || i.Problem != "" {
			t.Errorf("%+v", i)
		}
	})
}

func TestACancelledEventIsToldAndStays(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		c := publish(t, entry("1@x.example", "Fest", 3))
		w.add(t, c.URL, true)
		c.says(entry("1@x.example", "Fest", 3, "STATUS:CANCELLED"))
		w.hour(t)
		w.hour(t)
		if got := fmt.Sprint(webtest.Activities(t, db)); got != "[event.cancelled garten by anna]" {
			t.Errorf("%s", got)
		}
		nobody := w.visit(t, 0)
		nobody.Get("/garten/fest/")
		nobody.Sees(http.StatusOK, "This event has been cancelled.")
	})
}

func TestWhatCameFromHereIsLeftOut(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		c := publish(t,
			entry("content.7@example.org", "Von hier", 1), entry("garten.12@EXAMPLE.ORG", "Von hier, früher", 1), entry("http://example.org/garten/x/", "Von hier, noch früher", 1),
			entry("8@x.example", "Über uns", 2, "X-GROUPRISE-VIA:other.example,example.org"), entry("9@x.example", "Über andere", 3, "X-GROUPRISE-VIA:other.example"))
		w.add(t, c.URL, true)
		if got := w.shown(t); got != "Über andere" {
			t.Errorf("shown are %s", got)
		}
		d := publish(t, entry("9@x.example", "Über andere, noch einmal", 3), entry("10@x.example", "Neu", 4))
		w.add(t, d.URL, true)
		if got := w.shown(t); got != "Über andere, Neu" {
			t.Errorf("an event of another calendar of the group stands twice: %s", got)
		}
	})
}

func TestAnImportStandsStillWithoutItsAuthor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		c := publish(t, entry("1@x.example", "Fest", 3))
		w.add(t, c.URL, true)
		cast.Execute(t, db, `DELETE FROM memberships WHERE person_id = ?`, w.Anna.ID)
		c.says(entry("1@x.example", "Fest im Regen", 3))
		w.hour(t)
		if c.asked != 1 || w.shown(t) != "Fest" {
			t.Errorf("asked %d times, shown is %s", c.asked, w.shown(t))
		}
		bert := w.visit(t, w.Bert.ID)
		bert.Get(listPath)
		bert.Sees(http.StatusOK, "no longer updated, because Anna Ahorn has left the group")
		bert.DoesNotSee("Update now")
		bert.Send("/stadt/imports/1/runs/", url.Values{}, true)
		bert.Sees(http.StatusForbidden)
		cast.Execute(t, db, `UPDATE imports SET author_id = NULL`)
		bert.Get(listPath)
		bert.Sees(http.StatusOK, "no longer updated, because the person who added it has deleted their account")
		bert.Submit("Continue in my name", nil)
		bert.Sees(http.StatusOK, "in your name", "Bert Birke")
		w.run(t)
		if got := w.shown(t); got != "Fest im Regen" {
			t.Errorf("shown is %s", got)
		}
	})
}

func TestAnImportEndsWithOrWithoutItsEvents(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		for _, keep := range []bool{true, false} {
			c := publish(t, entry(fmt.Sprintf("%t@x.example", keep), fmt.Sprintf("Fest %t", keep), 3))
			w.add(t, c.URL, true)
			bert := w.visit(t, w.Bert.ID)
			bert.Get(listPath)
			bert.Get(fmt.Sprintf("/stadt/imports/%d/end/", count(t, db, `SELECT MAX(id) FROM imports`)))
			bert.Sees(http.StatusOK, "Do you want to stop importing “Verein”?")
			fields := map[string]string{}
			if keep {
				fields["keep"] = "on"
			}
			bert.Submit("Stop importing", fields)
			bert.Sees(http.StatusOK, "“Verein” is no longer imported.")
			w.hour(t)
			if c.asked != 1 {
				t.Errorf("it is still asked")
			}
		}
		if got := w.shown(t); got != "Fest true" || count(t, db, `SELECT COUNT(*) FROM imported_events`) != 0 {
			t.Errorf("left are %s", got)
		}
		anna := w.visit(t, w.Anna.ID)
		anna.Get("/garten/fest-true/edit/")
		anna.Submit("Save", map[string]string{"title": "Unser Fest", "place": "Am Bach"})
		anna.Sees(http.StatusOK, "Unser Fest")
	})
}

func TestAnImportThatEndsWhileItIsReadBringsNothing(t *testing.T) {
	t.Parallel()
	for _, meanwhile := range []string{`DELETE FROM imports`, `DELETE FROM memberships`, `UPDATE imports SET author_id = NULL`} {
		db := dbtest.SQLite(t)
		w := newTown(t, db)
		s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			cast.Execute(t, db, meanwhile)
			_, _ = rw.Write([]byte("BEGIN:VCALENDAR\r\n" + entry("1@x.example", "Fest", 3) + "END:VCALENDAR\r\n"))
		}))
		t.Cleanup(s.Close)
		w.add(t, s.URL, true)
		if got := w.shown(t); got != "" {
			t.Errorf("after %s, shown is %s", meanwhile, got)
		}
	}
}

func TestASuddenlyEmptyCalendarIsAskedOnceMore(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	c := publish(t, entry("1@x.example", "Fest", 3))
	w.add(t, c.URL, true)
	c.says()
	w.hour(t)
	if i := w.state(t); i.Problem != "empty" || w.shown(t) != "Fest" {
		t.Errorf("%+v", i)
	}
	c.says(entry("1@x.example", "Fest", 3))
	w.hour(t)
	if i := w.state(t); i.Problem != "" || w.shown(t) != "Fest" {
		t.Errorf("%+v", i)
	}
	c.says()
	w.hour(t)
	w.hour(t)
	if i := w.state(t); i.Problem != "" || w.shown(t) != "" {
		t.Errorf("%+v, shown is %s", i, w.shown(t))
	}
}

func TestOnlyMembersManageImports(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	c := publish(t, entry("1@x.example", "Fest", 3))
	w.add(t, c.URL+"?key=secret", true)
	for path, post := range map[string]bool{
		listPath: false, "/stadt/imports/1/": false, "/stadt/imports/1/end/": false, "/stadt/imports/1/runs/": true,
	} {
		for person, status := range map[int64]int{0: http.StatusSeeOther, w.Carla.ID: http.StatusForbidden, w.Admin.ID: http.StatusForbidden} {
			v := w.visit(t, person)
			if !post {
				if p := v.Ask(http.MethodGet, path); p.Status != status {
					t.Errorf("%d gets %s: %d", person, path, p.Status)
				}
			}
			if v.Send(path, url.Values{"address": {"https://x.example"}}, false); v.Page.Status != status && path != "/stadt/imports/1/runs/" || v.Page.Status == http.StatusOK {
				t.Errorf("%d posts to %s: %d", person, path, v.Page.Status)
			}
		}
	}
	anna, bert := w.visit(t, w.Anna.ID), w.visit(t, w.Bert.ID)
	for _, path := range []string{"/stadt/imports/9/", "/stadt/imports/x/", "/stadt/groups/99/imports/"} {
		anna.Get(path)
		anna.Sees(http.StatusNotFound)
	}
	anna.Get(listPath)
	anna.Sees(http.StatusOK, "key=secret")
	bert.Get(listPath)
	bert.Sees(http.StatusOK, "Verein", "127.0.0.1")
	bert.DoesNotSee("key=secret", "calendar.ics")
	bert.Get("/stadt/imports/1/")
	bert.DoesNotSee("key=secret", "calendar.ics")
	if strings.Contains(w.log.String(), "secret") {
		t.Errorf("the log has the address: %s", w.log.String())
	}
}

func TestAddressesAreChecked(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	anna := w.visit(t, w.Anna.ID)
	for typed, want := range map[string]string{
		"":                                     "Enter the address of a calendar or website.",
		"ftp://x.example/a.ics":                "Enter a web address such as",
		"https://" + strings.Repeat("x", 1000): "Enter a web address such as",
		"https://anna:secret@x.example/a.ics":  "Addresses with a username or password can’t be used.",
		"webcal://example.org/garten/events/public.ics": "This is an address of this site.",
	} {
		anna.Send(listPath, url.Values{"address": {typed}, "public": {"1"}}, true)
		anna.Sees(http.StatusUnprocessableEntity, want)
	}
	anna.Send(listPath, url.Values{"address": {"webcal://x.example/a.ics"}, "public": {"1"}}, true)
	anna.Sees(http.StatusOK, "https://x.example/a.ics")
	anna.Send(listPath, url.Values{"address": {"https://x.example/a.ics"}, "public": {"1"}}, true)
	anna.Sees(http.StatusUnprocessableEntity, "The group imports this already.")
	for n := range 9 {
		anna.Send(listPath, url.Values{"address": {fmt.Sprintf("https://x.example/%d.ics", n)}, "public": {"1"}}, true)
		anna.Sees(http.StatusOK)
	}
	anna.Send(listPath, url.Values{"address": {"https://x.example/10.ics"}, "public": {"1"}}, true)
	anna.Sees(http.StatusUnprocessableEntity, "A group can import up to 10 calendars and websites.")
}

func TestServersThatMisbehaveAreNamedAndLeft(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db, func(d *imports.Deps) {
			d.Timeout = 5 * time.Second // a bomb takes its time, too, under the race detector
			d.Allowed = func(a netip.Addr) bool { return a != netip.MustParseAddr("127.0.0.2") }
			d.Resolve = func(_ context.Context, host string) ([]netip.Addr, error) {
				switch host {
				case "inside.example":
					return []netip.Addr{netip.MustParseAddr("127.0.0.2")}, nil
				case "outside.example":
					return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
				}
				return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
			}
		})
		s := httptest.NewServer(http.HandlerFunc(misbehave))
		t.Cleanup(s.Close)
		w.add(t, s.URL+"/", true)
		for _, c := range []struct{ path, problem, en, de string }{
			{"/404", "gone", "There’s nothing at this address any more.", "Unter dieser Adresse gibt es nichts mehr."},
			{"/500", "refused", "answers with an error (500)", "antwortet mit einem Fehler (500)"},
			{"/401", "denied", "only for people who sign in", "nur für Leute, die sich anmelden"},
			{"/503", "busy", "asks us to come back later", "bittet uns, später wiederzukommen"},
			{"/html", "nothing", "There is neither a calendar nor a website with a feed at this address.", "weder ein Kalender noch eine Website mit einem Feed"},
			{"/cut", "calendar", "There is no calendar at this address but something else", "kein Kalender, sondern etwas anderes"},
			{"/rubbish", "nothing", "There is neither a calendar nor a website with a feed at this address.", "weder ein Kalender noch eine Website mit einem Feed"},
			{"/hundred", "large", "What’s at this address is too large. It can have up to 10 MB.", "Was unter dieser Adresse steht, ist zu groß"},
			{"/endless", "large", "What’s at this address is too large.", "Was unter dieser Adresse steht, ist zu groß"},
			{"/bomb", "large", "What’s at this address is too large.", "Was unter dieser Adresse steht, ist zu groß"},
			{"/slow", "slow", "takes too long to answer", "braucht zu lange"},
			{"/damaged", "unreadable", "incomplete or damaged", "unvollständig oder beschädigt"},
			{"/circle", "redirects", "keeps leading to other addresses", "führt immer weiter"},
			{"/inside", "forbidden", "isn’t on the public internet", "nicht im öffentlichen Internet"},
			{"/inside-by-name", "forbidden", "isn’t on the public internet", "nicht im öffentlichen Internet"},
			{"/nowhere", "host", "There is no server called", "gibt es nicht"},
			{"/file", "address", "The address leads to one that can’t be used.", "Die Adresse führt zu einer"},
		} {
			cast.Execute(t, db, `UPDATE imports SET address = ?, kind = '', read_at = NULL, failures = 0, problem = ''`, s.URL+c.path)
			w.pass(48 * time.Hour)
			if err := w.room.Plan(t.Context()); err != nil {
				t.Fatal(err)
			}
			begun := time.Now()
			w.run(t)
			if took := time.Since(begun); took > 10*time.Second {
				t.Errorf("%s took %s", c.path, took)
			}
			if i := w.state(t); string(i.Problem) != c.problem || i.Failures != 1 {
				t.Errorf("%s: %q after %d failures, want %q", c.path, i.Problem, i.Failures, c.problem)
				continue
			}
			for language, want := range map[string]string{"en": c.en, "de": c.de} {
				anna := w.visit(t, w.Anna.ID)
				anna.Header = http.Header{"Accept-Language": {language}}
				anna.Get(listPath)
				anna.Sees(http.StatusOK, want)
			}
		}
		if w.shown(t) != "" || count(t, db, `SELECT COUNT(*) FROM jobs`) != 0 {
			t.Error("something is left of it")
		}
	})
}

func TestAnUnreachableCalendarIsAskedLessAndLess(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	c := publish(t, entry("1@x.example", "Fest", 3))
	w.add(t, c.URL, true)
	c.answers(http.StatusBadGateway)
	var waits []string
	for range 7 {
		w.pass(25 * time.Hour)
		if err := w.room.Plan(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.run(t)
		waits = append(waits, soon(w.state(t).DueAt, w.db.Now().Time).Truncate(time.Hour).String())
	}
	if got := strings.Join(waits, " "); got != "1h0m0s 2h0m0s 4h0m0s 8h0m0s 16h0m0s 24h0m0s 24h0m0s" {
		t.Errorf("the pauses are %s", got)
	}
	if got := w.shown(t); got != "Fest" {
		t.Errorf("shown is %s", got)
	}
	c.answers(http.StatusOK)
	anna := w.visit(t, w.Anna.ID)
	anna.Get(listPath)
	anna.Sees(http.StatusOK, "answers with an error (502)", "Next attempt:")
	anna.Submit("Update now", nil)
	anna.Sees(http.StatusOK, "It is being updated.")
	w.run(t)
	if i := w.state(t); i.Problem != "" || i.Failures != 0 {
		t.Errorf("%+v", i)
	}
}
