package subscriptions

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/tokens"
	"grouprise.org/grouprise/internal/kit/errs"
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

// Subscribe lets the viewer, who has signed in, follow a group and reports whether they did not before.
func (r *Subscriptions) Subscribe(ctx context.Context, viewer community.Viewer, g community.Group) (created bool, err error) {
	if !viewer.SignedIn() {
		return false, errs.New(errs.Unauthenticated, "Please sign in.")
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

// RequestSubscription sends a letter with a link that subscribes the owner of a mailbox. What the caller
// learns does not depend on whether the address is known.
func (r *Subscriptions) RequestSubscription(ctx context.Context, g community.Group, address, language string) error {
	return r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		known, subscribed, err := r.lookUp(ctx, tx, g, address)
		if err != nil {
			return err
		}
		to := r.addressee(address, known, language)
		if subscribed {
			return r.deps.Letters.Post(ctx, tx, r.subscribedAlready(to, g))
		}
		secret, err := tokens.Issue(ctx, tx, tokens.Token{Kind: tokenSubscribe, EntityID: g.EntityID, Address: address}, nil, linkLifetime)
		if err != nil {
			return err
		}
		return r.deps.Letters.Post(ctx, tx, r.confirmSubscription(to, g, secret))
	})
}

// lookUp returns the person to whom an address belongs, the zero value if there is none, and whether they
// follow the group.
func (r *Subscriptions) lookUp(ctx context.Context, q sqldb.Querier, g community.Group, address string) (p community.Person, subscribed bool, err error) {
	p, err = r.deps.People.FindByAddress(ctx, q, address)
	if errs.Is(err, errs.NotFound) {
		return community.Person{}, false, nil
	}
	if err != nil {
		return p, false, err
	}
	subscribed, err = isSubscribed(ctx, q, g.EntityID, p.ID)
	return p, subscribed, err
}

// ConfirmSubscription subscribes the owner of the mailbox that a link was sent to, whoever has signed in,
// and reports whether they did not follow before.
func (r *Subscriptions) ConfirmSubscription(ctx context.Context, secret string) (g community.Group, created bool, err error) {
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		t, err := tokens.Redeem(ctx, tx, tokenSubscribe, secret)
		if err != nil {
			return err
		}
		if g, err = r.deps.Groups.GetByEntity(ctx, tx, t.EntityID); err != nil {
			return err
		}
		p, err := r.deps.People.FindOrCreate(ctx, tx, t.Address, true)
		if err != nil {
			return err
		}
		if !p.Active {
			return errs.New(errs.Conflict, "The account with this address has been closed.")
		}
		created, err = r.follow(ctx, tx, g.EntityID, p.ID, p.ID)
		return err
	})
	if err != nil {
		return g, false, fmt.Errorf("subscribe by mail: %w", err)
	}
	return g, created, nil
}

// RequestEnd sends a letter with a link that ends the subscription of the owner of a mailbox, or one that
// says that there is none. The caller learns nothing about the address.
func (r *Subscriptions) RequestEnd(ctx context.Context, g community.Group, address, language string) error {
	return r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		known, subscribed, err := r.lookUp(ctx, tx, g, address)
		if err != nil {
			return err
		}
		to := r.addressee(address, known, language)
		if !subscribed {
			return r.deps.Letters.Post(ctx, tx, r.noSubscription(to, g))
		}
		token := tokens.Token{Kind: tokenUnsubscribe, PersonID: known.ID, EntityID: g.EntityID, Address: address}
		secret, err := tokens.Issue(ctx, tx, token, nil, linkLifetime)
		if err != nil {
			return err
		}
		return r.deps.Letters.Post(ctx, tx, r.confirmEnd(to, g, secret))
	})
}

// ConfirmEnd ends the subscription that a link is about, whoever has signed in, and reports whether there
// was one.
func (r *Subscriptions) ConfirmEnd(ctx context.Context, secret string) (g community.Group, ended bool, err error) {
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		t, err := tokens.Redeem(ctx, tx, tokenUnsubscribe, secret)
		if err != nil {
			return err
		}
		if g, err = r.deps.Groups.GetByEntity(ctx, tx, t.EntityID); err != nil {
			return err
		}
		ended, err = r.unfollow(ctx, tx, g.EntityID, t.PersonID, t.PersonID)
		return err
	})
	if err != nil {
		return g, false, fmt.Errorf("unsubscribe by mail: %w", err)
	}
	return g, ended, nil
}

// asked returns the group and the address that a link is about, without using it up.
func (r *Subscriptions) asked(ctx context.Context, kind, secret string) (g community.Group, address string, err error) {
	t, err := tokens.Find(ctx, r.deps.DB, kind, secret, r.deps.Clock.Now())
	if err != nil {
		return g, "", err
	}
	g, err = r.deps.Groups.GetByEntity(ctx, r.deps.DB, t.EntityID)
	return g, t.Address, err
}
