package chat

import (
	"context"
	"errors"
	"strconv"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// payload names a room.
type payload struct {
	Room int64 `json:"room"`
}

// addRooms notes that a new group needs rooms.
func (c *Chat) addRooms(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
	if err := insertSpace(ctx, tx); err != nil {
		return err
	}
	if err := insertRooms(ctx, tx, e.EntityID); err != nil {
		return err
	}
	return c.touchWithSpace(ctx, tx, e)
}

// touch lets the rooms of a group follow what has happened to it.
func (c *Chat) touch(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
	return c.touchWhere(ctx, tx, `r.entity_id = ?`, e.EntityID)
}

// touchWithSpace is touch where the space has to follow, too.
func (c *Chat) touchWithSpace(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
	return c.touchWhere(ctx, tx, `(r.entity_id = ? OR r.kind = ?)`, e.EntityID, Space)
}

// touchAllOf lets the rooms follow to which somebody was invited.
func (c *Chat) touchAllOf(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
	return c.touchWhere(ctx, tx, `r.id IN (SELECT g.room_id FROM chat_guests g WHERE g.person_id = ?)`, e.PersonID)
}

func (c *Chat) touchWhere(ctx context.Context, tx *sqldb.Tx, where string, args ...any) error {
	ids, err := markChanged(ctx, tx, where, args...)
	if err != nil {
		return err
	}
	return c.enqueue(ctx, tx, ids)
}

// enqueue lets rooms be looked at. One that is waiting for that waits on, and one that is being looked at finds out by
// itself what has changed.
func (c *Chat) enqueue(ctx context.Context, tx *sqldb.Tx, ids []int64, opts ...queue.Option) error {
	for _, id := range ids {
		unique := queue.Unique(strconv.FormatInt(id, 10))
		if err := c.deps.Queue.Enqueue(ctx, tx, settleJob, payload{id}, append(opts, unique)...); err != nil {
			return err
		}
	}
	return nil
}

// rounds is how often a job looks at a room that changes all the time.
const rounds = 5

// settle brings a room to what it should be.
func (c *Chat) settle(ctx context.Context, j queue.Job) error {
	var p payload
	if err := j.Decode(&p); err != nil {
		return err
	}
	for range rounds {
		r, err := getRoom(ctx, c.deps.DB, p.Room)
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		rest, err := c.settleRoom(ctx, &r)
		var wait time.Duration
		if r.Problem, wait, err = obstacle(err); err != nil {
			return err
		}
		if done, err := c.finish(ctx, j, r, rest || wait > 0, wait); err != nil || done {
			return err
		}
	}
	return errs.New(errs.Unavailable, "").After(time.Second).Because(errors.New("the room changes all the time"))
}

// obstacle says what an error means for a room. That the homeserver wants to be left alone for a while is no failure, and
// what it refuses stays with the room, for an administrator to see, until it is looked at again.
func obstacle(err error) (problem string, wait time.Duration, failure error) {
	known, ok := errors.AsType[*errs.Error](err)
	switch {
	case err == nil:
		return "", 0, nil
	case !ok || known.Kind == errs.Internal || known.Kind == errs.Unavailable && known.RetryAfter == 0:
		return "", 0, err
	case known.Kind == errs.Unavailable:
		return "", known.RetryAfter, nil
	default:
		return err.Error(), 0, nil
	}
}

// finish notes that a room is as it should be, and ends its job, unless something has changed meanwhile. If there is a
// rest, another job goes on with it after a wait.
func (c *Chat) finish(ctx context.Context, j queue.Job, r Room, rest bool, wait time.Duration) (done bool, err error) {
	err = c.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		if done, err = markSettled(ctx, tx, r); err != nil || !done {
			return err
		}
		if err := j.Finish(ctx, tx); err != nil || !rest {
			return err
		}
		return c.enqueue(ctx, tx, []int64{r.ID}, queue.RunAt(clock.At(tx.Now.Add(wait))))
	})
	return done, err
}

// newAtOnce is how many groups get their rooms noted in one call of reconcile.
const newAtOnce = 50

// reconcile lets a portion of the rooms be looked at that nobody has looked at for an hour. Groups that are older than the
// chat get their rooms noted.
func (c *Chat) reconcile(ctx context.Context, _ queue.Job) error {
	if err := forgetForeignIDs(ctx, c.deps.DB, c.deps.Domain); err != nil {
		return err
	}
	groups, err := newGroups(ctx, c.deps.DB, newAtOnce)
	if err != nil {
		return err
	}
	return c.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		if err := insertSpace(ctx, tx); err != nil {
			return err
		}
		if err := insertRooms(ctx, tx, groups...); err != nil {
			return err
		}
		ids, err := overdue(ctx, tx, clock.At(tx.Now.Add(-due)), int(time.Hour/(5*time.Minute)))
		if err != nil {
			return err
		}
		return c.enqueue(ctx, tx, ids)
	})
}
