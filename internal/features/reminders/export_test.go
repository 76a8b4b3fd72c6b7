package reminders

import (
	"context"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// DueAt returns from when on people are reminded of a date.
func DueAt(starts clock.Time, allDay bool, begins string, zone *time.Location) clock.Time {
	return dueAt(starts, allDay, begins, zone)
}

// Near returns how near a date is: "today".
func Near(starts clock.Time, allDay bool, begins string, now clock.Time, zone *time.Location) string {
	return [...]string{"today", "tomorrow", "later"}[near(starts, allDay, begins, now, zone)]
}

// ListNear reads the dates that are near.
func ListNear(ctx context.Context, q sqldb.Querier, now clock.Time) (int, error) {
	all, err := listNear(ctx, q, now, clock.At(now.Add(horizon)))
	return len(all), err
}

// ListUnreminded reads who is to be reminded of some dates.
func (r *Reminders) ListUnreminded(ctx context.Context, q sqldb.Querier, dates []int64) error {
	_, err := listUnreminded(ctx, q, r.circles(dates))
	return err
}

// RemoveOld removes notes of who was reminded.
func (r *Reminders) RemoveOld(ctx context.Context) error { return r.removeOld(ctx) }
