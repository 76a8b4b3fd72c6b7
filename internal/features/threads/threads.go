// Package threads is the room of comments and messages: how they are kept, shown, and what hangs on
// them. What they belong to, a content item or a conversation, decides who may read and write them; its
// room tells everybody concerned.
package threads

import (
	"context"
	"net/http"
	"slices"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Deps is what the room stands on.
type Deps struct {
	DB     *sqldb.DB
	Media  media.Store
	Sender media.Sender
	Texts  *texts.Texts
	Outbox *outbox.Outbox
	Search *search.Index

	BaseURL  string           // without a slash at the end
	Keys     web.LinkKeys     // of the links by which people leave and mute threads
	Channels []notify.Channel // on which they are told
	Sessions Sessions         // nil only where no page stays open

	// Changed is called in the transaction in which the text of a contribution has changed, or it was removed. It may be nil.
	Changed func(ctx context.Context, tx *sqldb.Tx, id int64) error
}

// Sessions is what this room needs to know of sessions.
type Sessions interface {
	// Key returns what the session of the context is known by to Alive; "" if it carries none.
	Key(ctx context.Context) string
	// Alive returns which of some sessions, by their keys, have not ended.
	Alive(ctx context.Context, keys []string) (map[string]bool, error)
}

// Threads is the room.
type Threads struct {
	deps Deps
	hub  *hub
}

// New returns the room.
func New(d Deps) *Threads { return &Threads{deps: d, hub: newHub(d.DB, d.Sessions)} }

// Module returns the room's table of contents.
func (t *Threads) Module() module.Module {
	get, post := http.MethodGet, http.MethodPost
	routes := []site.Route{
		{Method: get, Path: "/-/files/{name}", Handle: t.sendFile},
		{Method: get, Path: "/stadt/threads/content/{id}/live", Handle: inContent(t.follow), Query: []string{sinceParameter}, Failures: site.AsText},
		{Method: get, Path: "/stadt/threads/conversation/{id}/live", Handle: inConversation(t.follow), Query: []string{sinceParameter}, Failures: site.AsText},
		{Method: post, Path: "/stadt/threads/content/{id}/muting", Handle: inContent(t.muteByButton)},
		{Method: post, Path: "/stadt/threads/conversation/{id}/muting", Handle: inConversation(t.muteByButton)},
		{Method: get, Path: leavePath, Handle: t.askToLeave},
		{Method: post, Path: leavePath, Handle: t.leave, KnownBy: site.ByOwnSession},
		{Method: get, Path: mutePath, Handle: t.askToMute},
		{Method: post, Path: mutePath, Handle: t.muteByLink, KnownBy: site.ByOwnSession},
	}
	for _, thread := range []string{"/{entity}/{slug}", "/stadt/conversations/{container}"} {
		one := thread + "/contributions/{id}"
		routes = append(
			routes,
			site.Route{Method: get, Path: one + "/delete", Handle: t.askRemoval},
			site.Route{Method: post, Path: one + "/delete", Handle: t.removeContribution},
			site.Route{Method: get, Path: one + "/edit", Handle: t.editContribution},
			site.Route{Method: post, Path: one + "/edit", Handle: t.updateContribution},
			site.Route{Method: post, Path: one + "/reactions", Handle: t.createReaction},
		)
	}
	return module.Module{Name: "threads", Finds: finds(), Estate: holdings(), Routes: routes, Commands: t.commands()}
}

// Post is a comment or message that is to be kept. It belongs to a content item or to a conversation.
type Post struct {
	ContentID, ConversationID int64
	AuthorID                  int64
	Text                      string
	Cut                       string          // what a mail quoted and how it was signed
	Format                    markdown.Format // of Text and Cut
	InReplyToID               int64           // a contribution of the same item or conversation, or 0
	Public                    bool            // false: an internal comment
	ByMail                    bool
	ByChat                    bool       // it stands in a chat room already
	Inside                    bool       // the author belongs to the group, or owns the profile, that it is said to
	At                        clock.Time // when it was said; zero means now
	Files                     []media.File
}

// Contribution is a comment or message with its author and files.
type Contribution struct {
	ID             int64           `db:"id"`
	ContentID      int64           `db:"content_id"`
	ConversationID int64           `db:"conversation_id"`
	InReplyToID    int64           `db:"in_reply_to_id"`
	AuthorID       int64           `db:"author_id"`
	AuthorEntityID int64           `db:"author_entity_id"`
	AuthorSlug     string          `db:"author_slug"`
	AuthorName     string          `db:"author_name"`
	AuthorColour   string          `db:"author_colour"`
	AuthorPicture  string          `db:"author_picture"`
	AuthorPublic   bool            `db:"author_public"`
	Text           string          `db:"text"`
	Cut            string          `db:"cut"`
	Format         markdown.Format `db:"format"` // of Text and Cut
	Public         bool            `db:"public"`
	ByMail         bool            `db:"by_mail"`
	CreatedAt      clock.Time      `db:"created_at"`
	EditedAt       clock.Time      `db:"edited_at"`
	RemovedAt      clock.Time      `db:"removed_at"` // then Text and Cut are empty, and this is its trace
	RemoverID      int64           `db:"remover_id"`
	RemoverName    string          `db:"remover_name"`
	ChangedAt      clock.Time      `db:"changed_at"` // when a page showed it differently for the last time

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

// Beside returns the files that the text does not show itself.
func (c Contribution) Beside() []media.File {
	return slices.DeleteFunc(slices.Clone(c.Files), func(f media.File) bool {
		return c.Format == markdown.Marked && f.StandsIn(c.Text)
	})
}

// Thread returns what the contribution stands in.
func (c Contribution) Thread() Thread {
	return Thread{ContentID: c.ContentID, ConversationID: c.ConversationID}
}

// Removed reports whether only the trace of the contribution is left.
func (c Contribution) Removed() bool { return !c.RemovedAt.IsZero() }

// Marked returns the text in markdown, whatever its format.
func (c Contribution) Marked() string {
	if c.Format == markdown.Plain {
		return markdown.FromPlain(c.Text)
	}
	return c.Text
}

// Path returns the address of the contribution that outlives renaming.
func (c Contribution) Path() string {
	return community.ContributionPath(c.ContentID, c.ConversationID, c.ID)
}
