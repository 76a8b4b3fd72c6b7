// Package threads is the room of comments and messages: how they are kept, shown, and what hangs on
// them. What they belong to, a content item or a conversation, decides who may read and write them; its
// room tells everybody concerned.
package threads

import (
	"net/http"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Deps is what the room stands on.
type Deps struct {
	DB     *sqldb.DB
	Media  media.Store
	Sender media.Sender
	Texts  *texts.Texts
}

// Threads is the room.
type Threads struct{ deps Deps }

// New returns the room.
func New(d Deps) *Threads { return &Threads{d} }

// Module returns the room's table of contents.
func (t *Threads) Module() module.Module {
	return module.Module{
		Name:   "threads",
		Estate: holdings(),
		Routes: []site.Route{
			{Method: http.MethodGet, Path: "/-/files/{name}", Handle: t.sendFile},
			{Method: http.MethodGet, Path: "/{entity}/{slug}/contributions/{id}/delete", Handle: t.askRemoval, SignedIn: true},
			{Method: http.MethodPost, Path: "/{entity}/{slug}/contributions/{id}/delete", Handle: t.removeComment, SignedIn: true},
		},
	}
}

// Post is a comment or message that is to be kept. It belongs to a content item or to a conversation.
type Post struct {
	ContentID, ConversationID int64
	AuthorID                  int64
	Text                      string // markdown
	Cut                       string // what a mail quoted and how it was signed
	InReplyToID               int64  // a contribution of the same item or conversation, or 0
	Public                    bool   // false: an internal comment
	ByMail                    bool
	At                        clock.Time // when it was said; zero means now
	Files                     []media.File
}

// Contribution is a comment or message with its author and files.
type Contribution struct {
	ID             int64      `db:"id"`
	ContentID      int64      `db:"content_id"`
	ConversationID int64      `db:"conversation_id"`
	InReplyToID    int64      `db:"in_reply_to_id"`
	AuthorID       int64      `db:"author_id"`
	AuthorEntityID int64      `db:"author_entity_id"`
	AuthorSlug     string     `db:"author_slug"`
	AuthorName     string     `db:"author_name"`
	AuthorColour   string     `db:"author_colour"`
	AuthorPicture  string     `db:"author_picture"`
	AuthorPublic   bool       `db:"author_public"`
	Text           string     `db:"text"`
	Cut            string     `db:"cut"`
	Public         bool       `db:"public"`
	ByMail         bool       `db:"by_mail"`
	CreatedAt      clock.Time `db:"created_at"`

	Files []media.File `db:"-"`
}

// Container is what a contribution stands in: a content item or a conversation.
type Container struct {
	Title  string
	Entity community.Entity // whose it is, without its name
}

// Container returns the id of the content item or conversation that the contribution stands in.
func (c Contribution) Container() int64 { return c.ContentID + c.ConversationID }

// Author returns the author as somebody who has a page.
func (c Contribution) Author() community.Entity {
	return community.Entity{
		ID: c.AuthorEntityID, Kind: community.PersonEntity, OwnerID: c.AuthorID, Slug: c.AuthorSlug, Name: c.AuthorName, Colour: c.AuthorColour, Picture: c.AuthorPicture,
	}
}

// AuthorPath returns where the author's name leads: to their page if it is public, or to a message to
// them.
func (c Contribution) AuthorPath() string {
	if c.AuthorPublic {
		return c.Author().Path()
	}
	return community.ContactPath(c.AuthorID)
}

// Path returns the address of the contribution that outlives renaming.
func (c Contribution) Path() string {
	page := community.ContentPermalink(c.ContentID)
	if c.ConversationID != 0 {
		page = community.ConversationPath(c.ConversationID)
	}
	return page + "#" + community.ContributionAnchor(c.ID)
}
