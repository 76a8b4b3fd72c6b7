package queue

import (
	"context"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// DeadJob is a job that failed for good.
type DeadJob struct {
	ID        int64      `db:"id"`
	Kind      string     `db:"kind"`
	Payload   string     `db:"payload"`
	Attempt   int        `db:"attempt"`
	Failure   string     `db:"failure"`
	FailedAt  clock.Time `db:"failed_at"`
	CreatedAt clock.Time `db:"created_at"`
}

// Dead lists jobs that failed for good, the newest first: those with an id below before (zero is all).
func (q *Queue) Dead(ctx context.Context, before int64, limit int) ([]DeadJob, error) {
	var jobs []DeadJob
	err := q.db.Select(ctx, &jobs, `SELECT id, kind, payload, attempt, COALESCE(failure, '') AS failure, failed_at, created_at
		FROM jobs WHERE state = 'dead' AND (id < ? OR ? = 0) ORDER BY id DESC LIMIT ?`, before, before, limit)
	return jobs, err
}

// Retry lets a dead job run again, with all its attempts. It is errs.NotFound if there is no such dead
// job, and errs.Conflict if a job with its unique key lives.
func (q *Queue) Retry(ctx context.Context, id int64) error {
	return q.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Exec(ctx, `UPDATE jobs SET state = 'waiting', attempt = 0, run_at = ?, expires_at = NULL, unique_key = unique_name
			WHERE id = ? AND state = 'dead'`, tx.Now, id)
		if err != nil {
			return err
		}
		if rows == 0 {
			return errs.New(errs.NotFound, "")
		}
		q.announce(tx)
		return q.revived(ctx, tx, id)
	})
}

// revived lets the kind of a job do what belongs to its new life.
func (q *Queue) revived(ctx context.Context, tx *sqldb.Tx, id int64) error {
	var row struct {
		Kind      string     `db:"kind"`
		Payload   string     `db:"payload"`
		CreatedAt clock.Time `db:"created_at"`
	}
	if err := tx.Get(ctx, &row, `SELECT kind, payload, created_at FROM jobs WHERE id = ?`, id); err != nil {
		return err
	}
	kind, known := q.kinds[row.Kind]
	if !known || kind.Revived == nil {
		return nil
	}
	return kind.Revived(ctx, tx, Job{ID: id, Kind: row.Kind, CreatedAt: row.CreatedAt, Payload: []byte(row.Payload)})
}

// Discard deletes a dead job; errs.NotFound if there is none.
func (q *Queue) Discard(ctx context.Context, id int64) error {
	return q.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Exec(ctx, `DELETE FROM jobs WHERE id = ? AND state = 'dead'`, id)
		if err == nil && rows == 0 {
			return errs.New(errs.NotFound, "")
		}
		return err
	})
}
