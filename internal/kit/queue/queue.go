// Package queue runs work after the transaction that caused it, durably, in the site's own database.
//
// A job is enqueued in the caller's transaction: it exists if and only if its cause does. Any number of
// processes take jobs from one database. A job that fails runs again later, each time after a longer
// pause, until it succeeds or is dead: kept for an administrator, who may retry or discard it. Jobs that
// succeeded are deleted.
//
// # At least once
//
// A process may die after a job's effect and before the job is deleted; the job then runs again once
// its lease ends. A handler whose effect is in the database makes both one by calling Job.Finish in the
// transaction of the effect: then the effect happens exactly once. A handler whose effect is outside
// must bear a repetition.
//
// # Lanes
//
// Each kind of job is in one lane. Urgent is what a person waits for; normal is the rest; periodic is
// housekeeping. One worker is kept free for urgent jobs alone and one is never given to normal ones, so
// no lane waits for another. Within a lane the older job goes first.
//
// # Time
//
// Leases and schedules compare the clocks of the machines that share a database: they should agree
// within a few seconds.
package queue

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/robfig/cron/v3"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// The lanes of Kind.Lane.
const (
	Urgent       = "urgent"   // a person waits for it
	Normal       = "normal"   // the default
	Housekeeping = "periodic" // the default of kinds that a Periodic enqueues
)

// Kind is a sort of job and what is done about it.
type Kind struct {
	Name        string                                 // room.verb
	Handle      func(ctx context.Context, j Job) error // nil is fine where the queue never runs
	MaxAttempts int                                    // then it is dead; zero is 15, about a day
	Lane        string                                 // Urgent, Normal or Housekeeping; empty is Normal
	Timeout     time.Duration                          // ctx ends after it; zero is 5 minutes
	Backoff     func(attempt int) time.Duration        // pause after a failed attempt, from 1; nil is DefaultBackoff

	// HandleMany stands in for Handle where many small jobs share work. It takes at most Batch jobs and
	// returns an error or nil for each, in their order. Batches come about only while jobs are quick and
	// many wait; Timeout is for all of a batch. If it panics, it is called with each job of the batch alone.
	HandleMany func(ctx context.Context, jobs []Job) []error
	Batch      int // zero is 16

	// Dead is called in the transaction that marks the job dead. If it returns an error, what it wrote is
	// rolled back and the job is marked dead without it.
	Dead func(ctx context.Context, tx *sqldb.Tx, j Job, err error) error
	// Revived is called in the transaction that lets a dead job run again.
	Revived func(ctx context.Context, tx *sqldb.Tx, j Job) error
}

// Config describes a queue. Zero values are sensible.
type Config struct {
	Workers  int            // jobs at the same time in this process; zero is 8, the least is 3
	Location *time.Location // of schedules; nil is UTC
	Clock    clock.Clock    // nil is the database's
	Logger   *slog.Logger   // nil is slog.Default

	FetchInterval time.Duration // how often to look for jobs that nobody announced; zero is 1 s
	Lease         time.Duration // after which the jobs of a process that died run elsewhere; zero is 30 s
	Overtime      time.Duration // how long a handler keeps its worker after its context has ended; zero is 10 s
	Grace         time.Duration // how long Run waits for running jobs when its context ends; zero is 20 s
}

// Queue enqueues jobs, and runs them where Run is called.
type Queue struct {
	db        *sqldb.DB
	config    Config
	log       *slog.Logger
	kinds     map[string]*Kind
	kindNames []string
	periodics []periodic
	wake      chan struct{} // something may have become due
	notifying atomic.Bool   // the other processes will be woken in a moment
	metrics   *metrics
}

// wakeChannel is the database channel on which processes wake each other, where the engine has one.
const wakeChannel = "grouprise_jobs"

// New returns a queue on the database's tables jobs and periodics. It can be given to those who enqueue at
// once. Handle and Schedule, which tell it what to run, are called before the first job is enqueued and before Run.
func New(db *sqldb.DB, c Config) *Queue {
	if c.Clock != nil {
		db = db.WithClock(c.Clock)
	}
	if c.Location == nil {
		c.Location = time.UTC
	}
	c.Workers = max(3, cmp.Or(c.Workers, 8))
	c.FetchInterval = cmp.Or(c.FetchInterval, time.Second)
	c.Lease = cmp.Or(c.Lease, 30*time.Second)
	c.Overtime = cmp.Or(c.Overtime, 10*time.Second)
	c.Grace = cmp.Or(c.Grace, 20*time.Second)
	return &Queue{
		db: db, config: c, log: cmp.Or(c.Logger, slog.Default()),
		kinds: map[string]*Kind{}, wake: make(chan struct{}, 1), metrics: newMetrics(),
	}
}

// Handle registers kinds of jobs. It panics if two kinds have one name, and if a lane is unknown.
func (q *Queue) Handle(kinds ...Kind) {
	for _, k := range kinds {
		if q.kinds[k.Name] != nil {
			panic("queue: two kinds are named " + k.Name)
		}
		k.Lane = cmp.Or(k.Lane, Normal)
		if _, ok := maxWorkers[k.Lane]; !ok {
			panic(fmt.Sprintf("queue: %s is in an unknown lane %q", k.Name, k.Lane))
		}
		k.MaxAttempts = cmp.Or(k.MaxAttempts, 15)
		k.Timeout = cmp.Or(k.Timeout, 5*time.Minute)
		k.Batch = cmp.Or(k.Batch, 16)
		if k.HandleMany == nil {
			k.Batch = 1
		}
		if k.Backoff == nil {
			k.Backoff = DefaultBackoff
		}
		q.kinds[k.Name] = &k
		q.metrics.expect(k.Name)
		q.kindNames = append(q.kindNames, k.Name)
	}
}

// Schedule registers periodic jobs. It panics if Handle has not registered their kind yet, and if a schedule
// cannot be parsed.
func (q *Queue) Schedule(periodics ...Periodic) {
	for _, p := range periodics {
		if q.kinds[p.Kind] == nil {
			panic(fmt.Sprintf("queue: the periodic job %s is of an unknown kind %s", p.Name, p.Kind))
		}
		schedule, err := cron.ParseStandard(p.Schedule)
		if err != nil {
			panic(fmt.Sprintf("queue: the schedule of %s: %v", p.Name, err))
		}
		q.periodics = append(q.periodics, periodic{p, schedule})
	}
}

// Option says how a job is enqueued.
type Option func(*options)

type options struct {
	runAt     clock.Time
	unique    string
	expiresAt clock.Time
}

// Unique makes Enqueue do nothing while a job of the same kind and key waits or runs. It is not for "the data
// changed, process it once more": the running job may have read the data before they changed.
func Unique(key string) Option { return func(o *options) { o.unique = key } }

// RunAt lets the job wait until a time.
func RunAt(t clock.Time) Option { return func(o *options) { o.runAt = t } }

// ExpiresAt drops the job if it has not been started until a time.
func ExpiresAt(t clock.Time) Option { return func(o *options) { o.expiresAt = t } }

const insertJob = `INSERT INTO jobs
	(kind, lane, state, payload, unique_name, unique_key, attempt, run_at, expires_at, created_at)`

// Enqueuer is the part of the queue that puts one job in.
type Enqueuer interface {
	Enqueue(ctx context.Context, tx *sqldb.Tx, kind string, payload any, opts ...Option) error
}

// Enqueue adds a job to the caller's transaction. The payload is stored as JSON; ids are better than
// copies, for the job may run much later.
func (q *Queue) Enqueue(ctx context.Context, tx *sqldb.Tx, kind string, payload any, opts ...Option) error {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	row, err := q.row(tx, kind, payload, o)
	if err != nil {
		return err
	}
	if o.unique == "" {
		err = tx.InsertRows(ctx, insertJob, [][]any{row})
	} else {
		_, err = tx.InsertNew(ctx, insertJob+` VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, row...)
	}
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", kind, err)
	}
	q.announce(tx)
	return nil
}

// EnqueueMany adds a job for each payload with few statements.
func (q *Queue) EnqueueMany(ctx context.Context, tx *sqldb.Tx, kind string, payloads ...any) error {
	if len(payloads) == 0 {
		return nil
	}
	rows := make([][]any, len(payloads))
	for i, payload := range payloads {
		row, err := q.row(tx, kind, payload, options{})
		if err != nil {
			return err
		}
		rows[i] = row
	}
	if err := tx.InsertRows(ctx, insertJob, rows); err != nil {
		return fmt.Errorf("enqueue %d × %s: %w", len(payloads), kind, err)
	}
	q.announce(tx)
	return nil
}

func (q *Queue) row(tx *sqldb.Tx, kind string, payload any, o options) ([]any, error) {
	k := q.kinds[kind]
	if k == nil {
		return nil, fmt.Errorf("enqueue %s: no kind of job with this name is registered", kind)
	}
	text, err := json.Marshal(payload)
	if err != nil {
		return nil, fmt.Errorf("enqueue %s: %w", kind, err)
	}
	state := waiting
	if o.runAt.After(tx.Now.Time) {
		state = later
	} else {
		o.runAt = tx.Now
	}
	var unique *string
	if o.unique != "" {
		unique = &o.unique
	}
	return []any{kind, k.Lane, state, string(text), unique, unique, 0, o.runAt, o.expiresAt, tx.Now}, nil
}

// announce wakes the workers after the commit: those of this process directly, the others a moment later.
func (q *Queue) announce(tx *sqldb.Tx) {
	tx.AfterCommit(q.wakeUp)
	tx.AfterCommit(q.notifyOthers)
}

const (
	notifyDelay   = 20 * time.Millisecond // so that many jobs in a row wake the other processes once
	notifyTimeout = 5 * time.Second
)

// notifyOthers wakes the other processes soon. If it fails they find the jobs at their next fetch.
func (q *Queue) notifyOthers() {
	if !q.notifying.CompareAndSwap(false, true) {
		return
	}
	time.AfterFunc(notifyDelay, func() {
		q.notifying.Store(false)
		ctx, cancel := context.WithTimeout(context.Background(), notifyTimeout)
		defer cancel()
		if err := q.db.Wake(ctx, wakeChannel); err != nil {
			q.log.DebugContext(ctx, "other processes are not woken", "error", err)
		}
	})
}

// wakeUp makes the loop of Run fetch at once, or once more if it is fetching.
func (q *Queue) wakeUp() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}
