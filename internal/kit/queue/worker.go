package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
)

// laneOrder is the order in which lanes are looked at.
var laneOrder = [...]string{Urgent, Normal, Housekeeping}

// maxWorkers says how many of n workers a lane may use at most.
var maxWorkers = map[string]func(n int) int{
	Urgent:       func(n int) int { return n },
	Normal:       func(n int) int { return n - 2 },
	Housekeeping: func(n int) int { return (n - 1) / 2 },
}

const (
	// A process claims as many jobs at once as it can probably run in this time, so that thousands of small
	// ones need few transactions. Of long ones it claims no more than it can start.
	prefetchTime = 100 * time.Millisecond
	prefetchMax  = 100

	// maxUndeleted bounds the jobs that are done but not deleted yet, when the database is unavailable.
	maxUndeleted = 2000
)

// claimedJob is a job whose lease this process holds.
type claimedJob struct {
	jobRow
	finished atomic.Bool // its own transaction deleted it
	lost     atomic.Bool // another process has claimed it
	failed   atomic.Bool // it is being rescheduled, and may be claimed anew at any moment
	cancel   context.CancelCauseFunc
	single   bool // its handler was given no other job
}

// capacity says how many jobs of each lane can be claimed.
func (r *runner) capacity() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	want := map[string]int{}
	if len(r.undeleted) > maxUndeleted {
		return want
	}
	for _, lane := range laneOrder {
		n := 0
		for r.canStart(lane, n) {
			n++
		}
		if averageTime := r.averageTime[lane]; averageTime > 0 {
			n += int(min(prefetchTime*time.Duration(maxWorkers[lane](r.q.config.Workers))/averageTime, prefetchMax))
		}
		// Small refills would make a transaction of each job.
		if missing := n - len(r.buffered[lane]); missing > n/2 {
			want[lane] = missing
		}
	}
	return want
}

// canStart reports whether a worker is free for a job of the lane, after n more have started.
func (r *runner) canStart(lane string, n int) bool {
	workers := r.q.config.Workers
	all := r.busy[Urgent] + r.busy[Normal] + r.busy[Housekeeping] + n
	if all >= workers || r.busy[lane]+n >= maxWorkers[lane](workers) {
		return false
	}
	return lane == Urgent || all-r.busy[Urgent] < workers-1
}

// startJobs starts as many buffered jobs as workers are free. The caller holds the lock.
func (r *runner) startJobs() {
	for _, lane := range laneOrder {
		for len(r.buffered[lane]) > 0 && !r.stopped && r.canStart(lane, 0) {
			batch := r.next(lane)
			r.busy[lane]++
			ctx, cancel := context.WithCancelCause(r.ctx)
			for _, j := range batch {
				j.cancel, j.single = cancel, len(batch) == 1
			}
			go r.work(ctx, cancel, batch)
		}
	}
}

// next takes out of the buffer what one worker does next: a fair share of the jobs of one kind. The caller
// holds the lock.
func (r *runner) next(lane string) []*claimedJob {
	buffer, free := r.buffered[lane], 1
	for r.canStart(lane, free) {
		free++
	}
	kind := buffer[0].Kind
	share := min(r.q.kinds[kind].Batch, (len(buffer)+free-1)/free)
	n := 1
	for n < share && buffer[n].Kind == kind {
		n++
	}
	r.buffered[lane] = buffer[n:]
	return slices.Clone(buffer[:n])
}

// work runs jobs to their end.
func (r *runner) work(ctx context.Context, cancel context.CancelCauseFunc, batch []*claimedJob) {
	start := time.Now()
	failures := r.supervise(ctx, batch)
	took := time.Since(start) / time.Duration(len(batch))
	r.q.metrics.took(batch[0].Lane, took, len(batch))
	stopping := errors.Is(context.Cause(ctx), errStopping)
	cancel(nil)
	stays := make([]bool, len(batch)) // remains claimed, so that releaseAll releases it
	for i, j := range batch {
		switch err := failures[i]; {
		case err == nil:
			r.q.metrics.count(j.Kind, resultDone)
		case stopping:
			stays[i] = true
		case j.lost.Load() || j.finished.Load():
			r.q.log.WarnContext(r.ctx, "a job failed that is no longer ours", "job", j.ID, "kind", j.Kind, "error", err)
		default:
			j.failed.Store(true)
			stays[i] = !r.fail(j, err)
		}
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	lane := batch[0].Lane
	r.busy[lane]--
	r.averageTime[lane] = (3*cmp.Or(r.averageTime[lane], took) + took) / 4
	for i, j := range batch {
		switch {
		case stays[i]:
		case failures[i] == nil && !j.finished.Load() && !j.lost.Load():
			r.undeleted = append(r.undeleted, j.ID)
			signal(r.deleteSignal)
		case r.claimed[j.ID] == j:
			delete(r.claimed, j.ID)
		}
	}
	r.startJobs()
	if len(r.buffered[lane]) <= prefetchMax/2 {
		signal(r.idle)
	}
}

// supervise runs jobs, and gives up on a handler that goes on long after its context has ended: the worker is free for
// other jobs, and these ones failed. What the handler may still do cannot be undone; Finish lets it have no effect twice.
func (r *runner) supervise(ctx context.Context, batch []*claimedJob) []error {
	ctx, cancel := r.q.limit(ctx, batch[0].Kind)
	defer cancel()
	done := make(chan []error, 1)
	go func() { done <- r.q.runHandler(ctx, batch, r.lease) }()
	select {
	case failures := <-done:
		return failures
	case <-ctx.Done():
	}
	overtime := time.NewTimer(r.q.config.Overtime)
	defer overtime.Stop()
	select {
	case failures := <-done:
		return failures
	case <-overtime.C:
	}
	cause := context.Cause(ctx)
	r.q.log.ErrorContext(r.ctx, "a handler goes on after the end of its job and is abandoned",
		"job", batch[0].ID, "jobs", len(batch), "kind", batch[0].Kind, "error", cause)
	return slices.Repeat([]error{fmt.Errorf("%w, and the handler goes on nevertheless", cause)}, len(batch))
}

// limit lets a context end when a job of a kind should be done.
func (q *Queue) limit(ctx context.Context, kind string) (context.Context, context.CancelFunc) {
	timeout := q.kinds[kind].Timeout
	return context.WithTimeoutCause(ctx, timeout, fmt.Errorf("not done within %v", timeout))
}

// runHandler calls the handler of jobs of one kind, with a context of limit, and turns a panic into an error. It
// returns an error or nil for each job.
func (q *Queue) runHandler(ctx context.Context, claimed []*claimedJob, lease string) []error {
	k := q.kinds[claimed[0].Kind]
	jobs := make([]Job, len(claimed))
	for i, j := range claimed {
		jobs[i] = j.job()
		jobs[i].lease, jobs[i].finished = lease, func() { j.finished.Store(true) }
	}
	failures, panicked := q.callHandler(ctx, k, jobs)
	if panicked && len(jobs) > 1 { // one job of them panicked: each of the others still gets its turn
		for i, j := range claimed {
			if failures[i] = nil; !j.finished.Load() {
				single, _ := q.callHandler(ctx, k, jobs[i:i+1])
				failures[i] = single[0]
			}
		}
	}
	cause := context.Cause(ctx)
	for i, err := range failures {
		if err != nil && cause != nil && errors.Is(err, ctx.Err()) {
			failures[i] = fmt.Errorf("%w: %w", cause, err)
		}
	}
	return failures
}

func (q *Queue) callHandler(ctx context.Context, k *Kind, jobs []Job) (failures []error, panicked bool) {
	defer func() {
		if p := recover(); p != nil {
			panicked = true
			q.log.ErrorContext(ctx, "a job panicked", "job", jobs[0].ID, "jobs", len(jobs), "kind", k.Name,
				"panic", p, "stack", string(debug.Stack()))
			failures = slices.Repeat([]error{fmt.Errorf("panic: %v", p)}, len(jobs))
		}
	}()
	switch {
	case k.HandleMany != nil:
		if failures = k.HandleMany(ctx, jobs); len(failures) != len(jobs) {
			wrong := fmt.Errorf("the handler answered for %d of %d jobs", len(failures), len(jobs))
			return slices.Repeat([]error{wrong}, len(jobs)), false
		}
		return failures, false
	case k.Handle != nil:
		return []error{k.Handle(ctx, jobs[0])}, false
	default:
		return []error{fmt.Errorf("there is no handler for %s in this process", k.Name)}, false
	}
}

// fail records a failure, waiting for the database if it must. It returns false if the program ends meanwhile.
func (r *runner) fail(j *claimedJob, failure error) bool {
	for r.ctx.Err() == nil {
		err := r.q.recordFailure(r.ctx, r.lease, j.jobRow, failure)
		if err == nil {
			return true
		}
		r.q.log.ErrorContext(r.ctx, "a job's failure cannot be recorded yet",
			"job", j.ID, "kind", j.Kind, "failure", failure, "error", err)
		clock.Pause(r.ctx, time.Second)
	}
	return false
}
