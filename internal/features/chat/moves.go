package chat

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// RoomField is the field of a form to which what is wrong with the id of a room belongs.
const RoomField = "room_id"

// roomID is what ids of rooms look like. Those of newer rooms name no server.
var roomID = regexp.MustCompile(`^![^\s:/?#]{1,200}(:[\w.:\[\]-]{1,200})?$`)

// Messages are what the bot has said in rooms.
type Messages interface {
	// LeaveBehind notes that rooms are not those of a group any more, given by their rows. What was said there still follows its
	// source, and nothing new is said. With withdrawn everything that was said there is taken out.
	LeaveBehind(ctx context.Context, tx *sqldb.Tx, rooms []int64, withdrawn bool) error
}

// Move lets a group have another chat room in place of one of its own: the bot says in the old one where everybody goes, takes the aliases
// along, and invites the members anew. Whoever calls it has made sure that somebody may change the group. Before that they
// invite the bot and make it an administrator of the room; until then it stands with the room what is in the way.
// Invalid is returned for what is no id of a room, Conflict for the room of another group.
func (c *Chat) Move(ctx context.Context, tx *sqldb.Tx, g community.Group, k Kind, room string) error {
	if k != Public && k != Private || !roomID.MatchString(room) {
		return errs.Check(errs.Field(RoomField, "Enter the ID of a room, such as !room:example.org."))
	}
	if err := insertRooms(ctx, tx, g.EntityID); err != nil {
		return err
	}
	rooms, err := roomsOf(ctx, tx, g.EntityID)
	if err != nil {
		return err
	}
	r := rooms[slices.IndexFunc(rooms, func(r Room) bool { return r.Kind == k })]
	if r.RoomID == room {
		return nil
	}
	taken, err := hasRoom(ctx, tx, room)
	if err != nil {
		return err
	}
	if taken {
		return errs.New(errs.Conflict, "This is the chat room of another group, or the other one of this group.")
	}
	if err := c.deps.Messages.LeaveBehind(ctx, tx, []int64{r.ID}, false); err != nil {
		return err
	}
	if err := setMoved(ctx, tx, r.ID, room); err != nil {
		return err
	}
	if r.RoomID == "" {
		return c.touchWhere(ctx, tx, `r.id = ?`, r.ID)
	}
	space, err := getSpace(ctx, tx)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	return c.deps.Queue.Enqueue(ctx, tx, moveJob, moved{Row: r.ID, From: r.RoomID, To: room, Alias: r.Alias, Space: space.RoomID, Transaction: fmt.Sprintf("grouprise-move-%d-%d", r.ID, tx.Now.UnixMilli())})
}

// moved is a room that a group has left for another one.
type moved struct {
	Row         int64  `json:"row"`
	From        string `json:"from"`
	To          string `json:"to"`
	Alias       string `json:"alias"`
	Space       string `json:"space"`
	Transaction string `json:"transaction"`
}

// move says farewell in a room that a group has left, and takes its aliases away, so that the new one can have them. Each
// step may be repeated.
func (c *Chat) move(ctx context.Context, j queue.Job) error {
	var m moved
	if err := j.Decode(&m); err != nil {
		return err
	}
	r, err := getRoom(ctx, c.deps.DB, m.Row)
	if errs.Is(err, errs.NotFound) { // the group is gone, and its rooms with it
		r, err = Room{}, nil
	}
	if err != nil {
		return err
	}
	if err := c.farewell(ctx, r, m); err != nil {
		if _, wait, failure := obstacle(err); failure != nil || wait > 0 {
			return err
		}
		c.deps.Log.WarnContext(ctx, "the farewell in a chat room that a group has left is not complete", "room", m.From, "error", err)
	}
	return c.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		if err := j.Finish(ctx, tx); err != nil {
			return err
		}
		return c.touchWhere(ctx, tx, `(r.id = ? OR r.kind = ?)`, m.Row, Space)
	})
}

func (c *Chat) farewell(ctx context.Context, r Room, m moved) error {
	now, err := c.deps.Server.State(ctx, m.From)
	inside := !errs.Is(err, errs.Denied)
	if err != nil && inside {
		return err
	}
	if inside && r.RoomID == m.To {
		g, err := getGroup(ctx, c.deps.DB, r.EntityID)
		if err != nil {
			return err
		}
		if _, err := c.deps.Server.Send(ctx, m.From, m.Transaction, farewellMessage(c.deps.Printer(), r.Kind, g.Name, m.To)); err != nil && temporary(err) {
			return err
		}
	}
	gone := map[string]bool{m.Alias: true}
	if r.EntityID != 0 {
		t, err := c.target(ctx, r)
		if err != nil {
			return err
		}
		for _, local := range t.aliases {
			gone[c.alias(local)] = true
		}
	}
	return c.strip(ctx, m.From, m.Space, now, inside, gone)
}

// strip takes aliases from a room, and the room out of the directory and the space.
func (c *Chat) strip(ctx context.Context, room, space string, now matrix.Snapshot, inside bool, gone map[string]bool) error {
	var has canonical
	now.Get(matrix.Canonical, &has)
	next := canonical{}
	for _, alias := range append([]string{has.Alias}, has.More...) {
		if alias != "" && !gone[alias] {
			next.More = append(next.More, alias)
		}
	}
	for alias := range gone {
		at, err := c.deps.Server.Resolve(ctx, alias)
		if errs.Is(err, errs.NotFound) || alias == "" || err == nil && at != room {
			continue
		}
		if err == nil {
			err = c.deps.Server.RemoveAlias(ctx, alias)
		}
		if err := harmless(err); err != nil {
			return err
		}
	}
	if inside && len(next.More) < len(has.More) || inside && gone[has.Alias] && has.Alias != "" {
		if err := harmless(c.deps.Server.SetState(ctx, room, matrix.State{Type: matrix.Canonical, Content: next})); err != nil {
			return err
		}
	}
	if err := harmless(c.list(ctx, room, false)); err != nil {
		return err
	}
	if space == "" {
		return nil
	}
	return harmless(c.deps.Server.SetState(ctx, space, matrix.State{Type: matrix.SpaceChild, Key: room, Content: via{}}))
}

// harmless takes away that something has vanished already, or that the bot may not change it any more.
func harmless(err error) error {
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Denied) {
		return nil
	}
	return err
}
