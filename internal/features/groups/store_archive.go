package groups

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// setArchived says since when a group is archived; never for the zero time.
func setArchived(ctx context.Context, tx *sqldb.Tx, entityID int64, at clock.Time) error {
	if _, err := tx.Exec(ctx, `UPDATE entities SET archived_at = ? WHERE id = ?`, at, entityID); err != nil {
		return fmt.Errorf("say whether entity %d is archived: %w", entityID, err)
	}
	return nil
}

// getFounder returns who founded a group; 0 if nobody knows.
func getFounder(ctx context.Context, q sqldb.Querier, groupID int64) (personID int64, err error) {
	if err := q.Get(ctx, &personID, `SELECT COALESCE(created_by_id, 0) FROM "groups" WHERE id = ?`, groupID); err != nil {
		return 0, fmt.Errorf("get the founder of group %d: %w", groupID, err)
	}
	return personID, nil
}

// mailbox is where somebody is told.
type mailbox struct {
	Address  string `db:"address"`
	Name     string `db:"name"`
	Language string `db:"language"`
}

// listMailboxes returns where the members of a group are told.
func listMailboxes(ctx context.Context, q sqldb.Querier, groupID int64) ([]mailbox, error) {
	var all []mailbox
	err := q.Select(ctx, &all, `
		SELECT a.address, e.name, p.language
		  FROM memberships m JOIN people p ON p.id = m.person_id JOIN entities e ON e.id = p.entity_id JOIN email_addresses a ON a.person_id = p.id AND a.main
		 WHERE m.group_id = ? AND p.active ORDER BY a.id`, groupID)
	if err != nil {
		return nil, fmt.Errorf("list the mailboxes of the members of group %d: %w", groupID, err)
	}
	return all, nil
}

// everyMember is a query for the members of the group that is an entity.
const everyMember = `SELECT m.person_id FROM memberships m JOIN "groups" g ON g.id = m.group_id WHERE g.entity_id = ?`

// getActor returns who did something to a group; the zero value if it was whoever runs the site, or if they are gone.
func getActor(ctx context.Context, q sqldb.Querier, personID int64) (community.Entity, error) {
	var found []community.Entity
	err := q.Select(ctx, &found, `
		SELECT e.id, e.kind, p.id AS owner_id, e.slug, e.name, e.colour, e.picture FROM people p JOIN entities e ON e.id = p.entity_id WHERE p.id = ? ORDER BY e.id`, personID)
	if err != nil || len(found) == 0 {
		return community.Entity{}, err
	}
	return found[0], nil
}
