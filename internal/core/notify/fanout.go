package notify

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// mailAttempts is how often something is sent that a mail server does not take: for five days, as mail servers themselves
// try (RFC 5321, section 4.5.4.1). A site whose server breaks on Good Friday loses nothing.
const mailAttempts = 33

// Jobs returns the jobs of this package.
func (n *Notifier) Jobs() []queue.Kind {
	return []queue.Kind{
		{Name: outbox.JobNotify, HandleMany: n.fanOut, Batch: 8, Lane: queue.Normal},
		{Name: JobDeliver, HandleMany: n.deliver, Batch: 50, Lane: queue.Normal, Dead: n.markDead, Revived: n.markWaiting, MaxAttempts: mailAttempts},
		{Name: JobLetter, Handle: n.postLetter, Lane: queue.Urgent, MaxAttempts: mailAttempts},
	}
}

// fanOut turns activities into deliveries: each in one transaction, and once, however often it runs. Those that
// come together share the transaction, unless one of them fails.
func (n *Notifier) fanOut(ctx context.Context, jobs []queue.Job) []error {
	failures := make([]error, len(jobs))
	err := n.fanOutTogether(ctx, jobs)
	for i := range jobs {
		if failures[i] = err; err != nil && len(jobs) > 1 {
			failures[i] = n.fanOutTogether(ctx, jobs[i:i+1])
		}
	}
	return failures
}

func (n *Notifier) fanOutTogether(ctx context.Context, jobs []queue.Job) error {
	ids := make([]int64, len(jobs))
	for i, job := range jobs {
		var task outbox.Task
		if err := job.Decode(&task); err != nil {
			return err
		}
		ids[i] = task.ActivityID
	}
	return n.config.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		var activities []community.Activity
		err := tx.SelectLocked(ctx, &activities, `SELECT `+activityColumns+` FROM activities WHERE id IN (?) AND done_at IS NULL ORDER BY id`, ids)
		if err != nil {
			return fmt.Errorf("read the activities %v: %w", ids, err)
		}
		for _, e := range activities {
			if err := n.insertDeliveries(ctx, tx, e); err != nil {
				return fmt.Errorf("fan out activity %d (%s): %w", e.ID, e.Name, err)
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE activities SET done_at = ? WHERE id IN (?) AND done_at IS NULL`, tx.Now, ids); err != nil {
			return fmt.Errorf("mark the activities %v done: %w", ids, err)
		}
		return queue.FinishAll(ctx, tx, jobs)
	})
}

const activityColumns = `id, name, actor_id, entity_id, person_id, content_id, conversation_id, contribution_id, occurred_at`

// insertDeliveries writes the deliveries of an activity on every channel.
func (n *Notifier) insertDeliveries(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
	notice, ok := n.notices[e.Name]
	if !ok {
		return nil
	}
	audience, err := notice.Audience(ctx, tx, e)
	if err != nil {
		return fmt.Errorf("work out the audience: %w", err)
	}
	if audience.IsEmpty() {
		return nil
	}
	query, args := n.targetsSQL(notice, e, audience)
	var targets []target
	if err := tx.Select(ctx, &targets, query+` ORDER BY a.person_id`, args...); err != nil {
		return fmt.Errorf("read the audience: %w", err)
	}
	for i, channel := range n.config.Channels {
		var deliveries []Delivery
		for _, t := range targets {
			if t.on(i) {
				deliveries = append(deliveries, Delivery{Activity: e, To: Recipient{PersonID: t.PersonID, Reason: t.Reason}, Channel: channel.Name()})
			}
		}
		if err := n.insertForChannel(ctx, tx, channel, deliveries); err != nil {
			return fmt.Errorf("deliver by %s: %w", channel.Name(), err)
		}
	}
	return nil
}

// insertForChannel writes the deliveries of one channel and, unless the channel delivers in the database,
// a job for each. It runs once per activity, because activities are locked and marked done with it.
func (n *Notifier) insertForChannel(ctx context.Context, tx *sqldb.Tx, channel Channel, all []Delivery) error {
	if len(all) == 0 {
		return nil
	}
	instant, isInstant := channel.(InstantChannel)
	state := StateWaiting
	if isInstant {
		state = StateSent
	}
	rows := make([][]any, len(all))
	payloads := make([]any, len(all))
	for i, d := range all {
		rows[i] = []any{d.Activity.ID, d.To.PersonID, d.Channel, d.To.Reason, state, "", tx.Now, tx.Now}
		payloads[i] = payload{ActivityID: d.Activity.ID, PersonID: d.To.PersonID, Channel: d.Channel}
	}
	err := tx.InsertRows(ctx, `INSERT INTO deliveries (activity_id, person_id, channel, reason, state, problem, created_at, changed_at)`, rows)
	if err != nil {
		return err
	}
	if isInstant {
		return instant.DeliverAll(ctx, tx, all)
	}
	return n.config.Queue.EnqueueMany(ctx, tx, JobDeliver, payloads...)
}

// markDead marks a delivery dead in the transaction that gives its job up.
func (n *Notifier) markDead(ctx context.Context, tx *sqldb.Tx, job queue.Job, problem error) error {
	var p payload
	if err := job.Decode(&p); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE deliveries SET state = ?, problem = ?, changed_at = ? WHERE activity_id = ? AND person_id = ? AND channel = ?`,
		StateDead, problem.Error(), tx.Now, p.ActivityID, p.PersonID, p.Channel)
	return err
}

// markWaiting lets a dead delivery wait again, in the transaction that revives its job.
func (n *Notifier) markWaiting(ctx context.Context, tx *sqldb.Tx, job queue.Job) error {
	var p payload
	if err := job.Decode(&p); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE deliveries SET state = ?, changed_at = ? WHERE activity_id = ? AND person_id = ? AND channel = ? AND state = ?`,
		StateWaiting, tx.Now, p.ActivityID, p.PersonID, p.Channel, StateDead)
	return err
}
