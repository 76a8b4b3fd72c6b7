package notify

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
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

// maxCalled is how long a name may be in a letter to somebody whose address is not proved, in characters.
const maxCalled = 60

// address finds what mail programs turn into links, and what only looks like one.
var address = regexp.MustCompile(`(?i)[\pL\d]\.[\pL\d]|@|://|www\.`)

// Called returns what a letter calls a person or group whose name anybody may have chosen. Letters go to whatever address
// is typed, so a name that holds an address, or is as long as a text, is replaced by the short name.
func Called(name, slug string) string {
	if utf8.RuneCountInString(name) > maxCalled || address.MatchString(name) {
		return slug
	}
	return name
}

// GroupCalled returns what a letter is about if that is a group, by what letters call it; nil if it is none.
func GroupCalled(e community.Entity) *community.Entity {
	if !e.IsGroup() {
		return nil
	}
	e.Name = Called(e.Name, e.Slug)
	return &e
}

// Post sends a letter once the transaction has been committed.
func (l *Letters) Post(ctx context.Context, tx *sqldb.Tx, letter Letter) error {
	return l.PostAs(ctx, tx, JobLetter, letter)
}

// PostAs is Post by a job of another kind, which Notifier.LetterKind makes.
func (l *Letters) PostAs(ctx context.Context, tx *sqldb.Tx, kind string, letter Letter) error {
	if err := l.queue.Enqueue(ctx, tx, kind, letter); err != nil {
		return fmt.Errorf("post a letter: %w", err)
	}
	return nil
}

// PostAll sends letters once the transaction has been committed.
func (l *Letters) PostAll(ctx context.Context, tx *sqldb.Tx, all []Letter) error {
	payloads := make([]any, len(all))
	for n, letter := range all {
		payloads[n] = letter
	}
	if err := l.queue.EnqueueMany(ctx, tx, JobLetter, payloads...); err != nil {
		return fmt.Errorf("post letters: %w", err)
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
		return errs.New(errs.Unavailable, "This person can’t be reached this way.").Because(errors.New("the house has no postman: letters wait"))
	}
	err := n.config.Postman.Post(ctx, l)
	switch {
	case err == nil:
		n.outcomes.count(letters, resultSent, 1)
		return nil
	case errors.Is(err, ErrUnreachable):
		n.outcomes.count(letters, resultWithdrawn, 1)
		return nil
	}
	err = fmt.Errorf("post a letter of kind %s: %w", l.Kind, err)
	if !errs.Temporary(err) {
		return queue.Permanent(err)
	}
	n.outcomes.count(letters, resultDeferred, 1)
	return err
}

// countDeadLetter notes a letter that is given up.
func (n *Notifier) countDeadLetter(_ context.Context, tx *sqldb.Tx, _ queue.Job, _ error) error {
	tx.AfterCommit(func() { n.outcomes.count(letters, resultDead, 1) })
	return nil
}
