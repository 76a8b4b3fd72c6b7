// Package conversations is the room of what is said between people, or between somebody and a group: on
// the web and by mail, and seen by nobody else.
//
// Whoever writes without having signed in proves their address first, by the link in a mail; nobody's
// name stands below what somebody else wrote.
package conversations

import (
	"context"
	"net/http"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/captcha"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/membership"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// People is what this room needs to know of people.
type People interface {
	// Get returns a person by their id.
	Get(ctx context.Context, q sqldb.Querier, id int64) (community.Person, error)
	// FindOrCreate returns the person to whom a mail address belongs, or one without a password who
	// comes into being by it. verified says that the mailbox has just been proven.
	FindOrCreate(ctx context.Context, tx *sqldb.Tx, address string, verified bool) (community.Person, error)
	// ParseAddress returns a mail address as it is kept and the key under which it is unique; ok is false
	// if the text is none.
	ParseAddress(text string) (address, key string, ok bool)
}

// Groups is what this room needs to know of groups.
type Groups interface {
	Get(ctx context.Context, q sqldb.Querier, id int64) (community.Group, error)
	GetByEntity(ctx context.Context, q sqldb.Querier, entityID int64) (community.Group, error)
}

// Notices is what this room needs to know of how notices spread.
type Notices interface {
	// Reach returns how many people would be told if the actor caused an activity and these were its candidates.
	Reach(ctx context.Context, q sqldb.Querier, name community.ActivityName, candidates []notify.Candidate, actorID int64) (notify.Reach, error)
}

// Deps is what the room stands on.
type Deps struct {
	DB         *sqldb.DB
	Outbox     *outbox.Outbox
	Groups     Groups
	Members    *membership.Membership
	People     People
	Threads    *threads.Threads
	Texts      *texts.Texts
	Letters    *notify.Letters
	Notices    Notices
	Catalogues *lang.Catalogues
	Limiter    *web.Limiter
	Captcha    *captcha.Captcha
	Clock      clock.Clock

	SiteName      string
	BaseURL       string // without a slash at the end
	Language      string // of the site
	OperatorGroup int64  // id of the group that gets reports of abuse
}

// Conversations is the room.
type Conversations struct{ deps Deps }

// New returns the room.
func New(d Deps) *Conversations { return &Conversations{d} }

// tokenBegin is the kind of the tokens in the links that confirm a message by somebody who has not signed
// in.
const tokenBegin = "conversation"

// linkLifetime is how long such a message waits.
const linkLifetime = 3 * 24 * time.Hour

// Module returns the room's table of contents.
func (c *Conversations) Module() module.Module {
	return module.Module{
		Name:   "conversations",
		Estate: holdings(),
		Routes: []site.Route{
			{Method: http.MethodGet, Path: "/stadt/gestalten/{id}/conversations/add", Handle: c.newWithPerson},
			{Method: http.MethodPost, Path: "/stadt/gestalten/{id}/conversations/add", Handle: c.createWithPerson},
			{Method: http.MethodGet, Path: "/stadt/groups/{id}/conversations/add", Handle: c.newWithGroup},
			{Method: http.MethodPost, Path: "/stadt/groups/{id}/conversations/add", Handle: c.createWithGroup},
			{Method: http.MethodGet, Path: "/stadt/groups/{id}/conversations", Handle: c.showOfGroup, SignedIn: true},
			{Method: http.MethodGet, Path: "/stadt/abuse/{path...}", Handle: c.newReport},
			{Method: http.MethodPost, Path: "/stadt/abuse/{path...}", Handle: c.createReport},
			{Method: http.MethodGet, Path: "/stadt/associations/{container}/contributions/{id}/reply-to-author", Handle: c.newReplyToAuthor, SignedIn: true},
			{Method: http.MethodPost, Path: "/stadt/associations/{container}/contributions/{id}/reply-to-author", Handle: c.createReplyToAuthor, SignedIn: true},
			{Method: http.MethodGet, Path: "/stadt/conversations/{id}", Handle: c.showConversation, SignedIn: true},
			{Method: http.MethodPost, Path: "/stadt/conversations/{id}", Handle: c.createMessage, SignedIn: true},
			{Method: http.MethodGet, Path: "/stadt/conversations/confirm/{secret}", Handle: c.askToBegin},
			{Method: http.MethodPost, Path: "/stadt/conversations/confirm/{secret}", Handle: c.beginByMail},
		},
		Notices:   []notify.Notice{c.messageNotice()},
		Addresses: []mailin.Address{{About: "<group>@ begins a conversation with the group", Match: isGroup, Deliver: c.deliverToGroup}},
		Replies:   []mailin.Reply{{Container: mailin.ToConversation, Deliver: c.deliverReply}},
	}
}

// Conversation is a thread of messages with a person or a group.
type Conversation struct {
	ID         int64      `db:"id"`
	Subject    string     `db:"subject"`
	MessageKey string     `db:"message_key"` // begins the ids of its mails
	CreatedAt  clock.Time `db:"created_at"`
	LatestAt   clock.Time `db:"latest_at"`
	Deleted    bool       `db:"deleted"`
	FirstID    int64      `db:"first_id"` // the first message
	Messages   int        `db:"messages"`

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
}

// Entity returns the group or person that the conversation is with.
func (c Conversation) Entity() community.Entity {
	return community.Entity{
		ID: c.EntityID, Kind: c.EntityKind, OwnerID: c.OwnerID, Slug: c.EntitySlug, Name: c.EntityName, Colour: c.EntityColour, Picture: c.EntityPicture,
	}
}

// Author returns who began it.
func (c Conversation) Author() community.Entity {
	return community.Entity{
		ID: c.AuthorEntityID, Kind: community.PersonEntity, OwnerID: c.AuthorID, Slug: c.AuthorSlug, Name: c.AuthorName, Colour: c.AuthorColour, Picture: c.AuthorPicture,
	}
}

// Path returns the address of the conversation.
func (c Conversation) Path() string { return community.ConversationPath(c.ID) }
