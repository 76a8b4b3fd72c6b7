// Package accounts is the room of how people prove who they are: signing up and in, e-mail addresses, passwords,
// sessions, and the end of an account. Who somebody is and what they show of themselves is the room of people.
//
// # Two kinds of people
//
// Somebody with a password signs in. Somebody without one came into being by an address: they subscribed
// to a group, wrote to one, or were added by a member. Both have a page, memberships and a main address.
//
// # Nobody gets what they do not own
//
// An address belongs to somebody when its mailbox has been proven: by the link in a mail, which is opened
// by GET and followed by POST, so that programs that look into mails confirm nothing. Until then a
// sign-up or a further address is a token and nothing else: it blocks nobody. Whoever signs up with an
// address that takes part without a password takes that account over when the mailbox is proven, and
// not before.
//
// Since two people may sign up with the same address, one of them in bad faith, the link alone is not
// enough: it is followed either in the browser that signed up, or with the password that was chosen there.
//
// No page tells strangers whether an address has an account. The mail that is sent does.
package accounts

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/captcha"
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/core/intents"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/features/people"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/password"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Deps is what the room stands on.
type Deps struct {
	DB         *sqldb.DB
	People     *people.People
	Outbox     *outbox.Outbox
	Letters    *notify.Letters
	Catalogues *lang.Catalogues
	Limiter    *web.Limiter
	Captcha    *captcha.Captcha
	Passwords  *password.Hasher

	SiteName fmt.Stringer
	URL      func(path string) string

	// UnknownPerson is the id of the person who inherits what people wrote who deleted their account. If
	// there is no such person, or they can sign in, a person is created for it.
	UnknownPerson int64

	// Special are the ids of others who are there for the site itself, such as the one who publishes what is imported.
	Special []int64

	// Operators is the path where people write to whoever runs the site; empty if nowhere.
	Operators string

	// Devices is the path where people see which of their devices get notifications; empty if nowhere.
	Devices string

	// Estate returns what all modules of the house keep of people.
	Estate func() []estate.Holding

	// Intents returns who knows what people were about to do when they learned that it needs an account. May be nil.
	Intents func() intents.Intents
}

// Accounts is the room.
type Accounts struct {
	deps    Deps
	signIns *prometheus.CounterVec
}

// New returns the room.
func New(d Deps) *Accounts { return &Accounts{deps: d, signIns: newSignIns()} }

// Module returns the room's table of contents.
func (r *Accounts) Module() module.Module {
	return module.Module{
		Name: "accounts", Routes: r.routes(), Entries: entries(), Estate: holdings(), Commands: r.commands(),
		Metrics: []prometheus.Collector{r.signIns},
		Sweeps:  []module.Sweep{{About: "app passwords that ended a month ago", Run: r.removeExpired}},
	}
}

// Kinds of tokens of this room, and how long their links work.
const (
	tokenSignUp   = "sign-up"
	tokenAddress  = "address"
	tokenPassword = "password"

	linkLifetime = 3 * 24 * time.Hour
)

// limitLetters bounds how often strangers of one network can have mails sent to an address.
func limitLetters() web.Limit {
	return web.Limit{Name: "account mails to an address from a network", Count: 5, Per: 10 * time.Minute, Whom: web.PerAddressAndNetwork}
}

// limitLettersAnywhere bounds how often all of them can.
func limitLettersAnywhere() web.Limit {
	return web.Limit{Name: "account mails to an address", Count: 20, Per: time.Hour, Whom: web.PerAddress}
}

// allowLetter counts a mail to the address of a key.
func (r *Accounts) allowLetter(ctx context.Context, key string) error {
	if err := r.deps.Limiter.Allow(ctx, limitLetters(), key+" "+networkOf(ctx)); err != nil {
		return err
	}
	return r.deps.Limiter.Allow(ctx, limitLettersAnywhere(), key)
}

// intents returns who knows what people were about to do.
func (r *Accounts) intents() intents.Intents {
	if r.deps.Intents == nil {
		return intents.None{}
	}
	return r.deps.Intents()
}

// printerOf returns the printer of a person's language.
func (r *Accounts) printerOf(person community.Person) *lang.Printer {
	return r.deps.Catalogues.Printer(person.Language, nil)
}
