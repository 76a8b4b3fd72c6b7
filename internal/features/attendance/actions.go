package attendance

import (
	"context"
	"fmt"
	"slices"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// keptAfter is how long the address of somebody without an account is kept after the date.
const keptAfter = 30 * 24 * time.Hour

// Answer keeps what somebody answers, in the place of what they answered before, and lets others move up if places become
// free by it. It is Denied or Unauthenticated if they may not read the event, Conflict if it is over or cancelled or if
// there is no room for more guests, and Invalid if the answer makes no sense. What they have answered later than an answer
// was given stays as it is. Whether it is theirs is for the caller to
// know: they have signed in, or proved the mailbox.
func (r *Attendance) Answer(ctx context.Context, tx *sqldb.Tx, g Given) error {
	if err := content.LockItems(ctx, tx, g.ContentID); err != nil {
		return err
	}
	who, err := r.identify(ctx, tx, g)
	if err != nil {
		return err
	}
	if err := g.check(); err != nil {
		return err
	}
	occasions, err := r.answerable(ctx, tx, who, g)
	if err != nil {
		return err
	}
	own, err := listOwn(ctx, tx, g.ContentID, who.PersonID, who.AddressKey)
	if err != nil {
		return err
	}
	places, err := countTaken(ctx, tx, g.ContentID)
	if err != nil {
		return err
	}
	c := newChange(who, g, own, places, tx.Now)
	for _, o := range occasions {
		if err := c.add(o); err != nil {
			return err
		}
	}
	if err := c.save(ctx, tx); err != nil {
		return err
	}
	return r.moveUp(ctx, tx, g.ContentID)
}

// keep is Answer in a transaction of its own.
func (r *Attendance) keep(ctx context.Context, g Given) error {
	return r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error { return r.Answer(ctx, tx, g) })
}

// takeBack removes what a person has answered for an occasion.
func (r *Attendance) takeBack(ctx context.Context, o occasion, personID int64) error {
	err := r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		own, _, err := ownAnswer(ctx, tx, o, personID)
		if err != nil || own.ID == 0 {
			return err
		}
		return r.withdraw(ctx, tx, []attendance{own})
	})
	if err != nil {
		return fmt.Errorf("take back an answer to event %d: %w", o.ContentID, err)
	}
	return nil
}

// identify returns whose answer it is: a person's, or one by an address. An address that belongs to a person stands for
// them.
func (r *Attendance) identify(ctx context.Context, tx *sqldb.Tx, g Given) (who attendance, err error) {
	if g.PersonID != 0 {
		return attendance{PersonID: g.PersonID}, nil
	}
	address, addressKey, ok := r.deps.People.ParseAddress(g.Address)
	if !ok {
		return who, errs.Check(errs.Field("email", "Enter an email address like name@example.org."))
	}
	p, err := r.deps.People.FindByAddress(ctx, tx, address)
	switch {
	case errs.Is(err, errs.NotFound) || err == nil && !p.Active:
		return attendance{Address: address, AddressKey: addressKey, Name: g.Name, Language: g.Language}, nil
	case err != nil:
		return who, err
	}
	return attendance{PersonID: p.ID}, nil
}

// answerable returns for what an answer counts, if somebody may give it.
func (r *Attendance) answerable(ctx context.Context, tx *sqldb.Tx, who attendance, g Given) ([]occasion, error) {
	viewer, err := getViewer(ctx, tx, who.PersonID)
	if err != nil {
		return nil, err
	}
	if _, _, err := r.deps.Content.Get(ctx, tx, viewer, g.ContentID); err != nil {
		return nil, err
	}
	occasions, err := listOccasions(ctx, tx, g.ContentID, g.dates(), tx.Now)
	if err != nil {
		return nil, err
	}
	if len(occasions) == 0 {
		return nil, occasion{Answers: answersForDates, Over: true}.why()
	}
	if first := occasions[0]; first.forSeries() {
		if first.IsSeries && g.DateID != 0 {
			return nil, errs.New(errs.Conflict, "You can only answer for all dates of this event at once.")
		}
		return occasions[:1], first.why()
	}
	first := occasions[0]
	open := slices.DeleteFunc(occasions, func(o occasion) bool { return o.why() != nil })
	if len(open) == 0 {
		return nil, first.why()
	}
	return open, nil
}

// change is what becomes of the answers of somebody.
type change struct {
	who       attendance
	before    map[int64]attendance // what they have answered, by date; for a series, for the date 0
	taken     map[key]int
	now       clock.Time
	redundant []int64      // ids of answers of theirs beside those
	fresh     []attendance // to be inserted
	changed   map[bool][]int64
}

// newChange begins to change the answers of somebody. own are those that there are; of two for one date the first counts.
func newChange(who attendance, g Given, own []attendance, places map[key]int, now clock.Time) *change {
	who.ContentID, who.Answer, who.Guests, who.AnsweredAt = g.ContentID, g.Answer, g.Guests, now
	if !g.At.IsZero() && g.At.Before(now.Time) {
		who.AnsweredAt = g.At
	}
	if g.Answer == No {
		who.Guests = 0
	}
	c := &change{who: who, before: map[int64]attendance{}, taken: places, now: now, changed: map[bool][]int64{}}
	for _, a := range own {
		if _, ok := c.before[a.DateID]; ok {
			c.redundant = append(c.redundant, a.ID)
			c.taken[key{a.ContentID, a.DateID}] -= a.holds()
			continue
		}
		c.before[a.DateID] = a
	}
	return c
}

// add makes the answer for an occasion.
func (c *change) add(o occasion) error {
	before, had := c.before[o.dateID()]
	// Of two who answer at this moment, the one whose turn comes later counts, whichever began first.
	if late := c.who.AnsweredAt.Before(c.now.Time); late && before.AnsweredAt.After(c.who.AnsweredAt.Time) {
		return nil
	}
	held := before.holds()
	free := o.Capacity - (c.taken[key{o.ContentID, o.dateID()}] - held)
	waits, err := admit(held, party(c.who.Answer, c.who.Guests), free, o.Capacity)
	if err != nil {
		return err
	}
	if had {
		c.changed[waits] = append(c.changed[waits], before.ID)
		return nil
	}
	a := c.who
	a.DateID, a.Waiting, a.QueuedAt = o.dateID(), waits, c.now
	c.fresh = append(c.fresh, a)
	return nil
}

func (c *change) save(ctx context.Context, tx *sqldb.Tx) error {
	if err := remove(ctx, tx, c.redundant); err != nil {
		return err
	}
	for waits, ids := range c.changed { // two at most
		a := c.who
		a.Waiting = waits
		if err := update(ctx, tx, ids, a); err != nil {
			return err
		}
	}
	return insert(ctx, tx, c.fresh)
}

// withdraw takes answers back and lets others move up.
func (r *Attendance) withdraw(ctx context.Context, tx *sqldb.Tx, all []attendance) error {
	contents, ids := contentsAndIDs(all)
	if len(ids) == 0 {
		return nil
	}
	if err := content.LockItems(ctx, tx, contents...); err != nil {
		return err
	}
	if err := remove(ctx, tx, ids); err != nil {
		return err
	}
	return r.moveUp(ctx, tx, contents...)
}

// contentsAndIDs returns which events answers are for, and their ids.
func contentsAndIDs(all []attendance) (contents, ids []int64) {
	for _, a := range all {
		contents, ids = append(contents, a.ContentID), append(ids, a.ID)
	}
	slices.Sort(contents)
	return slices.Compact(contents), ids
}

// moveUp gives places that are free to those who wait, and tells them. The events are locked.
func (r *Attendance) moveUp(ctx context.Context, tx *sqldb.Tx, contentIDs ...int64) error {
	all, err := listQueued(ctx, tx, contentIDs, tx.Now)
	if err != nil || len(all) == 0 {
		return err
	}
	places, err := countTaken(ctx, tx, contentIDs...)
	if err != nil {
		return err
	}
	var advanced []queued
	for _, queue := range queues(all) {
		first := queue[0]
		free := first.Capacity - places[key{first.ContentID, first.DateID}]
		advanced = append(advanced, advance(free, queue)...)
	}
	if len(advanced) == 0 {
		return nil
	}
	ids := make([]int64, len(advanced))
	for n, a := range advanced {
		ids[n] = a.ID
	}
	if err := markAdvanced(ctx, tx, ids); err != nil {
		return err
	}
	return r.tellAdvanced(ctx, tx, advanced)
}

// queues parts who waits by what they wait for, in the order of the first of each.
func queues(all []queued) [][]queued {
	places := map[key]int{}
	var parted [][]queued
	for _, a := range all {
		at, ok := places[key{a.ContentID, a.DateID}]
		if !ok {
			at = len(parted)
			places[key{a.ContentID, a.DateID}], parted = at, append(parted, nil)
		}
		parted[at] = append(parted[at], a)
	}
	return parted
}

// tellAdvanced tells people who have moved up: those with an account by the channels, others by mail.
func (r *Attendance) tellAdvanced(ctx context.Context, tx *sqldb.Tx, advanced []queued) error {
	for _, queue := range queues(advanced) { // one for each date
		first := queue[0]
		all := make([]attendance, len(queue))
		for n, a := range queue {
			all[n] = a.attendance
		}
		_, err := r.deps.Outbox.Record(ctx, tx, community.Activity{
			Name: community.AttendanceAdvanced, EntityID: first.EntityID, ContentID: first.ContentID, DateID: first.DateID,
		})
		if err != nil {
			return err
		}
		if err := r.post(ctx, tx, all, sayAdvanced, kept{}); err != nil {
			return err
		}
	}
	return nil
}

// fill lets people move up whenever an event has become larger.
func (r *Attendance) fill(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
	if err := content.LockItems(ctx, tx, e.ContentID); err != nil {
		return err
	}
	return r.moveUp(ctx, tx, e.ContentID)
}

// followSplit takes answers along to the event that dates of a series belong to from now on. Who has answered for the whole
// series has answered for both parts.
func (r *Attendance) followSplit(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
	to, err := ownerOfDate(ctx, tx, e.DateID)
	if err != nil {
		return err
	}
	return split(ctx, tx, e.ContentID, to)
}

// askAgain marks the answers of those who wanted to come to a date that has moved, and tells them.
func (r *Attendance) askAgain(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
	all, err := listConcerned(ctx, tx, e.ContentID, e.DateID, tx.Now)
	if err != nil || len(all) == 0 {
		return err
	}
	_, ids := contentsAndIDs(all)
	if err := markAskedAgain(ctx, tx, ids); err != nil {
		return err
	}
	_, err = r.deps.Outbox.Record(ctx, tx, community.Activity{
		Name: community.AttendanceReopened, ActorID: e.ActorID, EntityID: e.EntityID, ContentID: e.ContentID, DateID: e.DateID,
	})
	if err != nil {
		return err
	}
	return r.post(ctx, tx, all, sayMoved, kept{e.ContentID, e.DateID})
}

// tellCancelled tells those who come without an account. Others are told with whoever else is told of the event.
func (r *Attendance) tellCancelled(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
	return r.tellStrangers(ctx, tx, e, sayCancelled)
}

func (r *Attendance) tellReinstated(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
	return r.tellStrangers(ctx, tx, e, sayReinstated)
}

func (r *Attendance) tellStrangers(ctx context.Context, tx *sqldb.Tx, e community.Activity, say saying) error {
	all, err := listConcerned(ctx, tx, e.ContentID, e.DateID, tx.Now)
	if err != nil {
		return err
	}
	return r.post(ctx, tx, all, say, kept{e.ContentID, e.DateID})
}

// leaveGroup takes back what somebody who has left has answered to what is internal to the group.
func (r *Attendance) leaveGroup(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
	all, err := listInternal(ctx, tx, e.PersonID, e.EntityID, tx.Now)
	if err != nil {
		return err
	}
	return r.withdraw(ctx, tx, all)
}

// leaveSite takes back what somebody has answered who deletes their account.
func (r *Attendance) leaveSite(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
	all, err := listOf(ctx, tx, e.PersonID)
	if err != nil {
		return err
	}
	return r.withdraw(ctx, tx, all)
}

// forgetStrangers removes by what somebody without an account was known. That they came goes on being counted.
func (r *Attendance) forgetStrangers(ctx context.Context) error {
	return sqldb.Sweep(ctx, r.deps.DB, sqldb.Removal[int64](ctx, `UPDATE attendances SET address = NULL, address_key = NULL, name = '' WHERE id IN (?)`), `
		SELECT a.id FROM attendances a JOIN contents c ON c.id = a.content_id WHERE a.address_key IS NOT NULL AND (c.deleted_at IS NOT NULL OR NOT EXISTS (
			SELECT 1 FROM event_dates d WHERE d.content_id = a.content_id AND (a.date_id IS NULL OR d.id = a.date_id) AND d.ends_at > ?))
		 ORDER BY a.id`, clock.At(r.deps.DB.Now().Add(-keptAfter)))
}
