package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/robfig/cron/v3"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Periodic enqueues a job without payload again and again, once for all processes together.
type Periodic struct {
	Name     string        // stays the same for ever: the database remembers the last time by it
	Schedule string        // as cron writes it: "15 4 * * *", "@hourly", "@every 10m", in Config.Location
	Kind     string        // what is enqueued
	Expires  time.Duration // not started when it is overdue by more than this; zero is no limit
}

// IsSchedule reports whether a text is a schedule.
func IsSchedule(s string) bool {
	_, err := cron.ParseStandard(s)
	return err == nil
}

type periodic struct {
	Periodic
	schedule cron.Schedule
}

// enqueueDue enqueues the periodic jobs that are due and returns when the next one is. Whoever moves
// next_at on enqueues the job, so it happens once whatever the number of processes.
func (q *Queue) enqueueDue(ctx context.Context) (next clock.Time, err error) {
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
		following := clock.At(nextRun(p.schedule, now.In(q.config.Location)))
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
				isNew, err := tx.InsertNew(ctx, `INSERT INTO periodics (name, schedule, next_at) VALUES (?, ?, ?)`,
					p.Name, p.Schedule, following)
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

// Overdue returns since when the periodic job is due that has waited longest for a process that enqueues it; zero if none is
// due. While jobs are run somewhere, that is never long ago.
func (q *Queue) Overdue(ctx context.Context) (since clock.Time, err error) {
	names := make([]string, len(q.periodics))
	for i, p := range q.periodics {
		names[i] = p.Name
	}
	if len(names) == 0 {
		return since, nil
	}
	var due []clock.Time
	if err := q.db.Select(ctx, &due, `SELECT next_at FROM periodics WHERE name IN (?) ORDER BY next_at, name LIMIT 1`, names); err != nil {
		return since, fmt.Errorf("look for periodic jobs that are due: %w", err)
	}
	if len(due) > 0 && due[0].Before(q.db.Now().Time) {
		since = due[0]
	}
	return since, nil
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
