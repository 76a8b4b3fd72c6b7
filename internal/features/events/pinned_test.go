package events_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// TestWhoHasNotSignedInIsOfferedNothingToWrite looks for links to the form of an event, and asks for it all the same.
func TestWhoHasNotSignedInIsOfferedNothingToWrite(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	path := w.announce(t, "Fest", true, url.Values{"time": {"2099-05-08T17:00"}})
	nobody, carla := w.visit(t, 0), w.visit(t, w.Carla.ID)
	for _, page := range []string{"/", "/garten/", "/stadt/events", "/stadt/events?view=week", fmt.Sprintf("/stadt/groups/%d/events/", w.Garten.ID), "/stadt/events?group=anna", path} {
		nobody.Get(page)
		nobody.DoesNotSee("events/add", "Announce an event")
	}
	for _, form := range []string{"/stadt/events/add", "/garten/events/add/", "/anna/events/add"} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if method == http.MethodGet {
				nobody.Ask(method, form)
			} else {
				nobody.Send(form, url.Values{"title": {"Fest"}}, false)
			}
			if to := nobody.Page.Header.Get("Location"); nobody.Page.Status != http.StatusSeeOther || !strings.HasPrefix(to, "/stadt/login/?next=") {
				t.Errorf("%s %s answers %d and leads to %q", method, form, nobody.Page.Status, to)
			}
		}
		if carla.Ask(http.MethodGet, form); (carla.Page.Status == http.StatusForbidden) != (form != "/stadt/events/add") {
			t.Errorf("%s answers a stranger %d", form, carla.Page.Status)
		}
	}
	for _, v := range []string{"/niemand/events/add", "/niemand/events/add/", "/niemand/events/export", "/niemand/events/public.ics"} {
		nobody.Get(v)
		nobody.Sees(http.StatusNotFound)
	}
}

// TestAnAnnouncementSaysWhereAndLeadsToThePermalink looks at the mail about a new event, which its author gets as well.
func TestAnAnnouncementSaysWhereAndLeadsToThePermalink(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	path := w.announce(t, "Fest", true, url.Values{"time": {"2099-05-08T17:00"}, "place": {"Am Bach,\nhinten"}})
	told := w.notices.FanOut(t, w.db)
	if !slices.Contains(told, "email anna") || !slices.Contains(told, "email bert") || slices.Contains(told, "inbox anna") {
		t.Errorf("told are %v", told)
	}
	m, err := w.message(t, "en", w.Bert)
	if err != nil {
		t.Fatal(err)
	}
	if want := "http://example.org/stadt/content/" + itoa(w.idOf(t, path)) + "/"; m.URL != want || m.Text != "Text of Fest" {
		t.Errorf("the mail leads to %s and says %q", m.URL, m.Text)
	}
	if !slices.Equal(m.Facts, []notify.Fact{{Label: "When", Value: "Fri 8 May 2099, 5 pm"}, {Label: "Where", Value: "Am Bach, hinten"}}) {
		t.Errorf("the mail says %+v", m.Facts)
	}
}

// TestCalendarsAreInOrder looks at a day, whose events stand in the order of time, at a month, whose weeks begin on Monday,
// and at feeds, in which events without an end have none.
func TestCalendarsAreInOrder(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	for _, time := range []string{"19:00", "08:00", "12:00"} {
		w.announce(t, "Termin um "+time[:2], true, url.Values{"time": {"2099-05-08T" + time}})
	}
	nobody := w.visit(t, 0)
	nobody.Get("/stadt/events/2099/5/8")
	nobody.Sees(http.StatusOK)
	if at := strings.Index; at(nobody.Page.Body, "Termin um 08") > at(nobody.Page.Body, "Termin um 12") || at(nobody.Page.Body, "Termin um 12") > at(nobody.Page.Body, "Termin um 19") {
		t.Error("what comes later stands first")
	}
	nobody.Get("/stadt/events?month=5&year=2099")
	nobody.Sees(http.StatusOK, `<th scope="col">Mon</th><th scope="col">Tue</th>`, `class="month-outside"`, `<time class="month-day" datetime="2099-04-27">27</time>`, `<time class="month-day" datetime="2099-05-31">31</time>`)
	nobody.DoesNotSee(`datetime="2099-04-26"`, `datetime="2099-06-01"`)
	feed := w.fetch(t, "/stadt/events/public.ics")
	feed.Sees(http.StatusOK, "X-WR-CALNAME:Neustadt\r\n", "DTSTART;TZID=Europe/Berlin:20990508T190000\r\n", "UID:content.3@example.org\r\n")
	feed.DoesNotSee("DTEND")
	if at := strings.Index; at(feed.Page.Body, "UID:content.1@") > at(feed.Page.Body, "UID:content.2@") || at(feed.Page.Body, "UID:content.2@") > at(feed.Page.Body, "UID:content.3@") {
		t.Error("a feed is not in the order of ids")
	}
}
