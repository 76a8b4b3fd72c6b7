package app

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/bot"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/matrixtest"
)

// bridgeTown is a chatTown in which Anna and Bert are in the private room of the garden, which answers.
type bridgeTown struct {
	*chatTown
	room string
}

func newBridgeTown(t *testing.T) *bridgeTown {
	t.Helper()
	w := &bridgeTown{chatTown: newChatTown(t)}
	w.room = w.Find("garten-private")
	for _, name := range []string{"anna", "bert"} {
		w.Join(t, matrixID(name), w.room)
	}
	server, err := matrix.New(matrix.Config{URL: w.URL, User: matrixtest.Bot, Token: matrixtest.Token})
	if err != nil {
		t.Fatal(err)
	}
	ears := bot.New(bot.Config{DB: w.db, Log: w.log, Accounts: []bot.Account{{ID: matrixtest.Bot, Server: server, Roles: []bot.Role{bot.Chat}}}})
	ears.Listen(module.Gather(w.modules, func(m module.Module) []bot.Listener { return m.Hears })...)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := ears.Run(ctx); err != nil && ctx.Err() == nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	w.until(t, "somebody to listen", func() (listens bool) {
		if err := w.db.Get(t.Context(), &listens, `SELECT EXISTS (SELECT 1 FROM bot_accounts WHERE since <> '')`); err != nil {
			t.Fatal(err)
		}
		return listens
	})
	w.visit(t, "bert").Send("/stadt/settings/group/matrix-chat/?group=garten", url.Values{"public_visible": {"on"}, "private_visible": {"on"}, "answers": {"on"}}, true)
	return w
}

func matrixID(name string) string { return "@" + name + ":" + matrixtest.Domain }

// say lets somebody say something in the private room in a thread, and returns the event.
func (w *bridgeTown) say(name, thread, text string) string {
	return w.Put(matrixID(name), w.room, "m.room.message", map[string]any{
		"msgtype": "m.text", "body": text, "m.relates_to": map[string]any{"rel_type": "m.thread", "event_id": thread},
	})
}

// until lets what was heard have its effects until something is so.
func (w *bridgeTown) until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		w.settle(t)
		if done() {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s; in the room stands %+v", what, w.Messages(w.room))
		}
	}
}

func TestAPrivateRoomAnswersAndFollows(t *testing.T) {
	t.Parallel()
	w := newBridgeTown(t)
	anna, bert, carla := w.visit(t, "anna"), w.visit(t, "bert"), w.visit(t, "carla")
	anna.Send("/garten/articles/add/", url.Values{"title": {"Sommerfest"}, "text": {"Wer bringt was?"}, "public": {"on"}}, true)
	head := w.reads(t, "garten-private", "Sommerfest")[0].ID
	const page = "/garten/sommerfest/"

	first := w.say("bert", head, "Ich bringe Kuhcen.")
	w.until(t, "the comment", func() bool { return strings.Contains(anna.Get(page).Body, "Ich bringe Kuhcen.") })
	w.Put(matrixID("bert"), w.room, "m.room.message", map[string]any{
		"msgtype": "m.text", "body": "* Ich bringe Kuchen.", "m.new_content": map[string]any{"msgtype": "m.text", "body": "Ich bringe Kuchen."},
		"m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": first},
	})
	w.until(t, "the edit", func() bool { return strings.Contains(anna.Get(page).Body, "Ich bringe Kuchen.") })
	for _, v := range []string{carla.Get(page).Body, w.visit(t, "").Get(page).Body} {
		if strings.Contains(v, "Kuchen") || !strings.Contains(v, "Wer bringt was?") {
			t.Error("a comment from the private room is public")
		}
	}
	anna.Send(page, url.Values{"text": {"Ich backe Brot."}}, true)
	got := w.reads(t, "garten-private", "Sommerfest", "Ich bringe Kuchen.", "Ich backe Brot.")
	if got[2].Thread != head {
		t.Errorf("the comment from the site stands elsewhere: %+v", got[2])
	}
	w.reads(t, "garten", "Sommerfest", "Ich backe Brot.")
	w.Replay(w.room, first)
	second := w.say("anna", head, "Ich bringe Kuchen.") // others may say the same
	w.until(t, "the second comment", func() bool { return strings.Count(anna.Get(page).Body, "Ich bringe Kuchen.") == 2 })

	comment := regexp.MustCompile(`contribution-(\d+)`).FindStringSubmatch(bert.Get(page).Body)[1]
	version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(bert.Get(page + "contributions/" + comment + "/edit/").Body)[1]
	bert.Send(page+"contributions/"+comment+"/edit/", url.Values{"text": {"Ich bringe Torte."}, "version": {version}}, true)
	got = w.reads(t, "garten-private", "Sommerfest", "Ich backe Brot.", "Ich bringe Kuchen.", "Ich bringe Torte.")
	if got[2].ID != second || got[3].Thread != head {
		t.Errorf("in the room stands %+v", got)
	}
	w.redact(t, "anna", second)
	w.until(t, "the retraction", func() bool { return !strings.Contains(anna.Get(page).Body, "Ich bringe Kuchen.") })
	bert.Send(page+"contributions/"+comment+"/delete/", url.Values{}, true)
	w.reads(t, "garten-private", "Sommerfest", "Ich backe Brot.")
}

// redact lets somebody take an event out of the private room.
func (w *bridgeTown) redact(t *testing.T, name, event string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut,
		w.URL+"/_matrix/client/v3/rooms/"+url.PathEscape(w.room)+"/redact/"+url.PathEscape(event)+"/"+url.PathEscape(event), strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+w.Account(matrixID(name)))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if _ = answer.Body.Close(); answer.StatusCode != http.StatusOK {
		t.Fatalf("%s cannot take an event out: %d", name, answer.StatusCode)
	}
}

func TestAPrivateRoomAnswersInConversationsAsTheRulesAllow(t *testing.T) {
	t.Parallel()
	w := newBridgeTown(t)
	anna, carla := w.visit(t, "anna"), w.visit(t, "carla")
	carla.Send("/stadt/groups/21/conversations/add/", url.Values{"subject": {"Mitmachen"}, "text": {"Braucht ihr Hilfe?"}}, true)
	head := w.reads(t, "garten-private", "Mitmachen")[0].ID
	w.Enter(matrixID("carla"), w.room) // whom nobody has invited
	w.say("carla", head, "Ich bin schon da.")
	w.say("bert", head, "Komm am Samstag.")
	path := regexp.MustCompile(`/stadt/conversations/\d+/`).FindString(anna.Get("/stadt/groups/21/conversations/").Body)
	w.until(t, "the message", func() bool { return strings.Contains(carla.Get(path).Body, "Komm am Samstag.") })
	if strings.Contains(anna.Get(path).Body, "Ich bin schon da.") {
		t.Error("somebody who has no Matrix id of the site speaks in its conversations")
	}
	w.reads(t, "garten-private", "Mitmachen", "Ich bin schon da.", "Komm am Samstag.", "@carla:"+matrixtest.Domain+": Your reply doesn’t appear on")

	cast.Execute(t, w.db, `UPDATE entities SET archived_at = 1 WHERE id = ?`, w.Garten.EntityID)
	w.say("bert", head, "Oder am Sonntag.")
	w.until(t, "the notice", func() bool {
		all := w.Messages(w.room)
		return strings.Contains(all[len(all)-1].Text, "archived") && all[len(all)-1].Thread == head
	})
	if strings.Contains(anna.Get(path).Body, "Sonntag") {
		t.Error("something new has come into a group that is archived")
	}
}

func TestMembersChooseWhetherTheChatRoomAnswers(t *testing.T) {
	t.Parallel()
	w := newChatTown(t)
	const page = "/stadt/settings/group/matrix-chat/?group=garten"
	for name, want := range map[string]int{"": http.StatusSeeOther, "carla": http.StatusForbidden, "bert": http.StatusOK} {
		if got := w.visit(t, name).Ask(http.MethodGet, page).Status; got != want {
			t.Errorf("%q: %d, want %d", name, got, want)
		}
	}
	bert := w.visit(t, "bert")
	open := func() (open bool) {
		if err := w.db.Get(t.Context(), &open, `SELECT EXISTS (SELECT 1 FROM chat_bridges WHERE entity_id = ?)`, w.Garten.EntityID); err != nil {
			t.Fatal(err)
		}
		return open
	}
	if open() {
		t.Error("it is on without anybody having chosen so")
	}
	bert.Send(page, url.Values{"answers": {"on"}}, true)
	bert.Send(page, url.Values{"answers": {"on"}}, true)
	if !open() || !strings.Contains(bert.Get(page).Body, `name="answers" value="on" checked`) {
		t.Error("it is not on")
	}
	const line = "becomes a comment or message here."
	for name, shown := range map[string]bool{"bert": true, "carla": false, "": false} {
		if got := strings.Contains(w.visit(t, name).Get("/garten/").Body, line); got != shown {
			t.Errorf("the page of the group says to %q that it is on: %t", name, got)
		}
	}
	if strings.Contains(w.visit(t, "anna").Get("/chor/").Body, line) {
		t.Error("another group says that it is on")
	}
	w.visit(t, "carla").Send(page, url.Values{}, false)
	if !open() {
		t.Error("somebody else has turned it off")
	}
	bert.Send(page, url.Values{}, true)
	if open() {
		t.Error("it is still on")
	}
}
