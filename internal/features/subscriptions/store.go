package subscriptions

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// insertSubscription subscribes a person and reports whether they did not follow the entity before.
func insertSubscription(ctx context.Context, tx *sqldb.Tx, entityID, personID int64) (inserted bool, err error) {
	inserted, err = tx.InsertNew(ctx, `INSERT INTO subscriptions (entity_id, person_id, created_at) VALUES (?, ?, ?)`, entityID, personID, tx.Now)
	if err != nil {
		return false, fmt.Errorf("insert a subscription: %w", err)
	}
	return inserted, nil
}

// deleteSubscription ends a subscription and reports whether there was one.
func deleteSubscription(ctx context.Context, tx *sqldb.Tx, entityID, personID int64) (deleted bool, err error) {
	rows, err := tx.Exec(ctx, `DELETE FROM subscriptions WHERE entity_id = ? AND person_id = ?`, entityID, personID)
	if err != nil {
		return false, fmt.Errorf("delete a subscription: %w", err)
	}
	return rows > 0, nil
}

func isSubscribed(ctx context.Context, q sqldb.Querier, entityID, personID int64) (bool, error) {
	var subscribed bool
	err := q.Get(ctx, &subscribed, `SELECT EXISTS (SELECT 1 FROM subscriptions WHERE entity_id = ? AND person_id = ?)`, entityID, personID)
	if err != nil {
		return false, fmt.Errorf("look up a subscription: %w", err)
	}
	return subscribed, nil
}
