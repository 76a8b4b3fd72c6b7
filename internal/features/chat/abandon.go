package chat

import (
	"context"
	"fmt"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// abandoned are the rooms of a group that is gone, and the space that held one of them.
type abandoned struct {
	Rooms []left `json:"rooms"`
	Space string `json:"space"`
}

// left is a room of a group that is gone.
type left struct {
	RoomID string `json:"room"`
	Alias  string `json:"alias"`
}

// abandonAll gives up the rooms of a group that goes in this transaction.
func (c *Chat) abandonAll(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
	rooms, err := roomsOf(ctx, tx, e.EntityID)
	if err != nil {
		return err
	}
	var a abandoned
	var rows []int64
	for _, r := range rooms {
		if r.RoomID != "" {
			a.Rooms, rows = append(a.Rooms, left{r.RoomID, r.Alias}), append(rows, r.ID)
		}
	}
	if len(a.Rooms) == 0 {
		return nil
	}
	if err := c.deps.Messages.LeaveBehind(ctx, tx, rows, true); err != nil {
		return err
	}
	space, err := getSpace(ctx, tx)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	a.Space = space.RoomID
	return c.deps.Queue.Enqueue(ctx, tx, abandonJob, a)
}

// abandon gives up the rooms of a group that is gone: nobody finds them any more, nobody enters them, and everybody is
// asked out. Each step may be repeated.
func (c *Chat) abandon(ctx context.Context, j queue.Job) error {
	var a abandoned
	if err := j.Decode(&a); err != nil {
		return err
	}
	for _, room := range a.Rooms {
		if err := c.giveUp(ctx, room, a.Space); err != nil {
			if errs.Is(err, errs.Unavailable) || errs.Is(err, errs.Internal) {
				return err
			}
			c.deps.Log.WarnContext(ctx, "a chat room of a group that was removed could not be cleared", "room", room.RoomID, "error", err)
		}
	}
	return nil
}

func (c *Chat) giveUp(ctx context.Context, room left, space string) error {
	now, err := c.deps.Server.State(ctx, room.RoomID)
	if errs.Is(err, errs.Denied) {
		return nil // the bot has left it
	}
	if err != nil {
		return err
	}
	if err := harmless(c.say(ctx, room.RoomID, now, matrix.JoinRules, "join_rule", "invite")); err != nil {
		return err
	}
	if err := c.strip(ctx, room.RoomID, space, now, true, map[string]bool{room.Alias: true}); err != nil {
		return err
	}
	reason := c.deps.Printer().T("The group has been removed.")
	for id, m := range now.Members {
		if m.Present() && id != c.deps.Server.User() {
			if err := harmless(c.deps.Server.Kick(ctx, room.RoomID, id, reason)); err != nil {
				return err
			}
		}
	}
	n, err := countSaid(ctx, c.deps.DB, room.RoomID)
	if err != nil {
		return err
	}
	if n > 0 { // only who is in a room takes out what was said there
		return errs.New(errs.Unavailable, "").After(10 * time.Second).Because(fmt.Errorf("%d messages still stand in %s", n, room.RoomID))
	}
	return c.deps.Server.Leave(ctx, room.RoomID)
}
