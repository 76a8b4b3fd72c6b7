// Package content is the room of what groups and people publish, whatever its kind: how it is kept, listed,
// shown, changed and deleted, who is told of it, and the comments below it. A kind of content, such as
// articles, has a room of its own for what is particular to it.
package content

import (
	"context"
	"net/http"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
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
	BaseURL  string // of the site, without a slash at the end
	MaxBytes int64  // of one uploaded file
}

// Content is the room.
type Content struct {
	deps  Deps
	kinds map[string]Kind
}

// New returns the room. It knows no kind before Teach.
func New(d Deps) *Content { return &Content{deps: d, kinds: map[string]Kind{}} }

// Kind is what is particular to one kind of content.
type Kind struct {
	Name  string // in the database
	Label lang.Text
	// Edit and Update answer the page on which an item is changed. The room has made sure that the
	// viewer may change it.
	Edit, Update func(v *site.Visit, item Item) error
}

// Teach makes a kind known. It must be called before the house opens.
func (c *Content) Teach(k Kind) { c.kinds[k.Name] = k }

// Module returns the room's table of contents.
func (c *Content) Module() module.Module {
	return module.Module{
		Name: "content", Acts: c.acts(), Blocks: c.blocks(), Estate: holdings(),
		Routes: []site.Route{
			{Method: http.MethodGet, Path: "/stadt/content/{id}", Handle: c.followPermalink, Query: []string{"reply"}},
			{Method: http.MethodGet, Path: ReadersPath, Handle: c.showReaders, SignedIn: true, Query: []string{"group", "as_gestalt"}, Failures: site.AsPart},
			{Method: http.MethodGet, Path: "/stadt/content/{id}/readers", Handle: c.showCommentReaders, SignedIn: true, Failures: site.AsPart},
			{Method: http.MethodGet, Path: "/{entity}/{slug}", Handle: c.showContent, Cached: true, Query: []string{"before", "reply"}},
			{Method: http.MethodPost, Path: "/{entity}/{slug}", Handle: c.createComment, Query: []string{"before", "reply"}},
			{Method: http.MethodGet, Path: "/{entity}/{slug}/edit", Handle: c.editContent},
			{Method: http.MethodPost, Path: "/{entity}/{slug}/edit", Handle: c.updateContent},
			{Method: http.MethodGet, Path: "/{entity}/{slug}/delete", Handle: c.askDeletion},
			{Method: http.MethodPost, Path: "/{entity}/{slug}/delete", Handle: c.deleteContent},
		},
		Notices: []notify.Notice{c.publishedNotice(), c.commentNotice()},
		Replies: []mailin.Reply{{Container: mailin.ToContent, Deliver: c.deliverReply}},
	}
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
	PublishedAt clock.Time `db:"published_at"`
	Deleted     bool       `db:"deleted"`
	Text        string     `db:"text"`
	Versions    int        `db:"versions"` // how often it was written
	Comments    int        `db:"comments"` // that everybody who may read the item may read

	EntityID      int64                `db:"entity_id"`
	EntityKind    community.EntityKind `db:"entity_kind"`
	EntitySlug    string               `db:"entity_slug"`
	EntityName    string               `db:"entity_name"`
	EntityColour  string               `db:"entity_colour"`
	EntityPicture string               `db:"entity_picture"`
	OwnerID       int64                `db:"owner_id"`

	AuthorID       int64  `db:"author_id"`
	AuthorEntityID int64  `db:"author_entity_id"`
	AuthorSlug     string `db:"author_slug"`
	AuthorName     string `db:"author_name"`
	AuthorColour   string `db:"author_colour"`
	AuthorPicture  string `db:"author_picture"`
	AuthorPublic   bool   `db:"author_public"`
}

// Entity returns the group or person that published the item.
func (i Item) Entity() community.Entity {
	return community.Entity{
		ID: i.EntityID, Kind: i.EntityKind, OwnerID: i.OwnerID, Slug: i.EntitySlug, Name: i.EntityName, Colour: i.EntityColour, Picture: i.EntityPicture,
	}
}

// Author returns who wrote the item. Whether a reader may know is for MayKnowAuthor to say.
func (i Item) Author() community.Entity {
	return community.Entity{
		ID: i.AuthorEntityID, Kind: community.PersonEntity, OwnerID: i.AuthorID, Slug: i.AuthorSlug, Name: i.AuthorName, Colour: i.AuthorColour, Picture: i.AuthorPicture,
	}
}

// AuthorPath returns where the author's name leads: to their page if it is public, or to a message to
// them.
func (i Item) AuthorPath() string {
	if i.AuthorPublic {
		return i.Author().Path()
	}
	return community.ContactPath(i.AuthorID)
}

// Path returns the address of the item.
func (i Item) Path() string { return community.ContentPath(i.EntitySlug, i.Slug) }
