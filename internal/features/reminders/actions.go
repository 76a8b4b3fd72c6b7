package reminders

import (
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Wish notes whether the viewer wants to be reminded of the events of a group; Denied to whoever does not belong to it.
func (r *Reminders) Wish(ctx context.Context, v community.Viewer, g community.Group, wanted bool) error {
	return r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		s, err := policy.Standing(ctx, tx, v, g.Entity())
		if err != nil {
			return err
		}
		if wanted && !s.Member {
			return errs.New(errs.Denied, "Only members of the group can be reminded of its events.")
		}
		return setWish(ctx, tx, v.PersonID, g.ID, wanted)
	})
}

// stopFor ends the reminders of the events of a group for a person.
func (r *Reminders) stopFor(ctx context.Context, personID int64, g community.Group) error {
	return r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error { return setWish(ctx, tx, personID, g.ID, false) })
}
