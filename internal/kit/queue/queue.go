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
// no lane waits for another. Within a lane the smaller priority goes first, then the older job.
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
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/robfig/cron/v3"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
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
	Backoff     func(attempt int) time.Duration        // pause after the attempt that failed, from 1; nil is DefaultBackoff

	// HandleMany stands in for Handle where many small jobs share work. It takes at most Batch jobs and
	// returns an error or nil for each, in their order. Batches come about only while jobs are quick and
	// many wait; Timeout is for all of a batch. If it panics, each job of the batch is handled alone.
	HandleMany func(ctx context.Context, jobs []Job) []error
	Batch      int // zero is 16

	// Dead is called in the transaction that marks the job dead, which its error undoes: the job is
	// then dead without it.
	Dead func(ctx context.Context, tx *sqldb.Tx, j Job, err error) error
}

// Periodic enqueues a job without payload again and again, once for all processes together.
type Periodic struct {
	Name     string        // stays the same for ever: the database remembers the last time by it
	Schedule string        // as cron writes it: "15 4 * * *", "@hourly", "@every 10m", in Config.Location
	Kind     string        // what is enqueued
	Expires  time.Duration // not started when it is late by more than this; zero is never too late
}

// Config describes a queue. Zero values are sensible.
type Config struct {
	Kinds     []Kind
	Periodics []Periodic
	Workers   int            // jobs at the same time in this process; zero is 8, the least is 3
	Location  *time.Location // of schedules; nil is UTC
	Clock     clock.Clock    // nil is the database's
	Logger    *slog.Logger   // nil is slog.Default

	LookEvery time.Duration // how often to look for jobs that nobody announced; zero is 1 s
	Lease     time.Duration // after which the jobs of a process that died run elsewhere; zero is 30 s
	Grace     time.Duration // how long Run waits for jobs in hand when it is told to end; zero is 20 s
}

// Queue enqueues jobs, and runs them where Run is called.
type Queue struct {
	db        *sqldb.DB
	config    Config
	log       *slog.Logger
	kinds     map[string]*Kind
	names     []string // of the kinds
	periodics []periodic
	wake      chan struct{} // something may have become due
	telling   atomic.Bool   // the other processes will be woken in a moment
}

type periodic struct {
	Periodic
	schedule cron.Schedule
}

// channel is what processes wake each other by, where the database can.
const channel = "grouprise_jobs"

// New returns a queue on the database's tables jobs and periodics. It panics on a configuration that
// can never work, such as two kinds of one name or a schedule that cannot be read.
func New(db *sqldb.DB, c Config) *Queue {
	if c.Clock != nil {
		db = db.WithClock(c.Clock)
	}
	if c.Location == nil {
		c.Location = time.UTC
	}
	c.Workers = max(3, cmp.Or(c.Workers, 8))
	c.LookEvery = cmp.Or(c.LookEvery, time.Second)
	c.Lease = cmp.Or(c.Lease, 30*time.Second)
	c.Grace = cmp.Or(c.Grace, 20*time.Second)
	q := &Queue{
		db: db, config: c, log: cmp.Or(c.Logger, slog.Default()),
		kinds: map[string]*Kind{}, wake: make(chan struct{}, 1),
	}
	for _, k := range c.Kinds {
		if q.kinds[k.Name] != nil {
			panic("queue: two kinds are named " + k.Name)
		}
		k.Lane = cmp.Or(k.Lane, Normal)
		if _, ok := lanes[k.Lane]; !ok {
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
		q.names = append(q.names, k.Name)
	}
	for _, p := range c.Periodics {
		if q.kinds[p.Kind] == nil {
			panic(fmt.Sprintf("queue: the periodic job %s is of an unknown kind %s", p.Name, p.Kind))
		}
		schedule, err := cron.ParseStandard(p.Schedule)
		if err != nil {
			panic(fmt.Sprintf("queue: the schedule of %s: %v", p.Name, err))
		}
		q.periodics = append(q.periodics, periodic{p, schedule})
	}
	return q
}

// Option says how a job is enqueued.
type Option func(*options)

type options struct {
	priority  int
	runAt     clock.Time
	unique    string
	expiresAt clock.Time
}

// Priority puts the job before those of its lane with a larger number; zero is usual, negative sooner.
func Priority(p int) Option { return func(o *options) { o.priority = p } }

// RunAt lets the job wait until a time.
func RunAt(t clock.Time) Option { return func(o *options) { o.runAt = t } }

// Unique makes Enqueue do nothing while a job of the same kind and key waits or runs. A job that runs
// may already have read what it works on, so the key is not for "look again"; it is for "do it once".
func Unique(key string) Option { return func(o *options) { o.unique = key } }

// ExpiresAt drops the job if it has not been started until a time.
func ExpiresAt(t clock.Time) Option { return func(o *options) { o.expiresAt = t } }

const insert = `INSERT INTO jobs (kind, lane, state, priority, payload, unique_name, unique_key, attempt, run_at, expires_at, created_at)`

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
		err = tx.InsertRows(ctx, insert, [][]any{row})
	} else {
		_, err = tx.InsertNew(ctx, insert+` VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, row...)
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
	if err := tx.InsertRows(ctx, insert, rows); err != nil {
		return fmt.Errorf("enqueue %d × %s: %w", len(payloads), kind, err)
	}
	q.announce(tx)
	return nil
}

func (q *Queue) row(tx *sqldb.Tx, kind string, payload any, o options) ([]any, error) {
	k := q.kinds[kind]
	if k == nil {
		return nil, fmt.Errorf("enqueue %s: there is no such kind of job", kind)
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
	return []any{kind, k.Lane, state, o.priority, string(text), unique, unique, 0, o.runAt, o.expiresAt, tx.Now}, nil
}

// announce wakes the workers after the commit: those of this process directly, the others a moment later.
func (q *Queue) announce(tx *sqldb.Tx) {
	tx.AfterCommit(q.poke)
	tx.AfterCommit(q.tellOthers)
}

const (
	tellAfter = 20 * time.Millisecond // so that many jobs in a row wake the other processes once
	tellTime  = 5 * time.Second
)

// tellOthers wakes the other processes soon. If it fails they find the jobs when they look by themselves.
func (q *Queue) tellOthers() {
	if !q.telling.CompareAndSwap(false, true) {
		return
	}
	time.AfterFunc(tellAfter, func() {
		q.telling.Store(false)
		ctx, cancel := context.WithTimeout(context.Background(), tellTime)
		defer cancel()
		if err := q.db.Wake(ctx, channel); err != nil {
			q.log.DebugContext(ctx, "other processes are not woken", "error", err)
		}
	})
}

// poke makes the loop of Run look for work, now or as soon as it has looked.
func (q *Queue) poke() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// The states of a job.
const (
	later   = "later"   // run_at is in the future
	waiting = "waiting" // may be taken
	running = "running" // somebody has a lease
	dead    = "dead"    // failed for good
)

// Job is a job in the hands of its handler.
type Job struct {
	ID        int64
	Kind      string
	Attempt   int // from 1
	CreatedAt clock.Time
	Payload   []byte // JSON

	lease    string // who has the job in hand; empty outside the queue
	finished func() // called after the commit of its effect
}

// Decode reads the payload into dest. A payload that does not fit is a permanent error.
func (j Job) Decode(dest any) error {
	if err := json.Unmarshal(j.Payload, dest); err != nil {
		return Permanent(fmt.Errorf("read the payload of job %d: %w", j.ID, err))
	}
	return nil
}

// Finish ends the job in the transaction of its effect, so that both happen or neither. If the job was
// taken away meanwhile, because this process seemed dead, it returns errs.Conflict and the transaction
// must not go on. The handler returns nil after the commit.
func (j Job) Finish(ctx context.Context, tx *sqldb.Tx) error { return FinishAll(ctx, tx, []Job{j}) }

// FinishAll is Finish for jobs that one handler has in hand: it ends all of them or none.
func FinishAll(ctx context.Context, tx *sqldb.Tx, jobs []Job) error {
	if len(jobs) == 0 || jobs[0].lease == "" {
		return nil
	}
	ids := make([]int64, len(jobs))
	for i, j := range jobs {
		ids[i] = j.ID
	}
	rows, err := tx.Exec(ctx, `DELETE FROM jobs WHERE id IN (?) AND lease = ?`, ids, jobs[0].lease)
	if err != nil {
		return err
	}
	if rows < int64(len(jobs)) {
		return errs.New(errs.Conflict, "").Because(fmt.Errorf("%d of the jobs %v are no longer ours", int64(len(jobs))-rows, ids))
	}
	for _, j := range jobs {
		tx.AfterCommit(j.finished)
	}
	return nil
}

// Permanent marks an error that trying again does not help against: the job is dead at once.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{err}
}

type permanentError struct{ error }

func (e *permanentError) Unwrap() error { return e.error }

func isPermanent(err error) bool {
	_, ok := errors.AsType[*permanentError](err)
	return ok
}

// DeadJob is a job that failed for good.
type DeadJob struct {
	ID        int64      `db:"id"`
	Kind      string     `db:"kind"`
	Payload   string     `db:"payload"`
	Attempt   int        `db:"attempt"`
	Failure   string     `db:"failure"`
	FailedAt  clock.Time `db:"failed_at"`
	CreatedAt clock.Time `db:"created_at"`
}

// Dead lists jobs that failed for good, the newest first: those with an id below before (zero is all).
func (q *Queue) Dead(ctx context.Context, before int64, limit int) ([]DeadJob, error) {
	var jobs []DeadJob
	err := q.db.Select(ctx, &jobs, `SELECT id, kind, payload, attempt, COALESCE(failure, '') AS failure, failed_at, created_at
		FROM jobs WHERE state = 'dead' AND (id < ? OR ? = 0) ORDER BY id DESC LIMIT ?`, before, before, limit)
	return jobs, err
}

// Retry lets a dead job run again, with all its attempts. It is errs.NotFound if there is no such dead
// job, and errs.Conflict if a job with its unique key lives.
func (q *Queue) Retry(ctx context.Context, id int64) error {
	return q.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Exec(ctx, `UPDATE jobs SET state = 'waiting', attempt = 0, run_at = ?, expires_at = NULL, unique_key = unique_name
			WHERE id = ? AND state = 'dead'`, tx.Now, id)
		if err != nil {
			return err
		}
		if rows == 0 {
			return errs.New(errs.NotFound, "")
		}
		q.announce(tx)
		return nil
	})
}

// Discard deletes a dead job; errs.NotFound if there is none.
func (q *Queue) Discard(ctx context.Context, id int64) error {
	return q.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Exec(ctx, `DELETE FROM jobs WHERE id = ? AND state = 'dead'`, id)
		if err == nil && rows == 0 {
			return errs.New(errs.NotFound, "")
		}
		return err
	})
}

// Counts says how many jobs there are in each state.
type Counts struct {
	Later, Waiting, Running, Dead int64
	Oldest                        clock.Time // since when the job that waits longest could have run; zero if none waits
}

// Counts counts the jobs.
func (q *Queue) Counts(ctx context.Context) (Counts, error) {
	var rows []struct {
		State  string     `db:"state"`
		Jobs   int64      `db:"jobs"`
		Oldest clock.Time `db:"oldest"`
	}
	var c Counts
	if err := q.db.Select(ctx, &rows, `SELECT state, COUNT(*) AS jobs, MIN(run_at) AS oldest FROM jobs GROUP BY state ORDER BY state`); err != nil {
		return c, err
	}
	for _, r := range rows {
		switch r.State {
		case later:
			c.Later = r.Jobs
		case waiting:
			c.Waiting, c.Oldest = r.Jobs, r.Oldest
		case running:
			c.Running = r.Jobs
		case dead:
			c.Dead = r.Jobs
		}
	}
	return c, nil
}
