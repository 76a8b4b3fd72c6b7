package events

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// findUID returns the event of an entity that has a UID, its own one or that with which it came; 0 if none has. own is
// the id of the event to which this site has given the UID.
func findUID(ctx context.Context, q sqldb.Querier, entityID, own int64, uid string) (int64, error) {
	var ids []int64
	err := q.Select(ctx, &ids, `
		SELECT c.id FROM contents c JOIN events v ON v.content_id = c.id
		 WHERE c.entity_id = ? AND c.kind = 'event' AND c.deleted_at IS NULL AND (v.uid = ? OR c.id = ? OR EXISTS (
		       SELECT 1 FROM event_uids u WHERE u.content_id = c.id AND u.uid = ?))
		 ORDER BY c.id LIMIT 1`, entityID, uid, own, uid)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return ids[0], nil
}

// findDatesOn returns the dates of an event that its series has on some days, by these.
func findDatesOn(ctx context.Context, q sqldb.Querier, contentID int64, days []string) (map[string]int64, error) {
	var rows []dateRow
	if err := q.Select(ctx, &rows, rowColumns+` FROM event_dates d WHERE d.content_id = ? AND d.day IN (?) ORDER BY d.day`, contentID, days); err != nil {
		return nil, fmt.Errorf("find dates of event %d: %w", contentID, err)
	}
	all := make(map[string]int64, len(rows))
	for _, d := range rows {
		all[d.Day] = d.ID
	}
	return all, nil
}
