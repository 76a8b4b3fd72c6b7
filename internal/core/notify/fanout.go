package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

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

// parcel is the payload of a delivery's job.
type parcel struct {
	ActivityID int64  `json:"activity"`
	PersonID   int64  `json:"person"`
	Channel    string `json:"channel"`
}

// Jobs returns the jobs of this package.
func (n *Notifier) Jobs() []queue.Kind {
	return []queue.Kind{
		{Name: outbox.JobNotify, HandleMany: n.fanOut, Batch: 8, Lane: queue.Normal},
		{Name: JobDeliver, HandleMany: n.deliver, Batch: 50, Lane: queue.Normal, Dead: n.bury},
		{Name: JobLetter, Handle: n.postLetter, Lane: queue.Urgent},
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
	return n.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		var activities []struct {
			community.Activity
			Done bool `db:"done"`
		}
		if err := tx.SelectLocked(ctx, &activities, `SELECT `+activityColumns+`, done_at IS NOT NULL AS done FROM activities WHERE id IN (?) ORDER BY id`, ids); err != nil {
			return fmt.Errorf("read the activities %v: %w", ids, err)
		}
		q := sqldb.NewMemo(tx) // activities often have the same audience
		all := map[Channel][]Delivery{}
		for _, e := range activities {
			if e.Done {
				continue
			}
			if err := n.tell(ctx, q, e.Activity, all); err != nil {
				return fmt.Errorf("fan out activity %d (%s): %w", e.ID, e.Name, err)
			}
		}
		for _, channel := range n.Channels {
			if err := n.insertDeliveries(ctx, tx, channel, all[channel]); err != nil {
				return fmt.Errorf("deliver by %s: %w", channel.Name(), err)
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE activities SET done_at = ? WHERE id IN (?) AND done_at IS NULL`, tx.Now, ids); err != nil {
			return fmt.Errorf("mark the activities %v done: %w", ids, err)
		}
		return queue.FinishAll(ctx, tx, jobs)
	})
}

const activityColumns = `id, name, actor_id, entity_id, person_id, content_id, conversation_id, contribution_id, occurred_at`

// tell adds the deliveries of an activity on every channel.
func (n *Notifier) tell(ctx context.Context, q sqldb.Querier, e community.Activity, all map[Channel][]Delivery) error {
	notice, ok := n.notices[e.Name]
	if !ok {
		return nil
	}
	candidates, err := notice.Audience(ctx, q, e)
	if err != nil {
		return fmt.Errorf("work out the audience: %w", err)
	}
	planned, err := n.plan(ctx, q, notice, e, candidates)
	for _, p := range planned {
		all[p.channel] = append(all[p.channel], p.deliveries...)
	}
	return err
}

// plan is what an activity brings about on one channel.
type plan struct {
	channel    Channel
	deliveries []Delivery
}

// plan works out who is told of an activity on which channel. It writes nothing, so that somebody who still
// writes can be told what would happen.
func (n *Notifier) plan(ctx context.Context, q sqldb.Querier, notice Notice, e community.Activity, candidates []Candidate) ([]plan, error) {
	recipients, err := n.recipients(ctx, q, candidates)
	if err != nil {
		return nil, err
	}
	var all []plan
	for _, channel := range n.Channels {
		if notice.Channels == nil || slices.Contains(notice.Channels, channel.Name()) {
			all = append(all, plan{channel, n.served(notice, channel, e, recipients)})
		}
	}
	return all, nil
}

// recipients looks the candidates up, each once and for the best reason, in one query.
func (n *Notifier) recipients(ctx context.Context, q sqldb.Querier, candidates []Candidate) ([]Recipient, error) {
	reasons := make(map[int64]Reason, len(candidates))
	ids := make([]int64, 0, len(candidates))
	for _, c := range candidates {
		if _, known := reasons[c.PersonID]; known || slices.Contains(n.Never, c.PersonID) {
			continue
		}
		reasons[c.PersonID] = c.Reason
		ids = append(ids, c.PersonID)
	}
	var all []Recipient
	for chunk := range slices.Chunk(ids, 500) { // bounded by the number of parameters of a statement
		var some []Recipient
		if err := q.Select(ctx, &some, `SELECT `+recipientColumns+` WHERE p.id IN (?) ORDER BY p.id`, chunk); err != nil {
			return nil, fmt.Errorf("look up the recipients: %w", err)
		}
		all = append(all, some...)
	}
	for i := range all {
		all[i].Reason = reasons[all[i].PersonID]
	}
	return all, nil
}

const recipientColumns = `p.id, p.entity_id, e.slug, e.name, COALESCE(a.address, '') AS address, p.language, p.wants_mail, p.wants_inbox, p.active,
	p.password <> '' AS signs_in, (SELECT COUNT(*) FROM push_devices d WHERE d.person_id = p.id) AS devices
	FROM people p JOIN entities e ON e.id = p.entity_id LEFT JOIN email_addresses a ON a.person_id = p.id AND a.main`

// served returns the deliveries of one channel: minus who cannot be reached, minus who opted out, and
// minus the actor where the channel does not serve them.
func (n *Notifier) served(notice Notice, channel Channel, e community.Activity, recipients []Recipient) []Delivery {
	var all []Delivery
	for _, r := range recipients {
		wanted := channel.Wants(r) || notice.Always && channel.CanReach(r)
		own := r.PersonID == e.ActorID && !channel.ServesActor()
		if r.Active && wanted && !own {
			all = append(all, Delivery{Activity: e, To: r, Channel: channel.Name()})
		}
	}
	return all
}

// insertDeliveries writes the deliveries of one channel and, unless the channel delivers in the database,
// a job for each. It runs once per activity, because activities are locked and marked done with it.
func (n *Notifier) insertDeliveries(ctx context.Context, tx *sqldb.Tx, channel Channel, all []Delivery) error {
	if len(all) == 0 {
		return nil
	}
	instant, isInstant := channel.(InstantChannel)
	state := StateWaiting
	if isInstant {
		state = StateSent
	}
	rows := make([][]any, len(all))
	parcels := make([]any, len(all))
	for i, d := range all {
		rows[i] = []any{d.Activity.ID, d.To.PersonID, d.Channel, d.To.Reason, state, "", tx.Now, tx.Now}
		parcels[i] = parcel{ActivityID: d.Activity.ID, PersonID: d.To.PersonID, Channel: d.Channel}
	}
	err := tx.InsertRows(ctx, `INSERT INTO deliveries (activity_id, person_id, channel, reason, state, problem, created_at, changed_at)`, rows)
	if err != nil {
		return err
	}
	if isInstant {
		return instant.DeliverAll(ctx, tx, all)
	}
	return n.Queue.EnqueueMany(ctx, tx, JobDeliver, parcels...)
}

// bury marks a delivery dead in the transaction that gives its job up.
func (n *Notifier) bury(ctx context.Context, tx *sqldb.Tx, job queue.Job, problem error) error {
	var p parcel
	if err := job.Decode(&p); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE deliveries SET state = ?, problem = ?, changed_at = ? WHERE activity_id = ? AND person_id = ? AND channel = ?`,
		StateDead, problem.Error(), tx.Now, p.ActivityID, p.PersonID, p.Channel)
	return err
}

// postLetter hands a letter to the postman.
func (n *Notifier) postLetter(ctx context.Context, job queue.Job) error {
	var l Letter
	if err := job.Decode(&l); err != nil {
		return err
	}
	if n.Postman == nil {
		return errs.New(errs.Unavailable, "This person cannot be reached this way.").Because(errors.New("the house has no postman: letters wait"))
	}
	if err := n.Postman.Post(ctx, l); err != nil {
		err = fmt.Errorf("post a letter of kind %s: %w", l.Kind, err)
		if !errs.Temporary(err) {
			return queue.Permanent(err)
		}
		return err
	}
	return nil
}

// Revive lets a dead delivery try again; an administrator asks for it.
func (n *Notifier) Revive(ctx context.Context, activityID, personID int64, channel string) error {
	return n.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		changed, err := tx.Exec(ctx, `UPDATE deliveries SET state = ?, changed_at = ? WHERE activity_id = ? AND person_id = ? AND channel = ? AND state = ?`,
			StateWaiting, tx.Now, activityID, personID, channel, StateDead)
		if err != nil || changed == 0 {
			return err
		}
		return n.Queue.Enqueue(ctx, tx, JobDeliver, parcel{ActivityID: activityID, PersonID: personID, Channel: channel})
	})
}
