//go:build goolm

package keystore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// details is what is kept of a key of a room besides the key, and what nobody looks for.
type details struct {
	SigningKey  id.Ed25519           `json:"signing_key"`
	Chain       []string             `json:"chain,omitempty"`
	Shared      *bool                `json:"shared,omitempty"`
	Ratchet     crypto.RatchetSafety `json:"ratchet"`
	MaxAge      int64                `json:"max_age,omitempty"`
	MaxMessages int                  `json:"max_messages,omitempty"`
	Source      id.KeySource         `json:"source,omitempty"`
	SourceUser  id.UserID            `json:"source_user,omitempty"`
}

// inboundRow is a key of a room.
type inboundRow struct {
	SessionID     string     `db:"session_id"`
	RoomID        string     `db:"room_id"`
	SenderKey     string     `db:"sender_key"`
	Pickle        string     `db:"pickle"`
	Details       string     `db:"details"`
	Withheld      string     `db:"withheld"`
	Reason        string     `db:"reason"`
	Scheduled     bool       `db:"scheduled"`
	BackupVersion string     `db:"backup_version"`
	ReceivedAt    clock.Time `db:"received_at"`
}

const inboundColumns = `session_id, room_id, sender_key, pickle, details, withheld, reason, scheduled, backup_version, received_at`

func (s *Store) inbound(ctx context.Context, row inboundRow) (*crypto.InboundGroupSession, error) {
	var d details
	if err := json.Unmarshal([]byte(row.Details), &d); err != nil {
		return nil, failed(ctx, fmt.Errorf("read what is known of a key: %w", err))
	}
	session := &crypto.InboundGroupSession{
		Internal: olm.NewBlankInboundGroupSession(), SigningKey: d.SigningKey, SenderKey: id.SenderKey(row.SenderKey), RoomID: id.RoomID(row.RoomID),
		ForwardingChains: d.Chain, RatchetSafety: d.Ratchet, ReceivedAt: row.ReceivedAt.Time, MaxAge: d.MaxAge, MaxMessages: d.MaxMessages,
		SharedHistory: d.Shared, IsScheduled: row.Scheduled, KeyBackupVersion: id.KeyBackupVersion(row.BackupVersion), KeySource: d.Source, SourceUser: d.SourceUser,
	}
	if err := s.unpickle(ctx, session.Internal, row.Pickle); err != nil {
		return nil, err
	}
	return session, nil
}

func (row inboundRow) refusal() *event.RoomKeyWithheldEventContent {
	return &event.RoomKeyWithheldEventContent{
		RoomID: id.RoomID(row.RoomID), Algorithm: id.AlgorithmMegolmV1, SessionID: id.SessionID(row.SessionID), SenderKey: id.SenderKey(row.SenderKey),
		Code: event.RoomKeyWithheldCode(row.Withheld), Reason: row.Reason,
	}
}

// PutGroupSession keeps a key of a room, in place of what said that it was withheld.
func (s *Store) PutGroupSession(ctx context.Context, session *crypto.InboundGroupSession) error {
	if !fits(maxID, session.RoomID) || !fits(maxKey, session.SenderKey) {
		return errors.New("a key of a room has a longer name than there are")
	}
	pickle, err := s.pickle(ctx, session.Internal)
	if err != nil {
		return err
	}
	d, err := json.Marshal(details{
		SigningKey: session.SigningKey, Chain: session.ForwardingChains, Shared: session.SharedHistory, Ratchet: session.RatchetSafety, MaxAge: session.MaxAge,
		MaxMessages: session.MaxMessages, Source: session.KeySource, SourceUser: session.SourceUser,
	})
	if err != nil {
		return failed(ctx, fmt.Errorf("write what is known of a key: %w", err))
	}
	received, expires := clock.Time{}, clock.Time{}
	if !session.ReceivedAt.IsZero() {
		received = clock.At(session.ReceivedAt)
		if session.MaxAge > 0 { // as long again, for what arrives late
			expires = clock.At(session.ReceivedAt.Add(2 * time.Duration(session.MaxAge) * time.Millisecond))
		}
	}
	values := []any{session.RoomID, session.SenderKey, pickle, string(d), session.IsScheduled, string(session.KeyBackupVersion), received, expires, s.account, session.ID()}
	return s.put(
		ctx, `
		UPDATE matrix_inbound_sessions SET room_id = ?, sender_key = ?, pickle = ?, details = ?, scheduled = ?, backup_version = ?, received_at = ?, expires_at = ?,
			withheld = '', reason = '' WHERE account_id = ? AND session_id = ?`, values,
		`INSERT INTO matrix_inbound_sessions (room_id, sender_key, pickle, details, scheduled, backup_version, received_at, expires_at, account_id, session_id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, values,
	)
}

// getInbound returns the row of a key; found is false if there is none.
func (s *Store) getInbound(ctx context.Context, room id.RoomID, session id.SessionID) (row inboundRow, found bool, err error) {
	found, err = s.find(ctx, &row, `
		SELECT `+inboundColumns+` FROM matrix_inbound_sessions WHERE account_id = ? AND session_id = ? AND room_id = ?`, s.account, session, room)
	return row, found, err
}

// GetGroupSession returns a key of a room; nil if there is none, and crypto.ErrGroupSessionWithheld if it is withheld.
func (s *Store) GetGroupSession(ctx context.Context, room id.RoomID, session id.SessionID) (*crypto.InboundGroupSession, error) {
	row, found, err := s.getInbound(ctx, room, session)
	if err != nil || !found {
		return nil, err
	}
	if row.Withheld != "" {
		return nil, row.refusal()
	}
	return s.inbound(ctx, row)
}

// PutWithheldGroupSession notes that a key is withheld, unless there is one.
func (s *Store) PutWithheldGroupSession(ctx context.Context, c event.RoomKeyWithheldEventContent) error {
	if c.SessionID == "" || c.Code == "" || !fits(maxID, c.RoomID) || !fits(maxKey, c.SessionID) || !fits(maxKey, c.SenderKey) || !fits(maxKey, c.Code) {
		return nil
	}
	reason := []rune(c.Reason)
	return s.Write(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.InsertNew(
			ctx, `INSERT INTO matrix_inbound_sessions (account_id, session_id, room_id, sender_key, pickle, details, withheld, reason, received_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			s.account, c.SessionID, c.RoomID, c.SenderKey, "", "{}", c.Code, string(reason[:min(len(reason), 500)]), tx.Now,
		)
		return err
	})
}

// GetWithheldGroupSession returns how a key was withheld, or nil.
func (s *Store) GetWithheldGroupSession(ctx context.Context, room id.RoomID, session id.SessionID) (*event.RoomKeyWithheldEventContent, error) {
	row, found, err := s.getInbound(ctx, room, session)
	if err != nil || !found || row.Withheld == "" {
		return nil, err
	}
	return row.refusal(), nil
}

// RedactGroupSession removes a key of a room.
func (s *Store) RedactGroupSession(ctx context.Context, _ id.RoomID, session id.SessionID, reason string) error {
	_, err := s.redact(ctx, reason, `session_id = ?`, session)
	return err
}

// RedactGroupSessions removes the keys of a room, of a device, or of a device in a room.
func (s *Store) RedactGroupSessions(ctx context.Context, room id.RoomID, sender id.SenderKey, reason string) ([]id.SessionID, error) {
	const current = ` AND scheduled = FALSE AND received_at IS NOT NULL`
	switch {
	case room != "" && sender != "":
		return s.redact(ctx, reason, `room_id = ? AND sender_key = ?`+current, room, sender)
	case room != "":
		return s.redact(ctx, reason, `room_id = ?`+current, room)
	case sender != "":
		return s.redact(ctx, reason, `sender_key = ?`+current, sender)
	default:
		return nil, errors.New("neither a room nor a device is named whose keys are to be removed")
	}
}

// RedactExpiredGroupSessions removes the keys of rooms that have been in use for twice as long as they may.
func (s *Store) RedactExpiredGroupSessions(ctx context.Context) ([]id.SessionID, error) {
	return s.redact(ctx, "expired", `scheduled = FALSE AND expires_at < ?`, s.db.Now())
}

// RedactOutdatedGroupSessions removes the keys of rooms of which nobody knows how old they are.
func (s *Store) RedactOutdatedGroupSessions(ctx context.Context) ([]id.SessionID, error) {
	return s.redact(ctx, "outdated", `received_at IS NULL`)
}

func (s *Store) redact(ctx context.Context, reason, where string, args ...any) (sessions []id.SessionID, err error) {
	args = append([]any{s.account}, args...)
	err = s.Write(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		err := tx.Select(ctx, &sessions, `SELECT session_id FROM matrix_inbound_sessions WHERE account_id = ? AND withheld = '' AND `+where+` ORDER BY session_id`, args...)
		if err != nil || len(sessions) == 0 {
			return err
		}
		_, err = tx.Exec(
			ctx, `UPDATE matrix_inbound_sessions SET pickle = '', details = '{}', withheld = ?, reason = ? WHERE account_id = ? AND session_id IN (?)`,
			string(event.RoomKeyWithheldBeeperRedacted), "Session redacted: "+reason, s.account, sessions,
		)
		return err
	})
	return sessions, err
}

// GetGroupSessionsForRoom returns the keys of a room.
func (s *Store) GetGroupSessionsForRoom(ctx context.Context, room id.RoomID) dbutil.RowIter[*crypto.InboundGroupSession] {
	return s.inboundWhere(ctx, `room_id = ?`, room)
}

// GetAllGroupSessions returns the keys of all rooms.
func (s *Store) GetAllGroupSessions(ctx context.Context) dbutil.RowIter[*crypto.InboundGroupSession] {
	return s.inboundWhere(ctx, `room_id <> ''`)
}

// GetGroupSessionsWithoutKeyBackupVersion returns the keys that are not in a version of a backup.
func (s *Store) GetGroupSessionsWithoutKeyBackupVersion(ctx context.Context, version id.KeyBackupVersion) dbutil.RowIter[*crypto.InboundGroupSession] {
	return s.inboundWhere(ctx, `backup_version <> ?`, version)
}

func (s *Store) inboundWhere(ctx context.Context, where string, args ...any) dbutil.RowIter[*crypto.InboundGroupSession] {
	var rows []inboundRow
	err := s.list(ctx, &rows, `
		SELECT `+inboundColumns+` FROM matrix_inbound_sessions WHERE account_id = ? AND withheld = '' AND `+where+` ORDER BY session_id`, append([]any{s.account}, args...)...)
	sessions := make([]*crypto.InboundGroupSession, 0, len(rows))
	for _, row := range rows {
		session, e := s.inbound(ctx, row)
		if e != nil {
			err = e
			break
		}
		sessions = append(sessions, session)
	}
	return dbutil.NewSliceIterWithError(sessions, err)
}

// ValidateMessageIndex reports whether an event is the one that was first seen at its place of a session. One without id
// and time must not have been seen there.
func (s *Store) ValidateMessageIndex(ctx context.Context, session id.SessionID, eventID id.EventID, index uint, sentMs int64) (ok bool, err error) {
	if !fits(maxID, eventID) || !fits(maxKey, session) || index > math.MaxUint32 { // an index has 32 bits
		return false, nil
	}
	place := int64(index)
	err = s.Write(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if eventID != "" || sentMs != 0 {
			_, err := tx.InsertNew(
				ctx, `INSERT INTO matrix_indexes (account_id, session_id, message_index, event_id, sent_ms) VALUES (?, ?, ?, ?, ?)`,
				s.account, session, place, eventID, sentMs,
			)
			if err != nil {
				return err
			}
		}
		var seen []struct {
			EventID string `db:"event_id"`
			SentMs  int64  `db:"sent_ms"`
		}
		err := tx.Select(ctx, &seen, `SELECT event_id, sent_ms FROM matrix_indexes WHERE account_id = ? AND session_id = ? AND message_index = ?`, s.account, session, place)
		ok = len(seen) == 0 || seen[0].EventID == string(eventID) && seen[0].SentMs == sentMs
		return err
	})
	return ok, err
}
