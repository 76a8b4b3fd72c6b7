package bot

import (
	"context"
	"fmt"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// acquire takes the lease of an account for a time, or prolongs it, and reports whether it is ours now.
func acquire(ctx context.Context, db *sqldb.DB, account, lease string, length time.Duration) (ours bool, err error) {
	err = db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		until := clock.At(tx.Now.Add(length))
		if ours, err = tx.InsertNew(ctx, `INSERT INTO bot_accounts (account, since, lease, leased_at) VALUES (?, ?, ?, ?)`, account, "", lease, until); err != nil || ours {
			return err
		}
		rows, err := tx.Exec(ctx, `UPDATE bot_accounts SET lease = ?, leased_at = ? WHERE account = ? AND (lease = ? OR lease = '' OR leased_at <= ?)`,
			lease, until, account, lease, tx.Now)
		ours = rows > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("take the lease of %s: %w", account, err)
	}
	return ours, nil
}

// release gives the lease back.
func release(ctx context.Context, db *sqldb.DB, account, lease string) error {
	return db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE bot_accounts SET lease = '' WHERE account = ? AND lease = ?`, account, lease)
		return err
	})
}

// getSince returns the token of where an account goes on; "" if it has never listened.
func getSince(ctx context.Context, q sqldb.Querier, account string) (since string, err error) {
	if err := q.Get(ctx, &since, `SELECT since FROM bot_accounts WHERE account = ?`, account); err != nil {
		return "", fmt.Errorf("look where %s goes on: %w", account, err)
	}
	return since, nil
}

// keepSince keeps where an account goes on. It fails if another process has its lease.
func keepSince(ctx context.Context, db *sqldb.DB, account, lease, since string) error {
	return db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Exec(ctx, `UPDATE bot_accounts SET since = ? WHERE account = ? AND lease = ?`, since, account, lease)
		if err == nil && rows == 0 {
			err = errLost
		}
		if err != nil {
			return fmt.Errorf("keep where %s goes on: %w", account, err)
		}
		return nil
	})
}

// hold fails if another process has the lease of an account. Until the end of the transaction none gets it.
func hold(ctx context.Context, tx *sqldb.Tx, account, lease string) error {
	var held string
	if err := tx.GetLocked(ctx, &held, `SELECT lease FROM bot_accounts WHERE account = ?`, account); err != nil {
		return fmt.Errorf("look who listens as %s: %w", account, err)
	}
	if held != lease {
		return errLost
	}
	return nil
}

// noteHeard notes that events have been heard.
func noteHeard(ctx context.Context, tx *sqldb.Tx, account string, ids []string) error {
	rows := make([][]any, len(ids))
	for i, id := range ids {
		rows[i] = []any{account, id, tx.Now}
	}
	if err := tx.InsertRows(ctx, `INSERT INTO bot_heard (account, event_id, heard_at)`, rows); err != nil {
		return fmt.Errorf("note which events were heard: %w", err)
	}
	return nil
}

// listHeard returns which of some events have been heard.
func listHeard(ctx context.Context, q sqldb.Querier, account string, ids []string) (heard []string, err error) {
	if err := q.Select(ctx, &heard, `SELECT event_id FROM bot_heard WHERE account = ? AND event_id IN (?) ORDER BY event_id`, account, ids); err != nil {
		return nil, fmt.Errorf("look which events were heard: %w", err)
	}
	return heard, nil
}

// remember is how long it is kept which events have been heard.
const remember = 30 * 24 * time.Hour

// Forget removes the notes of what was heard long ago.
func (b *Bot) Forget(ctx context.Context) error {
	remove := func(tx *sqldb.Tx, ids []string) error {
		_, err := tx.Exec(ctx, `DELETE FROM bot_heard WHERE event_id IN (?) AND heard_at <= ?`, ids, clock.At(tx.Now.Add(-remember)))
		return err
	}
	before := clock.At(b.config.DB.Now().Add(-remember))
	return sqldb.Sweep(ctx, b.config.DB, remove, `SELECT event_id FROM bot_heard WHERE heard_at <= ? ORDER BY heard_at, event_id`, before)
}
