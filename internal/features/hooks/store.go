package hooks

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// getGroup returns what a program is told about a group.
func getGroup(ctx context.Context, q sqldb.Querier, entityID int64) (call, error) {
	var g struct {
		ID   int64  `db:"id"`
		Slug string `db:"slug"`
	}
	err := q.Get(ctx, &g, `SELECT g.id, e.slug FROM "groups" g JOIN entities e ON e.id = g.entity_id WHERE e.id = ?`, entityID)
	if err != nil {
		return call{}, fmt.Errorf("get the group of entity %d for hooks: %w", entityID, err)
	}
	return call{ID: g.ID, Slug: g.Slug}, nil
}
