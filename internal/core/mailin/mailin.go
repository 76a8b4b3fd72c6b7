// Package mailin receives mail: it decides which addresses are ours, who is writing, and hands the
// message to the room that it is for.
//
// An address is checked at RCPT. A message has its effect in one transaction that is committed before
// the 250; the same message for the same recipient has it once. An unknown failure is temporary, so that
// the mail server tries again.
package mailin

import (
	"context"
	"strconv"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Incoming is a message whose sender is known and whose attachments are stored.
type Incoming struct {
	Sender      community.Viewer // the person who owns the sender's address
	Recipient   string           // the address it was sent to
	Subject     string           // decoded, one line, at most 255 characters; may be empty
	Text        string           // what is new in it
	Cut         string           // what it quoted and how it was signed
	Format      markdown.Format  // of Text and Cut
	SentAt      clock.Time       // its Date, or now
	MessageID   string
	InReplyTo   []string // message ids that it answers, nearest first
	Attachments []media.File
	Words       string   // Text without what it says of the calendars
	From        string   // the address of the sender
	ByChat      bool     // it did not come by mail: the sender has said it in a chat room, in answer to what stands there
	Became      int64    // the comment or message that it has become, which the room says that takes it
	Calendars   [][]byte // that came along, however broken
}

// Address is a family of mail addresses that a room answers for, such as those of all groups.
type Address struct {
	About string // for the print of the house: "<group>@ begins a conversation with the group"
	// Match returns the entity whose address it is, or 0 if the room does not answer for the local part. It is asked at
	// RCPT, before anything is known of the sender or the message.
	Match func(ctx context.Context, q sqldb.Querier, local string) (entityID int64, err error)
	// Limit bounds what one person sends. The room counts by the same limit what comes by the web.
	Limit web.Limit
	// Counts are the limits that Deliver counts by itself.
	Counts []web.Limit
	// Deliver gives a message its effect that belongs into no thread. NotFound, Denied, Invalid and TooLarge refuse it for good:
	// the sender is told the error's sentence by mail. Other errors make the mail server try again.
	Deliver func(ctx context.Context, tx *sqldb.Tx, local string, m *Incoming) error
}

// Target is what a reply answers: the container, whose it is and, if it was one, the comment or message.
type Target struct {
	EntityID       int64 `db:"entity_id"`
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

// Reply is how a room takes replies by mail to one kind of container, and answers in chat rooms.
type Reply struct {
	Container Container
	Limit     web.Limit   // as in Address
	Counts    []web.Limit // as in Address
	// Deliver adds the reply. Whether the sender may read and answer the target is for the room to decide: NotFound
	// or Denied if they may not. Errors as in Address.
	Deliver func(ctx context.Context, tx *sqldb.Tx, t Target, m *Incoming) error
	// React counts an emoji with which the sender's program answers the target instead of words. Nobody is told of one that
	// does not count: what is NotFound or Denied is dropped.
	React func(ctx context.Context, tx *sqldb.Tx, t Target, sender community.Viewer, emoji string) error
}

// Instruction is what a reply may say instead of something to be added to its container, such as one line that names
// something to be taken.
type Instruction struct {
	About     string // for the print of the house
	Container Container
	// Obey does what the reply says, and reports whether it understood it: if not, nothing has happened, and the reply is
	// delivered. It is asked in the transaction of the reply and counted by its limit. Errors as in Address.
	Obey func(ctx context.Context, tx *sqldb.Tx, t Target, m *Incoming) (obeyed bool, err error)
}

// Calendars is how a room takes the calendars that mails bring (RFC 6047), before the mail becomes a comment or begins a
// conversation.
type Calendars struct {
	About  string      // for the print of the house: "answers to invitations become attendance"
	Counts []web.Limit // as in Address
	// Take gives the calendars of a message their effect. taken is false if they have none here: the message then is like
	// any other. Errors as in Address.
	Take func(ctx context.Context, tx *sqldb.Tx, to Destination, m *Incoming) (taken bool, err error)
}

// String returns it as `grouprise admin house` prints it.
func (c Calendars) String() string {
	limits := make([]string, len(c.Counts))
	for i, l := range c.Counts {
		limits[i] = l.String()
	}
	return c.About + " → " + strings.Join(limits, ", ")
}

// Destination is where a message goes: what it answers, or the entity alone to whose address it was sent.
type Destination struct {
	Target
	Reply bool // it was sent to the reply address of its sender
}

// IsZero reports whether nothing is answered.
func (t Target) IsZero() bool { return t == Target{} }

// String names the thread, for the record of what had its effect there.
func (t Target) String() string {
	return string(t.Container()) + " " + strconv.FormatInt(t.ContentID+t.ConversationID, 10)
}

// Container returns what kind of thing is answered.
func (t Target) Container() Container {
	if t.ConversationID != 0 {
		return ToConversation
	}
	return ToContent
}
