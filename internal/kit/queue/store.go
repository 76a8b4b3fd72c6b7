package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// DefaultBackoff doubles the pause from 15 seconds to 6 hours, give or take a fifth, so that what
// failed together does not come back together.
func DefaultBackoff(attempt int) time.Duration {
	pause := min(15*time.Second<<min(attempt-1, 20), 6*time.Hour)
	return time.Duration(float64(pause) * (0.8 + 0.4*mathrand.Float64())) // #nosec G404 -- no secret
}

// jobRow is a job as the database holds it.
type jobRow struct {
	ID        int64      `db:"id"`
	Kind      string     `db:"kind"`
	Lane      string     `db:"lane"`
	Attempt   int        `db:"attempt"`
	Payload   string     `db:"payload"`
	ExpiresAt clock.Time `db:"expires_at"`
	CreatedAt clock.Time `db:"created_at"`
}

func (row jobRow) job() Job {
	return Job{ID: row.ID, Kind: row.Kind, Attempt: row.Attempt, CreatedAt: row.CreatedAt, Payload: []byte(row.Payload)}
}

// promote moves jobs whose time has come from later to waiting. next is when the following one is due; zero
// if there is none.
func (q *Queue) promote(ctx context.Context) (next clock.Time, err error) {
	const earliest = `SELECT MIN(run_at) FROM jobs WHERE state = 'later'`
	if err := q.db.Get(ctx, &next, earliest); err != nil {
		return next, err
	}
	if next.IsZero() || next.After(q.db.Now().Time) {
		return next, nil
	}
	err = q.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE jobs SET state = 'waiting' WHERE state = 'later' AND run_at <= ?`, tx.Now)
		if err != nil {
			return err
		}
		return tx.Get(ctx, &next, earliest)
	})
	return next, err
}

// hasWaiting reports whether a job of a lane can be claimed. It reads outside a transaction, so that an idle
// queue does not hold up writers.
func (q *Queue) hasWaiting(ctx context.Context, lane string) (bool, error) {
	var id int64
	err := q.db.Get(ctx, &id, `SELECT id FROM jobs WHERE state = 'waiting' AND lane = ? LIMIT 1`, lane)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// claim claims up to so many jobs of each lane. It claims only kinds that this process knows: a newer version of
// the program, running beside it, may have enqueued others.
func (q *Queue) claim(ctx context.Context, lease string, want map[string]int) (jobs []jobRow, err error) {
	err = q.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		jobs = jobs[:0]
		var expired, ids []int64
		for _, lane := range laneOrder {
			if want[lane] <= 0 {
				continue
			}
			var found []jobRow
			if err := tx.SelectSkipLocked(ctx, &found, `SELECT id, kind, lane, attempt, payload, expires_at, created_at
				FROM jobs WHERE state = 'waiting' AND lane = ? AND kind IN (?) ORDER BY id LIMIT ?`,
				lane, q.kindNames, want[lane]); err != nil {
				return err
			}
			for _, row := range found {
				if !row.ExpiresAt.IsZero() && row.ExpiresAt.Before(tx.Now.Time) {
					expired = append(expired, row.ID)
					continue
				}
				row.Attempt++
				jobs, ids = append(jobs, row), append(ids, row.ID)
			}
		}
		if len(expired) > 0 {
			if _, err := tx.Exec(ctx, `DELETE FROM jobs WHERE id IN (?)`, expired); err != nil {
				return err
			}
		}
		if len(ids) == 0 {
			return nil
		}
		_, err := tx.Exec(ctx, `UPDATE jobs SET state = 'running', attempt = attempt + 1, lease = ?, leased_at = ? WHERE id IN (?)`,
			lease, clock.At(tx.Now.Add(q.config.Lease)), ids)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim jobs: %w", err)
	}
	return jobs, nil
}

// deleteFinished deletes jobs that succeeded, unless another process has claimed them by now.
func (q *Queue) deleteFinished(ctx context.Context, lease string, ids []int64) error {
	return q.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM jobs WHERE id IN (?) AND lease = ?`, ids, lease)
		return err
	})
}

// recordFailure writes down what went wrong with a job and when it runs again, or that it is dead.
func (q *Queue) recordFailure(ctx context.Context, lease string, row jobRow, failure error) error {
	k := q.kinds[row.Kind]
	if row.Attempt >= k.MaxAttempts || isPermanent(failure) {
		return q.markDead(ctx, lease, row, k, failure)
	}
	pause := k.Backoff(row.Attempt)
	if e, ok := errors.AsType[*errs.Error](failure); ok {
		pause = max(pause, e.RetryAfter)
	}
	q.log.WarnContext(ctx, "a job failed and will run again",
		"job", row.ID, "kind", row.Kind, "attempt", row.Attempt, "pause", pause, "error", failure)
	q.metrics.count(row.Kind, resultFailed)
	return q.reschedule(ctx, lease, row, pause, failure)
}

func (q *Queue) reschedule(ctx context.Context, lease string, row jobRow, pause time.Duration, failure error) error {
	return q.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		state := later
		if pause <= 0 {
			state = waiting
			tx.AfterCommit(q.wakeUp)
		}
		_, err := tx.Exec(ctx, `UPDATE jobs SET state = ?, run_at = ?, failure = ?, failed_at = ?, lease = NULL, leased_at = NULL
			WHERE id = ? AND lease = ?`, state, clock.At(tx.Now.Add(pause)), failure.Error(), tx.Now, row.ID, lease)
		return err
	})
}

// markDead marks a job dead and runs its kind's Dead in the same transaction.
func (q *Queue) markDead(ctx context.Context, lease string, row jobRow, k *Kind, failure error) error {
	mark := func(tx *sqldb.Tx) (bool, error) {
		rows, err := tx.Exec(ctx, `UPDATE jobs SET state = 'dead', unique_key = NULL, failure = ?, failed_at = ?, lease = NULL, leased_at = NULL
			WHERE id = ? AND lease = ?`, failure.Error(), tx.Now, row.ID, lease)
		return rows > 0, err
	}
	var hookErr error
	err := q.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		hookErr = nil
		ours, err := mark(tx)
		if err != nil || !ours {
			return err
		}
		if k.Dead != nil {
			hookErr = k.Dead(ctx, tx, row.job(), failure)
		}
		return hookErr
	})
	if hookErr != nil && err != nil && !errs.Is(err, errs.Unavailable) && ctx.Err() == nil {
		q.log.ErrorContext(ctx, "what follows a job's death failed", "job", row.ID, "kind", row.Kind, "error", hookErr)
		err = q.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
			_, err := mark(tx)
			return err
		})
	}
	if err == nil {
		q.metrics.count(row.Kind, resultDead)
		q.log.ErrorContext(ctx, "a job is dead", "job", row.ID, "kind", row.Kind, "attempt", row.Attempt, "error", failure)
	}
	return err
}

// release makes jobs that were not run to their end claimable, as if they had never been claimed.
func (q *Queue) release(ctx context.Context, lease string, ids []int64) error {
	return q.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE jobs SET state = 'waiting', attempt = attempt - 1, lease = NULL, leased_at = NULL
			WHERE id IN (?) AND lease = ?`, ids, lease)
		tx.AfterCommit(q.notifyOthers)
		return err
	})
}

// renew prolongs the lease of jobs and returns those that are still ours.
func (q *Queue) renew(ctx context.Context, lease string, ids []int64) (ours []int64, err error) {
	err = q.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		ours = ours[:0]
		if _, err := tx.Exec(ctx, `UPDATE jobs SET leased_at = ? WHERE id IN (?) AND lease = ?`,
			clock.At(tx.Now.Add(q.config.Lease)), ids, lease); err != nil {
			return err
		}
		return tx.Select(ctx, &ours, `SELECT id FROM jobs WHERE id IN (?) AND lease = ? ORDER BY id`, ids, lease)
	})
	return ours, err
}

// errProcessDied is what a job failed with whose process did not end it.
var errProcessDied = errors.New("the process that ran the job ended without a word")

// reclaimExpired makes jobs whose lease has ended claimable, except those that the caller still holds. They run
// again at once, because mostly the process died for another reason. A job that kills its process runs out of
// attempts like any other.
func (q *Queue) reclaimExpired(ctx context.Context, held func(id int64) bool) error {
	var found []struct {
		jobRow
		Lease string `db:"lease"`
	}
	if err := q.db.Select(ctx, &found, `SELECT id, kind, lane, attempt, payload, expires_at, created_at, lease FROM jobs
		WHERE state = 'running' AND leased_at < ? ORDER BY leased_at, id LIMIT 500`, q.db.Now()); err != nil {
		return err
	}
	for _, f := range found {
		k := q.kinds[f.Kind]
		if k == nil || held(f.ID) {
			continue
		}
		// Its own process may have renewed the lease meanwhile.
		lease := rand.Text()
		ours, err := q.takeOver(ctx, f.ID, f.Lease, lease)
		if err != nil {
			return err
		}
		if !ours {
			continue
		}
		q.log.WarnContext(ctx, "the process of a job died", "job", f.ID, "kind", f.Kind, "attempt", f.Attempt)
		if f.Attempt >= k.MaxAttempts {
			err = q.markDead(ctx, lease, f.jobRow, k, errProcessDied)
		} else {
			err = q.reschedule(ctx, lease, f.jobRow, 0, errProcessDied)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// takeOver gives a job whose lease has ended a new one.
func (q *Queue) takeOver(ctx context.Context, id int64, old, lease string) (ours bool, err error) {
	err = q.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Exec(ctx, `UPDATE jobs SET lease = ?, leased_at = ? WHERE id = ? AND lease = ? AND leased_at < ?`,
			lease, clock.At(tx.Now.Add(q.config.Lease)), id, old, tx.Now)
		ours = rows > 0
		return err
	})
	return ours, err
}
