//go:build goolm

package keystore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// roomRow is what is known of a room.
type roomRow struct {
	Encryption string `db:"encryption"`
	History    string `db:"history"`
}

// Room returns how a room is encrypted, nil if it is not; known is false if nobody has asked the homeserver yet.
func (s *Store) Room(ctx context.Context, room id.RoomID) (encryption *event.EncryptionEventContent, known bool, err error) {
	row, known, err := s.room(ctx, room)
	if err != nil || row.Encryption == "" {
		return nil, known, err
	}
	encryption = &event.EncryptionEventContent{}
	if err := json.Unmarshal([]byte(row.Encryption), encryption); err != nil {
		return nil, true, failed(ctx, fmt.Errorf("read how %s is encrypted: %w", room, err))
	}
	return encryption, true, nil
}

func (s *Store) room(ctx context.Context, room id.RoomID) (row roomRow, known bool, err error) {
	known, err = s.find(ctx, &row, `SELECT encryption, history FROM matrix_rooms WHERE account_id = ? AND room_id = ?`, s.account, room)
	return row, known, err
}

// KeepRoom notes how a room is encrypted, nil that it is not. A room that was encrypted once stays so, whatever anybody says.
func (s *Store) KeepRoom(ctx context.Context, room id.RoomID, encryption *event.EncryptionEventContent) error {
	const insert = `INSERT INTO matrix_rooms (encryption, account_id, room_id) VALUES (?, ?, ?)`
	if encryption == nil {
		return s.Write(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := tx.InsertNew(ctx, insert, "", s.account, room)
			return err
		})
	}
	// Written anew, for whoever encrypted the room may have written anything of any length into it.
	content, err := json.Marshal(event.EncryptionEventContent{
		Algorithm: id.AlgorithmMegolmV1, RotationPeriodMillis: encryption.RotationPeriodMillis, RotationPeriodMessages: encryption.RotationPeriodMessages,
	})
	if err != nil {
		return failed(ctx, fmt.Errorf("write how %s is encrypted: %w", room, err))
	}
	values := []any{string(content), s.account, room}
	return s.put(ctx, `UPDATE matrix_rooms SET encryption = ? WHERE account_id = ? AND room_id = ?`, values, insert, values)
}

// KeepHistory notes who may read what was said in a known room before they came.
func (s *Store) KeepHistory(ctx context.Context, room id.RoomID, visibility event.HistoryVisibility) error {
	if !fits(32, visibility) {
		return nil
	}
	return s.exec(ctx, `UPDATE matrix_rooms SET history = ? WHERE account_id = ? AND room_id = ?`, visibility, s.account, room)
}

// IsEncrypted reports whether a room is known to be encrypted.
func (s *Store) IsEncrypted(ctx context.Context, room id.RoomID) (bool, error) {
	row, _, err := s.room(ctx, room)
	return row.Encryption != "", err
}

// GetEncryptionEvent returns how a room is encrypted, or nil.
func (s *Store) GetEncryptionEvent(ctx context.Context, room id.RoomID) (*event.EncryptionEventContent, error) {
	encryption, _, err := s.Room(ctx, room)
	return encryption, err
}

// GetHistoryVisibility returns who may read what was said in a room before they came, or nil if that is not known.
func (s *Store) GetHistoryVisibility(ctx context.Context, room id.RoomID) (*event.HistoryVisibilityEventContent, error) {
	row, _, err := s.room(ctx, room)
	if err != nil || row.History == "" {
		return nil, err
	}
	return &event.HistoryVisibilityEventContent{HistoryVisibility: event.HistoryVisibility(row.History)}, nil
}

// Waiting is an event whose key has not come yet.
type Waiting struct {
	EventID    string     `db:"event_id"`
	SessionID  string     `db:"session_id"`
	Event      string     `db:"event"` // as JSON
	ReceivedAt clock.Time `db:"received_at"`
}

// KeepWaiting notes that an event waits for its key, and reports whether it does.
func (s *Store) KeepWaiting(ctx context.Context, w Waiting) (bool, error) {
	if !fits(maxID, w.EventID) || !fits(maxKey, w.SessionID) {
		return false, nil
	}
	return true, s.Write(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.InsertNew(
			ctx, `INSERT INTO matrix_waiting (account_id, event_id, session_id, event, received_at) VALUES (?, ?, ?, ?, ?)`,
			s.account, w.EventID, w.SessionID, w.Event, tx.Now,
		)
		return err
	})
}

// maxWaiting is how many events are looked at in one go.
const maxWaiting = 100

// ListWaiting returns the events whose key has come, and those that have waited since before a time.
func (s *Store) ListWaiting(ctx context.Context, before clock.Time) (some []Waiting, err error) {
	err = s.list(ctx, &some, `
		SELECT w.event_id, w.session_id, w.event, w.received_at FROM matrix_waiting w
		LEFT JOIN matrix_inbound_sessions i ON i.account_id = w.account_id AND i.session_id = w.session_id AND i.withheld = ''
		WHERE w.account_id = ? AND (i.session_id IS NOT NULL OR w.received_at < ?) ORDER BY w.received_at, w.event_id LIMIT ?`, s.account, before, maxWaiting)
	return some, err
}

// ListUnasked returns the events of whose senders nobody has asked the keys, though they have waited since before a time.
func (s *Store) ListUnasked(ctx context.Context, before clock.Time) (some []Waiting, err error) {
	err = s.list(ctx, &some, `
		SELECT event_id, session_id, event, received_at FROM matrix_waiting
		WHERE account_id = ? AND asked = FALSE AND received_at < ? ORDER BY received_at, event_id LIMIT ?`, s.account, before, maxWaiting)
	return some, err
}

// NoteAsked notes that the senders of events have been asked for their keys.
func (s *Store) NoteAsked(ctx context.Context, events []string) error {
	return s.exec(ctx, `UPDATE matrix_waiting SET asked = TRUE WHERE account_id = ? AND event_id IN (?)`, s.account, events)
}

// NoteGiven notes that events have been handed on with what a token of the server ends.
func (s *Store) NoteGiven(ctx context.Context, events []string, token string) error {
	return s.exec(ctx, `UPDATE matrix_waiting SET given = ? WHERE account_id = ? AND event_id IN (?)`, token, s.account, events)
}

// DropGiven lets those events wait no longer.
func (s *Store) DropGiven(ctx context.Context, token string) error {
	return s.exec(ctx, `DELETE FROM matrix_waiting WHERE account_id = ? AND given = ?`, s.account, token)
}

// keptFor is how long is remembered what is of no use any more after it.
const keptFor = 180 * 24 * time.Hour

// Sweep removes keys that have been in use for as long as they may, and what belongs to keys that nobody has any more.
func (s *Store) Sweep(ctx context.Context) error {
	if _, err := s.RedactExpiredGroupSessions(ctx); err != nil {
		return err
	}
	return s.Write(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		var old []string
		err := tx.Select(
			ctx, &old, `SELECT session_id FROM matrix_inbound_sessions WHERE account_id = ? AND received_at < ? ORDER BY session_id LIMIT ?`,
			s.account, clock.At(tx.Now.Add(-keptFor)), 1000,
		)
		if err != nil || len(old) == 0 {
			return err
		}
		for _, table := range [...]string{"matrix_indexes", "matrix_shares", "matrix_inbound_sessions"} {
			if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE account_id = ? AND session_id IN (?)`, s.account, old); err != nil {
				return err
			}
		}
		return nil
	})
}
