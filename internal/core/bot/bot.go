// Package bot hears what is said in chat rooms, for the rooms of the house that want to know.
//
// One process at a time listens in the name of an account: whoever holds its lease in the database. The others stand by,
// and take over when the lease has run out or was given back.
//
// # Once
//
// Listeners hear each event once. What they write is in one transaction with the note that the event has been heard, and
// the homeserver's token of where to go on is kept when all events before it have been. A server that tells of an event
// twice, and a process that dies in the middle, change nothing. Notes are kept for a month.
//
// What an account says itself is never handed on, nor what another account of the site says, so that two of them cannot
// answer each other for ever. Neither is what was said before the account was there: before it listened for the first
// time, and before it joined a room.
//
// # Mishaps
//
// If a listener fails the event comes again, after longer and longer waits. After some failures it is passed over for this
// event, which the log says: one message must not make the bot deaf to all others.
package bot

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Event is something that has happened in a chat room. An invitation to one, which has no id at the homeserver, is an
// m.room.member event with an id of the bot's own.
type Event = matrix.Event

// Role is what an account is there for.
type Role uint8

// The roles. One account may have both.
const (
	Chat      Role = iota // it keeps the rooms of groups
	Commander             // administrators talk to it
)

// Listener hears what is said to an account.
type Listener struct {
	Name string
	To   Role // whose account it listens to; zero is Chat

	// Hear is called once for each event, in a transaction. What takes the network is enqueued as a job. An error that
	// is errs.Unavailable lets the event come again until there is none.
	Hear func(ctx context.Context, tx *sqldb.Tx, e Event) error
}

// Server is what an account can hear of its homeserver.
type Server interface {
	Sync(ctx context.Context, since string, wait time.Duration) (matrix.Batch, error)
	Earlier(ctx context.Context, room, before, since string) (events []Event, next string, err error)
}

var _ Server = (*matrix.Client)(nil)

// Account is an account that listens.
type Account struct {
	ID     string // the whole id at the homeserver
	Server Server
	Roles  []Role
}

// Config describes a bot. Zero values are sensible.
type Config struct {
	DB       *sqldb.DB
	Log      *slog.Logger
	Accounts []Account
	Others   []string // ids of other accounts of the site, to which nobody listens

	Wait    time.Duration // how long one request waits for something to happen; zero is 30 s
	Lease   time.Duration // after which others take over from a process that died; zero is 30 s
	Backoff func(failures int) time.Duration
}

// Bot is what listens.
type Bot struct {
	config    Config
	listeners []Listener
}

// New returns a bot. Nobody is asked anything yet.
func New(c Config) *Bot {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Wait == 0 {
		c.Wait = 30 * time.Second
	}
	if c.Lease == 0 {
		c.Lease = 30 * time.Second
	}
	if c.Backoff == nil {
		c.Backoff = func(failures int) time.Duration { return min(time.Minute, time.Second<<min(failures-1, 6)) }
	}
	return &Bot{config: c}
}

// Listen adds listeners. It is called before Run.
func (b *Bot) Listen(listeners ...Listener) { b.listeners = append(b.listeners, listeners...) }

// Needed reports whether there is an account that listens.
func (b *Bot) Needed() bool { return len(b.config.Accounts) > 0 }

// Run listens until the context ends. What is in hand then is heard by whoever listens next.
func (b *Bot) Run(ctx context.Context) error {
	var g errgroup.Group
	for _, a := range b.config.Accounts {
		g.Go(func() error {
			b.ear(a).run(ctx)
			return nil
		})
	}
	return g.Wait()
}

// ear returns what listens in the name of an account.
func (b *Bot) ear(a Account) *ear {
	e := &ear{Bot: b, account: a.ID, server: a.Server, log: b.config.Log.With("account", a.ID), own: map[string]bool{}}
	for _, other := range b.config.Accounts {
		e.own[other.ID] = true
	}
	for _, id := range b.config.Others {
		e.own[id] = true
	}
	for _, l := range b.listeners {
		for _, r := range a.Roles {
			if l.To == r {
				e.hearers = append(e.hearers, l)
			}
		}
	}
	return e
}
