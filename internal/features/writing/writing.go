// Package writing is the room of what helps while a text is written: its preview. Scripts ask here; every form works
// without it.
package writing

import (
	"net/http"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Deps is what the room stands on.
type Deps struct {
	DB    *sqldb.DB
	Texts *texts.Texts
}

// Room is the room.
type Room struct{ deps Deps }

// New returns the room.
func New(d Deps) *Room { return &Room{d} }

// Module returns the room's table of contents.
func (r *Room) Module() module.Module {
	return module.Module{
		Name: "writing",
		Routes: []site.Route{
			{Method: http.MethodPost, Path: community.PreviewPath, Handle: r.showPreview, SignedIn: true, Failures: site.AsJSON},
		},
	}
}
