package attendance_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/features/attendance"
	"grouprise.org/grouprise/internal/features/groups"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/eventtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// town is the room with the rooms that it stands on.
type town struct {
	*eventtest.Rooms
	*attendance.Attendance
	db      *sqldb.DB
	handler http.Handler
	told    []notify.Notice
	berlin  *time.Location
}

// newTown returns a town in which members may answer for each other if byOthers says so.
func newTown(t *testing.T, db *sqldb.DB, byOthers ...bool) *town {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	w := &town{Rooms: eventtest.New(t, db, berlin, "http://example.org"), db: db, berlin: berlin}
	letters := notify.NewLetters(w.Tray)
	w.Attendance = attendance.New(attendance.Deps{
		DB: db, Outbox: w.Outbox, Content: w.Content, Dates: w.Events, People: cast.People{}, Letters: letters, Keys: w.Keys, Catalogues: w.Catalogues,
		ByMail: bymail.New(bymail.Deps{
			DB: db, Groups: groups.New(groups.Deps{DB: db, Outbox: w.Outbox, Entities: entities.New(nil)}), People: cast.People{}, Letters: letters,
			Limiter: w.Limiter, Catalogues: w.Catalogues, BaseURL: "http://example.org",
		}),
		Zone: berlin, SiteName: eventtest.SiteName, BaseURL: "http://example.org", Enabled: true, ByOthers: slices.Contains(byOthers, true),
	})
	modules := append(w.Modules(), w.Module())
	w.told = module.Gather(modules, func(m module.Module) []notify.Notice { return m.Notices })
	w.Notices.Open(t, db, w.told...)
	w.Outbox.React(module.Gather(modules, func(m module.Module) []outbox.Reaction { return m.Reactions })...)
	w.handler = webtest.Open(t, webtest.NewSite(t, db, w.Viewers), modules...)
	return w
}

// visit returns a visitor: the person, or nobody for 0.
func (w *town) visit(t *testing.T, person int64) *webtest.Visitor {
	t.Helper()
	return webtest.VisitAs(t, w.handler, person)
}

// event is one of Anna's in garten.
type event struct {
	ID, DateID int64 `db:"-"`
	path       string
}

// announce publishes an event and returns it.
func (w *town) announce(t *testing.T, title string, public bool, fields url.Values) event {
	t.Helper()
	form := url.Values{"title": {title}, "text": {"Text of " + title}, "place": {"Am Bach"}, "time": {"2099-05-08T17:00"}, "until_time": {"2099-05-08T21:00"}, "answers": {"dates"}}
	maps.Copy(form, fields)
	if public {
		form.Set("public", "on")
	}
	anna := w.visit(t, w.Anna.ID)
	anna.Send("/garten/events/add/", form, true)
	anna.Sees(http.StatusOK, "Your event is in the calendar.")
	e := event{path: anna.Page.Path}
	if err := w.db.Get(t.Context(), &e.ID, `SELECT MAX(id) FROM contents`); err != nil {
		t.Fatal(err)
	}
	e.DateID = w.dateOf(t, e, 0)
	return e
}

// dateOf returns the id of the n-th date of an event.
func (w *town) dateOf(t *testing.T, e event, n int) int64 {
	t.Helper()
	var ids []int64
	if err := w.db.Select(t.Context(), &ids, `SELECT id FROM event_dates WHERE content_id = ? ORDER BY starts_at, id`, e.ID); err != nil {
		t.Fatal(err)
	}
	return ids[n]
}

// makeSeries gives an event a second and a third date, a week apart, and asks for each date or for all at once.
func (w *town) makeSeries(t *testing.T, e event, answers string) {
	t.Helper()
	cast.Execute(t, w.db, `UPDATE events SET rule = 'FREQ=WEEKLY;COUNT=3', answers = ? WHERE content_id = ?`, answers, e.ID)
	for _, day := range []string{"2099-05-15", "2099-05-22"} {
		begins, err := time.ParseInLocation("2006-01-02T15:04", day+"T17:00", w.berlin)
		if err != nil {
			t.Fatal(err)
		}
		cast.Execute(t, w.db, `
			INSERT INTO event_dates (content_id, entity_id, day, begins, ends, place, place_key, starts_at, ends_at) VALUES (?, ?, ?, ?, ?, 'Am Bach', 'am bach', ?, ?)`,
			e.ID, w.Garten.EntityID, day, day+"T17:00", day+"T21:00", begins.UnixMilli(), begins.Add(4*time.Hour).UnixMilli())
	}
}

// answer lets a person answer.
func (w *town) answer(t *testing.T, g attendance.Given) error {
	t.Helper()
	return w.db.Write(t.Context(), func(tx *sqldb.Tx) error { return w.Answer(t.Context(), tx, g) })
}

// mustAnswer is answer for what works.
func (w *town) mustAnswer(t *testing.T, g attendance.Given) {
	t.Helper()
	if err := w.answer(t, g); err != nil {
		t.Fatal(err)
	}
}

// given is a yes of somebody who has an account.
func given(e event, p cast.Person, guests int) attendance.Given {
	return attendance.Given{ContentID: e.ID, DateID: e.DateID, PersonID: p.ID, Answer: attendance.Yes, Guests: guests}
}

// byMail is a yes of somebody who has none.
func byMail(e event, name string, guests int) attendance.Given {
	return attendance.Given{
		ContentID: e.ID, DateID: e.DateID, Address: strings.ToLower(name) + "@example.com", Name: name, Language: "en", Answer: attendance.Yes, Guests: guests,
	}
}

// list returns who has answered to an event, in the order of the queue: "carla yes+1", "Neu yes waiting".
func (w *town) list(t *testing.T, e event) []string {
	t.Helper()
	var rows []struct {
		Name       string `db:"name"`
		Answer     string `db:"answer"`
		Guests     int    `db:"guests"`
		Waiting    bool   `db:"waiting"`
		AskedAgain bool   `db:"asked_again"`
	}
	err := w.db.Select(t.Context(), &rows, `
		SELECT COALESCE(e.slug, a.name) AS name, a.answer, a.guests, a.waiting, a.asked_again
		  FROM attendances a LEFT JOIN people p ON p.id = a.person_id LEFT JOIN entities e ON e.id = p.entity_id WHERE a.content_id = ? ORDER BY a.queued_at, a.id`, e.ID)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{}
	for _, row := range rows {
		text := row.Name + " " + row.Answer
		if row.Guests > 0 {
			text += fmt.Sprintf("+%d", row.Guests)
		}
		if row.Waiting {
			text += " waiting"
		}
		if row.AskedAgain {
			text += " asked again"
		}
		all = append(all, text)
	}
	return all
}

// expect compares who has answered.
func (w *town) expect(t *testing.T, e event, want ...string) {
	t.Helper()
	if got := w.list(t, e); !slices.Equal(got, append([]string{}, want...)) {
		t.Errorf("answers are %q, want %q", got, want)
	}
}

// capacity returns the field of a form with so many places.
func capacity(n int) url.Values { return url.Values{"capacity": {fmt.Sprint(n)}} }

// happens records that something happened to an event.
func (w *town) happens(t *testing.T, name community.ActivityName, e event) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := w.Outbox.Record(t.Context(), tx, community.Activity{Name: name, ActorID: w.Bert.ID, EntityID: w.Garten.EntityID, ContentID: e.ID, DateID: e.DateID})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// each runs a test on all databases.
func each(t *testing.T, test func(t *testing.T, w *town)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) { test(t, newTown(t, db)) })
}
