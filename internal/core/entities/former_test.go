package entities_test

import (
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestAFreedNameMeansNobodyElse(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		register := entities.New(nil)
		rename := func(id int64, slug string) {
			t.Helper()
			if err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return register.Update(t.Context(), tx, id, slug, slug) }); err != nil {
				t.Fatal(err)
			}
		}
		refused := func(slug string, entityID int64) bool {
			t.Helper()
			wrong, err := register.Check(t.Context(), db, slug, community.PersonEntity, entityID)
			if err != nil {
				t.Fatal(err)
			}
			return len(wrong) == 1 && strings.Contains(wrong[0].Message, "someone else")
		}
		former := func(slug string) string {
			t.Helper()
			owner, err := register.FindFormer(t.Context(), db, slug)
			if err != nil && !errs.Is(err, errs.NotFound) {
				t.Fatal(err)
			}
			return owner.Slug
		}
		age := func(d time.Duration) {
			t.Helper()
			cast.Execute(t, db, `UPDATE former_slugs SET freed_at = ?`, clock.At(time.Now().Add(-d)))
		}

		rename(c.Bert.EntityID, "bertold")
		rename(c.Bert.EntityID, "bertram")
		if former("Bert") != "bertram" || former("bertold") != "bertram" || former("bertram") != "" || former("x") != "" {
			t.Errorf("the former names lead to %q and %q", former("Bert"), former("bertold"))
		}
		if !refused("BERT", c.Carla.EntityID) || !refused("bert", 0) || refused("bert", c.Bert.EntityID) {
			t.Error("somebody else can take the name, or its owner cannot")
		}
		if free, err := register.Free(t.Context(), db, community.GroupEntity, "Bert"); err != nil || free == "bert" {
			t.Errorf("the name is given to a new group: %q, %v", free, err)
		}
		article := cast.AddContent(t, db, cast.Content{EntityID: c.Garten.EntityID, AuthorID: c.Anna.ID, Public: true})
		cast.Execute(t, db, `INSERT INTO mentions (content_id, slug_key, entity_id) VALUES (?, 'bert', ?)`, article, c.Bert.EntityID)
		age(366 * 24 * time.Hour)
		if !refused("bert", 0) || refused("bertold", 0) {
			t.Error("a name that a text says is given away, or one that none says is not")
		}
		cast.Execute(t, db, `UPDATE contents SET deleted_at = 1 WHERE id = ?`, article)
		if refused("bert", 0) {
			t.Error("a text that nobody sees keeps the name")
		}

		rename(c.Bert.EntityID, "bert")
		if former("bert") != "" || former("bertram") != "bert" {
			t.Error("whoever takes their name back is not found by the other one")
		}
		if err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return register.Retire(t.Context(), tx, c.Bert.EntityID) }); err != nil {
			t.Fatal(err)
		}
		cast.Execute(t, db, `UPDATE former_slugs SET entity_id = NULL`)
		if former("bertram") != "" {
			t.Error("the name of somebody who is gone leads somewhere")
		}
		if !refused("bertram", c.Carla.EntityID) {
			t.Error("somebody takes the name of somebody who is gone")
		}
	})
}

func TestTheNamesOfARemovedGroupAreKnownAndThoseOfAPersonAreNot(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		register := entities.New(nil)
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			if err := register.Update(t.Context(), tx, c.Garten.EntityID, "beet", "Beet"); err != nil {
				return err
			}
			if err := register.RetireGroup(t.Context(), tx, c.Garten.EntityID); err != nil {
				return err
			}
			return register.Retire(t.Context(), tx, c.Bert.EntityID)
		})
		if err != nil {
			t.Fatal(err)
		}
		removed := func(slug string) bool {
			t.Helper()
			was, err := register.IsRemoved(t.Context(), db, slug)
			if err != nil {
				t.Fatal(err)
			}
			return was
		}
		for slug, want := range map[string]bool{"garten": true, "Beet": true, "bert": false, "chor": false, "niemand": false} {
			if removed(slug) != want {
				t.Errorf("%q was that of a removed group: %t", slug, !want)
			}
		}
		err = db.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := register.Insert(t.Context(), tx, community.GroupEntity, "garten", "Garten")
			return err
		})
		if err != nil || removed("garten") {
			t.Errorf("a name that was given anew is that of a removed group, %v", err)
		}
	})
}
