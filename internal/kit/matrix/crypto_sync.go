//go:build goolm

package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/matrix/keystore"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// leastKeys is how many one-time keys the server has before it gets more: each device that writes to us for the first time
// takes one.
const leastKeys = 25

// heed takes in what a sync brings for the device: keys of rooms, changes of the devices of others, and how many of its
// one-time keys are left. Each event for the device is taken in by one transaction, which notes that it was, so that the
// same sync may come again.
func (e *encryption) heed(ctx context.Context, s *mautrix.RespSync, since string) error {
	k, err := e.ring(ctx)
	if err != nil || k.api.DeviceID == "" { // without a device nothing is for it
		return err
	}
	if err := k.store.Check(ctx); err != nil {
		return err
	}
	if err := e.sweep(ctx, k); err != nil {
		return err
	}
	if since != "" {
		if err := k.store.DropGiven(ctx, since); err != nil {
			return err
		}
	}
	if err := e.heedRooms(ctx, k, s); err != nil {
		return err
	}
	if err := k.heedDevices(ctx, s.DeviceLists, since); err != nil {
		return err
	}
	after, err := k.heedEvents(ctx, s.ToDevice.Events)
	if err != nil {
		return err
	}
	if err := e.refresh(ctx, k); err != nil {
		return err
	}
	if err := e.ask(ctx, k); err != nil {
		return err
	}
	if !after.any() && s.DeviceOTKCount.SignedCurve25519 >= leastKeys {
		return nil
	}
	return k.store.Hold(ctx, func(ctx context.Context) error {
		m, err := k.machine(ctx)
		if err != nil {
			return err
		}
		defer m.Destroy()
		return e.client.call(ctx, "answer devices", func() error { return after.answer(ctx, m, s.DeviceOTKCount.SignedCurve25519) })
	})
}

// sweep removes what is of no use any more, once a day.
func (e *encryption) sweep(ctx context.Context, k *keyring) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.keys.DB.Now()
	if now.Sub(e.swept.Time) < 24*time.Hour {
		return nil
	}
	e.swept = now
	return k.store.Sweep(ctx)
}

// refresh asks for the devices of those that have changed.
func (e *encryption) refresh(ctx context.Context, k *keyring) error {
	users, err := k.store.GetOutdatedTrackedUsers(ctx)
	if err != nil || len(users) == 0 {
		return err
	}
	return k.store.Hold(ctx, func(ctx context.Context) error {
		m, err := k.machine(ctx)
		if err != nil {
			return err
		}
		defer m.Destroy()
		err = e.client.call(ctx, "ask for devices", func() error {
			_, err := m.FetchKeys(ctx, users, true)
			return err
		})
		if err == nil && e.keys.VerifiedOnly { // a device that has been verified is none that is new
			for _, user := range users {
				m.OnDevicesChanged(ctx, user)
			}
		}
		return err
	})
}

// heedRooms notes which rooms are encrypted. What says so is asked of the server, for anybody in a room can write events
// that look like it.
func (e *encryption) heedRooms(ctx context.Context, k *keyring, s *mautrix.RespSync) error {
	for room, r := range s.Rooms.Join {
		hints := slices.ContainsFunc(slices.Concat(r.State.Events, r.Timeline.Events), func(ev *event.Event) bool {
			return ev.Type.Type == event.StateEncryption.Type || ev.Type.Type == event.EventEncrypted.Type
		})
		if !hints {
			continue
		}
		if encrypted, err := k.store.IsEncrypted(ctx, room); err != nil || encrypted {
			if err != nil {
				return err
			}
			continue
		}
		if _, err := e.client.readEncryption(ctx, k, room); err != nil && !errs.Is(err, errs.Denied) {
			return err
		}
	}
	return nil
}

// heedDevices notes whose devices have changed. After the first sync that may be anybody's.
func (k *keyring) heedDevices(ctx context.Context, d mautrix.DeviceLists, since string) error {
	if since == "" {
		return k.store.MarkAllOutdated(ctx)
	}
	if len(d.Changed) > 0 {
		if err := k.store.MarkTrackedUsersOutdated(ctx, d.Changed); err != nil {
			return err
		}
	}
	if len(d.Left) == 0 {
		return nil
	}
	return k.store.ForgetUsers(ctx, d.Left)
}

// owed is what is to be done at the server about events for the device.
type owed struct {
	requests []request
	broken   []sender
}

type request struct {
	from id.UserID
	what *event.RoomKeyRequestEventContent
}

// sender is a device with which the session has gone wrong.
type sender struct {
	user id.UserID
	key  id.SenderKey
}

func (o owed) any() bool { return len(o.requests)+len(o.broken) > 0 }

// The most that one sync makes the device do for others.
const (
	maxRequests = 20
	maxBroken   = 5
)

// answer does it.
func (o owed) answer(ctx context.Context, m *crypto.OlmMachine, keys int) error {
	if keys < leastKeys || !m.GetAccount().Shared {
		if err := introduce(ctx, m); err != nil {
			return err
		}
	}
	for _, r := range o.requests[:min(len(o.requests), maxRequests)] {
		m.HandleRoomKeyRequest(ctx, r.from, r.what)
	}
	for _, s := range o.broken[:min(len(o.broken), maxBroken)] {
		m.UnwedgeDevice(ctx, s.user, s.key)
	}
	return ctx.Err()
}

// heedEvents takes in the events for the device.
func (k *keyring) heedEvents(ctx context.Context, events []*event.Event) (all owed, err error) {
	var some []*event.Event
	for _, e := range events {
		e.Type.Class = event.ToDeviceEventType
		if err := e.Content.ParseRaw(e.Type); err != nil {
			continue // who sends what nobody can read gets no answer
		}
		switch content := e.Content.Parsed.(type) {
		case *event.EncryptedEventContent, *event.RoomKeyWithheldEventContent:
			some = append(some, e)
		case *event.RoomKeyRequestEventContent:
			all.requests = append(all.requests, request{e.Sender, content})
		}
	}
	if len(some) == 0 {
		return all, nil
	}
	err = k.store.Hold(ctx, func(ctx context.Context) error {
		for _, e := range some {
			broken, err := k.heedEvent(ctx, e)
			if err != nil {
				return err
			}
			all.broken = append(all.broken, broken...)
		}
		return nil
	})
	return all, err
}

// heedEvent takes in one event for the device, with nothing but the database.
func (k *keyring) heedEvent(ctx context.Context, e *event.Event) (broken []sender, err error) {
	err = k.store.Write(ctx, func(ctx context.Context, _ *sqldb.Tx) error {
		m, err := k.machine(ctx)
		if err != nil {
			return err
		}
		defer m.Destroy()
		broken = nil
		m.DisableDecryptKeyFetching = true
		m.NeedsUnwedgeCallback = func(_ context.Context, user id.UserID, key id.SenderKey) { broken = append(broken, sender{user, key}) }
		m.HandleToDeviceEvent(ctx, e)
		return nil
	})
	return broken, err
}

// unseal returns an event as it was before it was encrypted; nil if it cannot be read. waits says that it is read later: its
// key has not come yet.
func (e *encryption) unseal(ctx context.Context, raw *event.Event) (plain *event.Event, waits bool, err error) {
	k, err := e.ring(ctx)
	if err != nil || k.api.DeviceID == "" {
		return nil, false, err
	}
	plain, late, err := k.open(ctx, raw)
	if err != nil || !late {
		return plain, false, err
	}
	text, err := json.Marshal(raw)
	if err != nil {
		return nil, false, fmt.Errorf("write %s: %w", raw.ID, err)
	}
	session := raw.Content.AsEncrypted().SessionID
	waits, err = k.store.KeepWaiting(ctx, keystore.Waiting{EventID: raw.ID.String(), SessionID: session.String(), Event: string(text)})
	return nil, waits, err
}

// open decrypts an event. late says that its key is not here.
func (k *keyring) open(ctx context.Context, raw *event.Event) (plain *event.Event, late bool, err error) {
	raw.Type.Class = event.MessageEventType
	if err := raw.Content.ParseRaw(raw.Type); err != nil && !errors.Is(err, event.ErrContentAlreadyParsed) {
		return nil, false, nil
	}
	m, err := k.machine(ctx)
	if err != nil {
		return nil, false, err
	}
	defer m.Destroy()
	plain, err = m.DecryptMegolmEvent(ctx, raw)
	if known, ok := errors.AsType[*errs.Error](err); ok { // of the store
		return nil, false, known
	}
	if err != nil {
		late = errors.Is(err, crypto.ErrNoSessionFound) || errors.Is(err, crypto.ErrGroupSessionWithheld) || errors.Is(err, olm.ErrUnknownMessageIndex)
		return nil, late, nil
	}
	switch trust := plain.Mautrix.TrustState; {
	case trust == id.TrustStateVerified:
		return plain, false, nil
	case trust < id.TrustStateUnset: // another device has this key
		return nil, false, nil
	case plain.Mautrix.TrustSource == nil: // it may be somebody else's who says that it is the sender's
		return nil, true, nil
	default:
		return plain, false, nil
	}
}

// How long an event waits for its key, and after which time its sender is asked for it.
const (
	waitForKey = 2 * time.Minute
	askForKey  = 5 * time.Second
)

// catchUp returns the events that can be read by now, and those that have waited for long enough. They are returned again
// until a sync goes on from the token next.
func (e *encryption) catchUp(ctx context.Context, next string) (some []late, err error) {
	k, err := e.ring(ctx)
	if err != nil || k.api.DeviceID == "" {
		return nil, err
	}
	now := e.keys.DB.Now()
	waiting, err := k.store.ListWaiting(ctx, clock.At(now.Add(-waitForKey)))
	if err != nil {
		return nil, err
	}
	var given []string
	for _, w := range waiting {
		raw := &event.Event{}
		if err := json.Unmarshal([]byte(w.Event), raw); err != nil {
			return nil, fmt.Errorf("read %s: %w", w.EventID, err)
		}
		plain, waits, err := k.open(ctx, raw)
		if err != nil {
			return nil, err
		}
		if waits && now.Sub(w.ReceivedAt.Time) < waitForKey {
			continue
		}
		some, given = append(some, late{raw.RoomID, raw, plain}), append(given, w.EventID)
	}
	if len(given) > 0 {
		err = k.store.NoteGiven(ctx, given, next)
	}
	return some, err
}

// ask asks senders for keys that have not come by themselves.
func (e *encryption) ask(ctx context.Context, k *keyring) error {
	waiting, err := k.store.ListUnasked(ctx, clock.At(e.keys.DB.Now().Add(-askForKey)))
	if err != nil || len(waiting) == 0 {
		return err
	}
	m, err := k.machine(ctx)
	if err != nil {
		return err
	}
	defer m.Destroy()
	asked, events := map[string]bool{}, make([]string, len(waiting))
	for i, w := range waiting {
		events[i] = w.EventID
		if asked[w.SessionID] {
			continue
		}
		asked[w.SessionID] = true
		var raw event.Event
		if err := json.Unmarshal([]byte(w.Event), &raw); err != nil {
			return fmt.Errorf("read %s: %w", w.EventID, err)
		}
		err := e.client.call(ctx, "ask "+raw.Sender.String()+" for a key", func() error {
			return m.SendRoomKeyRequest(ctx, raw.RoomID, "", id.SessionID(w.SessionID), "", map[id.UserID][]id.DeviceID{raw.Sender: {"*"}})
		})
		if err != nil {
			return err
		}
	}
	return k.store.NoteAsked(ctx, events)
}
