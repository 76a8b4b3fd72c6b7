package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// errand is a delivery on its way to its channel.
type errand struct {
	parcel
	job      queue.Job
	delivery Delivery
	channel  PostChannel
	state    string // how it ends; empty while it has not
	err      error  // why it goes no further
}

// unsettled is how many messages of a process are on their way at most, or have left without a note of it: those leave
// twice if it dies meanwhile.
const unsettled = 4

// deliver takes deliveries to their channels. They share what is read for all of them, and a few of them the
// transaction that settles them; each has its own end.
func (n *Notifier) deliver(ctx context.Context, jobs []queue.Job) []error {
	all := make([]*errand, len(jobs))
	for i, job := range jobs {
		all[i] = &errand{job: job}
		all[i].err = job.Decode(&all[i].parcel)
	}
	if err := n.read(ctx, open(all)); err != nil {
		for _, e := range open(all) {
			e.err = err
		}
	}
	q := sqldb.NewMemo(n.DB)
	foresee(ctx, q, open(all))
	for _, e := range open(all) {
		e.end(n.compose(ctx, q, e))
	}
	prepare(ctx, open(all))
	for some := range slices.Chunk(all, unsettled) {
		n.send(ctx, some)
	}
	failures := make([]error, len(all))
	for i, e := range all {
		switch {
		case e.err == nil, errors.Is(e.err, errSettled):
		case !errs.Temporary(e.err):
			failures[i] = queue.Permanent(e.err)
		default:
			failures[i] = e.err
		}
	}
	return failures
}

// send hands messages to their channels and notes how that ended, before others of this process may leave.
func (n *Notifier) send(ctx context.Context, some []*errand) {
	pack(ctx, open(some))
	if err := n.leaving.Acquire(ctx, int64(len(some))); err != nil {
		for _, e := range open(some) {
			e.err = err
		}
		return
	}
	defer n.leaving.Release(int64(len(some)))
	carry(ctx, open(some))
	n.settle(ctx, some)
}

// open returns those that go on.
func open(all []*errand) []*errand {
	var some []*errand
	for _, e := range all {
		if e.err == nil && e.state == "" {
			some = append(some, e)
		}
	}
	return some
}

// end notes an error of an errand. NotFound and Denied mean that the recipient is gone or may no longer
// read what they were to be told.
func (e *errand) end(err error) {
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Denied) {
		e.state = StateWithdrawn
		return
	}
	e.err = err
}

// errSettled says that a delivery needs no more work.
var errSettled = errors.New("the delivery is settled")

// foresee looks up how the recipients stand to where the activities happened. Whatever goes wrong goes wrong again when a rule asks.
func foresee(ctx context.Context, q *sqldb.Memo, all []*errand) {
	people := map[int64][]int64{}
	for _, e := range all {
		people[e.delivery.Activity.EntityID] = append(people[e.delivery.Activity.EntityID], e.PersonID)
	}
	for entityID, some := range people {
		if len(some) > 1 && entityID != 0 && policy.Foresee(ctx, q, entityID, some) != nil {
			return
		}
	}
}

// read looks up the deliveries, their activities and their recipients, each in one query.
func (n *Notifier) read(ctx context.Context, all []*errand) error {
	if len(all) == 0 {
		return nil
	}
	var activityIDs, personIDs []int64
	for _, e := range all {
		activityIDs, personIDs = append(activityIDs, e.ActivityID), append(personIDs, e.PersonID)
	}
	var rows []struct {
		ActivityID int64  `db:"activity_id"`
		PersonID   int64  `db:"person_id"`
		Channel    string `db:"channel"`
		Reason     Reason `db:"reason"`
	}
	if err := n.DB.Select(ctx, &rows, `SELECT activity_id, person_id, channel, reason FROM deliveries WHERE activity_id IN (?) AND person_id IN (?) AND state = ?
		ORDER BY activity_id, person_id, channel`, activityIDs, personIDs, StateWaiting); err != nil {
		return fmt.Errorf("read the deliveries: %w", err)
	}
	waiting := map[parcel]Reason{}
	for _, r := range rows {
		waiting[parcel{ActivityID: r.ActivityID, PersonID: r.PersonID, Channel: r.Channel}] = r.Reason
	}
	var activities []community.Activity
	if err := n.DB.Select(ctx, &activities, `SELECT `+activityColumns+` FROM activities WHERE id IN (?) ORDER BY id`, activityIDs); err != nil {
		return fmt.Errorf("read the activities: %w", err)
	}
	activityOf := map[int64]community.Activity{}
	for _, e := range activities {
		activityOf[e.ID] = e
	}
	var people []Recipient
	if err := n.DB.Select(ctx, &people, `SELECT `+recipientColumns+` WHERE p.id IN (?) ORDER BY p.id`, personIDs); err != nil {
		return fmt.Errorf("read the recipients: %w", err)
	}
	personOf := map[int64]Recipient{}
	for _, p := range people {
		personOf[p.PersonID] = p
	}
	for _, e := range all {
		reason, ok := waiting[e.parcel]
		if !ok {
			e.err = errSettled
			continue
		}
		to := personOf[e.PersonID]
		to.Reason = reason
		if to.Language == "" {
			to.Language = n.Language
		}
		e.delivery = Delivery{Activity: activityOf[e.ActivityID], To: to, Channel: e.Channel}
	}
	return nil
}

// compose makes the message in the name of the recipient.
func (n *Notifier) compose(ctx context.Context, q sqldb.Querier, e *errand) (err error) {
	to, activity := e.delivery.To, e.delivery.Activity
	channel, ok := n.channels[e.Channel].(PostChannel)
	e.channel = channel
	notice, known := n.notices[activity.Name]
	if !ok || !known || !to.Active || !channel.CanReach(to) {
		return errs.New(errs.NotFound, "This person cannot be reached this way.")
	}
	e.delivery.Message, err = notice.Compose(ctx, q, n.Catalogues.Printer(to.Language, n.Zone), activity, to)
	if err != nil {
		return fmt.Errorf("compose %s: %w", activity.Name, err)
	}
	return nil
}

// byChannel parts errands by who carries them.
func byChannel(all []*errand) map[PostChannel][]*errand {
	parted := map[PostChannel][]*errand{}
	for _, e := range all {
		parted[e.channel] = append(parted[e.channel], e)
	}
	return parted
}

// prepare lets channels look up what their messages need.
func prepare(ctx context.Context, all []*errand) {
	for channel, some := range byChannel(all) {
		preparer, ok := channel.(Preparer)
		if !ok {
			continue
		}
		if err := preparer.Prepare(ctx, deliveries(some)); err != nil {
			for _, e := range some {
				e.err = fmt.Errorf("prepare what leaves by %s: %w", channel.Name(), err)
			}
		}
	}
}

// pack lets channels make what leaves.
func pack(ctx context.Context, all []*errand) {
	for channel, some := range byChannel(all) {
		preparer, ok := channel.(Preparer)
		if !ok {
			continue
		}
		for i, err := range preparer.Pack(ctx, deliveries(some)) {
			if err != nil {
				some[i].fail(err)
			}
		}
	}
}

// deliveries returns what errands carry.
func deliveries(all []*errand) []*Delivery {
	some := make([]*Delivery, len(all))
	for i, e := range all {
		some[i] = &e.delivery
	}
	return some
}

// carry hands the messages to their channels.
func carry(ctx context.Context, all []*errand) {
	for channel, some := range byChannel(all) {
		for i, err := range channel.Deliver(ctx, deliveries(some)) {
			some[i].delivery.Packed = nil // the others of the batch may take a while
			if err != nil {
				some[i].fail(err)
				continue
			}
			some[i].state = StateSent
		}
	}
}

// fail notes why a channel could not deliver. What it finds missing or refused is its problem, not a reason to withdraw the
// notice.
func (e *errand) fail(err error) {
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Denied) {
		err = errs.New(errs.Invalid, "The message was refused.").Because(err)
	}
	e.err = fmt.Errorf("deliver by %s: %w", e.channel.Name(), err)
}

// settle writes how deliveries ended and ends their jobs. If some of the jobs have been taken away
// meanwhile, the others are settled one by one.
func (n *Notifier) settle(ctx context.Context, all []*errand) {
	var ended []*errand
	for _, e := range all {
		if e.err == nil && e.state != "" {
			ended = append(ended, e)
		}
	}
	err := n.settleTogether(ctx, ended)
	for _, e := range ended {
		if e.err = err; err != nil && len(ended) > 1 && errs.Is(err, errs.Conflict) {
			e.err = n.settleTogether(ctx, []*errand{e})
		}
	}
}

func (n *Notifier) settleTogether(ctx context.Context, all []*errand) error {
	if len(all) == 0 {
		return nil
	}
	type ending struct {
		activity       int64
		channel, state string
	}
	people := map[ending][]int64{}
	jobs := make([]queue.Job, len(all))
	for i, e := range all {
		key := ending{e.ActivityID, e.Channel, e.state}
		people[key], jobs[i] = append(people[key], e.PersonID), e.job
	}
	settle := func(tx *sqldb.Tx) error {
		for key, ids := range people {
			_, err := tx.Exec(ctx, `UPDATE deliveries SET state = ?, problem = '', changed_at = ? WHERE activity_id = ? AND channel = ? AND person_id IN (?)`,
				key.state, tx.Now, key.activity, key.channel, ids)
			if err != nil {
				return fmt.Errorf("settle the deliveries: %w", err)
			}
		}
		return queue.FinishAll(ctx, tx, jobs)
	}
	for {
		err := n.DB.WriteUnseen(ctx, settle)
		if !errs.Is(err, errs.Unavailable) {
			return err
		}
		select { // what has left must not leave again because the database is away for a while
		case <-ctx.Done():
			return err
		case <-time.After(time.Second):
		}
	}
}
