package onboarding

import (
	"context"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

func insertSteps(ctx context.Context, tx *sqldb.Tx, entityID int64, names []string) error {
	if len(names) == 0 {
		return nil
	}
	args := make([]any, 0, 2*len(names))
	for _, name := range names {
		args = append(args, entityID, name)
	}
	_, err := tx.Exec(ctx, `INSERT INTO onboarding_steps (entity_id, step) VALUES (?, ?)`+strings.Repeat(`, (?, ?)`, len(names)-1), args...)
	if err != nil {
		return fmt.Errorf("open the first steps of entity %d: %w", entityID, err)
	}
	return nil
}

// listSteps returns the names of the steps that are open for a person or group.
func listSteps(ctx context.Context, q sqldb.Querier, entityID int64) (names []string, err error) {
	if err := q.Select(ctx, &names, `SELECT step FROM onboarding_steps WHERE entity_id = ? ORDER BY step`, entityID); err != nil {
		return nil, fmt.Errorf("list the first steps of entity %d: %w", entityID, err)
	}
	return names, nil
}

// deleteSteps closes a step, or all if the name is empty.
func deleteSteps(ctx context.Context, tx *sqldb.Tx, entityID int64, name string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM onboarding_steps WHERE entity_id = ? AND (step = ? OR ? = '')`, entityID, name, name); err != nil {
		return fmt.Errorf("skip first steps of entity %d: %w", entityID, err)
	}
	return nil
}
