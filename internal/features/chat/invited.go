package chat

import (
	"context"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/core/bot"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// enterJob answers an invitation of the account.
const enterJob = "chat.enter"

// invitation is an invitation of the account to a room.
type invitation struct {
	Room   string `json:"room"`
	Accept bool   `json:"accept"`
}

// hearInvitation has an invitation accepted of somebody whom the site knows, or to a room that it knows: whoever wants a
// group to move to another room invites the account there first. Others are turned down, for anybody at any homeserver
// could have the account listen to as many rooms as they like.
func (c *Chat) hearInvitation(ctx context.Context, tx *sqldb.Tx, e bot.Event) error {
	if e.Membership != "invite" || e.Target != c.deps.Server.User() {
		return nil
	}
	i := invitation{e.Room, strings.HasSuffix(e.Sender, ":"+c.deps.Domain)}
	if !i.Accept {
		err := tx.Get(ctx, &i.Accept, `
			SELECT EXISTS (SELECT 1 FROM chat_rooms WHERE room_id = ?) OR EXISTS (SELECT 1 FROM chat_lines WHERE listener = ?) OR EXISTS (SELECT 1 FROM chat_ids WHERE matrix_id = ?)`,
			e.Room, e.Room, e.Sender)
		if err != nil {
			return fmt.Errorf("look who invites the account: %w", err)
		}
	}
	return c.deps.Queue.Enqueue(ctx, tx, enterJob, i)
}

// answerInvitation answers an invitation. A room of a group is brought to what it should be at once.
func (c *Chat) answerInvitation(ctx context.Context, j queue.Job) error {
	var i invitation
	if err := j.Decode(&i); err != nil {
		return err
	}
	if err := c.deps.Server.Answer(ctx, i.Room, i.Accept); err != nil {
		return err
	}
	return c.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error { return c.touchWhere(ctx, tx, `r.room_id = ?`, i.Room) })
}
