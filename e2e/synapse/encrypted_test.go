//go:build e2e && synapse

package synapse_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	mevent "maunium.net/go/mautrix/event"
	mid "maunium.net/go/mautrix/id"

	"grouprise.org/grouprise/e2e/synapse"
	"grouprise.org/grouprise/e2e/town"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// den is an encrypted room that a bot has made, with the processes that speak and listen in its name.
type den struct {
	*synapse.Server
	t     *testing.T
	token string
	db    *sqldb.DB
	room  string
	since string
	heard []matrix.Event

	verifiedOnly bool // devices that are not verified get no keys
}

const botName = "grouprise-bot"

// newDen makes the room, and invites some people.
func newDen(t *testing.T, people ...string) (*den, map[string]*synapse.Phone) {
	t.Helper()
	t.Parallel()
	d := &den{Server: synapse.Start(t, synapse.Generous), t: t, db: dbtest.SQLite(t)}
	d.token = d.Register(botName, true)
	phones, invited := map[string]*synapse.Phone{}, []string{}
	for _, name := range people {
		phones[name] = synapse.NewPhone(t, d.Server, d.Register(name, false))
		invited = append(invited, id(name))
	}
	room, err := d.process(d.db).CreateRoom(t.Context(), matrix.NewRoom{
		Name: "Den", Invite: invited, Initial: []matrix.State{{Type: matrix.Encryption, Content: map[string]any{"algorithm": "m.megolm.v1.aes-sha2"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	d.room = room
	d.listen(d.process(d.db))
	for _, p := range phones {
		p.Join(room)
	}
	return d, phones
}

// process returns the bot as a new process knows it.
func (d *den) process(db *sqldb.DB) *matrix.Client {
	d.t.Helper()
	c, err := matrix.New(matrix.Config{URL: d.URL, User: id(botName), Token: d.token, Keys: matrix.Keys{DB: db, Secret: "a secret of sixteen letters", VerifiedOnly: d.verifiedOnly}})
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

// say lets the bot say something, as the event that has the transaction.
func (d *den) say(c *matrix.Client, transaction string, m matrix.Message) string {
	d.t.Helper()
	sent, err := c.Send(d.t.Context(), d.room, transaction, m)
	if err != nil {
		d.t.Fatal(err)
	}
	return sent
}

// listen lets the bot hear what has happened since the last time.
func (d *den) listen(c *matrix.Client) {
	d.t.Helper()
	batch, err := c.Sync(d.t.Context(), d.since, 300*time.Millisecond)
	if err != nil {
		d.t.Fatal(err)
	}
	d.since = batch.Next
	for _, room := range batch.Rooms {
		d.heard = append(d.heard, room.Events...)
	}
}

// await lets the bot listen until it has heard a text, and returns its event.
func (d *den) await(c *matrix.Client, text string) matrix.Event {
	d.t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); d.listen(c) {
		for _, e := range d.heard {
			if e.Text == text {
				return e
			}
		}
	}
	d.t.Fatalf("the bot does not hear %q", text)
	return matrix.Event{}
}

// stored returns an event as the homeserver has it.
func (d *den) stored(eventID string) (e struct {
	Type    string         `json:"type"`
	Content map[string]any `json:"content"`
},
) {
	d.t.Helper()
	d.Ask(d.token, http.MethodGet, "/_matrix/client/v3/rooms/"+url.PathEscape(d.room)+"/event/"+url.PathEscape(eventID), nil, &e)
	return e
}

func says(text string) func(m *mevent.MessageEventContent) bool {
	return func(m *mevent.MessageEventContent) bool { return m.Body == text }
}

// TestTheBotSpeaksEncrypted lets people read what several processes of the bot say: a message, one in its thread, its new
// words, and what comes after a restart.
func TestTheBotSpeaksEncrypted(t *testing.T) {
	d, phones := newDen(t, "anna", "bert")
	first := d.process(d.db)
	head := d.say(first, "1", matrix.Message{Text: "Good morning", HTML: "<b>Good morning</b>"})
	if again := d.say(first, "1", matrix.Message{Text: "Good morning", HTML: "<b>Good morning</b>"}); again != head {
		t.Errorf("the same message again is %s and not %s", again, head)
	}
	if e := d.stored(head); e.Type != "m.room.encrypted" || e.Content["body"] != nil {
		t.Errorf("the homeserver has %+v", e)
	}
	d.say(first, "2", matrix.Message{Text: "Coffee?", HTML: "Coffee?", Thread: head})
	second := d.process(dbtest.Reopen(t, d.db)) // after a restart, or another process
	edit := d.say(second, "3", matrix.Message{Text: "Good evening", HTML: "Good evening", Replaces: head})
	if relates, _ := d.stored(edit).Content["m.relates_to"].(map[string]any); relates["event_id"] != head || relates["rel_type"] != "m.replace" {
		t.Errorf("the homeserver does not see what is replaced: %v", relates)
	}
	for _, p := range phones {
		if got := p.Await("the message", says("Good morning")); got.ID.String() != head || got.Content.AsMessage().FormattedBody != "<b>Good morning</b>" {
			t.Errorf("%s hears %+v", p.User, got.Content.AsMessage())
		}
		if got := p.Await("the answer", says("Coffee?")).Content.AsMessage(); got.RelatesTo.GetThreadParent().String() != head {
			t.Errorf("the answer of %s stands below %v", p.User, got.RelatesTo)
		}
		got := p.Await("the new words", func(m *mevent.MessageEventContent) bool {
			return m.NewContent != nil && m.NewContent.Body == "Good evening"
		})
		if got.Content.AsMessage().RelatesTo.GetReplaceID().String() != head {
			t.Errorf("the new words for %s replace %v", p.User, got.Content.AsMessage().RelatesTo)
		}
		if len(p.Lost) > 0 {
			t.Errorf("%s cannot read %d events", p.User, len(p.Lost))
		}
	}
	if err := second.Redact(t.Context(), d.room, head, "4"); err != nil {
		t.Error(err)
	}
}

// TestWhoIsRemovedReadsNoMore lets nobody listen for the bot, who must not depend on it.
func TestWhoIsRemovedReadsNoMore(t *testing.T) {
	d, phones := newDen(t, "anna", "bert")
	c := d.process(d.db)
	before := d.stored(d.say(c, "1", matrix.Message{Text: "for both", HTML: "for both"})).Content["session_id"]
	phones["bert"].Await("what is for both", says("for both"))
	if err := c.Kick(t.Context(), d.room, id("bert"), ""); err != nil {
		t.Fatal(err)
	}
	after := d.stored(d.say(c, "2", matrix.Message{Text: "for Anna", HTML: "for Anna"})).Content["session_id"]
	if before == after || before == nil {
		t.Error("the key that Bert has is still used")
	}
	phones["anna"].Await("what is for Anna", says("for Anna"))
	var shared []string
	err := d.db.Select(t.Context(), &shared, `SELECT member_id FROM matrix_shares WHERE session_id = ? ORDER BY member_id`, after)
	if err != nil || strings.Join(shared, " ") != id("anna") {
		t.Errorf("the new key was sent to %v: %v", shared, err)
	}
}

// TestWhoComesLaterAndNewDevicesRead lets the bot notice them.
func TestWhoComesLaterAndNewDevicesRead(t *testing.T) {
	d, phones := newDen(t, "anna")
	c := d.process(d.db)
	d.say(c, "1", matrix.Message{Text: "early", HTML: "early"})
	carla := synapse.NewPhone(t, d.Server, d.Register("carla", false))
	if err := c.Invite(t.Context(), d.room, id("carla")); err != nil {
		t.Fatal(err)
	}
	carla.Join(d.room)
	d.say(c, "2", matrix.Message{Text: "late", HTML: "late"})
	carla.Await("what was said late", says("late"))
	phones["anna"].Await("what was said late", says("late"))

	tablet := synapse.NewPhone(t, d.Server, d.SignIn("anna"))
	for end := time.Now().Add(time.Minute); ; d.listen(c) {
		var n int
		if err := d.db.Get(t.Context(), &n, `SELECT COUNT(*) FROM matrix_devices WHERE member_id = ? AND deleted = FALSE`, id("anna")); err != nil {
			t.Fatal(err)
		}
		if n == 2 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the bot knows %d devices of Anna", n)
		}
	}
	d.say(c, "3", matrix.Message{Text: "for all devices", HTML: "for all devices"})
	tablet.Await("what is for all devices", says("for all devices"))
}

// TestOnlyVerifiedDevicesRead lets the bot speak to those alone that their owner has verified, also if they do so later.
func TestOnlyVerifiedDevicesRead(t *testing.T) {
	d, phones := newDen(t, "anna", "bert")
	d.verifiedOnly = true
	anna, bert := phones["anna"], phones["bert"]
	anna.Verify()
	c := d.process(d.db)
	d.say(c, "1", matrix.Message{Text: "for Anna", HTML: "for Anna"})
	anna.Await("what is for her", says("for Anna"))
	for end := time.Now().Add(time.Minute); len(bert.Lost) == 0; bert.Sync() {
		if time.Now().After(end) {
			t.Fatal("Bert does not even learn that something was said")
		}
	}
	bert.Verify()
	hears := func() bool {
		return slices.ContainsFunc(bert.Heard, func(e *mevent.Event) bool { return e.Content.AsMessage().Body == "for both" })
	}
	for n := 2; !hears(); n++ {
		if n == 100 {
			t.Fatal("Bert cannot read although his phone is verified")
		}
		d.listen(c)
		d.say(c, fmt.Sprint(n), matrix.Message{Text: "for both", HTML: "for both"})
		bert.Sync()
	}
	anna.Await("what is for both", says("for both"))
}

// TestTheBotReadsWhatIsEncrypted lets people speak to the bot.
func TestTheBotReadsWhatIsEncrypted(t *testing.T) {
	d, phones := newDen(t, "anna")
	anna := phones["anna"]
	c := d.process(d.db)
	head := anna.Say(d.room, "help")
	if e := d.await(c, "help"); !e.Encrypted || e.Unreadable || e.Type != matrix.MessageEvent || e.ID != head.String() || e.Sender != id("anna") {
		t.Errorf("the bot hears %+v", e)
	}
	m := &mevent.MessageEventContent{MsgType: mevent.MsgText, Body: "in the thread"}
	m.RelatesTo = (&mevent.RelatesTo{}).SetThread(head, head)
	anna.Send(d.room, m)
	if e := d.await(c, "in the thread"); e.Thread != head.String() {
		t.Errorf("the bot hears %+v", e)
	}
	m = &mevent.MessageEventContent{MsgType: mevent.MsgText, Body: "other words"}
	m.SetEdit(head)
	anna.Send(d.room, m)
	if e := d.await(c, "other words"); e.Replaces != head.String() {
		t.Errorf("the bot hears %+v", e)
	}
	sealed := anna.Encrypt(d.room, "once")
	anna.Put(d.room, sealed)
	d.await(c, "once")
	replayed := anna.Put(d.room, sealed).String()
	anna.Say(d.room, "after it")
	d.await(c, "after it")
	for _, e := range d.heard {
		if e.ID == replayed && !e.Unreadable {
			t.Errorf("a message that was replayed is heard: %+v", e)
		}
	}
}

// TestTheBotWaitsForAKey lets a key come after the message, and never.
func TestTheBotWaitsForAKey(t *testing.T) {
	d, phones := newDen(t, "anna")
	anna, now := phones["anna"], time.Now()
	late := d.process(d.db.WithClock(func() time.Time { return now }))
	anna.Share(d.room, mid.UserID(id(botName)))
	secret := anna.Put(d.room, anna.Encrypt(d.room, "not for the bot")).String()
	waiting := func() (n int) {
		if err := d.db.Get(t.Context(), &n, `SELECT COUNT(*) FROM matrix_waiting`); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for end := time.Now().Add(time.Minute); waiting() == 0; d.listen(late) {
		if time.Now().After(end) {
			t.Fatal("the bot does not wait for a key")
		}
	}
	sealed := anna.Prepare(d.room, "before its key")
	event := anna.Put(d.room, sealed).String()
	for end := time.Now().Add(time.Minute); waiting() < 2; d.listen(late) {
		if time.Now().After(end) {
			t.Fatal("the bot does not wait for a key")
		}
	}
	for _, e := range d.heard {
		if e.ID == secret || e.ID == event {
			t.Errorf("before the key has come, the bot hears %+v", e)
		}
	}
	anna.Share(d.room)
	if e := d.await(late, "before its key"); e.ID != event || e.Unreadable {
		t.Errorf("after the key has come, the bot hears %+v", e)
	}
	now = now.Add(3 * time.Minute)
	for range 3 {
		d.listen(late)
	}
	unreadable := 0
	for _, e := range d.heard {
		if e.ID == secret && e.Unreadable && e.Type == matrix.EncryptedEvent {
			unreadable++
		}
	}
	if unreadable != 1 || waiting() != 0 {
		t.Errorf("what cannot be read is heard %d times, and %d events wait", unreadable, waiting())
	}
}

// TestTheBotIsVerifiedOnce lets the bot sign its device, and the next one.
func TestTheBotIsVerifiedOnce(t *testing.T) {
	d, _ := newDen(t, "anna")
	ctx := t.Context()
	done, err := d.process(d.db).Verify(ctx, matrix.Verification{})
	if err != nil || !done.Made || done.Fingerprint == "" {
		t.Fatalf("verified: %+v, %v", done, err)
	}
	if n := d.signatures(ctx, done.Device); n != 2 {
		t.Errorf("the device has %d signatures", n)
	}
	if again, err := d.process(d.db).Verify(ctx, matrix.Verification{}); err != nil || again.Made || again.Fingerprint != done.Fingerprint {
		t.Errorf("verified again: %+v, %v", again, err)
	}
	d.token = d.SignIn(botName)
	next := d.process(d.db)
	d.say(next, "1", matrix.Message{Text: "with another device", HTML: "with another device"})
	if done, err = next.Verify(ctx, matrix.Verification{}); err != nil || done.Made || d.signatures(ctx, done.Device) != 2 {
		t.Errorf("the next device: %+v, %v", done, err)
	}
	if _, err := d.process(dbtest.SQLite(t)).Verify(ctx, matrix.Verification{}); err == nil {
		t.Error("keys of another database are replaced without asking")
	}
}

// TestATownWithEncryptedRooms lets members read what is posted, in their room alone, and administrators give commands.
func TestATownWithEncryptedRooms(t *testing.T) {
	t.Parallel()
	admins := ""
	s := newStory(t, town.SQLite, synapse.Generous, func(s *story) map[string]string {
		var made struct {
			Room string `json:"room_id"`
		}
		s.Server.Ask(s.tokens["anna"], http.MethodPost, "/_matrix/client/v3/createRoom", map[string]any{
			"preset": "private_chat", "invite": []string{id(botName)},
			"initial_state": []any{map[string]any{"type": matrix.Encryption, "content": map[string]any{"algorithm": "m.megolm.v1.aes-sha2"}}},
		}, &made)
		admins = made.Room
		return map[string]string{
			"MATRIX_CHAT_ENCRYPT_PRIVATE_ROOMS": "true", "MATRIX_COMMANDER_ENABLED": "true", "MATRIX_COMMANDER_BOT_ID": id(botName), "MATRIX_COMMANDER_ADMIN_ROOMS": admins,
		}
	})
	if code, out := s.Call("", "matrix", "sign-device"); code != 0 || !strings.Contains(out, "is signed with new keys") {
		t.Fatalf("sign the device: %d %s", code, out)
	}
	s.Start("bot")
	anna, bert := synapse.NewPhone(t, s.Server, s.tokens["anna"]), synapse.NewPhone(t, s.Server, s.tokens["bert"])

	s.post("anna", "/stadt/groups/add/", url.Values{"name": {"Werkstatt"}})
	s.post("bert", "/werkstatt/actions/join/", url.Values{})
	for name, phone := range map[string]*synapse.Phone{"anna": anna, "bert": bert} {
		s.awaits("werkstatt-private", name, "invite")
		phone.Join(s.room("werkstatt-private"))
	}
	publish := func(title string) {
		s.post("anna", "/werkstatt/articles/add/", url.Values{"title": {title}, "text": {"Worte zu " + title + "."}})
	}
	about := func(word string) func(m *mevent.MessageEventContent) bool {
		return func(m *mevent.MessageEventContent) bool { return strings.Contains(m.Body, word) }
	}
	publish("Kassenstand")
	anna.Await("the article", about("Kassenstand"))
	bert.Await("the article", about("Kassenstand"))
	if _, source := s.said(s.room("werkstatt-private")); source != "" {
		t.Errorf("the homeserver can read %q", source)
	}
	s.post("bert", fmt.Sprintf("/stadt/groups/%d/resign/", s.groupID()), url.Values{})
	s.awaits("werkstatt-private", "bert", "leave")
	s.worker.Kill()
	s.Start("worker")
	publish("Umzug")
	anna.Await("the article", about("Umzug"))
	s.withDB(func(db *sqldb.DB) {
		var keys, ofBert int
		err := db.Get(t.Context(), &keys, `SELECT COUNT(DISTINCT session_id) FROM matrix_shares`)
		if err == nil {
			err = db.Get(t.Context(), &ofBert, `SELECT COUNT(DISTINCT session_id) FROM matrix_shares WHERE member_id = ?`, id("bert"))
		}
		if err != nil || keys < 2 || ofBert >= keys {
			t.Errorf("Bert has %d of %d keys: %v", ofBert, keys, err)
		}
	})

	s.eventually("the bot to come to the administrators", func() bool {
		var m struct {
			Membership string `json:"membership"`
		}
		s.Server.Ask(s.bot, http.MethodGet, "/_matrix/client/v3/rooms/"+url.PathEscape(admins)+"/state/m.room.member/"+url.PathEscape(id(botName)), nil, &m)
		return m.Membership == "join"
	})
	anna.Sync()
	anna.Say(admins, "!grouprise group show werkstatt")
	anna.Await("what the bot answers", func(m *mevent.MessageEventContent) bool {
		return strings.Contains(m.Body, "Werkstatt") && !strings.Contains(m.Body, "[")
	})
}

// signatures counts by how many keys a device of the bot is signed.
func (d *den) signatures(_ context.Context, device string) int {
	d.t.Helper()
	var answer struct {
		Devices map[string]map[string]struct {
			Signatures map[string]map[string]string `json:"signatures"`
		} `json:"device_keys"`
	}
	d.Ask(d.token, http.MethodPost, "/_matrix/client/v3/keys/query", map[string]any{"device_keys": map[string]any{id(botName): []string{}}}, &answer)
	return len(answer.Devices[id(botName)][device].Signatures[id(botName)])
}
