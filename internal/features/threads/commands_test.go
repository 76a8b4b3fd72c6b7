package threads_test

import (
	"fmt"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/commandtest"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestCommandsAboutComments(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		said := h.post(t, threads.Post{ContentID: h.public, AuthorID: h.Bert.ID, Text: "**Dreck**\n\n" + strings.Repeat("a b ", 100), Public: true})
		inside := h.post(t, threads.Post{ContentID: h.public, AuthorID: h.Bert.ID, Text: "unter uns"})
		cast.Execute(t, db, `UPDATE contributions SET created_at = ?`, cast.Joined())
		at := func(id int64) string { return fmt.Sprintf("/garten/fest/#contribution-%d", id) }
		excerpt := "Dreck " + strings.Repeat("a b ", 29)
		commandtest.Expect(t, h.Module().Commands, [][2]string{
			{"comment show " + at(said), "- Author: bert\n- Time: 2026-01-10 18:00\n- Text: " + excerpt + "…"},
			{"comment show " + at(inside), "There is no comment at " + at(inside) + ".…"},
			{"comment show /garten/fest/", "There is no comment at /garten/fest/.…"},
			{"comment show /garten/fest#contribution-" + fmt.Sprint(said), "There is no comment at…"},
			{"comment remove " + at(said), "This deletes what bert wrote: " + excerpt + "…"},
			{"comment show " + at(said), "There is no comment at " + at(said) + ".…"},
		}...)
		var traces int
		if err := db.Get(t.Context(), &traces, `SELECT COUNT(*) FROM contributions WHERE id = ? AND removed_by IS NOT NULL`, said); err != nil || traces != 0 {
			t.Errorf("%d traces, %v", traces, err)
		}
	})
}
