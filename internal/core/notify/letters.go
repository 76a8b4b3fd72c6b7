package notify

import (
	"context"
	"errors"
	"fmt"

	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Postman carries letters; the e-mail channel does.
type Postman interface {
	Post(ctx context.Context, l Letter) error
}

// Letters hands letters to the task runner.
type Letters struct{ queue outbox.Enqueuer }

// NewLetters returns a letter box that is emptied by the task runner.
func NewLetters(q outbox.Enqueuer) *Letters { return &Letters{queue: q} }

// Post sends a letter once the transaction has been committed.
func (l *Letters) Post(ctx context.Context, tx *sqldb.Tx, letter Letter) error {
	if err := l.queue.Enqueue(ctx, tx, JobLetter, letter); err != nil {
		return fmt.Errorf("post a letter: %w", err)
	}
	return nil
}

// postLetter hands a letter to the postman.
func (n *Notifier) postLetter(ctx context.Context, job queue.Job) error {
	var l Letter
	if err := job.Decode(&l); err != nil {
		return err
	}
	if n.config.Postman == nil {
		return errs.New(errs.Unavailable, "This person cannot be reached this way.").Because(errors.New("the house has no postman: letters wait"))
	}
	err := n.config.Postman.Post(ctx, l)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("post a letter of kind %s: %w", l.Kind, err)
	if !errs.Temporary(err) {
		return queue.Permanent(err)
	}
	return err
}
