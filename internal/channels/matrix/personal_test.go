package matrix_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"

	channel "grouprise.org/grouprise/internal/channels/matrix"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/matrixtest"
)

// ComposeFor composes what only one person reads.
func (w *words) ComposeFor(_ context.Context, e community.Activity, personID int64, reason notify.Reason) (*notify.Message, error) {
	if w.gone || e.ActorID == 0 || personID == 0 {
		return nil, errs.New(errs.Denied, "")
	}
	return &notify.Message{Subject: w.title + " as " + string(reason), Face: community.Entity{Name: "Garten"}, Intro: "Anna wrote.", URL: "https://stadt.example/x", Internal: true}, nil
}

func (*words) InRooms(name community.ActivityName) bool { return name == community.ContentPublished }

func TestPeopleAreToldInAChatOfTheirOwn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c, server := cast.New(t, db), matrixtest.New(t)
		bot, err := matrix.New(matrix.Config{URL: server.URL, User: matrixtest.Bot, Token: matrixtest.Token})
		if err != nil {
			t.Fatal(err)
		}
		var rooms [3]string
		for i := range rooms {
			if rooms[i], err = bot.CreateRoom(t.Context(), matrix.NewRoom{Name: "direct"}); err != nil {
				t.Fatal(err)
			}
		}
		content := cast.AddContent(t, db, cast.Content{EntityID: c.Garten.EntityID, AuthorID: c.Carla.ID})
		// Anna is in the private room of the garden, and Bert has not been there yet.
		cast.Execute(t, db, `INSERT INTO chat_rooms (kind, owner, entity_id, changed_at) VALUES ('private', ?, ?, 1)`, c.Garten.EntityID, c.Garten.EntityID)
		cast.Execute(t, db, `
			INSERT INTO chat_guests (room_id, matrix_id, person_id, state, asked_at, joined)
			SELECT r.id, 'anna', ?, 'invited', 1, TRUE FROM chat_rooms r`, c.Anna.ID)
		cast.Execute(t, db, `
			INSERT INTO chat_guests (room_id, matrix_id, person_id, state, asked_at, joined)
			SELECT r.id, 'bert', ?, 'invited', 1, FALSE FROM chat_rooms r`, c.Bert.ID)
		direct := func(id int64, p cast.Person, room any, state string) {
			cast.Execute(t, db, `INSERT INTO chat_directs (id, person_id, matrix_id, room_id, state, invited, created_at) VALUES (?, ?, ?, ?, ?, TRUE, 1)`,
				id, p.ID, p.Slug+state, room, state)
		}
		direct(1, c.Anna, rooms[0], "open")
		direct(2, c.Bert, nil, "open")
		q, say := queue.New(db, queue.Config{Logger: slog.New(slog.DiscardHandler)}), &words{title: "Fest", public: true}
		m := channel.New(channel.Config{
			DB: db, Queue: q, Log: slog.New(slog.DiscardHandler), Server: bot, Composer: func() channel.Composer { return say },
			Directs: func(context.Context, *sqldb.Tx, []int64) (map[int64]int64, error) {
				return map[int64]int64{c.Anna.ID: 1, c.Bert.ID: 2}, nil
			},
			Printer: func() *lang.Printer { return nil },
		})
		q.Handle(m.Module().Jobs...)
		relay := m.Channels()[0].(notify.RelayChannel)
		change := func(fn func(tx *sqldb.Tx) error) {
			t.Helper()
			if err := db.Write(t.Context(), fn); err != nil {
				t.Fatal(err)
			}
			if err := q.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		happen := func(id int64, name community.ActivityName, reason notify.Reason) {
			t.Helper()
			cast.Execute(t, db, `INSERT INTO activities (id, name, actor_id, entity_id, occurred_at) VALUES (?, ?, ?, ?, 1)`, id, name, c.Carla.ID, c.Garten.EntityID)
			e := community.Activity{ID: id, Name: name, ActorID: c.Carla.ID, EntityID: c.Garten.EntityID, ContentID: content}
			change(func(tx *sqldb.Tx) error {
				return relay.TakeOver(t.Context(), tx, []notify.Delivery{
					{Activity: e, To: notify.Recipient{PersonID: c.Anna.ID, Reason: reason}}, {Activity: e, To: notify.Recipient{PersonID: c.Bert.ID, Reason: reason}},
				})
			})
		}
		stands := func(room string, want ...string) {
			t.Helper()
			var got []string
			for _, shown := range server.Messages(room) {
				got = append(got, shown.Text)
			}
			if !slices.Equal(got, want) {
				t.Errorf("there stands %q, want %q", got, want)
			}
		}
		text := func(words string) string { return "[Garten] [" + words + "](https://stadt.example/x)\nAnna wrote." }
		happen(1, community.ContentPublished, notify.Member)
		happen(2, community.ContentPublished, notify.Mentioned)
		happen(3, "something.else", notify.Member)
		stands(rooms[0], text("Fest as mentioned"), text("Fest as member"))

		cast.Execute(t, db, `UPDATE chat_directs SET room_id = ? WHERE id = 2`, rooms[1])
		change(func(tx *sqldb.Tx) error { return m.Wake(t.Context(), tx, 2) })
		stands(rooms[1], text("Fest as member"), text("Fest as mentioned"), text("Fest as member"))

		cast.Execute(t, db, `UPDATE chat_directs SET state = 'closing' WHERE id = 2`)
		happen(4, community.ContentPublished, notify.Member)
		direct(3, c.Bert, rooms[2], "proven")
		change(func(tx *sqldb.Tx) error { return m.HandOver(t.Context(), tx, 2, 3) })
		stands(rooms[2], text("Fest as member"))

		say.title = "Anderes"
		change(func(tx *sqldb.Tx) error { return m.FollowContents(t.Context(), tx, content) })
		stands(rooms[0], text("Anderes as mentioned"), text("Anderes as member"))
		stands(rooms[2], text("Anderes as member"))
		say.gone = true
		change(func(tx *sqldb.Tx) error {
			return m.Module().Reactions[0].Run(t.Context(), tx, community.Activity{Name: community.MembershipEnded, EntityID: c.Garten.EntityID, PersonID: c.Anna.ID})
		})
		stands(rooms[0])
		stands(rooms[2], text("Anderes as member"))
		change(func(tx *sqldb.Tx) error { return m.FollowContents(t.Context(), tx, content) })
		stands(rooms[0])
		stands(rooms[2])

		change(func(tx *sqldb.Tx) error { return m.HandOver(t.Context(), tx, 3, 0) })
		var left int
		if err := db.Get(t.Context(), &left, `SELECT COUNT(*) FROM chat_lines WHERE direct_id <> 1`); err != nil || left > 0 {
			t.Errorf("%d lines are left, %v", left, err)
		}
	})
}
