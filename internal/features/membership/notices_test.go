package membership_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/golden"
	"grouprise.org/grouprise/internal/testkit/mailtest"
)

// added is the activity of Anna adding somebody to the choir.
func (h *house) added(t *testing.T, address string) community.Activity {
	t.Helper()
	if _, err := h.AddByAddress(t.Context(), h.Anna.Viewer, h.Chor, address); err != nil {
		t.Fatal(err)
	}
	var e community.Activity
	err := h.db.Get(t.Context(), &e, `SELECT id, name, actor_id, entity_id, person_id, occurred_at FROM activities ORDER BY id DESC LIMIT 1`)
	if err != nil {
		t.Fatal(err)
	}
	e.OccurredAt = clock.Time{}
	return e
}

func TestAllMembersAreToldWhomAMemberAdded(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	notice := h.Module().Notices[0]
	if !notice.Always || !slices.Equal(notice.Channels, []string{"email"}) {
		t.Errorf("the notice heeds preferences, or takes other channels: %+v", notice)
	}
	e := h.added(t, h.Carla.Address)
	audience, err := notice.Audience(t.Context(), h.db, e)
	if err != nil {
		t.Fatal(err)
	}
	if got := mailtest.Audience(t, h.db, audience); got != "anna member, carla addressed" {
		t.Errorf("the audience is %s", got)
	}
	dora := h.added(t, h.Dora.Address)
	for _, language := range []string{"en", "de"} {
		p := h.catalogues.Printer(language, nil)
		for _, c := range []struct {
			name string
			e    community.Activity
			to   notify.Recipient
		}{
			{"added-member", e, notify.Recipient{PersonID: h.Anna.ID, SignsIn: true}},
			{"added-self", e, notify.Recipient{PersonID: h.Carla.ID, SignsIn: true}},
			{"added-self-without-account", dora, notify.Recipient{PersonID: h.Dora.ID}},
		} {
			m, err := notice.Compose(t.Context(), h.db, p, c.e, c.to)
			if err != nil {
				t.Fatal(err)
			}
			golden.Equal(t, c.name+"."+language, mailtest.PrintMessage(m))
		}
	}
}

// TestANameFromRightToLeftTurnsNothingAround keeps the mail about somebody whose name would draw the quotes and words
// beside it to its other side.
func TestANameFromRightToLeftTurnsNothingAround(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	const name = "שרה לוי (2)"
	cast.Execute(t, h.db, `UPDATE entities SET name = ? WHERE slug = 'carla'`, name)
	cast.Execute(t, h.db, `UPDATE people SET first_name = 'שרה', last_name = 'לוי (2)' WHERE id = ?`, h.Carla.ID)
	e := h.added(t, h.Carla.Address)
	for _, language := range []string{"en", "de"} {
		m, err := h.Module().Notices[0].Compose(t.Context(), h.db, h.catalogues.Printer(language, nil), e, notify.Recipient{PersonID: h.Anna.ID, SignsIn: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{m.Subject, m.Intro} {
			if !strings.Contains(line, "\u2068"+name+"\u2069") {
				t.Errorf("the name is not enclosed in %q", line)
			}
		}
		golden.Equal(t, "added-right-to-left."+language, mailtest.PrintMessage(m))
	}
}

// TestComposingAsksNothingPerRecipient counts the statements of what everybody is told who is told together.
func TestComposingAsksNothingPerRecipient(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		members := []int64{h.Carla.ID}
		for i := range 40 {
			p := cast.AddPerson(t, db, fmt.Sprintf("sopran%d", i))
			cast.Join(t, db, h.Chor.ID, p.ID)
			members = append(members, p.ID)
		}
		e := h.added(t, h.Carla.Address)
		standings, err := policy.ReadStandings(t.Context(), db, members, []int64{h.Chor.EntityID})
		if err != nil {
			t.Fatal(err)
		}
		compose := func(to []int64) int64 {
			t.Helper()
			before, q := db.Stats().Statements, sqldb.NewMemo(db)
			for _, id := range to {
				_, err := h.Module().Notices[0].Compose(t.Context(), q, h.catalogues.Printer("en", nil), e, notify.Recipient{PersonID: id, Standings: standings})
				if err != nil {
					t.Fatal(err)
				}
			}
			return db.Stats().Statements - before
		}
		if few, many := compose(members[:2]), compose(members); few != many || few > 6 {
			t.Errorf("two recipients take %d statements, %d take %d", few, len(members), many)
		}
	})
}

func TestNobodyElseIsToldWhoBelongsToAGroup(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	notice := h.Module().Notices[0]
	for _, e := range []community.Activity{
		{EntityID: h.Garten.EntityID, PersonID: h.Bert.ID, ActorID: h.Bert.ID},  // joined by himself
		{EntityID: h.Garten.EntityID, PersonID: h.Bert.ID},                      // imported
		{EntityID: h.Garten.EntityID, PersonID: h.Carla.ID, ActorID: h.Anna.ID}, // has left again
	} {
		audience, err := notice.Audience(t.Context(), h.db, e)
		if err != nil {
			t.Fatal(err)
		}
		if got := mailtest.Audience(t, h.db, audience); got != "" {
			t.Errorf("%+v has the audience %s", e, got)
		}
	}
	e := h.added(t, h.Carla.Address)
	p := h.catalogues.Printer("en", nil)
	if _, err := notice.Compose(t.Context(), h.db, p, e, notify.Recipient{PersonID: h.Bert.ID}); !errs.Is(err, errs.Denied) {
		t.Errorf("Bert, who is no member, is told: %v", err)
	}
	if _, err := h.Leave(t.Context(), h.Carla.Viewer, h.Chor); err != nil {
		t.Fatal(err)
	}
	if _, err := notice.Compose(t.Context(), h.db, p, e, notify.Recipient{PersonID: h.Anna.ID}); !errs.Is(err, errs.Denied) {
		t.Errorf("Anna is told of Carla, who has left: %v", err)
	}
}

func TestAnApplicantIsToldThatTheGroupHasDeclined(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	notice := h.Module().Notices[1]
	if !notice.Always || !slices.Equal(notice.Channels, []string{"email"}) {
		t.Errorf("the notice heeds preferences, or takes other channels: %+v", notice)
	}
	e := community.Activity{ID: 7, Name: community.ApplicationDeclined, ActorID: h.Anna.ID, EntityID: h.Chor.EntityID, PersonID: h.Carla.ID}
	audience, err := notice.Audience(t.Context(), h.db, e)
	if err != nil {
		t.Fatal(err)
	}
	if got := mailtest.Audience(t, h.db, audience); got != "carla addressed" {
		t.Errorf("the audience is %s", got)
	}
	for _, language := range []string{"en", "de"} {
		m, err := notice.Compose(t.Context(), h.db, h.catalogues.Printer(language, nil), e, notify.Recipient{PersonID: h.Carla.ID})
		if err != nil {
			t.Fatal(err)
		}
		text := mailtest.PrintMessage(m)
		if strings.Contains(text, "Anna") {
			t.Errorf("the mail says who declined:\n%s", text)
		}
		golden.Equal(t, "declined."+language, text)
	}
	if _, err := h.AddByAddress(t.Context(), h.Anna.Viewer, h.Chor, h.Carla.Address); err != nil {
		t.Fatal(err)
	}
	if _, err := notice.Compose(t.Context(), h.db, h.catalogues.Printer("en", nil), e, notify.Recipient{PersonID: h.Carla.ID}); !errs.Is(err, errs.Denied) {
		t.Errorf("a member is told that they were declined: %v", err)
	}
}
