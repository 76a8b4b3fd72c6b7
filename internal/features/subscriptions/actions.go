package subscriptions

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// follow subscribes a person, whoever allowed it, and reports whether they did not follow before.
func (r *Subscriptions) follow(ctx context.Context, tx *sqldb.Tx, entityID, personID, byID int64) (created bool, err error) {
	created, err = insertSubscription(ctx, tx, entityID, personID)
	if err != nil || !created {
		return false, err
	}
	_, err = r.deps.Outbox.Record(ctx, tx, community.Activity{
		Name: community.SubscriptionCreated, ActorID: byID, EntityID: entityID, PersonID: personID,
	})
	return err == nil, err
}

// unfollow ends a subscription, whoever allowed it, and reports whether there was one.
func (r *Subscriptions) unfollow(ctx context.Context, tx *sqldb.Tx, entityID, personID, byID int64) (ended bool, err error) {
	ended, err = deleteSubscription(ctx, tx, entityID, personID)
	if err != nil || !ended {
		return false, err
	}
	_, err = r.deps.Outbox.Record(ctx, tx, community.Activity{
		Name: community.SubscriptionEnded, ActorID: byID, EntityID: entityID, PersonID: personID,
	})
	return err == nil, err
}

// followMember subscribes whoever became a member; a subscription that exists is kept.
func (r *Subscriptions) followMember(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
	_, err := r.follow(ctx, tx, e.EntityID, e.PersonID, e.ActorID)
	return err
}

// forgetMember ends the subscription of whoever left.
func (r *Subscriptions) forgetMember(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
	_, err := r.unfollow(ctx, tx, e.EntityID, e.PersonID, e.ActorID)
	return err
}

// Subscribe lets the viewer, who has signed in, follow a group and reports whether they did not before. Denied if it
// is archived.
func (r *Subscriptions) Subscribe(ctx context.Context, viewer community.Viewer, g community.Group) (created bool, err error) {
	if !viewer.SignedIn() {
		return false, community.PleaseSignIn()
	}
	if err := mayFollow(g); err != nil {
		return false, err
	}
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		created, err = r.follow(ctx, tx, g.EntityID, viewer.PersonID, viewer.PersonID)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("subscribe to group %d: %w", g.ID, err)
	}
	return created, nil
}

// Unsubscribe ends a person's subscription to a group and reports whether there was one. The caller knows
// that the person asks for it: they have signed in, or their key fits.
func (r *Subscriptions) Unsubscribe(ctx context.Context, personID int64, g community.Group) (ended bool, err error) {
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		ended, err = r.unfollow(ctx, tx, g.EntityID, personID, personID)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("unsubscribe from group %d: %w", g.ID, err)
	}
	return ended, nil
}
