package matrix_test

import (
	"log/slog"
	"strings"
	"testing"

	channel "grouprise.org/grouprise/internal/channels/matrix"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/matrixtest"
)

func TestWhatWasSaidInARoomIsNotSaidThereAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c, server := cast.New(t, db), matrixtest.New(t)
		account := func(user, token string) *matrix.Client {
			client, err := matrix.New(matrix.Config{URL: server.URL, User: user, Token: token})
			if err != nil {
				t.Fatal(err)
			}
			return client
		}
		bot := account(matrixtest.Bot, matrixtest.Token)
		const name = "@bert:" + matrixtest.Domain
		bert := account(name, server.Account(name))
		rooms := map[string]string{}
		for i, kind := range []string{"public", "private"} {
			room, err := bot.CreateRoom(t.Context(), matrix.NewRoom{Name: kind})
			if err != nil {
				t.Fatal(err)
			}
			rooms[kind] = room
			cast.Execute(t, db, `INSERT INTO chat_rooms (id, kind, owner, entity_id, room_id, changed_at) VALUES (?, ?, ?, ?, ?, 1)`, i+1, kind, c.Garten.EntityID, c.Garten.EntityID, room)
			server.Enter(name, room)
		}
		q, say := queue.New(db, queue.Config{Logger: slog.New(slog.DiscardHandler)}), &words{title: "Fest", public: true}
		m := channel.New(channel.Config{
			DB: db, Queue: q, Log: slog.New(slog.DiscardHandler), Server: bot,
			Composer: func() channel.Composer { return say }, Printer: func() *lang.Printer { return nil },
		})
		q.Handle(m.Module().Jobs...)
		change := func(fn func(tx *sqldb.Tx) error) {
			t.Helper()
			if err := db.Write(t.Context(), fn); err != nil {
				t.Fatal(err)
			}
			if err := q.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		stands := func(kind string, want ...string) []matrixtest.Shown {
			t.Helper()
			got := server.Messages(rooms[kind])
			ok := len(got) == len(want)
			for i := range want {
				ok = ok && strings.Contains(got[i].Text, want[i])
			}
			if !ok {
				t.Fatalf("in the %s room stands %+v, want %q", kind, got, want)
			}
			return got
		}

		content := cast.AddContent(t, db, cast.Content{EntityID: c.Garten.EntityID, AuthorID: c.Anna.ID, Public: true})
		comment := cast.AddContribution(t, db, cast.Contribution{ContentID: content, AuthorID: c.Bert.ID, Inside: true})
		published := community.Activity{ID: 7, Name: community.ContentPublished, ActorID: c.Anna.ID, EntityID: c.Garten.EntityID, ContentID: content}
		commented := community.Activity{ID: 8, Name: community.CommentPosted, ActorID: c.Bert.ID, EntityID: c.Garten.EntityID, ContentID: content, ContributionID: comment}
		change(func(tx *sqldb.Tx) error { return m.Announce(t.Context(), tx, published) })
		head := stands("private", "Fest")[0].ID

		var events []string
		for i, message := range []matrix.Message{{Text: "Ich bringe Kuhcen.", Thread: head}, {Text: "Ich bringe Kuchen."}} {
			if i == 1 {
				message.Replaces = events[0]
			}
			event, err := bert.Send(t.Context(), rooms["private"], message.Text, message)
			if err != nil {
				t.Fatal(err)
			}
			events = append(events, event)
			cast.Execute(t, db, `
				INSERT INTO chat_answers (room, event_id, kind, event, waiting, contribution_id, heard_at) VALUES (?, ?, ?, '', ?, ?, 1)`,
				rooms["private"], event, []string{"message", "edit"}[i], false, comment)
		}
		say.title = "Kommentar"
		for range 2 {
			change(func(tx *sqldb.Tx) error { return m.Announce(t.Context(), tx, commented) })
			change(func(tx *sqldb.Tx) error { return m.FollowContribution(t.Context(), tx, comment) })
		}
		stands("private", "Fest", "Ich bringe Kuchen.")
		stands("public", "Fest", "Kommentar")

		say.title = "Geändert"
		cast.Execute(t, db, `UPDATE contributions SET edited_at = 5 WHERE id = ?`, comment)
		change(func(tx *sqldb.Tx) error { return m.FollowContribution(t.Context(), tx, comment) })
		got := stands("private", "Fest", "Geändert")
		if got[1].Thread != head || strings.Contains(server.Written(rooms["private"]), "Ich bringe") {
			t.Errorf("what was said before it was edited on the site is left: %+v", got)
		}
		say.title = "Noch einmal"
		change(func(tx *sqldb.Tx) error { return m.FollowContribution(t.Context(), tx, comment) })
		if got := stands("private", "Fest", "Noch einmal"); !got[1].Edited {
			t.Errorf("the message was not edited: %+v", got)
		}
	})
}

func TestWhatIsRemovedOnTheSiteIsTakenOutOfTheRoomInWhichItWasSaid(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	c, server := cast.New(t, db), matrixtest.New(t)
	bot, err := matrix.New(matrix.Config{URL: server.URL, User: matrixtest.Bot, Token: matrixtest.Token})
	if err != nil {
		t.Fatal(err)
	}
	room, err := bot.CreateRoom(t.Context(), matrix.NewRoom{Name: "private"})
	if err != nil {
		t.Fatal(err)
	}
	event, err := bot.Send(t.Context(), room, "1", matrix.Message{Text: "Ich bringe Kuchen."})
	if err != nil {
		t.Fatal(err)
	}
	cast.Execute(t, db, `INSERT INTO chat_rooms (id, kind, owner, entity_id, room_id, changed_at) VALUES (1, 'private', ?, ?, ?, 1)`, c.Garten.EntityID, c.Garten.EntityID, room)
	content := cast.AddContent(t, db, cast.Content{EntityID: c.Garten.EntityID, AuthorID: c.Anna.ID})
	comment := cast.AddContribution(t, db, cast.Contribution{ContentID: content, AuthorID: c.Bert.ID, Inside: true})
	cast.Execute(t, db, `INSERT INTO chat_answers (room, event_id, kind, event, waiting, contribution_id, heard_at) VALUES (?, ?, 'message', '', FALSE, ?, 1)`, room, event, comment)
	q, say := queue.New(db, queue.Config{Logger: slog.New(slog.DiscardHandler)}), &words{title: "x"}
	m := channel.New(channel.Config{
		DB: db, Queue: q, Log: slog.New(slog.DiscardHandler), Server: bot, Composer: func() channel.Composer { return say }, Printer: func() *lang.Printer { return nil },
	})
	q.Handle(m.Module().Jobs...)
	e := community.Activity{ID: 8, Name: community.CommentPosted, ActorID: c.Bert.ID, EntityID: c.Garten.EntityID, ContentID: content, ContributionID: comment}
	if err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return m.Announce(t.Context(), tx, e) }); err != nil {
		t.Fatal(err)
	}
	if err := q.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := server.Messages(room); len(got) != 1 {
		t.Fatalf("in the room stands %+v", got)
	}
	cast.Execute(t, db, `DELETE FROM contributions WHERE id = ?`, comment) // together with something larger, of which nobody says so
	say.gone = true
	if err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return q.Enqueue(t.Context(), tx, "matrix.sweep", struct{}{}) }); err != nil {
		t.Fatal(err)
	}
	if err := q.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := server.Messages(room); len(got) != 0 {
		t.Errorf("in the room stands %+v", got)
	}
}
