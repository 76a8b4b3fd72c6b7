package reminders_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/attendance"
	"grouprise.org/grouprise/internal/features/helping"
	"grouprise.org/grouprise/internal/features/reminders"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/eventtest"
	"grouprise.org/grouprise/internal/testkit/golden"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// come says to an event that somebody comes to its date, and gives them a place or lets them wait for one.
func (w *town) come(t *testing.T, contentID, dateID int64, p cast.Person, waiting bool) {
	t.Helper()
	cast.Execute(t, w.db, `INSERT INTO attendances (content_id, date_id, person_id, answer, waiting, queued_at, answered_at) VALUES (?, ?, ?, 'yes', ?, 1, 1)`,
		contentID, dateID, p.ID, waiting)
}

// groups finds the groups of the cast.
type groups struct{ *cast.Cast }

func (g groups) Get(_ context.Context, _ sqldb.Querier, id int64) (community.Group, error) {
	for _, group := range []community.Group{g.Garten, g.Chor} {
		if group.ID == id {
			return group, nil
		}
	}
	return community.Group{}, errs.New(errs.NotFound, "There is no such group.")
}

// town is the room with what it stands on, at a time that the test chooses.
type town struct {
	*eventtest.Rooms
	db      *sqldb.DB
	now     time.Time
	room    *reminders.Reminders
	notice  notify.Notice
	handler http.Handler
}

// newTown returns the town at ten in the morning of the third of March 2099, a Tuesday. Nobody comes to anything unless
// they are said to.
func newTown(t *testing.T, db *sqldb.DB) *town {
	t.Helper()
	w := &town{now: time.Date(2099, time.March, 3, 10, 0, 0, 0, time.UTC)}
	w.db = db.WithClock(func() time.Time { return w.now })
	w.Rooms = eventtest.New(t, w.db, time.UTC, "http://example.org")
	letters := notify.NewLetters(w.Tray)
	helpers := helping.New(helping.Deps{
		DB: w.db, Content: w.Content, Dates: w.Events, Outbox: w.Outbox, Letters: letters, Texts: w.Texts, Keys: w.Keys,
		Catalogues: w.Catalogues, Zone: time.UTC, BaseURL: "http://example.org",
	})
	w.room = reminders.New(reminders.Deps{
		DB: w.db, Outbox: w.Outbox, Content: w.Content, Dates: w.Events, Helping: helpers, Letters: letters, Catalogues: w.Catalogues,
		Attendance: attendance.New(attendance.Deps{DB: w.db, Keys: w.Keys, BaseURL: "http://example.org", Enabled: true}), Groups: groups{w.Cast},
		Links: bymail.PersonalLinks{Keys: w.Keys}, Zone: time.UTC, BaseURL: "http://example.org",
	})
	own := w.room.Module()
	w.Modules()
	w.notice = own.Notices[0]
	w.Outbox.React(own.Reactions...)
	w.Notices.Open(t, w.db, own.Notices...)
	page := module.Module{Routes: []site.Route{{Method: http.MethodGet, Path: "/stadt/settings/group/subscriptions-memberships", Query: []string{"group"}, Handle: func(v *site.Visit) error {
		s, err := policy.Standing(v.Context(), db, v.Viewer, w.Garten.Entity())
		if err != nil {
			return err
		}
		body, err := v.Blocks(site.GroupRelation, site.Subject{Entity: w.Garten.Entity(), Standing: s, Group: &w.Garten})
		if err != nil {
			return err
		}
		return v.Show(site.Page{Title: "You and the group", Body: body})
	}}}}
	w.handler = webtest.Open(t, webtest.NewSite(t, db, w.Viewers), own, page)
	return w
}

// event announces an event of garten and returns the ids of the item and its date. A day is the whole day.
func (w *town) event(t *testing.T, title, begins string, public bool) (contentID, dateID int64) {
	t.Helper()
	allDay := len(begins) == len(time.DateOnly)
	layout := "2006-01-02T15:04"
	if allDay {
		layout = time.DateOnly
	}
	starts, err := time.Parse(layout, begins)
	if err != nil {
		t.Fatal(err)
	}
	ends := starts.Add(2 * time.Hour)
	err = w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		contentID, err = tx.Insert(t.Context(), `INSERT INTO contents (kind, entity_id, author_id, slug, title, public, published_at, starts_at, ends_at) VALUES ('event', ?, ?, ?, ?, ?, ?, ?, ?)`,
			w.Garten.EntityID, w.Anna.ID, strings.ToLower(title), title, public, tx.Now, clock.At(starts), clock.At(ends))
		if err != nil {
			return err
		}
		if _, err := tx.Insert(t.Context(), `INSERT INTO versions (content_id, author_id, text, created_at) VALUES (?, ?, 'x', ?)`, contentID, w.Anna.ID, tx.Now); err != nil {
			return err
		}
		if _, err := tx.Exec(t.Context(), `INSERT INTO events (content_id, place, place_key, zone, all_day, begins, answers) VALUES (?, 'Am Bach', 'am bach', 'UTC', ?, ?, 'dates')`, contentID, allDay, begins); err != nil {
			return err
		}
		dateID, err = tx.Insert(t.Context(), `INSERT INTO event_dates (content_id, entity_id, day, begins, place, place_key, starts_at, ends_at) VALUES (?, ?, ?, ?, 'Am Bach', 'am bach', ?, ?)`,
			contentID, w.Garten.EntityID, begins[:len(time.DateOnly)], begins, clock.At(starts), clock.At(ends))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return contentID, dateID
}

// helps lets somebody take some of what an event needs.
func (w *town) helps(t *testing.T, contentID, dateID int64, p cast.Person, title string) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		need, err := tx.Insert(t.Context(), `INSERT INTO help_needs (content_id, place, wanted, title) VALUES (?, 0, 3, ?)`, contentID, title)
		if err != nil {
			return err
		}
		_, err = tx.Exec(t.Context(), `INSERT INTO help_takings (need_id, date_id, person_id, amount, taken_at) VALUES (?, ?, ?, 2, ?)`, need, dateID, p.ID, tx.Now)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// wish lets somebody want to be reminded of the events of garten.
func (w *town) wish(t *testing.T, p cast.Person) {
	t.Helper()
	if err := w.room.Wish(t.Context(), p.Viewer, w.Garten, true); err != nil {
		t.Fatal(err)
	}
}

// reminded runs the job at a time of the third and fourth of March, and returns whom it reminds for the first time: the
// day and the hour, "4 09:00".
func (w *town) reminded(t *testing.T, when string) []string {
	t.Helper()
	clockTime, err := time.Parse("2 15:04", when)
	if err != nil {
		t.Fatal(err)
	}
	w.now = time.Date(2099, time.March, clockTime.Day(), clockTime.Hour(), clockTime.Minute(), 0, 0, time.UTC)
	var before int64
	if err := w.db.Get(t.Context(), &before, `SELECT COALESCE(MAX(id), 0) FROM activities`); err != nil {
		t.Fatal(err)
	}
	if err := w.room.Remind(t.Context()); err != nil {
		t.Fatal(err)
	}
	var all []string
	err = w.db.Select(t.Context(), &all, `SELECT CONCAT(c.title, ' ', e.slug, ' ', r.reason) FROM reminders r JOIN event_dates d ON d.id = r.date_id JOIN contents c ON c.id = d.content_id
		JOIN people p ON p.id = r.person_id JOIN entities e ON e.id = p.entity_id WHERE r.activity_id > ? ORDER BY 1`, before)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// message returns what somebody is reminded of by the latest activity.
func (w *town) message(t *testing.T, language string, to cast.Person, reason notify.Reason) (*notify.Message, error) {
	t.Helper()
	var e community.Activity
	err := w.db.Get(t.Context(), &e, `SELECT id, name, actor_id, entity_id, content_id, date_id, occurred_at FROM activities WHERE name = 'event.near' ORDER BY id DESC LIMIT 1`)
	if err != nil {
		t.Fatal(err)
	}
	m, err := w.notice.Compose(t.Context(), w.db, w.Catalogues.Printer(language, time.UTC), e, notify.Recipient{PersonID: to.ID, EntityID: to.EntityID, Reason: reason})
	if m != nil {
		m.Thread.ID = "content.1.activity.1" // on each database
	}
	return m, err
}

func TestEverybodyWhoWantsIsRemindedOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		id, date := w.event(t, "Probe", "2099-03-04T19:00", true)
		w.helps(t, id, date, w.Carla, "Kuchen")
		w.helps(t, id, date, w.Carla, "Aufbau")
		w.helps(t, id, date, w.Anna, "Abbau") // comes, too
		w.wish(t, w.Bert)                     // comes anyway
		w.come(t, id, date, w.Anna, false)
		w.come(t, id, date, w.Bert, false)
		w.come(t, id, date, w.Admin, true)
		for _, c := range []struct {
			at   string
			want string
		}{
			{"3 18:59", "[]"},
			{"3 19:00", "[Probe anna helping Probe bert coming Probe carla helping]"},
			{"3 19:02", "[]"},
			{"4 18:59", "[]"},
		} {
			if got := fmt.Sprint(w.reminded(t, c.at)); got != c.want {
				t.Errorf("at %s reminded are %s, want %s", c.at, got, c.want)
			}
		}
		if told := fmt.Sprint(w.Notices.FanOut(t, w.db)); told != "[email anna email bert email carla inbox anna inbox bert inbox carla]" {
			t.Errorf("told are %s", told)
		}
	})
}

func TestWhatComesLateIsRemindedOfBeforeItBegins(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.wish(t, w.Bert)
		_, date := w.event(t, "Probe", "2099-03-04T19:00", true)
		if got := fmt.Sprint(w.reminded(t, "4 18:58")); got != "[Probe bert asked]" { // the runner was down
			t.Errorf("reminded are %s", got)
		}
		w.wish(t, w.Anna) // within the day
		if got := fmt.Sprint(w.reminded(t, "4 18:59")); got != "[Probe anna asked]" {
			t.Errorf("reminded are %s", got)
		}
		cast.Join(t, db, w.Garten.ID, w.Carla.ID)
		w.wish(t, w.Carla)
		if got := w.reminded(t, "4 19:00"); len(got) > 0 { // it has begun
			t.Errorf("reminded are %s", got)
		}
		// A date that is moved is another one.
		cast.Execute(t, db, `UPDATE event_dates SET starts_at = ?, begins = '2099-03-05T19:00' WHERE id = ?`, clock.Date(2099, time.March, 5, 19, 0), date)
		if got := w.reminded(t, "4 18:59"); len(got) > 0 {
			t.Errorf("reminded are %s", got)
		}
		if got := fmt.Sprint(w.reminded(t, "4 19:01")); got != "[Probe anna asked Probe bert asked Probe carla asked]" {
			t.Errorf("reminded are %s", got)
		}
	})
}

func TestOfWholeDaysPeopleAreRemindedInTheMorning(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	w.wish(t, w.Bert)
	w.event(t, "Markt", "2099-03-04", true)
	if got := w.reminded(t, "3 08:58"); len(got) > 0 {
		t.Errorf("reminded are %s", got)
	}
	if got := fmt.Sprint(w.reminded(t, "3 09:00")); got != "[Markt bert asked]" {
		t.Errorf("reminded are %s", got)
	}
	m, err := w.message(t, "en", w.Bert, "asked")
	if err != nil || m.Subject != "Tomorrow: Markt" {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestNobodyIsRemindedOfWhatDoesNotTakePlace(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.wish(t, w.Bert)
		off, _ := w.event(t, "Abgesagt", "2099-03-04T09:00", true)
		_, one := w.event(t, "Einer", "2099-03-04T09:00", true)
		gone, _ := w.event(t, "Weg", "2099-03-04T09:00", true)
		cast.Execute(t, db, `UPDATE events SET cancelled = TRUE WHERE content_id = ?`, off)
		cast.Execute(t, db, `UPDATE event_dates SET cancelled = TRUE WHERE id = ?`, one)
		cast.Execute(t, db, `UPDATE contents SET deleted_at = 5 WHERE id = ?`, gone)
		if got := w.reminded(t, "3 12:00"); len(got) > 0 {
			t.Errorf("reminded are %s", got)
		}
	})
}

func TestTheRuleIsAskedWhenAReminderLeaves(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	id, date := w.event(t, "Kasse", "2099-03-04T19:00", false)
	w.helps(t, id, date, w.Carla, "Kuchen") // she has left since
	w.wish(t, w.Bert)
	if got := fmt.Sprint(w.reminded(t, "3 20:00")); got != "[Kasse bert asked Kasse carla helping]" {
		t.Errorf("reminded are %s", got)
	}
	if m, err := w.message(t, "en", w.Carla, "helping"); !errs.Is(err, errs.Denied) {
		t.Errorf("Carla is told %+v, %v", m, err)
	}
	for what, change := range map[string][2]string{
		"cancelled":            {`UPDATE events SET cancelled = TRUE`, `UPDATE events SET cancelled = FALSE`},
		"a date cancelled":     {`UPDATE event_dates SET cancelled = TRUE`, `UPDATE event_dates SET cancelled = FALSE`},
		"deleted":              {`UPDATE contents SET deleted_at = 5`, `UPDATE contents SET deleted_at = NULL`},
		"moved":                {`UPDATE event_dates SET starts_at = starts_at + 60000`, `UPDATE event_dates SET starts_at = starts_at - 60000`},
		"no longer a member":   {`DELETE FROM memberships`, `INSERT INTO memberships (group_id, person_id, joined_at) VALUES (21, 12, 5)`},
		"nothing, to end with": {`UPDATE events SET cancelled = FALSE`, `UPDATE events SET cancelled = FALSE`},
	} {
		cast.Execute(t, w.db, change[0])
		_, err := w.message(t, "en", w.Bert, "asked")
		if refused := errs.Is(err, errs.NotFound) || errs.Is(err, errs.Denied); refused == strings.HasPrefix(what, "nothing") {
			t.Errorf("%s: %v", what, err)
		}
		cast.Execute(t, w.db, change[1])
	}
	w.now = w.now.Add(24 * time.Hour) // it has begun
	if _, err := w.message(t, "en", w.Bert, "asked"); !errs.Is(err, errs.NotFound) {
		t.Errorf("of what has begun Bert is told: %v", err)
	}
}

func TestAReminderSaysWhatSomebodyHasTakenAndWhatIsNeeded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		id, date := w.event(t, "Fest", "2099-03-04T19:00", true)
		w.helps(t, id, date, w.Carla, "Kuchen")
		w.come(t, id, date, w.Anna, false)
		w.reminded(t, "3 19:00")
		for _, language := range []string{"en", "de"} {
			for who, to := range map[notify.Reason]cast.Person{"helping": w.Carla, "coming": w.Anna, "asked": w.Bert} {
				m, err := w.message(t, language, to, who)
				if err != nil {
					t.Fatal(err)
				}
				golden.Equal(t, string(who)+"."+language, mailtest.PrintMessage(m))
			}
		}
	})
}

// TestRemindersGoByTheChannelThatPeoplePrefer also shows that no reminder waits for a digest.
func TestRemindersGoByTheChannelThatPeoplePrefer(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		for _, row := range [][]any{{w.Bert.ID, "email", 0, "never"}, {w.Anna.ID, "email", 0, "weekly"}, {w.Anna.ID, "inbox", w.Garten.EntityID, "never"}} {
			cast.Execute(t, db, `INSERT INTO preferences (person_id, channel, entity_id, timing) VALUES (?, ?, ?, ?)`, row...)
		}
		w.event(t, "Fest", "2099-03-04T19:00", true)
		w.wish(t, w.Anna)
		w.wish(t, w.Bert)
		w.reminded(t, "3 19:00")
		if told := fmt.Sprint(w.Notices.FanOut(t, w.db)); told != "[email anna inbox bert]" {
			t.Errorf("told are %s", told)
		}
	})
}

// stranger lets somebody come without an account.
func (w *town) stranger(t *testing.T, contentID, dateID int64, name string) {
	t.Helper()
	address := strings.ToLower(name) + "@example.net"
	cast.Execute(t, w.db, `INSERT INTO attendances (content_id, date_id, address, address_key, name, language, answer, queued_at, answered_at) VALUES (?, ?, ?, ?, ?, 'de', 'yes', 1, 1)`,
		contentID, dateID, address, address, name)
}

func TestWhoComesWithoutAnAccountGetsALetter(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		id, date := w.event(t, "Fest", "2099-03-04T19:00", true)
		internal, other := w.event(t, "Kasse", "2099-03-04T19:00", false) // was public when they answered
		w.stranger(t, id, date, "Emil")
		w.stranger(t, internal, other, "Frieda")
		w.reminded(t, "3 18:00")
		if letters := w.Tray.Take(); len(letters) > 0 {
			t.Errorf("%+v", letters)
		}
		w.reminded(t, "3 19:00")
		golden.Equal(t, "stranger.de", mailtest.Print(w.Tray.TakeOne(t)))
		w.reminded(t, "3 19:02")
		if letters := w.Tray.Take(); len(letters) > 0 {
			t.Errorf("%+v", letters)
		}
		w.stranger(t, id, date, "Gustav") // on the same day
		w.reminded(t, "4 12:00")
		if l := w.Tray.TakeOne(t); l.Address != "gustav@example.net" || l.Subject != "Heute: Fest" {
			t.Errorf("%+v", l)
		}
		cast.Execute(t, db, `UPDATE event_dates SET starts_at = starts_at + 3600000 WHERE id = ?`, date)
		w.reminded(t, "4 12:02")
		if letters := w.Tray.Take(); len(letters) != 2 {
			t.Errorf("of what has moved: %+v", letters)
		}
	})
}

func TestTwoRunnersRemindOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		id, date := w.event(t, "Fest", "2099-03-04T19:00", true)
		w.come(t, id, date, w.Anna, false)
		w.come(t, id, date, w.Bert, false)
		w.stranger(t, id, date, "Emil")
		w.now = time.Date(2099, time.March, 4, 9, 0, 0, 0, time.UTC)
		ended := make(chan error, 4)
		for range cap(ended) {
			go func() { ended <- w.room.Remind(t.Context()) }()
		}
		for range cap(ended) {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		var people, told int
		err := w.db.Get(t.Context(), &people, `SELECT COUNT(*) FROM reminders`)
		if err == nil {
			err = w.db.Get(t.Context(), &told, `SELECT COUNT(*) FROM reminders r JOIN activities a ON a.id = r.activity_id`)
		}
		if letters := len(w.Tray.Take()); err != nil || people != 2 || told != 2 || letters != 1 {
			t.Errorf("%d reminders, %d of them told, %d letters: %v", people, told, letters, err)
		}
	})
}

func TestMembersTurnRemindersOnAndOff(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		const page, path = "/stadt/settings/group/subscriptions-memberships?group=garten", "/stadt/groups/21/reminders/"
		bert, carla, nobody := webtest.VisitAs(t, w.handler, w.Bert.ID), webtest.VisitAs(t, w.handler, w.Carla.ID), webtest.Visit(t, w.handler)
		bert.Get(page)
		bert.Submit("Remind me of all events and polls", nil)
		bert.Sees(http.StatusOK, "You’ll be reminded of events of “Garten am Bach”.", "You’re reminded of events of this group the day before, and of polls")
		bert.Send(path, map[string][]string{"wanted": {"on"}}, true) // a second click
		bert.Sees(http.StatusOK, "Stop reminders")
		carla.Get(page)
		carla.DoesNotSee("Remind me")
		carla.Send(path, map[string][]string{"wanted": {"on"}}, true)
		carla.Sees(http.StatusForbidden)
		if nobody.Send(path, map[string][]string{"wanted": {"on"}}, false); nobody.Page.Status != http.StatusSeeOther {
			t.Errorf("nobody gets %d", nobody.Page.Status)
		}
		bert.Send("/stadt/groups/99/reminders/", nil, true)
		bert.Sees(http.StatusNotFound)

		w.event(t, "Fest", "2099-03-04T19:00", true)
		w.reminded(t, "3 19:00")
		m, err := w.message(t, "en", w.Bert, "asked")
		if err != nil {
			t.Fatal(err)
		}
		stop := strings.TrimPrefix(m.StopURL, "http://example.org")
		nobody.Get(stop)
		nobody.Sees(http.StatusOK, "Do you want to stop being reminded of events of “Garten am Bach”?")
		nobody.Submit("Stop reminders", nil)
		nobody.Sees(http.StatusOK, "You won’t be reminded of events of “Garten am Bach” any more.")
		nobody.Send(strings.Replace(stop, "/12/", "/11/", 1), nil, true)
		nobody.Sees(http.StatusNotFound)
		w.event(t, "Noch eins", "2099-03-04T20:00", true)
		if got := w.reminded(t, "3 21:00"); len(got) > 0 {
			t.Errorf("reminded are %s", got)
		}
	})
}

func TestWhoLeavesIsNoLongerReminded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.wish(t, w.Bert)
		w.wish(t, w.Anna)
		err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := w.Outbox.Record(t.Context(), tx, community.Activity{Name: community.MembershipEnded, EntityID: w.Garten.EntityID, PersonID: w.Bert.ID})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		cast.Execute(t, db, `DELETE FROM memberships WHERE person_id = ? AND group_id = ?`, w.Anna.ID, w.Garten.ID) // behind our back
		w.event(t, "Fest", "2099-03-04T19:00", true)
		if got := w.reminded(t, "3 21:00"); len(got) > 0 {
			t.Errorf("reminded are %s", got)
		}
	})
}

func TestNotesOfRemindersGoAMonthLater(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	w.wish(t, w.Bert)
	id, date := w.event(t, "Fest", "2099-03-04T19:00", true)
	w.stranger(t, id, date, "Emil")
	w.reminded(t, "3 19:00")
	count := func() (n int) {
		if err := w.db.Get(t.Context(), &n, `SELECT (SELECT COUNT(*) FROM reminders) + (SELECT COUNT(*) FROM reminded_strangers)`); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, c := range []struct{ days, left int }{{30, 2}, {32, 0}} {
		w.now = time.Date(2099, time.March, 4, 10, 0, 0, 0, time.UTC).AddDate(0, 0, c.days)
		if err := w.room.RemoveOld(t.Context()); err != nil || count() != c.left {
			t.Errorf("after %d days there are %d: %v", c.days, count(), err)
		}
	}
}

func TestTheReasonsOfRemindersAreTold(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	id, date := w.event(t, "Fest", "2099-03-04T19:00", true)
	w.helps(t, id, date, w.Carla, "Kuchen")
	w.come(t, id, date, w.Anna, false)
	w.come(t, id, date, w.Bert, false)
	w.reminded(t, "3 19:00")
	var e community.Activity
	if err := w.db.Get(t.Context(), &e, `SELECT id, name, date_id FROM activities ORDER BY id DESC LIMIT 1`); err != nil {
		t.Fatal(err)
	}
	audience, err := w.notice.Audience(t.Context(), w.db, e)
	if err != nil {
		t.Fatal(err)
	}
	if got := mailtest.Audience(t, w.db, audience); got != "anna coming, bert coming, carla helping" {
		t.Errorf("told are %s", got)
	}
}
