package queue

import (
	"context"
	"slices"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
)

// deleteLoop deletes jobs that succeeded: at once all that ended while the last deletion ran.
func (r *runner) deleteLoop(ctx context.Context) {
	for {
		select {
		case <-r.deleteSignal:
		case <-ctx.Done():
			// The last ones, if the database lets us; otherwise they run again.
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
			defer cancel()
			for r.flush(last) == nil && r.hasUndeleted() {
			}
			return
		}
		for r.flush(ctx) != nil && ctx.Err() == nil {
			clock.Pause(ctx, 200*time.Millisecond)
		}
	}
}

func (r *runner) hasUndeleted() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.undeleted) > 0
}

func (r *runner) flush(ctx context.Context) error {
	r.mu.Lock()
	ids := slices.Clone(r.undeleted[:min(len(r.undeleted), 500)])
	r.mu.Unlock()
	if len(ids) == 0 {
		return nil
	}
	if err := r.q.deleteFinished(ctx, r.lease, ids); err != nil {
		r.q.log.WarnContext(ctx, "jobs that are done cannot be deleted yet", "jobs", len(ids), "error", err)
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range ids {
		delete(r.claimed, id)
	}
	r.undeleted = slices.Delete(r.undeleted, 0, len(ids))
	if len(r.undeleted) > 0 {
		signal(r.deleteSignal)
	}
	return nil
}

// renewLoop prolongs the leases of all claimed jobs, and cancels those that another process has taken over.
func (r *runner) renewLoop(ctx context.Context) {
	every := r.q.config.Lease / 3
	wait := every
	for clock.Pause(ctx, wait) {
		wait = every
		ids := r.claimedIDs()
		if len(ids) == 0 {
			continue
		}
		ours, err := r.q.renew(ctx, r.lease, ids)
		if err != nil {
			wait = min(every, time.Second)
			continue
		}
		r.mu.Lock()
		for _, id := range ids {
			j := r.claimed[id]
			if j == nil || j.finished.Load() || slices.Contains(ours, id) || slices.Contains(r.undeleted, id) {
				continue
			}
			j.lost.Store(true)
			if j.cancel != nil {
				if j.single {
					j.cancel(errLost)
				}
				continue
			}
			r.buffered[j.Lane] = slices.DeleteFunc(r.buffered[j.Lane], func(b *claimedJob) bool { return b == j })
			delete(r.claimed, id)
		}
		r.mu.Unlock()
	}
}

func (r *runner) holds(id int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.claimed[id] != nil
}

func (r *runner) claimedIDs() []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids := make([]int64, 0, len(r.claimed))
	for id := range r.claimed {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func (r *runner) releaseJobs(ids []int64) {
	if len(ids) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), 3*time.Second)
	defer cancel()
	if err := r.q.release(ctx, r.lease, ids); err != nil {
		r.q.log.WarnContext(ctx, "jobs cannot be released and wait for the end of their lease", "jobs", len(ids), "error", err)
	}
}
