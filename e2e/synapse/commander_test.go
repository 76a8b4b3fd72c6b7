//go:build e2e && synapse

package synapse_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/e2e/synapse"
	"grouprise.org/grouprise/e2e/town"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
)

// office is a room of administrators, where Anna and Bert are, with the bot of a town.
type office struct {
	*town.Town
	*synapse.Server
	t      *testing.T
	tokens map[string]string
	room   string
	sent   int

	initial []map[string]any // the state of rooms that people create
}

// said is a message of the bot.
type said struct {
	ID   string
	Text string
}

// newOffice makes the room with some of its state.
func newOffice(t *testing.T, database town.Database, initial ...map[string]any) *office {
	t.Helper()
	o := &office{Server: synapse.Start(t, synapse.Generous), t: t, tokens: map[string]string{}}
	bot := o.Register("office-bot", false)
	for _, name := range []string{"anna", "bert"} {
		o.tokens[name] = o.Register(name, false)
	}
	o.initial = initial
	o.room = o.create("anna", "office-bot", "bert")
	o.ask("bert", http.MethodPost, "/join/"+url.PathEscape(o.room), map[string]any{}, nil)
	o.Town = town.New(t, database, map[string]string{
		"MATRIX_CHAT_DOMAIN": synapse.Domain, "MATRIX_CHAT_HOMESERVER_URL": o.Server.URL, "EMAIL_SUBMISSION_BACKEND": "dummy",
		"MATRIX_COMMANDER_ENABLED": "true", "MATRIX_COMMANDER_BOT_ID": id("office-bot"), "MATRIX_COMMANDER_BOT_ACCESS_TOKEN": bot, "MATRIX_COMMANDER_ADMIN_ROOMS": o.room,
	})
	if code, out := o.Call("", "migrate"); code != 0 {
		t.Fatal(out)
	}
	db, err := sqldb.Open(t.Context(), o.DB)
	if err != nil {
		t.Fatal(err)
	}
	c := cast.New(t, db)
	content := cast.AddContent(t, db, cast.Content{EntityID: c.Garten.EntityID, AuthorID: c.Anna.ID, Title: "Fest", Slug: "fest"})
	cast.AddContribution(t, db, cast.Contribution{ContentID: content, AuthorID: c.Bert.ID})
	cast.AddConversation(t, db, cast.Conversation{EntityID: c.Garten.EntityID, AuthorID: c.Carla.ID})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return o
}

// ask asks the homeserver in the name of somebody.
func (o *office) ask(name, method, path string, body, dest any) {
	o.t.Helper()
	if status := o.Server.Ask(o.tokens[name], method, "/_matrix/client/v3"+path, body, dest); status != http.StatusOK {
		o.t.Fatalf("%s: %s %s: %d", name, method, path, status)
	}
}

// create creates a room and invites people into it.
func (o *office) create(name string, invited ...string) string {
	o.t.Helper()
	var guests []string
	for _, guest := range invited {
		guests = append(guests, id(guest))
	}
	var made struct {
		Room string `json:"room_id"`
	}
	o.ask(name, http.MethodPost, "/createRoom", map[string]any{"preset": "private_chat", "invite": guests, "initial_state": append([]map[string]any{}, o.initial...)}, &made)
	return made.Room
}

// put puts an event into a room.
func (o *office) put(name, room, kind string, content map[string]any) {
	o.t.Helper()
	o.sent++
	o.ask(name, http.MethodPut, fmt.Sprintf("/rooms/%s/send/%s/t%d", url.PathEscape(room), kind, o.sent), content, nil)
}

func (o *office) say(name, room, text string) {
	o.t.Helper()
	o.put(name, room, "m.room.message", map[string]any{"msgtype": "m.text", "body": text})
}

// heard returns what the bot has said in a room, oldest first.
func (o *office) heard(room string) (all []said) {
	o.t.Helper()
	var found struct {
		Chunk []struct {
			ID      string `json:"event_id"`
			Sender  string `json:"sender"`
			Type    string `json:"type"`
			Content struct {
				Body string `json:"body"`
				Kind string `json:"msgtype"`
			} `json:"content"`
		} `json:"chunk"`
	}
	o.ask("anna", http.MethodGet, "/rooms/"+url.PathEscape(room)+"/messages?dir=f&limit=1000", nil, &found)
	for _, e := range found.Chunk {
		if e.Type == "m.room.message" && e.Sender == id("office-bot") && e.Content.Kind == "m.notice" {
			all = append(all, said{e.ID, e.Content.Body})
		}
	}
	return all
}

// reply waits for the next thing that the bot says, after so many others.
func (o *office) reply(room string, before int, to string) said {
	o.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if all := o.heard(room); len(all) > before {
			return all[before]
		}
		if time.Now().After(deadline) {
			o.t.Fatalf("no reply to %q", to)
		}
	}
}

// confirmation is how a question of the bot is answered.
type confirmation int

const (
	none confirmation = iota
	byWord
	byReaction
)

// TestTheBotAnswersEveryCommand gives each of the commands in a room of administrators.
func TestTheBotAnswersEveryCommand(t *testing.T) {
	t.Parallel()
	o := newOffice(t, town.SQLite)
	o.say("anna", o.room, "!grouprise user show anna") // before the bot is there
	o.Start("worker")
	first := o.Start("bot")
	o.awaits("anna", o.room, "join")
	n := 0
	give := func(command, want string, confirm confirmation) {
		t.Helper()
		o.say("anna", o.room, "!grouprise "+command)
		got := o.reply(o.room, n, command)
		n++
		if confirm != none {
			if !strings.Contains(got.Text, "To confirm") {
				t.Fatalf("%s\nasks %q", command, got.Text)
			}
			o.say("bert", o.room, "yes") // who has not asked for it does not confirm it
			if confirm == byWord {
				o.say("anna", o.room, "yes")
			} else {
				o.put("anna", o.room, "m.reaction", map[string]any{"m.relates_to": map[string]any{"rel_type": "m.annotation", "event_id": got.ID, "key": "👍"}})
			}
			got = o.reply(o.room, n, command)
			n++
		}
		if !strings.Contains(got.Text, want) {
			t.Errorf("%s\nreplied %q\nwant    %q", command, got.Text, want)
		}
	}
	comment := "/garten/fest/#contribution-1"
	give("help", "user admin revoke NAME", none)
	give("help user admin", "user admin grant NAME", none)
	give("user show anna", "Email address: anna@example.org", none)
	give("usr show anna", "user show NAME", none)
	give("user show ana", "- anna", none)
	give("user join carla chor", "carla is a member of chor now.", none)
	give("user leave carla chor", "carla is no longer a member of chor.", none)
	give("user admin list", "demo-admin", none)
	give("user admin grant bert", "bert administers the site from now on.", none)
	give("user admin revoke bert", "bert no longer administers the site.", none)
	give("group show garten", "Status: open", none)
	give("group list-members garten", "Bert Birke (bert)", none)
	give("content show /stadt/content/1/", "Title: Fest", none)
	give("content show /stadt/conversations/1/", "Group: garten", none)
	give("content visibility /garten/fest public", "Everybody can read", none)
	give("content ownership /garten/fest chor", "belongs to chor now.", none)
	give("content ownership /chor/fest-1 garten", "belongs to garten now.", none)
	give("comment show "+comment, "Author: bert", none)
	give("comment remove "+comment, "has been deleted.", byReaction)
	give("content remove /stadt/content/1/", "has been deleted.", byWord)
	give("content remove /stadt/conversations/1/", "has been deleted.", byReaction)
	give("user list-unused", "dora", none)
	give("user remove-unused 1", "These accounts have been deleted:", byReaction)
	give("user remove bert", "The account bert has been deleted.", byWord)
	give("group remove garten", "The group garten has been removed.", byReaction)
	give("group show garten", "Unknown group: garten", none)

	// Two processes listen, one of them is killed, and Synapse is not there for a while.
	o.Start("bot")
	first.Kill()
	o.Stop()
	o.Run()
	give("user show anna", "anna@example.org", none)
	if all := o.heard(o.room); len(all) != n {
		t.Errorf("the bot has said %d things, want %d: %v", len(all), n, all)
	}
}

// awaits waits until the bot stands to a room, which somebody is in, in some way.
func (o *office) awaits(name, room, want string) {
	o.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		var found struct {
			Membership string `json:"membership"`
		}
		o.ask(name, http.MethodGet, "/rooms/"+url.PathEscape(room)+"/state/m.room.member/"+url.PathEscape(id("office-bot")), nil, &found)
		if found.Membership == want {
			return
		}
		if time.Now().After(deadline) {
			o.t.Fatalf("the bot is %q, want %q", found.Membership, want)
		}
	}
}

// TestNobodyElseCommandsTheBot tries from another room, with forged names and with messages that are too long.
func TestNobodyElseCommandsTheBot(t *testing.T) {
	t.Parallel()
	o := newOffice(t, town.SQLite)
	o.Start("worker")
	o.Start("bot")
	o.awaits("anna", o.room, "join")
	other := o.create("bert", "office-bot")
	o.awaits("bert", other, "leave")
	for _, text := range []string{
		"user admin grant bert", "!groupriseX user admin grant bert", "@office-bot:evil.example user admin grant bert", "> !grouprise user admin grant bert",
	} {
		o.say("bert", o.room, text)
	}
	o.put("bert", o.room, "m.room.message", map[string]any{"msgtype": "m.notice", "body": "!grouprise user admin grant bert"})
	o.say("bert", o.room, "!grouprise user admin grant bert\n"+strings.Repeat("x", 60000))
	if got := o.reply(o.room, 0, "a long message"); !strings.Contains(got.Text, "too long") {
		t.Errorf("replied %q", got.Text)
	}
	o.say("anna", o.room, "!grouprise user admin list")
	if got := o.reply(o.room, 1, "user admin list"); got.Text != "- demo-admin" {
		t.Errorf("replied %q", got.Text)
	}
	if all := o.heard(o.room); len(all) != 2 {
		t.Errorf("said %v", all)
	}
}
