package events_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/golden"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// message returns what somebody is told of what happened last.
func (w *town) message(t *testing.T, language string, to cast.Person) (*notify.Message, error) {
	t.Helper()
	return w.messageFor(t, language, to, notify.Subscriber)
}

// messageFor returns what somebody is told for a reason.
func (w *town) messageFor(t *testing.T, language string, to cast.Person, reason notify.Reason) (*notify.Message, error) {
	t.Helper()
	e := cast.Latest(t, w.db)
	n := slices.IndexFunc(w.told, func(n notify.Notice) bool { return n.Activity == e.Name })
	if n < 0 {
		t.Fatal(e.Name)
	}
	return w.told[n].Compose(t.Context(), w.db, localetest.Catalogues(t).Printer(language, w.berlin), e, notify.Recipient{PersonID: to.ID, EntityID: to.EntityID, Reason: reason})
}

func TestACancelledEventStaysAndIsTold(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		cast.Subscribe(t, db, w.Garten.EntityID, w.Carla.ID)
		path := w.announce(t, "Fest", true, url.Values{"time": {"2099-05-08T17:00"}, "until_time": {"2099-05-08T21:00"}})
		bert, nobody := w.visit(t, w.Bert.ID), w.visit(t, 0)
		bert.Get("/garten/events/add/")
		bert.DoesNotSee("This event is cancelled")
		bert.Get(path + "edit/")
		bert.Submit("Save", map[string]string{"cancelled": "on"})
		bert.Sees(http.StatusOK, "This event has been cancelled.")
		if got := fmt.Sprint(webtest.Activities(t, db)); got != "[content.published garten by anna event.cancelled garten by bert]" {
			t.Errorf("%s", got)
		}
		told := w.notices.FanOut(t, db)
		if !slices.Contains(told, "email anna") || !slices.Contains(told, "email carla") {
			t.Errorf("told are %v", told)
		}
		for _, language := range []string{"en", "de"} {
			m, err := w.message(t, language, w.Carla)
			if err != nil {
				t.Fatal(err)
			}
			if m.Thread.Parent != "content.1" || m.Thread.ID == m.Thread.Parent {
				t.Errorf("the mail stands at %v", m.Thread)
			}
			m.Thread.ID = "content.1.activity.2" // on each database
			golden.Equal(t, "cancelled."+language, mailtest.PrintMessage(m))
		}
		for _, path := range []string{path, "/stadt/events", "/stadt/events/2099/5/8", "/", "/garten/"} {
			nobody.Get(path)
			nobody.Sees(http.StatusOK, "Fest", "cancelled")
		}
		w.fetch(t, "/garten/events/public.ics").Sees(http.StatusOK, "STATUS:CANCELLED\r\n", "SEQUENCE:1\r\n")

		bert.Get(path + "edit/")
		bert.Submit("Save", map[string]string{"text": "Other words"}) // it stays cancelled, and nobody is told
		bert.Sees(http.StatusOK, "This event has been cancelled.")
		bert.Get(path + "edit/")
		form := bert.Form("title")
		form.Del("cancelled")
		bert.Send(path+"edit/", form, true)
		bert.Sees(http.StatusOK, "The changes have been saved.")
		bert.DoesNotSee("This event has been cancelled.")
		if got := webtest.Activities(t, db); len(got) != 3 || got[2] != "event.reinstated garten by bert" {
			t.Errorf("%v", got)
		}
		m, err := w.message(t, "en", w.Carla)
		if err != nil || m.Subject != "Takes place after all: Fest" || !strings.Contains(m.Intro, "“Fest” by Garten am Bach takes place after all.") {
			t.Errorf("%v, %v", m, err)
		}
	})
}

func TestWhoMayNotReadOfAnEventIsNotToldThatItIsCancelled(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	cast.Subscribe(t, w.db, w.Garten.EntityID, w.Carla.ID)
	path := w.announce(t, "Kasse", false, url.Values{"time": {"2099-05-08T17:00"}})
	over := w.announce(t, "Vorbei", true, url.Values{"time": {"2020-05-08T17:00"}})
	bert := w.visit(t, w.Bert.ID)
	bert.Get(over + "edit/")
	bert.Submit("Save", map[string]string{"cancelled": "on"})
	if got := webtest.Activities(t, w.db); len(got) != 2 {
		t.Errorf("somebody is told of what is over: %v", got)
	}
	bert.Get(path + "edit/")
	bert.Submit("Save", map[string]string{"cancelled": "on"})
	if told := w.notices.FanOut(t, w.db); slices.Contains(told, "email carla") || !slices.Contains(told, "email anna") {
		t.Errorf("told are %v", told)
	}
	if _, err := w.message(t, "en", w.Carla); !errs.Is(err, errs.Denied) {
		t.Errorf("Carla is told: %v", err)
	}
}
