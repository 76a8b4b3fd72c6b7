package chat

import (
	"context"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bot"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// ID is the Matrix id of a person.
type ID struct {
	MatrixID string `db:"matrix_id"`
	Proven   bool   `db:"proven"`   // by the person; else it is the one that the site gives
	Notifies bool   `db:"notifies"` // they want to be told in chat instead of by mail
}

// IDOf returns the Matrix id of a person; NotFound if they have none yet.
func IDOf(ctx context.Context, q sqldb.Querier, personID int64) (id ID, err error) {
	if err := q.Get(ctx, &id, `SELECT matrix_id, proven, notifies FROM chat_ids WHERE person_id = ?`, personID); err != nil {
		return id, fmt.Errorf("get the Matrix id of person %d: %w", personID, err)
	}
	return id, nil
}

// OwnerOf returns whose proven id a Matrix id is; 0 if it is nobody's.
func OwnerOf(ctx context.Context, q sqldb.Querier, matrixID string) (personID int64, err error) {
	err = q.Get(ctx, &personID, `SELECT person_id FROM chat_ids WHERE matrix_id = ? AND proven`, matrixID)
	if errs.Is(err, errs.NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look whose Matrix id it is: %w", err)
	}
	return personID, nil
}

// LocalID returns the Matrix id that the site gives somebody with a short name.
func (c *Chat) LocalID(slug string) string {
	return "@" + strings.ToLower(slug) + ":" + c.deps.Domain
}

// GiveIDs gives people who can sign in the Matrix id that they have at the homeserver of the site, if they have none and
// nobody else has it.
func (c *Chat) GiveIDs(ctx context.Context, tx *sqldb.Tx, people ...int64) error {
	return c.giveIDs(ctx, tx, `p.id IN (?)`, people)
}

// giveIDs is GiveIDs for the people p of a condition.
func (c *Chat) giveIDs(ctx context.Context, tx *sqldb.Tx, condition string, args ...any) error {
	var lacking []struct {
		ID   int64  `db:"id"`
		Slug string `db:"slug"`
	}
	err := tx.Select(ctx, &lacking, `
		SELECT p.id, e.slug FROM people p JOIN entities e ON e.id = p.entity_id
		 WHERE `+condition+` AND p.active AND p.password <> '' AND NOT EXISTS (SELECT 1 FROM chat_ids c WHERE c.person_id = p.id) ORDER BY p.id`, args...)
	if err != nil {
		return fmt.Errorf("look for people without a Matrix id: %w", err)
	}
	rows := make([][]any, len(lacking))
	for i, p := range lacking {
		rows[i] = []any{p.ID, c.LocalID(p.Slug), false, tx.Now}
	}
	if err := tx.InsertNewRows(ctx, `INSERT INTO chat_ids (person_id, matrix_id, proven, created_at)`, rows); err != nil {
		return fmt.Errorf("give people a Matrix id: %w", err)
	}
	return nil
}

// SetID makes a Matrix id that a person has proved to be theirs their id, and lets the rooms of their groups follow. One
// that the site would have given somebody else goes to whoever proves it; Conflict if that is somebody else already.
func (c *Chat) SetID(ctx context.Context, tx *sqldb.Tx, personID int64, matrixID string) error {
	owner, err := OwnerOf(ctx, tx, matrixID)
	if err != nil {
		return err
	}
	if owner != 0 && owner != personID {
		return errs.New(errs.Conflict, "This chat account belongs to somebody else here.")
	}
	if _, err := tx.Exec(ctx, `DELETE FROM chat_ids WHERE matrix_id = ? AND person_id <> ?`, matrixID, personID); err != nil {
		return fmt.Errorf("take a Matrix id from whom it was given: %w", err)
	}
	_, err = tx.InsertNew(ctx, `INSERT INTO chat_ids (person_id, matrix_id, proven, created_at) VALUES (?, ?, ?, ?)`, personID, matrixID, true, tx.Now)
	if err == nil {
		_, err = tx.Exec(ctx, `UPDATE chat_ids SET matrix_id = ?, proven = ?, created_at = ? WHERE person_id = ? AND matrix_id <> ?`, matrixID, true, tx.Now, personID, matrixID)
	}
	if err == nil {
		_, err = tx.Exec(ctx, `UPDATE chat_ids SET proven = ? WHERE person_id = ?`, true, personID)
	}
	if err != nil {
		return fmt.Errorf("set the Matrix id of person %d: %w", personID, err)
	}
	return c.touchPerson(ctx, tx, personID)
}

// ResetID gives a person who had proved another Matrix id the one of the site, and lets the rooms of their groups follow.
func (c *Chat) ResetID(ctx context.Context, tx *sqldb.Tx, personID int64) error {
	before, err := IDOf(ctx, tx, personID)
	if errs.Is(err, errs.NotFound) || err == nil && !before.Proven {
		return c.GiveIDs(ctx, tx, personID)
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM chat_ids WHERE person_id = ?`, personID); err != nil {
		return fmt.Errorf("forget the Matrix id of person %d: %w", personID, err)
	}
	if err := c.GiveIDs(ctx, tx, personID); err != nil {
		return err
	}
	if err := SetNotifies(ctx, tx, personID, before.Notifies); err != nil {
		return err
	}
	return c.touchPerson(ctx, tx, personID)
}

// SetNotifies notes whether a person who has a Matrix id wants to be told in chat instead of by mail.
func SetNotifies(ctx context.Context, tx *sqldb.Tx, personID int64, on bool) error {
	if _, err := tx.Exec(ctx, `UPDATE chat_ids SET notifies = ? WHERE person_id = ?`, on, personID); err != nil {
		return fmt.Errorf("note where person %d wants to be told: %w", personID, err)
	}
	return nil
}

// touchPerson lets the rooms follow in which a person is, or should be.
func (c *Chat) touchPerson(ctx context.Context, tx *sqldb.Tx, personID int64) error {
	return c.touchWhere(ctx, tx, `(r.id IN (SELECT g.room_id FROM chat_guests g WHERE g.person_id = ?)
		OR r.entity_id IN (SELECT h.entity_id FROM memberships m JOIN "groups" h ON h.id = m.group_id WHERE m.person_id = ?))`, personID, personID)
}

// RoomsOf returns the rooms of a group, the private one first.
func (*Chat) RoomsOf(ctx context.Context, q sqldb.Querier, group community.Entity) ([]Room, error) {
	return roomsOf(ctx, q, group.ID)
}

// Show lets the link to a room stand on the page of its group, or not.
func (*Chat) Show(ctx context.Context, tx *sqldb.Tx, group community.Entity, k Kind, visible bool) error {
	if _, err := tx.Exec(ctx, `UPDATE chat_rooms SET visible = ? WHERE entity_id = ? AND kind = ?`, visible, group.ID, k); err != nil {
		return fmt.Errorf("show the link to the %s chat room of entity %d: %w", k, group.ID, err)
	}
	return nil
}

// noteJoined notes who of those who were invited to a room is there.
func noteJoined(ctx context.Context, db *sqldb.DB, roomID int64, guests map[string]guest, now matrix.Snapshot) error {
	changed := map[bool][]string{}
	for id, g := range guests {
		if in := now.Members[id].Status == "join"; in != g.Joined {
			changed[in] = append(changed[in], id)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		for in, ids := range changed {
			if _, err := tx.Exec(ctx, `UPDATE chat_guests SET joined = ? WHERE room_id = ? AND matrix_id IN (?)`, in, roomID, ids); err != nil {
				return fmt.Errorf("note who is in chat room %d: %w", roomID, err)
			}
		}
		return nil
	})
}

// hear notes who of those who were invited to a room enters or leaves it.
func (*Chat) hear(ctx context.Context, tx *sqldb.Tx, e bot.Event) error {
	if e.Membership == "" || e.Target == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE chat_guests SET joined = ? WHERE matrix_id = ? AND room_id IN (SELECT r.id FROM chat_rooms r WHERE r.room_id = ?)`,
		e.Membership == "join", e.Target, e.Room)
	if err != nil {
		return fmt.Errorf("note who is in a chat room: %w", err)
	}
	return nil
}
