package chat

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Status is how it stands with a room of a group, for administrators.
type Status struct {
	ID      int64      `db:"id"`
	Slug    string     `db:"slug"`
	Kind    Kind       `db:"kind"`
	RoomID  string     `db:"room_id"` // "" as long as it is not there
	Alias   string     `db:"alias"`
	Members int        `db:"members"` // without the bot
	SaidAt  clock.Time `db:"said_at"` // when somebody else than the bot last said something; zero if nobody has
	Waits   bool       `db:"waits"`   // it is being looked at, or will be
	Asking  int        `db:"asking"`  // how many people are still to be invited
	Problem string     `db:"problem"`
}

// Statuses returns how it stands with the rooms of all groups, or of the one with a short name; NotFound if there is no such
// group.
func (c *Chat) Statuses(ctx context.Context, slug string) (all []Status, err error) {
	where, args, err := c.only(ctx, slug)
	if err != nil {
		return nil, err
	}
	err = c.deps.DB.Select(ctx, &all, `
		SELECT r.id, e.slug, r.kind, COALESCE(r.room_id, '') AS room_id, r.alias, r.members, r.said_at, r.problem,
		       r.settled_at IS NULL OR r.changed_at > r.settled_at AS waits, (SELECT COUNT(*) FROM chat_guests g WHERE g.room_id = r.id AND g.state = ?) AS asking
		  FROM chat_rooms r JOIN entities e ON e.id = r.entity_id WHERE `+where+` ORDER BY e.slug, r.kind, r.id`, append([]any{inviting}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("list the chat rooms: %w", err)
	}
	return all, nil
}

// only returns the condition for the rooms r of the group with a short name, or of all groups.
func (c *Chat) only(ctx context.Context, slug string) (where string, args []any, err error) {
	if slug == "" {
		return `r.entity_id IS NOT NULL`, nil, nil
	}
	var id int64
	if err := c.deps.DB.Get(ctx, &id, `SELECT e.id FROM entities e JOIN "groups" g ON g.entity_id = e.id WHERE e.slug = ?`, slug); err != nil {
		return "", nil, fmt.Errorf("find the group %s: %w", slug, err)
	}
	return `r.entity_id = ?`, []any{id}, nil
}

// Refresh lets the rooms of all groups be looked at now, or those of the one with a short name: rooms that are missing
// are made, who has not been invited is, and what is known about them is counted anew. The task runner does it.
func (c *Chat) Refresh(ctx context.Context, slug string) error {
	where, args, err := c.only(ctx, slug)
	if err != nil {
		return err
	}
	for {
		groups, err := newGroups(ctx, c.deps.DB, newAtOnce)
		if err != nil {
			return err
		}
		err = c.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
			if err := insertSpace(ctx, tx); err != nil {
				return err
			}
			if err := insertRooms(ctx, tx, groups...); err != nil || len(groups) == newAtOnce {
				return err
			}
			return c.touchWhere(ctx, tx, where, args...)
		})
		if err != nil || len(groups) < newAtOnce {
			return err
		}
	}
}

// Invitation is somebody who has been invited to a room of a group.
type Invitation struct {
	Slug     string `db:"slug"`
	Kind     Kind   `db:"kind"`
	MatrixID string `db:"matrix_id"`
}

// Invitations returns who was invited to the rooms of all groups, or of the one with a short name, since a moment.
func (c *Chat) Invitations(ctx context.Context, slug string, since clock.Time) (all []Invitation, err error) {
	where, args, err := c.only(ctx, slug)
	if err != nil {
		return nil, err
	}
	err = c.deps.DB.Select(ctx, &all, `
		SELECT e.slug, r.kind, g.matrix_id FROM chat_guests g JOIN chat_rooms r ON r.id = g.room_id JOIN entities e ON e.id = r.entity_id
		 WHERE g.state = 'invited' AND g.asked_at >= ? AND `+where+` ORDER BY e.slug, r.kind, g.asked_at, g.matrix_id`, append([]any{since}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("list who was invited to chat rooms: %w", err)
	}
	return all, nil
}
