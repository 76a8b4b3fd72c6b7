// Package tags is the room of the pages of tags: what has a tag, which groups give it to themselves, and which tags the site
// suggests. Which tags there are is what texts and groups say; see core/tagging.
package tags

import (
	"context"
	"net/http"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/tagging"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Groups is what this room needs to know of groups.
type Groups interface {
	// AddTag gives a group of the viewer's one more tag; Denied if it is not theirs.
	AddTag(ctx context.Context, viewer community.Viewer, groupID int64, t community.Tag) (community.Group, error)
}

// Deps is what the room stands on.
type Deps struct {
	DB       *sqldb.DB
	Groups   Groups
	Featured tagging.Featured // in the order in which they are shown
}

// Tags is the room.
type Tags struct{ deps Deps }

// New returns the room.
func New(d Deps) *Tags { return &Tags{d} }

// Module returns the room's table of contents.
func (r *Tags) Module() module.Module {
	usual := site.Usual()
	return module.Module{
		Name: "tags", Blocks: r.blocks(),
		Routes: []site.Route{
			{Method: http.MethodGet, Path: "/stadt/tags/{slug}", Handle: r.showTag, Cached: true, Query: []string{"before", "month", "year"}},
			{Method: http.MethodGet, Path: "/stadt/tags/{slug}/tag-group", Handle: r.newGroupTag, SignedIn: true},
			{Method: http.MethodPost, Path: "/stadt/tags/{slug}/tag-group", Handle: r.createGroupTag, SignedIn: true, Limit: &usual},
			{Method: http.MethodGet, Path: community.FindTagsPath, Handle: r.completeTag, SignedIn: true, Query: []string{"q"}, Failures: site.AsJSON},
		},
		Sweeps: []module.Sweep{{About: "tags that nothing has any more", Run: func(ctx context.Context) error { return tagging.Sweep(ctx, r.deps.DB) }}},
	}
}
