package cast_test

import (
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/password"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestEverybodyStandsWhereTheCastSays(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		register := entities.New(nil)
		for _, p := range []cast.Person{c.Anna, c.Bert, c.Carla, c.Dora, c.Admin} {
			got, err := register.Find(t.Context(), db, p.Slug)
			if err != nil || got != p.Entity() {
				t.Errorf("%s is %+v (%v), want %+v", p.Slug, got, err, p.Entity())
			}
		}
		for _, row := range []struct {
			who    cast.Person
			group  community.Group
			inside bool
		}{
			{c.Anna, c.Garten, true},
			{c.Bert, c.Garten, true},
			{c.Carla, c.Garten, false},
			{c.Anna, c.Chor, true},
			{c.Bert, c.Chor, false},
			{c.Admin, c.Chor, false},
		} {
			s, err := policy.Standing(t.Context(), db, row.who.Viewer, row.group.Entity())
			if err != nil || s.Inside() != row.inside || s.Subscribed != row.inside {
				t.Errorf("%s in %s: %+v, %v", row.who.Slug, row.group.Slug, s, err)
			}
		}
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			id, err := register.Insert(t.Context(), tx, community.PersonEntity, "emil", "Emil")
			if err == nil && id <= c.Chor.EntityID {
				t.Errorf("the next entity gets the id %d", id)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestThePasswordOfTheCastSignsIn(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	c := cast.New(t, db)
	var stored string
	if err := db.Get(t.Context(), &stored, `SELECT password FROM people WHERE id = ?`, c.Anna.ID); err != nil {
		t.Fatal(err)
	}
	hasher := password.New(password.Cost{Memory: 64, Passes: 1, Threads: 1})
	if ok, err := hasher.Verify(t.Context(), stored, cast.Password); err != nil || !ok {
		t.Errorf("Verify = %v, %v", ok, err)
	}
}
