package matrix

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Some comments and messages were said in a chat room first. There the event by which somebody has said them stands in
// the place of a message of ours, so that nobody is told twice, and each other room is told as usual.

// answered returns the events that a contribution came from, by the lines of their rooms.
func answered(ctx context.Context, q sqldb.Querier, contributionID int64) (map[int64]string, error) {
	if contributionID == 0 {
		return nil, nil //nolint:nilnil // a map that holds nothing
	}
	var rows []struct {
		LineID  int64  `db:"line_id"`
		EventID string `db:"event_id"`
	}
	err := q.Select(ctx, &rows, `
		SELECT l.id AS line_id, a.event_id FROM chat_answers a JOIN chat_rooms r ON r.room_id = a.room JOIN chat_lines l ON l.chat_room_id = r.id
		 WHERE a.contribution_id = ? AND a.kind = 'message' AND NOT a.gone ORDER BY l.id`, contributionID)
	if err != nil {
		return nil, fmt.Errorf("look in which chat room contribution %d was said: %w", contributionID, err)
	}
	events := make(map[int64]string, len(rows))
	for _, r := range rows {
		events[r.LineID] = r.EventID
	}
	return events, nil
}

// saying is how it stands with what somebody has said in a room themselves.
type saying struct {
	ContributionID int64  `db:"contribution_id"`
	Room           string `db:"room"`
	Fresh          bool   `db:"fresh"` // it stands there, and the contribution has been edited nowhere else since
}

// findSaying returns how it stands with an event; NotFound if it is one of ours.
func findSaying(ctx context.Context, q sqldb.Querier, eventID string) (s saying, err error) {
	err = q.Get(ctx, &s, `
		SELECT a.contribution_id, a.room, NOT a.gone AND k.id IS NOT NULL AND COALESCE(k.edited_at, 0) = COALESCE(a.edited_at, 0) AS fresh
		  FROM chat_answers a LEFT JOIN contributions k ON k.id = a.contribution_id WHERE a.event_id = ? AND a.kind = 'message'`, eventID)
	return s, err
}

// settleSaying deals with a message that somebody has said themselves, and reports false if it is one of ours. What they
// have said is taken out once it is not what the contribution says, with everything by which they have edited it: the
// message then is one of ours, like any other.
func (m *Matrix) settleSaying(ctx context.Context, l line, e entry, want matrix.Message) (done bool, err error) {
	s, err := findSaying(ctx, m.config.DB, e.EventID)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look who has said chat message %d: %w", e.ID, err)
	}
	if s.Fresh && want.Text != "" {
		return true, save(ctx, m.config.DB, e, false)
	}
	var events []string
	err = m.config.DB.Select(ctx, &events, `
		SELECT event_id FROM chat_answers WHERE contribution_id = ? AND room = ? AND kind IN ('message', 'edit') AND NOT gone ORDER BY id`,
		s.ContributionID, s.Room)
	if err != nil {
		return false, fmt.Errorf("list how chat message %d was said: %w", e.ID, err)
	}
	if err := m.redact(ctx, l, e, events); err != nil {
		return false, err
	}
	e.EventID, e.Revision = "", e.Revision+1
	return true, save(ctx, m.config.DB, e, want.Text != "")
}
