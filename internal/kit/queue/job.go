package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// The states of a job.
const (
	later   = "later"   // run_at is in the future
	waiting = "waiting" // may be claimed
	running = "running" // a process has a lease
	dead    = "dead"    // failed for good
)

// Job is a job as its handler gets it.
type Job struct {
	ID        int64
	Kind      string
	Attempt   int // from 1
	CreatedAt clock.Time
	Payload   []byte // JSON

	lease    string // of the process that runs the job; empty outside the queue
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
// taken over by another process, because this one seemed dead, it returns errs.Conflict and the transaction
// must not go on. The handler returns nil after the commit.
func (j Job) Finish(ctx context.Context, tx *sqldb.Tx) error { return FinishAll(ctx, tx, []Job{j}) }

// FinishAll is Finish for jobs that HandleMany was given together: it ends all of them or none.
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

// Permanent marks an error that another attempt would only repeat: the job is dead at once.
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
