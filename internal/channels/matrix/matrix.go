// Package matrix is the channel that tells chat rooms what happens: the public and the private room of a group, and
// rooms anywhere that are told everything public. A room is one recipient, whoever reads there. Personal is the one that
// tells people who want it in a chat of their own.
//
// A message is composed when it leaves, in the name of those who read in its room, by the rules of that moment: what is
// internal never comes into a public room, also if it was public when it was published. It is composed again whenever
// what it is about changes; the room then gets other words, or the message is taken out.
package matrix

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Composer says what a room is told; a notify.Notifier is one.
type Composer interface {
	// Compose returns what a chat room is told of an activity, as it is now; NotFound or Denied if it may not be told.
	Compose(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient) (*notify.Message, error)
	// ComposeFor returns what a person is told of an activity, as it is now; NotFound or Denied if they may not be told.
	ComposeFor(ctx context.Context, e community.Activity, personID int64, reason notify.Reason) (*notify.Message, error)
	// InRooms reports whether the rooms of groups are told of activities of a name.
	InRooms(name community.ActivityName) bool
}

// Config is what the channel stands on.
type Config struct {
	DB        *sqldb.DB
	Queue     queue.Enqueuer
	Log       *slog.Logger
	Server    *matrix.Client // nil: the site has no chat
	Listeners []string       // ids of rooms that are told everything public
	Composer  func() Composer
	Printer   func() *lang.Printer // in the language of the site, which groups share
	Pictures  Pictures

	// Directs sees to it that the site has a room with each of some people, and returns the ids of these by those of the
	// people. A room may come into being later: then Wake is called.
	Directs func(ctx context.Context, tx *sqldb.Tx, people []int64) (map[int64]int64, error)
}

// Pictures opens pictures.
type Pictures interface {
	// Open returns a picture that the viewer may see in a size; NotFound if there is none.
	Open(ctx context.Context, v community.Viewer, name, size string) (media.Stored, error)
}

// Matrix is the channel.
type Matrix struct {
	config   Config
	texts    *markdown.Cache
	uploaded *lru.Cache[string, matrix.Image] // pictures that the homeserver has, by name
}

var _ notify.Rooms = (*Matrix)(nil)

// keptTexts is how many bytes of rendered texts are kept.
const keptTexts = 1 << 20

// keptUploads is of how many pictures it is kept where the homeserver has them: most go to several rooms.
const keptUploads = 100

// New returns the channel.
func New(c Config) *Matrix {
	uploaded, _ := lru.New[string, matrix.Image](keptUploads) // it fails for a size below 1 alone
	return &Matrix{config: c, texts: markdown.NewCache(keptTexts), uploaded: uploaded}
}

// The jobs: the first brings the messages of one line to what they should be, the second looks for what has vanished, and
// for lines that wait although nobody has said so.
const (
	sayJob   = "matrix.say"
	sweepJob = "matrix.sweep"
)

// Module returns the channel's table of contents.
func (m *Matrix) Module() module.Module {
	if m.config.Server == nil {
		return module.Module{Name: "matrix"}
	}
	return module.Module{
		Name: "matrix",
		Jobs: []queue.Kind{
			{
				Name: sayJob, Handle: m.say, Lane: queue.Housekeeping, Timeout: 10 * time.Minute, MaxAttempts: matrix.Forever,
				Backoff: matrix.Backoff,
			},
			{Name: sweepJob, Handle: m.sweep, Lane: queue.Housekeeping},
		},
		Periodics: []queue.Periodic{{Name: sweepJob, Kind: sweepJob, Schedule: "*/10 * * * *", Expires: 10 * time.Minute}},
		Reactions: []outbox.Reaction{{
			Activity: community.MembershipEnded, Does: "takes out of the chat with the former member what is for members alone", Run: m.followMember,
		}},
	}
}

// payload names a line.
type payload struct {
	Line int64 `json:"line"`
}

// happening is an activity as it is kept with the messages that tell of it: without the ids of people, for a room is told
// what was said, and by whom it reads on the page.
type happening struct {
	ID             int64                  `json:"id"`
	Name           community.ActivityName `json:"name"`
	ActorID        int64                  `json:"-"`
	EntityID       int64                  `json:"entity"`
	PersonID       int64                  `json:"-"`
	ContentID      int64                  `json:"content,omitempty"`
	ConversationID int64                  `json:"conversation,omitempty"`
	ContributionID int64                  `json:"contribution,omitempty"`
	DateID         int64                  `json:"date,omitempty"`
	OccurredAt     clock.Time             `json:"at"`
}

// Announce implements notify.Rooms: it notes the messages, one for each room that may be told. What happens in
// conversations is for members alone.
func (m *Matrix) Announce(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
	if m.config.Server == nil {
		return nil
	}
	targets, err := m.targets(ctx, tx, e)
	if err != nil || len(targets) == 0 {
		return err
	}
	standing, err := answered(ctx, tx, e.ContributionID)
	if err != nil {
		return err
	}
	activity, err := json.Marshal(happening(e))
	if err != nil {
		return fmt.Errorf("write activity %d: %w", e.ID, err)
	}
	lines := make([]int64, len(targets))
	rows := make([][]any, len(targets))
	for i, t := range targets {
		lines[i] = t.LineID
		rows[i] = []any{t.LineID, e.ID, string(activity), e.ContentID, e.ConversationID, e.ContributionID, t.Inside, standing[t.LineID], "", true, tx.Now}
	}
	err = tx.InsertNewRows(ctx, `
		INSERT INTO chat_messages (line_id, activity_id, activity, content_id, conversation_id, contribution_id, inside, event_id, edits, due, created_at)`, rows)
	if err != nil {
		return fmt.Errorf("note what chat rooms are told of activity %d: %w", e.ID, err)
	}
	return m.wake(ctx, tx, lines)
}

// FollowContents lets rooms follow what has happened to items.
func (m *Matrix) FollowContents(ctx context.Context, tx *sqldb.Tx, ids ...int64) error {
	return m.follow(ctx, tx, `content_id IN (?)`, ids)
}

// FollowContribution lets rooms follow what has happened to a comment or message.
func (m *Matrix) FollowContribution(ctx context.Context, tx *sqldb.Tx, id int64) error {
	return m.follow(ctx, tx, `contribution_id = ?`, id)
}

// followMember lets the chat with somebody follow who does not belong to a group any more: what they may not read now is taken out.
func (m *Matrix) followMember(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
	return m.follow(ctx, tx, `line_id IN (SELECT l.id FROM chat_lines l JOIN chat_directs d ON d.id = l.direct_id WHERE d.person_id = ?)
		AND (content_id IN (SELECT c.id FROM contents c WHERE c.entity_id = ?) OR conversation_id IN (SELECT v.id FROM conversations v WHERE v.entity_id = ?))`,
		e.PersonID, e.EntityID, e.EntityID)
}

// follow lets messages be looked at again.
func (m *Matrix) follow(ctx context.Context, tx *sqldb.Tx, where string, args ...any) error {
	if m.config.Server == nil {
		return nil
	}
	var lines []int64
	if err := tx.Select(ctx, &lines, `SELECT DISTINCT line_id FROM chat_messages WHERE `+where+` ORDER BY line_id`, args...); err != nil || len(lines) == 0 {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE chat_messages SET due = TRUE WHERE `+where, args...); err != nil {
		return fmt.Errorf("let chat rooms follow: %w", err)
	}
	return m.wake(ctx, tx, lines)
}

// LeaveBehind notes that rooms are not those of their group any more: what was said there follows its source still, and
// nothing new is said. With withdrawn all of it is looked at, because its source goes in this transaction.
func (m *Matrix) LeaveBehind(ctx context.Context, tx *sqldb.Tx, rooms []int64, withdrawn bool) error {
	lines, err := leaveBehind(ctx, tx, rooms)
	if err != nil || len(lines) == 0 || !withdrawn {
		return err
	}
	return m.follow(ctx, tx, `line_id IN (?)`, lines)
}

// wake lets lines be looked at. A job that is looking at one finds out when it ends.
func (m *Matrix) wake(ctx context.Context, tx *sqldb.Tx, lines []int64, opts ...queue.Option) error {
	if _, err := tx.Exec(ctx, `UPDATE chat_lines SET changes = changes + 1 WHERE id IN (?)`, lines); err != nil {
		return fmt.Errorf("note that chat rooms have something to follow: %w", err)
	}
	for _, line := range lines {
		unique := queue.Unique(strconv.FormatInt(line, 10))
		if err := m.config.Queue.Enqueue(ctx, tx, sayJob, payload{line}, append(opts, unique)...); err != nil {
			return err
		}
	}
	return nil
}

// sweep lets messages be looked at whose source has vanished together with something larger, and lines that wait.
func (m *Matrix) sweep(ctx context.Context, _ queue.Job) error {
	return m.config.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		gone, err := listVanished(ctx, tx)
		if err != nil {
			return err
		}
		if len(gone) > 0 {
			if err := m.follow(ctx, tx, `id IN (?)`, gone); err != nil {
				return err
			}
		}
		if err := dropEmpty(ctx, tx); err != nil {
			return err
		}
		lines, err := listWaiting(ctx, tx)
		if err != nil || len(lines) == 0 {
			return err
		}
		return m.wake(ctx, tx, lines)
	})
}
