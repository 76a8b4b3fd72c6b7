package content_test

import (
	"fmt"
	"testing"

	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/commandtest"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestCommandsAboutContent(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		i := h.publish(t, h.Anna, h.Garten.Entity(), "Fest", false)
		own := h.publish(t, h.Anna, h.Anna.Entity(), "Eigenes", true)
		permalink := fmt.Sprintf("/stadt/content/%d/", i.ID)
		commandtest.Expect(t, h.Module().Commands, [][2]string{
			{"content show " + permalink, "- Group: garten\n- Title: Fest"},
			{"content show http://example.org/garten/fest", "- Group: garten\n- Title: Fest"},
			{"content show " + own.Path(), "- Author: anna\n- Title: Eigenes"},
			{"content show http://elsewhere.org/garten/fest", "There is no post at http://elsewhere.org/garten/fest.…"},
			{"content show fest", "There is no post at fest.…"},
			{"content visibility " + permalink + " everybody", "“everybody” is neither “public” nor “private”."},
			{"content visibility " + permalink + " private", "“Fest” is internal already."},
			{"content visibility " + permalink + " PUBLIC", "Everybody can read “Fest” now."},
			{"content visibility " + permalink + " public", "“Fest” is public already."},
			{"content ownership " + permalink + " garten", "“Fest” belongs to garten already."},
			{"content ownership " + permalink + " nobody", "Unknown group: nobody"},
			{"content ownership " + permalink + " chor", "“Fest” belongs to chor now."},
			{"content show " + permalink, "- Group: chor\n- Title: Fest"},
			{"content ownership " + permalink + " bert", "“Fest” belongs to bert now."},
			{"content visibility " + permalink + " private", "Only insiders can read “Fest” now."},
			{"content remove " + permalink, "This deletes “Fest” of bert, with its comments (0). → “Fest” has been deleted."},
			{"content remove " + permalink, "There is no post at " + permalink + ".…"},
		}...)
		if _, _, err := h.Get(t.Context(), db, h.Bert.Viewer, i.ID); err == nil {
			t.Error("what was removed can be read")
		}
		cast.Execute(t, db, `UPDATE entities SET archived_at = 1 WHERE id = ?`, h.Chor.EntityID)
		commandtest.Expect(t, h.Module().Commands, [2]string{"content ownership " + own.Path() + " chor", "This group is archived:…"})
	})
}

func TestWhatWasModeratedCanBeRevised(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		i := h.publish(t, h.Anna, h.Garten.Entity(), "Fest", true)
		opened := i.Revision
		if _, err := h.ShowTo(t.Context(), i.ID, false); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.Get(t.Context(), db, h.Carla.Viewer, i.ID); err == nil {
			t.Error("a stranger reads what is internal")
		}
		i, _, err := h.Get(t.Context(), db, h.Anna.Viewer, i.ID)
		if err != nil || i.Revision != opened+1 {
			t.Errorf("revision %d, %v", i.Revision, err)
		}
	})
}
