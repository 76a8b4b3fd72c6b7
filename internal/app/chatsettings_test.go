package app

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/bot"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/matrixtest"
)

// chatOptions are the options of a town with a homeserver.
func chatOptions(server *matrixtest.Server) []string {
	return []string{
		"GROUPRISE_MATRIX_CHAT_ENABLED=true", "GROUPRISE_MATRIX_CHAT_DOMAIN=" + matrixtest.Domain,
		"GROUPRISE_MATRIX_CHAT_HOMESERVER_URL=" + server.URL, "GROUPRISE_MATRIX_CHAT_BOT_ACCESS_TOKEN=" + matrixtest.Token,
	}
}

// chooseChat lets somebody be told in chat instead of by mail.
func (w *chatTown) chooseChat(t *testing.T, slug string) {
	t.Helper()
	v := w.visit(t, slug)
	v.Send("/stadt/settings/notifications/", url.Values{
		"receives_email_notifications": {"on"}, "receives_builtin_inbox_notifications": {"on"}, "receives_matrix_notifications": {"on"},
	}, true)
	v.Sees(http.StatusOK, "Your choice is saved.", `name="receives_matrix_notifications" value="on" checked`)
}

// direct returns the room in which the site tells somebody things; "" if there is none.
func (w *chatTown) direct(slug string) string {
	for _, room := range w.Rooms() {
		if name, _ := w.State(room, "m.room.name", "")["name"].(string); strings.HasSuffix(name, "notifications") && w.Membership(room, "@"+slug+":"+matrixtest.Domain) != "" {
			return room
		}
	}
	return ""
}

// isTold compares what somebody reads in the chat that the site has with them, each a part of a message.
func (w *chatTown) isTold(t *testing.T, slug string, want ...string) {
	t.Helper()
	w.settle(t)
	room := w.direct(slug)
	if room == "" && len(want) == 0 {
		return
	}
	if room == "" {
		t.Fatalf("there is no chat with %s", slug)
	}
	got := w.Messages(room)
	ok := len(got) == len(want)
	for i := range want {
		ok = ok && strings.Contains(got[i].Text, want[i])
	}
	if !ok {
		t.Errorf("%s reads %+v, want %q", slug, got, want)
	}
}

func TestWhoeverChoseChatIsToldThereInsteadOfByMail(t *testing.T) {
	t.Parallel()
	w := newChatTown(t)
	w.chooseChat(t, "bert")
	anna := w.visit(t, "anna")
	anna.Send("/garten/articles/add/", url.Values{"title": {"Sommerfest"}, "text": {"Wir feiern."}, "public": {"on"}}, true)
	w.isTold(t, "bert", "[Garten am Bach] Article: [Sommerfest](http")
	if n := len(w.mails(t, "bert@example.org")); n != 0 {
		t.Errorf("Bert gets %d mails", n)
	}
	if n := len(w.mails(t, "anna@example.org")); n != 1 || w.direct("anna") != "" {
		t.Errorf("Anna, who chose nothing, gets %d mails and the chat %q", n, w.direct("anna"))
	}

	w.visit(t, "bert").Send("/garten/articles/add/", url.Values{"title": {"Eigenes"}, "text": {"Von mir."}, "public": {"on"}}, true)
	w.isTold(t, "bert", "Sommerfest")

	w.Join(t, "@bert:"+matrixtest.Domain, w.Find("garten-private"))
	w.hear(t, bot.Event{Room: w.Find("garten-private"), Sender: "@bert:" + matrixtest.Domain, Membership: "join", Target: "@bert:" + matrixtest.Domain})
	anna.Send("/garten/articles/add/", url.Values{"title": {"Erntefest"}, "text": {"Wir ernten."}, "public": {"on"}}, true)
	anna.Send("/stadt/gestalten/12/conversations/add/", url.Values{"subject": {"Schlüssel"}, "text": {"Wo ist er?"}}, true)
	w.isTold(t, "bert", "Sommerfest", "Message: [Schlüssel]")
	if n := len(w.mails(t, "bert@example.org")); n != 0 {
		t.Errorf("Bert gets %d mails", n)
	}

	w.hear(t, bot.Event{Room: w.direct("bert"), Sender: "@bert:" + matrixtest.Domain, Membership: "leave", Target: "@bert:" + matrixtest.Domain})
	anna.Send("/garten/articles/add/", url.Values{"title": {"Winterfest"}, "text": {"Es schneit."}, "public": {"on"}}, true)
	w.isTold(t, "bert", "Sommerfest", "Schlüssel")
	if n := len(w.mails(t, "bert@example.org")); n != 1 {
		t.Errorf("Bert, who left the chat, gets %d mails", n)
	}
}

// hear lets the rooms of the house hear something, as the bot would tell them.
func (w *chatTown) hear(t *testing.T, e bot.Event) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		for _, l := range module.Gather(w.modules, func(m module.Module) []bot.Listener { return m.Hears }) {
			if err := l.Hear(t.Context(), tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.settle(t)
}

func TestAChatWithOnePersonHoldsWhatTheyMayRead(t *testing.T) {
	t.Parallel()
	w := newChatTown(t)
	w.chooseChat(t, "bert")
	w.chooseChat(t, "carla")
	carla := w.visit(t, "carla")
	carla.Send("/garten/actions/subscribe", url.Values{}, true)
	anna := w.visit(t, "anna")
	anna.Send("/garten/articles/add/", url.Values{"title": {"Sommerfest"}, "text": {"Wir feiern."}, "public": {"on"}}, true)
	anna.Send("/garten/articles/add/", url.Values{"title": {"Kassenstand"}, "text": {"Es fehlen 20 Euro."}}, true)
	w.isTold(t, "bert", "Sommerfest", "Kassenstand")
	w.isTold(t, "carla", "Sommerfest")
	if w.Level(w.direct("carla"), "@carla:"+matrixtest.Domain) >= 100 {
		t.Error("somebody can let others into the chat")
	}

	anna.Send("/garten/sommerfest/edit/", url.Values{"title": {"Geheimfest"}, "text": {"Pst."}, "slug": {"sommerfest"}}, true)
	w.isTold(t, "bert", "Geheimfest", "Kassenstand")
	w.isTold(t, "carla")
	if words := w.Written(w.direct("carla")); strings.Contains(words, "fest") {
		t.Errorf("Carla can still read %s", words)
	}

	room := w.direct("carla")
	carla.Send("/stadt/settings/gestalt/delete/", url.Values{}, true)
	w.settle(t)
	var left int
	if err := w.db.Get(t.Context(), &left, `SELECT COUNT(*) FROM chat_directs WHERE matrix_id = ?`, "@carla:"+matrixtest.Domain); err != nil || left > 0 {
		t.Errorf("%d chats with somebody who is gone, %v", left, err)
	}
	if got := w.Membership(room, matrixtest.Bot); got != "leave" {
		t.Errorf("in the chat with somebody who is gone the bot is %q", got)
	}
}

func TestNothingIsLostWhileTheHomeserverIsAway(t *testing.T) {
	t.Parallel()
	w := newChatTown(t)
	w.chooseChat(t, "bert")
	w.SetAway(true)
	anna := w.visit(t, "anna")
	for _, title := range []string{"Sommerfest", "Herbstfest", "Winterfest"} {
		anna.Send("/garten/articles/add/", url.Values{"title": {title}, "text": {"Wir feiern."}, "public": {"on"}}, true)
	}
	_ = w.queue.Drain(t.Context())
	w.SetAway(false)
	for lost := range 4 {
		w.Lose(lost)
		cast.Execute(t, w.db, `UPDATE jobs SET run_at = 0 WHERE state = 'later'`)
		_ = w.queue.Drain(t.Context())
	}
	w.Lose(0)
	cast.Execute(t, w.db, `UPDATE jobs SET run_at = 0 WHERE state = 'later'`)
	w.isTold(t, "bert", "Sommerfest", "Herbstfest", "Winterfest")
}

func TestPagesLinkToChatRooms(t *testing.T) {
	t.Parallel()
	w := newChatTown(t)
	const public, private, feed = `href="/garten/-/chat/public/"`, `href="/garten/-/chat/private/"`, `href="/stadt/chat-rooms/public-feed/"`
	nobody, bert := w.visit(t, ""), w.visit(t, "bert")
	nobody.Get("/garten/")
	nobody.DoesNotSee(public, private)
	bert.Get("/garten/")
	bert.Sees(http.StatusOK, public, private)
	w.Join(t, "@bert:"+matrixtest.Domain, w.Find("garten"))
	cast.Execute(t, w.db, `UPDATE chat_rooms SET members = 1`)
	nobody.Get("/garten/")
	nobody.Sees(http.StatusOK, public)
	nobody.DoesNotSee(private)
	for _, path := range []string{"/", "/stadt/articles/", "/stadt/galleries/"} {
		nobody.Get(path)
		nobody.Sees(http.StatusOK, feed)
	}
}
