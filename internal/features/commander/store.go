package commander

import (
	"context"
	"fmt"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// state is how far an order is.
type state string

// The states. From asked an order becomes confirmed or stays what it is.
const (
	given     state = "given"
	asked     state = "asked"     // its reply is a question, which waits for an answer
	confirmed state = "confirmed" // the question was answered with yes
	running   state = "running"
	done      state = "done"
	failed    state = "failed" // not understood, refused or broken off
)

// order is something that somebody asked for.
type order struct {
	ID        int64      `db:"id"`
	Room      string     `db:"room"` // "" at a terminal
	Thread    string     `db:"thread"`
	GivenBy   string     `db:"given_by"`
	Words     string     `db:"words"`
	State     state      `db:"state"`
	Question  string     `db:"question"` // the event that asks for confirmation; "" before it has been sent
	ExpiresAt clock.Time `db:"expires_at"`
	Reply     string     `db:"reply"`
	Answered  bool       `db:"answered"` // the reply has been sent
	GivenAt   clock.Time `db:"given_at"`
}

const selectOrders = `SELECT id, room, thread, given_by, words, state, question, expires_at, reply, answered, given_at FROM commander_orders `

func getOrder(ctx context.Context, q sqldb.Querier, id int64) (o order, err error) {
	if err := q.Get(ctx, &o, selectOrders+`WHERE id = ?`, id); err != nil {
		return o, fmt.Errorf("get order %d: %w", id, err)
	}
	return o, nil
}

func insertOrder(ctx context.Context, tx *sqldb.Tx, o order) (int64, error) {
	id, err := tx.Insert(ctx, `INSERT INTO commander_orders (room, thread, given_by, words, state, question, reply, answered, given_at) VALUES (?, ?, ?, ?, ?, '', ?, ?, ?)`,
		o.Room, o.Thread, o.GivenBy, o.Words, o.State, o.Reply, o.Answered, tx.Now)
	if err != nil {
		return 0, fmt.Errorf("note an order: %w", err)
	}
	return id, nil
}

// advance takes an order from one state into another, and reports whether it was in the first: of two who do, one does.
func advance(ctx context.Context, tx *sqldb.Tx, id int64, from, to state) (bool, error) {
	rows, err := tx.Exec(ctx, `UPDATE commander_orders SET state = ? WHERE id = ? AND state = ?`, to, id, from)
	if err != nil {
		return false, fmt.Errorf("mark order %d as %s: %w", id, to, err)
	}
	return rows > 0, nil
}

// keepReply keeps what there is to say, and how far the order is.
func keepReply(ctx context.Context, tx *sqldb.Tx, o order) error {
	if _, err := tx.Exec(ctx, `UPDATE commander_orders SET state = ?, reply = ?, answered = FALSE WHERE id = ?`, o.State, o.Reply, o.ID); err != nil {
		return fmt.Errorf("keep the reply to order %d: %w", o.ID, err)
	}
	return nil
}

// markAnswered notes that a reply has been sent; if it is a question, which event that is and until when it is open.
func markAnswered(ctx context.Context, tx *sqldb.Tx, o order, event string) error {
	_, err := tx.Exec(ctx, `UPDATE commander_orders SET answered = TRUE WHERE id = ?`, o.ID)
	if err == nil && o.State == asked {
		_, err = tx.Exec(ctx, `UPDATE commander_orders SET question = ?, expires_at = ? WHERE id = ?`, event, clock.At(tx.Now.Add(patience)), o.ID)
	}
	if err != nil {
		return fmt.Errorf("note that order %d was answered: %w", o.ID, err)
	}
	return nil
}

// openOrder returns the last order of somebody in a room that waits for a confirmation; NotFound if there is none. With
// question it is the one that this event asks about.
func openOrder(ctx context.Context, tx *sqldb.Tx, room, person, question string) (o order, err error) {
	where, args := `WHERE room = ? AND given_by = ? AND state = ? AND expires_at > ?`, []any{room, person, asked, tx.Now}
	if question != "" {
		where += ` AND question = ?`
		args = append(args, question)
	}
	if err := tx.Get(ctx, &o, selectOrders+where+` ORDER BY id DESC LIMIT 1`, args...); err != nil {
		return o, fmt.Errorf("look for what waits for a confirmation: %w", err)
	}
	return o, nil
}

// beingAsked reports whether a question to somebody in a room is on its way.
func beingAsked(ctx context.Context, tx *sqldb.Tx, room, person string) (is bool, err error) {
	err = tx.Get(ctx, &is, `SELECT EXISTS (SELECT 1 FROM commander_orders WHERE room = ? AND given_by = ? AND state = ? AND question = '' AND given_at > ?)`,
		room, person, asked, clock.At(tx.Now.Add(-patience)))
	if err != nil {
		return false, fmt.Errorf("look for a question that is on its way: %w", err)
	}
	return is, nil
}

// listOrders returns orders, the latest first.
func listOrders(ctx context.Context, q sqldb.Querier, before paging.Cursor, limit int) (all []order, err error) {
	behind, args := before.Behind("given_at", "id")
	if err := q.Select(ctx, &all, selectOrders+`WHERE `+behind+` ORDER BY given_at DESC, id DESC LIMIT ?`, append(args, limit)...); err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	return all, nil
}

// isOfAGroup reports whether a chat room is one of a group.
func isOfAGroup(ctx context.Context, q sqldb.Querier, room string) (is bool, err error) {
	if err := q.Get(ctx, &is, `SELECT EXISTS (SELECT 1 FROM chat_rooms WHERE room_id = ?)`, room); err != nil {
		return false, fmt.Errorf("look whose chat room %s is: %w", room, err)
	}
	return is, nil
}

// kept is how long it is known who gave which command.
const kept = 365 * 24 * time.Hour

// removeOld removes what is known of commands that were given long ago.
func (c *Commander) removeOld(ctx context.Context) error {
	return sqldb.Sweep(ctx, c.deps.DB, sqldb.Removal[int64](ctx, `DELETE FROM commander_orders WHERE id IN (?)`),
		`SELECT id FROM commander_orders WHERE given_at <= ? ORDER BY given_at, id`, clock.At(c.deps.DB.Now().Add(-kept)))
}
