package matrix

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// line is where messages go, one after another.
type line struct {
	ID      int64  `db:"id"`
	Room    string `db:"room"`    // its id at the homeserver; "" if it is not there yet
	Named   bool   `db:"named"`   // what it is told comes from many groups, whose names stand before it
	Former  bool   `db:"former"`  // its group has left the room behind
	Changes int64  `db:"changes"` // what was new for it until now

	DirectID int64 `db:"direct_id"` // of the room with one person; 0 for others
	PersonID int64 `db:"person_id"` // who reads there; known if Room is
}

func getLine(ctx context.Context, q sqldb.Querier, id int64) (l line, err error) {
	err = q.Get(ctx, &l, `
		SELECT l.id, COALESCE(l.former, l.listener, r.room_id, d.room_id, '') AS room, l.listener IS NOT NULL OR l.direct_id IS NOT NULL AS named,
		       l.former IS NOT NULL AS former, l.changes, COALESCE(l.direct_id, 0) AS direct_id, COALESCE(d.person_id, 0) AS person_id
		  FROM chat_lines l LEFT JOIN chat_rooms r ON r.id = l.chat_room_id LEFT JOIN chat_directs d ON d.id = l.direct_id AND `+ready+` WHERE l.id = ?`, id)
	if err != nil {
		return l, fmt.Errorf("get line %d of chat messages: %w", id, err)
	}
	return l, nil
}

// settled reports whether nothing is new for a line since it was read. Nobody else says so until the transaction ends.
func settled(ctx context.Context, tx *sqldb.Tx, l line) (bool, error) {
	var changes int64
	err := tx.GetLocked(ctx, &changes, `SELECT changes FROM chat_lines WHERE id = ?`, l.ID)
	if errs.Is(err, errs.NotFound) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("look whether line %d has something new: %w", l.ID, err)
	}
	return changes == l.Changes, nil
}

// target is a line that is told something.
type target struct {
	LineID int64 `db:"id"`
	Inside bool  `db:"inside"`
}

// targets returns the lines that are told of an activity, and makes those that are not there yet.
func (m *Matrix) targets(ctx context.Context, tx *sqldb.Tx, e community.Activity) (all []target, err error) {
	var rooms []struct {
		ID     int64 `db:"id"`
		Inside bool  `db:"inside"`
	}
	err = tx.Select(ctx, &rooms, `SELECT id, kind = 'private' AS inside FROM chat_rooms WHERE entity_id = ? AND kind IN ('public', 'private') ORDER BY id`, e.EntityID)
	if err != nil {
		return nil, fmt.Errorf("list the chat rooms of entity %d: %w", e.EntityID, err)
	}
	var lines [][]any
	ids, listeners := []int64{0}, []string{""} // lists of queries are not empty
	for _, r := range rooms {
		if r.Inside || e.ConversationID == 0 {
			lines, ids = append(lines, []any{r.ID, nil}), append(ids, r.ID)
		}
	}
	if e.ConversationID == 0 {
		for _, room := range m.config.Listeners {
			lines, listeners = append(lines, []any{nil, room}), append(listeners, room)
		}
	}
	if len(lines) == 0 {
		return nil, nil
	}
	if err := tx.InsertNewRows(ctx, `INSERT INTO chat_lines (chat_room_id, listener)`, lines); err != nil {
		return nil, fmt.Errorf("make lines of chat messages: %w", err)
	}
	err = tx.Select(ctx, &all, `
		SELECT l.id, COALESCE(r.kind = 'private', FALSE) AS inside FROM chat_lines l LEFT JOIN chat_rooms r ON r.id = l.chat_room_id
		 WHERE l.chat_room_id IN (?) OR l.listener IN (?) ORDER BY l.id`, ids, listeners)
	if err != nil {
		return nil, fmt.Errorf("list lines of chat messages: %w", err)
	}
	return all, nil
}

// entry is a message of a line.
type entry struct {
	ID             int64  `db:"id"`
	ActivityID     int64  `db:"activity_id"`
	Activity       string `db:"activity"`
	ContentID      int64  `db:"content_id"`
	ConversationID int64  `db:"conversation_id"`
	ContributionID int64  `db:"contribution_id"`
	Inside         bool   `db:"inside"`
	EventID        string `db:"event_id"`
	Edits          string `db:"edits"`
	Digest         string `db:"digest"`
	Asked          string `db:"asked"`
	Revision       int    `db:"revision"`
	Pictures       string `db:"pictures"`

	Reason      notify.Reason `db:"reason"`       // why the one person who reads it is told
	ActorID     int64         `db:"actor_id"`     // who did what it tells of, and whom that concerned: for that person,
	ConcernedID int64         `db:"concerned_id"` // as long as it is known
}

// portion is how many messages of a line are looked at with one query.
const portion = 50

func listDue(ctx context.Context, q sqldb.Querier, lineID int64) (all []entry, err error) {
	err = q.Select(ctx, &all, `
		SELECT m.id, m.activity_id, m.activity, m.content_id, m.conversation_id, m.contribution_id, m.inside, m.event_id, m.edits, m.digest, m.asked,
		       m.revision, m.pictures, m.reason, COALESCE(a.actor_id, 0) AS actor_id, COALESCE(a.person_id, 0) AS concerned_id
		  FROM chat_messages m LEFT JOIN activities a ON a.id = m.activity_id
		 WHERE m.due AND m.line_id = ? ORDER BY m.activity_id, m.id LIMIT ?`, lineID, portion)
	if err != nil {
		return nil, fmt.Errorf("list the messages of line %d: %w", lineID, err)
	}
	return all, nil
}

// head returns the event of the message below which another one stands: the first about its item or conversation that is
// one of ours. It is "" if there is none.
func head(ctx context.Context, q sqldb.Querier, lineID int64, e entry) (event string, err error) {
	column, id := "content_id", e.ContentID
	if e.ContentID == 0 {
		column, id = "conversation_id", e.ConversationID
	}
	if id == 0 {
		return "", nil
	}
	err = q.Get(ctx, &event, `
		SELECT m.event_id FROM chat_messages m WHERE m.`+column+` = ? AND m.line_id = ? AND m.activity_id < ? AND m.event_id <> ''
		   AND NOT EXISTS (SELECT 1 FROM chat_answers a WHERE a.event_id = m.event_id) ORDER BY m.activity_id, m.id LIMIT 1`, id, lineID, e.ActivityID)
	if errs.Is(err, errs.NotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look for the head of a thread: %w", err)
	}
	return event, nil
}

// followsAny reports whether what was said before about the item of a comment is still to be announced: then the comment waits, for it
// stands in the thread of that. An activity that is not announced within some minutes is not waited for.
func followsAny(ctx context.Context, q sqldb.Querier, e entry, since clock.Time) (waits bool, err error) {
	if e.ContributionID == 0 || e.ContentID == 0 {
		return false, nil
	}
	err = q.Get(ctx, &waits, `SELECT EXISTS (SELECT 1 FROM activities WHERE content_id = ? AND id < ? AND done_at IS NULL AND occurred_at > ?)`, e.ContentID, e.ActivityID, since)
	if err != nil {
		return false, fmt.Errorf("look what comes before chat message %d: %w", e.ID, err)
	}
	return waits, nil
}

// save notes how a message stands in its room now.
func save(ctx context.Context, db *sqldb.DB, e entry, due bool) error {
	return db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE chat_messages SET event_id = ?, edits = ?, digest = ?, asked = ?, revision = ?, pictures = ?, due = ? WHERE id = ?`,
			e.EventID, e.Edits, e.Digest, e.Asked, e.Revision, e.Pictures, due, e.ID)
		if err != nil {
			return fmt.Errorf("note how chat message %d stands: %w", e.ID, err)
		}
		return nil
	})
}

// vanished are the messages whose source is not there any more, or not for their readers.
const vanished = `
	SELECT m.id FROM chat_messages m LEFT JOIN contents c ON c.id = m.content_id LEFT JOIN conversations v ON v.id = m.conversation_id
	  LEFT JOIN contributions k ON k.id = m.contribution_id
	 WHERE m.event_id <> '' AND NOT m.due AND (
	       m.content_id <> 0 AND (c.id IS NULL OR c.deleted_at IS NOT NULL OR NOT m.inside AND NOT c.public)
	    OR m.conversation_id <> 0 AND (v.id IS NULL OR v.deleted_at IS NOT NULL)
	    OR m.contribution_id <> 0 AND (k.id IS NULL OR k.deleted_at IS NOT NULL OR NOT m.inside AND NOT k.public)) ORDER BY m.id LIMIT 500`

func listVanished(ctx context.Context, tx *sqldb.Tx) (ids []int64, err error) {
	if err := tx.Select(ctx, &ids, vanished); err != nil {
		return nil, fmt.Errorf("look for chat messages whose source has vanished: %w", err)
	}
	return ids, nil
}

func listWaiting(ctx context.Context, tx *sqldb.Tx) (lines []int64, err error) {
	err = tx.Select(ctx, &lines, `
		SELECT DISTINCT m.line_id FROM chat_messages m JOIN chat_lines l ON l.id = m.line_id LEFT JOIN chat_directs d ON d.id = l.direct_id
		 WHERE m.due AND (l.direct_id IS NULL OR `+ready+`) ORDER BY m.line_id`)
	if err != nil {
		return nil, fmt.Errorf("look for chat messages that wait: %w", err)
	}
	return lines, nil
}

// leaveBehind keeps the lines of rooms that are there, whatever becomes of their rows, and returns them.
func leaveBehind(ctx context.Context, tx *sqldb.Tx, rooms []int64) (lines []int64, err error) {
	err = tx.Select(ctx, &lines, `
		SELECT l.id FROM chat_lines l JOIN chat_rooms r ON r.id = l.chat_room_id WHERE r.id IN (?) AND r.room_id IS NOT NULL ORDER BY l.id`, rooms)
	if err != nil || len(lines) == 0 {
		return nil, err
	}
	// The columns change in this order: the first reads the second.
	_, err = tx.Exec(ctx, `
		UPDATE chat_lines SET former = (SELECT r.room_id FROM chat_rooms r WHERE r.id = chat_lines.chat_room_id), chat_room_id = NULL WHERE id IN (?)`, lines)
	if err != nil {
		return nil, fmt.Errorf("leave chat rooms behind: %w", err)
	}
	return lines, nil
}

// dropEmpty forgets rooms that groups have left behind, when nothing stands there any more.
func dropEmpty(ctx context.Context, tx *sqldb.Tx) error {
	_, err := tx.Exec(ctx, `
		DELETE FROM chat_lines WHERE former IS NOT NULL AND NOT EXISTS (SELECT 1 FROM chat_messages m WHERE m.line_id = chat_lines.id AND (m.event_id <> '' OR m.due))`)
	if err != nil {
		return fmt.Errorf("forget chat rooms that were left behind: %w", err)
	}
	return nil
}
