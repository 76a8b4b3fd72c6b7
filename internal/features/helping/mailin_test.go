package helping_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/golden"
	"grouprise.org/grouprise/internal/testkit/mailtest"
)

// happens records an activity.
func (w *town) happens(t *testing.T, e community.Activity) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := w.Outbox.Record(t.Context(), tx, e)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// answers hands the answer to a mail about an event over, and reports whether it was understood.
func (w *town) answers(t *testing.T, from cast.Person, target mailin.Target, m mailin.Incoming) (obeyed bool) {
	t.Helper()
	m.Sender, m.MessageID = from.Viewer, "1@mail.example"
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) (err error) {
		obeyed, err = w.obey.Obey(t.Context(), tx, target, &m)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return obeyed
}

func TestAnAnswerByMailTakesWhatItNames(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		id, _ := w.announce(t, "Fest", true, "2099-05-08T17:00")
		target := mailin.Target{ContentID: id, EntityID: w.Garten.EntityID}
		if w.answers(t, w.Bert, target, mailin.Incoming{Text: "2 Kuchen", Format: markdown.Plain}) {
			t.Error("an event without a list takes something")
		}
		w.write(t, id, "3 Kuchen\n1 Musik")
		for _, said := range []mailin.Incoming{
			{Text: "2 Kuchen, falls die Oma kommt", Format: markdown.Plain},
			{Text: "2 Kuchen\n\nUnd wer bringt Musik?", Format: markdown.Plain},
			{Text: "Ich komme gern.", Format: markdown.Plain},
			{Text: "2 Kuchen", Format: markdown.Plain, Attachments: []media.File{{Name: "x"}}},
		} {
			if w.answers(t, w.Bert, target, said) {
				t.Errorf("%q is understood", said.Text)
			}
		}
		if comment := (mailin.Target{ContentID: id, ContributionID: 5}); w.answers(t, w.Bert, comment, mailin.Incoming{Text: "2 Kuchen"}) {
			t.Error("an answer to a comment takes something")
		}
		if got := w.takings(t); got != "" || len(w.Tray.Take()) > 0 {
			t.Errorf("taken is %s", got)
		}

		w.Bert.Viewer.Language = "de"
		if !w.answers(t, w.Bert, target, mailin.Incoming{Text: "**2** Kuchen\n", Format: markdown.Marked}) {
			t.Error("it is not understood")
		}
		golden.Equal(t, "taken.de", mailtest.Print(w.Tray.TakeOne(t)))
		w.answers(t, w.Carla, target, mailin.Incoming{Text: "2 kuchen.", Format: markdown.Plain})
		golden.Equal(t, "taken-fewer.en", mailtest.Print(w.Tray.TakeOne(t)))
		w.answers(t, w.Anna, target, mailin.Incoming{Text: "Kuchen", Format: markdown.Plain})
		golden.Equal(t, "too-late.en", mailtest.Print(w.Tray.TakeOne(t)))
		if got := w.takings(t); got != "bert 2 Kuchen, carla 1 Kuchen" {
			t.Errorf("taken is %s", got)
		}
	})
}

// TestAMailThatWasLongOnItsWayTakesNothing lets mails arrive after what somebody has said since, by mail and on the page.
func TestAMailThatWasLongOnItsWayTakesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		id, _ := w.announce(t, "Fest", true, "2099-05-08T17:00")
		target := mailin.Target{ContentID: id, EntityID: w.Garten.EntityID}
		w.write(t, id, "5 Kuchen\n1 Musik")
		said := func(text string, ago time.Duration) (subject, intro string) {
			t.Helper()
			m := mailin.Incoming{Text: text, Format: markdown.Plain, SentAt: clock.At(time.Now().Add(-ago))}
			if !w.answers(t, w.Bert, target, m) {
				t.Errorf("%q becomes a comment", text)
			}
			l := w.Tray.TakeOne(t)
			return l.Subject, l.Intro
		}
		said("1 Kuchen", time.Hour)
		said("3 Kuchen", 30*time.Minute)
		if subject, intro := said("2 Kuchen", 45*time.Minute); subject != "Not counted: Kuchen" || !strings.Contains(intro, "since you wrote this") {
			t.Errorf("%s: %s", subject, intro)
		}
		if got := w.takings(t); got != "bert 3 Kuchen" {
			t.Errorf("taken is %s", got)
		}
		take(w.visit(t, w.Bert.ID), id, w.needs(t, id)[0], w.dateOf(t, id, ""), 0)
		said("2 Kuchen", 10*time.Minute)
		said("1 Musik", 10*time.Minute) // of which nothing was said since
		if got := w.takings(t); got != "bert 1 Musik" {
			t.Errorf("taken is %s after something was given back", got)
		}
		said("2 Kuchen", -time.Hour) // by a clock that is wrong
		said("1 Kuchen", -time.Hour)
		if got := w.takings(t); got != "bert 1 Kuchen, bert 1 Musik" {
			t.Errorf("taken is %s in the end", got)
		}
	})
}

func TestByMailNobodyTakesWhatIsNotForThem(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	internal, _ := w.announce(t, "Kasse", false, "2099-05-08T17:00")
	over, _ := w.announce(t, "Vorbei", true, "2020-05-08T17:00")
	for _, id := range []int64{internal, over} {
		w.write(t, id, "3 Kuchen")
		if w.answers(t, w.Carla, mailin.Target{ContentID: id}, mailin.Incoming{Text: "2 Kuchen", Format: markdown.Plain}) {
			t.Error("it is understood")
		}
	}
	if got := w.takings(t); got != "" || len(w.Tray.Take()) > 0 {
		t.Errorf("taken is %s", got)
	}
	carla := w.visit(t, w.Carla.ID)
	carla.Get("/garten/kasse/")
	carla.Sees(http.StatusForbidden)
}
