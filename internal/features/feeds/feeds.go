// Package feeds is the room of what feed readers fetch: the newest of the whole town, of a group, a person or a tag, and
// the comments on an item, as Atom and RSS.
//
// A feed holds what nobody in particular may read, whoever asks for it, in the main language of the site. What an entry
// says beside its text is the kind's to say.
package feeds

import (
	"context"
	"fmt"
	"net/http"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/feed"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Groups is what this room needs to know of groups.
type Groups interface {
	// Get returns a group by its id; NotFound if there is none.
	Get(ctx context.Context, q sqldb.Querier, id int64) (community.Group, error)
}

// People is what this room needs to know of people.
type People interface {
	// Get returns a person by their id.
	Get(ctx context.Context, q sqldb.Querier, id int64) (community.Person, error)
}

// Deps is what the room stands on.
type Deps struct {
	DB       *sqldb.DB
	Content  *content.Content
	Threads  *threads.Threads
	Groups   Groups
	People   People
	Texts    *texts.Texts
	Printer  func() *lang.Printer // in the main language of the site
	SiteName fmt.Stringer
	BaseURL  string // of the site, without a slash at the end
	Articles string // the kind of content whose items alone the feeds of grouprise 5.5 hold
}

// Feeds is the room.
type Feeds struct{ deps Deps }

// New returns the room.
func New(d Deps) *Feeds { return &Feeds{d} }

// format is a way in which feeds are written.
type format struct {
	Ending, Type string
	Write        func(feed.Feed) ([]byte, error)
}

func atomFormat() format { return format{".atom", feed.AtomType, feed.Atom} }
func rssFormat() format  { return format{".rss", feed.RSSType, feed.RSS} }

// Module returns the room's table of contents.
func (r *Feeds) Module() module.Module {
	m := module.Module{
		Name: "feeds", Entries: entries(), Blocks: blocks(),
		Routes: []site.Route{
			{Method: http.MethodGet, Path: community.FeedsPath, Handle: r.showFeeds, Cached: true},
			route("/stadt/feed", r.sendOldTown),
			route("/stadt/groups/{id}/feed", r.sendOldGroup),
		},
	}
	for _, f := range []format{atomFormat(), rssFormat()} {
		in := func(send func(*site.Visit, format) error) site.Handler {
			return func(v *site.Visit) error { return send(v, f) }
		}
		m.Routes = append(m.Routes,
			route("/stadt/feed"+f.Ending, in(r.sendTown)), route("/{entity}/feed"+f.Ending, in(r.sendEntity)),
			route("/stadt/tags/{slug}/feed"+f.Ending, in(r.sendTag)), route("/{entity}/{slug}/comments"+f.Ending, in(r.sendComments)))
	}
	return m
}

// route returns the route of a feed.
func route(path string, handle site.Handler) site.Route {
	limit := site.Fetching()
	return site.Route{Method: http.MethodGet, Path: path, Handle: handle, Cached: true, KnownBy: site.ByNothing, Failures: site.AsText, Limit: &limit}
}
