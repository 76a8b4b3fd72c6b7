//go:build goolm

package keystore

import (
	"context"
	"encoding/hex"
	"time"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/id"

	"grouprise.org/grouprise/internal/kit/clock"
)

// olmRow is a session with a device.
type olmRow struct {
	Pickle      string     `db:"pickle"`
	CreatedAt   clock.Time `db:"created_at"`
	EncryptedAt clock.Time `db:"encrypted_at"`
	DecryptedAt clock.Time `db:"decrypted_at"`
}

func (s *Store) olmSession(ctx context.Context, row olmRow) (*crypto.OlmSession, error) {
	session := &crypto.OlmSession{Internal: olm.NewBlankSession()}
	session.CreationTime, session.LastEncryptedTime, session.LastDecryptedTime = row.CreatedAt.Time, row.EncryptedAt.Time, row.DecryptedAt.Time
	if err := s.unpickle(ctx, session.Internal, row.Pickle); err != nil {
		return nil, err
	}
	return session, nil
}

// AddSession keeps a new session with a device.
func (s *Store) AddSession(ctx context.Context, sender id.SenderKey, session *crypto.OlmSession) error {
	pickle, err := s.pickle(ctx, session.Internal)
	if err != nil {
		return err
	}
	return s.exec(
		ctx, `
		INSERT INTO matrix_olm_sessions (account_id, session_id, sender_key, pickle, created_at, encrypted_at, decrypted_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)`,
		s.account, session.ID(), sender, pickle, clock.At(session.CreationTime), clock.At(session.LastEncryptedTime), clock.At(session.LastDecryptedTime),
	)
}

// UpdateSession keeps a session as it is after it was used.
func (s *Store) UpdateSession(ctx context.Context, _ id.SenderKey, session *crypto.OlmSession) error {
	pickle, err := s.pickle(ctx, session.Internal)
	if err != nil {
		return err
	}
	return s.exec(
		ctx, `UPDATE matrix_olm_sessions SET pickle = ?, used = TRUE, encrypted_at = ?, decrypted_at = ? WHERE account_id = ? AND session_id = ?`,
		pickle, clock.At(session.LastEncryptedTime), clock.At(session.LastDecryptedTime), s.account, session.ID(),
	)
}

// DeleteSession removes a session with a device.
func (s *Store) DeleteSession(ctx context.Context, _ id.SenderKey, session *crypto.OlmSession) error {
	return s.exec(ctx, `DELETE FROM matrix_olm_sessions WHERE account_id = ? AND session_id = ?`, s.account, session.ID())
}

// HasSession reports whether there is a session with a device.
func (s *Store) HasSession(ctx context.Context, sender id.SenderKey) bool {
	var session string
	found, err := s.find(ctx, &session, `SELECT session_id FROM matrix_olm_sessions WHERE account_id = ? AND sender_key = ? ORDER BY session_id LIMIT 1`, s.account, sender)
	return err == nil && found
}

// GetSessions returns the sessions with a device, the one that was read with last first.
func (s *Store) GetSessions(ctx context.Context, sender id.SenderKey) (crypto.OlmSessionList, error) {
	var rows []olmRow
	err := s.list(ctx, &rows, `
		SELECT pickle, created_at, encrypted_at, decrypted_at FROM matrix_olm_sessions
		WHERE account_id = ? AND sender_key = ? ORDER BY decrypted_at DESC, session_id DESC`, s.account, sender)
	if err != nil {
		return nil, err
	}
	sessions := make(crypto.OlmSessionList, len(rows))
	for i, row := range rows {
		if sessions[i], err = s.olmSession(ctx, row); err != nil {
			return nil, err
		}
	}
	return sessions, nil
}

// GetLatestSession returns the session in which a device is written to, or nil.
func (s *Store) GetLatestSession(ctx context.Context, sender id.SenderKey) (*crypto.OlmSession, error) {
	var row olmRow
	found, err := s.find(ctx, &row, `
		SELECT pickle, created_at, encrypted_at, decrypted_at FROM matrix_olm_sessions
		WHERE account_id = ? AND sender_key = ? ORDER BY decrypted_at DESC, session_id DESC LIMIT 1`, s.account, sender)
	if err != nil || !found {
		return nil, err
	}
	return s.olmSession(ctx, row)
}

// GetNewestSessionCreationTS returns when the newest session with a device was made that has been used; zero if none has.
func (s *Store) GetNewestSessionCreationTS(ctx context.Context, sender id.SenderKey) (time.Time, error) {
	var at clock.Time
	_, err := s.find(ctx, &at, `
		SELECT created_at FROM matrix_olm_sessions WHERE account_id = ? AND sender_key = ? AND used = TRUE
		ORDER BY created_at DESC, session_id DESC LIMIT 1`, s.account, sender)
	return at.Time, err
}

// PutOlmHash notes that a message has been decrypted.
func (s *Store) PutOlmHash(ctx context.Context, hash [32]byte, at time.Time) error {
	digest := hex.EncodeToString(hash[:])
	return s.put(
		ctx, `UPDATE matrix_olm_messages SET received_at = received_at WHERE account_id = ? AND digest = ?`, []any{s.account, digest},
		`INSERT INTO matrix_olm_messages (account_id, digest, received_at) VALUES (?, ?, ?)`, []any{s.account, digest, clock.At(at)},
	)
}

// GetOlmHash returns when a message was decrypted; zero if it has not been.
func (s *Store) GetOlmHash(ctx context.Context, hash [32]byte) (time.Time, error) {
	var at clock.Time
	_, err := s.find(ctx, &at, `SELECT received_at FROM matrix_olm_messages WHERE account_id = ? AND digest = ?`, s.account, hex.EncodeToString(hash[:]))
	return at.Time, err
}

// DeleteOldOlmHashes forgets what was decrypted before a time.
func (s *Store) DeleteOldOlmHashes(ctx context.Context, before time.Time) error {
	return s.exec(ctx, `DELETE FROM matrix_olm_messages WHERE account_id = ? AND received_at < ?`, s.account, clock.At(before))
}
