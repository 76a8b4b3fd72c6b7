package queue

import (
	"context"
	"fmt"
	"time"

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

// revived lets the kinds of jobs do what belongs to their new life.
func (q *Queue) revived(ctx context.Context, tx *sqldb.Tx, ids ...int64) error {
	var rows []jobRow
	if err := tx.Select(ctx, &rows, `SELECT id, kind, lane, attempt, payload, expires_at, created_at FROM jobs WHERE id IN (?) ORDER BY id`, ids); err != nil {
		return err
	}
	for _, row := range rows {
		kind, known := q.kinds[row.Kind]
		if !known || kind.Revived == nil {
			continue
		}
		if err := kind.Revived(ctx, tx, row.job()); err != nil {
			return err
		}
	}
	return nil
}

// RetryAll lets all dead jobs of a kind run again, as Retry does with one, a portion of them in each transaction. Of
// those with a unique key the newest does, if none with its key lives.
func (q *Queue) RetryAll(ctx context.Context, kind string) (retried int, err error) {
	retry := func(tx *sqldb.Tx, ids []int64) error {
		rows, err := tx.Exec(ctx, `UPDATE jobs SET state = 'waiting', attempt = 0, run_at = ?, expires_at = NULL, unique_key = unique_name
			WHERE id IN (?) AND state = 'dead'`, tx.Now, ids)
		if err != nil {
			return err
		}
		q.announce(tx)
		tx.AfterCommit(func() { retried += int(rows) })
		return q.revived(ctx, tx, ids...)
	}
	err = sqldb.Sweep(ctx, q.db, retry, `
		SELECT MAX(j.id) FROM jobs j WHERE j.state = 'dead' AND j.kind = ?
		   AND NOT EXISTS (SELECT 1 FROM jobs l WHERE l.kind = j.kind AND l.unique_key = j.unique_name)
		 GROUP BY j.unique_name, CASE WHEN j.unique_name IS NULL THEN j.id ELSE 0 END ORDER BY 1`, kind)
	if err != nil {
		return retried, fmt.Errorf("retry jobs of the kind %s: %w", kind, err)
	}
	return retried, nil
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

// RemoveDead deletes jobs that failed for good longer ago than an age.
func (q *Queue) RemoveDead(ctx context.Context, age time.Duration) error {
	before := clock.At(q.db.Now().Add(-age))
	remove := func(tx *sqldb.Tx, ids []int64) error {
		_, err := tx.Exec(ctx, `DELETE FROM jobs WHERE id IN (?) AND state = 'dead' AND failed_at <= ?`, ids, before)
		return err
	}
	return sqldb.Sweep(ctx, q.db, remove, `SELECT id FROM jobs WHERE state = 'dead' AND failed_at <= ? ORDER BY id`, before)
}
