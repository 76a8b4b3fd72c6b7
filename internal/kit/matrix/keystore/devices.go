//go:build goolm

package keystore

import (
	"context"
	"fmt"
	"time"

	"maunium.net/go/mautrix/id"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// deviceRow is a device of somebody.
type deviceRow struct {
	UserID      id.UserID      `db:"member_id"`
	DeviceID    id.DeviceID    `db:"device_id"`
	IdentityKey id.IdentityKey `db:"identity_key"`
	SigningKey  id.SigningKey  `db:"signing_key"`
	Trust       id.TrustState  `db:"trust"`
	Deleted     bool           `db:"deleted"`
	Name        string         `db:"name"`
}

const deviceColumns = `member_id, device_id, identity_key, signing_key, trust, deleted, name`

func (row deviceRow) device() *id.Device {
	return &id.Device{
		UserID: row.UserID, DeviceID: row.DeviceID, IdentityKey: row.IdentityKey, SigningKey: row.SigningKey, Trust: row.Trust, Deleted: row.Deleted, Name: row.Name,
	}
}

// GetDevices returns the devices of somebody; nil if nobody has asked for them yet.
func (s *Store) GetDevices(ctx context.Context, user id.UserID) (map[id.DeviceID]*id.Device, error) {
	var known string
	tracked, err := s.find(ctx, &known, `SELECT member_id FROM matrix_tracked WHERE account_id = ? AND member_id = ?`, s.account, user)
	if err != nil || !tracked {
		return nil, err
	}
	var rows []deviceRow
	err = s.list(ctx, &rows, `SELECT `+deviceColumns+` FROM matrix_devices WHERE account_id = ? AND member_id = ? AND deleted = FALSE ORDER BY device_id`, s.account, user)
	if err != nil {
		return nil, err
	}
	devices := make(map[id.DeviceID]*id.Device, len(rows))
	for _, row := range rows {
		devices[row.DeviceID] = row.device()
	}
	return devices, nil
}

// GetDevice returns a device of somebody, also one that is gone, or nil.
func (s *Store) GetDevice(ctx context.Context, user id.UserID, device id.DeviceID) (*id.Device, error) {
	var row deviceRow
	found, err := s.find(ctx, &row, `SELECT `+deviceColumns+` FROM matrix_devices WHERE account_id = ? AND member_id = ? AND device_id = ?`, s.account, user, device)
	if err != nil || !found {
		return nil, err
	}
	return row.device(), nil
}

// FindDeviceByKey returns the device of somebody that has a key, also one that is gone, or nil.
func (s *Store) FindDeviceByKey(ctx context.Context, user id.UserID, identity id.IdentityKey) (*id.Device, error) {
	var row deviceRow
	found, err := s.find(ctx, &row, `
		SELECT `+deviceColumns+` FROM matrix_devices WHERE account_id = ? AND member_id = ? AND identity_key = ? ORDER BY deleted, device_id LIMIT 1`,
		s.account, user, identity)
	if err != nil || !found {
		return nil, err
	}
	return row.device(), nil
}

// PutDevice keeps one device of somebody.
func (s *Store) PutDevice(ctx context.Context, user id.UserID, device *id.Device) error {
	return s.Write(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		return s.insertDevices(ctx, tx, user, map[id.DeviceID]*id.Device{device.DeviceID: device})
	})
}

// PutDevices keeps the devices of somebody, in place of those that were known.
func (s *Store) PutDevices(ctx context.Context, user id.UserID, devices map[id.DeviceID]*id.Device) error {
	if !fits(maxID, user) {
		return nil
	}
	return s.Write(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		err := s.put(
			ctx, `UPDATE matrix_tracked SET outdated = FALSE, failures = 0, attempted_at = ? WHERE account_id = ? AND member_id = ?`, []any{tx.Now, s.account, user},
			`INSERT INTO matrix_tracked (attempted_at, account_id, member_id) VALUES (?, ?, ?)`, []any{tx.Now, s.account, user},
		)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE matrix_devices SET deleted = TRUE WHERE account_id = ? AND member_id = ?`, s.account, user); err != nil {
			return err
		}
		return s.insertDevices(ctx, tx, user, devices)
	})
}

// insertDevices inserts devices, in place of those with the same ids.
func (s *Store) insertDevices(ctx context.Context, tx *sqldb.Tx, user id.UserID, devices map[id.DeviceID]*id.Device) error {
	var ids []string
	var rows [][]any
	for _, d := range devices {
		if !fits(maxID, d.DeviceID) || !fits(maxKey, d.IdentityKey) || !fits(maxKey, d.SigningKey) {
			continue
		}
		ids = append(ids, string(d.DeviceID))
		rows = append(rows, []any{s.account, user, d.DeviceID, d.IdentityKey, d.SigningKey, int64(d.Trust), d.Deleted, d.Name})
	}
	if _, err := tx.Exec(ctx, `DELETE FROM matrix_devices WHERE account_id = ? AND member_id = ? AND device_id IN (?)`, s.account, user, ids); err != nil {
		return err
	}
	return tx.InsertRows(ctx, `INSERT INTO matrix_devices (account_id, member_id, device_id, identity_key, signing_key, trust, deleted, name)`, rows)
}

// FilterTrackedUsers returns those whose devices are known.
func (s *Store) FilterTrackedUsers(ctx context.Context, users []id.UserID) (tracked []id.UserID, err error) {
	err = s.list(ctx, &tracked, `SELECT member_id FROM matrix_tracked WHERE account_id = ? AND member_id IN (?) ORDER BY member_id`, s.account, users)
	return tracked, err
}

// MarkTrackedUsersOutdated notes that the devices of people have changed.
func (s *Store) MarkTrackedUsersOutdated(ctx context.Context, users []id.UserID) error {
	return s.exec(ctx, `UPDATE matrix_tracked SET outdated = TRUE WHERE account_id = ? AND member_id IN (?)`, s.account, users)
}

// MarkAllOutdated notes that the devices of anybody may have changed.
func (s *Store) MarkAllOutdated(ctx context.Context) error {
	return s.exec(ctx, `UPDATE matrix_tracked SET outdated = TRUE WHERE account_id = ?`, s.account)
}

// ForgetUsers forgets people with whom no room is shared any more: the homeserver says nothing about them.
func (s *Store) ForgetUsers(ctx context.Context, users []id.UserID) error {
	return s.exec(ctx, `DELETE FROM matrix_tracked WHERE account_id = ? AND member_id IN (?)`, s.account, users)
}

// maxFailures is after how many failures nobody asks for the devices of somebody any more, until they are needed.
const maxFailures = 100

// IncrementTrackedUsersErrorCount notes that asking for the devices of people has failed.
func (s *Store) IncrementTrackedUsersErrorCount(ctx context.Context, users []id.UserID) error {
	return s.Write(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(
			ctx, `UPDATE matrix_tracked SET failures = failures + 1, attempted_at = ? WHERE account_id = ? AND member_id IN (?) AND outdated = TRUE`,
			tx.Now, s.account, users,
		)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM matrix_tracked WHERE account_id = ? AND outdated = TRUE AND failures > ?`, s.account, int64(maxFailures))
		return err
	})
}

// GetOutdatedTrackedUsers returns those whose devices are to be asked for, without those for whom that failed a moment ago.
func (s *Store) GetOutdatedTrackedUsers(ctx context.Context) ([]id.UserID, error) {
	var rows []struct {
		UserID      id.UserID  `db:"member_id"`
		Failures    int        `db:"failures"`
		AttemptedAt clock.Time `db:"attempted_at"`
	}
	err := s.list(ctx, &rows, `SELECT member_id, failures, attempted_at FROM matrix_tracked WHERE account_id = ? AND outdated = TRUE ORDER BY member_id`, s.account)
	if err != nil {
		return nil, err
	}
	now := s.db.Now()
	var users []id.UserID
	for _, row := range rows {
		wait := time.Duration(min(row.Failures*row.Failures*row.Failures, 3*3600)) * time.Second
		if row.Failures < 5 || row.AttemptedAt.Add(wait).Before(now.Time) {
			users = append(users, row.UserID)
		}
	}
	return users, nil
}

// PutCrossSigningKey keeps a key by which somebody signs, and which one was seen first.
func (s *Store) PutCrossSigningKey(ctx context.Context, user id.UserID, usage id.CrossSigningUsage, key id.Ed25519) error {
	if !fits(maxID, user) || !fits(32, usage) || !fits(maxKey, key) {
		return nil
	}
	return s.put(
		ctx, `UPDATE matrix_signing_keys SET signing_key = ? WHERE account_id = ? AND member_id = ? AND purpose = ?`, []any{key, s.account, user, usage},
		`INSERT INTO matrix_signing_keys (signing_key, account_id, member_id, purpose, first_key) VALUES (?, ?, ?, ?, ?)`, []any{key, s.account, user, usage, key},
	)
}

// GetCrossSigningKeys returns the keys by which somebody signs.
func (s *Store) GetCrossSigningKeys(ctx context.Context, user id.UserID) (map[id.CrossSigningUsage]id.CrossSigningKey, error) {
	var rows []struct {
		Usage id.CrossSigningUsage `db:"purpose"`
		Key   id.Ed25519           `db:"signing_key"`
		First id.Ed25519           `db:"first_key"`
	}
	err := s.list(ctx, &rows, `SELECT purpose, signing_key, first_key FROM matrix_signing_keys WHERE account_id = ? AND member_id = ? ORDER BY purpose`, s.account, user)
	if err != nil {
		return nil, err
	}
	keys := make(map[id.CrossSigningUsage]id.CrossSigningKey, len(rows))
	for _, row := range rows {
		keys[row.Usage] = id.CrossSigningKey{Key: row.Key, First: row.First}
	}
	return keys, nil
}

// ResetMasterKeyTOFU lets a new key of somebody count as the one that was seen first.
func (s *Store) ResetMasterKeyTOFU(ctx context.Context, user id.UserID, key id.Ed25519) error {
	return s.Write(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		rows, err := tx.Exec(
			ctx, `UPDATE matrix_signing_keys SET first_key = signing_key WHERE account_id = ? AND member_id = ? AND purpose = ? AND signing_key = ?`,
			s.account, user, id.XSUsageMaster, key,
		)
		if err == nil && rows == 0 {
			err = fmt.Errorf("%s does not have this key", user)
		}
		return err
	})
}

// PutSignature keeps what somebody has signed. Homeservers hand on what people claim, so what is too long is passed over.
func (s *Store) PutSignature(ctx context.Context, signed id.UserID, signedKey id.Ed25519, signer id.UserID, signerKey id.Ed25519, signature string) error {
	if !fits(maxID, signed, signer) || !fits(maxKey, signedKey, signerKey) || !fits(maxSignature, signature) {
		return nil
	}
	values := []any{signature, s.account, signed, signedKey, signer, signerKey}
	return s.put(
		ctx, `UPDATE matrix_signatures SET signature = ? WHERE account_id = ? AND signed_id = ? AND signed_key = ? AND signer_id = ? AND signer_key = ?`, values,
		`INSERT INTO matrix_signatures (signature, account_id, signed_id, signed_key, signer_id, signer_key) VALUES (?, ?, ?, ?, ?, ?)`, values,
	)
}

// IsKeySignedBy reports whether a key has signed another one.
func (s *Store) IsKeySignedBy(ctx context.Context, signed id.UserID, signedKey id.Ed25519, signer id.UserID, signerKey id.Ed25519) (bool, error) {
	var signature string
	return s.find(ctx, &signature, `
		SELECT signature FROM matrix_signatures WHERE account_id = ? AND signed_id = ? AND signed_key = ? AND signer_id = ? AND signer_key = ?`,
		s.account, signed, signedKey, signer, signerKey)
}

// DropSignaturesByKey forgets what a key has signed, and returns how much that was.
func (s *Store) DropSignaturesByKey(ctx context.Context, signer id.UserID, key id.Ed25519) (count int64, err error) {
	err = s.Write(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		count, err = tx.Exec(ctx, `DELETE FROM matrix_signatures WHERE account_id = ? AND signer_id = ? AND signer_key = ?`, s.account, signer, key)
		return err
	})
	return count, err
}

// GetSignaturesForKeyBy returns the signatures of a key by the keys of somebody.
func (s *Store) GetSignaturesForKeyBy(ctx context.Context, signed id.UserID, key id.Ed25519, signer id.UserID) (map[id.Ed25519]string, error) {
	var rows []struct {
		Key       id.Ed25519 `db:"signer_key"`
		Signature string     `db:"signature"`
	}
	err := s.list(ctx, &rows, `
		SELECT signer_key, signature FROM matrix_signatures WHERE account_id = ? AND signed_id = ? AND signed_key = ? AND signer_id = ? ORDER BY signer_key`,
		s.account, signed, key, signer)
	if err != nil {
		return nil, err
	}
	signatures := make(map[id.Ed25519]string, len(rows))
	for _, row := range rows {
		signatures[row.Key] = row.Signature
	}
	return signatures, nil
}
