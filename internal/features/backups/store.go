package backups

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// What becomes of backups.
const (
	proved = "proved" // it can be restored
	failed = "failed"
)

// attempt is what has become of one backup.
type attempt struct {
	ID      int64      `db:"id"`
	Name    string     `db:"name"`
	Outcome string     `db:"outcome"`
	Trouble string     `db:"trouble"`
	Bytes   int64      `db:"bytes"`
	BeganAt clock.Time `db:"began_at"`
	EndedAt clock.Time `db:"ended_at"`
}

const attempts = `SELECT id, name, outcome, trouble, bytes, began_at, ended_at FROM backups`

// latest returns what has become of the last backup; of none the zero attempt.
func latest(ctx context.Context, q sqldb.Querier) (attempt, error) {
	return first(ctx, q, attempts+` ORDER BY id DESC LIMIT 1`)
}

// latestProved returns the last backup that can be restored, or the zero attempt.
func latestProved(ctx context.Context, q sqldb.Querier) (attempt, error) {
	return first(ctx, q, attempts+` WHERE outcome = 'proved' ORDER BY id DESC LIMIT 1`)
}

func first(ctx context.Context, q sqldb.Querier, query string) (attempt, error) {
	var all []attempt
	if err := q.Select(ctx, &all, query); err != nil {
		return attempt{}, fmt.Errorf("look for the last backup: %w", err)
	}
	if len(all) == 0 {
		return attempt{}, nil
	}
	return all[0], nil
}

// kept is how many attempts are remembered.
const kept = 400

func insert(ctx context.Context, tx *sqldb.Tx, a attempt) error {
	id, err := tx.Insert(ctx, `INSERT INTO backups (name, outcome, trouble, bytes, began_at, ended_at) VALUES (?, ?, ?, ?, ?, ?)`,
		a.Name, a.Outcome, a.Trouble, a.Bytes, a.BeganAt, a.EndedAt)
	if err != nil {
		return fmt.Errorf("note a backup: %w", err)
	}
	_, err = tx.Exec(ctx, `DELETE FROM backups WHERE id <= ? AND id NOT IN (SELECT id FROM (SELECT MAX(id) AS id FROM backups WHERE outcome = 'proved') newest)`, id-kept)
	return err
}
