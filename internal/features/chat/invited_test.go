package chat_test

import (
	"testing"

	"grouprise.org/grouprise/internal/core/bot"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/matrixtest"
)

func TestInvitationsOfPeopleWhomTheSiteKnowsAreAccepted(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		cast.Execute(t, db, `INSERT INTO chat_ids (person_id, matrix_id, proven, created_at) VALUES (?, ?, TRUE, 1)`, w.Carla.ID, "@carla:elsewhere.example")
		for sender, want := range map[string]string{
			"@anna:" + matrixtest.Domain:        "join",
			"@carla:elsewhere.example":          "join",
			"@mallory:elsewhere.example":        "leave",
			"@x:evil" + matrixtest.Domain:       "leave",
			"@x:" + matrixtest.Domain + ".evil": "leave",
		} {
			room := w.NewRoom(sender)
			w.Invite(sender, matrixtest.Bot, room)
			e := bot.Event{ID: "invitation of " + sender, Room: room, Sender: sender, Type: matrix.MemberEvent, Membership: "invite", Target: matrixtest.Bot}
			for _, l := range w.chat.Module().Hears {
				if err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error { return l.Hear(t.Context(), tx, e) }); err != nil {
					t.Fatal(err)
				}
			}
			w.drain(t)
			if got := w.Membership(room, matrixtest.Bot); got != want {
				t.Errorf("invited by %s, the bot is %q, want %q", sender, got, want)
			}
		}
	})
}
