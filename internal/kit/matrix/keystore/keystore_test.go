//go:build goolm

package keystore_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/matrix/keystore"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

const (
	bot    = "@bot:chat.example"
	anna   = id.UserID("@anna:chat.example")
	bert   = id.UserID("@bert:chat.example")
	room   = id.RoomID("!room:chat.example")
	sender = id.SenderKey("senderkeyrohtaeNgahtheiPhae0eiphohvaThaeV5c")
)

// reopen opens the keys of a device as another process does.
func reopen(t *testing.T, db *sqldb.DB, device, secret string) *keystore.Store {
	t.Helper()
	s, err := keystore.Open(t.Context(), keystore.Config{DB: db, Secret: secret, User: bot, Device: device})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const siteSecret = "the secret of a site"

// each runs fn with an empty store on each database.
func each(t *testing.T, fn func(t *testing.T, db *sqldb.DB, s *keystore.Store)) {
	t.Helper()
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) { fn(t, db, reopen(t, db, "FIRST", siteSecret)) })
}

// must returns what was asked for.
func must[T any](value T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func do(t *testing.T, errors ...error) {
	t.Helper()
	for _, err := range errors {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestADeviceHasTheSameKeysInAllProcesses(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, s *keystore.Store) {
		first := must(s.GetAccount(t.Context()))(t)
		if first.Shared {
			t.Error("nobody has uploaded the keys yet")
		}
		first.Shared = true
		first.Internal.GenOneTimeKeys(5)
		do(t, s.PutAccount(t.Context(), first))
		second := must(reopen(t, db, "FIRST", siteSecret).GetAccount(t.Context()))(t)
		if !second.Shared || second.SigningKey() != first.SigningKey() || second.IdentityKey() != first.IdentityKey() {
			t.Error("another process has other keys")
		}
		if keys := must(second.Internal.OneTimeKeys())(t); len(keys) != 5 {
			t.Errorf("%d one-time keys are kept, want 5", len(keys))
		}
		other := must(reopen(t, db, "SECOND", siteSecret).GetAccount(t.Context()))(t)
		if other.Shared || other.SigningKey() == first.SigningKey() {
			t.Error("another device has the same keys")
		}
	})
}

func TestKeysAreOfNoUseWithoutTheSecretOfTheSite(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, s *keystore.Store) {
		do(t, s.Check(t.Context()), s.PutSecret(t.Context(), id.SecretXSMaster, "a private key"))
		err := reopen(t, db, "FIRST", "another secret").Check(t.Context())
		if !errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), "secret key of the site") {
			t.Errorf("with another secret: %v", err)
		}
		for _, query := range []string{`SELECT pickle FROM matrix_accounts ORDER BY id`, `SELECT pickle FROM matrix_secrets ORDER BY name`} {
			var texts []string
			do(t, db.Select(t.Context(), &texts, query))
			for _, text := range texts {
				if text == "" || strings.Contains(text, "private") {
					t.Errorf("the database holds %q", text)
				}
			}
		}
		fresh := reopen(t, db, "SECOND", "another secret") // the way out: a new device
		do(t, fresh.Check(t.Context()))
		if got := must(fresh.GetSecret(t.Context(), id.SecretXSMaster))(t); got != "" {
			t.Errorf("a secret that nobody can read is %q", got)
		}
	})
}

func TestDevicesThatAreUsedNoMoreAreForgotten(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, _ *keystore.Store) {
		later := db.WithClock(func() time.Time { return time.Now().Add(40 * 24 * time.Hour) })
		reopen(t, later, "SECOND", siteSecret)
		var devices []string
		do(t, db.Select(t.Context(), &devices, `SELECT device_id FROM matrix_accounts ORDER BY device_id`))
		if !slices.Equal(devices, []string{"SECOND"}) {
			t.Errorf("the devices %v are kept", devices)
		}
	})
}

// olmSession returns a session with a device.
func olmSession(t *testing.T, at time.Time) *crypto.OlmSession {
	t.Helper()
	ours, theirs := crypto.NewOlmAccount(), crypto.NewOlmAccount()
	theirs.Internal.GenOneTimeKeys(1)
	var key id.Curve25519
	for _, k := range must(theirs.Internal.OneTimeKeys())(t) {
		key = k
	}
	session := &crypto.OlmSession{Internal: must(ours.Internal.NewOutboundSession(theirs.IdentityKey(), key))(t)}
	session.CreationTime, session.LastEncryptedTime, session.LastDecryptedTime = at, at, at
	return session
}

func TestSessionsWithDevices(t *testing.T) {
	each(t, func(t *testing.T, _ *sqldb.DB, s *keystore.Store) {
		ctx, now := t.Context(), time.Now()
		if s.HasSession(ctx, sender) || must(s.GetLatestSession(ctx, sender))(t) != nil || len(must(s.GetSessions(ctx, sender))(t)) > 0 {
			t.Error("there is a session from the beginning")
		}
		older, newer := olmSession(t, now.Add(-time.Hour)), olmSession(t, now)
		do(t, s.AddSession(ctx, sender, older), s.AddSession(ctx, sender, newer))
		if !s.HasSession(ctx, sender) || s.HasSession(ctx, "somebody else") {
			t.Error("the wrong devices have sessions")
		}
		if got := must(s.GetLatestSession(ctx, sender))(t); got.ID() != newer.ID() {
			t.Error("the latest session is another one")
		}
		if at := must(s.GetNewestSessionCreationTS(ctx, sender))(t); !at.IsZero() {
			t.Errorf("a session that was never used counts as made at %v", at)
		}
		got := must(s.GetLatestSession(ctx, sender))(t)
		_, _, err := got.Encrypt([]byte("hello"))
		do(t, err, s.UpdateSession(ctx, sender, got))
		after := must(s.GetLatestSession(ctx, sender))(t)
		if after.Describe() != got.Describe() || after.Describe() == newer.Describe() {
			t.Error("the session is not kept as it is after it was used")
		}
		if at := must(s.GetNewestSessionCreationTS(ctx, sender))(t); at.UnixMilli() != newer.CreationTime.UnixMilli() {
			t.Errorf("the newest session that was used was made at %v", at)
		}
		older.LastDecryptedTime = now.Add(time.Hour)
		do(t, s.UpdateSession(ctx, sender, older))
		if list := must(s.GetSessions(ctx, sender))(t); len(list) != 2 || list[0].ID() != older.ID() {
			t.Error("the session that was read with last does not come first")
		}
		do(t, s.DeleteSession(ctx, sender, older))
		if list := must(s.GetSessions(ctx, sender))(t); len(list) != 1 || list[0].ID() != newer.ID() {
			t.Error("the wrong session was removed")
		}
	})
}

func TestWhatWasDecryptedIsKnown(t *testing.T) {
	each(t, func(t *testing.T, _ *sqldb.DB, s *keystore.Store) {
		ctx, now := t.Context(), time.Now()
		one, two := [32]byte{1}, [32]byte{2}
		do(t, s.PutOlmHash(ctx, one, now.Add(-time.Hour)), s.PutOlmHash(ctx, one, now), s.PutOlmHash(ctx, two, now))
		if at := must(s.GetOlmHash(ctx, one))(t); at.UnixMilli() != now.Add(-time.Hour).UnixMilli() {
			t.Errorf("decrypted at %v", at)
		}
		do(t, s.DeleteOldOlmHashes(ctx, now.Add(-time.Minute)))
		if !must(s.GetOlmHash(ctx, one))(t).IsZero() || must(s.GetOlmHash(ctx, two))(t).IsZero() {
			t.Error("the wrong messages were forgotten")
		}
	})
}

// inbound returns a key of a room.
func inbound(t *testing.T, in id.RoomID, from id.SenderKey) *crypto.InboundGroupSession {
	t.Helper()
	shared := true
	outbound := must(olm.NewOutboundGroupSession())(t)
	return must(crypto.NewInboundGroupSession(from, "signing key", in, outbound.Key(), time.Hour, 10, &shared, false))(t)
}

func TestKeysOfRooms(t *testing.T) {
	each(t, func(t *testing.T, _ *sqldb.DB, s *keystore.Store) {
		ctx := t.Context()
		one := inbound(t, room, sender)
		if must(s.GetGroupSession(ctx, room, one.ID()))(t) != nil {
			t.Error("there is a key from the beginning")
		}
		withheld := event.RoomKeyWithheldEventContent{RoomID: room, SessionID: one.ID(), SenderKey: sender, Code: event.RoomKeyWithheldUnverified, Reason: strings.Repeat("ü", 600)}
		do(t, s.PutWithheldGroupSession(ctx, withheld))
		if _, err := s.GetGroupSession(ctx, room, one.ID()); !errors.Is(err, crypto.ErrGroupSessionWithheld) {
			t.Errorf("a key that is withheld: %v", err)
		}
		if got := must(s.GetWithheldGroupSession(ctx, room, one.ID()))(t); got == nil || got.Code != event.RoomKeyWithheldUnverified {
			t.Errorf("it is withheld as %v", got)
		}
		one.KeyBackupVersion, one.ForwardingChains, one.RatchetSafety.NextIndex, one.SourceUser = "7", []string{"a", "b"}, 3, anna
		do(t, s.PutGroupSession(ctx, one), s.PutWithheldGroupSession(ctx, withheld))
		got := must(s.GetGroupSession(ctx, room, one.ID()))(t)
		switch {
		case got.ID() != one.ID() || got.RoomID != room || got.SenderKey != sender || got.SigningKey != "signing key" || got.SourceUser != anna:
			t.Errorf("another key is returned: %+v", got)
		case !slices.Equal(got.ForwardingChains, one.ForwardingChains) || got.RatchetSafety.NextIndex != 3 || got.SharedHistory == nil || !*got.SharedHistory:
			t.Errorf("details are lost: %+v", got)
		case got.MaxAge != one.MaxAge || got.MaxMessages != 10 || got.KeyBackupVersion != "7" || got.ReceivedAt.UnixMilli() != one.ReceivedAt.UnixMilli():
			t.Errorf("limits are lost: %+v", got)
		}
		if must(s.GetWithheldGroupSession(ctx, room, one.ID()))(t) != nil {
			t.Error("a key that has come still counts as withheld")
		}
		if must(s.GetGroupSession(ctx, "!other:chat.example", one.ID()))(t) != nil {
			t.Error("a key serves in another room")
		}
		two := inbound(t, "!other:chat.example", sender)
		do(t, s.PutGroupSession(ctx, two))
		if n := len(must(s.GetAllGroupSessions(ctx).AsList())(t)); n != 2 {
			t.Errorf("there are %d keys", n)
		}
		if all := must(s.GetGroupSessionsForRoom(ctx, room).AsList())(t); len(all) != 1 || all[0].ID() != one.ID() {
			t.Errorf("the room has %d keys", len(all))
		}
		if all := must(s.GetGroupSessionsWithoutKeyBackupVersion(ctx, "7").AsList())(t); len(all) != 1 || all[0].ID() != two.ID() {
			t.Errorf("%d keys are not in the backup", len(all))
		}
	})
}

func TestKeysOfRoomsAreRemoved(t *testing.T) {
	each(t, func(t *testing.T, _ *sqldb.DB, s *keystore.Store) {
		ctx := t.Context()
		ofRoom, ofDevice, expired, undated := inbound(t, room, "a"), inbound(t, "!x:y", sender), inbound(t, "!x:y", "b"), inbound(t, "!x:y", "c")
		expired.ReceivedAt, undated.ReceivedAt = time.Now().Add(-3*time.Hour), time.Time{}
		for _, session := range []*crypto.InboundGroupSession{ofRoom, ofDevice, expired, undated} {
			do(t, s.PutGroupSession(ctx, session))
		}
		removes := func(what string, want *crypto.InboundGroupSession, got []id.SessionID, err error) {
			t.Helper()
			if err != nil || !slices.Equal(got, []id.SessionID{want.ID()}) {
				t.Errorf("%s: removes %v, %v", what, got, err)
			}
			if _, err := s.GetGroupSession(ctx, want.RoomID, want.ID()); !errors.Is(err, crypto.ErrGroupSessionWithheld) {
				t.Errorf("%s: the key is still there: %v", what, err)
			}
		}
		got, err := s.RedactExpiredGroupSessions(ctx)
		removes("expired", expired, got, err)
		got, err = s.RedactOutdatedGroupSessions(ctx)
		removes("without date", undated, got, err)
		got, err = s.RedactGroupSessions(ctx, room, "", "")
		removes("of a room", ofRoom, got, err)
		got, err = s.RedactGroupSessions(ctx, "", sender, "")
		removes("of a device", ofDevice, got, err)
		if _, err := s.RedactGroupSessions(ctx, "", "", ""); err == nil {
			t.Error("the keys of everybody are removed")
		}
	})
}

func TestAnEventAtThePlaceOfAnotherIsRefused(t *testing.T) {
	each(t, func(t *testing.T, _ *sqldb.DB, s *keystore.Store) {
		ctx := t.Context()
		for _, e := range []struct {
			event id.EventID
			index uint
			at    int64
			ok    bool
		}{
			{"", 1, 0, true}, {"$one", 1, 1000, true}, {"$one", 1, 1000, true}, {"$two", 1, 1000, false}, {"$one", 1, 1001, false}, {"", 1, 0, false}, {"$two", 2, 1000, true},
		} {
			if ok := must(s.ValidateMessageIndex(ctx, "session", e.event, e.index, e.at))(t); ok != e.ok {
				t.Errorf("%+v: %t", e, ok)
			}
		}
	})
}

func TestTheKeyOfARoomServesThoseWhoAreInIt(t *testing.T) {
	each(t, func(t *testing.T, _ *sqldb.DB, s *keystore.Store) {
		ctx := t.Context()
		begin := func() *crypto.OutboundGroupSession {
			session := must(crypto.NewOutboundGroupSession(room, nil, &event.HistoryVisibilityEventContent{HistoryVisibility: event.HistoryVisibilityShared}))(t)
			session.Shared = true
			do(t, s.AddOutboundGroupSession(ctx, session))
			return session
		}
		if must(s.GetOutboundGroupSession(ctx, room))(t) != nil {
			t.Error("there is a key from the beginning")
		}
		do(t, s.KeepMembers(ctx, room, []id.UserID{anna, bert, anna}))
		first := begin()
		_, err := first.Encrypt([]byte("hello"))
		do(t, err, s.UpdateOutboundGroupSession(ctx, first), s.KeepMembers(ctx, room, []id.UserID{bert, anna}))
		got := must(s.GetOutboundGroupSession(ctx, room))(t)
		if got == nil || got.ID() != first.ID() || got.Internal.MessageIndex() != 1 || got.MessageCount != 1 || !got.Shared || got.SharedHistory == nil || !*got.SharedHistory {
			t.Fatalf("the key is kept as %+v", got)
		}
		if got.MaxAge != first.MaxAge || got.MaxMessages != first.MaxMessages || got.CreationTime.UnixMilli() != first.CreationTime.UnixMilli() {
			t.Errorf("its limits are kept as %+v", got)
		}
		if rooms := must(s.FindSharedRooms(ctx, bert))(t); !slices.Equal(rooms, []id.RoomID{room}) {
			t.Errorf("Bert has the keys of %v", rooms)
		}
		do(t, s.KeepMembers(ctx, room, []id.UserID{anna}))
		if must(s.GetOutboundGroupSession(ctx, room))(t) != nil {
			t.Error("a key that somebody has who has left is still used")
		}
		if rooms := must(s.FindSharedRooms(ctx, bert))(t); len(rooms) > 0 {
			t.Errorf("Bert has the keys of %v", rooms)
		}
		second := begin()
		do(t, s.UpdateOutboundGroupSession(ctx, first)) // of another process, which comes too late
		if got := must(s.GetOutboundGroupSession(ctx, room))(t); got.ID() != second.ID() || got.Internal.MessageIndex() != 0 {
			t.Error("an old key replaces the new one")
		}
		do(t, s.MarkOutboundGroupSessionShared(ctx, anna, "device", second.ID()), s.MarkOutboundGroupSessionShared(ctx, anna, "device", second.ID()))
		if !must(s.IsOutboundGroupSessionShared(ctx, anna, "device", second.ID()))(t) || must(s.IsOutboundGroupSessionShared(ctx, bert, "device", second.ID()))(t) {
			t.Error("the wrong devices have the key")
		}
		do(t, s.RemoveOutboundGroupSession(ctx, room))
		if must(s.GetOutboundGroupSession(ctx, room))(t) != nil {
			t.Error("the key is still there")
		}
	})
}

func device(user id.UserID, name string) *id.Device {
	return &id.Device{UserID: user, DeviceID: id.DeviceID(name), IdentityKey: id.IdentityKey("identity " + name), SigningKey: id.SigningKey("signing " + name), Name: "Phone 📱"}
}

func TestDevicesOfPeople(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, s *keystore.Store) {
		ctx := t.Context()
		if must(s.GetDevices(ctx, anna))(t) != nil {
			t.Error("devices are known from the beginning")
		}
		do(t, s.PutDevices(ctx, bert, nil))
		if got := must(s.GetDevices(ctx, bert))(t); got == nil || len(got) > 0 {
			t.Errorf("somebody without devices has %v", got)
		}
		one, two, long := device(anna, "ONE"), device(anna, "TWO"), device(anna, strings.Repeat("x", 300))
		one.Trust = id.TrustStateVerified
		do(t, s.PutDevices(ctx, anna, map[id.DeviceID]*id.Device{one.DeviceID: one, two.DeviceID: two, long.DeviceID: long}))
		if got := must(s.GetDevices(ctx, anna))(t); len(got) != 2 || *got["ONE"] != *one {
			t.Errorf("Anna has the devices %v", got)
		}
		if got := must(s.FindDeviceByKey(ctx, anna, two.IdentityKey))(t); got == nil || got.DeviceID != "TWO" {
			t.Errorf("the key is of %v", got)
		}
		if must(s.FindDeviceByKey(ctx, bert, two.IdentityKey))(t) != nil {
			t.Error("a device of Anna's is taken for one of Bert's")
		}
		do(t, s.PutDevices(ctx, anna, map[id.DeviceID]*id.Device{two.DeviceID: two}))
		if got := slices.Collect(maps.Keys(must(s.GetDevices(ctx, anna))(t))); !slices.Equal(got, []id.DeviceID{"TWO"}) {
			t.Errorf("Anna has the devices %v", got)
		}
		if got := must(s.GetDevice(ctx, anna, "ONE"))(t); got == nil || !got.Deleted {
			t.Errorf("a device that is gone is %v", got)
		}
		if must(s.GetDevice(ctx, anna, "NONE"))(t) != nil {
			t.Error("there are devices that nobody has")
		}
		renamed := *two
		renamed.Name = "Laptop"
		do(t, s.PutDevice(ctx, anna, &renamed))
		if got := must(s.GetDevice(ctx, anna, "TWO"))(t); got.Name != "Laptop" {
			t.Errorf("the device is called %s", got.Name)
		}
		tracked := func(want ...id.UserID) {
			t.Helper()
			if got := must(s.FilterTrackedUsers(ctx, []id.UserID{anna, bert, "@carla:chat.example"}))(t); !slices.Equal(got, want) {
				t.Errorf("the devices of %v are known, want %v", got, want)
			}
		}
		tracked(anna, bert)
		outdated := func(want ...id.UserID) {
			t.Helper()
			if got := must(s.GetOutdatedTrackedUsers(ctx))(t); !slices.Equal(got, want) {
				t.Errorf("the devices of %v are outdated, want %v", got, want)
			}
		}
		outdated()
		do(t, s.MarkTrackedUsersOutdated(ctx, []id.UserID{bert, "@carla:chat.example"}))
		outdated(bert)
		do(t, s.PutDevices(ctx, bert, nil), s.MarkAllOutdated(ctx))
		outdated(anna, bert)
		for range 6 {
			do(t, s.IncrementTrackedUsersErrorCount(ctx, []id.UserID{bert}))
		}
		outdated(anna)
		later := db.WithClock(func() time.Time { return time.Now().Add(time.Hour) })
		if got := must(reopen(t, later, "FIRST", siteSecret).GetOutdatedTrackedUsers(ctx))(t); !slices.Equal(got, []id.UserID{anna, bert}) {
			t.Errorf("an hour later the devices of %v are outdated", got)
		}
		do(t, s.ForgetUsers(ctx, []id.UserID{anna}))
		tracked(bert)
	})
}

func TestSignatures(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, s *keystore.Store) {
		ctx := t.Context()
		do(t, s.PutCrossSigningKey(ctx, anna, id.XSUsageMaster, "old"), s.PutCrossSigningKey(ctx, anna, id.XSUsageMaster, "new"), s.PutCrossSigningKey(ctx, anna, id.XSUsageSelfSigning, "self"))
		got := must(s.GetCrossSigningKeys(ctx, anna))(t)
		if len(got) != 2 || got[id.XSUsageMaster] != (id.CrossSigningKey{Key: "new", First: "old"}) {
			t.Errorf("Anna signs with %v", got)
		}
		if err := s.ResetMasterKeyTOFU(ctx, anna, "old"); err == nil {
			t.Error("a key that Anna does not have any more is trusted")
		}
		do(t, s.ResetMasterKeyTOFU(ctx, anna, "new"))
		if got := must(s.GetCrossSigningKeys(ctx, anna))(t); got[id.XSUsageMaster].First != "new" {
			t.Errorf("Anna signs with %v", got)
		}
		do(
			t, s.PutSignature(ctx, anna, "key", bert, "by", "first"), s.PutSignature(ctx, anna, "key", bert, "by", "second"),
			s.PutSignature(ctx, anna, "key", bert, "also by", "third"), s.PutSignature(ctx, anna, id.Ed25519(strings.Repeat("x", 500)), bert, "by", "long"),
		)
		if !must(s.IsKeySignedBy(ctx, anna, "key", bert, "by"))(t) || must(s.IsKeySignedBy(ctx, anna, "key", anna, "by"))(t) {
			t.Error("the wrong people have signed")
		}
		if got := must(s.GetSignaturesForKeyBy(ctx, anna, "key", bert))(t); len(got) != 2 || got["by"] != "second" {
			t.Errorf("the signatures are %v", got)
		}
		if n := must(s.DropSignaturesByKey(ctx, bert, "by"))(t); n != 1 {
			t.Errorf("%d signatures were dropped", n)
		}
		if must(s.IsKeySignedBy(ctx, anna, "key", bert, "by"))(t) {
			t.Error("the signature is still there")
		}
		do(t, s.PutSecret(ctx, id.SecretXSMaster, "first"), s.PutSecret(ctx, id.SecretXSMaster, "second"))
		if got := must(reopen(t, db, "SECOND", siteSecret).GetSecret(ctx, id.SecretXSMaster))(t); got != "second" {
			t.Errorf("the secret of the account is %q for another device", got)
		}
		do(t, s.DeleteSecret(ctx, id.SecretXSMaster))
		if got := must(s.GetSecret(ctx, id.SecretXSMaster))(t); got != "" {
			t.Errorf("the secret is still %q", got)
		}
	})
}

func TestARoomThatWasEncryptedStaysSo(t *testing.T) {
	each(t, func(t *testing.T, _ *sqldb.DB, s *keystore.Store) {
		ctx := t.Context()
		how, known, err := s.Room(ctx, room)
		if do(t, err); how != nil || known {
			t.Error("a room is known from the beginning")
		}
		do(t, s.KeepRoom(ctx, room, nil))
		if how, known, err = s.Room(ctx, room); err != nil || how != nil || !known {
			t.Errorf("a room that is not encrypted: %v, %t, %v", how, known, err)
		}
		do(t, s.KeepRoom(ctx, room, &event.EncryptionEventContent{RotationPeriodMessages: 7}), s.KeepRoom(ctx, room, nil), s.KeepHistory(ctx, room, event.HistoryVisibilityJoined))
		if got := must(s.GetEncryptionEvent(ctx, room))(t); got == nil || got.Algorithm != id.AlgorithmMegolmV1 || got.RotationPeriodMessages != 7 {
			t.Errorf("it is encrypted by %+v", got)
		}
		if got := must(s.GetHistoryVisibility(ctx, room))(t); got == nil || got.HistoryVisibility != event.HistoryVisibilityJoined {
			t.Errorf("its history is for %+v", got)
		}
		if encrypted := must(s.IsEncrypted(ctx, room))(t); !encrypted {
			t.Error("it is not encrypted")
		}
	})
}

func TestEventsWaitForTheirKeys(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, s *keystore.Store) {
		ctx, now := t.Context(), db.Now()
		session := inbound(t, room, sender)
		for _, w := range []keystore.Waiting{{EventID: "$one", SessionID: session.ID().String(), Event: "{}"}, {EventID: "$two", SessionID: "another", Event: "{}"}} {
			for range 2 {
				if !must(s.KeepWaiting(ctx, w))(t) {
					t.Error("an event does not wait")
				}
			}
		}
		ids := func(some []keystore.Waiting, err error) (ids []string) {
			t.Helper()
			do(t, err)
			for _, w := range some {
				ids = append(ids, w.EventID)
			}
			return ids
		}
		future := clock.At(now.Add(time.Hour))
		if got := ids(s.ListWaiting(ctx, now)); len(got) > 0 {
			t.Errorf("before the key has come, %v can be read", got)
		}
		if got := ids(s.ListUnasked(ctx, future)); !slices.Equal(got, []string{"$one", "$two"}) {
			t.Errorf("the keys of %v are asked for", got)
		}
		do(t, s.NoteAsked(ctx, []string{"$one"}), s.PutGroupSession(ctx, session))
		if got := ids(s.ListUnasked(ctx, future)); !slices.Equal(got, []string{"$two"}) {
			t.Errorf("the keys of %v are asked for", got)
		}
		if got := ids(s.ListWaiting(ctx, now)); !slices.Equal(got, []string{"$one"}) {
			t.Errorf("after the key has come, %v can be read", got)
		}
		if got := ids(s.ListWaiting(ctx, future)); !slices.Equal(got, []string{"$one", "$two"}) {
			t.Errorf("after an hour %v are handed on", got)
		}
		do(t, s.NoteGiven(ctx, []string{"$one"}, "token"), s.DropGiven(ctx, "another token"))
		if got := ids(s.ListWaiting(ctx, now)); len(got) != 1 {
			t.Error("an event is forgotten before it was heard")
		}
		do(t, s.DropGiven(ctx, "token"))
		if got := ids(s.ListWaiting(ctx, future)); !slices.Equal(got, []string{"$two"}) {
			t.Errorf("%v wait", got)
		}
	})
}

func TestOneProcessChangesSessionsAtATime(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, s *keystore.Store) {
		var running sync.WaitGroup
		inside, most := make(chan struct{}, 100), 0
		for range 4 {
			for _, process := range []*keystore.Store{s, reopen(t, dbtest.Reopen(t, db), "FIRST", siteSecret)} {
				running.Go(func() {
					err := process.Hold(t.Context(), func(context.Context) error {
						inside <- struct{}{}
						most = max(most, len(inside))
						time.Sleep(5 * time.Millisecond)
						<-inside
						return nil
					})
					if err != nil {
						t.Error(err)
					}
				})
			}
		}
		running.Wait()
		if most != 1 {
			t.Errorf("%d were at it at once", most)
		}
	})
}

func TestNothingIsKeptAfterAnErrorThatNobodyMinds(t *testing.T) {
	each(t, func(t *testing.T, _ *sqldb.DB, s *keystore.Store) {
		session := olmSession(t, time.Now())
		for _, run := range []func(context.Context, func(context.Context) error) error{
			func(ctx context.Context, fn func(context.Context) error) error {
				return s.Write(ctx, func(ctx context.Context, _ *sqldb.Tx) error { return fn(ctx) })
			},
			s.Hold,
		} {
			err := run(t.Context(), func(ctx context.Context) error {
				_ = s.PutSecret(ctx, "name", "value")
				_ = s.AddSession(ctx, sender, session)
				_ = s.AddSession(ctx, sender, session) // is there already
				return nil
			})
			if err == nil {
				t.Error("an error of the store is lost")
			}
		}
		err := s.Write(t.Context(), func(ctx context.Context, _ *sqldb.Tx) error {
			_ = s.PutSecret(ctx, "other", "value")
			_ = s.AddSession(ctx, sender, session)
			return nil
		})
		if err == nil || must(s.GetSecret(t.Context(), "other"))(t) != "" {
			t.Errorf("half of a transaction is kept: %v", err)
		}
	})
}
