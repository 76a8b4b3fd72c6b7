//go:build goolm

package keystore

import (
	"context"
	"slices"
	"time"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/id"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// AddOutboundGroupSession keeps the key with which the account speaks in a room from now on.
func (s *Store) AddOutboundGroupSession(ctx context.Context, session *crypto.OutboundGroupSession) error {
	pickle, err := s.pickle(ctx, session.Internal)
	if err != nil {
		return err
	}
	values := []any{
		session.ID(), pickle, session.Shared, session.SharedHistory, session.MaxMessages, session.MessageCount, session.MaxAge.Milliseconds(),
		clock.At(session.CreationTime), clock.At(session.LastEncryptedTime), s.account, session.RoomID,
	}
	return s.put(
		ctx, `
		UPDATE matrix_outbound_sessions SET session_id = ?, pickle = ?, shared = ?, shared_history = ?, max_messages = ?, messages = ?, max_age_ms = ?,
			created_at = ?, encrypted_at = ? WHERE account_id = ? AND room_id = ?`, values,
		`INSERT INTO matrix_outbound_sessions (session_id, pickle, shared, shared_history, max_messages, messages, max_age_ms, created_at, encrypted_at, account_id, room_id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, values,
	)
}

// UpdateOutboundGroupSession keeps the key of a room as it is after something was said with it.
func (s *Store) UpdateOutboundGroupSession(ctx context.Context, session *crypto.OutboundGroupSession) error {
	pickle, err := s.pickle(ctx, session.Internal)
	if err != nil {
		return err
	}
	return s.exec(
		ctx, `UPDATE matrix_outbound_sessions SET pickle = ?, messages = ?, encrypted_at = ? WHERE account_id = ? AND room_id = ? AND session_id = ?`,
		pickle, session.MessageCount, clock.At(session.LastEncryptedTime), s.account, session.RoomID, session.ID(),
	)
}

// GetOutboundGroupSession returns the key with which the account speaks in a room, or nil.
func (s *Store) GetOutboundGroupSession(ctx context.Context, room id.RoomID) (*crypto.OutboundGroupSession, error) {
	var row struct {
		Pickle        string     `db:"pickle"`
		Shared        bool       `db:"shared"`
		SharedHistory *bool      `db:"shared_history"`
		MaxMessages   int        `db:"max_messages"`
		Messages      int        `db:"messages"`
		MaxAgeMs      int64      `db:"max_age_ms"`
		CreatedAt     clock.Time `db:"created_at"`
		EncryptedAt   clock.Time `db:"encrypted_at"`
	}
	found, err := s.find(ctx, &row, `
		SELECT pickle, shared, shared_history, max_messages, messages, max_age_ms, created_at, encrypted_at FROM matrix_outbound_sessions
		WHERE account_id = ? AND room_id = ?`, s.account, room)
	if err != nil || !found {
		return nil, err
	}
	session := &crypto.OutboundGroupSession{
		Internal: olm.NewBlankOutboundGroupSession(), MaxMessages: row.MaxMessages, MessageCount: row.Messages, SharedHistory: row.SharedHistory, RoomID: room,
		Shared: row.Shared, Users: map[crypto.UserDevice]crypto.OGSState{},
	}
	session.CreationTime, session.LastEncryptedTime, session.MaxAge = row.CreatedAt.Time, row.EncryptedAt.Time, time.Duration(row.MaxAgeMs)*time.Millisecond
	if err := s.unpickle(ctx, session.Internal, row.Pickle); err != nil {
		return nil, err
	}
	return session, nil
}

// RemoveOutboundGroupSession removes the key with which the account speaks in a room: the next message gets another one.
func (s *Store) RemoveOutboundGroupSession(ctx context.Context, room id.RoomID) error {
	return s.exec(ctx, `DELETE FROM matrix_outbound_sessions WHERE account_id = ? AND room_id = ?`, s.account, room)
}

// RenewAll removes the keys with which the account speaks in all rooms: the next message in each gets another one.
func (s *Store) RenewAll(ctx context.Context) error {
	return s.exec(ctx, `DELETE FROM matrix_outbound_sessions WHERE account_id = ?`, s.account)
}

// LockOutbound lets nobody else speak with the key of a room until the transaction ends: what is said with it is counted.
func (s *Store) LockOutbound(ctx context.Context, tx *sqldb.Tx, room id.RoomID) error {
	var session []string
	return tx.SelectLocked(ctx, &session, `SELECT session_id FROM matrix_outbound_sessions WHERE account_id = ? AND room_id = ?`, s.account, room)
}

// KeepMembers notes for whom the key of a room is, and removes the key if it was for others.
func (s *Store) KeepMembers(ctx context.Context, room id.RoomID, members []id.UserID) error {
	members = slices.Compact(slices.Sorted(slices.Values(members)))
	return s.Write(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		var known []id.UserID
		if err := tx.Select(ctx, &known, `SELECT member_id FROM matrix_outbound_members WHERE account_id = ? AND room_id = ? ORDER BY member_id`, s.account, room); err != nil {
			return err
		}
		slices.Sort(known)
		if slices.Equal(known, members) {
			return nil
		}
		if err := s.RemoveOutboundGroupSession(ctx, room); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM matrix_outbound_members WHERE account_id = ? AND room_id = ?`, s.account, room); err != nil {
			return err
		}
		rows := make([][]any, len(members))
		for i, member := range members {
			rows[i] = []any{s.account, room, member}
		}
		return tx.InsertNewRows(ctx, `INSERT INTO matrix_outbound_members (account_id, room_id, member_id)`, rows)
	})
}

// FindSharedRooms returns the rooms whose key is for somebody.
func (s *Store) FindSharedRooms(ctx context.Context, user id.UserID) (rooms []id.RoomID, err error) {
	err = s.list(ctx, &rooms, `SELECT room_id FROM matrix_outbound_members WHERE account_id = ? AND member_id = ? ORDER BY room_id`, s.account, user)
	return rooms, err
}

// MarkOutboundGroupSessionShared notes that a device was sent a key.
func (s *Store) MarkOutboundGroupSessionShared(ctx context.Context, user id.UserID, identity id.IdentityKey, session id.SessionID) error {
	return s.Write(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.InsertNew(ctx, `INSERT INTO matrix_shares (account_id, session_id, member_id, identity_key) VALUES (?, ?, ?, ?)`, s.account, session, user, identity)
		return err
	})
}

// IsOutboundGroupSessionShared reports whether a device was sent a key.
func (s *Store) IsOutboundGroupSessionShared(ctx context.Context, user id.UserID, identity id.IdentityKey, session id.SessionID) (bool, error) {
	var found string
	return s.find(ctx, &found, `SELECT session_id FROM matrix_shares WHERE account_id = ? AND session_id = ? AND member_id = ? AND identity_key = ?`, s.account, session, user, identity)
}
