// Package scores is the room that works out every few hours how active groups and people are. Lists show the most active
// ones first; who reads them does not see the number.
package scores

import (
	"context"
	"fmt"
	"time"

	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// The job, when it runs, and how long it may be late: the next time comes soon enough.
const (
	jobUpdate = "scores.update"
	schedule  = "23 */3 * * *"
	expires   = 30 * time.Minute
)

// Deps is what the room stands on.
type Deps struct {
	DB   *sqldb.DB
	Days int // what is older does not count
}

// Scores is the room.
type Scores struct{ deps Deps }

// New returns the room.
func New(d Deps) *Scores { return &Scores{deps: d} }

// Module returns the room's table of contents.
func (s *Scores) Module() module.Module {
	return module.Module{
		Name: "scores",
		Jobs: []queue.Kind{{Name: jobUpdate, Lane: queue.Housekeeping, Handle: func(ctx context.Context, _ queue.Job) error {
			_, err := s.Update(ctx)
			return err
		}}},
		Periodics: []queue.Periodic{{Name: jobUpdate, Kind: jobUpdate, Schedule: schedule, Expires: expires}},
	}
}

// Changed is how many rows an update has changed.
type Changed struct{ Entities, Memberships int64 }

// Update works out all scores anew, and how active each member was in each of their groups. Each is one statement that
// writes only what differs, in a transaction of its own, so that nobody waits for both.
func (s *Scores) Update(ctx context.Context) (changed Changed, err error) {
	now := s.deps.DB.Now()
	err = s.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		changed.Entities, err = updateEntities(ctx, tx, s.window(now))
		return err
	})
	if err != nil {
		return changed, fmt.Errorf("update the scores of groups and people: %w", err)
	}
	err = s.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		changed.Memberships, err = updateMemberships(ctx, tx, now)
		return err
	})
	if err != nil {
		return changed, fmt.Errorf("update the scores of members in their groups: %w", err)
	}
	return changed, nil
}

// window is the time in which something counts.
type window struct{ from, to clock.Time }

func (s *Scores) window(now clock.Time) window {
	return window{clock.At(now.AddDate(0, 0, -s.deps.Days)), now}
}
