package polls_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/features/polls"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/golden"
	"grouprise.org/grouprise/internal/testkit/mailtest"
)

// answers hands the answer to a mail about a poll over, and reports whether it was understood.
func (w *town) answers(t *testing.T, from cast.Person, a asked, m mailin.Incoming) (obeyed bool) {
	t.Helper()
	m.Sender, m.MessageID = from.Viewer, "1@mail.example"
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) (err error) {
		obeyed, err = w.obey.Obey(t.Context(), tx, mailin.Target{ContentID: a.ID, EntityID: w.Garten.EntityID}, &m)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return obeyed
}

func said(text string) mailin.Incoming { return mailin.Incoming{Text: text, Format: markdown.Plain} }

func TestAnAnswerOfOneWordIsCounted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		a := w.ask(t, "Sommerfest?", true, choices("Wir machen ein Sommerfest."))
		for _, m := range []mailin.Incoming{said("Ja, wenn Bert kommt"), said("Nein danke"), said("ja\n\nUnd wer grillt?"), said(""), {Text: "ja", Attachments: []media.File{{Name: "x"}}}} {
			if w.answers(t, w.Bert, a, m) {
				t.Errorf("%q is counted", m.Text)
			}
		}
		if got := w.results(t, a); got != "0: Wir machen ein Sommerfest. 0/0/0" || len(w.tray.Take()) > 0 {
			t.Errorf("%s", got)
		}
		w.Bert.Viewer.Language = "de"
		if !w.answers(t, w.Bert, a, said("Ja!")) {
			t.Error("it is not understood")
		}
		golden.Equal(t, "counted.de", mailtest.Print(w.tray.TakeOne(t)))
		if !w.answers(t, w.Carla, a, said("*maybe*")) {
			t.Error("it is not understood")
		}
		golden.Equal(t, "counted.en", mailtest.Print(w.tray.TakeOne(t)))
		w.answers(t, w.Bert, a, said("nein")) // changes it
		w.tray.Take()
		if got := w.votes(t, a); got != "bert no, carla maybe" {
			t.Errorf("%s", got)
		}
		w.end(t, a)
		if !w.answers(t, w.Bert, a, said("ja")) {
			t.Error("a vote after the end becomes a comment")
		}
		golden.Equal(t, "too-late.de", mailtest.Print(w.tray.TakeOne(t)))
	})
}

// TestAMailThatWasLongOnItsWayChangesNothing lets mails arrive after what somebody has said since.
func TestAMailThatWasLongOnItsWayChangesNothing(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	a := w.ask(t, "Sommerfest?", true, choices("Wir machen ein Sommerfest."))
	at := func(text string, ago time.Duration) mailin.Incoming {
		m := said(text)
		m.SentAt = clock.At(time.Now().Add(-ago))
		return m
	}
	w.answers(t, w.Bert, a, at("nein", time.Hour))
	w.answers(t, w.Bert, a, at("ja", 30*time.Minute)) // the first vote was an hour ago, too
	w.tray.Take()
	for _, late := range []mailin.Incoming{at("vielleicht", 45*time.Minute), at("nein", 31*time.Minute)} {
		if !w.answers(t, w.Bert, a, late) {
			t.Error("it becomes a comment")
		}
		if l := w.tray.TakeOne(t); !strings.HasPrefix(l.Subject, "Not counted") || !strings.Contains(l.Intro, "since you wrote this") {
			t.Errorf("%+v", l)
		}
	}
	if got := w.votes(t, a); got != "bert yes" {
		t.Error(got)
	}
	w.answers(t, w.Bert, a, at("nein", -time.Hour)) // a clock that is wrong
	if got := w.votes(t, a); got != "bert no" {
		t.Error(got)
	}
	w.answers(t, w.Bert, a, said("ja"))
	if got := w.votes(t, a); got != "bert yes" {
		t.Error(got)
	}
}

func TestAnAnswerToASecretPollIsNeitherCountedNorKept(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	a := w.ask(t, "Vorstand", true, with(choices("Anna", "Bert"), url.Values{"secret": {"on"}, "ends": {"2099-01-01T10:00"}}))
	if !w.answers(t, w.Bert, a, said("ja")) {
		t.Error("it becomes a comment, which tells what nobody is to know")
	}
	golden.Equal(t, "secret.en", mailtest.Print(w.tray.TakeOne(t)))
	if got := w.results(t, a); got != "0: Anna 0/0/0, Bert 0/0/0" {
		t.Errorf("%s", got)
	}
}

func TestByMailNobodyVotesWhereTheyMayNotOrWhereItIsNotClear(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	for name, a := range map[string]asked{
		"an internal poll":          w.ask(t, "Kasse", false, choices("Anna")),
		"a poll of several options": w.ask(t, "Essen", true, choices("Reis", "Nudeln")),
		"a ranked poll":             w.ask(t, "Rang", true, with(choices("Reis"), url.Values{"vote_type": {"condorcet"}})),
	} {
		if w.answers(t, w.Carla, a, said("ja")) {
			t.Errorf("%s takes it", name)
		}
	}
}

func FuzzAnswersByMail(f *testing.F) {
	for _, text := range []string{"ja", "Yes!", "vielleicht", "nein nein", "", "\x00", "ｊａ", "ja\n> ja", "**maybe**"} {
		f.Add(text)
	}
	words := map[string]string{"ja": "yes", "yes": "yes", "nein": "no", "no": "no", "vielleicht": "maybe", "maybe": "maybe"}
	f.Fuzz(func(t *testing.T, text string) {
		got := polls.ParseAnswer(text)
		var said string
		for word, answer := range words {
			if strings.Contains(strings.ToLower(text), word) && answer == got {
				said = answer
			}
		}
		if got != said {
			t.Errorf("%q is taken for %q", text, got)
		}
	})
}

func TestTheMailAboutAPollHasALinkForEachAnswer(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	cast.Subscribe(t, w.db, w.Garten.EntityID, w.Carla.ID)
	for _, c := range []struct {
		name   string
		fields url.Values
	}{
		{"one", choices("Wir machen ein Sommerfest.")},
		{"dates", url.Values{"poll_type": {"event"}, "option_time": {"2099-05-02T19:00", "2099-05-01T19:00"}, "option_until": {"", "2099-05-01T21:00"}, "ends": {"2099-04-01T12:00"}}},
		{"ranked", with(choices("Reis", "Nudeln"), url.Values{"vote_type": {"condorcet"}})},
		{"secret", with(choices("Reis", "Nudeln"), url.Values{"secret": {"on"}, "ends": {"2099-04-01T12:00"}})},
	} {
		w.ask(t, "Umfrage "+c.name, true, c.fields)
		for _, language := range []string{"de", "en"} {
			m, err := w.message(t, language, w.Carla, notify.Subscriber)
			if err != nil {
				t.Fatal(err)
			}
			golden.Equal(t, "published-"+c.name+"."+language, mailtest.PrintMessage(m))
		}
	}
}

// linkIn returns the path of the action of a message whose label begins with a text.
func linkIn(t *testing.T, m *notify.Message, label string) string {
	t.Helper()
	for _, a := range m.Actions {
		if strings.HasPrefix(a.Label, label) {
			return strings.TrimPrefix(a.URL, "http://example.org")
		}
	}
	t.Fatalf("no action %q in %v", label, m.Actions)
	return ""
}

func TestALinkInAMailAsksFirstAndThenVotes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		a := w.ask(t, "Essen", true, choices("Reis", "Nudeln"))
		m, err := w.message(t, "en", w.Carla, notify.Subscriber)
		if err != nil {
			t.Fatal(err)
		}
		nobody := w.visit(t, 0)
		reis, nudeln := linkIn(t, m, "Yes to: Reis"), linkIn(t, m, "Yes to: Nudeln")
		nobody.Get(reis)
		nobody.Sees(200, "Vote yes", "Reis")
		if got := w.votes(t, a); got != "" {
			t.Errorf("a program that follows links votes: %s", got)
		}
		nobody.Submit("Vote yes", nil)
		nobody.Sees(200, "Your vote has been counted.", "Your vote so far: yes")
		nobody.Get(nudeln)
		nobody.Submit("Vote yes", nil)
		if got := w.votes(t, a); got != "carla yes yes" {
			t.Errorf("%s", got)
		}
		for _, wrong := range []string{reis[:len(reis)-3] + "x/", strings.Replace(reis, "/yes/", "/no/", 1), strings.Replace(reis, "/yes/", "/first/", 1)} {
			if p := nobody.Ask(http.MethodGet, wrong); p.Status != http.StatusNotFound {
				t.Errorf("%s answers %d", wrong, p.Status)
			}
		}
		w.end(t, a)
		nobody.Get(reis)
		nobody.Sees(200, "Nobody can vote here any more.")
		if p := nobody.Send(reis, url.Values{}, false); p.Status != http.StatusConflict {
			t.Errorf("it votes after the end: %d", p.Status)
		}
	})
}

func TestTheFirstPlaceMovesTheOthersBack(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	a := w.ask(t, "Essen", true, with(choices("Reis", "Nudeln", "Suppe"), url.Values{"vote_type": {"condorcet"}}))
	m, err := w.message(t, "en", w.Carla, notify.Subscriber)
	if err != nil {
		t.Fatal(err)
	}
	nobody := w.visit(t, 0)
	for _, label := range []string{"First choice: Suppe", "First choice: Reis", "First choice: Suppe"} {
		nobody.Get(linkIn(t, m, label))
		nobody.Submit("Make it my first choice", nil)
	}
	if got := w.votes(t, a); got != "carla 2 - 1" {
		t.Errorf("%s", got)
	}
}

func TestPeopleAreRemindedOnceAndToldTheResultOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		a := w.ask(t, "Essen", true, with(choices("Reis", "Nudeln"), url.Values{"ends": {"2099-01-01T10:00"}}))
		w.vote(t, w.Anna, a, "yes", "no")
		for _, p := range []cast.Person{w.Anna, w.Bert, w.Carla} {
			cast.Execute(t, w.db, `INSERT INTO reminder_wishes (person_id, group_id, created_at) VALUES (?, ?, 1)`, p.ID, w.Garten.ID)
		}
		watch := func() (happened bool) {
			t.Helper()
			before := cast.Latest(t, w.db).ID
			if err := w.room.Watch(t.Context()); err != nil {
				t.Fatal(err)
			}
			return cast.Latest(t, w.db).ID != before
		}
		if watch() {
			t.Error("people are reminded long before the end")
		}
		near := clock.At(w.db.Now().Add(20 * time.Hour))
		cast.Execute(t, w.db, `UPDATE polls SET ends_at = ? WHERE content_id = ?`, near, a.ID)
		if watch() {
			t.Error("who has just been told of it is reminded")
		}
		cast.Execute(t, w.db, `UPDATE contents SET published_at = 1 WHERE id = ?`, a.ID)
		watch()
		if e := cast.Latest(t, w.db); e.Name != community.PollNear {
			t.Fatalf("nobody is reminded: %v", e)
		}
		if got := mailtest.Audience(t, w.db, w.audience(t)); got != "bert member" { // Anna has voted, and Carla is no member
			t.Errorf("reminded are %s", got)
		}
		for _, language := range []string{"de", "en"} {
			m, err := w.message(t, language, w.Bert, notify.Member)
			if err != nil {
				t.Fatal(err)
			}
			golden.Equal(t, "near."+language, strings.ReplaceAll(mailtest.PrintMessage(m), m.Date.Format(time.RFC3339), "TIME"))
		}
		if watch() {
			t.Error("they are reminded twice")
		}
		if _, err := w.message(t, "en", w.Bert, notify.Member); err != nil {
			t.Error(err)
		}
		w.end(t, a)
		if _, err := w.message(t, "en", w.Bert, notify.Member); !errs.Is(err, errs.NotFound) {
			t.Errorf("who is reminded late is reminded of what has ended: %v", err)
		}
		watch()
		if e := cast.Latest(t, w.db); e.Name != community.PollEnded {
			t.Fatalf("nobody is told the result: %v", e)
		}
		for _, language := range []string{"de", "en"} {
			m, err := w.message(t, language, w.Anna, "participant")
			if err != nil {
				t.Fatal(err)
			}
			golden.Equal(t, "ended."+language, mailtest.PrintMessage(m))
		}
		if watch() {
			t.Error("they are told twice")
		}
	})
}

// audience returns who is told of what happened last.
func (w *town) audience(t *testing.T) notify.Audience {
	t.Helper()
	e := cast.Latest(t, w.db)
	for _, n := range w.told {
		if n.Activity != e.Name {
			continue
		}
		a, err := n.Audience(t.Context(), w.db, e)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	t.Fatal(e.Name)
	return notify.Audience{}
}
