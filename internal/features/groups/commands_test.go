package groups_test

import (
	"testing"

	"grouprise.org/grouprise/internal/core/commander"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/commandtest"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestCommandsAboutGroups(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		r, _ := room(t, db)
		cast.AddContent(t, db, cast.Content{EntityID: c.Garten.EntityID, AuthorID: c.Anna.ID})
		cast.Execute(t, db, `UPDATE contents SET published_at = ?`, cast.Joined())
		commandtest.Expect(t, r.Module().Commands, [][2]string{
			{"group show garten", "Garten am Bach: https://example.org/garten/\n- Status: open\n- Members: 2\n- Subscribers: 2\n- Posts: 1\n- Latest activity: 2026-01-10 18:00"},
			{"group show https://example.org/chor/", "Chor der Vielen: https://example.org/chor/\n- Status: closed\n- Members: 1\n- Subscribers: 1\n- Posts: 0\n- Latest activity: None"},
			{"group show anna", "Unknown group: anna…"},
			{"group remove gartn", "Unknown group: gartn\nThese are similar:\n- garten"},
		}...)
		orders := commander.New()
		orders.Serve(r.Module().Commands...)
		all, err := orders.Read(t.Context(), "group remove garten")
		if err != nil {
			t.Fatal(err)
		}
		question, err := commander.Question(t.Context(), all)
		if want := "This removes the group garten (Garten am Bach) for good, with everything it posted: members: 2, posts: 1. Its members will be told."; err != nil || question.Text() != want {
			t.Errorf("asks %q, %v", question, err)
		}
	})
}
