package groups_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/features/groups"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// room returns the room over a database, with the tray that its letters fall into.
func room(db *sqldb.DB) (*groups.Groups, *mailtest.Tray) {
	tray := &mailtest.Tray{}
	return groups.New(groups.Deps{
		DB: db, Outbox: outbox.New(tray), Entities: entities.New(nil), Letters: notify.NewLetters(tray), Limiter: web.NewLimiter(db, nil),
		BaseURL: "https://example.org", MailDomain: "example.org", Zone: time.UTC,
	}), tray
}

func TestAGroupIsFoundWhereItWasFounded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		r, _ := room(db)
		g, err := r.Found(t.Context(), c.Anna.Viewer, "Grüne Straße")
		if err != nil {
			t.Fatal(err)
		}
		if g.Slug != "gruene-strasse" || g.Name != "Grüne Straße" || g.Closed || len(g.FoundedOn) != 10 || g.CreatedAt.IsZero() {
			t.Errorf("founded: %+v", g)
		}
		for how, get := range map[string]func() (community.Group, error){
			"id": func() (community.Group, error) { return r.Get(t.Context(), db, g.ID) },
			"slug": func() (community.Group, error) {
				s, err := r.Subject(t.Context(), db, community.Viewer{}, "GRUENE-Strasse")
				if err != nil {
					return community.Group{}, err
				}
				return *s.Group, nil
			},
			"entity": func() (community.Group, error) { return r.GetByEntity(t.Context(), db, g.EntityID) },
		} {
			if got, err := get(); err != nil || got != g {
				t.Errorf("by %s: %+v, %v", how, got, err)
			}
		}
		if _, err := r.Subject(t.Context(), db, community.Viewer{}, "anna"); !errs.Is(err, errs.NotFound) {
			t.Errorf("a person's slug gives %v", err)
		}
		if activities := webtest.Activities(t, db); !slices.Equal(activities, []string{"group.founded gruene-strasse by anna"}) {
			t.Errorf("activities: %q", activities)
		}
	})
}

func TestGroupsFoundedAtOnceGetSlugsOfTheirOwn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		r, _ := room(db)
		var wg sync.WaitGroup
		slugs := make([]string, 4)
		for i := range slugs {
			wg.Go(func() {
				g, err := r.Found(t.Context(), community.Viewer{}, "Chor")
				if err != nil {
					t.Error(err)
				}
				slugs[i] = g.Slug
			})
		}
		wg.Wait()
		slices.Sort(slugs)
		if want := []string{"chor", "chor-1", "chor-2", "chor-3"}; !slices.Equal(slugs, want) {
			t.Errorf("slugs %v, want %v", slugs, want)
		}
	})
}

func TestMembersChangeWhatAGroupSaysAboutItself(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		r, _ := room(db)
		p := groups.Profile{
			Name: "Garten", Slug: "Gaertchen", Description: "Wir graben.", Address: "Am Bach", URL: "garten.example", FoundedOn: "1999-12-31", Closed: true,
		}
		g, err := r.Change(t.Context(), c.Bert.Viewer, c.Garten.ID, p)
		if err != nil {
			t.Fatal(err)
		}
		p.URL = "https://garten.example"
		if groups.ProfileOf(g) != p {
			t.Errorf("changed to %+v, want %+v", groups.ProfileOf(g), p)
		}
		again, err := r.Change(t.Context(), c.Bert.Viewer, c.Garten.ID, p)
		if err != nil || again != g {
			t.Errorf("the same once more: %+v, %v", again, err)
		}
		if activities := webtest.Activities(t, db); !slices.Equal(activities, []string{"group.changed Gaertchen by bert"}) {
			t.Errorf("activities: %q", activities)
		}
		p.Slug = "ANNA"
		if _, err := r.Change(t.Context(), c.Bert.Viewer, c.Garten.ID, p); !errs.Is(err, errs.Invalid) {
			t.Errorf("a slug that is taken: %v", err)
		}
		if _, err := r.Change(t.Context(), c.Carla.Viewer, c.Garten.ID, p); !errs.Is(err, errs.Denied) {
			t.Errorf("a stranger: %v", err)
		}
		if _, err := r.Change(t.Context(), c.Carla.Viewer, 999, p); !errs.Is(err, errs.NotFound) {
			t.Errorf("an unknown group: %v", err)
		}
	})
}

func TestTheListShowsWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		r, _ := room(db)
		for n := range 12 {
			if _, err := r.Found(t.Context(), community.Viewer{}, fmt.Sprintf("Ämterrunde %d%%", n)); err != nil {
				t.Fatal(err)
			}
		}
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE entities SET score = 7 WHERE id = ?`, c.Chor.EntityID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range []struct {
			name  string
			query groups.Query
			as    community.Viewer
			cards int
			first string
		}{
			{"everything", groups.Query{}, community.Viewer{}, 12, "chor"},
			{"in any case", groups.Query{Name: "äMTER"}, community.Viewer{}, 12, "aemterrunde-11"},
			{"signs of patterns", groups.Query{Name: "1%"}, community.Viewer{}, 2, "aemterrunde-11"},
			{"nothing", groups.Query{Name: "_"}, community.Viewer{}, 0, ""},
			{"mine", groups.Query{Mine: true}, c.Bert.Viewer, 1, "garten"},
			{"mine, for a visitor", groups.Query{Mine: true}, community.Viewer{}, 12, "chor"},
		} {
			list, err := r.List(t.Context(), db, q.as, q.query)
			if err != nil {
				t.Fatal(err)
			}
			if len(list.Cards) != q.cards || q.cards > 0 && list.Cards[0].Slug != q.first {
				t.Errorf("%s: %d cards: %+v", q.name, len(list.Cards), list.Cards)
			}
		}
		first, err := r.List(t.Context(), db, community.Viewer{}, groups.Query{})
		if err != nil {
			t.Fatal(err)
		}
		second, err := r.List(t.Context(), db, community.Viewer{}, groups.Query{After: first.Last})
		if err != nil || len(second.Cards) != 2 || second.Cards[0].Slug != "aemterrunde-0" || second.Last != (paging.Rank{}) {
			t.Errorf("the second page: %+v, %v", second, err)
		}
	})
}

func TestTheMostActiveGroupsFollowWhatChanges(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		r, _ := room(db)
		for n := range 10 {
			if _, err := r.Found(t.Context(), community.Viewer{}, fmt.Sprintf("Runde %d", n)); err != nil {
				t.Fatal(err)
			}
		}
		set := func(slug string, score int) {
			t.Helper()
			err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
				_, err := tx.Exec(t.Context(), `UPDATE entities SET score = ? WHERE slug = ?`, score, slug)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		expect := func(except int64, first string) {
			t.Helper()
			top, err := r.Top(t.Context(), except)
			if err != nil || len(top) != 8 || top[0].Slug != first {
				t.Errorf("%+v, %v", top, err)
			}
		}
		set("garten", 7)
		set("chor", 5)
		expect(0, "garten")
		expect(c.Garten.ID, "chor")
		set("runde-3", 9)
		expect(0, "runde-3")
	})
}

func TestPeopleHaveTheirOwnGroups(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		r, _ := room(db)
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE entities SET score = 7 WHERE id = ?`, c.Garten.EntityID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		garten, chor := c.Garten.Entity(), c.Chor.Entity()
		for _, q := range []struct {
			as   community.Viewer
			n    int
			mine []community.Entity
			more bool
		}{
			{c.Anna.Viewer, 2, []community.Entity{garten, chor}, false},
			{c.Anna.Viewer, 1, []community.Entity{garten}, true},
			{c.Bert.Viewer, 2, []community.Entity{garten}, false},
			{c.Carla.Viewer, 2, nil, false},
			{community.Viewer{}, 2, nil, false},
		} {
			mine, more, err := r.Mine(t.Context(), db, q.as, q.n)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(mine, q.mine) || more != q.more {
				t.Errorf("%q and at most %d: %+v, more: %t", q.as.Slug, q.n, mine, more)
			}
		}
		known, err := r.Introduced(t.Context(), db, community.Viewer{}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(known) != 1 || known[0].Entity() != garten || known[0].Members != 2 {
			t.Errorf("introduced: %+v", known)
		}
	})
}

func TestTheHeadShowsTheMailAddressToMembersOnly(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		r, _ := room(db)
		for _, who := range []struct {
			viewer community.Viewer
			mail   string
		}{{community.Viewer{}, ""}, {c.Carla.Viewer, ""}, {c.Bert.Viewer, "garten@example.org"}} {
			s, err := r.Subject(t.Context(), db, who.viewer, "GARTEN")
			if err != nil {
				t.Fatal(err)
			}
			mail, members, subscribers := groups.MailOf(r, s), s.Members, s.Subscribers
			if mail != who.mail || members != 2 || subscribers != 2 || s.Entity != c.Garten.Entity() || s.Standing.Member != (mail != "") {
				t.Errorf("%q sees %q, %d members, %d subscribers", who.viewer.Slug, mail, members, subscribers)
			}
		}
	})
}
