package notify

import (
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/markdown"
)

// Message is what somebody is told, independent of the channel that tells it. A room composes it in the
// language of its recipient; a channel turns it into a mail, a chat message or a line of the inbox.
type Message struct {
	Kind    string            // what it is about, for filters of mail programs: "article", "comment", "confirm-address"
	Label   string            // the same in a word of the recipient's language: "Article"; empty where no chat room is told
	From    Sender            // who speaks; the zero value is the site itself
	Entity  *community.Entity // the group it happened in, if any: subject prefix, List-Id
	Face    community.Entity  // whose name and picture stand on top of a mail; the zero value is Entity, or else the site
	Subject string
	Reply   bool // the subject continues a thread: "Re: …"

	Intro    string          // one sentence: what happened and who did it
	Facts    []Fact          // short facts below the introduction, such as time and place
	Text     string          // what was written; may be empty
	Format   markdown.Format // of Text
	Cut      Cut             // what Text leaves out of a mail
	Internal bool            // not everybody may read Text: behind the addresses of its pictures somebody must sign in
	Note     string          // a sentence below the text, such as why a link was sent
	Actions  []Action        // what the recipient can do, most useful first; one line each in mails
	URL      string          // the thing on the web, absolute; becomes Archived-At

	Thread      Thread
	Date        clock.Time // when it was said; zero means now
	Answer      Answer     // what a reply by mail answers; the zero value means it cannot be answered
	Attachments []Attachment
	Calendar    *Calendar // what calendar programs read of it; may be nil
	Subscribed  bool      // received because of a subscription to Entity: says how to stop it, List-Unsubscribe
	MuteURL     string    // absolute address where the recipient mutes the thread with one click; may be empty

	Because string // why the recipient is told, in a sentence, if it is for another reason than a subscription
	StopURL string // absolute address that stops it with one click, named at the end unless an action leads there; may be empty
}

// FaceID is what the content ids of the pictures on top of mails begin with, which come back with the quotes of answers
// and are no pictures of whoever answers.
const FaceID = "face-"

// Calendar is what calendar programs read of a message (RFC 5546).
type Calendar struct {
	Method  string // "PUBLISH", "REQUEST", "CANCEL"
	Invites bool   // the recipient stands in it as somebody who is asked, or was
	// Write returns the calendar as it goes to an address. Answers go to the address organizer.
	Write func(organizer, address string) ([]byte, error)
}

// Sender is who speaks in a message.
type Sender struct {
	Name string
	Slug string
}

// Cut says that a text came by mail and was shown without what it quoted and how it was signed.
type Cut struct {
	Happened bool
	URL      string // where the recipient can read it, absolute; empty if nowhere
}

// Fact is one labelled line.
type Fact struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// Action is a link that the recipient may follow.
type Action struct {
	Label   string `json:"label"`
	URL     string `json:"url"` // absolute
	Primary bool   `json:"primary,omitempty"`
}

// Thread places a message among others, in the vocabulary of RFC 5322 but without the domain and the
// suffix of the recipient: "content.12", "conversation.3.contribution.45". Each recipient sees a
// consistent thread of their own, and message ids do not tell them apart for others.
type Thread struct {
	ID         string
	Parent     string
	References []string
}

// FollowUp makes of the message that tells of an item one that tells of what has happened to it, below the first in its thread.
func (m *Message) FollowUp(e community.Activity) {
	start := m.Thread.ID
	m.Thread = Thread{ID: fmt.Sprintf("%s.activity.%d", start, e.ID), Parent: start, References: []string{start}}
	m.Date = e.OccurredAt
}

// Answer names what a reply by mail belongs to: a content item, or else a comment or message.
type Answer struct {
	ContentID      int64
	ContributionID int64
}

// IsZero reports whether the message cannot be answered by mail.
func (a Answer) IsZero() bool { return a == Answer{} }

// Answerer is somebody who can answer something by mail.
type Answerer struct {
	PersonID int64
	Answer
}

// Attachment is a stored file that goes along.
type Attachment struct {
	Name      string // what people call it
	MediaType string
	File      string // its name in the media storage
	Size      int64
}

// LetterCalendar is what calendar programs read of a letter: what there is to be known of one event (RFC 5546).
type LetterCalendar struct {
	Method  string `json:"method"` // what they do with it, in capitals
	Text    string `json:"text"`
	Invites bool   `json:"invites,omitempty"` // whoever gets it has been invited, or invites
}

// Letter is a message to one address that no activity fans out: a confirmation, a refusal, a new password.
// Somebody waits for it, so it goes ahead of everything else. It is stored in the job that carries it.
type Letter struct {
	Address  string   `json:"address"`
	Name     string   `json:"name,omitempty"`
	Kind     string   `json:"kind"`
	Subject  string   `json:"subject"`
	Intro    string   `json:"intro"`
	Text     string   `json:"text,omitempty"`     // markdown
	Verbatim string   `json:"verbatim,omitempty"` // what somebody wrote to be read letter by letter, without any markup
	Note     string   `json:"note,omitempty"`
	Facts    []Fact   `json:"facts,omitempty"`
	Actions  []Action `json:"actions,omitempty"`
	Language string   `json:"language"`
	// Group is what the letter is about, if it is a group: its name and initials stand on top. Its picture does not,
	// because letters go to whatever address is typed. For the same reason the name is one that Called returned.
	Group *community.Entity `json:"group,omitempty"`
	// OfGroup says that the group itself writes, from its own address, to which answers go.
	OfGroup bool `json:"of_group,omitempty"`
	// Calendars go along for calendar programs.
	Calendars []LetterCalendar `json:"calendars,omitempty"`
	// Awaited marks a letter that somebody has just asked for, such as the link that proves a mailbox: it goes to an address that
	// emails do not reach, too, so that its owner can have it back.
	Awaited bool `json:"awaited,omitempty"`
	// Answering marks a letter that a machine writes in answer to a mail (RFC 3834): it is sent with an
	// empty envelope sender and names the message that it answers.
	Answering string `json:"answering,omitempty"`
}
