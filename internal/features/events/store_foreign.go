package events

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// listTitles returns the titles of events by their ids.
func listTitles(ctx context.Context, q sqldb.Querier, ids []int64) (map[int64]string, error) {
	var rows []struct {
		ID    int64  `db:"id"`
		Title string `db:"title"`
	}
	if err := q.Select(ctx, &rows, `SELECT id, title FROM contents WHERE id IN (?) ORDER BY id`, ids); err != nil {
		return nil, fmt.Errorf("list the titles of events: %w", err)
	}
	all := make(map[int64]string, len(rows))
	for _, row := range rows {
		all[row.ID] = row.Title
	}
	return all, nil
}

// updateForeign keeps what the form of an event does not say.
func updateForeign(ctx context.Context, tx *sqldb.Tx, e event, via string) error {
	_, err := tx.Exec(ctx, `UPDATE events SET excluded = ?, uid = ?, via = ? WHERE content_id = ?`, e.Excluded, e.UID, via, e.ContentID)
	if err != nil {
		return fmt.Errorf("keep where event %d comes from: %w", e.ContentID, err)
	}
	return nil
}

// replaceDates changes dates of a series, and whether they take place and differ from it.
func replaceDates(ctx context.Context, tx *sqldb.Tx, all []dateRow) error {
	if err := updateDates(ctx, tx, all); err != nil {
		return fmt.Errorf("replace dates: %w", err)
	}
	states := map[[2]bool][]int64{}
	for _, d := range all {
		state := [2]bool{d.Cancelled, d.Altered}
		states[state] = append(states[state], d.ID)
	}
	for state, ids := range states { // at most four
		if _, err := tx.Exec(ctx, `UPDATE event_dates SET cancelled = ?, altered = ? WHERE id IN (?)`, state[0], state[1], ids); err != nil {
			return fmt.Errorf("say which dates differ from their series: %w", err)
		}
	}
	return nil
}
