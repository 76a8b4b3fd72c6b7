package membership_test

import (
	"slices"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
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
	want := []notify.Candidate{{PersonID: h.Carla.ID, Reason: notify.Addressed}, {PersonID: h.Anna.ID, Reason: notify.Member}, {PersonID: h.Carla.ID, Reason: notify.Member}}
	if err != nil || !slices.Equal(audience, want) {
		t.Errorf("audience %+v, %v, want %+v", audience, err, want)
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

func TestNobodyElseIsToldWhoBelongsToAGroup(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	notice := h.Module().Notices[0]
	for _, e := range []community.Activity{
		{EntityID: h.Garten.EntityID, PersonID: h.Bert.ID, ActorID: h.Bert.ID},  // joined by himself
		{EntityID: h.Garten.EntityID, PersonID: h.Bert.ID},                      // imported
		{EntityID: h.Garten.EntityID, PersonID: h.Carla.ID, ActorID: h.Anna.ID}, // has left again
	} {
		if audience, err := notice.Audience(t.Context(), h.db, e); err != nil || len(audience) > 0 {
			t.Errorf("%+v has the audience %+v, %v", e, audience, err)
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
