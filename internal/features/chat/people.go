package chat

import (
	"context"
	"errors"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/matrix"
)

// portion is how many people one look at a room invites or removes, so that other rooms get their turn.
const portion = 250

// people invites who belongs to a group into its room, removes who does not, and sets who may do what there. It reports
// whether somebody is left for the next time.
func (c *Chat) people(ctx context.Context, r *Room, t target, now matrix.Snapshot) (rest bool, err error) {
	guests, err := listGuests(ctx, c.deps.DB, r.ID)
	if err != nil {
		return false, err
	}
	there := map[string]present{}
	r.Members = 0
	for id, m := range now.Members {
		p := present{in: m.Present(), banned: m.Status == "ban"}
		if m.Status == "leave" {
			p.leftAt = m.At.UnixMilli()
		}
		if m.Status == "join" && id != c.deps.Server.User() {
			r.Members++
		}
		there[id] = p
	}
	members := t.members
	if t.group.Archived { // nobody comes into what is archived, and who is there stays
		members = nil
		for _, m := range t.members {
			if _, known := guests[m.MatrixID]; known || there[m.MatrixID].in {
				members = append(members, m)
			}
		}
	}
	p := planPeople(r.Kind, members, guests, there, append([]string{c.deps.Server.User()}, c.deps.Bots...))
	if err := c.level(ctx, r, t, p, now); err != nil {
		return false, err
	}
	if err := noteGuests(ctx, c.deps.DB, r.ID, invited, p.note...); err != nil {
		return false, err
	}
	if err := noteJoined(ctx, c.deps.DB, r.ID, guests, now); err != nil {
		return false, err
	}
	return c.inviteAndKick(ctx, r, p)
}

// level sets who may do what in a room.
func (c *Chat) level(ctx context.Context, r *Room, t target, p plan, now matrix.Snapshot) error {
	var has levels
	now.Get(matrix.Levels, &has)
	w := wish{kind: r.Kind, archived: t.group.Archived, former: map[string]bool{}}
	for _, m := range t.members {
		w.members = append(w.members, m.MatrixID)
	}
	for _, id := range p.forget {
		w.former[id] = true
	}
	next, changed := w.apply(has)
	if !changed {
		return nil
	}
	return c.deps.Server.SetState(ctx, r.RoomID, matrix.State{Type: matrix.Levels, Content: next})
}

// inviteAndKick invites and removes a portion of people.
func (c *Chat) inviteAndKick(ctx context.Context, r *Room, p plan) (rest bool, err error) {
	kick := p.kick[:min(len(p.kick), portion)]
	reason := c.deps.Printer().T("Only for members of the group.")
	for _, id := range kick {
		err := c.deps.Server.Kick(ctx, r.RoomID, id, reason)
		if err != nil && !errs.Is(err, errs.Denied) && !errs.Is(err, errs.NotFound) {
			return false, err
		}
	}
	if len(kick) < len(p.kick) {
		return true, nil // who has not been removed must not be forgotten
	}
	if err := forgetGuests(ctx, c.deps.DB, r.ID, p.forget); err != nil {
		return false, err
	}
	if err := noteGuests(ctx, c.deps.DB, r.ID, inviting, p.fresh...); err != nil { // all of them, so that it is known how much waits
		return false, err
	}
	some := p.invite[:min(len(p.invite), portion)]
	var done, unknown []member
	for _, m := range some {
		err = c.deps.Server.Invite(ctx, r.RoomID, m.MatrixID)
		switch {
		case err == nil, errs.Is(err, errs.Denied): // they are in the room
			done = append(done, m)
		case errs.Is(err, errs.NotFound), errs.Is(err, errs.Invalid):
			unknown = append(unknown, m)
		case errors.Is(err, matrix.ErrElsewhere): // they stay as they are, and are invited when the room is looked at again
		default:
			return false, errors.Join(c.noteAnswers(ctx, r, done, unknown), err)
		}
	}
	return len(some) < len(p.invite) && len(done)+len(unknown) > 0, c.noteAnswers(ctx, r, done, unknown)
}

// noteAnswers notes who was invited to a room, and whom the homeserver does not know.
func (c *Chat) noteAnswers(ctx context.Context, r *Room, done, unknown []member) error {
	if err := noteGuests(ctx, c.deps.DB, r.ID, invited, done...); err != nil {
		return err
	}
	return noteGuests(ctx, c.deps.DB, r.ID, refused, unknown...)
}
