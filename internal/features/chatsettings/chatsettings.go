// Package chatsettings is the room in which people say where they chat and what they want to hear there, groups say which
// chat rooms are theirs, and links lead into them.
//
// A Matrix id that somebody names is theirs once they have proved it: the site opens a chat with the id, and asks there.
// The same chat is where the site tells them things later, if they want that instead of mail. One job brings each of these
// chats to what it should be, step by step, and each step may be repeated; a homeserver that is away delays it and loses
// nothing.
//
// Which web client a homeserver has is looked up by a job, and kept: nobody waits for another machine when following a
// link.
package chatsettings

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bot"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/chat"
	"grouprise.org/grouprise/internal/kit/fetch"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Groups is what this room needs to know of groups.
type Groups interface {
	// GetBySlug returns a group by its slug; NotFound if there is none.
	GetBySlug(ctx context.Context, q sqldb.Querier, slug string) (community.Group, error)
}

// Messages are what is said in chats with one person.
type Messages interface {
	// Wake lets what waits for a chat be said, now that it is there.
	Wake(ctx context.Context, tx *sqldb.Tx, direct int64) error
	// HandOver lets what has not been said in a chat wait for another one, and forgets the rest; 0 is no other one.
	HandOver(ctx context.Context, tx *sqldb.Tx, from, to int64) error
}

// Answers is whether what members say in the private chat room of a group becomes something on the site.
type Answers interface {
	// IsOpen reports whether a group has chosen so.
	IsOpen(ctx context.Context, q sqldb.Querier, entityID int64) (bool, error)
	// Set lets that be so from now on, or ends it: Denied to whoever may not change the group's settings.
	Set(ctx context.Context, tx *sqldb.Tx, s community.Standing, entityID int64, open bool) error
}

// Deps is what the room stands on.
type Deps struct {
	DB       *sqldb.DB
	Queue    queue.Enqueuer
	Log      *slog.Logger
	Limiter  *web.Limiter
	Chat     *chat.Chat
	Groups   Groups
	Messages Messages
	Answers  Answers

	Server     *matrix.Client // nil: the site has no chat, and this room only knows what it once kept
	Domain     string         // of the homeserver, behind the colon of ids
	Bots       []string       // ids of accounts of the site, beside that of Server
	Listeners  []string       // ids of rooms that are told everything public
	BaseURL    string         // of the site, without a slash at the end
	Keys       web.LinkKeys   // of the links by which people prove that an id is theirs
	SiteName   func() string
	Catalogues *lang.Catalogues
	Zone       *time.Location

	// Read replaces how documents of other servers are read; nil asks machines on the public internet alone.
	Read func(ctx context.Context, address string) (*fetch.Document, error)
}

// Settings is the room.
type Settings struct {
	deps Deps
	own  *fetch.Fetcher // of what stands on the site itself
}

// maxBytes is how large a page may be that is read to find a web client.
const maxBytes = 1 << 20

// New returns the room.
func New(d Deps) *Settings {
	c := fetch.Config{UserAgent: "grouprise (+" + d.BaseURL + "/)", MaxBytes: maxBytes, Timeout: 20 * time.Second}
	if d.Read == nil {
		d.Read = reader(fetch.New(c))
	}
	c.Allowed = func(netip.Addr) bool { return true } // whoever runs the site has named the address
	return &Settings{deps: d, own: fetch.New(c)}
}

func reader(f *fetch.Fetcher) func(ctx context.Context, address string) (*fetch.Document, error) {
	return func(ctx context.Context, address string) (*fetch.Document, error) {
		return f.Get(ctx, fetch.Request{Address: address, Accept: "application/json, text/html;q=0.9"})
	}
}

// The jobs: the first brings the chat with one person to what it should be, the second looks for the web client of a
// homeserver, and the third, once a day, lets both happen that are due.
const (
	settleJob = "chatsettings.settle"
	lookUpJob = "chatsettings.look_up"
	renewJob  = "chatsettings.renew"
)

// Paths of the pages. All but the second are those of grouprise 5.5.
const (
	ownPath    = "/stadt/settings/matrix-chat/"
	proofPath  = "/stadt/chat-accounts/{id}/{key}"
	groupPath  = "/stadt/settings/group/matrix-chat"
	publicPath = "/{group}/-/chat/public"
	insidePath = "/{group}/-/chat/private"
	feedPath   = "/stadt/chat-rooms/public-feed/"
	clientPath = "/stadt/chat/"
)

// Module returns the room's table of contents.
func (r *Settings) Module() module.Module {
	m := module.Module{Name: "chatsettings", Estate: holdings()}
	if r.deps.Server == nil {
		return m
	}
	m.Routes = []site.Route{
		{Method: http.MethodGet, Path: ownPath, Handle: r.editOwn, SignedIn: true},
		{Method: http.MethodPost, Path: ownPath, Handle: r.updateOwn, SignedIn: true, Counts: []web.Limit{limitAsking(), limitAsked()}},
		{Method: http.MethodGet, Path: proofPath, Handle: r.askProof},
		{Method: http.MethodPost, Path: proofPath, Handle: r.createProof, KnownBy: site.ByOwnSession},
		{Method: http.MethodGet, Path: groupPath, Handle: r.editGroup, Query: []string{"group"}},
		{Method: http.MethodPost, Path: groupPath, Handle: r.updateGroup, Query: []string{"group"}},
		{Method: http.MethodGet, Path: publicPath, Handle: func(v *site.Visit) error { return r.followRoom(v, chat.Public) }},
		{Method: http.MethodGet, Path: insidePath, Handle: func(v *site.Visit) error { return r.followRoom(v, chat.Private) }},
		{Method: http.MethodGet, Path: feedPath, Handle: r.followFeed},
		{Method: http.MethodGet, Path: clientPath, Handle: r.showNoClient, Cached: true},
		{Method: http.MethodGet, Path: clientPath + "{path...}", Handle: r.showNoClient},
	}
	m.Entries, m.Blocks, m.Switches = r.entries(), r.blocks(), []notify.Switch{r.insteadOfMail()}
	m.Jobs = []queue.Kind{
		{Name: settleJob, Handle: r.settle, Lane: queue.Housekeeping, MaxAttempts: matrix.Forever, Backoff: matrix.Backoff},
		{Name: lookUpJob, Handle: r.lookUp, Lane: queue.Housekeeping},
		{Name: renewJob, Handle: r.renew, Lane: queue.Housekeeping},
	}
	m.Periodics = []queue.Periodic{{Name: renewJob, Kind: renewJob, Schedule: "41 4 * * *"}}
	m.Reactions = []outbox.Reaction{{Activity: community.PersonDeleted, Does: "leaves the chats with the person", Run: r.leaveAll}}
	m.Hears = []bot.Listener{{Name: "answers to whether a chat account is somebody’s, and who leaves a chat with the site", Hear: r.hear}}
	return m
}
