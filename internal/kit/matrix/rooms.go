package matrix

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"grouprise.org/grouprise/internal/kit/errs"
)

// The types of state events that rooms of groups have.
const (
	Create     = "m.room.create"
	Name       = "m.room.name"
	Topic      = "m.room.topic"
	Avatar     = "m.room.avatar"
	Canonical  = "m.room.canonical_alias"
	Levels     = "m.room.power_levels"
	JoinRules  = "m.room.join_rules"
	Encryption = "m.room.encryption"
	History    = "m.room.history_visibility"
	SpaceChild = "m.space.child"
	SpaceOf    = "m.space.parent"
)

// State is an event that belongs to the state of a room, to be written.
type State struct {
	Type, Key string
	Content   any
}

// NewRoom is a room that is to be.
type NewRoom struct {
	Alias   string // local part; "" is none
	Name    string
	Topic   string
	Public  bool           // anybody may join
	Listed  bool           // in the directory of the server
	Space   bool           // it holds other rooms
	Levels  map[string]any // power levels that differ from the usual ones
	Initial []State
	Direct  bool     // with the one person who is invited
	Invite  []string // ids
}

// CreateRoom creates a room and returns its id; Conflict if there is a room with its alias.
func (c *Client) CreateRoom(ctx context.Context, r NewRoom) (room string, err error) {
	body := map[string]any{"name": r.Name, "topic": r.Topic, "preset": "private_chat", "visibility": "private"}
	if r.Public {
		body["preset"] = "public_chat"
	}
	if r.Listed {
		body["visibility"] = "public"
	}
	if r.Alias != "" {
		body["room_alias_name"] = r.Alias
	}
	if r.Space {
		body["creation_content"] = map[string]any{"type": "m.space"}
	}
	if r.Levels != nil {
		body["power_level_content_override"] = r.Levels
	}
	if len(r.Invite) > 0 {
		body["invite"], body["is_direct"] = r.Invite, r.Direct
	}
	initial := []map[string]any{}
	for _, s := range r.Initial {
		initial = append(initial, map[string]any{"type": s.Type, "state_key": s.Key, "content": s.Content})
	}
	body["initial_state"] = initial
	err = c.call(ctx, "create the room "+r.Name, func() error {
		var answer mautrix.RespCreateRoom
		if _, err := c.api.MakeRequest(ctx, http.MethodPost, c.api.BuildClientURL("v3", "createRoom"), body, &answer); err != nil {
			return err
		}
		room = answer.RoomID.String()
		return nil
	})
	return room, err
}

// Member is how somebody stands to a room.
type Member struct {
	Status string // "join", "invite", "leave", "ban", "knock"
	Sender string // who made it so
	At     time.Time
}

// Present reports whether somebody is in the room or may enter it.
func (m Member) Present() bool { return m.Status == "join" || m.Status == "invite" }

// Snapshot is the state of a room at one moment, as far as it is of use here: whoever may change anything in a room can
// also put there what nobody needs, and much of it.
type Snapshot struct {
	Members  map[string]Member // by id
	Creator  string
	Children map[string]bool // the ids of rooms that it holds as a space
	events   map[string]content
}

// ownTypes is how the types of events begin that only programs of this house write.
const ownTypes = "org.grouprise."

// Get reads the content of a state event without a key into dest, and reports whether there is one with any content. One
// that has another form than dest is none: somebody has made it up.
func (s Snapshot) Get(kind string, dest any) bool {
	raw, ok := s.events[kind]
	return ok && string(raw) != "{}" && json.Unmarshal(raw, dest) == nil
}

// add takes an event of the state in.
func (s *Snapshot) add(e stateEvent) {
	switch e.Type {
	case event.StateMember.Type:
		s.Members[e.Key] = Member{Status: e.status(), Sender: e.Sender, At: time.UnixMilli(e.At)}
		return
	case SpaceChild:
		if string(e.Content) != "{}" {
			s.Children[e.Key] = true
		}
		return
	case Create:
		s.Creator = e.Sender
	case Name, Topic, Avatar, Canonical, Levels, JoinRules, Encryption, History:
	default:
		if !strings.HasPrefix(e.Type, ownTypes) {
			return
		}
	}
	if e.Key == "" {
		s.events[e.Type] = e.Content
	}
}

// State returns the state of a room that the account is in; Denied if it is not.
func (c *Client) State(ctx context.Context, room string) (s Snapshot, err error) {
	s = Snapshot{Members: map[string]Member{}, Children: map[string]bool{}, events: map[string]content{}}
	err = c.call(ctx, "read the state of "+room, func() error {
		return each(ctx, c.api, c.api.BuildClientURL("v3", "rooms", id.RoomID(room), "state"), s.add)
	})
	return s, err
}

// SetState writes a state event.
func (c *Client) SetState(ctx context.Context, room string, s State) error {
	return c.call(ctx, fmt.Sprintf("set %s of %s", s.Type, room), func() error {
		_, err := c.api.MakeRequest(ctx, http.MethodPut, c.api.BuildClientURL("v3", "rooms", id.RoomID(room), "state", s.Type, s.Key), s.Content, nil)
		return err
	})
}

// Join enters a room to which the account is invited, or which is open.
func (c *Client) Join(ctx context.Context, room string) error {
	return c.call(ctx, "join "+room, func() error {
		_, err := c.api.JoinRoomByID(ctx, id.RoomID(room))
		return err
	})
}

// Leave leaves a room, or turns an invitation down.
func (c *Client) Leave(ctx context.Context, room string) error {
	return c.call(ctx, "leave "+room, func() error {
		_, err := c.api.LeaveRoom(ctx, id.RoomID(room))
		return err
	})
}

// Answer accepts the invitation to a room, or turns it down. An invitation that was taken back is no mistake.
func (c *Client) Answer(ctx context.Context, room string, accept bool) error {
	move := c.Leave
	if accept {
		move = c.Join
	}
	if err := move(ctx, room); err != nil && errs.Temporary(err) {
		return err
	}
	return nil
}

// Invite invites somebody into a room; Denied if they are in it.
func (c *Client) Invite(ctx context.Context, room, user string) error {
	return c.call(ctx, fmt.Sprintf("invite %s to %s", user, room), func() error {
		_, err := c.api.InviteUser(ctx, id.RoomID(room), &mautrix.ReqInviteUser{UserID: id.UserID(user)})
		return err
	})
}

// Kick removes somebody from a room, or takes an invitation back; Denied if they are not in it.
func (c *Client) Kick(ctx context.Context, room, user, reason string) error {
	return c.call(ctx, fmt.Sprintf("kick %s from %s", user, room), func() error {
		_, err := c.api.KickUser(ctx, id.RoomID(room), &mautrix.ReqKickUser{UserID: id.UserID(user), Reason: reason})
		return err
	})
}

// SetAlias gives a room an alias; Conflict if a room has it.
func (c *Client) SetAlias(ctx context.Context, room, alias string) error {
	return c.call(ctx, "set the alias "+alias, func() error {
		_, err := c.api.CreateAlias(ctx, id.RoomAlias(alias), id.RoomID(room))
		return err
	})
}

// RemoveAlias takes an alias from its room; NotFound if there is none.
func (c *Client) RemoveAlias(ctx context.Context, alias string) error {
	return c.call(ctx, "remove the alias "+alias, func() error {
		_, err := c.api.DeleteAlias(ctx, id.RoomAlias(alias))
		return err
	})
}

// Resolve returns the room of an alias; NotFound if there is none.
func (c *Client) Resolve(ctx context.Context, alias string) (room string, err error) {
	err = c.call(ctx, "resolve the alias "+alias, func() error {
		answer, err := c.api.ResolveAlias(ctx, id.RoomAlias(alias))
		if err != nil {
			return err
		}
		room = answer.RoomID.String()
		return nil
	})
	return room, err
}

type visibility struct {
	Visibility string `json:"visibility"`
}

// Listed reports whether a room stands in the directory of the server.
func (c *Client) Listed(ctx context.Context, room string) (listed bool, err error) {
	err = c.call(ctx, "look for "+room+" in the directory", func() error {
		var v visibility
		_, err := c.api.MakeRequest(ctx, http.MethodGet, c.api.BuildClientURL("v3", "directory", "list", "room", id.RoomID(room)), nil, &v)
		listed = v.Visibility == "public"
		return err
	})
	return listed, err
}

// List lets a room stand in the directory of the server, or not.
func (c *Client) List(ctx context.Context, room string, listed bool) error {
	v := visibility{"private"}
	if listed {
		v.Visibility = "public"
	}
	return c.call(ctx, "list "+room, func() error {
		_, err := c.api.MakeRequest(ctx, http.MethodPut, c.api.BuildClientURL("v3", "directory", "list", "room", id.RoomID(room)), v, nil)
		return err
	})
}

// Joined returns the rooms that the account is in.
func (c *Client) Joined(ctx context.Context) (rooms []string, err error) {
	err = c.call(ctx, "list the rooms", func() error {
		answer, err := c.api.JoinedRooms(ctx)
		if err != nil {
			return err
		}
		for _, r := range answer.JoinedRooms {
			rooms = append(rooms, r.String())
		}
		return nil
	})
	return rooms, err
}

// LastSaid returns when somebody else than the account last wrote a message in a room; zero if nobody has lately.
func (c *Client) LastSaid(ctx context.Context, room string) (at time.Time, err error) {
	err = c.call(ctx, "read the last messages of "+room, func() error {
		filter := mautrix.FilterPart{Types: []event.Type{event.EventMessage, event.EventEncrypted}, NotSenders: []id.UserID{c.api.UserID}}
		answer, err := c.latest(ctx, room, map[string]string{}, filter, 1)
		if err != nil {
			return err
		}
		for _, e := range answer.Chunk {
			at = time.UnixMilli(e.Timestamp)
		}
		return nil
	})
	return at, err
}
