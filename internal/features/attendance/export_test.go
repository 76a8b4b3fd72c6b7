package attendance

import (
	"context"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Admit is admit for tests.
func Admit(held, need, free, capacity int) (waits bool, err error) {
	return admit(held, need, free, capacity)
}

// Advance returns which parties of a queue move up.
func Advance(free int, limited bool, parties []int) (moved []int) {
	var queue []queued
	for n, people := range parties {
		a := queued{attendance: attendance{ID: int64(n), Answer: Yes, Guests: people - 1}}
		if limited {
			a.Capacity = 100
		}
		queue = append(queue, a)
	}
	for _, a := range advance(free, queue) {
		moved = append(moved, int(a.ID))
	}
	return moved
}

// Harmless is harmless for tests.
func Harmless(text string) string { return harmless(text) }

// ForgetStrangers is the sweep.
func (r *Attendance) ForgetStrangers(ctx context.Context) error { return r.forgetStrangers(ctx) }

// Lists are what the room reads, by the index that finds it.
func Lists(contentID, dateID, personID int64, now clock.Time) map[string][]func(ctx context.Context, q sqldb.Querier) error {
	date := occasion{ContentID: contentID, DateID: dateID, Answers: answersForDates}
	series := occasion{ContentID: contentID, DateID: dateID, Answers: answersForSeries}
	list := func(o occasion) func(context.Context, sqldb.Querier) error {
		return func(ctx context.Context, q sqldb.Querier) error {
			_, err := listAttendances(ctx, q, o, 100)
			return err
		}
	}
	return map[string][]func(ctx context.Context, q sqldb.Querier) error{
		"attendances_date":   {list(date)},
		"attendances_series": {list(series)},
		"attendances_person": {func(ctx context.Context, q sqldb.Querier) error {
			_, err := listOwn(ctx, q, contentID, personID, "")
			return err
		}},
		"attendances_address": {
			func(ctx context.Context, q sqldb.Querier) error {
				_, err := listOwn(ctx, q, contentID, personID, "")
				return err
			},
			func(ctx context.Context, q sqldb.Querier) error {
				_, err := listOwn(ctx, q, contentID, 0, "a7@example.com")
				return err
			},
		},
		"attendances_content": {func(ctx context.Context, q sqldb.Querier) error {
			_, err := listQueued(ctx, q, []int64{contentID}, now)
			return err
		}},
	}
}
