// Package conversations is the room of what is said between people, or between somebody and a group: on
// the web and by mail, and seen by nobody else.
//
// Whoever writes without having signed in proves their address first, by the link in a mail; nobody's
// name stands below what somebody else wrote.
package conversations

import (
	"context"
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/core/captcha"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/membership"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// People is what this room needs to know of people.
type People interface {
	// Get returns a person by their id.
	Get(ctx context.Context, q sqldb.Querier, id int64) (community.Person, error)
}

// Groups is what this room needs to know of groups.
type Groups interface {
	// Get returns a group by its id; NotFound if there is none.
	Get(ctx context.Context, q sqldb.Querier, id int64) (community.Group, error)
	// GetByEntity returns the group that is an entity; NotFound if there is none.
	GetByEntity(ctx context.Context, q sqldb.Querier, entityID int64) (community.Group, error)
	// Visited returns the group that the path of a visit names and how the viewer stands to it.
	Visited(v *site.Visit) (community.Group, community.Standing, error)
}

// Notices is what this room needs to know of how notices spread.
type Notices interface {
	// Reach returns how many people of an audience would be told if an activity happened.
	Reach(ctx context.Context, q sqldb.Querier, e community.Activity, audience notify.Audience) (notify.Reach, error)
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
	Search     *search.Index
	ByMail     *bymail.ByMail
	Notices    Notices
	Catalogues *lang.Catalogues
	Limiter    *web.Limiter
	Captcha    *captcha.Captcha

	SiteName      fmt.Stringer
	BaseURL       string // without a slash at the end
	OperatorGroup int64  // id of the group that gets reports of abuse
	MaxBytes      int64  // of one uploaded file
}

// Conversations is the room.
type Conversations struct {
	deps     Deps
	reported prometheus.Counter
}

// New returns the room.
func New(d Deps) *Conversations {
	return &Conversations{deps: d, reported: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "grouprise_abuse_reports_total", Help: "Pages that people reported to the group that runs the site.",
	})}
}

// tokenBegin is the kind of the tokens in the links that confirm a message by somebody who has not signed
// in.
const tokenBegin = "conversation"

// Module returns the room's table of contents.
func (c *Conversations) Module() module.Module {
	counts, usual := append(bymail.Limits(), limitBeginnings(), limitReceived()), site.Usual()
	withFiles := threads.FormBytes(c.deps.MaxBytes)
	return module.Module{
		Name: "conversations", Finds: finds(), Entries: c.entries(), Acts: c.acts(), Blocks: c.blocks(), Estate: holdings(), Commands: c.commands(), Metrics: []prometheus.Collector{c.reported},
		Routes: []site.Route{
			{Method: http.MethodGet, Path: "/stadt/gestalten/{id}/conversations/add", Handle: c.newContact(c.withPerson)},
			{Method: http.MethodPost, Path: "/stadt/gestalten/{id}/conversations/add", Handle: c.createContact(c.withPerson), Counts: counts, BodyLimit: withFiles},
			{Method: http.MethodGet, Path: "/stadt/groups/{id}/conversations/add", Handle: c.newContact(c.withGroup), Query: []string{"apply_for_membership"}},
			{Method: http.MethodPost, Path: "/stadt/groups/{id}/conversations/add", Handle: c.createContact(c.withGroup), Counts: counts, BodyLimit: withFiles, Query: []string{"apply_for_membership"}},
			{Method: http.MethodGet, Path: "/stadt/groups/{id}/conversations", Handle: c.showOfGroup, Query: []string{"before"}},
			{Method: http.MethodGet, Path: "/stadt/abuse/{path...}", Handle: c.newContact(c.report)},
			{Method: http.MethodPost, Path: "/stadt/abuse/{path...}", Handle: c.createContact(c.report), Counts: counts, BodyLimit: withFiles},
			{Method: http.MethodGet, Path: "/stadt/associations/{container}/contributions/{id}/reply-to-author", Handle: c.newContact(c.replyToAuthor)},
			{Method: http.MethodPost, Path: "/stadt/associations/{container}/contributions/{id}/reply-to-author", Handle: c.createContact(c.replyToAuthor), Counts: []web.Limit{limitBeginnings(), limitReceived()}, BodyLimit: withFiles},
			{Method: http.MethodGet, Path: "/stadt/conversations/{id}", Handle: c.showConversation, Query: threads.PageQuery()},
			{Method: http.MethodPost, Path: "/stadt/conversations/{id}", Handle: c.createMessage, Counts: []web.Limit{threads.Limit(), limitReceived()}, Query: threads.PageQuery(), BodyLimit: withFiles},
			{Method: http.MethodGet, Path: "/stadt/conversations/confirm/{secret}", Handle: c.askToDeliver},
			{Method: http.MethodPost, Path: "/stadt/conversations/confirm/{secret}", Handle: c.deliverConfirmed, Limit: &usual, Counts: []web.Limit{limitReceived()}},
		},
		Notices:   []notify.Notice{c.messageNotice()},
		Addresses: []mailin.Address{{About: "<group>@ begins a conversation with the group, or goes on with what it answers", Match: addressOwner, Limit: limitBeginnings(), Counts: []web.Limit{limitReceived()}, Deliver: c.deliverToGroup}},
		Replies:   []mailin.Reply{{Container: mailin.ToConversation, Limit: threads.Limit(), Counts: []web.Limit{limitReceived()}, Deliver: c.deliverReply, React: c.react}},
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

	Entity community.Entity `db:"entity"` // the group or person that it is with
	Author community.Entity `db:"author"` // who began it
}

// Listed is a conversation in a list, with its latest message.
type Listed struct {
	ID       int64           `db:"id"`
	Subject  string          `db:"subject"`
	LatestAt clock.Time      `db:"latest_at"`
	Messages int             `db:"messages"`
	Text     string          `db:"text"` // the beginning of the latest message
	Format   markdown.Format `db:"format"`
	Unread   bool            `db:"unread"` // the viewer has been notified of something in it, and has not read that

	Author community.Entity `db:"author"` // of the latest message
}

// Path returns the address of the conversation.
func (c Listed) Path() string { return community.ConversationPath(c.ID) }

// Path returns the address of the conversation.
func (c Conversation) Path() string { return community.ConversationPath(c.ID) }
