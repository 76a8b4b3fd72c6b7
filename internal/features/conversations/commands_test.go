package conversations_test

import (
	"slices"
	"testing"

	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/commandtest"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestCommandsAboutConversations(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		c := h.begin(t, h.Carla, h.Garten.Entity(), "Compost")
		const closed = "A conversation belongs to those who take part in it: it can’t be shown to others."
		commands := slices.Clone(h.Module().Commands)
		commandtest.Expect(t, commands, [][2]string{
			{"content show " + c.Path(), "- Group: garten\n- Title: Compost\n- First message: About Compost (carla)"},
			{"content show http://example.org" + c.Path(), "- Group: garten…"},
			{"content show /garten/fest/", "Usage: content show CONTENT_URL"},
			{"content visibility " + c.Path() + " public", closed},
			{"content ownership " + c.Path() + " chor", closed},
			{"content remove " + c.Path(), "This deletes the conversation “Compost” with garten, with its messages (1). → The conversation “Compost” has been deleted."},
			{"content remove " + c.Path(), "There is no conversation at " + c.Path() + "."},
		}...)
		if _, _, err := h.Get(t.Context(), db, h.Anna.Viewer, c.ID); err == nil {
			t.Error("what was removed can be read")
		}
	})
}
