// Package groups is the room of the groups and initiatives of the town: how they are founded, listed,
// described and recommended. Who belongs to a group is the business of membership, who follows it that
// of subscriptions; this room only counts them.
package groups

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/agenda"
	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/core/captcha"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/tagging"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Invitations is what this room needs to know of how people are let into closed groups.
type Invitations interface {
	// Invite makes an invitation to a closed group, for so many addresses, and returns the path of its link; Denied if
	// the viewer may not let people in.
	Invite(ctx context.Context, tx *sqldb.Tx, viewer community.Viewer, g community.Group, mailed int) (path string, err error)
}

// Websites is what this room needs to know of how groups take over what stands on their websites.
type Websites interface {
	// Follow lets a group show the posts of its website, unless it does; Invalid if the address cannot be used.
	Follow(ctx context.Context, v community.Viewer, group community.Entity, website string) error
}

// Deps is what the room stands on.
type Deps struct {
	DB       *sqldb.DB
	Outbox   *outbox.Outbox
	Entities *entities.Entities
	Letters  *notify.Letters
	Limiter  *web.Limiter
	Captcha  *captcha.Captcha
	Search   *search.Index

	// Invitations returns the room that lets people into closed groups, which stands on this one. May be nil.
	Invitations func() Invitations
	// Websites returns the room that imports websites. May be nil.
	Websites func() Websites

	// Agenda returns what all modules know of that waits for somebody; it is read together with their groups. May be nil.
	Agenda func() []agenda.Source

	Catalogues *lang.Catalogues
	Estate     func() []estate.Holding // of all modules: what goes with a group that is removed

	ReactivationLinks bymail.PersonalLinks // by which a member reactivates a group that another one has archived

	Featured    tagging.Featured // the tags that the site suggests
	MinFeatured int              // how many of them a group needs

	SiteName   fmt.Stringer
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
		Name: "groups", Finds: finds(), Notices: r.notices(), Entries: r.entries(), Searches: searches(), Acts: r.acts(), Blocks: r.blocks(), Steps: r.steps(), Sitemaps: r.sitemaps(), Agenda: []agenda.Source{mineSource()}, Estate: holdings(), Commands: r.commands(),
		Routes: []site.Route{
			{Method: http.MethodGet, Path: community.GroupsPath, Handle: r.showGroups, Cached: true, Query: []string{"name", "only_with_membership", "archived", community.TagParameter, site.OrderParameter, "after"}},
			{Method: http.MethodGet, Path: "/stadt/groups/add", Handle: r.newGroup},
			{Method: http.MethodPost, Path: "/stadt/groups/add", Handle: r.createGroup, Counts: limitFounding().all()},
			{Method: http.MethodGet, Path: "/stadt/groups/{id}/about", Handle: r.showAbout, Query: []string{"before"}},
			{Method: http.MethodGet, Path: archivePath, Handle: r.askArchive},
			{Method: http.MethodPost, Path: archivePath, Handle: r.changeArchive, Limit: limitArchiving()},
			{Method: http.MethodGet, Path: reactivatePath, Handle: r.askByLink},
			{Method: http.MethodPost, Path: reactivatePath, Handle: r.reactivateByLink, KnownBy: site.ByOwnSession, Limit: limitArchiving()},
			{Method: http.MethodGet, Path: "/stadt/settings/group", Handle: r.editGroup, Query: []string{"group"}},
			{Method: http.MethodPost, Path: "/stadt/settings/group", Handle: r.updateGroup, Query: []string{"group"}},
			{Method: http.MethodGet, Path: "/stadt/settings/group/subscriptions-memberships", Handle: r.showRelation, Query: []string{"group"}},
			{Method: http.MethodGet, Path: "/{group}/actions/recommend", Handle: r.newRecommendation},
			{Method: http.MethodPost, Path: "/{group}/actions/recommend", Handle: r.createRecommendation, Counts: limitsRecommending()},
		},
	}
}

// Get returns a group by its id; NotFound if there is none.
func (r *Groups) Get(ctx context.Context, q sqldb.Querier, id int64) (community.Group, error) {
	return getGroup(ctx, q, `g.id = ?`, id)
}

// GetBySlug returns a group by its slug, whatever its case; NotFound if there is none.
func (r *Groups) GetBySlug(ctx context.Context, q sqldb.Querier, slug string) (community.Group, error) {
	return getGroup(ctx, q, `e.slug_key = ?`, strings.ToLower(slug))
}

// GetByEntity returns the group that is an entity; NotFound if there is none.
func (r *Groups) GetByEntity(ctx context.Context, q sqldb.Querier, entityID int64) (community.Group, error) {
	return getGroup(ctx, q, `g.entity_id = ?`, entityID)
}
