package groups_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/core/captcha"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/core/tagging"
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
func room(t *testing.T, db *sqldb.DB) (*groups.Groups, *mailtest.Tray) {
	t.Helper()
	tray := &mailtest.Tray{}
	signer, err := web.NewSigner("a secret that nobody knows", nil)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := web.NewLinkKeys("a secret that nobody knows", "reactivate")
	if err != nil {
		t.Fatal(err)
	}
	return groups.New(groups.Deps{
		DB: db, Outbox: outbox.New(tray), Entities: entities.New(nil), Letters: notify.NewLetters(tray), Limiter: web.NewLimiter(db, nil),
		Captcha: captcha.New(signer, web.NewLimiter(db, nil)), ReactivationLinks: bymail.PersonalLinks{Keys: keys},
		SiteName: settings.SiteName{Default: "Neustadt"}, BaseURL: "https://example.org", MailDomain: "example.org", Zone: time.UTC,
	}), tray
}

func TestAGroupIsFoundWhereItWasFounded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		r, _ := room(t, db)
		g, err := r.Found(t.Context(), c.Anna.Viewer, "Grüne Straße", "")
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
		r, _ := room(t, db)
		var wg sync.WaitGroup
		slugs := make([]string, 4)
		for i := range slugs {
			wg.Go(func() {
				g, err := r.Found(t.Context(), community.Viewer{}, "Chor", "")
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

func TestAGroupFoundedTwiceAtOnceIsOne(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		r, _ := room(t, db)
		viewer := c.Viewers()[c.Bert.ID]
		var wg sync.WaitGroup
		ids := make([]int64, 4)
		for i := range ids {
			wg.Go(func() {
				g, err := r.Found(t.Context(), viewer, "Nachbarschaft Nord", "")
				if err != nil {
					t.Error(err)
				}
				ids[i] = g.ID
			})
		}
		wg.Wait()
		if slices.Sort(ids); ids[0] == 0 || ids[0] != ids[3] {
			t.Errorf("one founding made the groups %v", ids)
		}
		if other, err := r.Found(t.Context(), viewer, "Nachbarschaft Süd", ""); err != nil || other.ID == ids[0] {
			t.Errorf("another founding gives %v, %v", other.ID, err)
		}
	})
}

func TestMembersChangeWhatAGroupSaysAboutItself(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		r, _ := room(t, db)
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
		r, _ := room(t, db)
		for n := range 12 {
			if _, err := r.Found(t.Context(), community.Viewer{}, fmt.Sprintf("Ämterrunde %d%%", n), ""); err != nil {
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
			{"without dots", groups.Query{Name: "amter"}, community.Viewer{}, 12, "aemterrunde-11"},
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

// TestTheListGoesOnInEachOrder turns all pages of the list: each group stands on one of them, in its place.
func TestTheListGoesOnInEachOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		r, _ := room(t, db)
		for n := range 26 { // of which two each have the same name
			if _, err := r.Found(t.Context(), community.Viewer{}, fmt.Sprintf("Gruppe %c", 'a'+n*7%26/2), ""); err != nil {
				t.Fatal(err)
			}
		}
		cast.Execute(t, db, `UPDATE entities SET score = 7 WHERE id = ?`, c.Chor.EntityID)
		for sort, before := range map[entities.Sort]func(a, b groups.Card) int{
			entities.MostActive: func(a, b groups.Card) int {
				return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.EntityID, a.EntityID))
			},
			entities.ByName: func(a, b groups.Card) int {
				return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.EntityID, b.EntityID))
			},
			entities.Newest: func(a, b groups.Card) int { return cmp.Compare(b.ID, a.ID) },
		} {
			var all []groups.Card
			for after, pages := (paging.Rank{}), 0; pages == 0 || after != (paging.Rank{}); pages++ {
				list, err := r.List(t.Context(), db, community.Viewer{}, groups.Query{Sort: sort, After: after})
				if err != nil || pages > 5 {
					t.Fatal(pages, err)
				}
				all, after = append(all, list.Cards...), list.Last
			}
			ids := map[int64]bool{}
			for _, card := range all {
				ids[card.ID] = true
			}
			if len(all) != 28 || len(ids) != 28 || !slices.IsSortedFunc(all, before) {
				t.Errorf("in the order %q there are %d groups: %v", sort, len(all), all)
			}
		}
	})
}

func TestTheMostActiveGroupsFollowWhatChanges(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		r, _ := room(t, db)
		for n := range 10 {
			if _, err := r.Found(t.Context(), community.Viewer{}, fmt.Sprintf("Runde %d", n), ""); err != nil {
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
		r, _ := room(t, db)
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
		cast.Execute(t, db, `UPDATE memberships SET score = 1 WHERE group_id = ? AND person_id = ?`, c.Chor.ID, c.Anna.ID)
		if mine, _, err := r.Mine(t.Context(), db, c.Anna.Viewer, 2); err != nil || !slices.Equal(mine, []community.Entity{chor, garten}) {
			t.Errorf("the group in which Anna is more active is not the first of hers: %+v, %v", mine, err)
		}
		if mine, more, err := groups.MineShownFirst(t.Context(), r, db, c.Anna.Viewer); err != nil || more || !slices.Equal(mine, []community.Entity{chor, garten}) {
			t.Errorf("on the first page, the group in which Anna is more active is not the first of hers: %+v, %v", mine, err)
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
		r, _ := room(t, db)
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

func TestAGroupIsFoundedWithTheTagsThatItNeeds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		r := groups.New(groups.Deps{
			DB: db, Outbox: outbox.New(&mailtest.Tray{}), Entities: entities.New(nil), Featured: tagging.Featured{{Name: "Umwelt"}, {Name: "Kultur"}}, MinFeatured: 1,
		})
		if _, err := r.Found(t.Context(), c.Anna.Viewer, "Imkerei", "Bienen"); !errs.Is(err, errs.Invalid) {
			t.Errorf("without one: %v", err)
		}
		g, err := r.Found(t.Context(), c.Anna.Viewer, "Imkerei", "Bienen, umwelt")
		if err != nil || tagging.FormatList(g.Tags.All()) != "Bienen, umwelt" {
			t.Fatalf("%+v, %v", g, err)
		}
		cast.Join(t, db, g.ID, c.Anna.ID)
		p := groups.ProfileOf(g)
		p.Tags = "Bienen"
		if _, err := r.Change(t.Context(), c.Anna.Viewer, g.ID, p); !errs.Is(err, errs.Invalid) {
			t.Errorf("one less: %v", err)
		}
		if _, err := r.AddTag(t.Context(), c.Bert.Viewer, g.ID, community.Tag{Name: "Honig", Slug: "honig"}); !errs.Is(err, errs.Denied) {
			t.Errorf("by a stranger: %v", err)
		}
		if g, err = r.AddTag(t.Context(), c.Anna.Viewer, g.ID, community.Tag{Name: "Honig", Slug: "honig"}); err != nil || tagging.FormatList(g.Tags.All()) != "Bienen, Honig, umwelt" {
			t.Errorf("one more: %+v, %v", g, err)
		}
		p = groups.ProfileOf(g)
		before := len(webtest.Activities(t, db))
		if _, err := r.Change(t.Context(), c.Anna.Viewer, g.ID, p); err != nil || len(webtest.Activities(t, db)) != before {
			t.Errorf("nothing different: %v", err)
		}
	})
}
