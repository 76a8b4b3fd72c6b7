//go:build e2e && synapse

package synapse_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	mevent "maunium.net/go/mautrix/event"

	"grouprise.org/grouprise/e2e/synapse"
	"grouprise.org/grouprise/e2e/town"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
)

// TestACommandThatComesAgainIsNotDoneAgain lets the homeserver tell of everything once more, as one does that comes from a
// backup.
func TestACommandThatComesAgainIsNotDoneAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t, town.SQLite)
	o.Start("worker")
	first := o.Start("bot")
	o.awaits("anna", o.room, "join")
	before := o.since("")
	o.say("anna", o.room, "!grouprise user admin grant bert")
	o.reply(o.room, 0, "grant")
	o.say("anna", o.room, "!grouprise user admin revoke bert")
	o.reply(o.room, 1, "revoke")
	o.since(before) // has gone on
	first.Stop()
	withDB(t, o.Town, func(db *sqldb.DB) { cast.Execute(t, db, `UPDATE bot_accounts SET since = ?`, before) })
	o.Start("bot")
	o.say("anna", o.room, "!grouprise user admin list")
	if got := o.reply(o.room, 2, "user admin list"); got.Text != "- demo-admin" {
		t.Errorf("replied %q", got.Text)
	}
	if all := o.heard(o.room); len(all) != 3 {
		t.Errorf("said %v", all)
	}
}

// since waits until the bot has listened up to another moment than one, and returns it as the homeserver knows it.
func (o *office) since(last string) (since string) {
	o.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		withDB(o.t, o.Town, func(db *sqldb.DB) {
			if err := db.Get(o.t.Context(), &since, `SELECT since FROM bot_accounts`); err != nil {
				o.t.Fatal(err)
			}
		})
		if since != last {
			return since
		}
		if time.Now().After(deadline) {
			o.t.Fatal("the bot does not listen")
		}
	}
}

// TestNobodyElseCommandsTheBotInAnEncryptedRoom tries in an encrypted room of administrators, with forged names, with a message
// that is too long, with the words of another in one's own name, with words that come again, and with such as are not
// encrypted; and from another encrypted room.
func TestNobodyElseCommandsTheBotInAnEncryptedRoom(t *testing.T) {
	t.Parallel()
	o := newOffice(t, town.SQLite, map[string]any{"type": "m.room.encryption", "content": map[string]any{"algorithm": "m.megolm.v1.aes-sha2"}})
	o.Start("worker")
	o.Start("bot")
	o.awaits("anna", o.room, "join")
	anna, bert := synapse.NewPhone(t, o.Server, o.tokens["anna"]), synapse.NewPhone(t, o.Server, o.tokens["bert"])
	const order = "!grouprise user admin grant bert"
	replied := func(part string) func(m *mevent.MessageEventContent) bool {
		return func(m *mevent.MessageEventContent) bool {
			return m.MsgType == mevent.MsgNotice && strings.Contains(m.Body, part)
		}
	}
	anna.Say(o.room, "!grouprise user show anna")
	anna.Await("an answer", replied("anna@example.org"))

	other := o.create("bert", "office-bot")
	o.awaits("bert", other, "leave")
	for _, text := range []string{"user admin grant bert", "!groupriseX user admin grant bert", "@office-bot:evil.example user admin grant bert", "> " + order} {
		bert.Say(o.room, text)
	}
	bert.Send(o.room, &mevent.MessageEventContent{MsgType: mevent.MsgNotice, Body: order})
	bert.Put(o.room, anna.Encrypt(o.room, order)) // whose key is Anna's
	o.say("bert", o.room, order)                  // which is not encrypted
	bert.Say(o.room, order+"\n"+strings.Repeat("x", 40000))
	bert.Await("why a long message is none", replied("too long"))

	sealed := anna.Encrypt(o.room, "!grouprise user admin list")
	anna.Put(o.room, sealed)
	anna.Await("the administrators", replied("- demo-admin"))
	anna.Put(o.room, sealed)
	anna.Say(o.room, "!grouprise group show chor")
	anna.Await("the group", replied("/chor/"))
	var said []string
	for _, e := range anna.Heard {
		if m, ok := e.Content.Parsed.(*mevent.MessageEventContent); ok && e.Sender.String() == id("office-bot") && !strings.Contains(m.Body, "encrypted for others") {
			said = append(said, m.Body)
		}
	}
	if len(said) != 4 || slices.ContainsFunc(said, func(text string) bool { return strings.Contains(text, "bert administers") }) {
		t.Errorf("the bot says %q", said)
	}
	var members struct {
		Joined map[string]any `json:"joined"`
	}
	o.ask("anna", http.MethodGet, "/rooms/"+url.PathEscape(o.room)+"/joined_members", nil, &members)
	if len(members.Joined) != 3 {
		t.Errorf("in the room are %v", members.Joined)
	}
	withDB(t, o.Town, func(db *sqldb.DB) {
		var admins int
		if err := db.Get(t.Context(), &admins, `SELECT COUNT(*) FROM people WHERE admin`); err != nil || admins != 1 {
			t.Errorf("there are %d administrators, %v", admins, err)
		}
	})
}
