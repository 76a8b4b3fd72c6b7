// Package notify works out who is to hear of an activity, and sees to it that they do.
//
// A notice says which activity it follows, who its audience is and what they are told. An audience is a query; each
// channel joins it with whom it reaches, and with what people prefer. When an activity has been committed, one job
// reads the audience and inserts one delivery per person and channel, in one transaction that also marks the activity
// done. Each delivery is then a job of its own with its own retries; one recipient's broken mailbox holds up nobody
// else. Before it is told, everything is read again in the name of the recipient: who may no longer read a thing is
// not told about it.
package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Reason says why somebody is told; it stands in the delivery and decides the last lines of a mail.
type Reason string

// The reasons. A person who is told for several reasons is told once, for the one that the audience names first.
const (
	Addressed  Reason = "addressed"  // it was said to this person
	Owner      Reason = "owner"      // it happened on this person's profile
	Starter    Reason = "starter"    // the person began the conversation
	Subscriber Reason = "subscriber" // the person subscribed to the group
	Member     Reason = "member"     // the person is a member of the group
	Attendee   Reason = "attendee"   // the person wants to come to the event
	Mentioned  Reason = "mentioned"  // the text mentions the person
)

// Recipient is somebody who is told. What a channel needs to reach them it looks up by itself.
type Recipient struct {
	PersonID  int64            `db:"id"`
	EntityID  int64            `db:"entity_id"`
	Slug      string           `db:"slug"`
	Name      string           `db:"name"`
	Language  string           `db:"language"`
	Active    bool             `db:"active"`
	SignsIn   bool             `db:"signs_in"` // has a password; others know us by mail only
	Reason    Reason           `db:"-"`
	Standings policy.Standings `db:"-"` // of all who are told together; may be empty
}

// Viewer returns the recipient as somebody who looks, so that the rules can be asked on their behalf.
func (r Recipient) Viewer() community.Viewer {
	return community.Viewer{PersonID: r.PersonID, EntityID: r.EntityID, Slug: r.Slug, Name: r.Name, Language: r.Language}
}

// Standing returns how the recipient stands to an entity. To where the activity happened that is known already,
// because it was read for all recipients together.
func (r Recipient) Standing(ctx context.Context, q sqldb.Querier, e community.Entity) (community.Standing, error) {
	return r.Standings.Of(ctx, q, r.Viewer(), e)
}

// Notice says what follows an activity.
type Notice struct {
	Activity community.ActivityName
	About    string // one line for the print of the house
	// Audience returns who may be told; nobody if what happened is gone.
	Audience func(ctx context.Context, q sqldb.Querier, e community.Activity) (Audience, error)
	// Compose returns what the recipient is told, in the printer's language. It reads everything in the
	// name of the recipient and returns NotFound or Denied if they may no longer read it; the delivery
	// is then withdrawn.
	Compose func(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to Recipient) (*Message, error)
	// Channels restricts the channels; nil means all.
	Channels []string
	// Always ignores the recipients' preferences: for what they must know.
	Always bool
	// Said is what somebody says in a thread: whoever has muted it finds it on the site alone.
	Said bool
	// Rooms says that chat rooms are told as well.
	Rooms bool
	// Pressing reaches those who want to be told later, in a digest, at once: for what would come too late.
	Pressing bool
}

// Enclosure is what a room adds to the messages about some activities, whoever composes them.
type Enclosure struct {
	Activities []community.ActivityName
	About      string // one line for the print of the house
	// Add adds it to a message. NotFound or Denied withdraw the delivery, as in Notice.
	Add func(ctx context.Context, q sqldb.Querier, e community.Activity, to Recipient, m *Message) error
}

// String returns the enclosure as `grouprise admin house` prints it.
func (e Enclosure) String() string {
	names := make([]string, len(e.Activities))
	for i, name := range e.Activities {
		names[i] = string(name)
	}
	return strings.Join(names, ", ") + " → " + e.About
}

// Delivery is one notice on its way to one person on one channel.
type Delivery struct {
	Activity community.Activity
	To       Recipient // for an InstantChannel or a RelayChannel only who they are, and the reason
	Channel  string
	// Message is what the recipient is told; nil for an InstantChannel, which shows what it finds in the
	// database when somebody looks, and for a RelayChannel.
	Message *Message
}

// Channel is a way to reach people: e-mail, the inbox, a chat. It is a PostChannel, an InstantChannel or a RelayChannel,
// too.
type Channel interface {
	// Name is the channel's name in the database: "email". Letters only.
	Name() string
	// Reaches returns a condition in SQL that is true for the people p, rows of the table people, who can be
	// reached this way.
	Reaches() string
	// ServesActor reports whether people are told of their own doings: mail does, so that a mailing list
	// shows everybody the same.
	ServesActor() bool
	// Setting returns what the channel adds to the page on which people choose how they are told.
	Setting() Setting
	// Reached says in the printer's language how many people are told this way: "31 by mail".
	Reached(p *lang.Printer, people int) string
}

// PostChannel is a channel that delivers messages, each in a job with retries.
type PostChannel interface {
	Channel
	// Prepare looks up what messages need, for all of them at once, and returns for each how it is sent: nil for a
	// recipient who cannot be reached this way any more. Only a few messages of a process leave at a time, so
	// whatever can be done before is done here; a message that takes much memory is better made when it is sent.
	Prepare(ctx context.Context, all []*Delivery) ([]Send, error)
}

// Send hands a message over. Errors that are errs.Temporary are tried again, ErrUnreachable withdraws the delivery, others
// end as a dead letter that an administrator sees.
type Send func(ctx context.Context) error

// ErrUnreachable says that the recipient cannot be reached by a channel any more, and that this has been noted: nobody has
// to see to it.
var ErrUnreachable = errors.New("the recipient cannot be reached this way any more")

// InstantChannel is a channel inside the database: it delivers in the transaction of the fan-out.
type InstantChannel interface {
	Channel
	DeliverAll(ctx context.Context, tx *sqldb.Tx, all []Delivery) error
}

// RelayChannel is a channel that takes deliveries over in the transaction of the fan-out, and makes them by jobs of its
// own. What they say it asks for when it makes them, by ComposeFor.
type RelayChannel interface {
	Channel
	TakeOver(ctx context.Context, tx *sqldb.Tx, all []Delivery) error
}

// Substitute is a channel that people choose in place of another one: who is reached by it is not reached by that.
type Substitute interface {
	Channel
	// Replaces returns the name of the other channel.
	Replaces() string
}

// Config is what a Notifier stands on.
type Config struct {
	DB         *sqldb.DB
	Queue      outbox.Enqueuer
	Catalogues *lang.Catalogues
	Zone       *time.Location
	Channels   []Channel
	Postman    Postman
	// Never names people who are told nothing, such as the importer of feeds.
	Never []int64
	// Rooms are the chat rooms; nil is none.
	Rooms Rooms
}

// Names of the jobs. Deliveries and letters have lanes of their own: nobody waits for a password while
// a thousand people are told of an article.
const (
	JobDeliver = "notify.deliver"
	JobLetter  = "notify.letter"
)

// The states of a delivery.
const (
	StateWaiting   = "waiting"
	StateSent      = "sent"
	StateWithdrawn = "withdrawn" // the recipient may no longer read it, or is gone
	StateDead      = "dead"      // gave up; an administrator may try again
)

// Notifier fans activities out. It is the only writer of deliveries.
type Notifier struct {
	config      Config
	notices     map[community.ActivityName]Notice
	enclosures  map[community.ActivityName][]Enclosure
	channels    map[string]Channel
	silencedSQL string              // on which channels people are not told at once
	refusedSQL  string              // on which they are never told
	leaving     *semaphore.Weighted // by messages; see maxUnsettled
	outcomes    outcomes
}

// New returns a notifier. It can tell rooms how far a notice would reach; what follows activities it learns by Follow.
func New(c Config) *Notifier {
	n := &Notifier{
		config: c, notices: map[community.ActivityName]Notice{}, enclosures: map[community.ActivityName][]Enclosure{}, channels: map[string]Channel{},
		silencedSQL: silencedSQL(c.Channels, notAtOnce), refusedSQL: silencedSQL(c.Channels, never),
		leaving: semaphore.NewWeighted(maxUnsettled), outcomes: newOutcomes(c.Channels),
	}
	for _, channel := range c.Channels {
		n.channels[channel.Name()] = channel
	}
	return n
}

// Follow adds the notices that follow activities. It must be called before the first activity is told: the house is
// built before it opens. Two notices for one activity are a mistake in its building.
func (n *Notifier) Follow(notices ...Notice) error {
	for _, notice := range notices {
		if _, taken := n.notices[notice.Activity]; taken {
			return fmt.Errorf("two notices follow the activity %s", notice.Activity)
		}
		n.notices[notice.Activity] = notice
	}
	return nil
}

// Enclose adds what rooms add to messages. Like Follow, it must be called before the first activity is told.
func (n *Notifier) Enclose(enclosures ...Enclosure) {
	for _, e := range enclosures {
		for _, name := range e.Activities {
			n.enclosures[name] = append(n.enclosures[name], e)
		}
	}
}
