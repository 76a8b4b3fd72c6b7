package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
)

// Run takes jobs and runs them until ctx ends. It then takes no more, waits for those that run, at most
// Config.Grace, and releases the rest to other processes; a handler that ignores its context is abandoned.
// Run waits for a database that is unavailable. The error is always nil, so that Run fits an errgroup.
func (q *Queue) Run(ctx context.Context) error {
	r := &runner{
		q: q, lease: rand.Text(),
		claimed: map[int64]*claimedJob{}, buffered: map[string][]*claimedJob{}, busy: map[string]int{},
		averageTime:  map[string]time.Duration{},
		deleteSignal: make(chan struct{}, 1), idle: make(chan struct{}, 1),
	}
	// Jobs outlive ctx by the grace period; the loops that renew leases and delete finished jobs outlive the jobs.
	jobs, cancelJobs := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancelJobs(nil)
	loops, stopLoops := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLoops()
	r.ctx = jobs

	var listening, looping sync.WaitGroup
	listening.Go(func() { q.listen(ctx) })
	looping.Go(func() { r.deleteLoop(loops) })
	looping.Go(func() { r.renewLoop(loops) })
	r.loop(ctx)
	listening.Wait()

	r.stop()
	r.wait(q.config.Grace)
	cancelJobs(errStopping)
	r.wait(2 * time.Second)
	stopLoops()
	looping.Wait()
	r.releaseAll()
	return nil
}

// errStopping is why the context of a job ends when the process does.
var errStopping = errors.New("the program ends")

// errLost is why the context of a job ends that another process has taken.
var errLost = errors.New("the job was taken by another process")

// runner is one call of Run.
type runner struct {
	q     *Queue
	lease string
	ctx   context.Context //nolint:containedctx // of the running jobs, which outlive the call that claims them

	periodicAt, scheduleAt clock.Time // when the next periodic job is due; when to ask again at the latest

	mu          sync.Mutex
	claimed     map[int64]*claimedJob    // everything whose lease is ours
	buffered    map[string][]*claimedJob // claimed, not started
	busy        map[string]int           // started
	averageTime map[string]time.Duration // moving average of how long a job of the lane takes
	undeleted   []int64                  // succeeded, to be deleted
	stopped     bool

	deleteSignal chan struct{} // undeleted has grown
	idle         chan struct{} // a job has ended
}

// loop fetches whenever something says that there may be work, and at the latest after the fetch interval.
func (r *runner) loop(ctx context.Context) {
	var unavailable bool
	var reclaimAt time.Time
	for ctx.Err() == nil {
		if time.Now().After(reclaimAt) {
			reclaimAt = time.Now().Add(r.q.config.Lease / 6)
			if err := r.q.reclaimExpired(ctx, r.holds); err != nil && ctx.Err() == nil {
				r.q.log.WarnContext(ctx, "jobs of processes that died cannot be looked for", "error", err)
			}
		}
		next, err := r.fetch(ctx)
		pause := r.q.config.FetchInterval
		switch {
		case err != nil && ctx.Err() == nil:
			if !unavailable {
				r.q.log.ErrorContext(ctx, "the queue cannot take jobs", "error", err)
			}
			unavailable = true
		case unavailable && err == nil:
			r.q.log.InfoContext(ctx, "the queue takes jobs again")
			unavailable = false
		}
		if err == nil && !next.IsZero() {
			pause = max(min(pause, next.Sub(r.q.db.Now().Time)), time.Millisecond)
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-r.idle:
		case <-r.q.wake:
		}
		timer.Stop()
	}
}

// fetch looks once: for jobs whose time has come, and for as many jobs as workers are free. It returns
// when the next job is due.
func (r *runner) fetch(ctx context.Context) (next time.Time, err error) {
	if now := r.q.db.Now(); (!r.periodicAt.IsZero() && !now.Before(r.periodicAt.Time)) || !now.Before(r.scheduleAt.Time) {
		if r.periodicAt, err = r.q.enqueueDue(ctx); err != nil {
			return next, err
		}
		r.scheduleAt = clock.At(now.Add(time.Minute))
	}
	laterAt, err := r.q.promote(ctx)
	if err != nil {
		return next, err
	}
	next = laterAt.Time
	if next.IsZero() || (!r.periodicAt.IsZero() && r.periodicAt.Before(next)) {
		next = r.periodicAt.Time
	}
	want := r.capacity()
	for lane, n := range want {
		if n <= 0 {
			delete(want, lane)
			continue
		}
		waits, err := r.q.hasWaiting(ctx, lane)
		if err != nil {
			return next, err
		}
		if !waits {
			delete(want, lane)
		}
	}
	if len(want) == 0 {
		return next, nil
	}
	jobs, err := r.q.claim(ctx, r.lease, want)
	if err != nil {
		return next, err
	}
	r.accept(jobs)
	return next, nil
}

// accept starts claimed jobs, or buffers them for the next free worker.
func (r *runner) accept(jobs []jobRow) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, row := range jobs {
		if j := r.claimed[row.ID]; j != nil && !j.failed.Load() {
			// It was reclaimed while we could not renew its lease, and we claimed it once more: the first run goes on.
			continue
		}
		j := &claimedJob{jobRow: row}
		r.claimed[row.ID] = j
		r.buffered[row.Lane] = append(r.buffered[row.Lane], j)
	}
	r.startJobs()
}

// stop lets no further job start and releases those that have not.
func (r *runner) stop() {
	r.mu.Lock()
	r.stopped = true
	var ids []int64
	for lane, buffer := range r.buffered {
		for _, j := range buffer {
			ids = append(ids, j.ID)
			delete(r.claimed, j.ID)
		}
		r.buffered[lane] = nil
	}
	r.mu.Unlock()
	r.releaseJobs(ids)
}

// releaseAll releases what is still claimed at the end.
func (r *runner) releaseAll() { r.releaseJobs(r.claimedIDs()) }

// wait waits for the jobs that run.
func (r *runner) wait(atMost time.Duration) {
	end := time.NewTimer(atMost)
	defer end.Stop()
	for {
		r.mu.Lock()
		busy := r.busy[Urgent] + r.busy[Normal] + r.busy[Housekeeping]
		r.mu.Unlock()
		if busy == 0 {
			return
		}
		select {
		case <-r.idle:
		case <-end.C:
			return
		}
	}
}

// listen is woken by other processes where the database can.
func (q *Queue) listen(ctx context.Context) {
	for ctx.Err() == nil {
		if err := q.db.Listen(ctx, wakeChannel, q.wakeUp); err != nil && ctx.Err() == nil {
			q.log.WarnContext(ctx, "the queue is not woken by other processes for the moment", "error", err)
			clock.Pause(ctx, 2*time.Second)
		}
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
