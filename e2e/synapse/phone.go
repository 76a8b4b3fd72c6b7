//go:build e2e && synapse

package synapse

import (
	"errors"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Phone is a client that reads and writes in encrypted rooms, as people have one.
type Phone struct {
	User  id.UserID
	Heard []*event.Event // that were encrypted, as they were before
	Lost  []*event.Event // that cannot be read

	t       testing.TB
	api     *mautrix.Client
	state   mautrix.StateStore
	machine *crypto.OlmMachine
	since   string
}

// NewPhone signs in with an access token, and takes in what there is.
func NewPhone(t testing.TB, s *Server, token string) *Phone {
	t.Helper()
	p := NewSleepingPhone(t, s, token)
	p.Sync()
	return p
}

// NewSleepingPhone signs in with an access token, so that others know the device and its keys. It listens from its first
// Sync on.
func NewSleepingPhone(t testing.TB, s *Server, token string) *Phone {
	t.Helper()
	api, err := mautrix.NewClient(s.URL, "", token)
	if err != nil {
		t.Fatal(err)
	}
	who, err := api.Whoami(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	api.UserID, api.DeviceID, api.StateStore = who.UserID, who.DeviceID, mautrix.NewMemoryStateStore()
	p := &Phone{User: who.UserID, t: t, api: api, state: api.StateStore}
	p.machine = crypto.NewOlmMachine(api, nil, crypto.NewMemoryStore(nil), p.state.(crypto.StateStore))
	if err := p.machine.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.machine.ShareKeys(t.Context(), -1); err != nil {
		t.Fatal(err)
	}
	return p
}

// Sync takes in what has happened since the last time.
func (p *Phone) Sync() {
	p.t.Helper()
	ctx := p.t.Context()
	answer, err := p.api.SyncRequest(ctx, 300, p.since, "", false, event.PresenceOffline)
	if err != nil {
		p.t.Fatal(err)
	}
	p.machine.ProcessSyncResponse(ctx, answer, p.since)
	p.since = answer.NextBatch
	for room, r := range answer.Rooms.Join {
		for _, e := range append(r.State.Events, r.Timeline.Events...) {
			e.RoomID = room
			e.Type.Class = event.MessageEventType
			if e.StateKey != nil {
				e.Type.Class = event.StateEventType
			}
			if err := e.Content.ParseRaw(e.Type); err != nil && !errors.Is(err, event.ErrUnsupportedContentType) {
				p.t.Errorf("%s hears %s: %v", p.User, e.ID, err)
			}
			mautrix.UpdateStateStore(ctx, p.state, e)
			switch e.Type {
			case event.StateMember:
				p.machine.HandleMemberEvent(ctx, e)
			case event.EventEncrypted:
				plain, err := p.machine.DecryptMegolmEvent(ctx, e)
				if err != nil {
					p.Lost = append(p.Lost, e)
					continue
				}
				p.Heard = append(p.Heard, plain)
			}
		}
	}
}

// Await syncs until the phone has heard something, and returns it.
func (p *Phone) Await(what string, is func(m *event.MessageEventContent) bool) *event.Event {
	p.t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); p.Sync() {
		for _, e := range p.Heard {
			if m, ok := e.Content.Parsed.(*event.MessageEventContent); ok && is(m) {
				return e
			}
		}
	}
	p.t.Fatalf("%s does not hear %s; %d events cannot be read", p.User, what, len(p.Lost))
	return nil
}

// Join joins a room.
func (p *Phone) Join(room string) {
	p.t.Helper()
	if _, err := p.api.JoinRoomByID(p.t.Context(), id.RoomID(room)); err != nil {
		p.t.Fatal(err)
	}
	p.Sync()
}

// Say says something in an encrypted room, and returns the event.
func (p *Phone) Say(room, text string) id.EventID {
	p.t.Helper()
	return p.Send(room, &event.MessageEventContent{MsgType: event.MsgText, Body: text})
}

// Send sends a message into an encrypted room.
func (p *Phone) Send(room string, m *event.MessageEventContent) id.EventID {
	p.t.Helper()
	ctx := p.t.Context()
	sealed, err := p.machine.EncryptMegolmEvent(ctx, id.RoomID(room), event.EventMessage, m)
	if crypto.IsShareError(err) {
		p.Share(room)
		sealed, err = p.machine.EncryptMegolmEvent(ctx, id.RoomID(room), event.EventMessage, m)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return p.Put(room, sealed)
}

// Put sends what has been encrypted.
func (p *Phone) Put(room string, sealed *event.EncryptedEventContent) id.EventID {
	p.t.Helper()
	answer, err := p.api.SendMessageEvent(p.t.Context(), id.RoomID(room), event.EventEncrypted, sealed)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer.EventID
}

// Encrypt encrypts a message without sharing the key.
func (p *Phone) Encrypt(room, text string) *event.EncryptedEventContent {
	p.t.Helper()
	sealed, err := p.machine.EncryptMegolmEvent(p.t.Context(), id.RoomID(room), event.EventMessage, &event.MessageEventContent{MsgType: event.MsgText, Body: text})
	if err != nil {
		p.t.Fatal(err)
	}
	return sealed
}

// Prepare encrypts a message with a new key, which nobody has before Share.
func (p *Phone) Prepare(room, text string) *event.EncryptedEventContent {
	p.t.Helper()
	session, err := crypto.NewOutboundGroupSession(id.RoomID(room), nil, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	session.ShareContent() // the key as it is now is what will be shared
	session.Shared = true
	if err := p.machine.CryptoStore.AddOutboundGroupSession(p.t.Context(), session); err != nil {
		p.t.Fatal(err)
	}
	sealed := p.Encrypt(room, text)
	session.Shared = false
	return sealed
}

// Share shares a key with those who are in a room.
func (p *Phone) Share(room string, but ...id.UserID) {
	p.t.Helper()
	ctx := p.t.Context()
	answer, err := p.api.JoinedMembers(ctx, id.RoomID(room))
	if err != nil {
		p.t.Fatal(err)
	}
	var members []id.UserID
	for member := range answer.Joined {
		members = append(members, member)
	}
	for _, b := range but {
		for i, m := range members {
			if m == b {
				members = append(members[:i], members[i+1:]...)
				break
			}
		}
	}
	if err := p.machine.ShareGroupSession(ctx, id.RoomID(room), members); err != nil {
		p.t.Fatal(err)
	}
}

// Verify lets the person verify the phone: it is signed by keys of their account, which are made for it.
func (p *Phone) Verify() {
	p.t.Helper()
	ctx := p.t.Context()
	if _, _, err := p.machine.GenerateAndUploadCrossSigningKeys(ctx, nil, ""); err != nil {
		p.t.Fatal(err)
	}
	if err := p.machine.SignOwnDevice(ctx, p.machine.OwnIdentity()); err != nil {
		p.t.Fatal(err)
	}
}
