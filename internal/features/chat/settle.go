package chat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// marker is the type of the state event by which a room says whose it is, so that a room is found again that was created
// by a request whose answer was lost.
const marker = "org.grouprise.room"

// mark is the content of that event.
type mark struct {
	Site  string `json:"site"`
	Kind  Kind   `json:"kind"`
	Owner int64  `json:"owner"` // the id of the group; 0 of the space
}

// target is what a room should be.
type target struct {
	mark
	aliases []string // local parts, the best one first
	name    string
	topic   string
	picture string           // of the group
	group   community.Entity // zero for the space
	members []member
}

// settleRoom brings a room to what it should be, and reports whether something is left to do.
func (c *Chat) settleRoom(ctx context.Context, r *Room) (rest bool, err error) {
	t, err := c.target(ctx, *r)
	if err != nil {
		return false, err
	}
	if r.RoomID == "" {
		if err := c.create(ctx, r, t); err != nil {
			return false, err
		}
	}
	now, err := c.enter(ctx, r.RoomID)
	if err != nil {
		return false, err
	}
	problem := c.dress(ctx, r, t, now)
	if temporary(problem) {
		return false, problem
	}
	if r.Kind == Space {
		err = c.fill(ctx, r.RoomID, now)
	} else if rest, err = c.people(ctx, r, t, now); err == nil && !rest {
		err = c.count(ctx, r)
	}
	if temporary(err) {
		return rest, err
	}
	return rest, errors.Join(problem, err)
}

// count notes when somebody else than the bot last said something. What is not known any more stays.
func (c *Chat) count(ctx context.Context, r *Room) error {
	at, err := c.deps.Server.LastSaid(ctx, r.RoomID)
	if err != nil {
		return err
	}
	if !at.IsZero() {
		r.SaidAt = clock.At(at)
	}
	return nil
}

// temporary reports whether an error may pass: then there is no use in going on.
func temporary(err error) bool { return err != nil && errs.Temporary(err) }

// target returns what a room should be.
func (c *Chat) target(ctx context.Context, r Room) (t target, err error) {
	p := c.deps.Printer()
	if r.Kind == Space {
		return target{mark: mark{Site: c.deps.BaseURL, Kind: Space}, aliases: []string{spaceAlias, spaceAlias + ".2", spaceAlias + ".3"}, name: c.deps.SiteName(), topic: c.deps.BaseURL + "/"}, nil
	}
	g, err := getGroup(ctx, c.deps.DB, r.EntityID)
	if err != nil {
		return t, err
	}
	err = c.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		return c.giveIDs(ctx, tx, `p.id IN (SELECT m.person_id FROM memberships m WHERE m.group_id = ?)`, g.OwnerID)
	})
	if err != nil {
		return t, err
	}
	t = target{
		mark: mark{Site: c.deps.BaseURL, Kind: r.Kind, Owner: g.OwnerID}, aliases: aliases(r.Kind, g), group: g, picture: g.Picture,
		name: roomName(p, r.Kind, g.Name), topic: roomTopic(p, r.Kind, c.deps.BaseURL+g.Path()),
	}
	t.members, err = listMembers(ctx, c.deps.DB, g.OwnerID)
	return t, err
}

// create creates a room, or finds the one that an earlier attempt has created. It looks before it asks: a request that is
// refused counts, too, for a homeserver that limits them. Which alias it asks for is noted before: a homeserver that dies in
// the middle leaves an alias without a room behind.
func (c *Chat) create(ctx context.Context, r *Room, t target) error {
	for _, local := range t.aliases {
		alias := c.alias(local)
		room, err := c.deps.Server.Resolve(ctx, alias)
		if err == nil {
			err = c.recognise(ctx, room, alias == r.Alias, t)
			if errs.Is(err, errs.Gone) {
				err = c.deps.Server.RemoveAlias(ctx, alias)
				room = ""
			}
		}
		if errs.Is(err, errs.NotFound) {
			room, err = "", nil
		}
		if err == nil && room == "" {
			if err := setAsked(ctx, c.deps.DB, r.ID, alias); err != nil {
				return err
			}
			r.Alias = alias
			first := []matrix.State{{Type: marker, Content: t.mark}}
			if c.encrypts(r.Kind) {
				first = append(first, encrypted())
			}
			room, err = c.deps.Server.CreateRoom(ctx, matrix.NewRoom{
				Alias: local, Name: t.name, Topic: t.topic, Public: r.Kind != Private, Listed: r.Kind != Private, Space: r.Kind == Space,
				Levels: firstLevels(r.Kind), Initial: first,
			})
		}
		if errs.Is(err, errs.Conflict) {
			continue // the alias is somebody else's
		}
		if err != nil {
			return err
		}
		r.RoomID, r.Alias = room, alias
		return c.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
			if err := setRoomID(ctx, tx, r.ID, room, alias); err != nil || r.Kind != Public {
				return err
			}
			return c.touchWhere(ctx, tx, `r.kind = ?`, Space)
		})
	}
	return errs.New(errs.Conflict, "").Because(fmt.Errorf("all aliases like %s are taken", c.alias(t.aliases[0])))
}

func (c *Chat) alias(local string) string { return "#" + local + ":" + c.deps.Domain }

// firstLevels are the power levels with which a room begins, where they must not be looser even for a moment.
func firstLevels(k Kind) map[string]any {
	switch k {
	case Private:
		return map[string]any{"users_default": moderator, "invite": botOnly}
	case Space:
		return map[string]any{"events_default": botOnly, "invite": reader}
	default:
		return nil
	}
}

// recognise returns Conflict unless a room is one that the bot has created for what is wanted. One that a homeserver has not
// finished is finished; Gone is returned for one that it had been asked for and that is not there.
func (c *Chat) recognise(ctx context.Context, room string, asked bool, t target) error {
	now, err := c.deps.Server.State(ctx, room)
	if errs.Is(err, errs.Denied) {
		if err = errs.New(errs.Conflict, "").Because(err); asked {
			now, err = c.tryToEnter(ctx, room)
		}
	}
	if err != nil {
		return err
	}
	var has mark
	marked := now.Get(marker, &has)
	switch {
	case now.Creator != c.deps.Server.User() || marked && has != t.mark:
		return errs.New(errs.Conflict, "")
	case marked:
		return nil
	}
	taken, err := hasRoom(ctx, c.deps.DB, room)
	if err != nil {
		return err
	}
	if taken {
		return errs.New(errs.Conflict, "")
	}
	return c.complete(ctx, room, t, now)
}

// tryToEnter finds out what a room is that the bot is not in: it enters one of its own that a homeserver has left without
// anybody in it. Gone is returned if there is no room, and Conflict for one of somebody else.
func (c *Chat) tryToEnter(ctx context.Context, room string) (now matrix.Snapshot, err error) {
	now, err = c.enter(ctx, room)
	switch {
	case errs.Is(err, errs.NotFound):
		return now, errs.New(errs.Gone, "").Because(err)
	case err != nil && temporary(err):
		return now, err
	case err != nil:
		return now, errs.New(errs.Conflict, "").Because(err)
	case now.Creator == c.deps.Server.User():
		return now, nil
	}
	if err := c.deps.Server.Leave(ctx, room); err != nil && temporary(err) {
		return now, err
	}
	return now, errs.New(errs.Conflict, "")
}

// complete sets what a room lacks that its homeserver has not finished. The mark comes last.
func (c *Chat) complete(ctx context.Context, room string, t target, now matrix.Snapshot) error {
	rule := "public"
	if t.Kind == Private {
		rule = "invite"
	}
	all := map[string]any{"users": map[string]int{c.deps.Server.User(): botOnly}}
	maps.Copy(all, firstLevels(t.Kind))
	states := []matrix.State{
		{Type: matrix.Levels, Content: all},
		{Type: matrix.JoinRules, Content: map[string]string{"join_rule": rule}},
		{Type: matrix.History, Content: map[string]string{"history_visibility": "shared"}},
		{Type: marker, Content: t.mark},
	}
	for _, s := range states {
		if now.Get(s.Type, new(map[string]any)) {
			continue
		}
		if err := c.deps.Server.SetState(ctx, room, s); err != nil {
			return err
		}
	}
	return nil
}

// enter returns the state of a room, and joins it before if need be: a room that was named by its id may have invited
// the bot.
func (c *Chat) enter(ctx context.Context, room string) (matrix.Snapshot, error) {
	now, err := c.deps.Server.State(ctx, room)
	if !errs.Is(err, errs.Denied) {
		return now, err
	}
	if err := c.deps.Server.Join(ctx, room); err != nil {
		return now, err
	}
	return c.deps.Server.State(ctx, room)
}

// dress sets what a room says about itself, as far as it differs. Each step is tried, whatever became of the others.
func (c *Chat) dress(ctx context.Context, r *Room, t target, now matrix.Snapshot) error {
	steps := []func() error{
		func() error { return c.sign(ctx, r.RoomID, t.mark, now) },
		func() error { return c.say(ctx, r.RoomID, now, matrix.Name, "name", t.name) },
		func() error { return c.say(ctx, r.RoomID, now, matrix.Topic, "topic", t.topic) },
		func() error { return c.picture(ctx, r, t, now) },
		func() error { return c.address(ctx, r, t, now) },
		func() error { return c.list(ctx, r.RoomID, r.Kind != Private && !t.group.Archived) },
		func() error { return c.encrypt(ctx, r, now) },
	}
	var problems error
	for _, step := range steps {
		err := step()
		if temporary(err) {
			return err
		}
		problems = errors.Join(problems, err)
	}
	return problems
}

// encrypts reports whether rooms of a kind are to be encrypted.
func (c *Chat) encrypts(k Kind) bool { return k == Private && c.deps.Encrypt }

// encrypted is the state of a room in which everything is encrypted from then on.
func encrypted() matrix.State {
	return matrix.State{Type: matrix.Encryption, Content: map[string]any{"algorithm": "m.megolm.v1.aes-sha2"}}
}

// encrypt lets everything in a room be encrypted from now on, if it should be. There is no way back.
func (c *Chat) encrypt(ctx context.Context, r *Room, now matrix.Snapshot) error {
	if !c.encrypts(r.Kind) || now.Get(matrix.Encryption, new(map[string]any)) {
		return nil
	}
	return c.deps.Server.SetState(ctx, r.RoomID, encrypted())
}

// sign lets a room that was there before say whose it is.
func (c *Chat) sign(ctx context.Context, room string, want mark, now matrix.Snapshot) error {
	var has mark
	if now.Get(marker, &has) && has == want {
		return nil
	}
	return c.deps.Server.SetState(ctx, room, matrix.State{Type: marker, Content: want})
}

// say sets one line of the state of a room.
func (c *Chat) say(ctx context.Context, room string, now matrix.Snapshot, kind, field, value string) error {
	var has map[string]any
	if now.Get(kind, &has) && has[field] == value {
		return nil
	}
	return c.deps.Server.SetState(ctx, room, matrix.State{Type: kind, Content: map[string]any{field: value}})
}

// picture gives a room the picture of its group.
func (c *Chat) picture(ctx context.Context, r *Room, t target, now matrix.Snapshot) error {
	if t.picture != r.Avatar {
		address := ""
		if t.picture != "" {
			data, err := c.read(ctx, t.picture)
			if errs.Is(err, errs.NotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			if address, err = c.deps.Server.Upload(ctx, http.DetectContentType(data), data); err != nil {
				return err
			}
		}
		r.Avatar, r.AvatarURL = t.picture, address
	}
	if r.AvatarURL != "" {
		return c.say(ctx, r.RoomID, now, matrix.Avatar, "url", r.AvatarURL)
	}
	if !now.Get(matrix.Avatar, new(map[string]any)) {
		return nil
	}
	return c.deps.Server.SetState(ctx, r.RoomID, matrix.State{Type: matrix.Avatar, Content: struct{}{}})
}

func (c *Chat) read(ctx context.Context, name string) ([]byte, error) {
	picture, err := c.deps.Pictures.Open(ctx, community.Viewer{}, name, community.SquarePicture)
	if err != nil {
		return nil, err
	}
	var data bytes.Buffer
	_, err = io.Copy(&data, picture)
	return data.Bytes(), errors.Join(err, picture.Close())
}

// canonical is the content of the event with the aliases of a room.
type canonical struct {
	Alias string   `json:"alias,omitempty"`
	More  []string `json:"alt_aliases,omitempty"`
}

// address gives a room the alias that goes with the short name of its group. The one that it had stays, too.
func (c *Chat) address(ctx context.Context, r *Room, t target, now matrix.Snapshot) error {
	var has canonical
	now.Get(matrix.Canonical, &has)
	for _, local := range t.aliases {
		alias := c.alias(local)
		if has.Alias == alias {
			r.Alias = alias
			return nil
		}
		err := c.deps.Server.SetAlias(ctx, r.RoomID, alias)
		if errs.Is(err, errs.Conflict) {
			room, problem := c.deps.Server.Resolve(ctx, alias)
			if problem != nil {
				return problem
			}
			if room != r.RoomID {
				continue // somebody else's
			}
			err = nil
		}
		if err != nil {
			return err
		}
		next := canonical{Alias: alias}
		for _, old := range append(has.More, has.Alias) {
			if old != "" && old != alias {
				next.More = append(next.More, old)
			}
		}
		r.Alias = alias
		return c.deps.Server.SetState(ctx, r.RoomID, matrix.State{Type: matrix.Canonical, Content: next})
	}
	return nil
}

// list lets a room stand in the directory, or not.
func (c *Chat) list(ctx context.Context, room string, listed bool) error {
	now, err := c.deps.Server.Listed(ctx, room)
	if err != nil || now == listed {
		return err
	}
	return c.deps.Server.List(ctx, room, listed)
}

// via says by which servers a room is found.
type via struct {
	Via       []string `json:"via,omitempty"`
	Canonical bool     `json:"canonical,omitempty"`
}

// fill puts the public rooms into the space, and takes out those of groups that are archived. What others have put there
// stays.
func (c *Chat) fill(ctx context.Context, space string, now matrix.Snapshot) error {
	children, err := listChildren(ctx, c.deps.DB)
	if err != nil {
		return err
	}
	for _, child := range children {
		if now.Children[child.RoomID] == child.Shown {
			continue
		}
		content := via{}
		if child.Shown {
			content.Via = []string{c.deps.Domain}
		}
		if err := c.deps.Server.SetState(ctx, space, matrix.State{Type: matrix.SpaceChild, Key: child.RoomID, Content: content}); err != nil {
			return err
		}
	}
	return nil
}
