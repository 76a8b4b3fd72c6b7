package probes

import (
	"context"
	"fmt"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// probe is a mail to ourselves.
type probe struct {
	ArrivedAt clock.Time `db:"arrived_at"` // zero while it is on its way
	Returned  bool       `db:"returned"`   // Message is a report that it could not be delivered
	Message   []byte     `db:"message"`    // as it came
}

// forgotten is when nobody waits for a mail any more.
const forgotten = time.Hour

// insert notes that a mail is on its way, and forgets old ones.
func insert(ctx context.Context, db *sqldb.DB, nonce string) error {
	err := db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM probes WHERE sent_at < ?`, clock.At(tx.Now.Add(-forgotten))); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO probes (nonce, sent_at, returned) VALUES (?, ?, ?)`, nonce, tx.Now, false)
		return err
	})
	if err != nil {
		return fmt.Errorf("note a mail to ourselves: %w", err)
	}
	return nil
}

// maxMessage is how much of a message is kept: our own is far shorter, and of a report the beginning matters.
const maxMessage = 64 << 10

// noteArrived notes what has come of a mail: the mail itself wins over a report about it.
func noteArrived(ctx context.Context, db *sqldb.DB, nonce string, returned bool, message []byte) error {
	message = message[:min(len(message), maxMessage)]
	err := db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE probes SET arrived_at = ?, returned = ?, message = ? WHERE nonce = ? AND (arrived_at IS NULL OR returned)`,
			tx.Now, returned, message, nonce)
		return err
	})
	if err != nil {
		return fmt.Errorf("note that a mail to ourselves has arrived: %w", err)
	}
	return nil
}

func get(ctx context.Context, q sqldb.Querier, nonce string) (p probe, err error) {
	if err := q.Get(ctx, &p, `SELECT arrived_at, returned, message FROM probes WHERE nonce = ?`, nonce); err != nil {
		return p, fmt.Errorf("look for a mail to ourselves: %w", err)
	}
	return p, nil
}

func remove(ctx context.Context, db *sqldb.DB, nonce string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	err := db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM probes WHERE nonce = ?`, nonce)
		return err
	})
	if err != nil {
		return fmt.Errorf("forget a mail to ourselves: %w", err)
	}
	return nil
}
