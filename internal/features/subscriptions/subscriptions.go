// Package subscriptions is the room of who follows which group: subscribing and unsubscribing, with an
// account, by mail, and with the one click that mail programs offer.
//
// Whoever becomes a member is subscribed, and whoever leaves is not any more; in between, membership and
// subscription are independent.
package subscriptions

import (
	"context"
	"fmt"
	"net/http"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Groups is what this room needs to know of groups.
type Groups interface {
	Get(ctx context.Context, q sqldb.Querier, id int64) (community.Group, error)
	GetBySlug(ctx context.Context, q sqldb.Querier, slug string) (community.Group, error)
	GetByEntity(ctx context.Context, q sqldb.Querier, entityID int64) (community.Group, error)
}

// People is what this room needs to know of people.
type People interface {
	// ParseAddress returns a mail address as it is kept and the key under which it is unique; ok is false
	// if the text is none.
	ParseAddress(text string) (address, key string, ok bool)
	// FindByAddress returns the person to whom a mail address belongs; NotFound if there is none.
	FindByAddress(ctx context.Context, q sqldb.Querier, address string) (community.Person, error)
	// FindOrCreate returns the person to whom a mail address belongs, or one without a password who
	// comes into being by it. verified says that the mailbox has just been proven.
	FindOrCreate(ctx context.Context, tx *sqldb.Tx, address string, verified bool) (community.Person, error)
}

// Deps is what the room stands on.
type Deps struct {
	DB         *sqldb.DB
	Outbox     *outbox.Outbox
	Groups     Groups
	People     People
	Letters    *notify.Letters
	Limiter    *web.Limiter
	Catalogues *lang.Catalogues
	Clock      clock.Clock

	SiteName string
	BaseURL  string // without a slash at the end
	Secret   string // of the site: the links that unsubscribe with one click depend on it
}

// Subscriptions is the room.
type Subscriptions struct {
	deps Deps
	keys keys
}

// New returns the room.
func New(d Deps) (*Subscriptions, error) {
	k, err := newKeys(d.Secret)
	if err != nil {
		return nil, fmt.Errorf("prepare the links that unsubscribe: %w", err)
	}
	return &Subscriptions{deps: d, keys: k}, nil
}

// Module returns the room's table of contents.
func (r *Subscriptions) Module() module.Module {
	return module.Module{
		Name:   "subscriptions",
		Estate: holdings(),
		Routes: []site.Route{
			{Method: http.MethodGet, Path: "/{group}/actions/subscribe", Handle: r.newSubscription},
			{Method: http.MethodPost, Path: "/{group}/actions/subscribe", Handle: r.createSubscription},
			{Method: http.MethodGet, Path: "/stadt/subscribe/confirm/{secret}", Handle: r.newSubscriptionByMail},
			{Method: http.MethodPost, Path: "/stadt/subscribe/confirm/{secret}", Handle: r.createSubscriptionByMail},

			{Method: http.MethodGet, Path: "/stadt/groups/{id}/unsubscribe", Handle: r.endSubscription},
			{Method: http.MethodPost, Path: "/stadt/groups/{id}/unsubscribe", Handle: r.removeSubscription},
			{Method: http.MethodGet, Path: "/stadt/groups/{id}/unsubscribe/request", Handle: r.newEndRequest},
			{Method: http.MethodPost, Path: "/stadt/groups/{id}/unsubscribe/request", Handle: r.createEndRequest},
			{Method: http.MethodGet, Path: "/stadt/unsubscribe/confirm/{secret}", Handle: r.endSubscriptionByMail},
			{Method: http.MethodPost, Path: "/stadt/unsubscribe/confirm/{secret}", Handle: r.removeSubscriptionByMail},

			{Method: http.MethodGet, Path: "/stadt/unsubscribe/{group}/{person}/{key}", Handle: r.endSubscriptionAtOnce},
			{Method: http.MethodPost, Path: "/stadt/unsubscribe/{group}/{person}/{key}", Handle: r.removeSubscriptionAtOnce, CrossOrigin: true},
		},
		Reactions: []outbox.Reaction{
			{Activity: community.MembershipCreated, Does: "subscribes the new member", Run: r.followMember},
			{Activity: community.MembershipEnded, Does: "ends the subscription of whoever left", Run: r.forgetMember},
		},
	}
}
