package admin

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// hasGroups reports whether anybody has founded a group.
func hasGroups(ctx context.Context, q sqldb.Querier) (bool, error) {
	var ids []int64
	if err := q.Select(ctx, &ids, `SELECT id FROM "groups" ORDER BY id LIMIT 1`); err != nil {
		return false, fmt.Errorf("look for a group: %w", err)
	}
	return len(ids) > 0, nil
}

// hasBackup reports whether a backup was made that can be restored.
func hasBackup(ctx context.Context, q sqldb.Querier) (bool, error) {
	var ids []int64
	if err := q.Select(ctx, &ids, `SELECT id FROM backups WHERE outcome = 'proved' ORDER BY id DESC LIMIT 1`); err != nil {
		return false, fmt.Errorf("look for a backup: %w", err)
	}
	return len(ids) > 0, nil
}
