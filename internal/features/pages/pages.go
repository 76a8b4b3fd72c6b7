// Package pages is the room of the pages that put the others together: the start page, the pages of groups
// and people, and those that explain the site.
package pages

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// People is what this room needs to know of people.
type People interface {
	// Get returns a person by their id.
	Get(ctx context.Context, q sqldb.Querier, id int64) (community.Person, error)
	// Header returns the head of a person's page.
	Header(v *site.Visit, person community.Person) templ.Component
}

// Introduction is what the page of a group says about it.
type Introduction struct {
	Head        templ.Component // its heading, and the ways to take part
	Facts       templ.Component // who takes part, for the margin
	Description string          // in markdown
}

// Deps is what the room stands on.
type Deps struct {
	DB      *sqldb.DB
	Content *content.Content
	People  People

	// Introduce returns what the page of a group says about it to somebody who stands to it like this.
	Introduce func(v *site.Visit, groupID int64, s community.Standing) (Introduction, error)
	// TopGroups returns the most active groups but one as cards; nil if there are none.
	TopGroups func(v *site.Visit, except int64, n int) (templ.Component, error)
	// GroupCards returns the most active groups with what they say about themselves; nil if there are none.
	GroupCards func(v *site.Visit, n int) (templ.Component, error)
	// MyGroups returns the groups that the viewer is a member of, and whether there are more; nil if there
	// are none.
	MyGroups func(v *site.Visit, n int) (mine templ.Component, more bool, err error)
	// Talks returns the latest conversations with a group that the viewer may read; nil if there are none.
	Talks func(v *site.Visit, group community.Entity) (templ.Component, error)

	// Waiting returns the latest news that the viewer has not read.
	Waiting func(v *site.Visit) (templ.Component, error)

	Postmaster string // mail address of whoever runs the site
}

// Pages is the room.
type Pages struct{ Deps }

// New returns the room.
func New(d Deps) *Pages { return &Pages{d} }

// Paths of the pages that explain the site.
const (
	HelpPath           = "/stadt/help/"
	DataProtectionPath = "/stadt/privacy/"
	MarkdownPath       = "/stadt/markdown/"
)

// Module returns the room's table of contents.
func (p *Pages) Module() module.Module {
	return module.Module{
		Name: "pages",
		Routes: []site.Route{
			{Method: http.MethodGet, Path: "/", Handle: p.showStart, Cached: true, Query: []string{"before"}},
			{Method: http.MethodGet, Path: "/{entity}", Handle: p.showEntity, Cached: true, Query: []string{"before"}},
			{Method: http.MethodGet, Path: HelpPath, Handle: p.showHelp, Cached: true},
			{Method: http.MethodGet, Path: HelpPath + "{guide}", Handle: p.showGuide, Cached: true},
			{Method: http.MethodGet, Path: DataProtectionPath, Handle: p.showDataProtection, Cached: true},
			{Method: http.MethodGet, Path: MarkdownPath, Handle: p.showMarkdown, Cached: true},
		},
	}
}
