// Package bridge lets the private chat room of a group answer: what a member says in it, below something that stands there,
// becomes a comment or a message of theirs, by the rules by which an answer to a mail does. Each group chooses that by itself.
//
// # Once, and in order
//
// What is heard is noted in the transaction in which the bot hears it, by the id of its event, and a job gives it its
// effect. The effects of one room happen one after another, each in one transaction with the note that it has happened, so
// that an event has one effect at most however often it comes and however many processes are at work.
//
// # No loops
//
// The bot hears nothing that accounts of the site say, and this room nothing that machines say (m.notice). What has
// become of an event is noted with its contribution, and the channel that tells chat rooms what happens takes the event for what it would
// say itself: see core tables chat_answers and chat_messages.
package bridge

import (
	"context"
	"log/slog"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bot"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Server is what this room needs of the homeserver.
type Server interface {
	// Send sends a message into a room and returns its event. The same transaction id again is the same message.
	Send(ctx context.Context, room, transaction string, m matrix.Message) (eventID string, err error)
	// Download returns what a file of a room holds: TooLarge if that is more than so many bytes, NotFound if the server does
	// not have it.
	Download(ctx context.Context, f matrix.File, most int64) ([]byte, error)
}

var _ Server = (*matrix.Client)(nil)

// People is what this room needs to know of people.
type People interface {
	// Viewer returns a person as a viewer. NotFound means that they may no longer sign in.
	Viewer(ctx context.Context, personID int64) (community.Viewer, error)
}

// Threads is where comments and messages are changed.
type Threads interface {
	// ReviseIn changes the text of a comment or message, which is markdown: Denied to whoever may not, or not any more, and NotFound if it
	// has been removed.
	ReviseIn(ctx context.Context, tx *sqldb.Tx, v community.Viewer, id int64, text string) error
	// RemoveIn removes a comment or message; errors as of ReviseIn.
	RemoveIn(ctx context.Context, tx *sqldb.Tx, v community.Viewer, id int64) error
}

// Deps is what the room stands on.
type Deps struct {
	DB      *sqldb.DB
	Queue   queue.Enqueuer
	Media   media.Store
	Limiter *web.Limiter
	Log     *slog.Logger
	People  People
	Threads Threads
	Replies func() []mailin.Reply // of all rooms: what an answer by mail becomes

	Server   Server // nil: the site has no chat
	Domain   string // of the homeserver, behind the colon of ids
	MaxBytes int64  // of one file
	SiteName func() string
	Printer  func() *lang.Printer // in the language of the site, which groups share
}

// Bridge is the room.
type Bridge struct{ deps Deps }

// New returns the room.
func New(d Deps) *Bridge { return &Bridge{d} }

// The jobs: the first gives what was heard in a room its effect, the second tells somebody why something had none.
const (
	takeJob = "bridge.take"
	tellJob = "bridge.tell"
)

// Module returns the room's table of contents.
func (b *Bridge) Module() module.Module {
	m := module.Module{Name: "bridge", Estate: holdings()}
	if b.deps.Server == nil {
		return m
	}
	m.Hears = []bot.Listener{{Name: "answers in private chat rooms become comments and messages", Hear: b.hear}}
	m.Jobs = []queue.Kind{
		{Name: takeJob, Handle: b.take, Timeout: 10 * time.Minute, MaxAttempts: matrix.Forever, Backoff: matrix.Backoff},
		{Name: tellJob, Handle: b.tell, Timeout: time.Minute, MaxAttempts: matrix.Forever, Backoff: matrix.Backoff},
	}
	m.Sweeps = []module.Sweep{{About: "notes of what was said in chat rooms and became nothing, or whose contribution has vanished", Run: b.forget}}
	return m
}
