package events

import (
	"context"
	"strconv"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// maxHosts is how many groups can be asked to show one event.
const maxHosts = 30

// limitHosts is how often somebody asks groups to show events.
func limitHosts() *web.Limit {
	return &web.Limit{Name: "invite groups to show an event", Count: 30, Per: 24 * time.Hour, Whom: web.PerAccount}
}

// limitInvited is how often the members of a group are told that it is asked to show an event.
func limitInvited() web.Limit {
	return web.Limit{Name: "invitations to show an event", Count: 20, Per: 24 * time.Hour, Whom: web.PerRecipient}
}

// CanHost reports whether the viewer asks other groups to show an event: those who may publish for the group that hosts it, if
// everybody may read it.
func CanHost(s community.Standing, owner community.Entity, public bool) bool {
	return policy.CanPublish(s) && owner.IsGroup() && public
}

// CanDecideHost reports whether the viewer decides what their group shows of others: its members do.
func CanDecideHost(s community.Standing) bool { return s.Viewer.SignedIn() && s.Member }

func errNoHost(v community.Viewer) error {
	if !v.SignedIn() {
		return community.PleaseSignIn()
	}
	return errs.New(errs.Denied, "Only members of the group that organises a public event can invite other groups to it.")
}

// hosted returns a public event whose groups the viewer chooses.
func (r *Events) hosted(ctx context.Context, q sqldb.Querier, v community.Viewer, id int64) (content.Item, community.Standing, error) {
	item, s, err := r.content.Get(ctx, q, v, id)
	switch {
	case err != nil:
		return item, s, err
	case !CanHost(s, item.Entity, item.Public):
		return item, s, errNoHost(v)
	case item.Kind != kindEvent:
		return item, s, errs.New(errs.NotFound, "This isn’t an event.")
	}
	return item, s, nil
}

// InviteHost asks a group, by its short name or its name, to show an event. Its members are told, once for each event.
func (r *Events) InviteHost(ctx context.Context, v community.Viewer, id int64, called string) (group community.Entity, err error) {
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		item, _, err := r.hosted(ctx, tx, v, id)
		if err != nil {
			return err
		}
		comes, err := lockEvent(ctx, tx, id)
		if err != nil {
			return err
		}
		if !comes {
			return errs.Check(errs.Field("group", "This event is over or has been cancelled."))
		}
		found, err := listGroupsCalled(ctx, tx, called)
		if err != nil {
			return err
		}
		switch {
		case len(found) == 0:
			return errs.Check(errs.Field("group", "There’s no group with this name."))
		case len(found) > 1:
			return errs.Check(errs.Field("group", "There are several groups with this name. Enter the short name from the group’s address."))
		}
		group = found[0]
		if group.ID == item.Entity.ID {
			return errs.Check(errs.Field("group", "This is your own group’s event."))
		}
		guest, err := policy.Standing(ctx, tx, v, group)
		if err != nil {
			return err
		}
		if !policy.CanAdd(guest) {
			return errs.Check(errs.Field("group", "“%s” is archived.", group.Name))
		}
		return r.inviteHost(ctx, tx, v, id, group)
	})
	return group, err
}

func (r *Events) inviteHost(ctx context.Context, tx *sqldb.Tx, v community.Viewer, id int64, group community.Entity) error {
	all, err := listHosts(ctx, tx, id, hostInvited, hostShown, hostDeclined)
	if err != nil {
		return err
	}
	for _, h := range all {
		switch {
		case h.Entity.ID != group.ID:
		case h.State == hostDeclined:
			return errs.Check(errs.Field("group", "“%s” has declined the invitation.", group.Name))
		default:
			return errs.Check(errs.Field("group", "“%s” has been invited already.", group.Name))
		}
	}
	if len(all) >= maxHosts {
		return errs.Check(errs.Field("group", "You can invite up to %d groups to an event.", maxHosts))
	}
	if err := insertHost(ctx, tx, id, group.ID, v.PersonID); err != nil {
		return err
	}
	return r.noteInvited(ctx, tx, v, id, group)
}

// noteInvited records that a group is asked, unless its members have been told so before.
func (r *Events) noteInvited(ctx context.Context, tx *sqldb.Tx, v community.Viewer, id int64, group community.Entity) error {
	before, err := wasInvited(ctx, tx, id, group.ID)
	if err != nil || before {
		return err
	}
	full, wait, err := r.deps.Limiter.CountIn(ctx, tx, limitInvited(), strconv.FormatInt(group.ID, 10))
	if err != nil {
		return err
	}
	if full != "" {
		return errs.New(errs.TooMany, "“%s” has had many invitations today. Please try again tomorrow.", group.Name).After(wait)
	}
	_, err = r.deps.Outbox.Record(ctx, tx, community.Activity{Name: community.HostInvited, ActorID: v.PersonID, EntityID: group.ID, ContentID: id})
	return err
}

// DecideHost decides whether a group shows an event to which it is invited. Members of the group accept, decline, and stop
// showing it; those who host it withdraw an invitation, or take the group off the event. Whoever subscribed to a group that
// begins to show an event and has not heard of it is told.
func (r *Events) DecideHost(ctx context.Context, v community.Viewer, id, entityID int64, show bool) error {
	return r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		item, owner, err := r.content.Get(ctx, tx, v, id)
		if err != nil {
			return err
		}
		guest, err := policy.Standing(ctx, tx, v, community.Entity{ID: entityID, Kind: community.GroupEntity})
		if err != nil {
			return err
		}
		decides := CanDecideHost(guest)
		if !decides && (show || !CanHost(owner, item.Entity, true)) {
			return errNotAsked(v)
		}
		if show && !policy.CanAdd(guest) {
			return community.ErrArchived()
		}
		comes, err := lockEvent(ctx, tx, id)
		if err != nil {
			return err
		}
		state, err := hostState(ctx, tx, id, entityID)
		switch {
		case err != nil:
			return err
		case state == "":
			return errs.New(errs.NotFound, "This invitation has been withdrawn.")
		case !show && decides && state == hostInvited:
			return decideHost(ctx, tx, id, entityID, v.PersonID, hostDeclined)
		case !show && (decides || state != hostDeclined):
			return removeHost(ctx, tx, id, entityID)
		case !show, state == hostShown:
			return nil
		case !item.Public:
			return errs.New(errs.Denied, "Only public events can be shown by other groups.")
		}
		if err := decideHost(ctx, tx, id, entityID, v.PersonID, hostShown); err != nil || !comes {
			return err
		}
		_, err = r.deps.Outbox.Record(ctx, tx, community.Activity{Name: community.EventShown, ActorID: v.PersonID, EntityID: entityID, ContentID: id})
		return err
	})
}

func errNotAsked(v community.Viewer) error {
	if !v.SignedIn() {
		return community.PleaseSignIn()
	}
	return errs.New(errs.Denied, "Only members of the group can do this.")
}
