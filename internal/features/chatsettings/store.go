package chatsettings

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// payload names a chat.
type payload struct {
	Direct int64 `json:"direct"`
}

// enqueue lets chats be brought to what they should be. One that a job is at finds out by itself what has changed.
func (r *Settings) enqueue(ctx context.Context, tx *sqldb.Tx, ids ...int64) error {
	for _, id := range ids {
		if err := r.deps.Queue.Enqueue(ctx, tx, settleJob, payload{id}, queue.Unique(strconv.FormatInt(id, 10))); err != nil {
			return err
		}
	}
	return nil
}

const selectDirects = `
	SELECT d.id, COALESCE(d.person_id, 0) AS person_id, d.matrix_id, COALESCE(d.room_id, '') AS room_id, d.state, d.asked, d.invited, d.problem,
	       COALESCE(d.expires_at, 0) <= ? AS expired, COALESCE(e.name, '') AS name, COALESCE(e.slug, '') AS slug, COALESCE(p.language, '') AS language
	  FROM chat_directs d LEFT JOIN people p ON p.id = d.person_id LEFT JOIN entities e ON e.id = p.entity_id`

func getDirect(ctx context.Context, q sqldb.Querier, id int64, now clock.Time) (d Direct, err error) {
	if err := q.Get(ctx, &d, selectDirects+` WHERE d.id = ?`, now, id); err != nil {
		return d, fmt.Errorf("get the chat %d with a person: %w", id, err)
	}
	return d, nil
}

// findDirect returns the chat with the account of a Matrix id in a room; NotFound if there is none.
func findDirect(ctx context.Context, tx *sqldb.Tx, room, matrixID string) (d Direct, err error) {
	err = tx.Get(ctx, &d, selectDirects+` WHERE d.room_id = ? AND d.matrix_id = ? AND d.person_id IS NOT NULL`, tx.Now, room, matrixID)
	if err != nil {
		return d, fmt.Errorf("look for the chat with somebody: %w", err)
	}
	return d, nil
}

// directsOf returns the chats with a person, the newest question first.
func directsOf(ctx context.Context, q sqldb.Querier, personID int64, now clock.Time) (all []Direct, err error) {
	err = q.Select(ctx, &all, selectDirects+` WHERE d.person_id = ? ORDER BY COALESCE(d.expires_at, 0) DESC, d.id DESC`, now, personID)
	if err != nil {
		return nil, fmt.Errorf("list the chats with person %d: %w", personID, err)
	}
	return all, nil
}

// putQuestion notes that a Matrix id is to be asked whether it is a person's, and returns the chat.
func putQuestion(ctx context.Context, tx *sqldb.Tx, personID int64, matrixID string) (id int64, err error) {
	if err := insertDirect(ctx, tx, personID, matrixID, asking); err != nil {
		return 0, err
	}
	_, err = tx.Exec(ctx, `
		UPDATE chat_directs SET state = ?, asked = asked + 1, invited = FALSE, problem = '', expires_at = ? WHERE person_id = ? AND matrix_id = ?`,
		asking, clock.At(tx.Now.Add(lifetime)), personID, matrixID)
	if err != nil {
		return 0, fmt.Errorf("note that a chat account is to be asked: %w", err)
	}
	return idOf(ctx, tx, personID, matrixID)
}

func idOf(ctx context.Context, tx *sqldb.Tx, personID int64, matrixID string) (id int64, err error) {
	if err := tx.Get(ctx, &id, `SELECT id FROM chat_directs WHERE person_id = ? AND matrix_id = ?`, personID, matrixID); err != nil {
		return 0, fmt.Errorf("look for the chat with person %d: %w", personID, err)
	}
	return id, nil
}

func insertDirect(ctx context.Context, tx *sqldb.Tx, personID int64, matrixID string, s State) error {
	_, err := tx.InsertNew(ctx, `INSERT INTO chat_directs (person_id, matrix_id, state, created_at) VALUES (?, ?, ?, ?)`, personID, matrixID, s, tx.Now)
	if err != nil {
		return fmt.Errorf("note that the site chats with person %d: %w", personID, err)
	}
	return nil
}

// setState notes how it stands with a chat, and reports whether it stood before as it was read.
func setState(ctx context.Context, tx *sqldb.Tx, d Direct, s State) (bool, error) {
	rows, err := tx.Exec(ctx, `UPDATE chat_directs SET state = ?, problem = '' WHERE id = ? AND state = ? AND asked = ?`, s, d.ID, d.State, d.Asked)
	if err != nil {
		return false, fmt.Errorf("note how it stands with chat %d: %w", d.ID, err)
	}
	return rows > 0, nil
}

func setRoom(ctx context.Context, tx *sqldb.Tx, id int64, room any) error {
	if _, err := tx.Exec(ctx, `UPDATE chat_directs SET room_id = ?, invited = FALSE WHERE id = ?`, room, id); err != nil {
		return fmt.Errorf("note the room of chat %d: %w", id, err)
	}
	return nil
}

func setInvited(ctx context.Context, tx *sqldb.Tx, d Direct, invited bool) error {
	if _, err := tx.Exec(ctx, `UPDATE chat_directs SET invited = ? WHERE id = ? AND asked = ?`, invited, d.ID, d.Asked); err != nil {
		return fmt.Errorf("note that a person was asked into chat %d: %w", d.ID, err)
	}
	return nil
}

func setFailed(ctx context.Context, tx *sqldb.Tx, d Direct, problem string) (bool, error) {
	if r := []rune(problem); len(r) > 500 {
		problem = string(r[:500])
	}
	rows, err := tx.Exec(ctx, `UPDATE chat_directs SET state = ?, problem = ? WHERE id = ? AND state = ? AND asked = ?`, failed, problem, d.ID, d.State, d.Asked)
	if err != nil {
		return false, fmt.Errorf("note what stands in the way of chat %d: %w", d.ID, err)
	}
	return rows > 0, nil
}

func removeDirect(ctx context.Context, tx *sqldb.Tx, id int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM chat_directs WHERE id = ? AND state = ?`, id, closing); err != nil {
		return fmt.Errorf("forget chat %d: %w", id, err)
	}
	return nil
}

// closeWhere lets the site leave chats, and returns their ids.
func closeWhere(ctx context.Context, tx *sqldb.Tx, where string, args ...any) (ids []int64, err error) {
	if err := tx.Select(ctx, &ids, `SELECT id FROM chat_directs WHERE state <> ? AND `+where+` ORDER BY id LIMIT 500`, append([]any{closing}, args...)...); err != nil || len(ids) == 0 {
		return nil, err
	}
	if _, err := tx.Exec(ctx, `UPDATE chat_directs SET state = ? WHERE id IN (?)`, closing, ids); err != nil {
		return nil, fmt.Errorf("note that chats are to be left: %w", err)
	}
	return ids, nil
}

// reach is where a person is reached in chat.
type reach struct {
	PersonID int64  `db:"person_id"`
	MatrixID string `db:"matrix_id"`
	DirectID int64  `db:"direct_id"` // 0 if there is none yet
	Settled  bool   `db:"settled"`
}

func listReach(ctx context.Context, tx *sqldb.Tx, people []int64) (all []reach, err error) {
	err = tx.Select(ctx, &all, `
		SELECT i.person_id, i.matrix_id, COALESCE(d.id, 0) AS direct_id, COALESCE(d.room_id IS NOT NULL AND d.invited AND d.state = ?, FALSE) AS settled
		  FROM chat_ids i LEFT JOIN chat_directs d ON d.person_id = i.person_id AND d.matrix_id = i.matrix_id
		 WHERE i.person_id IN (?) ORDER BY i.person_id`, open, people)
	if err != nil {
		return nil, fmt.Errorf("look where people are reached in chat: %w", err)
	}
	return all, nil
}

// openDirects makes chats for people who have none with their Matrix id, and opens those that are not.
func openDirects(ctx context.Context, tx *sqldb.Tx, all []reach) error {
	rows, ids := make([][]any, len(all)), []int64{0}
	for i, a := range all {
		rows[i], ids = []any{a.PersonID, a.MatrixID, open, tx.Now}, append(ids, a.DirectID)
	}
	err := tx.InsertNewRows(ctx, `INSERT INTO chat_directs (person_id, matrix_id, state, created_at)`, rows)
	if err == nil {
		_, err = tx.Exec(ctx, `UPDATE chat_directs SET state = ?, problem = '' WHERE id IN (?) AND state NOT IN (?)`, open, ids, []State{open, proven})
	}
	if err != nil {
		return fmt.Errorf("open chats with people: %w", err)
	}
	return nil
}

// client is the web client of a homeserver, as it was found.
type client struct {
	Domain  string `db:"domain"`
	Address string `db:"address"`
}

// clientOf returns the web client of a homeserver; "" if none is known.
func clientOf(ctx context.Context, q sqldb.Querier, domain string) (address string, err error) {
	err = q.Get(ctx, &address, `SELECT address FROM chat_clients WHERE domain = ?`, domain)
	if errs.Is(err, errs.NotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look for the web client of %s: %w", domain, err)
	}
	return address, nil
}

// needClient notes that the web client of a homeserver is needed, and reports whether it is to be looked for.
func needClient(ctx context.Context, tx *sqldb.Tx, domain string) (bool, error) {
	fresh, err := tx.InsertNew(ctx, `INSERT INTO chat_clients (domain) VALUES (?)`, domain)
	if err != nil {
		return false, fmt.Errorf("note that the web client of %s is needed: %w", domain, err)
	}
	return fresh, nil
}

// setClient notes what the web client of a homeserver is.
func setClient(ctx context.Context, tx *sqldb.Tx, c client) error {
	if _, err := tx.Exec(ctx, `UPDATE chat_clients SET address = ?, looked_at = ? WHERE domain = ?`, c.Address, tx.Now, c.Domain); err != nil {
		return fmt.Errorf("keep the web client of %s: %w", c.Domain, err)
	}
	return nil
}

// staleClients returns homeservers whose web client was looked for too long ago, the oldest first.
func staleClients(ctx context.Context, tx *sqldb.Tx, age time.Duration) (domains []string, err error) {
	err = tx.Select(ctx, &domains, `
		SELECT domain FROM chat_clients WHERE looked_at IS NULL OR looked_at <= ? ORDER BY COALESCE(looked_at, 0), domain LIMIT 100`, clock.At(tx.Now.Add(-age)))
	if err != nil {
		return nil, fmt.Errorf("look for web clients that were found long ago: %w", err)
	}
	return domains, nil
}

// reopen opens chats again that a homeserver has refused and in which people are reached, and returns their ids.
func reopen(ctx context.Context, tx *sqldb.Tx) (ids []int64, err error) {
	err = tx.Select(ctx, &ids, `
		SELECT d.id FROM chat_directs d JOIN chat_ids i ON i.person_id = d.person_id AND i.matrix_id = d.matrix_id WHERE d.state = ? ORDER BY d.id LIMIT 500`, failed)
	if err == nil && len(ids) > 0 {
		_, err = tx.Exec(ctx, `UPDATE chat_directs SET state = ? WHERE id IN (?)`, open, ids)
	}
	if err != nil {
		return nil, fmt.Errorf("look for chats that were refused: %w", err)
	}
	return ids, nil
}
