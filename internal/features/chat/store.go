package chat

import (
	"context"
	"fmt"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Room is a room of a group, or the space.
type Room struct {
	ID        int64      `db:"id"`
	Kind      Kind       `db:"kind"`
	EntityID  int64      `db:"entity_id"` // of the group; 0 for the space
	RoomID    string     `db:"room_id"`   // at the homeserver; "" until it is there
	Visible   bool       `db:"visible"`   // its link stands on the page of the group
	Alias     string     `db:"alias"`
	Avatar    string     `db:"avatar"`
	AvatarURL string     `db:"avatar_url"`
	Members   int        `db:"members"`
	SaidAt    clock.Time `db:"said_at"`
	Problem   string     `db:"problem"`
	ChangedAt clock.Time `db:"changed_at"`
}

const selectRooms = `
	SELECT r.id, r.kind, COALESCE(r.entity_id, 0) AS entity_id, COALESCE(r.room_id, '') AS room_id, r.visible, r.alias, r.avatar, r.avatar_url,
	       r.members, r.said_at, r.problem, r.changed_at FROM chat_rooms r`

func getRoom(ctx context.Context, q sqldb.Querier, id int64) (r Room, err error) {
	if err := q.Get(ctx, &r, selectRooms+` WHERE r.id = ?`, id); err != nil {
		return r, fmt.Errorf("get chat room %d: %w", id, err)
	}
	return r, nil
}

// roomsOf returns the rooms of a group, the private one first.
func roomsOf(ctx context.Context, q sqldb.Querier, entityID int64) (all []Room, err error) {
	if err := q.Select(ctx, &all, selectRooms+` WHERE r.entity_id = ? ORDER BY r.kind, r.id`, entityID); err != nil {
		return nil, fmt.Errorf("list the chat rooms of entity %d: %w", entityID, err)
	}
	return all, nil
}

// getSpace returns the space; NotFound if there is none yet.
func getSpace(ctx context.Context, q sqldb.Querier) (r Room, err error) {
	if err := q.Get(ctx, &r, selectRooms+` WHERE r.kind = ? AND r.owner = 0`, Space); err != nil {
		return r, fmt.Errorf("get the space: %w", err)
	}
	return r, nil
}

// getGroup returns the group that an entity is.
func getGroup(ctx context.Context, q sqldb.Querier, entityID int64) (e community.Entity, err error) {
	err = q.Get(ctx, &e, `
		SELECT e.id, e.kind, g.id AS owner_id, e.slug, e.name, e.colour, e.picture, e.archived_at IS NOT NULL AS archived
		  FROM entities e JOIN "groups" g ON g.entity_id = e.id WHERE e.id = ?`, entityID)
	if err != nil {
		return e, fmt.Errorf("get the group of entity %d: %w", entityID, err)
	}
	return e, nil
}

// insertRooms notes that groups need rooms. Those that have some keep them.
func insertRooms(ctx context.Context, tx *sqldb.Tx, entityIDs ...int64) error {
	var rows [][]any
	for _, id := range entityIDs {
		for _, k := range []Kind{Public, Private} {
			rows = append(rows, []any{k, id, id, tx.Now})
		}
	}
	if err := tx.InsertNewRows(ctx, `INSERT INTO chat_rooms (kind, owner, entity_id, changed_at)`, rows); err != nil {
		return fmt.Errorf("note that groups need chat rooms: %w", err)
	}
	return nil
}

// insertSpace notes that the site needs a space, unless it has one.
func insertSpace(ctx context.Context, tx *sqldb.Tx) error {
	if _, err := tx.InsertNew(ctx, `INSERT INTO chat_rooms (kind, owner, changed_at) VALUES (?, ?, ?)`, Space, 0, tx.Now); err != nil {
		return fmt.Errorf("note that the site needs a space: %w", err)
	}
	return nil
}

// markChanged notes that rooms are to be looked at again, and returns their ids. A job that is looking at one finds out
// when it ends.
func markChanged(ctx context.Context, tx *sqldb.Tx, where string, args ...any) (ids []int64, err error) {
	if err := tx.Select(ctx, &ids, `SELECT r.id FROM chat_rooms r WHERE `+where+` ORDER BY r.id`, args...); err != nil || len(ids) == 0 {
		return nil, err
	}
	_, err = tx.Exec(ctx, `UPDATE chat_rooms SET changed_at = CASE WHEN changed_at >= ? THEN changed_at + 1 ELSE ? END WHERE id IN (?)`, tx.Now, tx.Now, ids)
	if err != nil {
		return nil, fmt.Errorf("note that chat rooms have to follow: %w", err)
	}
	return ids, nil
}

// setRoomID notes that a room is there.
func setRoomID(ctx context.Context, tx *sqldb.Tx, id int64, roomID, alias string) error {
	if _, err := tx.Exec(ctx, `UPDATE chat_rooms SET room_id = ?, alias = ? WHERE id = ? AND room_id IS NULL`, roomID, alias, id); err != nil {
		return fmt.Errorf("note that chat room %d is there: %w", id, err)
	}
	return nil
}

// setAsked notes by which alias a room was asked for that is not there yet.
func setAsked(ctx context.Context, db *sqldb.DB, id int64, alias string) error {
	return db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE chat_rooms SET alias = ? WHERE id = ? AND room_id IS NULL`, alias, id); err != nil {
			return fmt.Errorf("note what chat room %d is asked for by: %w", id, err)
		}
		return nil
	})
}

// countSaid counts what still stands in a room that a group has left behind.
func countSaid(ctx context.Context, q sqldb.Querier, roomID string) (n int, err error) {
	if err := q.Get(ctx, &n, `SELECT COUNT(*) FROM chat_messages m JOIN chat_lines l ON l.id = m.line_id WHERE l.former = ? AND m.event_id <> ''`, roomID); err != nil {
		return 0, fmt.Errorf("count what stands in %s: %w", roomID, err)
	}
	return n, nil
}

// hasRoom reports whether a room at the homeserver is one of ours.
func hasRoom(ctx context.Context, q sqldb.Querier, roomID string) (bool, error) {
	var n int
	if err := q.Get(ctx, &n, `SELECT COUNT(*) FROM chat_rooms WHERE room_id = ?`, roomID); err != nil {
		return false, fmt.Errorf("look for the chat room %s: %w", roomID, err)
	}
	return n > 0, nil
}

// setMoved gives a room another one at the homeserver, in which nobody has been invited yet.
func setMoved(ctx context.Context, tx *sqldb.Tx, id int64, roomID string) error {
	_, err := tx.Exec(ctx, `UPDATE chat_rooms SET room_id = ?, alias = '', members = 0, said_at = NULL, problem = '', changed_at = changed_at + 1 WHERE id = ?`, roomID, id)
	if err == nil {
		_, err = tx.Exec(ctx, `DELETE FROM chat_guests WHERE room_id = ?`, id)
	}
	if err != nil {
		return fmt.Errorf("move chat room %d: %w", id, err)
	}
	return nil
}

// markSettled notes what a room is like now, and reports whether nothing has changed since its job began.
func markSettled(ctx context.Context, tx *sqldb.Tx, r Room) (bool, error) {
	rows, err := tx.Exec(ctx, `
		UPDATE chat_rooms SET alias = ?, avatar = ?, avatar_url = ?, members = ?, said_at = ?, problem = ?, settled_at = ? WHERE id = ? AND changed_at = ?`,
		r.Alias, r.Avatar, r.AvatarURL, r.Members, r.SaidAt, clip(r.Problem, 500), tx.Now, r.ID, r.ChangedAt)
	if err != nil {
		return false, fmt.Errorf("note that chat room %d is as it should be: %w", r.ID, err)
	}
	return rows > 0, nil
}

func clip(text string, size int) string {
	if r := []rune(text); len(r) > size {
		return string(r[:size-1]) + "…"
	}
	return text
}

// listMembers returns the members of a group who have a Matrix id, those who joined first first.
func listMembers(ctx context.Context, q sqldb.Querier, groupID int64) (all []member, err error) {
	err = q.Select(ctx, &all, `
		SELECT c.person_id, c.matrix_id FROM memberships m JOIN people p ON p.id = m.person_id JOIN chat_ids c ON c.person_id = p.id
		 WHERE m.group_id = ? AND p.active ORDER BY m.joined_at, m.id`, groupID)
	if err != nil {
		return nil, fmt.Errorf("list the Matrix ids of the members of group %d: %w", groupID, err)
	}
	return all, nil
}

func listGuests(ctx context.Context, q sqldb.Querier, roomID int64) (map[string]guest, error) {
	var rows []guest
	err := q.Select(ctx, &rows, `
		SELECT matrix_id, COALESCE(person_id, 0) AS person_id, state, asked_at, joined FROM chat_guests WHERE room_id = ? ORDER BY matrix_id`, roomID)
	if err != nil {
		return nil, fmt.Errorf("list who was invited to chat room %d: %w", roomID, err)
	}
	all := make(map[string]guest, len(rows))
	for _, g := range rows {
		all[g.MatrixID] = g
	}
	return all, nil
}

// noteGuests notes how it stands with the invitations of people.
func noteGuests(ctx context.Context, db *sqldb.DB, roomID int64, state string, people ...member) error {
	if len(people) == 0 {
		return nil
	}
	return db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		ids, rows := make([]string, len(people)), make([][]any, len(people))
		for i, m := range people {
			ids[i], rows[i] = m.MatrixID, []any{roomID, m.MatrixID, m.PersonID, state, tx.Now}
		}
		err := tx.InsertNewRows(ctx, `INSERT INTO chat_guests (room_id, matrix_id, person_id, state, asked_at)`, rows)
		if err == nil && state != inviting { // when they were asked first stays
			_, err = tx.Exec(ctx, `UPDATE chat_guests SET state = ? WHERE room_id = ? AND matrix_id IN (?)`, state, roomID, ids)
		}
		if err != nil {
			return fmt.Errorf("note who is invited to chat room %d: %w", roomID, err)
		}
		return nil
	})
}

func forgetGuests(ctx context.Context, db *sqldb.DB, roomID int64, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	return db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM chat_guests WHERE room_id = ? AND matrix_id IN (?)`, roomID, ids); err != nil {
			return fmt.Errorf("forget who was invited to chat room %d: %w", roomID, err)
		}
		return nil
	})
}

// child is a public room as the space knows it.
type child struct {
	RoomID string `db:"room_id"`
	Shown  bool   `db:"shown"`
}

func listChildren(ctx context.Context, q sqldb.Querier) (all []child, err error) {
	err = q.Select(ctx, &all, `
		SELECT r.room_id, e.archived_at IS NULL AS shown FROM chat_rooms r JOIN entities e ON e.id = r.entity_id
		 WHERE r.kind = ? AND r.room_id IS NOT NULL ORDER BY r.id`, Public)
	if err != nil {
		return nil, fmt.Errorf("list the public chat rooms: %w", err)
	}
	return all, nil
}

// newGroups returns groups that have no rooms yet, so many at most.
func newGroups(ctx context.Context, q sqldb.Querier, limit int) (ids []int64, err error) {
	err = q.Select(ctx, &ids, `
		SELECT g.entity_id FROM "groups" g WHERE NOT EXISTS (SELECT 1 FROM chat_rooms r WHERE r.entity_id = g.entity_id AND r.kind = ?)
		    OR NOT EXISTS (SELECT 1 FROM chat_rooms r WHERE r.entity_id = g.entity_id AND r.kind = ?) ORDER BY g.id LIMIT ?`, Public, Private, limit)
	if err != nil {
		return nil, fmt.Errorf("look for groups without chat rooms: %w", err)
	}
	return ids, nil
}

// overdue returns rooms that nobody has looked at for a time, those first that have waited longest: so many at most that
// all of them have been looked at after a number of calls.
func overdue(ctx context.Context, q sqldb.Querier, before clock.Time, calls int) (ids []int64, err error) {
	var all int
	if err := q.Get(ctx, &all, `SELECT COUNT(*) FROM chat_rooms`); err != nil {
		return nil, fmt.Errorf("count the chat rooms: %w", err)
	}
	err = q.Select(ctx, &ids, `SELECT id FROM chat_rooms WHERE settled_at IS NULL OR settled_at <= ? ORDER BY COALESCE(settled_at, 0), id LIMIT ?`, before, all/calls+1)
	if err != nil {
		return nil, fmt.Errorf("look for chat rooms that are due: %w", err)
	}
	return ids, nil
}

// forgetForeignIDs forgets the ids that people were given at another homeserver than that of the site.
func forgetForeignIDs(ctx context.Context, db *sqldb.DB, domain string) error {
	return db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM chat_ids WHERE NOT proven AND matrix_id NOT LIKE ? ESCAPE '!'`, "%:"+sqldb.EscapeLike(domain))
		return err
	})
}

// NoteServer notes that the homeserver is away, and why, or with nil that it answers.
func (c *Chat) NoteServer(ctx context.Context, problem error) {
	err := c.deps.DB.WriteUnseen(context.WithoutCancel(ctx), func(tx *sqldb.Tx) error {
		if _, err := tx.InsertNew(ctx, `INSERT INTO chat_servers (id, away_at, problem) VALUES (?, ?, ?)`, 1, nil, ""); err != nil {
			return err
		}
		if problem == nil {
			_, err := tx.Exec(ctx, `UPDATE chat_servers SET away_at = NULL, problem = '' WHERE id = 1 AND away_at IS NOT NULL`)
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE chat_servers SET away_at = COALESCE(away_at, ?), problem = ? WHERE id = 1`, tx.Now, clip(problem.Error(), 500))
		return err
	})
	if err != nil {
		c.deps.Log.WarnContext(ctx, "it cannot be noted whether the chat server is there", "error", err)
	}
}

// Health is how it stands with the homeserver.
type Health struct {
	AwayAt  clock.Time `db:"away_at"` // zero if it answers
	Problem string     `db:"problem"`
	Waiting Waiting
}

// Waiting is what waits for the homeserver.
type Waiting struct {
	Rooms       int `db:"rooms"`       // that are not yet what they should be
	Invitations int `db:"invitations"` // that have perhaps not been made
	Messages    int `db:"messages"`    // that are not yet said, or do not yet say what they should
}

// Health returns how it stands with the homeserver.
func (c *Chat) Health(ctx context.Context) (h Health, err error) {
	err = c.deps.DB.Get(ctx, &h, `SELECT away_at, problem FROM chat_servers WHERE id = 1`)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return h, fmt.Errorf("look whether the chat server is there: %w", err)
	}
	err = c.deps.DB.Get(ctx, &h.Waiting, `
		SELECT (SELECT COUNT(*) FROM chat_rooms WHERE settled_at IS NULL OR changed_at > settled_at) AS rooms,
		       (SELECT COUNT(*) FROM chat_guests WHERE state = ?) AS invitations, (SELECT COUNT(*) FROM chat_messages WHERE due) AS messages`, inviting)
	if err != nil {
		return h, fmt.Errorf("count what waits for the chat server: %w", err)
	}
	return h, nil
}

// due is how long ago a room was looked at that is due.
const due = 55 * time.Minute
