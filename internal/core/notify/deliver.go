package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// payload is the payload of a delivery's job: the key of the delivery.
type payload struct {
	ActivityID int64  `json:"activity"`
	PersonID   int64  `json:"person"`
	Channel    string `json:"channel"`
}

// attempt is one try to make a delivery. It has ended when it has a state or an error.
type attempt struct {
	payload
	job      queue.Job
	delivery Delivery
	send     Send
	state    string // the state that the delivery ends in
	err      error  // why it goes no further
}

// errSettled says that a delivery needs no more work.
var errSettled = errors.New("the delivery is settled")

// maxUnsettled is how many messages of a process are on their way at most, or have left without a note of it: those
// leave twice if it dies meanwhile.
const maxUnsettled = 4

// deliver takes deliveries to their channels. They share what is read for all of them, and a few of them the
// transaction that settles them; each has its own end, and no step looks at what has ended.
func (n *Notifier) deliver(ctx context.Context, jobs []queue.Job) []error {
	attempts := make([]*attempt, len(jobs))
	for i, job := range jobs {
		attempts[i] = &attempt{job: job}
		attempts[i].err = job.Decode(&attempts[i].payload)
	}
	n.load(ctx, attempts)
	n.compose(ctx, attempts)
	n.prepare(ctx, attempts)
	for group := range slices.Chunk(attempts, maxUnsettled) {
		n.sendAndSettle(ctx, group)
	}
	failures := make([]error, len(attempts))
	for i, a := range attempts {
		failures[i] = a.failure()
		switch {
		case failures[i] != nil && errs.Temporary(a.err):
			n.outcomes.count(a.Channel, resultDeferred, 1)
		case failures[i] == nil && a.state != "":
			n.outcomes.count(a.Channel, a.state, 1)
		}
	}
	return failures
}

// unfinished returns the attempts that go on.
func unfinished(attempts []*attempt) []*attempt {
	return slices.DeleteFunc(slices.Clone(attempts), func(a *attempt) bool { return a.err != nil || a.state != "" })
}

// fail ends attempts with an error.
func fail(attempts []*attempt, err error) {
	for _, a := range attempts {
		a.err = err
	}
}

// failure returns what the queue is told: nil if the job is done.
func (a *attempt) failure() error {
	switch {
	case a.err == nil, errors.Is(a.err, errSettled):
		return nil
	case errs.Temporary(a.err):
		return a.err
	default:
		return queue.Permanent(a.err)
	}
}

// load reads the deliveries, their activities and their recipients, with one query for each.
func (n *Notifier) load(ctx context.Context, attempts []*attempt) {
	attempts = unfinished(attempts)
	if len(attempts) == 0 {
		return
	}
	var activityIDs, personIDs []int64
	for _, a := range attempts {
		activityIDs, personIDs = append(activityIDs, a.ActivityID), append(personIDs, a.PersonID)
	}
	waiting, err := n.listWaiting(ctx, activityIDs, personIDs)
	if err != nil {
		fail(attempts, err)
		return
	}
	activities, err := n.listActivities(ctx, activityIDs)
	if err != nil {
		fail(attempts, err)
		return
	}
	recipients, err := n.listRecipients(ctx, personIDs, activities)
	if err != nil {
		fail(attempts, err)
		return
	}
	for _, a := range attempts {
		reason, ok := waiting[a.payload]
		if !ok {
			a.err = errSettled
			continue
		}
		to := recipients[a.PersonID]
		to.Reason = reason
		a.delivery = Delivery{Activity: activities[a.ActivityID], To: to, Channel: a.Channel}
	}
}

// listWaiting returns the reasons of the deliveries that have not been settled.
func (n *Notifier) listWaiting(ctx context.Context, activityIDs, personIDs []int64) (map[payload]Reason, error) {
	var rows []struct {
		ActivityID int64  `db:"activity_id"`
		PersonID   int64  `db:"person_id"`
		Channel    string `db:"channel"`
		Reason     Reason `db:"reason"`
	}
	err := n.config.DB.Select(ctx, &rows, `
		SELECT activity_id, person_id, channel, reason FROM deliveries WHERE activity_id IN (?) AND person_id IN (?) AND state = ?
		 ORDER BY activity_id, person_id, channel`, activityIDs, personIDs, StateWaiting)
	if err != nil {
		return nil, fmt.Errorf("read the deliveries: %w", err)
	}
	waiting := map[payload]Reason{}
	for _, r := range rows {
		waiting[payload{ActivityID: r.ActivityID, PersonID: r.PersonID, Channel: r.Channel}] = r.Reason
	}
	return waiting, nil
}

func (n *Notifier) listActivities(ctx context.Context, ids []int64) (map[int64]community.Activity, error) {
	var rows []community.Activity
	if err := n.config.DB.Select(ctx, &rows, `SELECT `+activityColumns+` FROM activities WHERE id IN (?) ORDER BY id`, ids); err != nil {
		return nil, fmt.Errorf("read the activities: %w", err)
	}
	activities := map[int64]community.Activity{}
	for _, e := range rows {
		activities[e.ID] = e
	}
	return activities, nil
}

// listRecipients returns people with how they stand to where the activities happened.
func (n *Notifier) listRecipients(ctx context.Context, ids []int64, activities map[int64]community.Activity) (map[int64]Recipient, error) {
	var rows []Recipient
	err := n.config.DB.Select(ctx, &rows, `
		SELECT p.id, p.entity_id, e.slug, e.name, p.language, p.active, p.password <> '' AS signs_in
		  FROM people p JOIN entities e ON e.id = p.entity_id WHERE p.id IN (?) ORDER BY p.id`, ids)
	if err != nil {
		return nil, fmt.Errorf("read the recipients: %w", err)
	}
	var entityIDs []int64
	for _, e := range activities {
		entityIDs = append(entityIDs, e.EntityID)
	}
	standings, err := policy.ReadStandings(ctx, n.config.DB, ids, entityIDs)
	if err != nil {
		return nil, err
	}
	recipients := map[int64]Recipient{}
	for _, r := range rows {
		r.Standings = standings
		recipients[r.PersonID] = r
	}
	return recipients, nil
}

// compose makes each message in the name of its recipient.
func (n *Notifier) compose(ctx context.Context, attempts []*attempt) {
	q := sqldb.NewMemo(n.config.DB) // what they are told of is the same thing for many
	for _, a := range unfinished(attempts) {
		activity, to := a.delivery.Activity, a.delivery.To
		notice, ok := n.notices[activity.Name]
		if !ok || !to.Active {
			a.state = StateWithdrawn
			continue
		}
		message, err := n.composeOne(ctx, q, notice, a.delivery)
		switch {
		case errs.Is(err, errs.NotFound), errs.Is(err, errs.Denied):
			a.state = StateWithdrawn
		case err != nil:
			a.err = fmt.Errorf("compose %s: %w", activity.Name, err)
		default:
			a.delivery.Message = message
		}
	}
}

// composeOne makes a message, with what other rooms add to it.
func (n *Notifier) composeOne(ctx context.Context, q sqldb.Querier, notice Notice, d Delivery) (*Message, error) {
	message, err := notice.Compose(ctx, q, n.config.Catalogues.Printer(d.To.Language, n.config.Zone), d.Activity, d.To)
	if err != nil {
		return nil, err
	}
	for _, e := range n.enclosures[d.Activity.Name] {
		if err := e.Add(ctx, q, d.Activity, d.To, message); err != nil {
			return nil, fmt.Errorf("enclose %s: %w", e.About, err)
		}
	}
	return message, nil
}

// prepare lets each channel look up what its messages need.
func (n *Notifier) prepare(ctx context.Context, attempts []*attempt) {
	byChannel := map[string][]*attempt{}
	for _, a := range unfinished(attempts) {
		byChannel[a.Channel] = append(byChannel[a.Channel], a)
	}
	for name, some := range byChannel {
		channel, ok := n.channels[name].(PostChannel)
		if !ok {
			for _, a := range some {
				a.state = StateWithdrawn
			}
			continue
		}
		deliveries := make([]*Delivery, len(some))
		for i, a := range some {
			deliveries[i] = &a.delivery
		}
		sends, err := channel.Prepare(ctx, deliveries)
		if err != nil {
			fail(some, fmt.Errorf("prepare what leaves by %s: %w", name, err))
			continue
		}
		for i, a := range some {
			if a.send = sends[i]; a.send == nil {
				a.state = StateWithdrawn
			}
		}
	}
}

// sendAndSettle sends messages and notes how that ended before others of this process may leave.
func (n *Notifier) sendAndSettle(ctx context.Context, group []*attempt) {
	if err := n.leaving.Acquire(ctx, int64(len(group))); err != nil {
		fail(unfinished(group), err)
		return
	}
	defer n.leaving.Release(int64(len(group)))
	for _, a := range unfinished(group) {
		a.trySend(ctx)
	}
	n.settle(ctx, group)
}

// trySend sends the message. What a channel finds missing or refused is its problem, not a reason to withdraw the
// notice.
func (a *attempt) trySend(ctx context.Context) {
	err := a.send(ctx)
	switch {
	case err == nil:
		a.state = StateSent
		return
	case errors.Is(err, ErrUnreachable):
		a.state = StateWithdrawn
		return
	}
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Denied) {
		err = errs.New(errs.Invalid, "The message was refused.").Because(err)
	}
	a.err = fmt.Errorf("deliver by %s: %w", a.Channel, err)
}

// settle writes how deliveries ended and ends their jobs. If some of the jobs have been taken away
// meanwhile, the others are settled one by one.
func (n *Notifier) settle(ctx context.Context, group []*attempt) {
	ended := slices.DeleteFunc(slices.Clone(group), func(a *attempt) bool { return a.err != nil || a.state == "" })
	err := n.settleTogether(ctx, ended)
	for _, a := range ended {
		if a.err = err; errs.Is(err, errs.Conflict) && len(ended) > 1 {
			a.err = n.settleTogether(ctx, []*attempt{a})
		}
	}
}

// settleTogether settles deliveries in one transaction. It goes on trying while the database is away: what has left
// must not leave again.
func (n *Notifier) settleTogether(ctx context.Context, ended []*attempt) error {
	if len(ended) == 0 {
		return nil
	}
	for {
		err := n.config.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error { return updateStates(ctx, tx, ended) })
		if !errs.Is(err, errs.Unavailable) {
			return err
		}
		if !clock.Pause(ctx, time.Second) {
			return err
		}
	}
}

// updateStates writes the states of deliveries, those that end alike with one statement, and ends their jobs.
func updateStates(ctx context.Context, tx *sqldb.Tx, ended []*attempt) error {
	type ending struct {
		activity       int64
		channel, state string
	}
	people := map[ending][]int64{}
	jobs := make([]queue.Job, len(ended))
	for i, a := range ended {
		key := ending{a.ActivityID, a.Channel, a.state}
		people[key], jobs[i] = append(people[key], a.PersonID), a.job
	}
	for key, ids := range people {
		_, err := tx.Exec(ctx, `UPDATE deliveries SET state = ?, problem = '', changed_at = ? WHERE activity_id = ? AND channel = ? AND person_id IN (?)`,
			key.state, tx.Now, key.activity, key.channel, ids)
		if err != nil {
			return fmt.Errorf("settle the deliveries: %w", err)
		}
	}
	return queue.FinishAll(ctx, tx, jobs)
}
