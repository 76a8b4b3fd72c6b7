package invitations_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/golden"
	"grouprise.org/grouprise/internal/testkit/mailtest"
)

const (
	anna   = "anna@example.org"
	garten = "garten@town.example"
)

// programs are those whose invitations lie in testdata.
func programs() []string { return []string{"thunderbird", "outlook", "google", "apple", "nextcloud"} }

// sent are the mails that they send of one event, in their order.
func sent(program string) []string {
	return []string{program + "-request", program + "-update", program + "-cancel"}
}

func TestAMembersInvitationIsAnEventOfTheGroup(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		for _, program := range programs() {
			w.receives(t, anna, garten, read(t, program+"-request"))
		}
		golden.Equal(t, "requests", w.state(t))
		if got, want := w.activities(t), strings.Join([]string{"content.published", "content.published", "content.published", "content.published", "content.published"}, ", "); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		for _, program := range programs() {
			w.receives(t, anna, garten, read(t, program+"-update"))
		}
		golden.Equal(t, "updates", w.state(t))
		for _, program := range programs() {
			w.receives(t, anna, garten, read(t, program+"-cancel"))
		}
		golden.Equal(t, "cancels", w.state(t))
		if letters := w.Tray.Take(); len(letters) > 0 || len(w.others) > 0 {
			t.Errorf("%v %v", letters, w.others)
		}
	})
}

func TestMailsInAnyOrderEndInOneState(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes its time")
	}
	random := rand.New(rand.NewPCG(1, 2))
	want := ""
	for range 12 {
		w := newTown(t, dbtest.SQLite(t))
		var mails []string
		for _, program := range programs() {
			mails = append(mails, append(sent(program), sent(program)[random.IntN(3)])...)
		}
		random.Shuffle(len(mails), func(a, b int) { mails[a], mails[b] = mails[b], mails[a] })
		for n, name := range mails {
			// Under another id it is another mail, which says the same.
			w.receives(t, anna, garten, read(t, name, "Message-ID: <", fmt.Sprintf("Message-ID: <%d-", n)))
		}
		if got := w.state(t); want == "" {
			want = got
		} else if got != want {
			t.Fatalf("%v end in\n%s\nwant\n%s", mails, got, want)
		}
	}
	if strings.Count(want, "Cancelled:true") < 5 {
		t.Error(want)
	}
}

func TestOnlyWhoeverSentAnInvitationChangesIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.receives(t, anna, garten, read(t, "google-request"))
		before := w.state(t)
		// Bert is a member, too, and claims what Anna's calendar would: the mail says that she organises it.
		w.receives(t, "bert@example.org", garten, read(t, "google-cancel", "From: Anna Ahorn <anna@example.org>", "From: Bert Birke <bert@example.org>"))
		if got := w.state(t); got != before {
			t.Errorf("%s\nwant\n%s", got, before)
		}
		if l := w.Tray.TakeOne(t); !strings.Contains(l.Intro, "Only the person who sent it can change it by email.") {
			t.Errorf("%+v", l)
		}
		if err := w.delivery(t, "mallory@example.net", garten, read(t, "thunderbird-cancel")); !errs.Is(err, errs.Denied) {
			t.Error(err)
		}
		w.receives(t, anna, garten, read(t, "google-cancel"))
		if !strings.Contains(w.state(t), "Cancelled:true") || !strings.HasSuffix(w.activities(t), "event.cancelled") {
			t.Errorf("%s\n%s", w.state(t), w.activities(t))
		}
	})
}

func TestAStrangersInvitationWaitsForAMember(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		carlas := func(name string) string {
			return read(t, name, "Anna Ahorn <anna@example.org>", "Carla Clematis <carla@example.org>", "mailto:anna@example.org", "mailto:carla@example.org")
		}
		carla, path := "carla@example.org", fmt.Sprintf("/stadt/groups/%d/calendar-invitations/", w.Garten.ID)
		w.receives(t, carla, garten, carlas("thunderbird-request"))
		w.receives(t, carla, garten, carlas("thunderbird-update"))
		w.receives(t, carla, garten, carlas("google-request"))
		if got := w.state(t); got != "" {
			t.Error(got)
		}
		if got := w.activities(t); got != "invitation.received, invitation.received" {
			t.Error(got)
		}
		w.visit(t, w.Carla.ID).Get(path)
		carlaVisits := w.visit(t, w.Carla.ID)
		carlaVisits.Get(path)
		carlaVisits.Sees(403)
		bert := w.visit(t, w.Bert.ID)
		bert.Get(path)
		bert.Sees(200, "Pflanzentausch", "Carla Clematis", "Gewächshaus", "7–9 pm", "Sonntagskaffee")
		bert.Submit("Add to the calendar", map[string]string{"let_in": "on"})
		bert.Sees(200, "Pflanzentausch", "The event is in the group’s calendar.", "Answer for the group")
		bert.Get(path)
		bert.DoesNotSee("Pflanzentausch")
		bert.Submit("Ignore", nil)
		bert.Sees(200, "No invitations are waiting.")
		// What is in changes when its organiser changes it; what was ignored stays out.
		w.receives(t, carla, garten, carlas("thunderbird-cancel"))
		w.receives(t, carla, garten, carlas("google-update"))
		if got := w.state(t); strings.Count(got, "Title:") != 1 || !strings.Contains(got, "Cancelled:true") {
			t.Error(got)
		}
		carlaVisits.Send("/stadt/calendar-invitations/2/", url.Values{"let_in": {"on"}}, false)
		carlaVisits.Sees(403)
	})
}

func TestAMemberAnswersForTheGroup(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.receives(t, anna, garten, read(t, "thunderbird-request"))
		bert := w.visit(t, w.Bert.ID)
		bert.Get("/garten/pflanzentausch/")
		bert.Sees(200, "Anna Ahorn has invited the group and is waiting for an answer.")
		bert.Submit("Accept", map[string]string{"answer": "yes"})
		bert.Sees(200, "Your group’s answer has been sent.", "The group has accepted the invitation by Anna Ahorn.")
		l := w.Tray.TakeOne(t)
		golden.Equal(t, "accepted", mailtest.Print(l)+"\n"+stamp.ReplaceAllString(strings.ReplaceAll(l.Calendars[0].Text, "\r", ""), "DTSTAMP:…"))
		if strings.Contains(fmt.Sprintf("%+v", l), "Bert") || l.Address != anna || l.Calendars[0].Method != "REPLY" || !l.Calendars[0].Invites || !l.OfGroup {
			t.Errorf("%+v", l)
		}
		bert.Send("/stadt/calendar-invitations/1/answer/", url.Values{"answer": {"yes"}}, false)
		if letters := w.Tray.Take(); len(letters) > 0 {
			t.Errorf("the same answer leaves again: %+v", letters)
		}
		bert.Get("/garten/pflanzentausch/")
		bert.Submit("Decline", map[string]string{"answer": "no"})
		if l := w.Tray.TakeOne(t); !strings.Contains(l.Calendars[0].Text, "PARTSTAT=DECLINED") {
			t.Errorf("%+v", l)
		}
		carla := w.visit(t, w.Carla.ID)
		carla.Send("/stadt/calendar-invitations/1/answer/", url.Values{"answer": {"yes"}}, false)
		carla.Sees(403)
	})
}

func TestWhatPeopleWroteStaysAConversation(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	for _, c := range []struct{ what, method, calendar string }{
		{"no method", "", "BEGIN:VEVENT\nUID:1@x\nDTSTART:20990101T100000Z\nSUMMARY:A\nEND:VEVENT\n"},
		{"a whole calendar", "PUBLISH", "BEGIN:VEVENT\nUID:1@x\nDTSTART:20990101T100000Z\nSUMMARY:A\nEND:VEVENT\nBEGIN:VEVENT\nUID:2@x\nDTSTART:20990101T100000Z\nSUMMARY:B\nEND:VEVENT\n"},
		{"one of ours", "REQUEST", "BEGIN:VEVENT\nUID:content.7@town.example\nDTSTART:20990101T100000Z\nSUMMARY:A\nEND:VEVENT\n"},
		{"broken", "REQUEST", "BEGIN:VEVENT\nUID:1@x\nDTSTART:tomorrow\n"},
		{"an answer to something else", "REPLY", "BEGIN:VEVENT\nUID:1@x\nDTSTAMP:20260101T100000Z\nATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@example.org\nEND:VEVENT\n"},
	} {
		method := ""
		if c.method != "" {
			method = "METHOD:" + c.method + "\n"
		}
		w.receives(t, anna, garten, "From: Anna <anna@example.org>\nSubject: "+c.what+"\nMessage-ID: <"+strings.ReplaceAll(c.what, " ", "")+"@x>\nContent-Type: text/calendar; charset=utf-8\n\n"+
			"BEGIN:VCALENDAR\nVERSION:2.0\n"+method+c.calendar+"END:VCALENDAR\n")
		if len(w.others) != 1 || w.others[0] != "conversation: "+c.what {
			t.Errorf("%s: %v", c.what, w.others)
		}
		w.others = nil
	}
	if got := w.state(t); got != "" {
		t.Error(got)
	}
	w.receives(t, anna, garten, "From: Anna <anna@example.org>\nSubject: Konzert\nMessage-ID: <k@x>\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nKommt alle!\n--b\nContent-Type: text/calendar; method=PUBLISH\n\n"+
		"BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:PUBLISH\nBEGIN:VEVENT\nUID:k@x\nDTSTART:20990101T100000Z\nSUMMARY:Konzert\nDESCRIPTION:Mozart\nEND:VEVENT\nEND:VCALENDAR\n--b--\n")
	if got := w.state(t); !strings.Contains(got, "Kommt alle!\n\nMozart") || len(w.others) > 0 {
		t.Error(got, w.others)
	}
}

// TestAnEventSaysWhichFilesOfAnInvitationAreNotKept sends an invitation with a file, and with the picture of a signature.
func TestAnEventSaysWhichFilesOfAnInvitationAreNotKept(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	mail := "From: Anna <anna@example.org>\nSubject: Konzert\nMessage-ID: <k@x>\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/related; boundary=r\n\n--r\nContent-Type: text/html\n\n" +
		"<p>Kommt alle! <img src=\"cid:logo\"></p>\n--r\nContent-Type: image/png; name=logo.png\nContent-ID: <logo>\nContent-Disposition: inline; filename=logo.png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--r--\n" +
		"--b\nContent-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:k@x\nDTSTART:20990101T100000Z\nSUMMARY:Konzert\nDESCRIPTION:Mozart\nEND:VEVENT\nEND:VCALENDAR\n" +
		"--b\nContent-Type: application/pdf; name=noten.pdf\nContent-Disposition: attachment; filename=noten.pdf\n\n%PDF\n--b--\n"
	w.receives(t, anna, garten, mail)
	if got := w.state(t); !strings.Contains(got, "Mozart\n\nThe email with this invitation also had files, which aren’t kept here: noten.pdf}") || len(w.others) > 0 {
		t.Error(got, w.others)
	}
	before := w.state(t)
	w.receives(t, anna, garten, strings.ReplaceAll(mail, "<k@x>", "<again@x>"))
	if got := w.state(t); got != before {
		t.Errorf("the same once more makes %s", got)
	}
}
