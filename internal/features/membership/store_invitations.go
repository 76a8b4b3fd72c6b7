package membership

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// validInvitations are those that have not expired and whose author belongs to the group still.
const validInvitations = `
	SELECT i.id, i.group_id, i.created_by_id, e.name AS created_by, i.mailed, i.created_at, i.expires_at
	  FROM invitations i JOIN memberships m ON m.group_id = i.group_id AND m.person_id = i.created_by_id
	  JOIN people p ON p.id = i.created_by_id AND p.active = TRUE JOIN entities e ON e.id = p.entity_id
	 WHERE i.expires_at > ? AND `

func getInvitation(ctx context.Context, q sqldb.Querier, id int64, now clock.Time) (Invitation, error) {
	var i Invitation
	if err := q.Get(ctx, &i, validInvitations+`i.id = ?`, now, id); err != nil {
		return i, fmt.Errorf("get invitation %d: %w", id, err)
	}
	return i, nil
}

// listInvitations returns the valid invitations of a group, the latest first.
func listInvitations(ctx context.Context, q sqldb.Querier, groupID int64, now clock.Time) ([]Invitation, error) {
	var all []Invitation
	if err := q.Select(ctx, &all, validInvitations+`i.group_id = ? ORDER BY i.id DESC`, now, groupID); err != nil {
		return nil, fmt.Errorf("list the invitations of group %d: %w", groupID, err)
	}
	return all, nil
}

func insertInvitation(ctx context.Context, tx *sqldb.Tx, i Invitation) (int64, error) {
	id, err := tx.Insert(ctx, `INSERT INTO invitations (group_id, created_by_id, mailed, created_at, expires_at) VALUES (?, ?, ?, ?, ?)`,
		i.GroupID, i.CreatedByID, i.Mailed, i.CreatedAt, i.ExpiresAt)
	if err != nil {
		return 0, fmt.Errorf("insert an invitation: %w", err)
	}
	return id, nil
}

func deleteInvitation(ctx context.Context, tx *sqldb.Tx, groupID, id int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM invitations WHERE group_id = ? AND id = ?`, groupID, id); err != nil {
		return fmt.Errorf("delete invitation %d: %w", id, err)
	}
	return nil
}
