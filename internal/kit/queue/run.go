package queue

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
)

// laneOrder is the order in which lanes are looked at.
var laneOrder = [...]string{Urgent, Normal, Housekeeping}

// lanes tells how many of n workers a lane may use at most.
var lanes = map[string]func(n int) int{
	Urgent:       func(n int) int { return n },
	Normal:       func(n int) int { return n - 2 },
	Housekeeping: func(n int) int { return (n - 1) / 2 },
}

const (
	// Jobs that take less than this together are taken at once, so that thousands of small ones need
	// few transactions; of long ones no process takes more than it can begin.
	prefetchTime = 100 * time.Millisecond
	prefetchMax  = 100

	// unfinishedMax bounds the jobs that are done but not deleted yet, when the database is away.
	unfinishedMax = 2000
)

// Run takes jobs and runs them until ctx ends. It then takes no more, waits for those in hand, at most
// Config.Grace, and gives back what is left; a handler that does not heed its context is left behind.
// A database that is away is waited for. The error is always nil; it is there for groups of tasks.
func (q *Queue) Run(ctx context.Context) error {
	r := &runner{
		q: q, lease: rand.Text(),
		hands: map[int64]*hand{}, buffered: map[string][]*hand{}, busy: map[string]int{}, pace: map[string]time.Duration{},
		finishing: make(chan struct{}, 1), idle: make(chan struct{}, 1),
	}
	// Jobs outlive ctx by the grace; the helpers outlive the jobs.
	jobs, cancelJobs := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancelJobs(nil)
	helpers, stopHelpers := context.WithCancel(context.WithoutCancel(ctx))
	defer stopHelpers()
	r.ctx = jobs

	var listening, helping sync.WaitGroup
	listening.Go(func() { q.listen(ctx) })
	helping.Go(func() { r.finishLoop(helpers) })
	helping.Go(func() { r.renewLoop(helpers) })
	r.loop(ctx)
	listening.Wait()

	r.stop()
	r.wait(q.config.Grace)
	cancelJobs(errStopping)
	r.wait(2 * time.Second)
	stopHelpers()
	helping.Wait()
	r.leave()
	return nil
}

// errStopping is why the context of a job ends when the process does.
var errStopping = errors.New("the program ends")

// errLost is why the context of a job ends that another process has taken.
var errLost = errors.New("the job was taken by another process")

// Drain runs everything that is due, in this goroutine, until nothing is left: for tests, with a clock
// that stands still. The error joins what the jobs returned; they are rescheduled as usual.
func (q *Queue) Drain(ctx context.Context) error {
	lease := rand.Text()
	var failures []error
	for {
		if _, err := q.schedule(ctx); err != nil {
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
		h := &hand{taken: jobs[0]}
		failure := q.handle(ctx, []*hand{h}, lease)[0]
		switch {
		case failure != nil:
			failures = append(failures, fmt.Errorf("%s: %w", h.Kind, failure))
			err = q.failed(ctx, lease, h.taken, failure)
		case !h.finished.Load():
			err = q.finished(ctx, lease, []int64{h.ID})
		}
		if err != nil {
			return err
		}
	}
}

// handle calls the handler of jobs of one kind and turns a panic into an error. It returns an error or nil
// for each job.
func (q *Queue) handle(ctx context.Context, hands []*hand, lease string) []error {
	k := q.kinds[hands[0].Kind]
	ctx, cancel := context.WithTimeoutCause(ctx, k.Timeout, fmt.Errorf("not done within %v", k.Timeout))
	defer cancel()
	jobs := make([]Job, len(hands))
	for i, h := range hands {
		jobs[i] = h.job()
		jobs[i].lease, jobs[i].finished = lease, func() { h.finished.Store(true) }
	}
	failures, panicked := q.call(ctx, k, jobs)
	if panicked && len(jobs) > 1 { // one of them did it: the others are not to suffer for it
		for i, h := range hands {
			if failures[i] = nil; !h.finished.Load() {
				alone, _ := q.call(ctx, k, jobs[i:i+1])
				failures[i] = alone[0]
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

func (q *Queue) call(ctx context.Context, k *Kind, jobs []Job) (failures []error, panicked bool) {
	defer func() {
		if p := recover(); p != nil {
			panicked = true
			q.log.ErrorContext(ctx, "a job panicked", "job", jobs[0].ID, "jobs", len(jobs), "kind", k.Name, "panic", p, "stack", string(debug.Stack()))
			failures = slices.Repeat([]error{fmt.Errorf("panic: %v", p)}, len(jobs))
		}
	}()
	switch {
	case k.HandleMany != nil:
		if failures = k.HandleMany(ctx, jobs); len(failures) != len(jobs) {
			return slices.Repeat([]error{fmt.Errorf("the handler answered for %d of %d jobs", len(failures), len(jobs))}, len(jobs)), false
		}
		return failures, false
	case k.Handle != nil:
		return []error{k.Handle(ctx, jobs[0])}, false
	default:
		return []error{fmt.Errorf("there is no handler for %s in this process", k.Name)}, false
	}
}

// hand is a job that this process holds.
type hand struct {
	taken
	finished atomic.Bool // its own transaction deleted it
	lost     atomic.Bool // another process has it
	failed   atomic.Bool // it is being rescheduled, and may be taken again at any moment
	cancel   context.CancelCauseFunc
	alone    bool // its handler has no other job in hand
}

// runner is one call of Run.
type runner struct {
	q     *Queue
	lease string
	ctx   context.Context //nolint:containedctx // the context of the jobs in hand, which outlives the call that takes them

	periodicAt, scheduleAt clock.Time // when the next periodic job is due; when to ask again at the latest

	mu         sync.Mutex
	hands      map[int64]*hand          // everything whose lease is ours
	buffered   map[string][]*hand       // taken, not begun
	busy       map[string]int           // begun
	pace       map[string]time.Duration // how long a job of the lane takes, lately
	unfinished []int64                  // done, to be deleted
	stopped    bool

	finishing chan struct{} // unfinished has grown
	idle      chan struct{} // a job has ended
}

// loop looks for work whenever something says that there may be some, and now and then.
func (r *runner) loop(ctx context.Context) {
	var away bool
	var rescueAt time.Time
	for ctx.Err() == nil {
		if time.Now().After(rescueAt) {
			rescueAt = time.Now().Add(r.q.config.Lease / 6)
			if err := r.q.rescue(ctx, r.has); err != nil && ctx.Err() == nil {
				r.q.log.WarnContext(ctx, "jobs of vanished processes cannot be looked for", "error", err)
			}
		}
		next, err := r.round(ctx)
		pause := r.q.config.LookEvery
		switch {
		case err != nil && ctx.Err() == nil:
			if !away {
				r.q.log.ErrorContext(ctx, "the queue cannot take jobs", "error", err)
			}
			away = true
		case away && err == nil:
			r.q.log.InfoContext(ctx, "the queue takes jobs again")
			away = false
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

// round looks once: for jobs whose time has come, and for as many jobs as workers are free. It returns
// when the next job is due.
func (r *runner) round(ctx context.Context) (next time.Time, err error) {
	if now := r.q.db.Now(); (!r.periodicAt.IsZero() && !now.Before(r.periodicAt.Time)) || !now.Before(r.scheduleAt.Time) {
		if r.periodicAt, err = r.q.schedule(ctx); err != nil {
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
	want := r.want()
	for lane, n := range want {
		if n <= 0 {
			delete(want, lane)
			continue
		}
		waits, err := r.q.waitsIn(ctx, lane)
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
	r.take(jobs)
	return next, nil
}

// want says how many jobs of each lane can be taken.
func (r *runner) want() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	want := map[string]int{}
	if len(r.unfinished) > unfinishedMax {
		return want
	}
	for _, lane := range laneOrder {
		n := 0
		for r.mayBegin(lane, n) {
			n++
		}
		if pace := r.pace[lane]; pace > 0 {
			n += int(min(prefetchTime*time.Duration(lanes[lane](r.q.config.Workers))/pace, prefetchMax))
		}
		// Small refills would make a transaction of each job.
		if missing := n - len(r.buffered[lane]); missing > n/2 {
			want[lane] = missing
		}
	}
	return want
}

// mayBegin reports whether a worker is free for a job of the lane, after n more have begun.
func (r *runner) mayBegin(lane string, n int) bool {
	workers := r.q.config.Workers
	all := r.busy[Urgent] + r.busy[Normal] + r.busy[Housekeeping] + n
	if all >= workers || r.busy[lane]+n >= lanes[lane](workers) {
		return false
	}
	return lane == Urgent || all-r.busy[Urgent] < workers-1
}

// take begins jobs or keeps them for the next free worker.
func (r *runner) take(jobs []taken) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range jobs {
		if h := r.hands[t.ID]; h != nil && !h.failed.Load() {
			// Rescued from us while we could not renew, and taken by us again: the first run goes on.
			continue
		}
		h := &hand{taken: t}
		r.hands[t.ID] = h
		r.buffered[t.Lane] = append(r.buffered[t.Lane], h)
	}
	r.begin()
}

// begin starts as many buffered jobs as workers are free. The caller holds the lock.
func (r *runner) begin() {
	for _, lane := range laneOrder {
		for len(r.buffered[lane]) > 0 && !r.stopped && r.mayBegin(lane, 0) {
			batch := r.next(lane)
			r.busy[lane]++
			ctx, cancel := context.WithCancelCause(r.ctx)
			for _, h := range batch {
				h.cancel, h.alone = cancel, len(batch) == 1
			}
			go r.work(ctx, cancel, batch)
		}
	}
}

// next takes out of the buffer what one worker does next: a fair share of the jobs of one kind. The caller
// holds the lock.
func (r *runner) next(lane string) []*hand {
	buffer, free := r.buffered[lane], 1
	for r.mayBegin(lane, free) {
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
func (r *runner) work(ctx context.Context, cancel context.CancelCauseFunc, batch []*hand) {
	start := time.Now()
	failures := r.q.handle(ctx, batch, r.lease)
	took := time.Since(start) / time.Duration(len(batch))
	stopping := errors.Is(context.Cause(ctx), errStopping)
	cancel(nil)
	stays := make([]bool, len(batch)) // in hands, for leave to give it back
	for i, h := range batch {
		switch err := failures[i]; {
		case err == nil:
		case stopping:
			stays[i] = true
		case h.lost.Load() || h.finished.Load():
			r.q.log.WarnContext(r.ctx, "a job failed that is no longer ours", "job", h.ID, "kind", h.Kind, "error", err)
		default:
			h.failed.Store(true)
			stays[i] = !r.fail(h, err)
		}
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	lane := batch[0].Lane
	r.busy[lane]--
	r.pace[lane] = (3*cmp.Or(r.pace[lane], took) + took) / 4
	for i, h := range batch {
		switch {
		case stays[i]:
		case failures[i] == nil && !h.finished.Load() && !h.lost.Load():
			r.unfinished = append(r.unfinished, h.ID)
			poke(r.finishing)
		case r.hands[h.ID] == h:
			delete(r.hands, h.ID)
		}
	}
	r.begin()
	if len(r.buffered[lane]) <= prefetchMax/2 {
		poke(r.idle)
	}
}

// fail notes a failure, waiting for the database if it must. It returns false if the program ends
// meanwhile.
func (r *runner) fail(h *hand, failure error) bool {
	for r.ctx.Err() == nil {
		err := r.q.failed(r.ctx, r.lease, h.taken, failure)
		if err == nil {
			return true
		}
		r.q.log.ErrorContext(r.ctx, "a job's failure cannot be noted yet", "job", h.ID, "kind", h.Kind, "failure", failure, "error", err)
		pause(r.ctx, time.Second)
	}
	return false
}

// finishLoop deletes jobs that are done: all that ended while the last deletion ran, at once.
func (r *runner) finishLoop(ctx context.Context) {
	for {
		select {
		case <-r.finishing:
		case <-ctx.Done():
			// The last ones, if the database lets us; otherwise they run again.
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
			defer cancel()
			for r.flush(last) == nil && r.hasUnfinished() {
			}
			return
		}
		for r.flush(ctx) != nil && ctx.Err() == nil {
			pause(ctx, 200*time.Millisecond)
		}
	}
}

func (r *runner) hasUnfinished() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.unfinished) > 0
}

func (r *runner) flush(ctx context.Context) error {
	r.mu.Lock()
	ids := slices.Clone(r.unfinished[:min(len(r.unfinished), 500)])
	r.mu.Unlock()
	if len(ids) == 0 {
		return nil
	}
	if err := r.q.finished(ctx, r.lease, ids); err != nil {
		r.q.log.WarnContext(ctx, "jobs that are done cannot be deleted yet", "jobs", len(ids), "error", err)
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range ids {
		delete(r.hands, id)
	}
	r.unfinished = slices.Delete(r.unfinished, 0, len(ids))
	if len(r.unfinished) > 0 {
		poke(r.finishing)
	}
	return nil
}

// renewLoop prolongs the leases of everything in hand, and ends the jobs that were taken away.
func (r *runner) renewLoop(ctx context.Context) {
	every := r.q.config.Lease / 3
	wait := every
	for pause(ctx, wait) {
		wait = every
		ids := r.inHand()
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
			h := r.hands[id]
			if h == nil || h.finished.Load() || slices.Contains(ours, id) || slices.Contains(r.unfinished, id) {
				continue
			}
			h.lost.Store(true)
			if h.cancel != nil {
				if h.alone {
					h.cancel(errLost)
				}
				continue
			}
			r.buffered[h.Lane] = slices.DeleteFunc(r.buffered[h.Lane], func(b *hand) bool { return b == h })
			delete(r.hands, id)
		}
		r.mu.Unlock()
	}
}

func (r *runner) has(id int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.hands[id] != nil
}

func (r *runner) inHand() []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids := make([]int64, 0, len(r.hands))
	for id := range r.hands {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// stop lets no further job begin and gives back those that have not.
func (r *runner) stop() {
	r.mu.Lock()
	r.stopped = true
	var ids []int64
	for lane, buffer := range r.buffered {
		for _, h := range buffer {
			ids = append(ids, h.ID)
			delete(r.hands, h.ID)
		}
		r.buffered[lane] = nil
	}
	r.mu.Unlock()
	r.giveBack(ids)
}

// leave gives back what is still in hand at the end.
func (r *runner) leave() { r.giveBack(r.inHand()) }

func (r *runner) giveBack(ids []int64) {
	if len(ids) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), 3*time.Second)
	defer cancel()
	if err := r.q.release(ctx, r.lease, ids); err != nil {
		r.q.log.WarnContext(ctx, "jobs cannot be given back and wait for the end of their lease", "jobs", len(ids), "error", err)
	}
}

// wait waits for the jobs that have begun.
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
		if err := q.db.Listen(ctx, channel, q.poke); err != nil && ctx.Err() == nil {
			q.log.WarnContext(ctx, "the queue is not woken by other processes for the moment", "error", err)
			pause(ctx, 2*time.Second)
		}
	}
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// pause waits, and reports whether it did so to the end.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
