// Package outbox records what happened, in the transaction that made it happen.
//
// An activity is a row. Reactions that must be true together with it, such as the subscription that comes
// with a membership, run in the same transaction. Everything that leaves the program, such as mails,
// happens after the commit: the task runner finds the activity and notify works out who is to hear of it.
package outbox

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// JobNotify is the kind of the job that follows each activity. Its payload is a Task.
const JobNotify = "notify.activity"

// Task is the payload of the job that follows an activity.
type Task struct {
	ActivityID int64 `json:"activity"`
}

// Reaction is what a room does in the transaction of an activity.
type Reaction struct {
	Activity community.ActivityName
	Does     string // what it does, for the print of the house: "subscribes the new member"
	Run      func(ctx context.Context, tx *sqldb.Tx, e community.Activity) error
}

// Enqueuer is the part of the task queue that puts jobs in.
type Enqueuer interface {
	queue.Enqueuer
	EnqueueMany(ctx context.Context, tx *sqldb.Tx, kind string, payloads ...any) error
}

// Outbox records activities.
type Outbox struct {
	queue     Enqueuer
	reactions map[community.ActivityName][]Reaction
}

// New returns an outbox that wakes the task runner through the queue. React adds the reactions once all
// rooms are built.
func New(q Enqueuer) *Outbox {
	return &Outbox{queue: q, reactions: map[community.ActivityName][]Reaction{}}
}

// React adds reactions. It must be called before the first Record: the house is built before it opens.
func (o *Outbox) React(reactions ...Reaction) {
	for _, r := range reactions {
		o.reactions[r.Activity] = append(o.reactions[r.Activity], r)
	}
}

// Record writes the activity, runs its reactions and enqueues the work that follows after the commit. It
// returns the activity's id. OccurredAt is the transaction's time unless it is set.
func (o *Outbox) Record(ctx context.Context, tx *sqldb.Tx, e community.Activity) (int64, error) {
	if e.OccurredAt.IsZero() {
		e.OccurredAt = tx.Now
	}
	id, err := tx.Insert(ctx, `
		INSERT INTO activities (name, actor_id, entity_id, person_id, content_id, conversation_id, contribution_id, date_id, occurred_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.Name, e.ActorID, e.EntityID, e.PersonID, e.ContentID, e.ConversationID, e.ContributionID, e.DateID, e.OccurredAt)
	if err != nil {
		return 0, fmt.Errorf("record the activity %s: %w", e.Name, err)
	}
	e.ID = id
	for _, r := range o.reactions[e.Name] {
		if err := r.Run(ctx, tx, e); err != nil {
			return 0, fmt.Errorf("react to %s (%s): %w", e.Name, r.Does, err)
		}
	}
	if err := o.queue.Enqueue(ctx, tx, JobNotify, Task{ActivityID: id}); err != nil {
		return 0, fmt.Errorf("enqueue the work after %s: %w", e.Name, err)
	}
	return id, nil
}
