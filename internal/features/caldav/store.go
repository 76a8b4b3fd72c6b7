package caldav

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

const groupColumns = `SELECT e.id, e.kind, g.id AS owner_id, e.slug, e.name, e.colour, e.picture FROM "groups" g JOIN entities e ON e.id = g.entity_id `

// listGroups returns the groups to which a person belongs and that are not archived, by their names.
func listGroups(ctx context.Context, q sqldb.Querier, personID int64) ([]community.Entity, error) {
	var all []community.Entity
	err := q.Select(ctx, &all, groupColumns+`JOIN memberships m ON m.group_id = g.id WHERE m.person_id = ? AND e.archived_at IS NULL ORDER BY e.name, e.id`, personID)
	if err != nil {
		return nil, fmt.Errorf("list the groups of person %d: %w", personID, err)
	}
	return all, nil
}

// getGroup returns a group; NotFound if there is none.
func getGroup(ctx context.Context, q sqldb.Querier, id int64) (community.Entity, error) {
	var e community.Entity
	if err := q.Get(ctx, &e, groupColumns+`WHERE g.id = ?`, id); err != nil {
		return e, fmt.Errorf("get a group for its calendar: %w", err)
	}
	return e, nil
}
