package accounts_test

import (
	"testing"

	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/commandtest"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestCommandsAboutAccounts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := setup(t, db)
		content := cast.AddContent(t, db, cast.Content{EntityID: w.Garten.EntityID, AuthorID: w.Anna.ID, Public: true})
		cast.AddContribution(t, db, cast.Contribution{ContentID: content, AuthorID: w.Bert.ID})
		cast.Execute(t, db, `UPDATE contributions SET created_at = ?`, cast.Joined())
		commandtest.Expect(t, w.Module().Commands, [][2]string{
			{"user show bert", "- Short name: bert\n- Email address: bert@example.org\n- Comments and messages: 1\n- Memberships: 1\n- Latest comment or message: 2026-01-10 18:00"},
			{"user show ANNA", "- Short name: anna\n- Email address: anna@example.org\n- Comments and messages: 0\n- Memberships: 2\n- Latest comment or message: None"},
			{"user show brt", "Unknown person: brt\nThese are similar:\n- bert"},
			{"user admin list", "- demo-admin"},
			{"user admin grant anna", "anna administers the site from now on."},
			{"user admin grant anna", "anna administers the site already."},
			{"user admin list", "- anna\n- demo-admin"},
			{"user remove anna", "This deletes the account anna (Anna Ahorn) for good: memberships: 2, subscriptions: 2. What the person wrote stays without their name: comments and messages: 0. → anna administers the site. Revoke that first."},
			{"user admin revoke anna", "anna no longer administers the site."},
			{"user admin revoke anna", "anna doesn’t administer the site."},
			{"user remove bert", "This deletes the account bert (Bert Birke) for good: memberships: 1, subscriptions: 1. What the person wrote stays without their name: comments and messages: 1. → The account bert has been deleted."},
			{"user show bert", "Unknown person: bert"},
			{"user list-unused 0", "0 isn’t a whole number above 0."},
			{"user list-unused", "2 accounts that nobody uses\n- carla: 2026-01-10 18:00\n- dora: 2026-01-10 18:00"},
			{"user list-unused 1", "2 accounts that nobody uses\n- carla: 2026-01-10 18:00"},
			{"user remove-unused 1", "This deletes 1 account for good: carla → These accounts have been deleted:\n- carla"},
			{"user list-unused", "1 account that nobody uses\n- dora: 2026-01-10 18:00"},
		}...)
		cast.Join(t, db, w.Garten.ID, w.Dora.ID)
		commandtest.Expect(t, w.Module().Commands, [2]string{"user remove-unused", "There are no accounts that nobody uses."})
	})
}

func TestWhoUsesAnAccountKeepsIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := setup(t, db)
		for what, statement := range map[string]string{
			"has come back":            `UPDATE people SET signed_in_at = joined_at + 60001 WHERE id = ?`,
			"subscribes":               `INSERT INTO subscriptions (entity_id, person_id, created_at) VALUES (121, ?, 1)`,
			"has begun a conversation": `INSERT INTO conversations (entity_id, author_id, subject, created_at, latest_at) VALUES (121, ?, 'x', 1, 1)`,
			"has signed up of late":    `UPDATE people SET joined_at = 4000000000000 WHERE id = ?`,
			"administers":              `UPDATE people SET admin = TRUE WHERE id = ?`,
		} {
			before, total, err := w.Unused(t.Context(), 10)
			if err != nil || total != 2 || len(before) != 2 {
				t.Fatalf("%s: before %v, %d, %v", what, before, total, err)
			}
			cast.Execute(t, db, statement, w.Carla.ID)
			after, total, err := w.Unused(t.Context(), 10)
			if err != nil || total != 1 || after[0].ID != w.Dora.ID {
				t.Errorf("whoever %s: %v, %d, %v", what, after, total, err)
			}
			cast.Execute(t, db, `UPDATE people SET signed_in_at = NULL, admin = FALSE, joined_at = ? WHERE id = ?`, cast.Joined(), w.Carla.ID)
			cast.Execute(t, db, `DELETE FROM subscriptions WHERE person_id = ?`, w.Carla.ID)
			cast.Execute(t, db, `DELETE FROM conversations WHERE author_id = ?`, w.Carla.ID)
		}
	})
}
