package reminders

import (
	"context"
	"slices"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Why people are reminded. Whoever is for several reasons is for the first.
const (
	helps  notify.Reason = "helping"
	coming notify.Reason = "coming"
	asked  notify.Reason = "asked"
)

// portion is how many dates are looked at together.
const portion = 200

// Remind reminds everybody whom it is time to remind of a date and who has not been. It may come as often and as late as
// it likes: nobody is reminded twice, and nobody of what has begun.
func (r *Reminders) Remind(ctx context.Context) error {
	now := r.deps.DB.Now()
	dates, err := listNear(ctx, r.deps.DB, now, clock.At(now.Add(horizon)))
	if err != nil {
		return err
	}
	due := slices.DeleteFunc(dates, func(d nearDate) bool {
		return dueAt(d.StartsAt, d.AllDay, d.Begins, r.deps.Zone).After(now.Time)
	})
	for some := range slices.Chunk(due, portion) {
		if err := r.remindOf(ctx, some); err != nil {
			return err
		}
		if err := r.remindStrangers(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// remindOf reminds people of some dates. Each date is an activity, of which each person is told once.
func (r *Reminders) remindOf(ctx context.Context, dates []nearDate) error {
	byID := map[int64]nearDate{}
	var ids []int64
	for _, d := range dates {
		byID[d.ID] = d
		ids = append(ids, d.ID)
	}
	people, err := listUnreminded(ctx, r.deps.DB, r.circles(ids))
	if err != nil {
		return err
	}
	for len(people) > 0 {
		d := byID[people[0].DateID]
		n := slices.IndexFunc(people, func(p person) bool { return p.DateID != d.ID })
		if n < 0 {
			n = len(people)
		}
		if err := r.record(ctx, d, people[:n]); err != nil {
			return err
		}
		people = people[n:]
	}
	return nil
}

// circles returns who is reminded of some dates.
func (r *Reminders) circles(dates []int64) []circle {
	helping, helpingArgs := r.deps.Helping.HelpingAt(dates)
	attending, attendingArgs := r.deps.Attendance.ComingAt(dates)
	return []circle{{helps, helping, helpingArgs}, {coming, attending, attendingArgs}, wishing(dates)}
}

// record notes that people are reminded of a date, with the activity that tells them.
func (r *Reminders) record(ctx context.Context, d nearDate, people []person) error {
	return r.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		id, err := r.deps.Outbox.Record(ctx, tx, community.Activity{Name: community.EventNear, EntityID: d.EntityID, ContentID: d.ContentID, DateID: d.ID})
		if err != nil {
			return err
		}
		return insertReminders(ctx, tx, d, people, id)
	})
}

func (r *Reminders) reactions() []outbox.Reaction {
	return []outbox.Reaction{{
		Activity: community.MembershipEnded, Does: "no longer reminds the former member of events",
		Run: func(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
			return removeWishIn(ctx, tx, e.PersonID, e.EntityID)
		},
	}}
}
