package groups

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// A group that is archived stays as it is: what was readable is, and nothing new comes into it (policy.CanAdd). One
// that is removed is gone with all that belonged to it. The other rooms follow both by their reactions.

// Archive archives a group and reports whether it was not archived before. All members are told.
func (r *Groups) Archive(ctx context.Context, viewer community.Viewer, groupID int64) (archived bool, err error) {
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		g, s, err := r.lockStanding(ctx, tx, viewer, groupID)
		if err != nil {
			return err
		}
		founderID, err := getFounder(ctx, tx, groupID)
		if err != nil {
			return err
		}
		switch archived = false; {
		case CanReactivate(s): // somebody else was faster
			return nil
		case !CanArchive(s, founderID, tx.Now):
			return errCannotArchive(s)
		}
		archived = true
		return r.archive(ctx, tx, g, viewer.PersonID)
	})
	if err != nil {
		return false, fmt.Errorf("archive group %d: %w", groupID, err)
	}
	return archived, nil
}

// lockStanding returns a group that nobody else may change until the transaction ends, and how the viewer stands to it.
func (r *Groups) lockStanding(ctx context.Context, tx *sqldb.Tx, viewer community.Viewer, groupID int64) (g community.Group, s community.Standing, err error) {
	if err := lockGroup(ctx, tx, groupID); err != nil {
		return g, s, err
	}
	if g, err = r.Get(ctx, tx, groupID); err != nil {
		return g, s, err
	}
	s, err = policy.Standing(ctx, tx, viewer, g.Entity())
	return g, s, err
}

// errCannotArchive says why somebody who stands to a group like this can neither archive nor reactivate it.
func errCannotArchive(s community.Standing) error {
	switch {
	case !s.Viewer.SignedIn():
		return community.PleaseSignIn()
	case s.Member:
		return errs.New(errs.Denied, "Only whoever started the group, and people who have been members for a week, can archive it.")
	default:
		return errNotMember()
	}
}

func (r *Groups) archive(ctx context.Context, tx *sqldb.Tx, g community.Group, byID int64) error {
	if err := setArchived(ctx, tx, g.EntityID, tx.Now); err != nil {
		return err
	}
	_, err := r.deps.Outbox.Record(ctx, tx, community.Activity{Name: community.GroupArchived, ActorID: byID, EntityID: g.EntityID})
	return err
}

// Reactivate ends that a group is archived, and reports whether it was. All members are told. The caller knows that it
// is the viewer who asks for it: they have signed in, or their key fits.
func (r *Groups) Reactivate(ctx context.Context, viewer community.Viewer, groupID int64) (reactivated bool, err error) {
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		g, s, err := r.lockStanding(ctx, tx, viewer, groupID)
		if err != nil {
			return err
		}
		switch reactivated = false; {
		case !CanChange(s):
			return errCannotArchive(s)
		case !CanReactivate(s):
			return nil
		}
		reactivated = true
		return r.reactivate(ctx, tx, g, viewer.PersonID)
	})
	if err != nil {
		return false, fmt.Errorf("reactivate group %d: %w", groupID, err)
	}
	return reactivated, nil
}

func (r *Groups) reactivate(ctx context.Context, tx *sqldb.Tx, g community.Group, byID int64) error {
	if err := setArchived(ctx, tx, g.EntityID, clock.Time{}); err != nil {
		return err
	}
	_, err := r.deps.Outbox.Record(ctx, tx, community.Activity{Name: community.GroupReactivated, ActorID: byID, EntityID: g.EntityID})
	return err
}

// ArchiveFor archives a group, or reactivates it, for whoever runs the site, and reports whether that changed anything.
func (r *Groups) ArchiveFor(ctx context.Context, slug string, archive bool) (g community.Group, changed bool, err error) {
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if g, err = r.lockBySlug(ctx, tx, slug); err != nil {
			return err
		}
		if changed = g.Archived() != archive; !changed {
			return nil
		}
		if archive {
			return r.archive(ctx, tx, g, 0)
		}
		return r.reactivate(ctx, tx, g, 0)
	})
	if err != nil {
		return g, false, fmt.Errorf("archive or reactivate the group %q: %w", slug, err)
	}
	return g, changed, nil
}

func (r *Groups) lockBySlug(ctx context.Context, tx *sqldb.Tx, slug string) (community.Group, error) {
	g, err := r.GetBySlug(ctx, tx, slug)
	if err != nil {
		return g, err
	}
	if err := lockGroup(ctx, tx, g.ID); err != nil {
		return g, err
	}
	return r.Get(ctx, tx, g.ID)
}

// Find returns the group with a slug, for whoever runs the site; NotFound if there is none.
func (r *Groups) Find(ctx context.Context, slug string) (community.Group, error) {
	return r.GetBySlug(ctx, r.deps.DB, slug)
}

// Remove removes a group with all that belongs to it, for whoever runs the site, and tells its members. Its addresses
// say from then on that it is gone, and its short name is kept from others for a year.
func (r *Groups) Remove(ctx context.Context, slug string) (g community.Group, err error) {
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if g, err = r.lockBySlug(ctx, tx, slug); err != nil {
			return err
		}
		if err := r.tellRemoved(ctx, tx, g); err != nil {
			return err
		}
		if _, err := r.deps.Outbox.Record(ctx, tx, community.Activity{Name: community.GroupRemoved, EntityID: g.EntityID}); err != nil {
			return err
		}
		if err := r.deps.Entities.RetireGroup(ctx, tx, g.EntityID); err != nil {
			return err
		}
		return estate.Dissolve(ctx, tx, r.deps.Estate(), g.EntityID)
	})
	if err != nil {
		return g, fmt.Errorf("remove the group %q: %w", slug, err)
	}
	return g, nil
}

// tellRemoved tells the members of a group that it is removed. Nothing of it will be there when they read it.
func (r *Groups) tellRemoved(ctx context.Context, tx *sqldb.Tx, g community.Group) error {
	members, err := listMailboxes(ctx, tx, g.ID)
	if err != nil {
		return err
	}
	letters := make([]notify.Letter, len(members))
	for n, m := range members {
		p := r.deps.Catalogues.Printer(m.Language, r.deps.Zone)
		letters[n] = notify.Letter{
			Address: m.Address, Name: m.Name, Kind: "group-removed", Language: p.Language(),
			Subject: p.T("The group “%s” has been removed", g.Name),
			Intro:   p.T("The administrators of %s have removed the group “%s”, with everything it posted.", r.deps.SiteName, g.Name),
			Note:    p.T("You get this email because you were a member of the group. You don’t need to do anything."),
		}
	}
	return r.deps.Letters.PostAll(ctx, tx, letters)
}
