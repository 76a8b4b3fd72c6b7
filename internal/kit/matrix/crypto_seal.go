//go:build goolm

package matrix

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/matrix/keystore"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// encryption reads and writes in encrypted rooms for a Client.
type encryption struct {
	client *Client
	keys   Keys

	mu    sync.Mutex
	key   *keyring   // nil until somebody needed it
	swept clock.Time // when keys were last looked through
}

// keyring is the device of an account, with its keys.
type keyring struct {
	api   *mautrix.Client
	store *keystore.Store
	log   zerolog.Logger
	trust id.TrustState // that devices need for the keys of rooms
}

func newEncryption(c *Client) *encryption { return &encryption{client: c, keys: c.config.Keys} }

// ring returns the keys of the device that the access token belongs to.
func (e *encryption) ring(ctx context.Context) (*keyring, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.key != nil {
		return e.key, nil
	}
	k := &keyring{log: zerolog.Nop()}
	if e.keys.VerifiedOnly { // whoever has lost the keys by which they verify makes new ones
		k.trust = id.TrustStateCrossSignedUntrusted
	}
	if e.keys.Log != nil {
		k.log = zerolog.New(logWriter{e.keys.Log}).Level(zerolog.WarnLevel)
	}
	var err error
	if k.api, err = newAPI(e.client.config); err != nil {
		return nil, err
	}
	k.api.Log = k.log
	err = e.client.call(ctx, "ask which device it is", func() error {
		answer, err := k.api.Whoami(ctx)
		if err == nil {
			k.api.DeviceID = answer.DeviceID
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	k.store, err = keystore.Open(ctx, keystore.Config{DB: e.keys.DB, Secret: e.keys.Secret, User: e.client.config.User, Device: k.api.DeviceID.String()})
	if err != nil {
		return nil, err
	}
	e.key = k
	return k, nil
}

// machine returns what encrypts and decrypts. It lives as long as one operation: what it remembers would be out of date
// after another process has used the same keys.
func (k *keyring) machine(ctx context.Context) (*crypto.OlmMachine, error) {
	if k.api.DeviceID == "" {
		return nil, errs.New(errs.Unavailable, "The access token of the bot belongs to no device: encrypted rooms need one from signing in as the bot.")
	}
	m := crypto.NewOlmMachine(k.api, &k.log, k.store, k.store)
	m.DisableRatchetTracking = true
	m.SendKeysMinTrust = k.trust
	if err := m.Load(ctx); err != nil {
		return nil, fmt.Errorf("load the keys of %s: %w", k.api.UserID, err)
	}
	if err := k.loadSigningKeys(ctx, m); err != nil {
		return nil, err
	}
	return m, nil
}

// seal returns an event as it is sent into a room: encrypted, where the room is.
func (c *Client) seal(ctx context.Context, room string, kind event.Type, content any) (event.Type, any, error) {
	if c.encryption == nil {
		return kind, content, nil
	}
	k, err := c.encryption.ring(ctx)
	if err != nil {
		return kind, nil, err
	}
	encrypted, err := c.encrypted(ctx, k, id.RoomID(room))
	if err != nil || !encrypted {
		return kind, content, err
	}
	sealed, err := c.encrypt(ctx, k, id.RoomID(room), kind, content)
	return event.EventEncrypted, sealed, err
}

// expects reports whether what is said in a room is to be encrypted. It is not as long as nobody knows: the account may have left
// the room, and a server that lies about that from the beginning is believed in any case.
func (e *encryption) expects(ctx context.Context, room id.RoomID) (bool, error) {
	k, err := e.ring(ctx)
	if err != nil || k.api.DeviceID == "" {
		return false, err
	}
	encrypted, err := e.client.encrypted(ctx, k, room)
	if errs.Is(err, errs.Denied) || errs.Is(err, errs.Unavailable) {
		return false, nil
	}
	return encrypted, err
}

// encrypted reports whether a room is. The server is asked once; Heed hears of what changes.
func (c *Client) encrypted(ctx context.Context, k *keyring, room id.RoomID) (bool, error) {
	how, known, err := k.store.Room(ctx, room)
	if err != nil || known {
		return how != nil, err
	}
	how, err = c.readEncryption(ctx, k, room)
	return how != nil, err
}

// readEncryption asks the server how a room is encrypted, and notes it; nil if it is not.
func (c *Client) readEncryption(ctx context.Context, k *keyring, room id.RoomID) (*event.EncryptionEventContent, error) {
	how := &event.EncryptionEventContent{}
	err := c.call(ctx, "ask whether "+room.String()+" is encrypted", func() error {
		return k.api.StateEvent(ctx, room, event.StateEncryption, "", how)
	})
	if errs.Is(err, errs.NotFound) {
		how, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	return how, k.store.KeepRoom(ctx, room, how)
}

// maxShares is how often a new key is shared for one message: another process may speak in the room at the same time.
const maxShares = 3

// encrypt encrypts an event for those who are in a room now. The server is asked who that is, each time: a key that
// somebody has who was removed must not be used again, also while nobody listens to what happens in rooms.
func (c *Client) encrypt(ctx context.Context, k *keyring, room id.RoomID, kind event.Type, content any) (*event.EncryptedEventContent, error) {
	for attempt := 0; ; attempt++ {
		members, err := c.present(ctx, k, room)
		if err != nil {
			return nil, err
		}
		var sealed *event.EncryptedEventContent
		err = k.store.Write(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
			if err := k.store.LockOutbound(ctx, tx, room); err != nil {
				return err
			}
			if err := k.store.KeepMembers(ctx, room, members); err != nil {
				return err
			}
			m, err := k.machine(ctx)
			if err != nil {
				return err
			}
			defer m.Destroy()
			sealed, err = m.EncryptMegolmEvent(ctx, room, kind, content)
			if crypto.IsShareError(err) { // the members are to be kept
				sealed, err = nil, nil
			}
			return err
		})
		if err != nil || sealed != nil {
			return sealed, err
		}
		if attempt == maxShares {
			return nil, errs.New(errs.Unavailable, "The keys of the chat room change all the time.").Because(errors.New("no key for " + room.String()))
		}
		if err := c.share(ctx, k, room, members); err != nil {
			return nil, err
		}
	}
}

// present returns who is in a room, and who is invited if they may read what was said before they came in.
func (c *Client) present(ctx context.Context, k *keyring, room id.RoomID) (members []id.UserID, err error) {
	history, err := k.store.GetHistoryVisibility(ctx, room)
	if err != nil {
		return nil, err
	}
	joinedOnly := history != nil && history.HistoryVisibility == event.HistoryVisibilityJoined
	err = c.call(ctx, "ask who is in "+room.String(), func() error {
		url := k.api.BuildURLWithQuery(mautrix.ClientURLPath{"v3", "rooms", room, "members"}, map[string]string{"not_membership": string(event.MembershipLeave)})
		return each(ctx, k.api, url, func(e stateEvent) {
			membership := event.Membership(e.status())
			if membership == event.MembershipJoin || membership == event.MembershipInvite && !joinedOnly {
				members = append(members, id.UserID(e.Key))
			}
		})
	})
	return members, err
}

// share makes a new key for a room, and sends it to the devices of members.
func (c *Client) share(ctx context.Context, k *keyring, room id.RoomID, members []id.UserID) error {
	if _, err := c.readEncryption(ctx, k, room); err != nil {
		return err
	}
	var history event.HistoryVisibilityEventContent
	err := c.call(ctx, "ask who may read what was said in "+room.String(), func() error {
		return k.api.StateEvent(ctx, room, event.StateHistoryVisibility, "", &history)
	})
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	if err := k.store.KeepHistory(ctx, room, history.HistoryVisibility); err != nil {
		return err
	}
	return k.store.Hold(ctx, func(ctx context.Context) error {
		m, err := k.machine(ctx)
		if err != nil {
			return err
		}
		defer m.Destroy()
		return c.call(ctx, "send the key of "+room.String(), func() error {
			if !m.GetAccount().Shared {
				if err := introduce(ctx, m); err != nil {
					return err
				}
			}
			if _, err := m.FetchKeys(ctx, members, true); err != nil {
				return err
			}
			return m.ShareGroupSession(ctx, room, members)
		})
	})
}

// logWriter writes what mautrix says of keys into the log of the site.
type logWriter struct{ log *slog.Logger }

var _ io.Writer = logWriter{}

// Write implements io.Writer.
func (w logWriter) Write(line []byte) (int, error) {
	w.log.Debug("keys of chat rooms", "said", strings.TrimSpace(string(line)))
	return len(line), nil
}
