package queue_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

var quiet = slog.New(slog.DiscardHandler)

// watch is a clock that a test moves.
type watch struct {
	mu  sync.Mutex
	now time.Time
}

func newWatch() *watch { return &watch{now: clock.Date(2026, 3, 1, 12, 0).Time} }

func (w *watch) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *watch) forward(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// notes remembers what handlers were given.
type notes struct {
	mu   sync.Mutex
	list []string
}

func (n *notes) add(s string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, s)
}

func (n *notes) take() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := n.list
	n.list = nil
	return list
}

func (n *notes) handle(_ context.Context, j queue.Job) error {
	var s string
	if err := j.Decode(&s); err != nil {
		return err
	}
	n.add(s)
	return nil
}

func newQueue(db *sqldb.DB, c queue.Config, kinds []queue.Kind, periodics ...queue.Periodic) *queue.Queue {
	q := queue.New(db, c)
	q.Handle(kinds...)
	q.Schedule(periodics...)
	return q
}

func enqueue(t testing.TB, db *sqldb.DB, q *queue.Queue, kind string, payload any, opts ...queue.Option) {
	t.Helper()
	if err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		return q.Enqueue(t.Context(), tx, kind, payload, opts...)
	}); err != nil {
		t.Fatal(err)
	}
}

func drain(t testing.TB, q *queue.Queue) error {
	t.Helper()
	return q.Drain(t.Context())
}

// total counts all jobs.
func total(t testing.TB, q *queue.Queue) queue.Counts {
	t.Helper()
	kinds, err := q.CountsByKind(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return queue.Total(kinds)
}

func counts(t testing.TB, q *queue.Queue) queue.Counts {
	t.Helper()
	c := total(t, q)
	c.Oldest, c.OldestRetry = clock.Time{}, clock.Time{}
	return c
}

// run runs the queue until the test or stop ends it.
func run(t testing.TB, q *queue.Queue) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := q.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("waited in vain: %s", what)
}

func wantList(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestJobsRunByLanePriorityAndAge(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		var done notes
		q := newQueue(db, queue.Config{Logger: quiet}, []queue.Kind{
			{Name: "a.normal", Handle: done.handle},
			{Name: "a.urgent", Handle: done.handle, Lane: queue.Urgent},
			{Name: "a.slow", Handle: done.handle, Lane: queue.Housekeeping},
		})
		enqueue(t, db, q, "a.slow", "housekeeping")
		enqueue(t, db, q, "a.normal", "first")
		enqueue(t, db, q, "a.normal", "second")
		enqueue(t, db, q, "a.urgent", "urgent")
		if err := drain(t, q); err != nil {
			t.Fatal(err)
		}
		wantList(t, done.take(), "urgent", "first", "second", "housekeeping")
		if c := counts(t, q); c != (queue.Counts{}) {
			t.Errorf("left over: %+v", c)
		}
	})
}

func TestAJobSharesTheFateOfItsTransaction(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		var done notes
		q := newQueue(db, queue.Config{Logger: quiet}, []queue.Kind{{Name: "a.note", Handle: done.handle}})
		no := errors.New("no")
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			return errors.Join(q.Enqueue(t.Context(), tx, "a.note", "x"), q.EnqueueMany(t.Context(), tx, "a.note", "y", "z"), no)
		})
		if !errors.Is(err, no) {
			t.Fatal(err)
		}
		if c := counts(t, q); c != (queue.Counts{}) {
			t.Errorf("jobs without a cause: %+v", c)
		}
		err = db.Write(t.Context(), func(tx *sqldb.Tx) error { return q.Enqueue(t.Context(), tx, "a.unknown", "x") })
		if err == nil || !strings.Contains(err.Error(), "a.unknown") {
			t.Errorf("an unknown kind: %v", err)
		}
	})
}

func TestFailuresRunAgainAfterAPauseUntilTheyAreDead(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w, ctx := newWatch(), t.Context()
		begun := w.Now()
		var attempts []int
		healthy := false
		var died []string
		q := newQueue(db, queue.Config{Logger: quiet, Clock: w.Now}, []queue.Kind{{
			Name: "a.fail", MaxAttempts: 3,
			Backoff: func(attempt int) time.Duration { return time.Duration(attempt) * time.Minute },
			Handle: func(_ context.Context, j queue.Job) error {
				attempts = append(attempts, j.Attempt)
				if healthy {
					return nil
				}
				return errors.New("the sky is falling")
			},
			Dead: func(ctx context.Context, tx *sqldb.Tx, j queue.Job, err error) error {
				died = append(died, fmt.Sprintf("%s %s after %d: %v", j.Kind, j.Payload, j.Attempt, err))
				_, err = tx.Exec(ctx, `INSERT INTO periodics (name, schedule, next_at) VALUES ('died', '', 0)`)
				return err
			},
		}})
		enqueue(t, db.WithClock(w.Now), q, "a.fail", "x", queue.Unique("k"))
		for _, step := range []struct {
			forward time.Duration
			want    int
		}{{0, 1}, {59 * time.Second, 1}, {time.Second, 2}, {119 * time.Second, 2}, {time.Second, 3}, {time.Hour, 3}} {
			w.forward(step.forward)
			_ = drain(t, q)
			if len(attempts) != step.want {
				t.Fatalf("after %v more: %d attempts, want %d", step.forward, len(attempts), step.want)
			}
			if c := total(t, q); step.want < 3 && !c.OldestRetry.Equal(begun) || step.want == 3 && !c.OldestRetry.IsZero() {
				t.Errorf("after %d attempts it is tried again since %v", step.want, c.OldestRetry)
			}
		}
		wantList(t, died, `a.fail "x" after 3: the sky is falling`)
		var marks int
		if err := db.Get(ctx, &marks, `SELECT COUNT(*) FROM periodics WHERE name = 'died'`); err != nil || marks != 1 {
			t.Errorf("%d marks of Dead, error %v", marks, err)
		}
		list, err := q.Dead(ctx, 0, 10)
		if err != nil || len(list) != 1 || list[0].Failure != "the sky is falling" || list[0].Attempt != 3 ||
			list[0].Payload != `"x"` || list[0].FailedAt.IsZero() {
			t.Fatalf("dead: %+v, error %v", list, err)
		}

		// A dead job leaves its key to others; while one of them lives it cannot come back.
		enqueue(t, db.WithClock(w.Now), q, "a.fail", "y", queue.Unique("k"), queue.RunAt(clock.At(w.Now().Add(time.Hour))))
		if err := q.Retry(ctx, list[0].ID); !errs.Is(err, errs.Conflict) {
			t.Errorf("retry beside a living job: %v", err)
		}
		healthy = true
		w.forward(time.Hour)
		if err := drain(t, q); err != nil {
			t.Error(err)
		}
		if err := q.Retry(ctx, list[0].ID); err != nil {
			t.Error(err)
		}
		if err := drain(t, q); err != nil || attempts[len(attempts)-1] != 1 {
			t.Errorf("attempts %v, error %v", attempts, err)
		}
		if err := q.Retry(ctx, list[0].ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("retry of a job that is gone: %v", err)
		}
		if c := counts(t, q); c != (queue.Counts{}) {
			t.Errorf("left over: %+v", c)
		}
	})
}

func TestPermanentErrorsPanicsAndUnreadablePayloads(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		q := newQueue(db, queue.Config{Logger: quiet}, []queue.Kind{
			{Name: "a.permanent", Handle: func(context.Context, queue.Job) error { return queue.Permanent(errors.New("never")) }},
			{Name: "a.panic", MaxAttempts: 1, Handle: func(context.Context, queue.Job) error { panic("oh") }},
			{Name: "a.number", Handle: func(_ context.Context, j queue.Job) error { var n int; return j.Decode(&n) }},
			{
				Name: "a.hook", MaxAttempts: 1, Handle: func(context.Context, queue.Job) error { return errors.New("no") },
				Dead: func(context.Context, *sqldb.Tx, queue.Job, error) error { return errors.New("not even this") },
			},
			{Name: "a.slow", MaxAttempts: 1, Timeout: 10 * time.Millisecond, Handle: func(ctx context.Context, _ queue.Job) error {
				<-ctx.Done()
				return ctx.Err()
			}},
		})
		for _, kind := range []string{"a.permanent", "a.panic", "a.number", "a.hook", "a.slow"} {
			enqueue(t, db, q, kind, "x")
		}
		_ = drain(t, q)
		list, err := q.Dead(ctx, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		var failures []string
		for _, d := range list {
			failures = append(failures, d.Kind+": "+d.Failure)
		}
		for i, want := range []string{
			"a.slow: not done within 10ms", "a.hook: no", "a.number: read the payload", "a.panic: panic: oh", "a.permanent: never",
		} {
			if i >= len(failures) || !strings.HasPrefix(failures[i], want) {
				t.Errorf("dead jobs %q, want %q at %d", failures, want, i)
			}
		}
		page, err := q.Dead(ctx, list[1].ID, 2)
		if err != nil || len(page) != 2 || page[0].ID != list[2].ID {
			t.Errorf("second page: %+v, error %v", page, err)
		}
		if err := q.Discard(ctx, list[0].ID); err != nil {
			t.Error(err)
		}
		if err := q.Discard(ctx, list[0].ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("discarding twice: %v", err)
		}
		if c := counts(t, q); c != (queue.Counts{Dead: 4}) {
			t.Errorf("counts %+v", c)
		}
	})
}

func TestJobsWaitForTheirTimeAndExpire(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWatch()
		db = db.WithClock(w.Now)
		var done notes
		q := newQueue(db, queue.Config{Logger: quiet}, []queue.Kind{{Name: "a.note", Handle: done.handle}})
		enqueue(t, db, q, "a.note", "in an hour", queue.RunAt(clock.At(w.Now().Add(time.Hour))))
		enqueue(t, db, q, "a.note", "now", queue.RunAt(clock.At(w.Now().Add(-time.Hour))))
		enqueue(t, db, q, "a.note", "too late",
			queue.RunAt(clock.At(w.Now().Add(time.Hour))), queue.ExpiresAt(clock.At(w.Now().Add(90*time.Minute))))
		for _, want := range [][]string{{"now"}, {}, {"in an hour"}} {
			if err := drain(t, q); err != nil {
				t.Fatal(err)
			}
			wantList(t, done.take(), want...)
			w.forward(59 * time.Minute)
		}
		if c := counts(t, q); c != (queue.Counts{}) {
			t.Errorf("left over: %+v", c)
		}
	})
}

func TestUniqueJobsLiveOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		var done notes
		var q *queue.Queue
		q = newQueue(db, queue.Config{Logger: quiet}, []queue.Kind{
			{Name: "a.note", Handle: func(ctx context.Context, j queue.Job) error {
				if err := db.Write(ctx, func(tx *sqldb.Tx) error {
					return q.Enqueue(ctx, tx, "a.note", "while it runs", queue.Unique("k"))
				}); err != nil {
					return err
				}
				return done.handle(ctx, j)
			}},
			{Name: "b.note", Handle: done.handle},
		})
		for i := range 3 {
			enqueue(t, db, q, "a.note", fmt.Sprint("a", i), queue.Unique("k"))
			enqueue(t, db, q, "b.note", fmt.Sprint("b", i), queue.Unique("k"))
		}
		if err := drain(t, q); err != nil {
			t.Fatal(err)
		}
		wantList(t, done.take(), "a0", "b0")
		enqueue(t, db, q, "b.note", "again", queue.Unique("k"))
		if err := drain(t, q); err != nil {
			t.Fatal(err)
		}
		wantList(t, done.take(), "again")
	})
}

func TestPeriodicJobsRunOnceForAllProcesses(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWatch()
		db = db.WithClock(w.Now)
		var count atomic.Int64
		config := queue.Config{
			Logger:   quiet,
			Location: time.FixedZone("east", 2*3600), // 04:00 is 02:00 UTC
		}
		kinds := []queue.Kind{{Name: "a.tidy", Lane: queue.Housekeeping, Handle: func(context.Context, queue.Job) error {
			count.Add(1)
			return nil
		}}}
		nightly := queue.Periodic{Name: "tidy", Schedule: "0 4 * * *", Kind: "a.tidy", Expires: time.Hour}
		queues := []*queue.Queue{newQueue(db, config, kinds, nightly), newQueue(db, config, kinds, nightly), newQueue(db, config, kinds, nightly)}
		step := func(forward time.Duration, want int64) {
			t.Helper()
			w.forward(forward)
			var wg sync.WaitGroup
			for _, q := range queues {
				wg.Go(func() {
					if err := q.Drain(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if n := count.Load(); n != want {
				t.Errorf("at %v: %d runs, want %d", w.Now(), n, want)
			}
		}
		step(0, 0)            // 12:00
		step(13*time.Hour, 0) // 01:00
		step(time.Hour, 1)    // 02:00
		step(time.Minute, 1)  //
		step(24*time.Hour, 2) // 02:01, a minute late
		step(26*time.Hour, 2) // 04:01, more than an hour late: not this time
		step(22*time.Hour, 3) // 02:01 the next day
		nightly.Schedule = "30 4 * * *"
		queues = []*queue.Queue{newQueue(db, config, kinds, nightly), newQueue(db, config, kinds, nightly)}
		step(0, 3)
		step(24*time.Hour, 3)   // 02:01
		step(29*time.Minute, 4) // 02:30
	})
}

func TestKindsAndSchedulesThatCannotWorkPanic(t *testing.T) {
	t.Parallel()
	kind := queue.Kind{Name: "a.b"}
	for name, c := range map[string]struct {
		kinds     []queue.Kind
		periodics []queue.Periodic
		message   string
	}{
		"two kinds of one name": {[]queue.Kind{kind, kind}, nil, "two kinds are named a.b"},
		"unknown lane":          {[]queue.Kind{{Name: "a.b", Lane: "fast"}}, nil, "unknown lane"},
		"unknown kind":          {nil, []queue.Periodic{{Name: "p", Schedule: "@daily", Kind: "a.b"}}, "unknown kind a.b"},
		"unreadable schedule":   {[]queue.Kind{kind}, []queue.Periodic{{Name: "p", Schedule: "now and then", Kind: "a.b"}}, "the schedule of p"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if message := fmt.Sprint(recover()); !strings.Contains(message, c.message) {
					t.Errorf("the panic says %q", message)
				}
			}()
			newQueue(nil, queue.Config{}, c.kinds, c.periodics...)
		})
	}
}

// Those who enqueue get the queue first; it learns its kinds before they do.
func TestAQueueLearnsItsKindsAfterItWasMade(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	var done notes
	q := queue.New(db, queue.Config{Logger: quiet})
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return q.Enqueue(t.Context(), tx, "a.note", "x") })
	if err == nil || err.Error() != "enqueue a.note: no kind of job with this name is registered" {
		t.Errorf("an unknown kind: %v", err)
	}
	q.Handle(queue.Kind{Name: "a.note", Handle: done.handle})
	enqueue(t, db, q, "a.note", "y")
	if err := drain(t, q); err != nil {
		t.Fatal(err)
	}
	wantList(t, done.take(), "y")
}

func TestTwoProcessesRunEachJobOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		const n = 600
		var mu sync.Mutex
		runs := map[int]int{}
		config := queue.Config{Logger: quiet}
		kinds := []queue.Kind{{Name: "a.count", Handle: func(_ context.Context, j queue.Job) error {
			var i int
			if err := j.Decode(&i); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			runs[i]++
			return nil
		}}}
		other := dbtest.Reopen(t, db)
		web := newQueue(db, config, kinds) // only enqueues
		run(t, newQueue(db, config, kinds))
		run(t, newQueue(other, config, kinds))
		for i := range n / 100 {
			payloads := make([]any, 100)
			for k := range payloads {
				payloads[k] = i*100 + k
			}
			if err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
				return web.EnqueueMany(t.Context(), tx, "a.count", payloads...)
			}); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "all jobs are done", func() bool { return counts(t, web) == queue.Counts{} })
		mu.Lock()
		defer mu.Unlock()
		if len(runs) != n {
			t.Errorf("%d of %d jobs ran", len(runs), n)
		}
		for i, times := range runs {
			if times != 1 {
				t.Errorf("job %d ran %d times", i, times)
			}
		}
	})
}

// A process takes a job and dies: the job runs elsewhere once the lease has ended, and not before.
func TestAJobSurvivesItsProcess(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		var attempt atomic.Int64
		config := queue.Config{
			Logger: quiet, Lease: 400 * time.Millisecond, FetchInterval: 10 * time.Millisecond,
		}
		kinds := []queue.Kind{{Name: "a.note", MaxAttempts: 2, Handle: func(_ context.Context, j queue.Job) error {
			attempt.Store(int64(j.Attempt))
			return nil
		}}}
		q := newQueue(db, config, kinds)
		enqueue(t, db, q, "a.note", "x")
		enqueue(t, db, q, "a.note", "y")
		diedAt := db.Now()
		if err := db.Write(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE jobs SET state = 'running', lease = 'gone', leased_at = ?, attempt = id`,
				clock.At(diedAt.Add(400*time.Millisecond)))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		run(t, q)
		eventually(t, "the job runs again", func() bool { return attempt.Load() == 2 })
		if waited := time.Since(diedAt.Time); waited < 400*time.Millisecond {
			t.Errorf("taken after %v, while the lease was good", waited)
		}
		// The second job had already had all its attempts.
		eventually(t, "the other is dead", func() bool { return counts(t, q) == queue.Counts{Dead: 1} })
		list, err := q.Dead(ctx, 0, 1)
		if err != nil || !strings.Contains(list[0].Failure, "ended without a word") {
			t.Errorf("dead: %+v, error %v", list, err)
		}
	})
}

func TestAHandlerThatIgnoresItsContextDoesNotKeepItsWorker(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		released := make(chan struct{})
		ended := make(chan struct{}, 3)
		q := newQueue(db, queue.Config{Workers: 3, Logger: quiet, FetchInterval: 5 * time.Millisecond, Overtime: 20 * time.Millisecond}, []queue.Kind{{
			Name: "test.deaf", Timeout: 20 * time.Millisecond, MaxAttempts: 2, Backoff: func(int) time.Duration { return time.Millisecond },
			Handle: func(context.Context, queue.Job) error {
				<-released
				ended <- struct{}{}
				return nil
			},
		}, {Name: "test.quick", Handle: func(context.Context, queue.Job) error { return nil }}})
		if err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			for _, kind := range []string{"test.deaf", "test.quick"} {
				if err := q.Enqueue(t.Context(), tx, kind, ""); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		stopped := make(chan error, 1)
		go func() { stopped <- q.Run(ctx) }()
		var dead []queue.DeadJob
		var counts queue.Counts
		for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline) && (len(dead) == 0 || counts.Waiting+counts.Running > 0); time.Sleep(10 * time.Millisecond) {
			var err error
			if dead, err = q.Dead(t.Context(), 0, 10); err != nil {
				t.Fatal(err)
			}
			counts = total(t, q)
		}
		if len(dead) != 1 || dead[0].Attempt != 2 || !strings.Contains(dead[0].Failure, "the handler goes on nevertheless") || counts.Waiting+counts.Running > 0 {
			t.Errorf("the jobs that failed for good are %+v; %+v", dead, counts)
		}
		stop()
		select {
		case <-stopped:
		case <-time.After(time.Minute):
			t.Error("the queue waits for the handlers")
		}
		close(released)
		for range 2 {
			<-ended
		}
	})
}

func TestLongJobsKeepTheirLease(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		var starts atomic.Int64
		config := queue.Config{
			Logger: quiet, Lease: 2 * time.Second, FetchInterval: 5 * time.Millisecond,
		}
		kinds := []queue.Kind{{Name: "a.long", Handle: func(context.Context, queue.Job) error {
			starts.Add(1)
			time.Sleep(2*config.Lease + config.Lease/4)
			return nil
		}}}
		q := newQueue(db, config, kinds)
		run(t, q)
		run(t, newQueue(dbtest.Reopen(t, db), config, kinds))
		enqueue(t, db, q, "a.long", "x")
		eventually(t, "the job is done", func() bool { return starts.Load() > 0 && counts(t, q) == queue.Counts{} })
		if n := starts.Load(); n != 1 {
			t.Errorf("started %d times", n)
		}
	})
}

// A job that was taken away cannot have its effect: its context ends and Finish refuses.
func TestALostJobHasNoEffect(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		started, result := make(chan struct{}), make(chan error, 1)
		q := newQueue(db, queue.Config{
			Logger: quiet, Lease: 150 * time.Millisecond,
		}, []queue.Kind{{Name: "a.lose", Handle: func(ctx context.Context, j queue.Job) error {
			close(started)
			<-ctx.Done()
			err := db.Write(context.WithoutCancel(ctx), func(tx *sqldb.Tx) error { return j.Finish(context.WithoutCancel(ctx), tx) })
			result <- err
			return err
		}}})
		enqueue(t, db, q, "a.lose", "x")
		run(t, q)
		<-started
		if err := db.Write(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE jobs SET lease = 'thief', leased_at = ?`, clock.At(tx.Now.Add(time.Hour)))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := <-result; !errs.Is(err, errs.Conflict) {
			t.Errorf("Finish: %v", err)
		}
		if c := counts(t, q); c != (queue.Counts{Running: 1}) {
			t.Errorf("the thief's job: %+v", c)
		}
	})
}

func TestFinishAndEffectAreOne(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		fail, changedItsMind := true, errors.New("the handler changed its mind")
		q := newQueue(db, queue.Config{Logger: quiet}, []queue.Kind{{
			Name: "a.effect", Backoff: func(int) time.Duration { return 0 },
			Handle: func(ctx context.Context, j queue.Job) error {
				return db.Write(ctx, func(tx *sqldb.Tx) error {
					if _, err := tx.Exec(ctx, `INSERT INTO periodics (name, schedule, next_at) VALUES (?, '', 0)`, fmt.Sprint(j.Attempt)); err != nil {
						return err
					}
					if err := j.Finish(ctx, tx); err != nil {
						return err
					}
					if fail {
						fail = false
						return changedItsMind
					}
					return nil
				})
			},
		}})
		enqueue(t, db, q, "a.effect", nil)
		if err := drain(t, q); !errors.Is(err, changedItsMind) {
			t.Errorf("the first attempt: %v", err)
		}
		var names []string
		if err := db.Select(ctx, &names, `SELECT name FROM periodics ORDER BY name`); err != nil {
			t.Fatal(err)
		}
		wantList(t, names, "2")
		if c := counts(t, q); c != (queue.Counts{}) {
			t.Errorf("left over: %+v", c)
		}
	})
}

func TestQuickJobsRunInBatches(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		var largest, panics atomic.Int64
		effect := func(ctx context.Context, jobs []queue.Job) error {
			return db.Write(ctx, func(tx *sqldb.Tx) error {
				for _, j := range jobs {
					if _, err := tx.Exec(ctx, `INSERT INTO periodics (name, schedule, next_at) VALUES (?, '', ?)`,
						string(j.Payload), j.Attempt); err != nil {
						return err
					}
				}
				return queue.FinishAll(ctx, tx, jobs)
			})
		}
		q := newQueue(db, queue.Config{Logger: quiet}, []queue.Kind{{
			Name: "a.batch", Batch: 8, Backoff: func(int) time.Duration { return 0 },
			HandleMany: func(ctx context.Context, jobs []queue.Job) []error {
				failures := make([]error, len(jobs))
				largest.Store(max(largest.Load(), int64(len(jobs))))
				if len(jobs) > 3 && panics.Add(1) == 1 {
					panic("each job runs alone")
				}
				var well []queue.Job
				for i, j := range jobs {
					if j.Attempt == 1 && strings.HasSuffix(string(j.Payload), "7") {
						failures[i] = errors.New("not this one")
						continue
					}
					well = append(well, j)
				}
				if err := effect(ctx, well); err != nil {
					t.Error(err)
				}
				return failures
			},
		}})
		const all = 300
		payloads := make([]any, all)
		for i := range payloads {
			payloads[i] = i
		}
		if err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return q.EnqueueMany(t.Context(), tx, "a.batch", payloads...) }); err != nil {
			t.Fatal(err)
		}
		run(t, q)
		eventually(t, "every job to be done", func() bool { return counts(t, q) == (queue.Counts{}) })
		var done, again int
		if err := db.Get(t.Context(), &done, `SELECT COUNT(*) FROM periodics`); err != nil || done != all {
			t.Errorf("%d of %d jobs had their effect: %v", done, all, err)
		}
		if err := db.Get(t.Context(), &again, `SELECT COUNT(*) FROM periodics WHERE next_at = 2 AND name LIKE '%7'`); err != nil || again == 0 {
			t.Errorf("%d jobs ran twice: %v", again, err)
		}
		if largest.Load() != 8 || panics.Load() < 2 {
			t.Errorf("the largest batch had %d jobs; %d were large", largest.Load(), panics.Load())
		}
	})
}

func TestABatchIsFinishedAsAWhole(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		var problem error
		handle := func(ctx context.Context, jobs []queue.Job) []error {
			problem = db.Write(ctx, func(tx *sqldb.Tx) error {
				stranger := jobs[0]
				stranger.ID += 1000 // another job than ours
				return queue.FinishAll(ctx, tx, []queue.Job{jobs[0], stranger})
			})
			return make([]error, len(jobs)-1) // a handler that forgets a job has not done it
		}
		q := newQueue(db, queue.Config{Logger: quiet}, []queue.Kind{{Name: "a.batch", HandleMany: handle}})
		enqueue(t, db, q, "a.batch", nil)
		if err := drain(t, q); err == nil || !strings.Contains(err.Error(), "answered for 0 of 1 jobs") {
			t.Errorf("the job's error is %v", err)
		}
		if !errs.Is(problem, errs.Conflict) {
			t.Errorf("the transaction's error is %v", problem)
		}
		if c := counts(t, q); c != (queue.Counts{Later: 1}) {
			t.Errorf("left over: %+v", c)
		}
	})
}

func TestUrgentJobsDoNotWaitForOthers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		release := make(chan struct{})
		var blocked atomic.Int64
		block := func(ctx context.Context, _ queue.Job) error {
			blocked.Add(1)
			select {
			case <-release:
			case <-ctx.Done():
			}
			return nil
		}
		var done notes
		q := newQueue(db, queue.Config{Logger: quiet, Workers: 5}, []queue.Kind{
			{Name: "a.block", Handle: block},
			{Name: "a.tidy", Handle: block, Lane: queue.Housekeeping},
			{Name: "a.urgent", Handle: done.handle, Lane: queue.Urgent},
		})
		for range 20 {
			enqueue(t, db, q, "a.block", nil)
			enqueue(t, db, q, "a.tidy", nil)
		}
		run(t, q)
		eventually(t, "all workers are busy but the urgent one", func() bool { return blocked.Load() == 4 })
		enqueue(t, db, q, "a.urgent", "now")
		eventually(t, "the urgent job is done", func() bool { return len(done.take()) == 1 })
		close(release)
	})
}

// Told to end, Run waits for the job in hand, gives back what it had only taken, and what does not end
// in time.
func TestRunEndsInOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		started := make(chan struct{}, 100)
		var done atomic.Int64
		ending := make(chan struct{})
		q := newQueue(db, queue.Config{
			Logger: quiet, Workers: 3, Grace: 3 * time.Second,
		}, []queue.Kind{
			{Name: "a.short", Handle: func(context.Context, queue.Job) error {
				started <- struct{}{}
				<-ending
				done.Add(1)
				return nil
			}},
			{Name: "a.endless", Lane: queue.Housekeeping, Handle: func(ctx context.Context, _ queue.Job) error {
				started <- struct{}{}
				<-ctx.Done()
				return ctx.Err()
			}},
		})
		for range 5 {
			enqueue(t, db, q, "a.short", nil)
		}
		enqueue(t, db, q, "a.endless", nil)
		stop := run(t, q)
		<-started
		<-started
		time.AfterFunc(time.Second, func() { close(ending) }) // long after it was told
		stop()
		if n := done.Load(); n < 1 || n > 2 {
			t.Errorf("%d short jobs ended", n)
		}
		if c := counts(t, q); c != (queue.Counts{Waiting: 6 - done.Load()}) {
			t.Errorf("counts %+v after %d jobs", c, done.Load())
		}
		var attempts int
		if err := db.Get(t.Context(), &attempts, `SELECT SUM(attempt) FROM jobs`); err != nil || attempts != 0 {
			t.Errorf("%d attempts were counted against jobs that were given back, error %v", attempts, err)
		}
	})
}

func TestWorkersWakeEachOther(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		done := make(chan time.Time, 10)
		config := queue.Config{Logger: quiet, FetchInterval: time.Hour}
		kinds := []queue.Kind{{Name: "a.ring", Handle: func(context.Context, queue.Job) error {
			done <- time.Now()
			return nil
		}}}
		q := newQueue(db, config, kinds)
		run(t, q)
		sender := q
		if db.Engine() == sqldb.PostgreSQL {
			sender = newQueue(dbtest.Reopen(t, db), config, kinds) // by NOTIFY, from another process
		}
		for range 5 {
			time.Sleep(20 * time.Millisecond)
			start := time.Now()
			enqueue(t, db, sender, "a.ring", nil)
			select {
			case at := <-done:
				t.Logf("%v from commit to start", at.Sub(start))
			case <-time.After(time.Minute):
				t.Fatal("nobody woke up")
			}
		}
	})
}

func TestRunLeavesNoGoroutines(t *testing.T) {
	// Not parallel: it counts all goroutines.
	db := dbtest.SQLite(t)
	before := goleak.IgnoreCurrent()
	var done notes
	q := newQueue(db, queue.Config{Logger: quiet}, []queue.Kind{{Name: "a.note", Handle: done.handle}})
	stop := run(t, q)
	for i := range 50 {
		enqueue(t, db, q, "a.note", fmt.Sprint(i))
	}
	eventually(t, "all jobs are done", func() bool { return counts(t, q) == queue.Counts{} })
	stop()
	goleak.VerifyNone(t, before, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}
