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

// taken is a job as the database holds it.
type taken struct {
	ID        int64      `db:"id"`
	Kind      string     `db:"kind"`
	Lane      string     `db:"lane"`
	Attempt   int        `db:"attempt"`
	Payload   string     `db:"payload"`
	ExpiresAt clock.Time `db:"expires_at"`
	CreatedAt clock.Time `db:"created_at"`
}

func (t taken) job() Job {
	return Job{ID: t.ID, Kind: t.Kind, Attempt: t.Attempt, CreatedAt: t.CreatedAt, Payload: []byte(t.Payload)}
}

// promote lets jobs whose time has come wait for a worker. next is when the following one is due; zero
// if none is.
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

// waitsIn reports whether a job of a lane may be taken. It asks a reader, so that an idle queue does
// not disturb those who write.
func (q *Queue) waitsIn(ctx context.Context, lane string) (bool, error) {
	var id int64
	err := q.db.Get(ctx, &id, `SELECT id FROM jobs WHERE state = 'waiting' AND lane = ? LIMIT 1`, lane)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// claim takes up to so many jobs of each lane. It takes only kinds that this process knows: a newer
// process may have enqueued others.
func (q *Queue) claim(ctx context.Context, lease string, want map[string]int) (jobs []taken, err error) {
	err = q.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		jobs = jobs[:0]
		var expired, ids []int64
		for _, lane := range laneOrder {
			if want[lane] <= 0 {
				continue
			}
			var found []taken
			if err := tx.SelectSkipLocked(ctx, &found, `SELECT id, kind, lane, attempt, payload, expires_at, created_at
				FROM jobs WHERE state = 'waiting' AND lane = ? AND kind IN (?) ORDER BY priority, id LIMIT ?`,
				lane, q.names, want[lane]); err != nil {
				return err
			}
			for _, t := range found {
				if !t.ExpiresAt.IsZero() && t.ExpiresAt.Before(tx.Now.Time) {
					expired = append(expired, t.ID)
					continue
				}
				t.Attempt++
				jobs, ids = append(jobs, t), append(ids, t.ID)
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
		return nil, fmt.Errorf("take jobs: %w", err)
	}
	return jobs, nil
}

// finished deletes jobs that succeeded, unless somebody else has them by now.
func (q *Queue) finished(ctx context.Context, lease string, ids []int64) error {
	return q.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM jobs WHERE id IN (?) AND lease = ?`, ids, lease)
		return err
	})
}

// failed notes what went wrong with a job and when it runs again, or that it is dead.
func (q *Queue) failed(ctx context.Context, lease string, t taken, failure error) error {
	k := q.kinds[t.Kind]
	if t.Attempt >= k.MaxAttempts || isPermanent(failure) {
		return q.bury(ctx, lease, t, k, failure)
	}
	pause := k.Backoff(t.Attempt)
	if e, ok := errors.AsType[*errs.Error](failure); ok {
		pause = max(pause, e.RetryAfter)
	}
	q.log.WarnContext(ctx, "a job failed and will run again", "job", t.ID, "kind", t.Kind, "attempt", t.Attempt, "pause", pause, "error", failure)
	return q.reschedule(ctx, lease, t, pause, failure)
}

func (q *Queue) reschedule(ctx context.Context, lease string, t taken, pause time.Duration, failure error) error {
	return q.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		state := later
		if pause <= 0 {
			state = waiting
			tx.AfterCommit(q.poke)
		}
		_, err := tx.Exec(ctx, `UPDATE jobs SET state = ?, run_at = ?, failure = ?, failed_at = ?, lease = NULL, leased_at = NULL
			WHERE id = ? AND lease = ?`, state, clock.At(tx.Now.Add(pause)), failure.Error(), tx.Now, t.ID, lease)
		return err
	})
}

// bury marks a job dead and tells its kind in the same transaction.
func (q *Queue) bury(ctx context.Context, lease string, t taken, k *Kind, failure error) error {
	mark := func(tx *sqldb.Tx) (bool, error) {
		rows, err := tx.Exec(ctx, `UPDATE jobs SET state = 'dead', unique_key = NULL, failure = ?, failed_at = ?, lease = NULL, leased_at = NULL
			WHERE id = ? AND lease = ?`, failure.Error(), tx.Now, t.ID, lease)
		return rows > 0, err
	}
	var told error
	err := q.db.Write(ctx, func(tx *sqldb.Tx) error {
		told = nil
		ours, err := mark(tx)
		if err != nil || !ours || k.Dead == nil {
			return err
		}
		told = k.Dead(ctx, tx, t.job(), failure)
		return told
	})
	if told != nil && err != nil && !errs.Is(err, errs.Unavailable) && ctx.Err() == nil {
		q.log.ErrorContext(ctx, "what follows a job's death failed", "job", t.ID, "kind", t.Kind, "error", told)
		err = q.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
			_, err := mark(tx)
			return err
		})
	}
	if err == nil {
		q.log.ErrorContext(ctx, "a job is dead", "job", t.ID, "kind", t.Kind, "attempt", t.Attempt, "error", failure)
	}
	return err
}

// release gives jobs back that were not run to their end, as if they had not been taken.
func (q *Queue) release(ctx context.Context, lease string, ids []int64) error {
	return q.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE jobs SET state = 'waiting', attempt = attempt - 1, lease = NULL, leased_at = NULL
			WHERE id IN (?) AND lease = ?`, ids, lease)
		tx.AfterCommit(q.tellOthers)
		return err
	})
}

// renew prolongs the lease of jobs in hand and returns those that are still ours.
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

// errVanished is what a job failed with whose process did not end it.
var errVanished = errors.New("the process that ran the job ended without a word")

// rescue frees jobs whose lease has ended, but for those that the caller has in hand. Such a job runs
// again at once, for mostly it is not to blame; if it is, its attempts come to an end, too.
func (q *Queue) rescue(ctx context.Context, inHand func(id int64) bool) error {
	var found []struct {
		taken
		Lease string `db:"lease"`
	}
	if err := q.db.Select(ctx, &found, `SELECT id, kind, lane, attempt, payload, expires_at, created_at, lease FROM jobs
		WHERE state = 'running' AND leased_at < ? ORDER BY leased_at, id LIMIT 500`, q.db.Now()); err != nil {
		return err
	}
	for _, f := range found {
		k := q.kinds[f.Kind]
		if k == nil || inHand(f.ID) {
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
		q.log.WarnContext(ctx, "a job's process vanished", "job", f.ID, "kind", f.Kind, "attempt", f.Attempt)
		if f.Attempt >= k.MaxAttempts {
			err = q.bury(ctx, lease, f.taken, k, errVanished)
		} else {
			err = q.reschedule(ctx, lease, f.taken, 0, errVanished)
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

// schedule enqueues the periodic jobs that are due and returns when the next one is. Whoever moves
// next_at on enqueues the job, so it happens once whatever the number of processes.
func (q *Queue) schedule(ctx context.Context) (next clock.Time, err error) {
	if len(q.periodics) == 0 {
		return clock.Time{}, nil
	}
	var rows []struct {
		Name     string     `db:"name"`
		Schedule string     `db:"schedule"`
		NextAt   clock.Time `db:"next_at"`
	}
	if err := q.db.Select(ctx, &rows, `SELECT name, schedule, next_at FROM periodics ORDER BY name`); err != nil {
		return next, err
	}
	now := q.db.Now()
	for _, p := range q.periodics {
		following := clock.At(p.schedule.Next(now.In(q.config.Location)))
		var due clock.Time
		for _, row := range rows {
			if row.Name != p.Name {
				continue
			}
			due = row.NextAt
			if row.Schedule != p.Schedule {
				// The new schedule counts from now on; a run that is due by the old one still happens.
				if due.After(now.Time) {
					due = clock.Time{}
				}
			}
		}
		switch {
		case due.IsZero():
			err = q.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
				isNew, err := tx.InsertNew(ctx, `INSERT INTO periodics (name, schedule, next_at) VALUES (?, ?, ?)`, p.Name, p.Schedule, following)
				if err != nil || isNew {
					return err
				}
				_, err = tx.Exec(ctx, `UPDATE periodics SET schedule = ?, next_at = ? WHERE name = ? AND schedule <> ?`,
					p.Schedule, following, p.Name, p.Schedule)
				return err
			})
		case due.After(now.Time):
			following = due
		default:
			err = q.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error { return q.enqueuePeriodic(ctx, tx, p, due, following) })
		}
		if err != nil {
			return next, fmt.Errorf("schedule %s: %w", p.Name, err)
		}
		if next.IsZero() || following.Before(next.Time) {
			next = following
		}
	}
	return next, nil
}

func (q *Queue) enqueuePeriodic(ctx context.Context, tx *sqldb.Tx, p periodic, due, following clock.Time) error {
	rows, err := tx.Exec(ctx, `UPDATE periodics SET schedule = ?, next_at = ?, last_at = ? WHERE name = ? AND next_at = ?`,
		p.Schedule, following, tx.Now, p.Name, due)
	if err != nil || rows == 0 {
		return err // zero: another process was faster
	}
	opts := []Option{Unique("periodic:" + p.Name)}
	if p.Expires > 0 {
		expires := clock.At(due.Add(p.Expires))
		if expires.Before(tx.Now.Time) {
			return nil
		}
		opts = append(opts, ExpiresAt(expires))
	}
	return q.Enqueue(ctx, tx, p.Kind, struct{}{}, opts...)
}
