package app

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
)

// needs lets an event of a world need something that bears its mark, lets two people take some of it, and has everybody
// reminded of it who wants to be.
func (w *world) needs(t *testing.T, tx *sqldb.Tx, contentID int64, word string) error {
	t.Helper()
	need, err := tx.Insert(t.Context(), `INSERT INTO help_needs (content_id, place, wanted, title) VALUES (?, 0, 5, ?)`, contentID, "Hilfe "+word)
	if err != nil {
		return err
	}
	for _, p := range []cast.Person{w.anybody(), w.Carla} {
		_, err := tx.InsertNew(t.Context(), `INSERT INTO help_takings (need_id, date_id, person_id, amount, taken_at) VALUES (?, (SELECT MIN(id) FROM event_dates WHERE content_id = ?), ?, 1, ?)`,
			need, contentID, p.ID, tx.Now)
		if err != nil {
			return err
		}
	}
	for _, p := range w.people() {
		for _, g := range w.groups() {
			if _, err := tx.InsertNew(t.Context(), `INSERT INTO reminder_wishes (person_id, group_id, created_at) VALUES (?, ?, ?)`, p.ID, g.ID, tx.Now); err != nil {
				return err
			}
		}
	}
	if w.rand.IntN(2) == 0 { // it is soon
		soon := clock.At(tx.Now.Add(20 * time.Hour))
		if _, err := tx.Exec(t.Context(), `UPDATE contents SET starts_at = ?, ends_at = ? WHERE id = ?`, soon, soon, contentID); err != nil {
			return err
		}
		if _, err := tx.Exec(t.Context(), `UPDATE event_dates SET starts_at = ?, ends_at = ? WHERE content_id = ?`, soon, soon, contentID); err != nil {
			return err
		}
	}
	return w.queue.Enqueue(t.Context(), tx, "reminders.remind", struct{}{})
}

// TestHelpersFillAListByTapAndByMail goes the whole way: the list is written, its mail answered, its link followed, and
// the day before everybody who has taken something is reminded.
func TestHelpersFillAListByTapAndByMail(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna, carla, nobody := w.visit(t, "anna"), w.visit(t, "carla"), w.visit(t, "")
	soon := time.Now().UTC().Add(22 * time.Hour).Format("2006-01-02T15:04")
	anna.Send("/garten/events/add/", url.Values{"title": {"Fest"}, "text": {"x"}, "place": {"Am Bach"}, "time": {soon}, "public": {"on"}}, true)
	path := anna.Page.Path
	first := w.mails(t, "bert@example.org")[0]
	anna.Get(regexp.MustCompile(`/stadt/content/\d+/help/edit/`).FindString(anna.Page.Body))
	anna.Submit("more", map[string]string{"more": "3 Kuchen\n1 Aufbau, 16:00"})

	asked := w.mails(t, "bert@example.org")
	if len(asked) != 2 || asked[0].Subject != "[garten] Can you help? Fest" || !strings.Contains(asked[0].Text, "3 × Kuchen") {
		t.Fatalf("Bert gets %+v", asked)
	}
	// He answers the first mail, about the event, and is thanked; nobody reads it as a comment.
	w.receives(t, "bert@example.org", first.ReplyTo[0].Addr, "From: bert@example.org\nMessage-ID: <1@b>\nSubject: Re: Fest\n\n2 Kuchen\n\nAm 1.1. schrieb Garten:\n> Fest\n")
	thanks := w.mails(t, "bert@example.org")[0]
	if thanks.Subject != "Thank you: 2 × Kuchen" || len(thanks.InReplyTo) != 1 || thanks.InReplyTo[0] != "1@b" {
		t.Fatalf("Bert is told %+v", thanks)
	}
	anna.Get(path)
	anna.Sees(http.StatusOK, "2 of 3", "Bert Birke (2)", "No comments yet.")
	// What says more is a comment.
	w.receives(t, "bert@example.org", first.ReplyTo[0].Addr, "From: bert@example.org\nMessage-ID: <2@b>\nSubject: Re: Fest\n\n2 Kuchen, oder drei?\n")
	anna.Get(path)
	anna.Sees(http.StatusOK, "2 Kuchen, oder drei?")
	// Carla taps, and somebody who has not signed in follows the link of Bert's mail.
	carla.Get(path)
	carla.Submit("Kuchen", nil)
	carla.Sees(http.StatusOK, "3 of 3", "all taken")
	links := regexp.MustCompile(`/stadt/events/help/\d+/\d+/\d+/[a-z2-7]{26}/`).FindAllString(asked[0].Text, -1)
	nobody.Get(links[len(links)-1])
	nobody.Submit("I’ll take this", nil)
	nobody.Sees(http.StatusOK, "You’ve taken 1 of these.")

	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error { return w.queue.Enqueue(t.Context(), tx, "reminders.remind", struct{}{}) })
	if err != nil {
		t.Fatal(err)
	}
	for who, taken := range map[string]string{"bert": "2 × Kuchen, 1 × Aufbau, 16:00", "carla": "1 × Kuchen"} {
		told := w.mails(t, who+"@example.org")[0]
		if !strings.HasSuffix(told.Subject, ": Fest") || !strings.Contains(told.Text, taken) || !strings.Contains(told.Text, "because you’ve taken something") {
			t.Errorf("%s is reminded by %q:\n%s", who, told.Subject, told.Text)
		}
	}
	for _, m := range w.mails(t, "anna@example.org") {
		if strings.Contains(m.Text, "takes place") {
			t.Errorf("Anna, who neither comes nor helps, is reminded: %s", m.Text)
		}
	}
}
