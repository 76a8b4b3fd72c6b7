package events_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// unfolded returns what a program reads of a calendar, line by line.
func unfolded(p webtest.Page) string { return strings.ReplaceAll(p.Body, "\r\n ", "") }

// fetch gets a calendar as a program does that knows nothing but its address.
func (w *town) fetch(t *testing.T, address string) *webtest.Visitor {
	t.Helper()
	program := w.visit(t, 0)
	program.Get(strings.TrimPrefix(address, "http://example.org"))
	program.Page.Body = unfolded(program.Page)
	return program
}

func TestAnEventGoesIntoACalendarProgram(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	path := w.announce(t, "Fest; am, Bach", true, url.Values{"time": {"2099-05-08T17:00"}, "until_time": {"2099-05-08T21:00"}, "text": {"Erste Zeile\nzweite"}, "place": {"Am Bach,\nhinten"}})
	link := regexp.MustCompile(`/stadt/content/\d+/event\.ics`)
	anna, nobody := w.visit(t, w.Anna.ID), w.visit(t, 0)
	nobody.Get(path)
	address := link.FindString(nobody.Page.Body)
	got := w.fetch(t, address)
	got.Sees(http.StatusOK,
		"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//grouprise//grouprise//EN\r\n", "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n", "TZOFFSETTO:+0200",
		"UID:content.1@example.org\r\n", "SEQUENCE:0\r\n", "DTSTART;TZID=Europe/Berlin:20990508T170000\r\nDTEND;TZID=Europe/Berlin:20990508T210000\r\n",
		`SUMMARY:Fest\; am\, Bach`+"\r\n", `DESCRIPTION:Erste Zeile\nzweite`+"\r\n", `LOCATION:Am Bach\,\nhinten`+"\r\n", "URL:http://example.org/garten/fest-am-bach/\r\n", "CLASS:PUBLIC\r\n", "END:VCALENDAR\r\n")
	if kind := got.Page.Header.Get("Content-Type"); kind != "text/calendar; charset=utf-8" {
		t.Errorf("it is sent as %s", kind)
	}
	anna.Get(path + "edit/")
	anna.Submit("Save", map[string]string{"time": "2099-05-08T18:00"})
	w.fetch(t, address).Sees(http.StatusOK, "UID:content.1@example.org\r\n", "SEQUENCE:1\r\n", "20990508T180000")

	days := w.announce(t, "Markt", false, url.Values{"time": {"2099-05-08"}, "until_time": {"2099-05-09"}, "all_day": {"on"}})
	anna.Get(days)
	internal := link.FindString(anna.Page.Body)
	anna.Get(internal)
	anna.Sees(http.StatusOK, "DTSTART;VALUE=DATE:20990508\r\nDTEND;VALUE=DATE:20990510\r\n", "CLASS:PRIVATE\r\n")
	anna.DoesNotSee("VTIMEZONE")
	for person, status := range map[int64]int{0: 303, w.Carla.ID: 403, w.Bert.ID: 200} {
		if p := w.visit(t, person).Ask(http.MethodGet, internal); p.Status != status || status != 200 && strings.Contains(p.Body, "Markt") {
			t.Errorf("%d gets %d", person, p.Status)
		}
	}
	for _, path := range []string{"/stadt/content/99/event.ics", "/stadt/content/x/event.ics"} {
		w.fetch(t, path).Sees(http.StatusNotFound)
	}
}

func TestPublicCalendarsHoldWhatIsPublic(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.announce(t, "Offen", true, url.Values{"time": {"2099-05-08T17:00"}})
		w.announce(t, "Intern", false, url.Values{"time": {"2099-05-08T17:00"}})
		gone := w.announce(t, "Weg", true, url.Values{"time": {"2099-05-08T17:00"}})
		w.announce(t, "Letzten Monat", true, url.Values{"time": {day(w.in(-30)) + "T10:00"}})
		w.announce(t, "Vor Jahren", true, url.Values{"time": {day(w.in(-800)) + "T10:00"}})
		anna := w.visit(t, w.Anna.ID)
		anna.Get(gone + "delete/")
		anna.Submit("Delete", nil)
		for path, summary := range map[string]string{"/stadt/events/public.ics": "SUMMARY:[garten] Offen\r\n", "/garten/events/public.ics": "SUMMARY:Offen\r\n", "/GARTEN/events/public.ics/": "SUMMARY:Offen\r\n"} {
			// Who is signed in gets the same.
			for _, v := range []*webtest.Visitor{w.fetch(t, path), anna} {
				v.Get(path)
				v.Sees(http.StatusOK, summary, "Letzten Monat")
				v.DoesNotSee("Intern", "Weg", "Vor Jahren")
			}
		}
		w.fetch(t, "/chor/events/public.ics").Sees(http.StatusOK, "X-WR-CALNAME:Chor der Vielen (Neustadt)\r\n", "END:VCALENDAR")
		w.fetch(t, "/niemand/events/public.ics").Sees(http.StatusNotFound)

		program := w.fetch(t, "/stadt/events/public.ics")
		program.Header = http.Header{"If-None-Match": {program.Page.Header.Get("ETag")}}
		program.Get("/stadt/events/public.ics")
		program.Sees(http.StatusNotModified)
		w.announce(t, "Neu", true, url.Values{"time": {"2099-05-08T17:00"}})
		program.Get("/stadt/events/public.ics")
		program.Sees(http.StatusOK, "Neu")
	})
}

var (
	privateAddress = regexp.MustCompile(`value="(http://example\.org/garten/events/private\.ics\?token=[^"]+)"`)
	mineAddress    = regexp.MustCompile(`value="(http://example\.org/stadt/events/mine/[^"]+)"`)
)

func TestAPrivateCalendarIsForAMemberAlone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.announce(t, "Offen", true, url.Values{"time": {"2099-05-08T17:00"}})
		w.announce(t, "Intern", false, url.Values{"time": {"2099-05-08T17:00"}})
		bert, carla, nobody := w.visit(t, w.Bert.ID), w.visit(t, w.Carla.ID), w.visit(t, 0)
		for _, v := range []*webtest.Visitor{carla, nobody} {
			v.Get("/garten/events/export")
			v.Sees(http.StatusOK, "http://example.org/garten/events/public.ics", "Members of the group can get")
			v.DoesNotSee("private.ics")
		}
		if p := carla.Send("/garten/events/export", url.Values{}, false); p.Status != http.StatusForbidden {
			t.Errorf("Carla gets an address: %d", p.Status)
		}
		nobody.Get("/niemand/events/export")
		nobody.Sees(http.StatusNotFound)
		nobody.Get("/bert/events/export")
		nobody.Sees(http.StatusNotFound)

		bert.Get("/garten/events/export")
		bert.DoesNotSee("private.ics")
		bert.Submit("Create private address", nil)
		bert.Sees(http.StatusOK, "You have a new private address.")
		address := privateAddress.FindStringSubmatch(bert.Page.Body)[1]
		program := w.fetch(t, address)
		program.Sees(http.StatusOK, "SUMMARY:Intern\r\n", "CLASS:PRIVATE")
		program.DoesNotSee("Offen")
		_, token, _ := strings.Cut(address, "token=")
		name, secret, _ := strings.Cut(token, ":")
		basic := w.visit(t, 0)
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://example.org/", nil)
		request.SetBasicAuth(name, secret)
		basic.Header = http.Header{"Authorization": request.Header["Authorization"]}
		basic.Get("/garten/events/private.ics")
		basic.Sees(http.StatusOK, "Intern")

		for what, path := range map[string]string{
			"no secret": "/garten/events/private.ics", "a wrong secret": "/garten/events/private.ics?token=" + name + ":x", "an empty one": "/garten/events/private.ics?token=" + name + ":",
			"another person": "/garten/events/private.ics?token=anna:" + secret, "nobody": "/garten/events/private.ics?token=niemand:" + secret,
			"another group": "/chor/events/private.ics?token=" + token, "a person's page": "/bert/events/private.ics?token=" + token, "no name": "/garten/events/private.ics?token=" + secret,
		} {
			p := w.fetch(t, path).Page
			if p.Status != http.StatusUnauthorized || strings.Contains(p.Body, "Intern") || p.Header.Get("WWW-Authenticate") != `Basic realm="example.org"` {
				t.Errorf("with %s: %d, %s", what, p.Status, p.Header.Get("WWW-Authenticate"))
			}
		}
		// A wrong secret does not matter where none is needed.
		w.fetch(t, "/garten/events/public.ics?token=x:y").Sees(http.StatusOK, "Offen")

		bert.Submit("Replace address", nil)
		w.fetch(t, address).Sees(http.StatusUnauthorized)
		address = privateAddress.FindStringSubmatch(bert.Page.Body)[1]
		w.fetch(t, address).Sees(http.StatusOK, "Intern")
		bert.Submit("Remove address", map[string]string{"remove": "on"})
		bert.Sees(http.StatusOK, "The private address no longer works.", "Create private address")
		w.fetch(t, address).Sees(http.StatusUnauthorized)

		bert.Submit("Create private address", nil)
		address = privateAddress.FindStringSubmatch(bert.Page.Body)[1]
		cast.Execute(t, db, `DELETE FROM memberships WHERE person_id = ?`, w.Bert.ID)
		w.fetch(t, address).Sees(http.StatusUnauthorized)
	})
}

func TestThePersonalCalendarHoldsAllThatSomebodyMayRead(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	w.announce(t, "Offen", true, url.Values{"time": {"2099-05-08T17:00"}})
	w.announce(t, "Intern", false, url.Values{"time": {"2099-05-08T17:00"}})
	bert, carla, nobody := w.visit(t, w.Bert.ID), w.visit(t, w.Carla.ID), w.visit(t, 0)
	nobody.Get("/stadt/events/export")
	nobody.Sees(http.StatusOK, "http://example.org/stadt/events/public.ics", "Sign in to get a private address")
	addresses := map[*webtest.Visitor]string{}
	for _, v := range []*webtest.Visitor{bert, carla} {
		v.Get("/stadt/events/export")
		v.Submit("Create private address", nil)
		addresses[v] = mineAddress.FindStringSubmatch(v.Page.Body)[1]
	}
	w.fetch(t, addresses[bert]).Sees(http.StatusOK, "[garten] Offen", "[garten] Intern")
	program := w.fetch(t, addresses[carla])
	program.Sees(http.StatusOK, "[garten] Offen")
	program.DoesNotSee("Intern")
	for _, token := range []string{"", "x", "2-", "2-x", "999-x", "99999999999999999999-x", strings.TrimPrefix(addresses[carla], "http://example.org/stadt/events/mine/3")} {
		w.fetch(t, "/stadt/events/mine/"+strings.TrimSuffix(token, "/events.ics")+"/events.ics").Sees(http.StatusNotFound)
	}
	cast.Execute(t, w.db, `DELETE FROM memberships WHERE person_id = ?`, w.Bert.ID)
	program = w.fetch(t, addresses[bert])
	program.Sees(http.StatusOK, "Offen")
	program.DoesNotSee("Intern")
	bert.Get("/stadt/events/export")
	bert.Submit("Replace address", nil)
	w.fetch(t, addresses[bert]).Sees(http.StatusNotFound)

	// What lets in stands nowhere in the log.
	for _, address := range addresses {
		secret := strings.TrimSuffix(address[strings.LastIndexByte(address, '-')+1:], "/events.ics")
		if log := w.log.String(); log == "" && len(secret) < 20 || strings.Contains(log, secret) {
			t.Errorf("the log says %s", secret)
		}
	}
}
