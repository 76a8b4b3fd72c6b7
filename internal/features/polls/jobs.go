package polls

import (
	"context"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// ahead is how long before the end of a poll people are reminded of it. Whoever has been told of it since is not.
const ahead = 24 * time.Hour

// late is until when after its end the result of a poll is told: one of which nobody has been for so long is no news.
const late = 7 * 24 * time.Hour

// Watch records of which polls people are to be reminded, and of which they are to be told the result. It may come as
// often as it likes: each is recorded once for each time at which a poll ends.
func (r *Polls) Watch(ctx context.Context) error {
	now := r.deps.DB.Now()
	near, err := listNear(ctx, r.deps.DB, now, clock.At(now.Add(ahead)), clock.At(now.Add(-ahead/2)))
	if err != nil {
		return err
	}
	for _, e := range near {
		if err := r.record(ctx, e, community.PollNear, markReminded); err != nil {
			return err
		}
	}
	ended, err := listEnded(ctx, r.deps.DB, clock.At(now.Add(-late)), now)
	if err != nil {
		return err
	}
	for _, e := range ended {
		if err := r.record(ctx, e, community.PollEnded, markAnnounced); err != nil {
			return err
		}
	}
	return nil
}

// record records what is to be told of a poll, unless that has been done. Each is a transaction of its own, so that
// one that fails holds up no other for good.
func (r *Polls) record(ctx context.Context, e ending, name community.ActivityName, mark func(context.Context, *sqldb.Tx, ending) (bool, error)) error {
	return r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		first, err := mark(ctx, tx, e)
		if err != nil || !first {
			return err
		}
		_, err = r.deps.Outbox.Record(ctx, tx, community.Activity{Name: name, EntityID: e.EntityID, ContentID: e.ContentID})
		return err
	})
}
