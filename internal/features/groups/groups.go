// Package groups is the room of the groups and initiatives of the town: how they are founded, listed,
// described and recommended. Who belongs to a group is the business of membership, who follows it that
// of subscriptions; this room only counts them.
package groups

import (
	"context"
	"net/http"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Deps is what the room stands on.
type Deps struct {
	DB       *sqldb.DB
	Outbox   *outbox.Outbox
	Entities *entities.Entities
	Letters  *notify.Letters
	Limiter  *web.Limiter

	BaseURL    string         // of the site, without a slash at the end
	MailDomain string         // behind the @ of the groups' addresses; "" shows no addresses
	Zone       *time.Location // decides which day a group is founded on
}

// Groups is the room.
type Groups struct {
	deps  Deps
	texts *markdown.Cache // rendered descriptions
	top   topGroups
}

// keptTexts is how many bytes of rendered descriptions are kept.
const keptTexts = 1 << 20

// New returns the room.
func New(d Deps) *Groups {
	if d.Zone == nil {
		d.Zone = time.UTC
	}
	return &Groups{deps: d, texts: markdown.NewCache(keptTexts)}
}

// Module returns the room's table of contents.
func (r *Groups) Module() module.Module {
	return module.Module{
		Name: "groups", Entries: r.entries(), Acts: r.acts(), Blocks: r.blocks(), Estate: holdings(),
		Routes: []site.Route{
			{Method: http.MethodGet, Path: community.GroupsPath, Handle: r.showGroups, Cached: true, Query: []string{"name", "only_with_membership", "after"}},
			{Method: http.MethodGet, Path: "/stadt/groups/add", Handle: r.newGroup},
			{Method: http.MethodPost, Path: "/stadt/groups/add", Handle: r.createGroup},
			{Method: http.MethodGet, Path: "/stadt/settings/group", Handle: r.editGroup, Query: []string{"group"}},
			{Method: http.MethodPost, Path: "/stadt/settings/group", Handle: r.updateGroup, Query: []string{"group"}},
			{Method: http.MethodGet, Path: "/stadt/settings/group/subscriptions-memberships", Handle: r.showRelation, Query: []string{"group"}},
			{Method: http.MethodGet, Path: "/{group}/actions/recommend", Handle: r.newRecommendation},
			{Method: http.MethodPost, Path: "/{group}/actions/recommend", Handle: r.createRecommendation},
		},
	}
}

// Get returns a group by its id; NotFound if there is none.
func (r *Groups) Get(ctx context.Context, q sqldb.Querier, id int64) (community.Group, error) {
	return getGroup(ctx, q, `g.id = ?`, id)
}

// GetByEntity returns the group that is an entity; NotFound if there is none.
func (r *Groups) GetByEntity(ctx context.Context, q sqldb.Querier, entityID int64) (community.Group, error) {
	return getGroup(ctx, q, `g.entity_id = ?`, entityID)
}
