package geo

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/earth"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// errNotMember says why somebody may not say where a group is.
func errNotMember(v community.Viewer) error {
	if !v.SignedIn() {
		return community.PleaseSignIn()
	}
	return errs.New(errs.Denied, "Only members of the group can say where it is.")
}

// Place notes where a group is; nil forgets it. Members may.
func (r *Geo) Place(ctx context.Context, viewer community.Viewer, g community.Group, p *earth.Point) error {
	err := r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		s, err := policy.Standing(ctx, tx, viewer, g.Entity())
		if err != nil {
			return err
		}
		if !CanPlace(s) {
			if s.Member && s.Archived {
				return community.ErrArchived()
			}
			return errNotMember(viewer)
		}
		before, err := getPosition(ctx, tx, g.EntityID)
		if err != nil || before == p || before != nil && p != nil && *before == *p {
			return err
		}
		if err := replacePosition(ctx, tx, g.EntityID, p); err != nil {
			return err
		}
		_, err = r.deps.Outbox.Record(ctx, tx, community.Activity{Name: community.GroupChanged, ActorID: viewer.PersonID, EntityID: g.EntityID})
		return err
	})
	if err != nil {
		return fmt.Errorf("say where the group %d is: %w", g.ID, err)
	}
	return nil
}
