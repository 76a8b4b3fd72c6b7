package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
)

// Drain runs everything that is due, in this goroutine, until nothing is left: for tests, with a clock
// that stands still. The error joins what the jobs returned; they are rescheduled as usual.
func (q *Queue) Drain(ctx context.Context) error {
	lease := rand.Text()
	var failures []error
	for {
		if _, err := q.enqueueDue(ctx); err != nil {
			return err
		}
		if _, err := q.promote(ctx); err != nil {
			return err
		}
		jobs, err := q.claim(ctx, lease, map[string]int{Urgent: 1})
		if err == nil && len(jobs) == 0 {
			jobs, err = q.claim(ctx, lease, map[string]int{Normal: 1})
		}
		if err == nil && len(jobs) == 0 {
			jobs, err = q.claim(ctx, lease, map[string]int{Housekeeping: 1})
		}
		if err != nil {
			return err
		}
		if len(jobs) == 0 {
			return errors.Join(failures...)
		}
		j := &claimedJob{jobRow: jobs[0]}
		limited, cancel := q.limit(ctx, j.Kind)
		failure := q.runHandler(limited, []*claimedJob{j}, lease)[0]
		cancel()
		switch {
		case failure != nil:
			failures = append(failures, fmt.Errorf("%s: %w", j.Kind, failure))
			err = q.recordFailure(ctx, lease, j.jobRow, failure)
		case !j.finished.Load():
			err = q.deleteFinished(ctx, lease, []int64{j.ID})
		}
		if err != nil {
			return err
		}
	}
}
