package events_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/eventtest"
	"grouprise.org/grouprise/internal/testkit/golden"
	"grouprise.org/grouprise/internal/testkit/mailtest"
)

// ending is a group with a past event, a coming one, an internal one and a series, and people who count on them.
type ending struct {
	*eventtest.Rooms
	db                           *sqldb.DB
	past, fest, internal, series int64
}

func newEnding(t *testing.T, db *sqldb.DB) *ending {
	t.Helper()
	w := &ending{Rooms: eventtest.New(t, db, time.UTC, "http://example.org"), db: db}
	w.Outbox.React(module.Gather(w.Modules(), func(m module.Module) []outbox.Reaction { return m.Reactions })...)
	w.past = w.add(t, "Gestern", true, "", "2020-05-08")
	w.fest = w.add(t, "Fest", true, "", "2099-05-08")
	w.internal = w.add(t, "Vorstand", false, "", "2099-06-08")
	w.series = w.add(t, "Gießen", true, "FREQ=WEEKLY", "2020-05-08", "2099-05-08", "2099-05-15")
	for _, a := range []struct {
		content, person int64
		answer          string
	}{{w.past, w.Carla.ID, "yes"}, {w.fest, w.Carla.ID, "yes"}, {w.fest, w.Bert.ID, "no"}, {w.internal, w.Bert.ID, "maybe"}, {w.internal, w.Carla.ID, "yes"}} {
		cast.Execute(t, db, `INSERT INTO attendances (content_id, date_id, person_id, answer, queued_at, answered_at)
			SELECT d.content_id, d.id, ?, ?, 1, 1 FROM event_dates d WHERE d.content_id = ?`, a.person, a.answer, a.content)
	}
	cast.Execute(t, db, `INSERT INTO attendances (content_id, series_id, address, address_key, name, language, answer, waiting, queued_at, answered_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, 1)`,
		w.series, w.series, "Gast@example.com", "gast@example.com", "Gast", "de", "yes", true)
	cast.Execute(t, db, `INSERT INTO reply_keys (secret, person_id, content_id, created_at) VALUES ('abcdefghijklmno', ?, ?, 1)`, w.Carla.ID, w.fest)
	cast.Execute(t, db, `INSERT INTO help_needs (content_id, place, wanted, title) VALUES (?, 1, 3, 'Kuchen')`, w.series)
	cast.Execute(t, db, `INSERT INTO help_takings (need_id, date_id, person_id, amount, taken_at)
		SELECT n.id, d.id, ?, 1, 1 FROM help_needs n JOIN event_dates d ON d.content_id = n.content_id WHERE d.day = '2099-05-15'`, w.Carla.ID)
	return w
}

// add adds an event of garten with some dates at six.
func (w *ending) add(t *testing.T, title string, public bool, rule string, days ...string) int64 {
	t.Helper()
	id := cast.AddContent(t, w.db, cast.Content{EntityID: w.Garten.EntityID, AuthorID: w.Anna.ID, Public: public})
	cast.Execute(t, w.db, `UPDATE contents SET kind = 'event', title = ?, slug = ? WHERE id = ?`, title, strings.ToLower(title), id)
	cast.Execute(t, w.db, `INSERT INTO events (content_id, place, place_key, zone, all_day, begins, rule, answers) VALUES (?, '', '', 'UTC', FALSE, ?, ?, 'dates')`, id, days[0]+"T18:00", rule)
	for _, day := range days {
		at, err := time.Parse("2006-01-02", day)
		if err != nil {
			t.Fatal(err)
		}
		cast.Execute(t, w.db, `INSERT INTO event_dates (content_id, entity_id, day, begins, place, place_key, starts_at, ends_at) VALUES (?, ?, ?, ?, '', '', ?, ?)`,
			id, w.Garten.EntityID, day, day+"T18:00", clock.At(at), clock.At(at.Add(time.Hour)))
	}
	return id
}

// happens records something that happens to garten, as the room of groups does.
func (w *ending) happens(t *testing.T, name community.ActivityName, archived bool) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		var at any
		if archived {
			at = tx.Now
		}
		if _, err := tx.Exec(t.Context(), `UPDATE entities SET archived_at = ? WHERE id = ?`, at, w.Garten.EntityID); err != nil {
			return err
		}
		_, err := w.Outbox.Record(t.Context(), tx, community.Activity{Name: name, ActorID: w.Anna.ID, EntityID: w.Garten.EntityID})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// cancelled returns the dates that do not take place.
func (w *ending) cancelled(t *testing.T) string {
	t.Helper()
	var all []string
	err := w.db.Select(t.Context(), &all, `
		SELECT c.title || ' ' || d.day FROM event_dates d JOIN events v ON v.content_id = d.content_id JOIN contents c ON c.id = d.content_id
		 WHERE d.cancelled = TRUE OR v.cancelled = TRUE ORDER BY d.day, c.title`)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, ", ")
}

// told returns to whom letters have gone, and prints them.
func (w *ending) told(t *testing.T, kind string) (names []string, printed string) {
	t.Helper()
	for _, l := range w.Tray.Take() {
		if l.Kind != kind {
			t.Errorf("a letter of the kind %s", l.Kind)
		}
		names = append(names, l.Address)
		printed += mailtest.Print(l) + "\n"
	}
	return names, printed
}

func TestTheComingDatesOfAnArchivedGroupAreCancelledAndTakePlaceAfterAll(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newEnding(t, db)
		w.happens(t, community.GroupArchived, true)
		const all = "Fest 2099-05-08, Gießen 2099-05-08, Gießen 2099-05-15, Vorstand 2099-06-08"
		if got := w.cancelled(t); got != all {
			t.Errorf("cancelled are %s", got)
		}
		names, printed := w.told(t, "event-cancelled")
		if want := []string{w.Bert.Address, w.Carla.Address, "Gast@example.com"}; !slices.Equal(names, want) {
			t.Errorf("told are %q", names)
		}
		golden.Equal(t, "group-archived", printed)
		w.happens(t, community.GroupArchived, true)
		if again, _ := w.told(t, "event-cancelled"); len(again) > 0 {
			t.Errorf("told again are %q", again)
		}
		var revisions []int
		if err := db.Select(t.Context(), &revisions, `SELECT c.revision FROM contents c JOIN versions x ON x.content_id = c.id AND x.revision = c.revision ORDER BY c.id`); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(revisions, []int{2, 2, 2}) {
			t.Errorf("revisions are %v", revisions)
		}

		past := clock.At(time.Now().Add(-time.Hour)) // in the meantime
		cast.Execute(t, db, `UPDATE event_dates SET starts_at = ? WHERE content_id = ?`, past, w.internal)
		w.happens(t, community.GroupReactivated, false)
		if got := w.cancelled(t); got != "Vorstand 2099-06-08" {
			t.Errorf("cancelled are still %s", got)
		}
		names, printed = w.told(t, "event-reinstated")
		if want := []string{w.Carla.Address, "Gast@example.com"}; !slices.Equal(names, want) {
			t.Errorf("told are %q", names)
		}
		golden.Equal(t, "group-reactivated", printed)
		var kept int
		if err := db.Get(t.Context(), &kept, `SELECT COUNT(*) FROM archived_dates`); err != nil || kept != 0 {
			t.Errorf("%d dates are kept, %v", kept, err)
		}
	})
}

func TestWhatWasCancelledBeforeIsNotReinstated(t *testing.T) {
	t.Parallel()
	w := newEnding(t, dbtest.SQLite(t))
	cast.Execute(t, w.db, `UPDATE events SET cancelled = TRUE WHERE content_id = ?`, w.fest)
	cast.Execute(t, w.db, `UPDATE event_dates SET cancelled = TRUE WHERE day = '2099-05-15'`)
	w.happens(t, community.GroupArchived, true)
	w.happens(t, community.GroupReactivated, false)
	if got := w.cancelled(t); got != "Fest 2099-05-08, Gießen 2099-05-15" {
		t.Errorf("cancelled are %s", got)
	}
}

func TestEventsThatOtherGroupsShowOutliveTheirGroup(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newEnding(t, db)
		other := cast.AddGroup(t, db, "andere")
		for n, host := range []int64{other.EntityID, w.Chor.EntityID} {
			for _, id := range []int64{w.fest, w.internal, w.past} {
				cast.Execute(t, db, `INSERT INTO event_hosts (content_id, entity_id, state, invited_at, decided_at) VALUES (?, ?, 'shown', 1, ?)`, id, host, 9-n)
			}
		}
		w.happens(t, community.GroupRemoved, false)
		var got []string
		err := db.Select(t.Context(), &got, `
			SELECT c.title || ' of ' || e.slug || ' on ' || d.day FROM contents c JOIN entities e ON e.id = c.entity_id JOIN event_dates d ON d.content_id = c.id AND d.entity_id = e.id
			 WHERE e.slug <> 'garten' ORDER BY c.id`)
		if err != nil || !slices.Equal(got, []string{"Fest of chor on 2099-05-08"}) {
			t.Errorf("handed over are %q, %v", got, err)
		}
		var hosts []int64
		if err := db.Select(t.Context(), &hosts, `SELECT entity_id FROM event_hosts WHERE content_id = ? ORDER BY entity_id`, w.fest); err != nil || !slices.Equal(hosts, []int64{other.EntityID}) {
			t.Errorf("shown by %v, %v", hosts, err)
		}
		names, printed := w.told(t, "event-cancelled")
		if len(names) != 3 || !strings.Contains(printed, "removed") {
			t.Errorf("told are %q: %s", names, printed)
		}
		if got := w.cancelled(t); !strings.Contains(got, "Fest") {
			t.Errorf("cancelled are %s", got)
		}
	})
}

func TestTheCalendarOfAnArchivedGroupIsGone(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	w.announce(t, "Fest", true, url.Values{"time": {"2099-05-08T17:00"}})
	anna, nobody := w.visit(t, w.Anna.ID), w.visit(t, 0)
	for archived, want := range map[bool]int{false: http.StatusOK, true: http.StatusGone} {
		cast.Execute(t, w.db, `UPDATE entities SET archived_at = CASE WHEN ? THEN 1 ELSE NULL END WHERE slug = 'garten'`, archived)
		if got := nobody.Ask(http.MethodGet, "/garten/events/public.ics").Status; got != want {
			t.Errorf("archived: %v: the public calendar answers %d", archived, got)
		}
		if got := nobody.Ask(http.MethodGet, "/garten/events/private.ics?token=anna:x").Status; archived != (got == http.StatusGone) {
			t.Errorf("archived: %v: the private calendar answers %d", archived, got)
		}
		if got := anna.Get("/garten/events/export").Status; got != want {
			t.Errorf("archived: %v: the page answers %d", archived, got)
		}
		if got := nobody.Get(community.GroupCalendarPath(w.Garten.ID)); got.Status != http.StatusOK || strings.Contains(got.Body, "Subscribe to calendar") == archived {
			t.Errorf("archived: %v: the calendar answers %d", archived, got.Status)
		}
	}
}
