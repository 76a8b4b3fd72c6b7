package groups_test

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/features/groups"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/golden"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

func TestWhoMayArchiveAGroup(t *testing.T) {
	t.Parallel()
	now := cast.Joined()
	ago := func(d time.Duration) clock.Time { return clock.At(now.Add(-d)) }
	viewer := community.Viewer{PersonID: 1}
	for _, c := range []struct {
		who                 string
		s                   community.Standing
		founder             int64
		archive, reactivate bool
	}{
		{"nobody", community.Standing{}, 0, false, false},
		{"a stranger", community.Standing{Viewer: viewer}, 1, false, false},
		{"a new member", community.Standing{Viewer: viewer, Member: true, MemberAt: ago(6 * 24 * time.Hour)}, 2, false, false},
		{"a new member who founded it", community.Standing{Viewer: viewer, Member: true, MemberAt: ago(time.Hour)}, 1, true, false},
		{"a member of eight days", community.Standing{Viewer: viewer, Member: true, MemberAt: ago(8 * 24 * time.Hour)}, 2, true, false},
		{"a new member of an archived group", community.Standing{Viewer: viewer, Member: true, MemberAt: ago(time.Hour), Archived: true}, 2, false, true},
		{"the founder of an archived group who has left", community.Standing{Viewer: viewer, Archived: true}, 1, false, false},
	} {
		if got := groups.CanArchive(c.s, c.founder, now); got != c.archive {
			t.Errorf("%s may archive: %v", c.who, got)
		}
		if got := groups.CanReactivate(c.s); got != c.reactivate {
			t.Errorf("%s may reactivate: %v", c.who, got)
		}
	}
}

func TestAGroupIsArchivedOnceAndReactivatedOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		r, _ := room(t, db)
		atOnce := func(do func(v community.Viewer) (bool, error)) int64 {
			var changed atomic.Int64
			var wg sync.WaitGroup
			for _, v := range []community.Viewer{c.Anna.Viewer, c.Bert.Viewer, c.Anna.Viewer} {
				wg.Go(func() {
					did, err := do(v)
					if err != nil {
						t.Error(err)
					}
					if did {
						changed.Add(1)
					}
				})
			}
			wg.Wait()
			return changed.Load()
		}
		if n := atOnce(func(v community.Viewer) (bool, error) { return r.Archive(t.Context(), v, c.Garten.ID) }); n != 1 {
			t.Errorf("archived %d times", n)
		}
		g, err := r.Get(t.Context(), db, c.Garten.ID)
		if err != nil || !g.Archived() {
			t.Fatalf("not archived: %+v, %v", g, err)
		}
		s, err := policy.Standing(t.Context(), db, c.Anna.Viewer, g.Entity())
		if err != nil || !s.Archived || policy.CanPublish(s) || !s.Inside() {
			t.Errorf("a member stands as %+v, %v", s, err)
		}
		for _, archived := range []bool{false, true} {
			list, err := r.List(t.Context(), db, community.Viewer{}, groups.Query{Archived: archived})
			if err != nil {
				t.Fatal(err)
			}
			stands := slices.ContainsFunc(list.Cards, func(c groups.Card) bool { return c.Slug == g.Slug })
			if stands != archived || len(list.Cards) != 1 {
				t.Errorf("in the list of those that are archived: %v: %+v", archived, list.Cards)
			}
		}
		if _, err := r.Recommend(t.Context(), c.Anna.Viewer, nil, groups.Recommendation{Group: g, Recipients: "x@example.org", Text: "x"}); !errs.Is(err, errs.Denied) {
			t.Errorf("recommended: %v", err)
		}
		if n := atOnce(func(v community.Viewer) (bool, error) { return r.Reactivate(t.Context(), v, c.Garten.ID) }); n != 1 {
			t.Errorf("reactivated %d times", n)
		}
		if _, err := r.Archive(t.Context(), c.Carla.Viewer, c.Garten.ID); !errs.Is(err, errs.Denied) {
			t.Errorf("archived by a stranger: %v", err)
		}
		if _, err := r.Reactivate(t.Context(), community.Viewer{}, c.Garten.ID); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("reactivated by nobody: %v", err)
		}
		for _, archive := range []bool{true, true, false, false} {
			if _, _, err := r.ArchiveFor(t.Context(), "GARTEN", archive); err != nil {
				t.Error(err)
			}
		}
		all := webtest.Activities(t, db)
		for n, a := range all {
			all[n], _, _ = strings.Cut(a, " by ")
		}
		if want := []string{"group.archived garten", "group.reactivated garten", "group.archived garten", "group.reactivated garten"}; !slices.Equal(all, want) {
			t.Errorf("activities: %q", all)
		}
	})
}

func TestAllMembersAreToldThatTheirGroupIsArchived(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	c := cast.New(t, db)
	r, _ := room(t, db)
	catalogues := localetest.Catalogues(t)
	for n, change := range []func() (bool, error){
		func() (bool, error) { return r.Archive(t.Context(), c.Anna.Viewer, c.Garten.ID) },
		func() (bool, error) { return r.Reactivate(t.Context(), c.Bert.Viewer, c.Garten.ID) },
	} {
		if _, err := change(); err != nil {
			t.Fatal(err)
		}
		notice := r.Module().Notices[n]
		if !notice.Always || !slices.Equal(notice.Channels, []string{"email"}) {
			t.Errorf("the notice heeds preferences, or takes other channels: %+v", notice)
		}
		var e community.Activity
		if err := db.Get(t.Context(), &e, `SELECT id, name, actor_id, entity_id FROM activities ORDER BY id DESC LIMIT 1`); err != nil {
			t.Fatal(err)
		}
		audience, err := notice.Audience(t.Context(), db, e)
		if err != nil || notice.Activity != e.Name {
			t.Fatalf("%s: %v", e.Name, err)
		}
		if got := mailtest.Audience(t, db, audience); got != "anna member, bert member" {
			t.Errorf("the audience is %s", got)
		}
		for _, language := range []string{"en", "de"} {
			m, err := notice.Compose(t.Context(), db, catalogues.Printer(language, nil), e, notify.Recipient{PersonID: c.Bert.ID})
			if err != nil {
				t.Fatal(err)
			}
			golden.Equal(t, []string{"archived.", "reactivated."}[n]+language, mailtest.PrintMessage(m))
		}
		if _, err := notice.Compose(t.Context(), db, catalogues.Printer("en", nil), e, notify.Recipient{PersonID: c.Carla.ID}); !errs.Is(err, errs.Denied) {
			t.Errorf("a stranger is told: %v", err)
		}
	}
}
