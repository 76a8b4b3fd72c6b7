package events_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/features/events"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/golden"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// hosting is a public event of garten, which Anna belongs to, and Carla as the only member of the choir.
func hosting(t *testing.T, db *sqldb.DB) (w *town, path string, id int64) {
	t.Helper()
	w = newTown(t, db)
	cast.Execute(t, db, `DELETE FROM memberships WHERE group_id = ?`, w.Chor.ID)
	cast.Execute(t, db, `DELETE FROM subscriptions`)
	cast.Execute(t, db, `INSERT INTO memberships (group_id, person_id, joined_at) VALUES (?, ?, 0)`, w.Chor.ID, w.Carla.ID)
	path = w.announce(t, "Fest", true, url.Values{"time": {"2099-05-08T17:00"}, "until_time": {"2099-05-08T21:00"}})
	return w, path, cast.Latest(t, w.db).ContentID
}

// shownIn reports in which calendars of the choir the event stands, of its month, its list, its page and its feed.
func (w *town) shownIn(t *testing.T) (places []string) {
	t.Helper()
	nobody := w.visit(t, 0)
	calendar := community.GroupCalendarPath(w.Chor.ID)
	for name, path := range map[string]string{
		"month": calendar + "?month=5&year=2099", "week": calendar + "?view=week&day=2099-05-08", "list": calendar + "?view=list", "feed": "/chor/events/public.ics",
	} {
		nobody.Get(path)
		if nobody.Page.Status == http.StatusOK && strings.Contains(nobody.Page.Body, "Fest") {
			places = append(places, name)
		}
	}
	objects, err := w.room.Objects(t.Context(), events.Calendar{EntityID: w.Chor.EntityID}, events.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	if len(objects) > 0 {
		places = append(places, "objects")
	}
	if all, err := w.room.Objects(t.Context(), events.Calendar{}, events.Selection{}); err != nil || len(all) > 0 && (events.Calendar{EntityID: w.Chor.EntityID}).Holds(all[0]) != (len(objects) > 0) {
		t.Errorf("a calendar holds %v of %v, %v", objects, all, err)
	}
	slices.Sort(places)
	return places
}

func TestTheMembersOfAGroupAreToldOfAnInvitationOnce(t *testing.T) {
	t.Parallel()
	w, _, id := hosting(t, dbtest.SQLite(t))
	hosts := fmt.Sprintf("/stadt/content/%d/hosts/", id)
	anna := w.visit(t, w.Anna.ID)
	anna.Get(hosts)
	anna.Sees(http.StatusOK, `list="groups"`, `<option value="`+w.Chor.Name+`">`)
	anna.DoesNotSee(`<option value="` + w.Garten.Name)
	for range 2 {
		anna.Get(hosts)
		anna.Submit("Invite", map[string]string{"group": w.Chor.Slug})
		anna.Sees(http.StatusOK, "has been invited.")
		anna.DoesNotSee(`<option value="` + w.Chor.Name)
		anna.Submit("Withdraw invitation", nil)
		anna.Sees(http.StatusOK, "The group has been removed.")
	}
	if got := fmt.Sprint(webtest.Activities(t, w.db)); got != "[content.published garten by anna host.invited chor by anna]" {
		t.Errorf("%s", got)
	}
	// What has been withdrawn nobody is told of any more.
	if _, err := w.messageFor(t, "en", w.Carla, notify.Member); !errs.Is(err, errs.NotFound) {
		t.Errorf("Carla is told: %v", err)
	}
}

func TestAGroupThatAcceptsShowsTheEventAndTellsWhoHasNotHeardOfIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w, path, id := hosting(t, db)
		w.everywhere(t, nil)
		for _, entity := range []int64{w.Garten.EntityID, w.Chor.EntityID} {
			cast.Execute(t, db, `INSERT INTO subscriptions (entity_id, person_id, created_at) VALUES (?, ?, 0)`, entity, w.Bert.ID)
		}
		cast.Subscribe(t, db, w.Chor.EntityID, w.Carla.ID)
		hosts := fmt.Sprintf("/stadt/content/%d/hosts/", id)

		anna, carla, nobody := w.visit(t, w.Anna.ID), w.visit(t, w.Carla.ID), w.visit(t, 0)
		anna.Get(path)
		anna.Sees(http.StatusOK, "Invite groups")
		anna.Get(hosts)
		anna.Submit("Invite", map[string]string{"group": "Niemand"})
		anna.Sees(http.StatusUnprocessableEntity, "no group with this name")
		anna.Submit("Invite", map[string]string{"group": strings.ToUpper(w.Chor.Name)})
		anna.Sees(http.StatusOK, "has been invited.", "Withdraw invitation")
		anna.Submit("Invite", map[string]string{"group": w.Chor.Slug})
		anna.Sees(http.StatusUnprocessableEntity, "has been invited already")
		w.everywhere(t, nil)
		if got := strings.Join(w.notices.FanOut(t, db), ", "); got != "email carla, inbox carla" {
			t.Errorf("of the invitation are told %s", got)
		}
		for _, language := range []string{"en", "de"} {
			m, err := w.messageFor(t, language, w.Carla, notify.Member)
			if err != nil || m.Entity.ID != w.Chor.EntityID || m.Subscribed || m.Actions[0].URL != "http://example.org"+community.GroupCalendarPath(w.Chor.ID) {
				t.Fatalf("they are told %+v, %v", m, err)
			}
			m.Thread.ID = "content.1.activity.2" // on each database
			golden.Equal(t, "invited."+language, mailtest.PrintMessage(m))
		}
		nobody.Get(path)
		nobody.DoesNotSee("Groups taking part", w.Chor.Name)

		carla.Get(path)
		carla.Sees(http.StatusOK, "is invited to take part")
		carla.Send(hosts+"decision/", url.Values{"group": {fmt.Sprint(w.Chor.EntityID)}, "show": {"on"}}, true)
		carla.Sees(http.StatusOK, "in your group’s calendar now", "Remove from the calendar of")
		w.everywhere(t, []string{"feed", "list", "month", "objects", "week"})
		nobody.Get(path)
		nobody.Sees(http.StatusOK, "Groups taking part", w.Chor.Name)
		nobody.DoesNotSee("Invite groups", "Remove from")
		if got := strings.Join(w.notices.FanOut(t, db), ", "); got != "email carla" {
			t.Errorf("told are %s", got)
		}
		m, err := w.message(t, "de", w.Carla)
		if err != nil || m.Entity.ID != w.Chor.EntityID || !m.Subscribed || !strings.Contains(m.Intro, w.Chor.Name) || !strings.Contains(m.Intro, w.Garten.Name) {
			t.Errorf("they are told %+v, %v", m, err)
		}

		anna.Get(path + "edit/")
		anna.Submit("Save", map[string]string{"cancelled": "on"})
		if got := strings.Join(w.notices.FanOut(t, db), ", "); got != "email bert, email carla, inbox bert, inbox carla" {
			t.Errorf("of a cancelled event are told %s", got)
		}
		if m, err := w.messageFor(t, "en", w.Carla, "showing"); err != nil || m.Entity.ID != w.Chor.EntityID || !m.Subscribed {
			t.Errorf("whoever knows it by another group is told %+v, %v", m, err)
		}

		cast.Execute(t, db, `UPDATE contents SET public = ? WHERE id = ?`, false, id)
		w.everywhere(t, nil)
		cast.Execute(t, db, `UPDATE contents SET public = ? WHERE id = ?`, true, id)
		carla.Send(hosts+"decision/", url.Values{"group": {fmt.Sprint(w.Chor.EntityID)}}, true)
		carla.Sees(http.StatusOK, "isn’t in your group’s calendar")
		w.everywhere(t, nil)
		if n := count(t, db, `SELECT COUNT(*) FROM event_hosts`); n != 0 {
			t.Errorf("%d rows are left", n)
		}
	})
}

// everywhere compares in which calendars of the choir the event stands.
func (w *town) everywhere(t *testing.T, want []string) {
	t.Helper()
	if got := w.shownIn(t); !slices.Equal(got, want) {
		t.Errorf("the event is in %v, want %v", got, want)
	}
}

func TestWhoDecidesWhatAGroupShows(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w, path, id := hosting(t, db)
		hosts := fmt.Sprintf("/stadt/content/%d/hosts/", id)
		group := url.Values{"group": {fmt.Sprint(w.Chor.EntityID)}}
		accept := url.Values{"group": group["group"], "show": {"on"}}
		anna, carla, nobody := w.visit(t, w.Anna.ID), w.visit(t, w.Carla.ID), w.visit(t, 0)
		carla.Get(hosts)
		carla.Sees(http.StatusForbidden)
		carla.Send(hosts, url.Values{"group": {w.Chor.Slug}}, false)
		carla.Sees(http.StatusForbidden)
		carla.Send(hosts+"decision/", accept, false)
		carla.Sees(http.StatusNotFound)
		anna.Send(hosts, url.Values{"group": {w.Chor.Slug}}, true)
		anna.Send(hosts+"decision/", accept, false)
		anna.Sees(http.StatusForbidden)
		nobody.Send(hosts+"decision/", accept, false)
		if nobody.Page.Status == http.StatusOK {
			t.Error("somebody who has not signed in decides")
		}
		w.everywhere(t, nil)

		carla.Send(hosts+"decision/", group, true)
		anna.Send(hosts, url.Values{"group": {w.Chor.Slug}}, true)
		anna.Sees(http.StatusUnprocessableEntity, "has declined")
		anna.Send(hosts+"decision/", group, false)
		if n := count(t, db, `SELECT COUNT(*) FROM event_hosts WHERE state = 'declined'`); n != 1 {
			t.Error("whoever invites takes the answer back")
		}

		cast.Execute(t, db, `UPDATE event_hosts SET state = 'invited'`)
		anna.Send(hosts+"decision/", group, true)
		carla.Send(hosts+"decision/", accept, false)
		carla.Sees(http.StatusNotFound, "has been withdrawn")

		anna.Send(hosts, url.Values{"group": {w.Chor.Slug}}, true)
		cast.Execute(t, db, `UPDATE contents SET public = ? WHERE id = ?`, false, id)
		carla.Send(hosts+"decision/", accept, false)
		carla.Sees(http.StatusForbidden)
		anna.Get(path)
		anna.DoesNotSee("Invite groups")
	})
}

func TestASeriesThatGoesOnKeepsItsGroups(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w, _, id := hosting(t, db)
		cast.Execute(t, db, `INSERT INTO event_hosts (content_id, entity_id, state, invited_at, decided_at) VALUES (?, ?, 'shown', 1, 2)`, id, w.Chor.EntityID)
		next := cast.AddContent(t, db, cast.Content{EntityID: w.Garten.EntityID, AuthorID: w.Anna.ID, Title: "Weiter", Public: true})
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return events.CopyHosts(t.Context(), tx, id, next) })
		if n := count(t, db, `SELECT COUNT(*) FROM event_hosts WHERE state = 'shown'`); err != nil || n != 2 {
			t.Errorf("%d groups, %v", n, err)
		}
	})
}

// count returns the number that a query asks for.
func count(t *testing.T, db *sqldb.DB, query string) (n int) {
	t.Helper()
	if err := db.Get(t.Context(), &n, query); err != nil {
		t.Fatal(err)
	}
	return n
}
