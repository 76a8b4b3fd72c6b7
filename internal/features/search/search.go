// Package search is the room in which people look for something: posts, comments, groups, each other, and what they have
// written to each other. What can be found is for other rooms to say, and who finds it for package search of the core.
package search

import (
	"context"
	"net/http"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/core/module"
	index "grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Groups is what this room needs to know of groups.
type Groups interface {
	// Mine returns so many groups of the viewer, and whether there are more.
	Mine(ctx context.Context, q sqldb.Querier, viewer community.Viewer, n int) (mine []community.Entity, more bool, err error)
}

// Deps is what the room stands on.
type Deps struct {
	DB       *sqldb.DB
	Index    *index.Index
	Entities *entities.Entities
	Groups   Groups
	Texts    *texts.Texts
	Limiter  *web.Limiter
}

// Room is the room.
type Room struct{ deps Deps }

// New returns the room.
func New(d Deps) *Room { return &Room{deps: d} }

// path is where people search, and parameter what they look for.
const (
	path      = "/stadt/search"
	parameter = "q"
)

// limitSearching bounds how often somebody searches who has not signed in: no other page lets a stranger choose how much
// work it is.
func limitSearching() web.Limit {
	return web.Limit{Name: "search", Count: 300, Per: 5 * time.Minute, Whom: web.PerNetwork}
}

// Module returns the room's table of contents.
func (r *Room) Module() module.Module {
	return module.Module{
		Name:     "search",
		Estate:   []estate.Holding{{Table: "search_documents", Column: "entity_id", Profile: true, Fate: estate.Dropped}},
		Searches: []site.Search{{Order: 10, Path: path, Parameter: parameter, Label: lang.Text("Search")}},
		Routes: []site.Route{{
			Method: http.MethodGet, Path: path, Handle: r.showFound, Counts: []web.Limit{limitSearching()},
			Query: []string{parameter, "kind", "group", "tag", "since", "order", "page"},
		}},
	}
}
