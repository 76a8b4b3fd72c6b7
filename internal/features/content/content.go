// Package content is the room of what groups and people publish, whatever its kind: who publishes and for
// whom, how it is written, listed, shown, changed and deleted, who is told of it, and the comments below it.
//
// A kind of content, such as articles, is a room of its own that returns a Kind and nothing else. Its pages
// are answered here: the list at ListPath, the forms at ListPath/add and /{entity}/…/add, and the page of an
// item with all that hangs on it.
package content

import (
	"context"
	"net/http"
	"path"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Notices is what this room needs to know of how notices spread.
type Notices interface {
	// Reach returns how many people of an audience would be told if an activity happened.
	Reach(ctx context.Context, q sqldb.Querier, e community.Activity, audience notify.Audience) (notify.Reach, error)
}

// Deps is what the room stands on.
type Deps struct {
	DB       *sqldb.DB
	Outbox   *outbox.Outbox
	Entities *entities.Entities
	Threads  *threads.Threads
	Texts    *texts.Texts
	Limiter  *web.Limiter
	Pictures *media.Pictures
	Notices  Notices
	Search   *search.Index
	BaseURL  string // of the site, without a slash at the end
	MaxBytes int64  // of one uploaded file

	// Changed is called in the transaction in which items have changed, been withdrawn or got other readers. It may be nil.
	Changed func(ctx context.Context, tx *sqldb.Tx, ids ...int64) error
}

// Content is the room.
type Content struct {
	deps  Deps
	kinds []Kind
}

// New returns the room with its kinds of content, in the order in which people choose among them.
func New(d Deps, kinds ...Kind) *Content { return &Content{deps: d, kinds: kinds} }

// pageQuery returns the parameters of the page of an item.
func (c *Content) pageQuery() []string {
	all := threads.PageQuery()
	for _, k := range c.kinds {
		all = append(all, k.Query...)
	}
	return all
}

// limits returns the limits by which kinds count changes of their items.
func (c *Content) limits() []web.Limit {
	var all []web.Limit
	for _, k := range c.kinds {
		all = append(all, k.Limits...)
	}
	return all
}

// Module returns the room's table of contents.
func (c *Content) Module() module.Module {
	usual := site.Usual()
	routes := []site.Route{
		{Method: http.MethodGet, Path: "/stadt/content/{id}", Handle: c.followPermalink, Query: c.pageQuery()},
		{Method: http.MethodGet, Path: readersPath, Handle: c.showReaders, SignedIn: true, Query: []string{"group", "as_gestalt"}, Failures: site.AsPart},
		{Method: http.MethodGet, Path: "/stadt/content/{id}/readers", Handle: c.showCommentReaders, Failures: site.AsPart},
		{Method: http.MethodGet, Path: "/{entity}/{slug}", Handle: c.showContent, Cached: true, Query: c.pageQuery()},
		{Method: http.MethodPost, Path: "/{entity}/{slug}", Handle: c.createComment, Counts: []web.Limit{threads.Limit()}, Query: c.pageQuery(), BodyLimit: threads.FormBytes(c.deps.MaxBytes)},
		{Method: http.MethodGet, Path: "/{entity}/{slug}/edit", Handle: c.editContent},
		{Method: http.MethodPost, Path: "/{entity}/{slug}/edit", Handle: c.updateContent, BodyLimit: c.formBytes(c.kinds...), Limit: &usual, Counts: c.limits()},
		{Method: http.MethodGet, Path: "/{entity}/{slug}/delete", Handle: c.askDeletion},
		{Method: http.MethodPost, Path: "/{entity}/{slug}/delete", Handle: c.deleteContent},
	}
	for _, k := range c.kinds {
		routes = append(routes, c.routesOf(k)...)
	}
	return module.Module{
		Name: "content", Entries: c.entries(), Acts: c.acts(), Blocks: c.blocks(), Steps: c.steps(), Sitemaps: c.sitemaps(), Finds: c.finds(), Estate: holdings(),
		Routes: routes, Commands: c.commands(),
		Notices: []notify.Notice{c.publishedNotice(), c.commentNotice(), c.mentionedNotice()},
		Replies: []mailin.Reply{{Container: mailin.ToContent, Limit: threads.Limit(), Deliver: c.deliverReply, React: c.react}},
	}
}

// Modules returns what the rooms of the kinds contribute themselves.
func (c *Content) Modules() []module.Module {
	var all []module.Module
	for _, k := range c.kinds {
		if k.Module != nil {
			all = append(all, k.Module(c))
		}
	}
	return all
}

// routesOf returns the addresses of a kind: its list, and the forms in which items of it are written.
func (c *Content) routesOf(k Kind) []site.Route {
	of := func(handle func(*site.Visit, Kind) error) site.Handler {
		return func(v *site.Visit) error { return handle(v, k) }
	}
	below := "/{entity}/" + path.Base(k.ListPath) + "/add"
	routes := []site.Route{
		{Method: http.MethodGet, Path: k.ListPath + "/add", Handle: of(c.newContent), SignedIn: true, Query: fillingQuery()},
		{Method: http.MethodPost, Path: k.ListPath + "/add", Handle: of(c.createContent), SignedIn: true, Counts: []web.Limit{LimitPublishing()}, BodyLimit: c.formBytes(k)},
		{Method: http.MethodGet, Path: below, Handle: of(c.newContentOf), Query: append(fillingQuery(), "next")},
		{Method: http.MethodPost, Path: below, Handle: of(c.createContentOf), Counts: []web.Limit{LimitPublishing()}, BodyLimit: c.formBytes(k), Query: append(fillingQuery(), "next")},
	}
	if k.OwnList {
		return routes
	}
	return append(routes, site.Route{Method: http.MethodGet, Path: k.ListPath, Handle: of(c.showList), Cached: true, Query: k.query()})
}

// Item is something that was published.
type Item struct {
	ID          int64      `db:"id"`
	Kind        string     `db:"kind"`
	Slug        string     `db:"slug"`
	Title       string     `db:"title"`
	Public      bool       `db:"public"`
	Pinned      bool       `db:"pinned"`
	MessageKey  string     `db:"message_key"` // begins the ids of its mails
	Revision    int        `db:"revision"`    // grows with every change of any field
	External    bool       `db:"external"`    // it follows a source elsewhere, and is changed there alone
	PublishedAt clock.Time `db:"published_at"`
	StartsAt    clock.Time `db:"starts_at"` // of kinds that have a time; of a series, its next date
	EndsAt      clock.Time `db:"ends_at"`
	Deleted     bool       `db:"deleted"`
	Picture     string     `db:"picture"`  // name of the one that stands for it, or empty
	Text        string     `db:"text"`     // in lists its beginning
	Comments    int        `db:"comments"` // that everybody who may read the item may read

	Album community.Album `db:"album"` // the pictures that it consists of

	Entity       community.Entity `db:"entity"` // the group or person that published it
	Author       community.Entity `db:"author"` // who wrote it; whether a reader may know is for MayKnowAuthor to say
	AuthorPublic bool             `db:"author_public"`
}

// Path returns the address of the item.
func (i Item) Path() string { return community.ContentPath(i.Entity.Slug, i.Slug) }
