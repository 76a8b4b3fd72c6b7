package push

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// maxDevices is how many devices one person may have; the oldest one makes room.
const maxDevices = 20

// Device is a browser in which somebody wants to be told of news.
type Device struct {
	ID        int64      `db:"id"`
	Endpoint  string     `db:"endpoint"`
	P256DH    string     `db:"p256dh"`
	Auth      string     `db:"auth"`
	Name      string     `db:"name"` // what to call it, such as "Firefox, Android"
	CreatedAt clock.Time `db:"created_at"`
}

// devicesOf returns the devices of people, the newest first.
func devicesOf(ctx context.Context, q sqldb.Querier, people []int64) (map[int64][]Device, error) {
	var rows []struct {
		Device
		PersonID int64 `db:"person_id"`
	}
	err := q.Select(ctx, &rows, `SELECT id, person_id, endpoint, p256dh, auth, name, created_at FROM push_devices WHERE person_id IN (?) ORDER BY id DESC`, people)
	if err != nil {
		return nil, fmt.Errorf("list the devices of people: %w", err)
	}
	devices := map[int64][]Device{}
	for _, row := range rows {
		devices[row.PersonID] = append(devices[row.PersonID], row.Device)
	}
	return devices, nil
}

// remember keeps a device for a person, which knows the site by its public key. The same address again belongs to whoever
// used the browser last.
func remember(ctx context.Context, db *sqldb.DB, personID int64, d Device, public string) error {
	sum := sha256.Sum256([]byte(d.Endpoint))
	hash := hex.EncodeToString(sum[:])
	return db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM push_devices WHERE endpoint_hash = ?`, hash); err != nil {
			return fmt.Errorf("forget a device: %w", err)
		}
		_, err := tx.Insert(ctx, `INSERT INTO push_devices (person_id, endpoint, endpoint_hash, p256dh, auth, name, site_key, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			personID, d.Endpoint, hash, d.P256DH, d.Auth, d.Name, public, tx.Now)
		if errs.Is(err, errs.Conflict) {
			return nil // the same browser was faster
		}
		if err != nil {
			return fmt.Errorf("remember a device: %w", err)
		}
		var kept []int64
		if err := tx.Select(ctx, &kept, `SELECT id FROM push_devices WHERE person_id = ? ORDER BY id DESC LIMIT ?`, personID, maxDevices); err != nil {
			return fmt.Errorf("count the devices of a person: %w", err)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM push_devices WHERE person_id = ? AND id NOT IN (?)`, personID, kept); err != nil {
			return fmt.Errorf("forget the oldest device: %w", err)
		}
		return nil
	})
}

// countStrange counts the devices that know the site by another public key.
func countStrange(ctx context.Context, q sqldb.Querier, public string) (n int, err error) {
	if err := q.Get(ctx, &n, `SELECT COUNT(*) FROM push_devices WHERE site_key <> '' AND site_key <> ?`, public); err != nil {
		return 0, fmt.Errorf("count devices with another key: %w", err)
	}
	return n, nil
}

// latestEndpoints returns the addresses of some devices, the newest first.
func latestEndpoints(ctx context.Context, q sqldb.Querier) (all []string, err error) {
	if err := q.Select(ctx, &all, `SELECT endpoint FROM push_devices ORDER BY id DESC LIMIT 200`); err != nil {
		return nil, fmt.Errorf("list the addresses of devices: %w", err)
	}
	return all, nil
}

// forget removes a device; the person, unless 0, must be its owner.
func forget(ctx context.Context, db *sqldb.DB, id, personID int64) error {
	return db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM push_devices WHERE id = ? AND (person_id = ? OR ? = 0)`, id, personID, personID); err != nil {
			return fmt.Errorf("forget device %d: %w", id, err)
		}
		return nil
	})
}

// forgetAll removes all devices of the person whose account was secured: who came in by another's password may have
// named one.
func forgetAll(ctx context.Context, tx *sqldb.Tx, a community.Activity) error {
	if _, err := tx.Exec(ctx, `DELETE FROM push_devices WHERE person_id = ?`, a.PersonID); err != nil {
		return fmt.Errorf("forget the devices of person %d: %w", a.PersonID, err)
	}
	return nil
}
