package membership_test

import (
	"testing"

	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/commandtest"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestCommandsAboutMemberships(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		commandtest.Expect(t, h.Module().Commands, [][2]string{
			{"user join carla https://example.org/chor/", "carla is a member of chor now."},
			{"user join carla chor", "carla is a member of chor already."},
			{"group list-members chor", "2 members of chor\n- Carla Clematis (carla)\n- Anna Ahorn (anna)"},
			{"user join carl chor", "Unknown person: carl\nThese are similar:\n- carla…"},
			{"user join carla chr", "Unknown group: chr\nThese are similar:\n- chor"},
			{"user leave bert chor", "bert isn’t a member of chor."},
			{"user leave ana chor", "Unknown person: ana\nThese are similar:\n- anna"},
			{"user leave carla chor", "carla is no longer a member of chor."},
			{"group list-members chor", "1 member of chor\n- Anna Ahorn (anna)"},
		}...)
		h.expect(t, "membership.created chor carla by carla", "membership.ended chor carla by carla")
		cast.Execute(t, db, `UPDATE entities SET archived_at = 1 WHERE id = ?`, h.Chor.EntityID)
		commandtest.Expect(t, h.Module().Commands, [2]string{"user join carla chor", "This group is archived: nothing new can be added until a member reactivates it."})
	})
}
