// Package commander is the room where administrators give commands in the chat.
//
// Everybody in a room of administrators is trusted: which rooms those are stands in the configuration. Nobody else is
// listened to. What is asked for is kept, with who asked for it and what became of it.
//
// # Once
//
// A command is done at most once: it is marked before it is done, and what was begun when the program ended is not begun
// again but said to be unknown. The reply is sent until it has arrived.
package commander

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"grouprise.org/grouprise/internal/core/bot"
	core "grouprise.org/grouprise/internal/core/commander"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Server is what the room needs of the account.
type Server interface {
	// Send sends a message into a room and returns its event; the same transaction again is the same message.
	Send(ctx context.Context, room, transaction string, m matrix.Message) (event string, err error)
	// Answer accepts the invitation to a room, or turns it down.
	Answer(ctx context.Context, room string, accept bool) error
}

// Deps is what the room stands on.
type Deps struct {
	DB        *sqldb.DB
	Queue     queue.Enqueuer
	Log       *slog.Logger
	Commander *core.Commander
	Printer   func() *lang.Printer // in the language of the site

	Server     Server   // nil: nobody gives commands in the chat
	Account    string   // its id
	Shared     bool     // the account keeps the rooms of groups, too
	AdminRooms []string // ids of the rooms of administrators
}

// Commander is the room.
type Commander struct{ deps Deps }

// New returns the room.
func New(d Deps) *Commander { return &Commander{d} }

// Path is the address of the page that lists which commands were given.
const Path = "/stadt/admin/commands/"

// The jobs: the first brings an order forward, the second answers an invitation, and the third says something that
// nobody asked for.
const (
	answerJob = "commander.answer"
	enterJob  = "commander.enter"
	noteJob   = "commander.note"
)

// Module returns the room's table of contents.
func (c *Commander) Module() module.Module {
	m := module.Module{
		Name:   "commander",
		Sweeps: []module.Sweep{{About: "notes of commands that were given long ago", Run: c.removeOld}},
	}
	m.Facts = []module.Fact{{Term: lang.Text("Commands"), Path: Path, Ask: c.describe}}
	m.Routes = []site.Route{{Method: http.MethodGet, Path: Path, Handle: c.show, Admin: true, Query: []string{"before"}}}
	if c.deps.Server == nil {
		return m
	}
	job := func(name string, handle func(context.Context, queue.Job) error) queue.Kind {
		return queue.Kind{Name: name, Lane: queue.Urgent, Handle: handle, Timeout: 5 * time.Minute, MaxAttempts: matrix.Forever, Backoff: matrix.Backoff}
	}
	m.Jobs = []queue.Kind{job(answerJob, c.answer), job(enterJob, c.enter), job(noteJob, c.note)}
	m.Hears = []bot.Listener{{Name: "commands of administrators", To: bot.Commander, Hear: c.hear}}
	return m
}

// isAdmin reports whether a chat room is one of administrators.
func (c *Commander) isAdmin(room string) bool { return slices.Contains(c.deps.AdminRooms, room) }

// describe says for administrators where they give commands.
func (c *Commander) describe(_ context.Context, p *lang.Printer) (string, error) {
	if c.deps.Server == nil {
		return p.T("at a terminal only"), nil
	}
	return p.T("in the chat, to %s", c.deps.Account), nil
}
