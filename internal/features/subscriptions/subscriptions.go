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
	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Groups is what this room needs to know of groups.
type Groups interface {
	// Get returns a group by its id; NotFound if there is none.
	Get(ctx context.Context, q sqldb.Querier, id int64) (community.Group, error)
	// Visited returns the group that the path of a visit names and how the viewer stands to it.
	Visited(v *site.Visit) (community.Group, community.Standing, error)
}

// Deps is what the room stands on.
type Deps struct {
	DB     *sqldb.DB
	Outbox *outbox.Outbox
	Groups Groups
	ByMail *bymail.ByMail

	SiteName fmt.Stringer
	BaseURL  string // without a slash at the end
	Secret   string // of the site: the links that unsubscribe with one click depend on it
}

// Subscriptions is the room.
type Subscriptions struct {
	deps  Deps
	links bymail.PersonalLinks // that unsubscribe with one click
}

// New returns the room.
func New(d Deps) (*Subscriptions, error) {
	keys, err := web.NewLinkKeys(d.Secret, "unsubscribe")
	if err != nil {
		return nil, fmt.Errorf("prepare the links that unsubscribe: %w", err)
	}
	return &Subscriptions{deps: d, links: bymail.PersonalLinks{Keys: keys}}, nil
}

// Module returns the room's table of contents.
func (r *Subscriptions) Module() module.Module {
	subscribing, unsubscribing := r.SubscribingByMail(), r.UnsubscribingByMail()
	return module.Module{
		Name: "subscriptions", Acts: r.acts(), Estate: holdings(),
		Routes: []site.Route{
			{Method: http.MethodGet, Path: "/{group}/actions/subscribe", Handle: r.newSubscription},
			{Method: http.MethodPost, Path: "/{group}/actions/subscribe", Handle: r.createSubscription},
			{Method: http.MethodGet, Path: "/stadt/subscribe/confirm/{secret}", Handle: subscribing.AskToConfirm},
			{Method: http.MethodPost, Path: "/stadt/subscribe/confirm/{secret}", Handle: subscribing.Confirm},

			{Method: http.MethodGet, Path: "/stadt/groups/{id}/unsubscribe", Handle: r.endSubscription},
			{Method: http.MethodPost, Path: "/stadt/groups/{id}/unsubscribe", Handle: r.removeSubscription},
			{Method: http.MethodGet, Path: "/stadt/groups/{id}/unsubscribe/request", Handle: unsubscribing.ShowForm},
			{Method: http.MethodPost, Path: "/stadt/groups/{id}/unsubscribe/request", Handle: unsubscribing.PostLetter, Counts: bymail.Limits()},
			{Method: http.MethodGet, Path: "/stadt/unsubscribe/confirm/{secret}", Handle: unsubscribing.AskToConfirm},
			{Method: http.MethodPost, Path: "/stadt/unsubscribe/confirm/{secret}", Handle: unsubscribing.Confirm},

			{Method: http.MethodGet, Path: "/stadt/unsubscribe/{group}/{person}/{key}", Handle: r.endSubscriptionAtOnce},
			{Method: http.MethodPost, Path: "/stadt/unsubscribe/{group}/{person}/{key}", Handle: r.removeSubscriptionAtOnce, KnownBy: site.ByOwnSession},
		},
		Reactions: []outbox.Reaction{
			{Activity: community.MembershipCreated, Does: "subscribes the new member", Run: r.followMember},
			{Activity: community.MembershipEnded, Does: "ends the subscription of whoever left", Run: r.forgetMember},
		},
	}
}
