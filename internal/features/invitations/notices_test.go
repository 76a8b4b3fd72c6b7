package invitations_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/golden"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
)

// last returns what happened last.
func (w *town) last(t *testing.T) community.Activity {
	t.Helper()
	var a community.Activity
	err := w.db.Get(t.Context(), &a, `SELECT id, name, actor_id, entity_id, person_id, content_id, date_id, occurred_at FROM activities ORDER BY id DESC LIMIT 1`)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// message is what somebody is told of what happened last, with what this room adds.
func (w *town) message(t *testing.T, to cast.Person, language string) *notify.Message {
	t.Helper()
	catalogues := localetest.Catalogues(t)
	a, p := w.last(t), catalogues.Printer(language, time.UTC)
	n := slices.IndexFunc(w.told, func(n notify.Notice) bool { return n.Activity == a.Name })
	recipient := notify.Recipient{PersonID: to.ID, EntityID: to.EntityID, Slug: to.Slug, Name: to.Name, Language: language, Reason: notify.Subscriber, SignsIn: true}
	m, err := w.told[n].Compose(t.Context(), w.db, p, a, recipient)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(w.enclosures[0].Activities, a.Name) {
		if err := w.enclosures[0].Add(t.Context(), w.db, a, recipient, m); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// calendar is the calendar of what somebody is told of what happened last.
func (w *town) calendar(t *testing.T, to cast.Person) string {
	t.Helper()
	m := w.message(t, to, "en")
	if m.Calendar == nil {
		return "none"
	}
	text, err := m.Calendar.Write("reply+abcdefghijklmno@town.example", to.Address)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("invites: %t\n%s", m.Calendar.Invites, stamp.ReplaceAllString(strings.ReplaceAll(string(text), "\r", ""), "DTSTAMP:…"))
}

// wants lets somebody wish for invitations, and be told of what happened last.
func (w *town) wants(t *testing.T, p cast.Person) {
	t.Helper()
	w.exec(t, `INSERT INTO calendar_wishes (person_id) VALUES (?)`, p.ID)
	w.isTold(t, p)
}

func (w *town) isTold(t *testing.T, p cast.Person) {
	t.Helper()
	w.exec(t, `INSERT INTO deliveries (activity_id, person_id, channel, reason, state, problem, created_at, changed_at) VALUES (?, ?, 'email', 'member', 'waiting', '', 0, 0)`, w.last(t).ID, p.ID)
}

func TestMessagesAboutEventsCarryThem(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		f := w.feast(t)
		w.wants(t, w.Anna)
		golden.Equal(t, "published", w.calendar(t, w.Bert))
		golden.Equal(t, "wished", w.calendar(t, w.Anna))
		// Who comes gets what changes as an invitation that they have accepted.
		w.exec(t, `INSERT INTO attendances (content_id, date_id, person_id, answer, queued_at, answered_at)
			SELECT content_id, id, ?, 'yes', 0, 0 FROM event_dates WHERE content_id = ?`, w.Bert.ID, f.id)
		visitor := w.visit(t, w.Anna.ID)
		visitor.Get("/garten/sommerfest/edit/")
		visitor.Submit("Save", map[string]string{"place": "In der Halle"})
		if got := w.last(t).Name; got != community.EventMoved {
			t.Fatal(got)
		}
		golden.Equal(t, "moved", w.calendar(t, w.Bert))
		visitor.Get("/garten/sommerfest/edit/")
		visitor.Submit("Save", map[string]string{"cancelled": "on"})
		golden.Equal(t, "cancelled", w.calendar(t, w.Bert))
		w.exec(t, `UPDATE attendances SET answer = 'no'`)
		golden.Equal(t, "cancelled-published", w.calendar(t, w.Bert))
	})
}

func TestOtherMessagesCarryNoCalendar(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	w.feast(t)
	m := &notify.Message{Kind: "article"}
	if err := w.enclosures[0].Add(t.Context(), w.db, w.last(t), notify.Recipient{}, m); err != nil || m.Calendar != nil {
		t.Errorf("%+v %v", m.Calendar, err)
	}
}

func TestMembersLearnOfAStrangersInvitation(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	w.receives(t, "carla@example.org", garten, read(t, "thunderbird-request"))
	for _, language := range []string{"en", "de"} {
		golden.Equal(t, "received."+language, mailtest.PrintMessage(w.message(t, w.Bert, language)))
	}
	a := w.last(t)
	n := slices.IndexFunc(w.told, func(n notify.Notice) bool { return n.Activity == a.Name })
	audience, err := w.told[n].Audience(t.Context(), w.db, a)
	if err != nil {
		t.Fatal(err)
	}
	if got := mailtest.Audience(t, w.db, audience); got != "anna member, bert member" {
		t.Error(got)
	}
	visitor := w.visit(t, w.Anna.ID)
	visitor.Send("/stadt/calendar-invitations/1/", url.Values{}, false)
	if _, err := w.told[n].Compose(t.Context(), w.db, nil, a, notify.Recipient{PersonID: w.Bert.ID}); err == nil {
		t.Error("members are told of what somebody has ignored")
	}
}
