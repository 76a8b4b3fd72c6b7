// Package writing is the room of what helps while a text is written: its preview, and the names of people
// and groups that begin with what somebody types. Scripts ask here; every form works without it.
package writing

import (
	"context"
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
			{Method: http.MethodGet, Path: community.MentionsPath, Handle: r.showMentions, SignedIn: true, Query: []string{"q"}, Failures: site.AsJSON},
		},
	}
}

// Mention is somebody who can be named in a text.
type Mention struct {
	Slug string `db:"slug" json:"slug"`
	Name string `db:"name" json:"name"`
}

// Mentions returns the groups and the people with a public page whose short name begins with a prefix, or
// one of whose names does, the most active ones first; an empty prefix finds nobody.
func (r *Room) Mentions(ctx context.Context, prefix string) ([]Mention, error) {
	if prefix == "" {
		return nil, nil
	}
	return findMentions(ctx, r.deps.DB, prefix)
}
