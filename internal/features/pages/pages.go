// Package pages is the room of the pages that many rooms fill: the start page, the pages of groups and people; and of
// those that explain the site.
package pages

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/agenda"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Groups is what this room needs to know of groups.
type Groups interface {
	// Subject returns the group with a slug as the subject of a page; NotFound if there is none.
	Subject(ctx context.Context, q sqldb.Querier, viewer community.Viewer, slug string) (site.Subject, error)
}

// People is what this room needs to know of people.
type People interface {
	// Get returns a person by their id.
	Get(ctx context.Context, q sqldb.Querier, id int64) (community.Person, error)
}

// Deps is what the room stands on.
type Deps struct {
	DB       *sqldb.DB
	Entities *entities.Entities
	Groups   Groups
	People   People
	Texts    *texts.Texts

	// Agenda returns what all modules know of that waits for somebody.
	Agenda func() []agenda.Source

	Postmaster string // mail address of whoever runs the site
}

// Pages is the room.
type Pages struct{ deps Deps }

// New returns the room.
func New(d Deps) *Pages { return &Pages{d} }

// Paths of the pages that explain the site.
const (
	HelpPath           = "/stadt/help/"
	DataProtectionPath = "/stadt/privacy/"
	ImprintPath        = "/stadt/imprint/"
	MarkdownPath       = "/stadt/markdown/"
)

// Module returns the room's table of contents.
func (p *Pages) Module() module.Module {
	return module.Module{
		Name: "pages", Entries: p.entries(), Blocks: p.blocks(),
		Sitemaps: []site.SitemapSource{{About: "the start page and what explains the site", Paths: []string{"/", HelpPath, HelpPath + "members/", DataProtectionPath}}},
		Routes: []site.Route{
			{Method: http.MethodGet, Path: "/", Handle: p.showStart, Cached: true, Query: append([]string{"before"}, monthQuery()...)},
			{Method: http.MethodGet, Path: "/{entity}", Handle: p.showEntity, Cached: true, Query: append(site.NewsQuery(), monthQuery()...)},
			{Method: http.MethodGet, Path: HelpPath, Handle: p.showHelp, Cached: true},
			{Method: http.MethodGet, Path: HelpPath + "{guide}", Handle: p.showGuide, Cached: true},
			{Method: http.MethodGet, Path: DataProtectionPath, Handle: p.showDataProtection, Cached: true},
			{Method: http.MethodGet, Path: ImprintPath, Handle: p.showImprint, Cached: true},
			{Method: http.MethodGet, Path: MarkdownPath, Handle: p.showMarkdown, Cached: true},
		},
	}
}

func (p *Pages) entries() []site.Entry {
	return []site.Entry{site.MenuLink(site.MainMenu, 10, "/", lang.Text("Home"), parts.IconHome)}
}

func (p *Pages) blocks() []site.Block {
	return []site.Block{{Spot: site.StartMain, Order: 5, About: "what waits for an answer of the viewer", Show: p.showWaiting}, {Spot: site.StartAside, Order: 50, About: "how to begin", Show: func(v *site.Visit, _ site.Subject) (templ.Component, error) {
		if v.Viewer.SignedIn() {
			return nil, nil // no block
		}
		return firstSteps(), nil
	}}}
}
