package app

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/ical"
	"grouprise.org/grouprise/internal/kit/mime"
)

// calendarMail is a mail that is nothing but a calendar.
func calendarMail(from, to, calendar string) string {
	return "From: " + from + "\nTo: " + to + "\nSubject: Re: Fest\nMessage-ID: <" + from + "@mail.example>\nContent-Type: text/calendar; charset=utf-8\n\n" + calendar
}

// eventIn returns the only event of the calendar of a mail.
func eventIn(t *testing.T, m *mime.Message) (method string, e ical.Event) {
	t.Helper()
	if len(m.Calendars) != 1 {
		t.Fatalf("%q has %d calendars", m.Subject, len(m.Calendars))
	}
	c, err := ical.Parse(strings.NewReader(string(m.Calendars[0])), ical.Limits{})
	if err != nil || len(c.Events) != 1 {
		t.Fatalf("%q has %+v: %v", m.Subject, c, err)
	}
	return c.Method, c.Events[0]
}

func TestAnEventIsAnsweredFromACalendar(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna := w.visit(t, "anna")
	anna.Send("/garten/events/add/", url.Values{"title": {"Erntefest"}, "time": {"2099-10-03T15:00"}, "place": {"Am Bach"}, "answers": {"dates"}}, true)
	anna.Sees(http.StatusOK, "Your event is in the calendar.")
	mail := w.mails(t, "bert@example.org")[0]
	method, e := eventIn(t, mail)
	if method != "PUBLISH" || e.Title != "Erntefest" || len(e.Attendees) > 0 || e.Organizer.Address != mail.ReplyTo[0].Addr {
		t.Fatalf("%s %+v, answers go to %+v", method, e, mail.ReplyTo)
	}
	w.receives(t, "bert@example.org", e.Organizer.Address, calendarMail("bert@example.org", e.Organizer.Address, "BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:REPLY\nBEGIN:VEVENT\nUID:"+e.UID+
		"\nDTSTAMP:20260303T100000Z\nSEQUENCE:0\nATTENDEE;PARTSTAT=ACCEPTED:mailto:bert@example.org\nEND:VEVENT\nEND:VCALENDAR\n"))
	var answers []string
	if err := w.db.Select(t.Context(), &answers, `SELECT CONCAT(person_id, ' ', answer) FROM attendances ORDER BY id`); err != nil {
		t.Fatal(err)
	}
	if len(answers) != 1 || answers[0] != fmt.Sprintf("%d yes", w.Bert.ID) {
		t.Errorf("%v", answers)
	}
	anna.Get("/garten/erntefest/")
	anna.DoesNotSee("Re: Fest")
	anna.Get("/garten/erntefest/edit/")
	anna.Submit("Save", map[string]string{"place": "In der Halle"})
	all := w.mails(t, "bert@example.org")
	changed := slices.IndexFunc(all, func(m *mime.Message) bool { return strings.Contains(m.Subject, "Changed") })
	if changed < 0 {
		t.Fatalf("nobody tells that it is elsewhere: %+v", all)
	}
	method, e = eventIn(t, all[changed])
	if method != "REQUEST" || e.Place != "In der Halle" || len(e.Attendees) != 1 || e.Attendees[0].Address != "bert@example.org" || e.Attendees[0].Answer != "NEEDS-ACTION" || e.Sequence != 1 {
		t.Errorf("%s %+v", method, e)
	}
}

func TestAGroupIsInvitedFromACalendar(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.receives(t, "carla@example.org", "garten@example.org", calendarMail("carla@example.org", "garten@example.org", "BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:1@mail.example\nDTSTAMP:20260303T100000Z\nSEQUENCE:0\n"+
		"ORGANIZER:mailto:carla@example.org\nATTENDEE:mailto:garten@example.org\nDTSTART;VALUE=DATE:20990704\nSUMMARY:Hoffest\nLOCATION:Hof 3\nEND:VEVENT\nEND:VCALENDAR\n"))
	mails := w.mails(t, "anna@example.org")
	if len(mails) != 1 || !strings.Contains(mails[0].Text, fmt.Sprintf("/stadt/groups/%d/calendar-invitations/", w.Garten.ID)) {
		t.Fatalf("%+v", mails)
	}
	anna := w.visit(t, "anna")
	anna.Get("/stadt/settings/group?group=garten")
	anna.Sees(http.StatusOK, "Calendar invitations")
	anna.Get(fmt.Sprintf("/stadt/groups/%d/calendar-invitations/", w.Garten.ID))
	anna.Submit("Add to the calendar", map[string]string{"let_in": "on"})
	anna.Sees(http.StatusOK, "Hoffest", "The event is in the group’s calendar.")
	anna.Submit("Accept", map[string]string{"answer": "yes"})
	answers := w.mails(t, "carla@example.org")
	method, e := eventIn(t, answers[len(answers)-1])
	if method != "REPLY" || e.Attendees[0].Address != "garten@example.org" || e.Attendees[0].Answer != "ACCEPTED" || answers[len(answers)-1].From[0].Addr != "garten@example.org" {
		t.Errorf("%s %+v", method, e)
	}
	if strings.Contains(answers[len(answers)-1].Text, "Anna") {
		t.Error(answers[len(answers)-1].Text)
	}
}
