package events

import (
	"context"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// setSalt gives somebody a new private address of a calendar, which revokes the one before, or for the empty salt none.
func (r *Events) setSalt(ctx context.Context, personID, entityID int64, salt string) error {
	return r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error { return replaceSalt(ctx, tx, personID, entityID, salt) })
}

// noted is what has changed: an event, or one date of a series.
type noted struct {
	ContentID int64
	DateID    int64
	ActorID   int64
	EndsAt    clock.Time // nobody is told of what was over before
	Foreign   bool       // another calendar says it, whose changes are counted where they come in
}

// noteChange records that something is cancelled, takes place after all, or is moved, for those who have been told of it.
func (r *Events) noteChange(ctx context.Context, tx *sqldb.Tx, n noted, before, after event) error {
	name := changeOf(before, after)
	if name == "" || n.EndsAt.Before(tx.Now.Time) {
		return nil
	}
	if !n.Foreign {
		if err := r.countChange(ctx, tx, n.ActorID); err != nil {
			return err
		}
	}
	return r.record(ctx, tx, community.Activity{Name: name, ActorID: n.ActorID, ContentID: n.ContentID, DateID: n.DateID})
}

// changeOf returns what has become of an event or of a date; "" for nothing that people are told.
func changeOf(before, after event) community.ActivityName {
	switch {
	case after.Cancelled && !before.Cancelled:
		return community.EventCancelled
	case after.Cancelled:
		return ""
	case before.Cancelled:
		return community.EventReinstated
	case before.Begins != after.Begins, before.Ends != after.Ends, before.AllDay != after.AllDay, before.Zone != after.Zone,
		before.PlaceKey != after.PlaceKey, before.Rule != after.Rule:
		return community.EventMoved
	default:
		return ""
	}
}

// limitChanges is how often somebody has many people told that something is cancelled, takes place after all, or is moved.
func limitChanges() web.Limit {
	return web.Limit{Name: "change when events take place", Count: 30, Per: time.Hour, Whom: web.PerAccount}
}

// countChange counts that somebody has people told of a change. Changes of which nobody is told are not counted.
func (r *Events) countChange(ctx context.Context, tx *sqldb.Tx, actorID int64) error {
	full, wait, err := r.deps.Limiter.CountIn(ctx, tx, limitChanges(), web.Account(actorID))
	switch {
	case err != nil:
		return err
	case full != "":
		return errs.New(errs.TooMany, "You’ve changed many dates, and everyone has been notified each time. Please try again in an hour.").After(wait)
	}
	return nil
}

// record records what has happened to an event, with the entity to which it belongs.
func (r *Events) record(ctx context.Context, tx *sqldb.Tx, a community.Activity) (err error) {
	if a.EntityID, err = entityOf(ctx, tx, a.ContentID); err != nil {
		return err
	}
	_, err = r.deps.Outbox.Record(ctx, tx, a)
	return err
}
