package conversations

import (
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/tokens"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Get returns a conversation that the viewer may read and how they stand to its entity: NotFound if there
// is none, Denied if it is not for them.
func (c *Conversations) Get(ctx context.Context, q sqldb.Querier, v community.Viewer, id int64) (Conversation, community.Standing, error) {
	conv, err := getConversation(ctx, q, id)
	if err != nil {
		return conv, community.Standing{}, err
	}
	s, err := policy.Standing(ctx, q, v, conv.Entity())
	if err != nil {
		return conv, s, err
	}
	return conv, s, mayRead(ctx, q, s, conv)
}

// mayRead returns why somebody who stands to the entity of a conversation in this way may not read it.
func mayRead(ctx context.Context, q sqldb.Querier, s community.Standing, conv Conversation) (err error) {
	part := policy.Part{}
	if s.Viewer.SignedIn() && !policy.CanReadConversation(s, conv.Deleted, part) {
		if part.Wrote, err = threads.Wrote(ctx, q, s.Viewer.PersonID, 0, conv.ID); err != nil {
			return err
		}
	}
	switch {
	case policy.CanReadConversation(s, conv.Deleted, part):
		return nil
	case conv.Deleted:
		return errs.New(errs.NotFound, "There is nothing at this address.")
	default:
		return errs.New(errs.Denied, "Only those who take part can read this conversation.")
	}
}

// Latest returns the conversations with a group or person that the viewer may read, those with the latest
// messages first, and whether there are more.
func (c *Conversations) Latest(ctx context.Context, q sqldb.Querier, v community.Viewer, entityID int64, before site.Cursor, limit int) ([]Conversation, bool, error) {
	if !v.SignedIn() {
		return nil, false, nil
	}
	return listConversations(ctx, q, v, entityID, before, limit)
}

// Reach returns how many people are told when the viewer writes in a conversation. Of one that has not begun
// only the entity needs to be known.
func (c *Conversations) Reach(ctx context.Context, v community.Viewer, conv Conversation) (notify.Reach, error) {
	if conv.ID == 0 {
		conv.AuthorID = v.PersonID
	}
	activity := community.Activity{Name: community.MessagePosted, ActorID: v.PersonID, EntityID: conv.EntityID, ConversationID: conv.ID}
	return c.Notices.Reach(ctx, c.DB, activity, audience(conv))
}

// Begin begins a conversation in the name of somebody who has signed in, and returns it. The same words
// again within a minute are taken for a second click: the conversation that is there already is returned.
func (c *Conversations) Begin(ctx context.Context, v community.Viewer, b Beginning) (conv Conversation, err error) {
	err = c.DB.Write(ctx, func(tx *sqldb.Tx) error {
		conv, err = c.beginAndGet(ctx, tx, v.PersonID, b)
		return err
	})
	return conv, err
}

func (c *Conversations) beginAndGet(ctx context.Context, tx *sqldb.Tx, authorID int64, b Beginning) (Conversation, error) {
	id, err := c.begin(ctx, tx, authorID, b)
	if err != nil {
		return Conversation{}, err
	}
	return getConversation(ctx, tx, id)
}

func (c *Conversations) begin(ctx context.Context, tx *sqldb.Tx, authorID int64, b Beginning) (id int64, err error) {
	if err := errs.Check(b.validate()...); err != nil {
		return 0, err
	}
	if id, err = begun(ctx, tx, authorID, b); err != nil || id != 0 {
		return id, err
	}
	if id, err = insertConversation(ctx, tx, authorID, b); err != nil {
		return 0, err
	}
	message, _, err := c.Threads.Post(ctx, tx, threads.Post{
		ConversationID: id, AuthorID: authorID, Text: b.Text, Cut: b.Cut, Public: true, ByMail: b.ByMail, At: b.At, Files: b.Files,
	})
	if err != nil {
		return 0, err
	}
	if b.Apply {
		g, err := c.Members.Groups.GetByEntity(ctx, tx, b.Entity.ID)
		if err != nil {
			return 0, err
		}
		if err := c.Members.Apply(ctx, tx, g, authorID, message); err != nil {
			return 0, err
		}
	}
	_, err = c.Outbox.Record(ctx, tx, community.Activity{
		Name: community.MessagePosted, ActorID: authorID, EntityID: b.Entity.ID, ConversationID: id, ContributionID: message,
	})
	return id, err
}

// Answer adds a message to a conversation that the viewer may read and returns its id.
func (c *Conversations) Answer(ctx context.Context, v community.Viewer, id int64, text string, inReplyTo int64) (message int64, err error) {
	err = c.DB.Write(ctx, func(tx *sqldb.Tx) error {
		message, err = c.answer(ctx, tx, v, threads.Post{ConversationID: id, Text: text, InReplyToID: inReplyTo})
		return err
	})
	return message, err
}

func (c *Conversations) answer(ctx context.Context, tx *sqldb.Tx, v community.Viewer, p threads.Post) (int64, error) {
	conv, _, err := c.Get(ctx, tx, v, p.ConversationID)
	if err != nil {
		return 0, err
	}
	p.AuthorID, p.Public = v.PersonID, true
	id, fresh, err := c.Threads.Post(ctx, tx, p)
	if err != nil || !fresh {
		return id, err
	}
	if err := touch(ctx, tx, conv.ID); err != nil {
		return id, err
	}
	_, err = c.Outbox.Record(ctx, tx, community.Activity{
		Name: community.MessagePosted, ActorID: v.PersonID, EntityID: conv.EntityID, ConversationID: conv.ID, ContributionID: id,
	})
	return id, err
}

// waiting is a message that waits for the proof of its sender's address.
type waiting struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`
	Apply   bool   `json:"apply,omitempty"`
}

// Ask keeps a message by somebody who has not signed in and sends them a letter with the link that
// delivers it. What the caller learns does not depend on whether the address is known.
func (c *Conversations) Ask(ctx context.Context, address, language string, b Beginning) error {
	if err := errs.Check(b.validate()...); err != nil {
		return err
	}
	p := c.Catalogues.Printer(language, nil)
	return c.DB.Write(ctx, func(tx *sqldb.Tx) error {
		secret, err := tokens.Issue(ctx, tx, tokens.Token{Kind: tokenBegin, EntityID: b.Entity.ID, Address: address}, waiting{b.Subject, b.Text, b.Apply}, linkLifetime)
		if err != nil {
			return err
		}
		return c.Letters.Post(ctx, tx, notify.Letter{
			Address: address, Kind: "confirm-message", Language: p.Language(), Subject: p.T("Please confirm your message: %s", b.Subject),
			Intro:   p.T("Somebody, probably you, has written to “%s” on %s with this mail address:", b.Entity.Name, c.SiteName),
			Text:    b.Text,
			Actions: []notify.Action{{Label: p.T("Deliver the message"), URL: c.BaseURL + "/stadt/conversations/confirm/" + secret + "/", Primary: true}},
			Note:    p.T("The link works for three days. If this was not you, do nothing: without the link nothing happens."),
		})
	})
}

// asked returns what a secret would deliver; NotFound if it is used up or too old.
func (c *Conversations) asked(ctx context.Context, secret string) (b Beginning, address string, err error) {
	t, err := tokens.Find(ctx, c.DB, tokenBegin, secret, c.Clock.Now())
	if err != nil {
		return b, "", err
	}
	b, err = c.open(ctx, c.DB, t)
	return b, t.Address, err
}

func (c *Conversations) open(ctx context.Context, q sqldb.Querier, t tokens.Token) (b Beginning, err error) {
	var w waiting
	if err := t.Decode(&w); err != nil {
		return b, err
	}
	b = Beginning{Subject: w.Subject, Text: w.Text, Apply: w.Apply}
	b.Entity, err = getEntity(ctx, q, t.EntityID)
	return b, err
}

// Confirm delivers a message whose sender has proven their address.
func (c *Conversations) Confirm(ctx context.Context, secret string) (conv Conversation, err error) {
	err = c.DB.Write(ctx, func(tx *sqldb.Tx) error {
		t, err := tokens.Redeem(ctx, tx, tokenBegin, secret)
		if err != nil {
			return err
		}
		b, err := c.open(ctx, tx, t)
		if err != nil {
			return err
		}
		author, err := c.People.FindOrCreate(ctx, tx, t.Address, true)
		if err != nil {
			return err
		}
		if !author.Active {
			return errs.New(errs.Conflict, "The account with this address has been closed.")
		}
		conv, err = c.beginAndGet(ctx, tx, author.ID, b)
		return err
	})
	return conv, err
}
