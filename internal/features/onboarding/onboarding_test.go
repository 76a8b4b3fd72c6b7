package onboarding_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/onboarding"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

func step(name string, ofGroups bool) site.Step {
	return site.Step{Name: name, Group: ofGroups, Show: func(*site.Visit, site.Subject) (site.StepLine, bool, error) {
		return site.StepLine{Title: "Do " + name}, name == "done", nil
	}}
}

func steps() []site.Step {
	return []site.Step{step("one", false), step("two", false), step("done", false), step("of a group", true)}
}

func open(t *testing.T, db *sqldb.DB, o *onboarding.Onboarding, name community.ActivityName, entityID int64) {
	t.Helper()
	for _, r := range o.Module().Reactions {
		if r.Activity != name {
			continue
		}
		if err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			return r.Run(t.Context(), tx, community.Activity{Name: name, EntityID: entityID})
		}); err != nil {
			t.Fatal(err)
		}
	}
}

func names(t *testing.T, db *sqldb.DB, entityID int64) (all []string) {
	t.Helper()
	if err := db.Select(context.WithoutCancel(t.Context()), &all, `SELECT step FROM onboarding_steps WHERE entity_id = ? ORDER BY step`, entityID); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestStepsAreOpenUntilTheyAreSkipped(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		o := onboarding.New(onboarding.Deps{DB: db, Steps: steps})
		open(t, db, o, community.PersonJoined, c.Anna.EntityID)
		open(t, db, o, community.GroupFounded, c.Garten.EntityID)
		if got := names(t, db, c.Garten.EntityID); !slices.Equal(got, []string{"of a group"}) {
			t.Errorf("the group has %q", got)
		}
		if err := o.Skip(t.Context(), c.Anna.EntityID, "two"); err != nil {
			t.Fatal(err)
		}
		if got := names(t, db, c.Anna.EntityID); !slices.Equal(got, []string{"done", "one"}) {
			t.Errorf("Anna has %q", got)
		}
		if err := o.Skip(t.Context(), c.Anna.EntityID, ""); err != nil {
			t.Fatal(err)
		}
		if got := names(t, db, c.Anna.EntityID); len(got) != 0 || len(names(t, db, c.Garten.EntityID)) != 1 {
			t.Errorf("Anna has %q", got)
		}
	})
}

func TestTheFirstPageShowsWhatIsLeftAndWhereToGoOn(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	c := cast.New(t, db)
	o := onboarding.New(onboarding.Deps{DB: db, Steps: steps})
	open(t, db, o, community.PersonJoined, c.Anna.EntityID)
	viewers := c.Viewers()
	anna := viewers[c.Anna.ID]
	anna.GettingStarted = true
	viewers[c.Anna.ID] = anna
	handler := webtest.Open(t, webtest.NewSite(t, db, webtest.People(viewers)), o.Module(), module.Module{Steps: steps()})
	v := webtest.VisitAs(t, handler, c.Anna.ID)
	v.Get("/stadt/welcome/?next=/garten/")
	v.Sees(http.StatusOK, "Welcome, Anna Ahorn", "Do one", "Do two", `href="/garten/"`)
	v.DoesNotSee("Do done", "Do of a group")
	v.Send("/stadt/welcome/skip/", url.Values{"step": {"one"}, "next": {"/stadt/welcome/?next=/garten/"}}, true)
	v.Sees(http.StatusOK, "Do two", `href="/garten/"`)
	v.DoesNotSee("Do one")
	v.Get("/stadt/welcome/?next=https://evil.example/")
	v.DoesNotSee("evil.example/\"")
	bert := webtest.VisitAs(t, handler, c.Bert.ID)
	bert.Get("/stadt/welcome/")
	bert.Sees(http.StatusOK, "You’re all set.")
}

func TestWhoMaySkip(t *testing.T) {
	t.Parallel()
	c := cast.New(t, dbtest.SQLite(t))
	group, anna := c.Garten.Entity(), c.Anna.Entity()
	for _, x := range []struct {
		s    community.Standing
		e    community.Entity
		want bool
	}{
		{community.Standing{Viewer: c.Anna.Viewer, Member: true}, group, true},
		{community.Standing{Viewer: c.Carla.Viewer}, group, false},
		{community.Standing{Member: true}, group, false},
		{community.Standing{Viewer: c.Anna.Viewer}, anna, true},
		{community.Standing{Viewer: c.Bert.Viewer}, anna, false},
		{community.Standing{}, anna, false},
	} {
		if got := onboarding.CanSkip(x.s, x.e); got != x.want {
			t.Errorf("%+v of %s: %v", x.s.Viewer, x.e.Slug, got)
		}
	}
}
