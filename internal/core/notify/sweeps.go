package notify

import (
	"context"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// settled is a delivery that has ended.
type settled struct {
	ActivityID int64 `db:"activity_id"`
	PersonID   int64 `db:"person_id"`
}

// RemoveSettled removes the notes of deliveries that ended longer ago than an age: age is that of what was sent or
// withdrawn, and ageOfDead of what failed for good, whose job can be tried again as long.
func (n *Notifier) RemoveSettled(ctx context.Context, age, ageOfDead time.Duration) error {
	now := n.config.DB.Now()
	err := n.removeEnded(ctx, clock.At(now.Add(-age)), StateSent, StateWithdrawn)
	if err != nil {
		return err
	}
	return n.removeEnded(ctx, clock.At(now.Add(-ageOfDead)), StateDead)
}

func (n *Notifier) removeEnded(ctx context.Context, before clock.Time, states ...string) error {
	remove := func(tx *sqldb.Tx, portion []settled) error {
		people := map[int64][]int64{} // by the activity: they come in its order, so that there are few
		for _, s := range portion {
			people[s.ActivityID] = append(people[s.ActivityID], s.PersonID)
		}
		for activity, ids := range people {
			_, err := tx.Exec(ctx, `DELETE FROM deliveries WHERE activity_id = ? AND person_id IN (?) AND state IN (?) AND changed_at <= ?`,
				activity, ids, states, before)
			if err != nil {
				return err
			}
		}
		return nil
	}
	return sqldb.Sweep(ctx, n.config.DB, remove,
		`SELECT activity_id, person_id FROM deliveries WHERE state IN (?) AND changed_at <= ? ORDER BY activity_id, person_id, channel`, states, before)
}

// RemoveActivities removes activities that are older than an age and that no notification tells of any more.
func (n *Notifier) RemoveActivities(ctx context.Context, age time.Duration) error {
	return sqldb.Sweep(ctx, n.config.DB, sqldb.Removal[int64](ctx, `DELETE FROM activities WHERE id IN (?)`), `
		SELECT a.id FROM activities a WHERE a.occurred_at <= ? AND a.done_at IS NOT NULL
		   AND NOT EXISTS (SELECT 1 FROM inbox_entries i WHERE i.activity_id = a.id)
		   AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.activity_id = a.id)
		 ORDER BY a.id`, clock.At(n.config.DB.Now().Add(-age)))
}
