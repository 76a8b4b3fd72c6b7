package helping_test

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/features/helping"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/eventtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// town is the room with what it stands on, and a site that shows the pages of events.
type town struct {
	*eventtest.Rooms
	db      *sqldb.DB
	handler http.Handler
	room    *helping.Helping
	told    []notify.Notice
	obey    mailin.Instruction
}

func newTown(t *testing.T, db *sqldb.DB) *town {
	t.Helper()
	w := &town{Rooms: eventtest.New(t, db, time.UTC, "http://example.org"), db: db}
	w.room = helping.New(helping.Deps{
		DB: db, Content: w.Content, Dates: w.Events, Outbox: w.Outbox, Letters: notify.NewLetters(w.Tray), Texts: w.Texts, Keys: w.Keys,
		Catalogues: w.Catalogues, Zone: time.UTC, BaseURL: "http://example.org",
	})
	own := w.room.Module()
	w.obey = own.Instructions[0]
	w.Outbox.React(own.Reactions...)
	modules := append(w.Modules(), own)
	w.told = module.Gather(modules, func(m module.Module) []notify.Notice { return m.Notices })
	w.Notices.Open(t, db, w.told...)
	w.handler = webtest.Open(t, webtest.NewSite(t, db, w.Viewers), modules...)
	return w
}

// visit returns a visitor: the person, or nobody for 0.
func (w *town) visit(t *testing.T, person int64) *webtest.Visitor {
	t.Helper()
	return webtest.VisitAs(t, w.handler, person)
}

// announce publishes an event of Anna's in garten and returns its id and path.
func (w *town) announce(t *testing.T, title string, public bool, begins string) (id int64, path string) {
	t.Helper()
	form := url.Values{"title": {title}, "text": {"Text of " + title}, "place": {"Am Bach"}, "time": {begins}}
	if public {
		form.Set("public", "on")
	}
	anna := w.visit(t, w.Anna.ID)
	anna.Send("/garten/events/add/", form, true)
	anna.Sees(http.StatusOK, "Your event is in the calendar.")
	if err := w.db.Get(t.Context(), &id, `SELECT MAX(id) FROM contents`); err != nil {
		t.Fatal(err)
	}
	return id, anna.Page.Path
}

// write lets Bert write the list of an event.
func (w *town) write(t *testing.T, contentID int64, lines string) {
	t.Helper()
	if err := w.room.Write(t.Context(), w.Bert.Viewer, contentID, lines); err != nil {
		t.Fatal(err)
	}
}

// dateOf returns the only date of an event, or the one of a day.
func (w *town) dateOf(t *testing.T, contentID int64, day string) (id int64) {
	t.Helper()
	query, args := `SELECT MIN(id) FROM event_dates WHERE content_id = ?`, []any{contentID}
	if day != "" {
		query, args = query+` AND day = ?`, append(args, day)
	}
	if err := w.db.Get(t.Context(), &id, query, args...); err != nil {
		t.Fatal(err)
	}
	return id
}

// addDate gives an event a further date.
func (w *town) addDate(t *testing.T, contentID int64, day string) int64 {
	t.Helper()
	at, err := time.Parse("2006-01-02T15:04", day+"T19:00")
	if err != nil {
		t.Fatal(err)
	}
	cast.Execute(t, w.db, `INSERT INTO event_dates (content_id, entity_id, day, begins, place, place_key, starts_at, ends_at) VALUES (?, ?, ?, ?, 'Am Bach', 'am bach', ?, ?)`,
		contentID, w.Garten.EntityID, day, day+"T19:00", clock.At(at), clock.At(at))
	return w.dateOf(t, contentID, day)
}

// needs returns the ids of the list of an event, in its order.
func (w *town) needs(t *testing.T, contentID int64) (ids []int64) {
	t.Helper()
	if err := w.db.Select(t.Context(), &ids, `SELECT id FROM help_needs WHERE content_id = ? ORDER BY place, id`, contentID); err != nil {
		t.Fatal(err)
	}
	return ids
}

// takings returns who has taken what, one line each.
func (w *town) takings(t *testing.T) string {
	t.Helper()
	var all []string
	err := w.db.Select(t.Context(), &all, `SELECT CONCAT(e.slug, ' ', t.amount, ' ', n.title) FROM help_takings t JOIN help_needs n ON n.id = t.need_id
		JOIN people p ON p.id = t.person_id JOIN entities e ON e.id = p.entity_id WHERE t.amount > 0 ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, ", ")
}

// take sends the form of the page of an event.
func take(v *webtest.Visitor, contentID, needID, dateID int64, amount int) webtest.Page {
	return v.Send("/stadt/content/"+strconv.FormatInt(contentID, 10)+"/help/", url.Values{
		"need": {strconv.FormatInt(needID, 10)}, "date": {strconv.FormatInt(dateID, 10)}, "amount": {strconv.Itoa(amount)},
	}, true)
}

// message returns what somebody is told of what happened last.
func (w *town) message(t *testing.T, language string, to cast.Person, reason notify.Reason) (*notify.Message, error) {
	t.Helper()
	e := cast.Latest(t, w.db)
	n := slices.IndexFunc(w.told, func(n notify.Notice) bool { return n.Activity == e.Name })
	if n < 0 {
		t.Fatal(e.Name)
	}
	return w.told[n].Compose(t.Context(), w.db, w.Catalogues.Printer(language, time.UTC), e, notify.Recipient{PersonID: to.ID, EntityID: to.EntityID, Reason: reason})
}
