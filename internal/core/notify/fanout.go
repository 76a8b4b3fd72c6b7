package notify

import (
	"context"
	"errors"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
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
		n.LetterKind(JobLetter, queue.Urgent),
	}
}

// LetterKind returns a kind of job that posts letters, for those that are to be told from others; see Letters.PostAs.
func (n *Notifier) LetterKind(name, lane string) queue.Kind {
	return queue.Kind{Name: name, Handle: n.postLetter, Lane: lane, MaxAttempts: mailAttempts, Dead: n.countDeadLetter}
}

// portionSize is how many people one transaction of the fan-out tells: beyond it others who write would wait.
const portionSize = 500

// fanOut turns activities into deliveries, and each once, however often it runs. Activities that come together share
// what they can, unless one of them fails.
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

// pending is an activity of which people are still to be told.
type pending struct {
	community.Activity
	FannedTo int64    `db:"fanned_to"` // everybody up to this person has been told
	targets  []target // the others
}

// fanOutTogether reads whom activities are told to and writes the deliveries, a portion in each transaction. The
// activity keeps how far that has come, and what was written is not written again. The last portion ends the jobs.
func (n *Notifier) fanOutTogether(ctx context.Context, jobs []queue.Job) error {
	ids := make([]int64, len(jobs))
	for i, job := range jobs {
		var task outbox.Task
		if err := job.Decode(&task); err != nil {
			return err
		}
		ids[i] = task.ActivityID
	}
	var activities []pending
	err := n.config.DB.Select(ctx, &activities, `SELECT `+activityColumns+`, fanned_to FROM activities WHERE id IN (?) AND done_at IS NULL ORDER BY id`, ids)
	if err != nil {
		return fmt.Errorf("read the activities %v: %w", ids, err)
	}
	for i := range activities {
		if err := n.readTargets(ctx, &activities[i]); err != nil {
			return fmt.Errorf("fan out activity %d (%s): %w", activities[i].ID, activities[i].Name, err)
		}
	}
	portions := split(activities)
	for i, portion := range portions {
		err := n.config.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
			if err := n.insertPortion(ctx, tx, portion); err != nil || i < len(portions)-1 {
				return err
			}
			return queue.FinishAll(ctx, tx, jobs)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// readTargets reads who is told of an activity and has not been told yet.
func (n *Notifier) readTargets(ctx context.Context, a *pending) error {
	notice, ok := n.notices[a.Name]
	if !ok {
		return nil
	}
	audience, err := notice.Audience(ctx, n.config.DB, a.Activity)
	if err != nil {
		return fmt.Errorf("work out the audience: %w", err)
	}
	if audience.IsEmpty() {
		return nil
	}
	query, args := n.targetsSQL(notice, a.Activity, audience)
	if err := n.config.DB.Select(ctx, &a.targets, query+` AND a.person_id > ? ORDER BY a.person_id`, append(args, a.FannedTo)...); err != nil {
		return fmt.Errorf("read the audience: %w", err)
	}
	return nil
}

// step is what one transaction does for one activity.
type step struct {
	activity community.Activity
	from, to int64    // people; to is the last of the targets
	targets  []target // in the order of people
	last     bool     // nobody is left
}

// split cuts the targets of activities into portions of bounded size; small activities share one. There is always one
// portion, because the jobs end in the last.
func split(activities []pending) [][]step {
	portions, room := [][]step{nil}, portionSize
	for _, a := range activities {
		for from, rest := a.FannedTo, a.targets; ; {
			if room == 0 {
				portions, room = append(portions, nil), portionSize
			}
			k := min(room, len(rest))
			s := step{activity: a.Activity, from: from, to: from, targets: rest[:k], last: k == len(rest)}
			if k > 0 {
				s.to = rest[k-1].PersonID
			}
			portions[len(portions)-1] = append(portions[len(portions)-1], s)
			from, rest, room = s.to, rest[k:], room-k
			if s.last {
				break
			}
		}
	}
	return portions
}

const activityColumns = `id, name, actor_id, entity_id, person_id, content_id, conversation_id, contribution_id, date_id, occurred_at`

// insertPortion writes the deliveries of a portion on every channel and how far its activities have come.
func (n *Notifier) insertPortion(ctx context.Context, tx *sqldb.Tx, portion []step) error {
	for _, s := range portion {
		var done clock.Time
		if s.last {
			done = tx.Now
		}
		rows, err := tx.Exec(ctx, `UPDATE activities SET fanned_to = ?, done_at = ? WHERE id = ? AND fanned_to = ? AND done_at IS NULL`, s.to, done, s.activity.ID, s.from)
		if err == nil && rows == 0 {
			err = errs.New(errs.Conflict, "").Because(errors.New("another process fans it out"))
		}
		if err != nil {
			return fmt.Errorf("mark how far activity %d has come: %w", s.activity.ID, err)
		}
		if s.last {
			if err := n.announce(ctx, tx, s.activity); err != nil {
				return fmt.Errorf("announce activity %d (%s) in chat rooms: %w", s.activity.ID, s.activity.Name, err)
			}
		}
		for i, channel := range n.config.Channels {
			var deliveries []Delivery
			for _, t := range s.targets {
				if t.on(i) {
					deliveries = append(deliveries, Delivery{Activity: s.activity, To: Recipient{PersonID: t.PersonID, Reason: t.Reason}, Channel: channel.Name()})
				}
			}
			if err := n.insertForChannel(ctx, tx, channel, deliveries); err != nil {
				return fmt.Errorf("fan out activity %d (%s): deliver by %s: %w", s.activity.ID, s.activity.Name, channel.Name(), err)
			}
		}
	}
	return nil
}

// insertForChannel writes the deliveries of one channel and, unless the channel takes them from here, a job for each. It
// runs once per person and activity, because the activity remembers how far it has come.
func (n *Notifier) insertForChannel(ctx context.Context, tx *sqldb.Tx, channel Channel, all []Delivery) error {
	if len(all) == 0 {
		return nil
	}
	take := taking(channel)
	state := StateWaiting
	if take != nil {
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
	if take != nil {
		tx.AfterCommit(func() { n.outcomes.count(channel.Name(), resultSent, len(all)) })
		return take(ctx, tx, all)
	}
	return n.config.Queue.EnqueueMany(ctx, tx, JobDeliver, payloads...)
}

// taking returns how a channel takes deliveries in the transaction of the fan-out; nil if each needs a job.
func taking(channel Channel) func(ctx context.Context, tx *sqldb.Tx, all []Delivery) error {
	switch c := channel.(type) {
	case InstantChannel:
		return c.DeliverAll
	case RelayChannel:
		return c.TakeOver
	default:
		return nil
	}
}

// markDead marks a delivery dead in the transaction that gives its job up.
func (n *Notifier) markDead(ctx context.Context, tx *sqldb.Tx, job queue.Job, problem error) error {
	var p payload
	if err := job.Decode(&p); err != nil {
		return err
	}
	tx.AfterCommit(func() { n.outcomes.count(p.Channel, resultDead, 1) })
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
