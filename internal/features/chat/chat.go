// Package chat is the room of the Matrix rooms of groups: a public and a private one for each group, and a space of the
// site that holds the public ones.
//
// What a room should be follows from the group: its name, its members, whether it is archived. A job brings one room
// there: it compares the state that the homeserver tells with what should be, and changes what differs. It runs after
// each change that matters, and once an hour for every room, so that nothing depends on a homeserver that is there. What
// was done is read from the homeserver, not remembered; the one thing that is remembered is who has been invited, because
// nobody is invited again after they have left a room by themselves.
package chat

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bot"
	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Deps is what the room stands on.
type Deps struct {
	DB       *sqldb.DB
	Queue    queue.Enqueuer
	Pictures *media.Pictures
	Messages Messages
	Log      *slog.Logger

	Server  *matrix.Client // nil: the site has no chat, and this room only knows what it once kept
	Domain  string         // of the homeserver, behind the colon of ids
	Bots    []string       // ids that may be in every room, beside the account of Server
	BaseURL string         // of the site, without a slash at the end

	Listeners []string // rooms that are told everything public
	Encrypt   bool     // private rooms

	SiteName func() string
	Printer  func() *lang.Printer // in the language of the site, which groups share
}

// Chat is the room.
type Chat struct{ deps Deps }

// New returns the room.
func New(d Deps) *Chat { return &Chat{d} }

// The jobs: the first brings one room to what it should be, the second finds rooms that nobody has looked at for an hour,
// the third gives up the rooms of a group that is gone, and the fourth says farewell in a room that a group has left.
const (
	settleJob    = "chat.settle"
	reconcileJob = "chat.reconcile"
	abandonJob   = "chat.abandon"
	moveJob      = "chat.move"
)

// Account returns the Matrix id of the bot; the site has a chat.
func (c *Chat) Account() string { return c.deps.Server.User() }

// Module returns the room's table of contents.
func (c *Chat) Module() module.Module {
	m := module.Module{Name: "chat", Estate: holdings()}
	if c.deps.Server == nil {
		return m
	}
	m.Jobs = []queue.Kind{
		{Name: settleJob, Handle: c.settle, Lane: queue.Housekeeping, Timeout: 10 * time.Minute, MaxAttempts: matrix.Forever, Backoff: matrix.Backoff},
		{Name: abandonJob, Handle: c.abandon, Lane: queue.Housekeeping, Timeout: 10 * time.Minute, MaxAttempts: matrix.Forever, Backoff: matrix.Backoff},
		{Name: moveJob, Handle: c.move, Lane: queue.Housekeeping, Timeout: 10 * time.Minute, MaxAttempts: matrix.Forever, Backoff: matrix.Backoff},
		{Name: reconcileJob, Handle: c.reconcile, Lane: queue.Housekeeping},
	}
	m.Periodics = []queue.Periodic{{Name: reconcileJob, Kind: reconcileJob, Schedule: "*/5 * * * *", Expires: 10 * time.Minute}}
	m.Reactions = []outbox.Reaction{
		{Activity: community.GroupFounded, Does: "notes that the group needs chat rooms", Run: c.addRooms},
		{Activity: community.GroupChanged, Does: "lets the chat rooms of the group follow", Run: c.touch},
		{Activity: community.GroupArchived, Does: "lets the chat rooms of the group follow", Run: c.touchWithSpace},
		{Activity: community.GroupReactivated, Does: "lets the chat rooms of the group follow", Run: c.touchWithSpace},
		{Activity: community.MembershipCreated, Does: "has the new member invited to the chat rooms", Run: c.touch},
		{Activity: community.MembershipEnded, Does: "has who was a member removed from the chat rooms", Run: c.touch},
		{Activity: community.GroupRemoved, Does: "gives up the chat rooms of the group", Run: c.abandonAll},
		{Activity: community.PersonDeleted, Does: "has the person removed from all chat rooms", Run: c.touchAllOf},
	}
	m.Hears = []bot.Listener{{Name: "who enters and leaves the chat rooms of groups", Hear: c.hear}}
	m.Facts = []module.Fact{{Term: lang.Text("Chat server"), Ask: c.describe}}
	m.Examinations = []doctor.Check{c.check()}
	m.Jobs = append(m.Jobs, queue.Kind{Name: enterJob, Handle: c.answerInvitation, MaxAttempts: matrix.Forever, Backoff: matrix.Backoff})
	m.Hears = append(m.Hears, bot.Listener{Name: "invitations to chat rooms", Hear: c.hearInvitation})
	return m
}

// describe says for administrators how it stands with the homeserver.
func (c *Chat) describe(ctx context.Context, p *lang.Printer) (string, error) {
	h, err := c.Health(ctx)
	if err != nil {
		return "", err
	}
	state := p.T("%s is connected.", c.deps.Domain)
	if !h.AwayAt.IsZero() {
		state = p.T("%s hasn’t been reachable since %s.", c.deps.Domain, p.DateTime(h.AwayAt.Time))
	}
	var waiting []string
	if n := h.Waiting.Rooms; n > 0 {
		waiting = append(waiting, p.N("%d room", "%d rooms", n))
	}
	if n := h.Waiting.Invitations; n > 0 {
		waiting = append(waiting, p.N("%d invitation", "%d invitations", n))
	}
	if n := h.Waiting.Messages; n > 0 {
		waiting = append(waiting, p.N("%d message", "%d messages", n))
	}
	if len(waiting) == 0 {
		return state, nil
	}
	return state + " " + p.T("Waiting: %s.", strings.Join(waiting, ", ")), nil
}
