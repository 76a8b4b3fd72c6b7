package preferences

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// everywhere is the condition on rows that a person's more specific ones make exceptions from.
const everywhere = `content_id = 0 AND conversation_id = 0 AND entity_id = 0`

// listTimings returns when a person is told on the channels about which they said something.
func listTimings(ctx context.Context, q sqldb.Querier, personID int64) (map[string]notify.Timing, error) {
	var rows []struct {
		Channel string        `db:"channel"`
		Timing  notify.Timing `db:"timing"`
	}
	err := q.Select(ctx, &rows, `SELECT channel, timing FROM preferences WHERE person_id = ? AND `+everywhere+` ORDER BY channel`, personID)
	if err != nil {
		return nil, fmt.Errorf("list the preferences of person %d: %w", personID, err)
	}
	timings := map[string]notify.Timing{}
	for _, row := range rows {
		timings[row.Channel] = row.Timing
	}
	return timings, nil
}

// replaceTimings sets when a person is told on some channels. What is so without a row gets none.
func replaceTimings(ctx context.Context, tx *sqldb.Tx, personID int64, timings map[string]notify.Timing) error {
	var channels []string
	var rows [][]any
	for channel, timing := range timings {
		channels = append(channels, channel)
		if timing != notify.AtOnce {
			rows = append(rows, []any{personID, channel, timing})
		}
	}
	if _, err := tx.Exec(ctx, `DELETE FROM preferences WHERE person_id = ? AND channel IN (?) AND `+everywhere, personID, channels); err != nil {
		return fmt.Errorf("forget the preferences of person %d: %w", personID, err)
	}
	// A second click may have been faster; it said the same.
	if err := tx.InsertNewRows(ctx, `INSERT INTO preferences (person_id, channel, timing)`, rows); err != nil {
		return fmt.Errorf("insert the preferences of person %d: %w", personID, err)
	}
	return nil
}

// hasChosen reports whether a person has ever said how they want to hear of news.
func hasChosen(ctx context.Context, q sqldb.Querier, personID int64) (chosen bool, err error) {
	if err := q.Get(ctx, &chosen, `SELECT EXISTS (SELECT 1 FROM preferences WHERE person_id = ?)`, personID); err != nil {
		return false, fmt.Errorf("look up the preferences of person %d: %w", personID, err)
	}
	return chosen, nil
}
