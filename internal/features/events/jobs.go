package events

import (
	"context"
	"time"

	"grouprise.org/grouprise/internal/kit/queue"
)

// The jobs of series.
const (
	jobAdvance = "events.advance"
	jobExtend  = "events.extend"
)

// jobs keep series up to date.
func (r *Events) jobs() []queue.Kind {
	run := func(name string, do func(context.Context) error) queue.Kind {
		return queue.Kind{Name: name, Lane: queue.Housekeeping, MaxAttempts: 3, Handle: func(ctx context.Context, _ queue.Job) error { return do(ctx) }}
	}
	return []queue.Kind{run(jobAdvance, r.advance), run(jobExtend, r.extend)}
}

// periodics say when: lists move on to the next date soon after one is over, and the horizon moves by a day each day.
func periodics() []queue.Periodic {
	return []queue.Periodic{
		{Name: jobAdvance, Kind: jobAdvance, Schedule: "*/10 * * * *", Expires: 5 * time.Minute},
		{Name: jobExtend, Kind: jobExtend, Schedule: "41 3 * * *"},
	}
}
