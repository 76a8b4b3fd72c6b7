package tags

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// listUntagged returns the groups of a person that do not have a tag and are not archived, by name.
func listUntagged(ctx context.Context, q sqldb.Querier, personID, tagID int64) ([]community.Entity, error) {
	var all []community.Entity
	err := q.Select(ctx, &all, `
		SELECT e.id, e.kind, g.id AS owner_id, e.slug, e.name, e.colour, e.picture
		  FROM memberships m JOIN "groups" g ON g.id = m.group_id JOIN entities e ON e.id = g.entity_id
		 WHERE m.person_id = ? AND e.archived_at IS NULL AND NOT EXISTS (SELECT 1 FROM group_tags x WHERE x.group_id = g.id AND x.tag_id = ?)
		 ORDER BY e.name_key, e.id`, personID, tagID)
	if err != nil {
		return nil, fmt.Errorf("list the groups of a person without a tag: %w", err)
	}
	return all, nil
}
