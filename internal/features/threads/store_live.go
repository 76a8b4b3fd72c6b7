package threads

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// maxChanges is how many changes are read at once.
const maxChanges = 1000

// listChanges returns what has changed in all threads since a time.
func listChanges(ctx context.Context, q sqldb.Querier, since clock.Time) (all []change, err error) {
	err = q.Select(ctx, &all, `
		SELECT k.id, COALESCE(k.content_id, 0) AS content_id, COALESCE(k.conversation_id, 0) AS conversation_id, k.changed_at
		  FROM contributions k WHERE k.changed_at >= ? ORDER BY k.changed_at, k.id LIMIT ?`, since, maxChanges)
	if err != nil {
		return nil, fmt.Errorf("list what has changed in threads: %w", err)
	}
	return all, nil
}

// maxMissed is how many changes a page is sent that comes back; if it has missed more, it is reloaded anyway.
const maxMissed = PageSize

// listMissed returns the ids of the contributions of a thread that have changed since a time, the latest ones.
func listMissed(ctx context.Context, q sqldb.Querier, th Thread, since clock.Time) (ids []int64, err error) {
	if since.IsZero() {
		return nil, nil
	}
	container, id := th.address()
	err = q.Select(ctx, &ids, `
		SELECT k.id FROM contributions k WHERE k.`+container+`_id = ? AND k.changed_at >= ? ORDER BY k.created_at DESC, k.id DESC LIMIT ?`,
		id, clock.At(since.Add(-overlap)), maxMissed)
	if err != nil {
		return nil, fmt.Errorf("list what a page has missed: %w", err)
	}
	return ids, nil
}

// listSome returns contributions of a thread that the viewer may see, or their traces, oldest first.
func listSome(ctx context.Context, q sqldb.Querier, v community.Viewer, th Thread, entityID int64, ids []int64) (list []Contribution, err error) {
	container, id := th.address()
	where, args := ` WHERE k.`+container+`_id = ?`, []any{id}
	if th.ContentID != 0 {
		readable, more := policy.TracesOfComments("k", "c.entity_id", v)
		where = ` JOIN contents c ON c.id = k.content_id` + where + ` AND c.entity_id = ? AND ` + readable
		args = append(append(args, entityID), more...)
	}
	err = q.Select(ctx, &list, selectContributions+where+` AND `+leavesTrace+` AND k.id IN (?) ORDER BY k.created_at, k.id`, append(args, ids)...)
	if err != nil {
		return nil, fmt.Errorf("list what is new in a thread: %w", err)
	}
	return list, addFiles(ctx, q, list)
}
