package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/core/bot"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// answer is an event of a private chat room, and what it has become.
type answer struct {
	ID             int64  `db:"id"`
	Room           string `db:"room"` // its id at the homeserver
	EntityID       int64  `db:"entity_id"`
	Kind           kind   `db:"kind"`
	Target         string `db:"target"`
	Thread         string `db:"thread"`
	Event          string `db:"event"`
	ContributionID int64  `db:"contribution_id"`

	About int64 `db:"-"` // the contribution that the target has become; 0 if none
}

// isOpen reports whether a group has chosen that its private room answers.
func isOpen(ctx context.Context, q sqldb.Querier, entityID int64) (open bool, err error) {
	if err := q.Get(ctx, &open, `SELECT EXISTS (SELECT 1 FROM chat_bridges WHERE entity_id = ?)`, entityID); err != nil {
		return false, fmt.Errorf("look whether the chat room of entity %d answers: %w", entityID, err)
	}
	return open, nil
}

func setOpen(ctx context.Context, tx *sqldb.Tx, entityID int64, open bool) (err error) {
	if open {
		_, err = tx.InsertNew(ctx, `INSERT INTO chat_bridges (entity_id, created_at) VALUES (?, ?)`, entityID, tx.Now)
	} else {
		_, err = tx.Exec(ctx, `DELETE FROM chat_bridges WHERE entity_id = ?`, entityID)
	}
	if err != nil {
		return fmt.Errorf("choose whether the chat room of entity %d answers: %w", entityID, err)
	}
	return nil
}

// isAnswering reports whether a room is the private one of a group that has chosen that it answers.
func isAnswering(ctx context.Context, q sqldb.Querier, room string) (yes bool, err error) {
	err = q.Get(ctx, &yes, `
		SELECT EXISTS (SELECT 1 FROM chat_rooms r JOIN chat_bridges b ON b.entity_id = r.entity_id WHERE r.room_id = ? AND r.kind = 'private')`, room)
	if err != nil {
		return false, fmt.Errorf("look whether chat room %s answers: %w", room, err)
	}
	return yes, nil
}

// stands reports whether one of some events of a room tells of something, or is an answer to that.
func stands(ctx context.Context, q sqldb.Querier, room string, events []string) (yes bool, err error) {
	err = q.Get(ctx, &yes, `
		SELECT EXISTS (SELECT 1 FROM chat_messages m JOIN chat_lines l ON l.id = m.line_id JOIN chat_rooms r ON r.id = l.chat_room_id
		                WHERE m.event_id IN (?) AND r.room_id = ?)
		    OR EXISTS (SELECT 1 FROM chat_answers a WHERE a.event_id IN (?) AND a.room = ? AND a.kind = ?)`, events, room, events, room, message)
	if err != nil {
		return false, fmt.Errorf("look what is answered in chat room %s: %w", room, err)
	}
	return yes, nil
}

// place is what an event of a room tells of.
type place struct {
	EventID        string `db:"event_id"`
	LineID         int64  `db:"line_id"`
	ContentID      int64  `db:"content_id"`
	ConversationID int64  `db:"conversation_id"`
	ContributionID int64  `db:"contribution_id"`
}

// places returns what some events of a room tell of, by their ids.
func places(ctx context.Context, q sqldb.Querier, room string, events []string) (map[string]place, error) {
	var rows []place
	err := q.Select(ctx, &rows, `
		SELECT m.event_id, m.line_id, m.content_id, m.conversation_id, m.contribution_id
		  FROM chat_messages m JOIN chat_lines l ON l.id = m.line_id JOIN chat_rooms r ON r.id = l.chat_room_id
		 WHERE m.event_id IN (?) AND r.room_id = ?
		UNION
		SELECT a.event_id, COALESCE(l.id, 0), COALESCE(k.content_id, 0), COALESCE(k.conversation_id, 0), k.id
		  FROM chat_answers a JOIN contributions k ON k.id = a.contribution_id LEFT JOIN chat_rooms r ON r.room_id = a.room LEFT JOIN chat_lines l ON l.chat_room_id = r.id
		 WHERE a.event_id IN (?) AND a.room = ? AND a.kind = ? ORDER BY event_id, line_id`, events, room, events, room, message)
	if err != nil {
		return nil, fmt.Errorf("find what is answered in chat room %s: %w", room, err)
	}
	all := make(map[string]place, len(rows))
	for _, p := range rows {
		all[p.EventID] = p
	}
	return all, nil
}

// headOf returns the event at the head of the thread about what an event tells of; "" if there is none.
func headOf(ctx context.Context, q sqldb.Querier, p place) (event string, err error) {
	err = q.Get(ctx, &event, `
		SELECT m.event_id FROM chat_messages m WHERE m.line_id = ? AND m.content_id = ? AND m.conversation_id = ? AND m.event_id <> ''
		   AND NOT EXISTS (SELECT 1 FROM chat_answers a WHERE a.event_id = m.event_id) ORDER BY m.activity_id, m.id LIMIT 1`,
		p.LineID, p.ContentID, p.ConversationID)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return "", fmt.Errorf("find the head of a thread: %w", err)
	}
	return event, nil
}

// insertAnswer notes an event that is to have an effect, and reports whether it is new.
func insertAnswer(ctx context.Context, tx *sqldb.Tx, k kind, target string, e bot.Event) (fresh bool, err error) {
	text, err := json.Marshal(e)
	if err != nil {
		return false, fmt.Errorf("write an event of a chat room: %w", err)
	}
	fresh, err = tx.InsertNew(ctx, `
		INSERT INTO chat_answers (room, event_id, kind, target, thread, event, waiting, heard_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		e.Room, e.ID, k, target, e.Thread, string(text), true, tx.Now)
	if err != nil {
		return false, fmt.Errorf("note what was said in chat room %s: %w", e.Room, err)
	}
	return fresh, nil
}

const selectAnswers = `
	SELECT a.id, a.room, COALESCE(r.entity_id, 0) AS entity_id, a.kind, a.target, a.thread, a.event, a.contribution_id
	  FROM chat_answers a LEFT JOIN chat_rooms r ON r.room_id = a.room`

// nextAnswer returns the first event of a room that waits, up to one of them; NotFound if none does.
func nextAnswer(ctx context.Context, q sqldb.Querier, eventID string) (a answer, err error) {
	err = q.Get(ctx, &a, selectAnswers+` JOIN chat_answers upto ON upto.room = a.room AND a.id <= upto.id
		 WHERE upto.event_id = ? AND a.waiting ORDER BY a.id LIMIT 1`, eventID)
	return a, err
}

// getAnswer returns an event of a room of which it is noted what it has become; NotFound if it is none.
func getAnswer(ctx context.Context, q sqldb.Querier, room, eventID string) (a answer, err error) {
	err = q.Get(ctx, &a, selectAnswers+` WHERE a.event_id = ? AND a.room = ?`, eventID, room)
	return a, err
}

// claim reports whether an event waits still. Nobody else gives it its effect until the transaction ends.
func claim(ctx context.Context, tx *sqldb.Tx, id int64) (waiting bool, err error) {
	if err := tx.GetLocked(ctx, &waiting, `SELECT waiting FROM chat_answers WHERE id = ?`, id); err != nil {
		return false, fmt.Errorf("claim what was said in a chat room: %w", err)
	}
	return waiting, nil
}

// finish notes what an event has become. What it says is kept nowhere else from then on.
func finish(ctx context.Context, tx *sqldb.Tx, a answer) error {
	_, err := tx.Exec(ctx, `UPDATE chat_answers SET waiting = ?, event = '', thread = ?, contribution_id = ? WHERE id = ?`, false, a.Thread, a.ContributionID, a.ID)
	if err != nil {
		return fmt.Errorf("note what became of something in a chat room: %w", err)
	}
	return nil
}

// spoken notes that what stands in the room is what a contribution says now.
func spoken(ctx context.Context, tx *sqldb.Tx, contributionID int64) error {
	_, err := tx.Exec(ctx, `
		UPDATE chat_answers SET edited_at = (SELECT k.edited_at FROM contributions k WHERE k.id = ?) WHERE contribution_id = ?`, contributionID, contributionID)
	if err != nil {
		return fmt.Errorf("note that a chat room shows contribution %d: %w", contributionID, err)
	}
	return nil
}

// markGone notes that an event has been taken out of its room.
func markGone(ctx context.Context, tx *sqldb.Tx, eventID string) error {
	if _, err := tx.Exec(ctx, `UPDATE chat_answers SET gone = ? WHERE event_id = ?`, true, eventID); err != nil {
		return fmt.Errorf("note that an event is gone: %w", err)
	}
	return nil
}

// findPerson returns whose a Matrix id is: they have proven it, or the site has given it to them at its own homeserver.
// NotFound if it is nobody's.
func findPerson(ctx context.Context, q sqldb.Querier, matrixID, domain string) (personID int64, err error) {
	var found struct {
		PersonID int64 `db:"person_id"`
		Proven   bool  `db:"proven"`
	}
	if err := q.Get(ctx, &found, `SELECT person_id, proven FROM chat_ids WHERE matrix_id = ?`, matrixID); err != nil {
		return 0, err
	}
	if !found.Proven && !strings.HasSuffix(matrixID, ":"+domain) {
		return 0, errs.New(errs.NotFound, "")
	}
	return found.PersonID, nil
}

// slugsOf returns the slugs of the people who have some Matrix ids, by these.
func slugsOf(ctx context.Context, q sqldb.Querier, ids []string) (map[string]string, error) {
	var rows []struct {
		MatrixID string `db:"matrix_id"`
		Slug     string `db:"slug"`
	}
	err := q.Select(ctx, &rows, `
		SELECT c.matrix_id, e.slug FROM chat_ids c JOIN people p ON p.id = c.person_id JOIN entities e ON e.id = p.entity_id
		 WHERE c.matrix_id IN (?) ORDER BY c.matrix_id`, ids)
	if err != nil {
		return nil, fmt.Errorf("look who is mentioned in a chat room: %w", err)
	}
	slugs := make(map[string]string, len(rows))
	for _, r := range rows {
		slugs[r.MatrixID] = r.Slug
	}
	return slugs, nil
}

// remember is how long it is kept what became nothing.
const remember = 30 * 24 * time.Hour

// forget removes the notes of what became nothing long ago, or of what has vanished.
func (b *Bridge) forget(ctx context.Context) error {
	before := clock.At(b.deps.DB.Now().Add(-remember))
	remove := func(tx *sqldb.Tx, ids []int64) error {
		_, err := tx.Exec(ctx, `DELETE FROM chat_answers WHERE id IN (?) AND NOT waiting`, ids)
		return err
	}
	return sqldb.Sweep(ctx, b.deps.DB, remove, `
		SELECT a.id FROM chat_answers a LEFT JOIN contributions k ON k.id = a.contribution_id
		 WHERE a.heard_at <= ? AND NOT a.waiting AND k.id IS NULL ORDER BY a.heard_at, a.id`, before)
}
