// Package geo is the room of the map: where groups are, and where events take place. A site has it if its administrator
// switches it on.
//
// Pages work without the map, as lists. It is drawn in the browser, from pictures of a server that belongs to somebody
// else, and only after the visitor has asked for it.
package geo

import (
	"context"
	"net/http"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Groups is what this room needs to know of groups.
type Groups interface {
	// GetBySlug returns a group by its slug, whatever its case; NotFound if there is none.
	GetBySlug(ctx context.Context, q sqldb.Querier, slug string) (community.Group, error)
}

// Deps is what the room stands on.
type Deps struct {
	DB     *sqldb.DB
	Outbox *outbox.Outbox
	Groups Groups

	Enabled bool // the site has a map
	Tiles   Tiles
	Centre  [][2]float64 // places that the first view of a map shows: latitude and longitude
	Zoom    int          // of the first view; 0 is as close as all of them are seen
}

// Geo is the room.
type Geo struct{ deps Deps }

// New returns the room.
func New(d Deps) *Geo { return &Geo{deps: d} }

// The pages. Version 5.5 had the second one at the same address.
const (
	mapPath   = "/stadt/map"
	placePath = "/stadt/settings/group/geo"
)

// Module returns the room's table of contents.
func (r *Geo) Module() module.Module {
	m := module.Module{Name: "geo", Estate: []estate.Holding{
		{Table: "entity_positions", Column: "entity_id", Profile: true, Fate: estate.Dropped},
	}}
	if !r.deps.Enabled {
		return m
	}
	m.Entries, m.Blocks, m.PictureSources = entries(), r.blocks(), r.deps.Tiles.sources()
	m.Routes = []site.Route{
		{Method: http.MethodGet, Path: mapPath, Handle: r.showMap, Query: []string{"kind", "near", "within"}},
		{Method: http.MethodGet, Path: placePath, Handle: r.editPlace, Query: []string{"group"}},
		{Method: http.MethodPost, Path: placePath, Handle: r.updatePlace, Query: []string{"group"}},
	}
	return m
}
