// Package mailin receives mail: it decides which addresses are ours, who is writing, and hands the
// message to the room that it is for.
//
// An address is checked at RCPT. A message has its effect in one transaction that is committed before
// the 250; the same message for the same recipient has it once. An unknown failure is temporary, so that
// the mail server tries again.
package mailin

import (
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Incoming is a message whose sender is known and whose attachments are stored.
type Incoming struct {
	Sender      community.Viewer // the person who owns the sender's address
	Recipient   string           // the address it was sent to
	Subject     string           // decoded, one line, at most 255 characters; may be empty
	Text        string           // what is new in it, as markdown
	Cut         string           // what it quoted and how it was signed
	SentAt      clock.Time       // its Date, or now
	MessageID   string
	InReplyTo   []string // message ids that it answers, nearest first
	Attachments []media.File
}

// Address is a family of mail addresses that a room answers for, such as those of all groups.
type Address struct {
	About string // for the print of the house: "<group>@ begins a conversation with the group"
	// Match reports whether the room answers for the local part. It is asked at RCPT, before anything
	// is known of the sender or the message.
	Match func(ctx context.Context, q sqldb.Querier, local string) (bool, error)
	// Limit bounds what one person sends. The room counts by the same limit what comes by the web.
	Limit web.Limit
	// Deliver gives the message its effect. NotFound, Denied, Invalid and TooLarge refuse it for good:
	// the sender is told the error's sentence by mail. Other errors make the mail server try again.
	Deliver func(ctx context.Context, tx *sqldb.Tx, local string, m *Incoming) error
}

// Target is what a reply answers: the container and, if it was one, the comment or message.
type Target struct {
	ContentID      int64 `db:"content_id"`
	ConversationID int64 `db:"conversation_id"`
	ContributionID int64 `db:"contribution_id"`
}

// Container tells what a reply is added to.
type Container string

// The containers that have replies.
const (
	ToContent      Container = "content"
	ToConversation Container = "conversation"
)

// Reply is how a room takes replies by mail to one kind of container.
type Reply struct {
	Container Container
	Limit     web.Limit // as in Address
	// Deliver adds the reply. The sender owns the reply address; whether they may still read and answer
	// the target is for the room to decide. Errors as in Address.
	Deliver func(ctx context.Context, tx *sqldb.Tx, t Target, m *Incoming) error
}

func (t Target) container() Container {
	if t.ConversationID != 0 {
		return ToConversation
	}
	return ToContent
}
