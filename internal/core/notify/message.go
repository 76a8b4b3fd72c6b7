package notify

import (
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
)

// Message is what somebody is told, independent of the channel that tells it. A room composes it in the
// language of its recipient; a channel turns it into a mail, a chat message or a line of the inbox.
type Message struct {
	Kind    string            // what it is about, for filters of mail programs: "article", "comment", "confirm-address"
	From    Sender            // who speaks; the zero value is the site itself
	Entity  *community.Entity // the group it happened in, if any: subject prefix, List-Id
	Subject string
	Reply   bool // the subject continues a thread: "Re: …"

	Intro   string   // one sentence: what happened and who did it
	Facts   []Fact   // short facts below the introduction, such as time and place
	Text    string   // what was written, as markdown; may be empty
	Note    string   // a sentence below the text, such as why a link was sent
	Actions []Action // what the recipient can do, most useful first; one line each in mails
	URL     string   // the thing on the web, absolute; becomes Archived-At

	Thread      Thread
	Date        clock.Time // when it was said; zero means now
	Answer      Answer     // what a reply by mail answers; the zero value means it cannot be answered
	Attachments []Attachment
	Subscribed  bool // received because of a subscription to Entity: says how to stop it, List-Unsubscribe
}

// Sender is who speaks in a message.
type Sender struct {
	Name string
	Slug string
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

// Letter is a message to one address that no activity fans out: a confirmation, a refusal, a new password.
// Somebody waits for it, so it goes ahead of everything else. It is stored in the job that carries it.
type Letter struct {
	Address  string   `json:"address"`
	Name     string   `json:"name,omitempty"`
	Kind     string   `json:"kind"`
	Subject  string   `json:"subject"`
	Intro    string   `json:"intro"`
	Text     string   `json:"text,omitempty"` // markdown
	Note     string   `json:"note,omitempty"`
	Facts    []Fact   `json:"facts,omitempty"`
	Actions  []Action `json:"actions,omitempty"`
	Language string   `json:"language"`
	// Answering marks a letter that a machine writes in answer to a mail (RFC 3834): it is sent with an
	// empty envelope sender and names the message that it answers.
	Answering string `json:"answering,omitempty"`
}
