package attendance_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/attendance"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

func TestTheLastPlaceIsGivenOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		e := w.announce(t, "Fest", true, capacity(2))
		w.mustAnswer(t, given(e, w.Anna, 0))
		rivals := []attendance.Given{given(e, w.Bert, 0), given(e, w.Carla, 0), byMail(e, "Neu", 0), byMail(e, "Mira", 0)}
		problems := make([]error, len(rivals))
		var all sync.WaitGroup
		for n, g := range rivals {
			all.Go(func() { problems[n] = w.answer(t, g) })
		}
		all.Wait()
		if err := errors.Join(problems...); err != nil {
			t.Fatal(err)
		}
		var places int
		if err := w.db.Get(t.Context(), &places, `SELECT COUNT(*) FROM attendances WHERE waiting = FALSE`); err != nil {
			t.Fatal(err)
		}
		if got := w.list(t, e); places != 2 || len(got) != 5 {
			t.Errorf("%d people have one of two places: %q", places, got)
		}
	})
}

// TestOneAnswerWaitsForTheOther lets somebody answer while somebody else's answer has been counted and not committed.
func TestOneAnswerWaitsForTheOther(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		e := w.announce(t, "Fest", true, capacity(1))
		counted, first := make(chan struct{}), make(chan error, 1)
		var once sync.Once
		go func() {
			first <- w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
				err := w.Answer(t.Context(), tx, given(e, w.Anna, 0))
				once.Do(func() { close(counted) })
				time.Sleep(200 * time.Millisecond) // long enough for whoever does not wait
				return err
			})
		}()
		<-counted
		w.mustAnswer(t, given(e, w.Bert, 0))
		if err := <-first; err != nil {
			t.Fatal(err)
		}
		w.expect(t, e, "anna yes", "bert yes waiting")
	})
}

func TestWhoWaitsMovesUpAndIsTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		e := w.announce(t, "Fest", true, capacity(2))
		w.mustAnswer(t, given(e, w.Anna, 0))
		w.mustAnswer(t, given(e, w.Bert, 0))
		w.mustAnswer(t, byMail(e, "Groß", 1))
		w.mustAnswer(t, byMail(e, "Neu", 0))
		w.mustAnswer(t, given(e, w.Carla, 0))
		w.expect(t, e, "anna yes", "bert yes", "Groß yes+1 waiting", "Neu yes waiting", "carla yes waiting")

		no := given(e, w.Anna, 0)
		no.Answer = attendance.No
		w.mustAnswer(t, no)
		w.expect(t, e, "anna no", "bert yes", "Groß yes+1 waiting", "Neu yes", "carla yes waiting") // two do not fit
		if l := w.Tray.TakeOne(t); l.Address != "neu@example.com" || l.Kind != "attendance-advanced" {
			t.Errorf("told is %s (%s)", l.Address, l.Kind)
		}

		maybe := given(e, w.Bert, 3)
		maybe.Answer = attendance.Maybe
		w.mustAnswer(t, maybe) // guests of somebody who may come take no places
		w.expect(t, e, "anna no", "bert maybe+3", "Groß yes+1 waiting", "Neu yes", "carla yes")
		if told := w.Notices.FanOut(t, w.db); fmt.Sprint(told) != "[email carla inbox carla]" {
			t.Errorf("told are %v", told)
		}
		if letters := w.Tray.Take(); len(letters) != 0 {
			t.Errorf("letters %+v", letters)
		}
		w.mustAnswer(t, given(e, w.Anna, 0)) // who comes back stands at the end
		w.expect(t, e, "bert maybe+3", "Groß yes+1 waiting", "Neu yes", "carla yes", "anna yes waiting")
	})
}

func TestNobodyLosesAPlaceByAskingForMore(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		e := w.announce(t, "Fest", true, capacity(3))
		w.mustAnswer(t, given(e, w.Anna, 1))
		w.mustAnswer(t, given(e, w.Bert, 0))
		if err := w.answer(t, given(e, w.Bert, 1)); !errs.Is(err, errs.Conflict) {
			t.Errorf("a guest more: %v", err)
		}
		if err := w.answer(t, given(e, w.Carla, 3)); !errs.Is(err, errs.Invalid) {
			t.Errorf("more than there will ever be: %v", err)
		}
		w.mustAnswer(t, given(e, w.Carla, 1))
		w.mustAnswer(t, given(e, w.Carla, 0)) // keeps waiting, and its place in the queue
		w.mustAnswer(t, given(e, w.Anna, 0))
		w.expect(t, e, "anna yes", "bert yes", "carla yes")
	})
}

func TestMorePlacesLetPeopleMoveUp(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		e := w.announce(t, "Fest", true, capacity(1))
		w.mustAnswer(t, given(e, w.Anna, 0))
		w.mustAnswer(t, given(e, w.Bert, 0))
		w.mustAnswer(t, byMail(e, "Neu", 0))
		anna := w.visit(t, w.Anna.ID)
		anna.Get(e.path + "edit/")
		anna.Sees(200, `name="capacity"`, `value="1"`)
		anna.Submit("Save", map[string]string{"capacity": "2"})
		w.expect(t, e, "anna yes", "bert yes", "Neu yes waiting")
		anna.Get(e.path + "edit/")
		anna.Submit("Save", map[string]string{"capacity": "1"}) // nobody is sent away
		w.expect(t, e, "anna yes", "bert yes", "Neu yes waiting")
		anna.Get(e.path + "edit/")
		anna.Submit("Save", map[string]string{"capacity": ""})
		w.expect(t, e, "anna yes", "bert yes", "Neu yes")
		if l := w.Tray.TakeOne(t); l.Address != "neu@example.com" {
			t.Errorf("told is %s", l.Address)
		}
	})
}

func TestASeriesIsAnsweredByDateOrAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		e := w.announce(t, "Probe", true, capacity(1))
		w.makeSeries(t, e, "dates")
		second := e
		second.DateID = w.dateOf(t, e, 1)
		w.mustAnswer(t, given(second, w.Bert, 0))
		all := given(e, w.Carla, 0)
		all.DateID = 0
		w.mustAnswer(t, all)
		w.expect(t, e, "bert yes", "carla yes", "carla yes waiting", "carla yes")
		no := given(second, w.Bert, 0)
		no.Answer = attendance.No
		w.mustAnswer(t, no)
		w.expect(t, e, "bert no", "carla yes", "carla yes", "carla yes")
		for n, want := range []string{"[carla]", "[carla]", "[carla]"} {
			if got := fmt.Sprint(w.coming(t, w.dateOf(t, e, n))); got != want {
				t.Errorf("to the date %d come %s, want %s", n, got, want)
			}
		}

		once := w.announce(t, "Kurs", true, capacity(1))
		w.makeSeries(t, once, "series")
		if err := w.answer(t, given(once, w.Bert, 0)); !errs.Is(err, errs.Conflict) {
			t.Errorf("one date of a series that is answered at once: %v", err)
		}
		once.DateID = 0
		w.mustAnswer(t, given(once, w.Bert, 0))
		w.mustAnswer(t, byMail(once, "Neu", 0))
		w.expect(t, once, "bert yes", "Neu yes waiting")
		for n := range 3 {
			if got := fmt.Sprint(w.coming(t, w.dateOf(t, once, n))); got != "[bert]" {
				t.Errorf("to the date %d come %s", n, got)
			}
		}
	})
}

func TestAnswersFollowASeriesThatIsSplit(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		for _, answers := range []string{"dates", "series"} {
			first, next := w.announce(t, "Probe "+answers, true, nil), w.announce(t, "Neue Probe "+answers, true, nil)
			w.makeSeries(t, first, answers)
			cast.Execute(t, w.db, `DELETE FROM event_dates WHERE content_id = ?`, next.ID)
			cast.Execute(t, w.db, `UPDATE events SET answers = ? WHERE content_id = ?`, answers, next.ID)
			g := given(first, w.Bert, 1)
			g.DateID = 0
			w.mustAnswer(t, g)
			first.DateID = w.dateOf(t, first, 1)
			cast.Execute(t, w.db, `UPDATE event_dates SET content_id = ? WHERE content_id = ? AND day >= '2099-05-15'`, next.ID, first.ID)
			w.happens(t, community.EventSplit, first)
			want := map[string][2][]string{
				"dates": {{"bert yes+1"}, {"bert yes+1", "bert yes+1"}}, "series": {{"bert yes+1"}, {"bert yes+1"}},
			}[answers]
			w.expect(t, first, want[0]...)
			w.expect(t, next, want[1]...)
			if got := fmt.Sprint(w.coming(t, first.DateID)); got != "[bert]" {
				t.Errorf("to a date that another series has now come %s", got)
			}
		}
	})
}

// coming returns who comes to a date, people and then strangers.
func (w *town) coming(t *testing.T, dateID int64) (all []string) {
	t.Helper()
	query, args := w.ComingAt([]int64{dateID})
	err := w.db.Select(t.Context(), &all, `SELECT e.slug FROM (`+query+`) x JOIN people p ON p.id = x.person_id JOIN entities e ON e.id = p.entity_id ORDER BY e.slug`, args...)
	if err != nil {
		t.Fatal(err)
	}
	strangers, err := w.StrangersComingAt(t.Context(), w.db, []int64{dateID})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range strangers {
		if !strings.HasPrefix(s.URL, "http://example.org/stadt/attendance/") {
			t.Errorf("the link of %s is %s", s.Name, s.URL)
		}
		all = append(all, s.Name)
	}
	return all
}

func TestWhatCannotBeAnswered(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		open := w.announce(t, "Fest", true, nil)
		internal := w.announce(t, "Kasse", false, nil)
		over := w.announce(t, "Vorbei", true, map[string][]string{"time": {"2020-05-08T17:00"}, "until_time": {"2020-05-08T21:00"}})
		silent := w.announce(t, "Still", true, map[string][]string{"answers": {"none"}})
		cancelled := w.announce(t, "Abgesagt", true, nil)
		cast.Execute(t, w.db, `UPDATE event_dates SET cancelled = TRUE WHERE content_id = ?`, cancelled.ID)
		deleted := w.announce(t, "Weg", true, nil)
		cast.Execute(t, w.db, `UPDATE contents SET deleted_at = 1 WHERE id = ?`, deleted.ID)
		article := event{ID: cast.AddContent(t, w.db, cast.Content{EntityID: w.Garten.EntityID, AuthorID: w.Anna.ID, Slug: "text", Public: true})}
		with := func(g attendance.Given, change func(*attendance.Given)) attendance.Given {
			change(&g)
			return g
		}
		for what, c := range map[string]struct {
			given attendance.Given
			kind  errs.Kind
		}{
			"an internal event, from outside":   {given(internal, w.Carla, 0), errs.Denied},
			"an internal event, by mail":        {byMail(internal, "Neu", 0), errs.Unauthenticated},
			"what is over":                      {given(over, w.Carla, 0), errs.Conflict},
			"what is over, all dates":           {with(given(over, w.Carla, 0), func(g *attendance.Given) { g.DateID = 0 }), errs.Conflict},
			"what nobody is asked for":          {given(silent, w.Anna, 0), errs.Denied},
			"what is cancelled":                 {given(cancelled, w.Anna, 0), errs.Conflict},
			"what is cancelled, all dates":      {with(given(cancelled, w.Anna, 0), func(g *attendance.Given) { g.DateID = 0 }), errs.Conflict},
			"what is deleted":                   {given(deleted, w.Anna, 0), errs.NotFound},
			"an article":                        {given(article, w.Anna, 0), errs.Conflict},
			"a date of another event":           {with(given(open, w.Anna, 0), func(g *attendance.Given) { g.DateID = over.DateID }), errs.Conflict},
			"too many guests":                   {given(open, w.Anna, 10), errs.Invalid},
			"fewer guests than none":            {given(open, w.Anna, -1), errs.Invalid},
			"no answer":                         {with(given(open, w.Anna, 0), func(g *attendance.Given) { g.Answer = "perhaps" }), errs.Invalid},
			"a name that nobody sees":           {with(byMail(open, "Neu", 0), func(g *attendance.Given) { g.Name = "\u200b" }), errs.Invalid},
			"a name that is a text":             {with(byMail(open, "Neu", 0), func(g *attendance.Given) { g.Name = strings.Repeat("x", 61) }), errs.Invalid},
			"an address that is none":           {with(byMail(open, "Neu", 0), func(g *attendance.Given) { g.Address = "neu" }), errs.Invalid},
			"somebody whom there is not":        {with(given(open, w.Anna, 0), func(g *attendance.Given) { g.PersonID = 9999 }), errs.NotFound},
			"an event that there is not at all": {with(given(open, w.Anna, 0), func(g *attendance.Given) { g.ContentID = 9999 }), errs.NotFound},
		} {
			if err := w.answer(t, c.given); !errs.Is(err, c.kind) {
				t.Errorf("%s: %v, want %v", what, err, c.kind)
			}
		}
		var rows int
		if err := w.db.Get(t.Context(), &rows, `SELECT COUNT(*) FROM attendances`); err != nil || rows != 0 {
			t.Errorf("%d answers, %v", rows, err)
		}
	})
}

func TestAnAddressOfAPersonStandsForThem(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		e := w.announce(t, "Fest", true, nil)
		g := byMail(e, "Wer auch immer", 1)
		g.Address = w.Carla.Address
		w.mustAnswer(t, g)
		w.expect(t, e, "carla yes+1")

		w.mustAnswer(t, byMail(e, "Neu", 0)) // and has an account later
		neu := cast.AddPerson(t, w.db, "neuling")
		cast.Execute(t, w.db, `INSERT INTO email_addresses (person_id, address, address_key, verified_at) VALUES (?, 'neu@example.com', 'neu@example.com', 1)`, neu.ID)
		w.mustAnswer(t, given(e, neu, 2))
		w.expect(t, e, "carla yes+1", "neuling yes+2")
	})
}

func TestAMovedDateAsksAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		e := w.announce(t, "Fest", true, nil)
		w.mustAnswer(t, given(e, w.Carla, 0))
		no := given(e, w.Anna, 0)
		no.Answer = attendance.No
		w.mustAnswer(t, no)
		w.mustAnswer(t, byMail(e, "Neu", 0))
		w.happens(t, community.EventMoved, e)
		w.expect(t, e, "carla yes asked again", "anna no", "Neu yes asked again")
		if got := webtest.Activities(t, w.db); !slices.Contains(got, "attendance.reopened garten by bert") {
			t.Errorf("%q", got)
		}
		if told := w.Notices.FanOut(t, w.db); !slices.Contains(told, "email carla") || slices.Contains(told, "email anna") {
			t.Errorf("told are %v", told)
		}
		if l := w.Tray.TakeOne(t); l.Kind != "attendance-moved" || l.Address != "neu@example.com" {
			t.Errorf("letter %+v", l)
		}
		if got := fmt.Sprint(w.coming(t, e.DateID)); got != "[carla Neu]" {
			t.Errorf("whoever has not answered again does not come: %s", got)
		}
		w.mustAnswer(t, given(e, w.Carla, 0))
		w.expect(t, e, "carla yes", "anna no", "Neu yes asked again")
	})
}

func TestStrangersAreToldThatAnEventIsCancelled(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		e := w.announce(t, "Fest", true, nil)
		w.mustAnswer(t, byMail(e, "Neu", 0))
		for kind, happens := range map[string]struct {
			name      community.ActivityName
			cancelled bool
			status    string
		}{
			"event-cancelled": {community.EventCancelled, true, "STATUS:CANCELLED"}, "event-reinstated": {community.EventReinstated, false, "STATUS:CONFIRMED"},
		} {
			cast.Execute(t, w.db, `UPDATE events SET cancelled = ? WHERE content_id = ?`, happens.cancelled, e.ID)
			w.happens(t, happens.name, e)
			l := w.Tray.TakeOne(t)
			if l.Kind != kind || len(l.Calendars) != 1 || l.Calendars[0].Method != "PUBLISH" || l.Calendars[0].Invites || !strings.Contains(l.Calendars[0].Text, happens.status) {
				t.Errorf("letter %+v", l)
			}
		}
		cast.Execute(t, w.db, `UPDATE contents SET public = FALSE WHERE id = ?`, e.ID)
		w.happens(t, community.EventCancelled, e)
		w.happens(t, community.EventMoved, e)
		if letters := w.Tray.Take(); len(letters) != 0 {
			t.Errorf("of what is internal strangers hear %+v", letters)
		}
	})
}

func TestWhoLeavesTheGroupDoesNotComeToWhatIsInternal(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		internal, public := w.announce(t, "Kasse", false, capacity(1)), w.announce(t, "Fest", true, nil)
		over := w.announce(t, "Früher", false, nil)
		for _, e := range []event{internal, public, over} {
			w.mustAnswer(t, given(e, w.Bert, 0))
		}
		w.mustAnswer(t, given(internal, w.Anna, 0))
		cast.Execute(t, w.db, `UPDATE event_dates SET starts_at = 1, ends_at = 2 WHERE content_id = ?`, over.ID)
		err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := w.Outbox.Record(t.Context(), tx, community.Activity{Name: community.MembershipEnded, EntityID: w.Garten.EntityID, PersonID: w.Bert.ID})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		w.expect(t, internal, "anna yes")
		w.expect(t, public, "bert yes")
		w.expect(t, over, "bert yes")
	})
}

func TestADeletedAccountFreesItsPlaces(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		e := w.announce(t, "Fest", true, capacity(2))
		w.mustAnswer(t, given(e, w.Bert, 1))
		w.mustAnswer(t, byMail(e, "Neu", 0))
		err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := w.Outbox.Record(t.Context(), tx, community.Activity{Name: community.PersonDeleted, ActorID: w.Bert.ID, PersonID: w.Bert.ID})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		w.expect(t, e, "Neu yes")
		if l := w.Tray.TakeOne(t); l.Kind != "attendance-advanced" {
			t.Errorf("letter %+v", l)
		}
	})
}

func TestTheAddressOfAStrangerGoesAMonthAfterTheDate(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		e, deleted := w.announce(t, "Fest", true, nil), w.announce(t, "Weg", true, nil)
		w.mustAnswer(t, byMail(e, "Neu", 1))
		w.mustAnswer(t, byMail(e, "Mira", 0))
		w.mustAnswer(t, given(e, w.Carla, 0))
		w.mustAnswer(t, byMail(deleted, "Neu", 1))
		cast.Execute(t, w.db, `UPDATE contents SET deleted_at = 1 WHERE id = ?`, deleted.ID)
		known := func(at time.Duration) (n int) {
			t.Helper()
			cast.Execute(t, w.db, `UPDATE event_dates SET starts_at = ?, ends_at = ? WHERE id = ?`, clock.At(w.db.Now().Add(at)), clock.At(w.db.Now().Add(at)), e.DateID)
			if err := w.ForgetStrangers(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := w.db.Get(t.Context(), &n, `SELECT COUNT(*) FROM attendances WHERE address IS NOT NULL OR address_key IS NOT NULL OR name <> ''`); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := known(-29 * 24 * time.Hour); n != 2 {
			t.Errorf("%d addresses are known after 29 days, want 2: that of a deleted event goes at once", n)
		}
		if n := known(-31 * 24 * time.Hour); n != 0 {
			t.Errorf("%d addresses are known after 31 days", n)
		}
		w.expect(t, e, " yes+1", " yes", "carla yes")
	})
}

// TestListsOfWhoComesAreReadFromAnIndex asks the databases about a site on which many have answered.
func TestListsOfWhoComesAreReadFromAnIndex(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		var dates [][]any
		e := w.announce(t, "Fest", true, nil)
		now := db.Now()
		for n := range 200 {
			day := clock.At(now.Add(time.Duration(n+1000) * 24 * time.Hour))
			dates = append(dates, []any{int64(1000 + n), e.ID, w.Garten.EntityID, day.Format(time.DateOnly), "x", "x", "x", day, day})
		}
		var answers [][]any
		for n := range 4000 {
			address := fmt.Sprintf("a%d@example.com", n)
			var date, series any = int64(1000 + n%200), nil
			if n%10 == 0 {
				date, series = nil, e.ID
			}
			answers = append(answers, []any{e.ID, date, series, address, address, "yes", 0, n%7 == 0, now, now})
		}
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			err := tx.InsertRows(t.Context(), `INSERT INTO event_dates (id, content_id, entity_id, day, begins, place, place_key, starts_at, ends_at)`, dates)
			if err != nil {
				return err
			}
			return tx.InsertRows(t.Context(), `
				INSERT INTO attendances (content_id, date_id, series_id, address, address_key, answer, guests, waiting, queued_at, answered_at)`, answers)
		})
		if err == nil {
			err = db.Analyze(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		for index, lists := range attendance.Lists(e.ID, 1005, w.Bert.ID, now) {
			for _, list := range lists {
				q := &dbtest.Explainer{DB: db}
				if err := list(t.Context(), q); err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(fmt.Sprint(q.Plan), index) {
					t.Errorf("a list is not found by %s:\n%s", index, q.Plan)
				}
			}
		}
	})
}

func TestWhoWantedToComeIsAskedAndOthersAreTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		e := w.announce(t, "Fest", true, nil)
		w.mustAnswer(t, given(e, w.Carla, 0))
		w.mustAnswer(t, given(e, w.Anna, 0))
		anna := w.visit(t, w.Anna.ID)
		anna.Get(e.path + "edit/")
		anna.Submit("Save", map[string]string{"time": "2099-05-09T17:00", "until_time": "2099-05-09T21:00"})
		anna.Sees(200, "The changes have been saved.")
		w.expect(t, e, "carla yes asked again", "anna yes asked again")
		if told := w.Notices.FanOut(t, w.db); fmt.Sprint(told) != "[email anna email carla inbox carla]" {
			t.Errorf("asked again are %v", told)
		}
		for _, statement := range []string{`DELETE FROM inbox_entries`, `DELETE FROM deliveries`, `DELETE FROM activities WHERE name = 'attendance.reopened'`} {
			cast.Execute(t, w.db, statement)
		}
		if told := w.Notices.FanOut(t, w.db); fmt.Sprint(told) != "[email bert inbox bert]" {
			t.Errorf("told that it has moved are %v", told)
		}
	})
}

func TestWhoWantsToComeIsToldOfACancelledEventOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		e := w.announce(t, "Fest", true, nil)
		w.mustAnswer(t, given(e, w.Carla, 0)) // subscribes to nothing
		w.mustAnswer(t, given(e, w.Anna, 0))  // subscribes to the group
		for _, name := range []community.ActivityName{community.EventCancelled, community.EventReinstated} {
			w.happens(t, name, e)
			if told := w.Notices.FanOut(t, w.db); fmt.Sprint(told) != "[email anna email bert email carla inbox anna inbox carla]" {
				t.Errorf("told of %s are %v", name, told)
			}
		}
	})
}

// TestALaterAnswerCounts gives answers of programs, which are heard of late, beside those of the site.
func TestALaterAnswerCounts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		e := w.announce(t, "Fest", true, nil)
		w.makeSeries(t, e, "dates")
		now := w.db.Now()
		late := func(answer attendance.Answer, before time.Duration, dates ...int64) attendance.Given {
			g := given(e, w.Bert, 0)
			g.Answer, g.At, g.DateID = answer, clock.At(now.Add(-before)), 0
			if len(dates) > 0 {
				g.DateID, g.More = dates[0], dates[1:]
			}
			return g
		}
		first, second := w.dateOf(t, e, 0), w.dateOf(t, e, 1)
		expect := func(want ...string) { // whichever stands first in the queue
			t.Helper()
			if got := w.list(t, e); !slices.Equal(slices.Sorted(slices.Values(got)), want) {
				t.Errorf("answers are %q, want %q", got, want)
			}
		}
		w.mustAnswer(t, late(attendance.No, 2*time.Hour, first))
		w.mustAnswer(t, late(attendance.Maybe, time.Hour, first, second)) // is later than that
		expect("bert maybe", "bert maybe")
		w.mustAnswer(t, late(attendance.Yes, 3*time.Hour))
		expect("bert maybe", "bert maybe", "bert yes") // of the third date it is the first that he says
		w.mustAnswer(t, given(e, w.Bert, 0))
		w.mustAnswer(t, late(attendance.No, time.Minute))
		expect("bert no", "bert no", "bert yes")
		w.mustAnswer(t, late(attendance.No, -time.Hour, first)) // by a clock that is wrong
		w.mustAnswer(t, given(e, w.Bert, 0))
		expect("bert no", "bert no", "bert yes")
	})
}
