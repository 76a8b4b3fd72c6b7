package matrix_test

import (
	"context"
	"log/slog"
	"strings"
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

// words composes the same words for everybody who may read them.
type words struct {
	title  string
	public bool
	gone   bool
}

func (w *words) Compose(_ context.Context, _ sqldb.Querier, _ *lang.Printer, _ community.Activity, to notify.Recipient) (*notify.Message, error) {
	if w.gone || !w.public && to.PersonID == 0 {
		return nil, errs.New(errs.Denied, "")
	}
	return &notify.Message{Label: "Article", Subject: w.title, URL: "https://stadt.example/x", Internal: !w.public, Text: "Wir **feiern** <b>."}, nil
}

func TestARoomShowsWhatItsReadersMayRead(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c, server := cast.New(t, db), matrixtest.New(t)
		bot, err := matrix.New(matrix.Config{URL: server.URL, User: matrixtest.Bot, Token: matrixtest.Token})
		if err != nil {
			t.Fatal(err)
		}
		rooms := map[string]string{}
		for _, name := range []string{"public", "private", "listener"} {
			if rooms[name], err = bot.CreateRoom(t.Context(), matrix.NewRoom{Name: name}); err != nil {
				t.Fatal(err)
			}
		}
		for _, kind := range []string{"public", "private"} {
			cast.Execute(t, db, `INSERT INTO chat_rooms (kind, owner, entity_id, room_id, changed_at) VALUES (?, ?, ?, ?, 1)`, kind, c.Garten.EntityID, c.Garten.EntityID, rooms[kind])
		}
		q, say := queue.New(db, queue.Config{Logger: slog.New(slog.DiscardHandler)}), &words{title: "Fest [am Bach] & mehr", public: true}
		m := channel.New(channel.Config{
			DB: db, Queue: q, Log: slog.New(slog.DiscardHandler), Server: bot, Listeners: []string{rooms["listener"]},
			Composer: func() channel.Composer { return say }, Printer: func() *lang.Printer { return nil },
		})
		q.Handle(m.Module().Jobs...)
		content := cast.AddContent(t, db, cast.Content{EntityID: c.Garten.EntityID, AuthorID: c.Anna.ID, Public: true})
		change := func(fn func(tx *sqldb.Tx) error) {
			t.Helper()
			if err := db.Write(t.Context(), fn); err != nil {
				t.Fatal(err)
			}
			if err := q.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		stands := func(public, private string) {
			t.Helper()
			for name, want := range map[string]string{"public": public, "listener": public, "private": private} {
				var got []string
				for _, shown := range server.Messages(rooms[name]) {
					got = append(got, shown.Text)
				}
				if text := strings.Join(got, "|"); (want == "") != (text == "") || !strings.Contains(text, want) || strings.Contains(text, "|") {
					t.Errorf("in the %s room stands %q, want %q", name, text, want)
				}
			}
		}
		e := community.Activity{ID: 7, Name: community.ContentPublished, ActorID: c.Anna.ID, EntityID: c.Garten.EntityID, ContentID: content}
		announce := func(tx *sqldb.Tx) error { return m.Announce(t.Context(), tx, e) }
		follow := func(tx *sqldb.Tx) error { return m.FollowContents(t.Context(), tx, content) }
		change(announce)
		change(announce)
		stands("Article: [Fest (am Bach) & mehr](https://stadt.example/x)\n\nWir feiern", "Fest")
		if html := server.Messages(rooms["public"])[0].HTML; !strings.Contains(html, "Fest [am Bach] &amp; mehr</a>") || strings.Contains(html, "<b>") {
			t.Errorf("the message is %s", html)
		}
		say.title = "Anders"
		change(follow)
		stands("Anders", "Anders")
		say.public = false
		change(follow)
		stands("", "Anders")
		if left := server.Written(rooms["public"]) + server.Written(rooms["listener"]); strings.TrimSpace(left) != "" {
			t.Errorf("in a public room is left %q", left)
		}
		say.public = true
		change(follow)
		stands("Anders", "Anders")
		cast.Execute(t, db, `DELETE FROM contents WHERE id = ?`, content)
		say.gone = true
		change(func(tx *sqldb.Tx) error { return q.Enqueue(t.Context(), tx, "matrix.sweep", struct{}{}) })
		stands("", "")
	})
}
