// Package intents carries what somebody was about to do when they learned that it needs an account: to belong to a
// group.
//
// An intent is the path that they were on their way to. The pages for signing in and up take it along anyway, and the
// link of a mail keeps it with its token, so that it survives another device, and nobody can put another one in its
// place. It promises nothing: whether the person may is asked again when it is fulfilled, by the rules of that moment.
package intents

import (
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Intent is what a path stands for.
type Intent struct {
	Group   community.Group
	Message bool   // the group decides, and reads a message from whoever wants to belong to it
	ByMail  string // path where the same can be had with a mail address alone; "" if nowhere
}

// Any reports whether there is an intent at all.
func (i Intent) Any() bool { return i.Group.ID != 0 }

// Outcome is what became of an intent.
type Outcome int

// The outcomes.
const (
	Nothing Outcome = iota // there was no intent, or the person may not: the path explains what they can do
	Joined                 // the person is a member now
	Applied                // the members decide
	Already                // the person was a member before
)

// Fulfilled is what became of an intent, and with which group.
type Fulfilled struct {
	Outcome Outcome
	Group   community.Group
}

// Intents knows what paths stand for.
type Intents interface {
	// Find returns what a path stands for; the zero value for most.
	Find(ctx context.Context, q sqldb.Querier, path string) (Intent, error)
	// Fulfil does what a path stands for in the name of a person who has just proven who they are, as far as the rules
	// allow it. message is for a group that decides; without one nothing is sent to it.
	Fulfil(ctx context.Context, tx *sqldb.Tx, path string, person community.Person, message string) (Fulfilled, error)
}

// None is for a site without groups that could be joined.
type None struct{}

var _ Intents = None{}

// Find implements Intents.
func (None) Find(context.Context, sqldb.Querier, string) (Intent, error) { return Intent{}, nil }

// Fulfil implements Intents.
func (None) Fulfil(context.Context, *sqldb.Tx, string, community.Person, string) (Fulfilled, error) {
	return Fulfilled{}, nil
}
