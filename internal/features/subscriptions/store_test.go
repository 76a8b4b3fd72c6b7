package subscriptions_test

import (
	"slices"
	"sync"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/features/groups"
	"grouprise.org/grouprise/internal/features/subscriptions"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// house is this room over a database with the cast.
type house struct {
	*cast.Cast
	*subscriptions.Subscriptions
	db   *sqldb.DB
	out  *outbox.Outbox
	tray *mailtest.Tray
}

func newHouse(t *testing.T, db *sqldb.DB) *house {
	t.Helper()
	catalogues := localetest.Catalogues(t)
	tray := &mailtest.Tray{}
	out := outbox.New(tray)
	c := cast.New(t, db)
	theGroups := groups.New(groups.Deps{DB: db, Outbox: out, Entities: entities.New(nil)})
	r, err := subscriptions.New(subscriptions.Deps{
		DB: db, Outbox: out, Groups: theGroups, SiteName: settings.SiteName{Default: "Neustadt"}, BaseURL: "http://example.org", Secret: "a secret for tests only",
		ByMail: bymail.New(bymail.Deps{
			DB: db, Groups: theGroups, People: cast.People{}, Letters: notify.NewLetters(tray), Limiter: web.NewLimiter(db, nil),
			Catalogues: catalogues, BaseURL: "http://example.org",
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	out.React(r.Module().Reactions...)
	return &house{Cast: c, Subscriptions: r, db: db, out: out, tray: tray}
}

// expect compares what has happened so far.
func (h *house) expect(t *testing.T, activities ...string) {
	t.Helper()
	if got := webtest.Activities(t, h.db); !slices.Equal(got, activities) {
		t.Errorf("activities %q, want %q", got, activities)
	}
}

// subscribers returns the slugs of those who follow a group.
func (h *house) subscribers(t *testing.T, g community.Group) []string {
	t.Helper()
	var slugs []string
	err := h.db.Select(t.Context(), &slugs, `
		SELECT e.slug FROM subscriptions s JOIN people p ON p.id = s.person_id JOIN entities e ON e.id = p.entity_id
		 WHERE s.entity_id = ? ORDER BY e.slug`, g.EntityID)
	if err != nil {
		t.Fatal(err)
	}
	return slugs
}

func TestSubscribingManyTimesAtOnceIsSubscribingOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		var wg sync.WaitGroup
		created := make([]bool, 5)
		for i := range created {
			wg.Go(func() {
				var err error
				if created[i], err = h.Subscribe(t.Context(), h.Carla.Viewer, h.Chor); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		slices.SortFunc(created, func(a, b bool) int { return map[bool]int{true: 0, false: 1}[a] - map[bool]int{true: 0, false: 1}[b] })
		if !slices.Equal(created, []bool{true, false, false, false, false}) || !slices.Equal(h.subscribers(t, h.Chor), []string{"anna", "carla"}) {
			t.Errorf("created %v, subscribers %v", created, h.subscribers(t, h.Chor))
		}
		if _, err := h.Subscribe(t.Context(), community.Viewer{}, h.Chor); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("nobody subscribes: %v", err)
		}
		h.expect(t, "subscription.created chor carla by carla")
	})
}

func TestUnsubscribingTwiceIsUnsubscribingOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		for _, want := range []bool{true, false} {
			if ended, err := h.Unsubscribe(t.Context(), h.Bert.ID, h.Garten); err != nil || ended != want {
				t.Errorf("ended %v, %v, want %v", ended, err, want)
			}
		}
		h.expect(t, "subscription.ended garten bert by bert")
	})
}

func TestASubscriptionComesAndGoesWithTheMembership(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		record := func(name community.ActivityName, person, by cast.Person) {
			t.Helper()
			err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
				_, err := h.out.Record(t.Context(), tx, community.Activity{Name: name, EntityID: h.Chor.EntityID, PersonID: person.ID, ActorID: by.ID})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		record(community.MembershipCreated, h.Carla, h.Anna)
		record(community.MembershipCreated, h.Anna, h.Anna) // subscribes already
		if got := h.subscribers(t, h.Chor); !slices.Equal(got, []string{"anna", "carla"}) {
			t.Errorf("subscribers %v", got)
		}
		record(community.MembershipEnded, h.Carla, h.Carla)
		record(community.MembershipEnded, h.Bert, h.Bert) // had none
		if got := h.subscribers(t, h.Chor); !slices.Equal(got, []string{"anna"}) {
			t.Errorf("subscribers %v", got)
		}
		h.expect(t,
			"membership.created chor carla by anna", "subscription.created chor carla by anna", "membership.created chor anna by anna",
			"membership.ended chor carla by carla", "subscription.ended chor carla by carla", "membership.ended chor bert by bert")
	})
}
