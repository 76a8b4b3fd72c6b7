package conversations

import (
	"context"
	"strconv"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/tokens"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/form"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Get returns a conversation that the viewer may read and how they stand to its entity: NotFound if there
// is none, Denied if it is not for them.
func (c *Conversations) Get(ctx context.Context, q sqldb.Querier, v community.Viewer, id int64) (Conversation, community.Standing, error) {
	conv, err := getConversation(ctx, q, id)
	if err != nil {
		return conv, community.Standing{}, err
	}
	s, err := policy.Standing(ctx, q, v, conv.Entity)
	if err != nil {
		return conv, s, err
	}
	return conv, s, mayRead(ctx, q, s, conv)
}

// mayRead returns why somebody who stands to the entity of a conversation in this way may not read it.
func mayRead(ctx context.Context, q sqldb.Querier, s community.Standing, conv Conversation) (err error) {
	part := policy.Part{}
	if s.Viewer.SignedIn() && !policy.CanReadConversation(s, conv.Deleted, part) {
		if part, err = threads.PartOf(ctx, q, s.Viewer.PersonID, threads.Thread{ConversationID: conv.ID}); err != nil {
			return err
		}
	}
	switch {
	case policy.CanReadConversation(s, conv.Deleted, part):
		return nil
	case conv.Deleted:
		return community.ErrNothingHere()
	default:
		return errs.New(errs.Denied, "Only the people taking part can read this conversation.")
	}
}

// Latest returns the conversations with a group or person that the viewer may read, those with the latest
// messages first, and whether there are more.
func (c *Conversations) Latest(ctx context.Context, q sqldb.Querier, v community.Viewer, entityID int64, before paging.Cursor, limit int) ([]Listed, bool, error) {
	if !v.SignedIn() {
		return nil, false, nil
	}
	return listConversations(ctx, q, v, entityID, before, limit)
}

// Reach returns how many people are notified when the viewer writes in a conversation. Of one that has not begun
// only the entity needs to be known.
func (c *Conversations) Reach(ctx context.Context, v community.Viewer, conv Conversation) (notify.Reach, error) {
	if conv.ID == 0 {
		conv.Author.OwnerID = v.PersonID
	}
	activity := community.Activity{Name: community.MessagePosted, ActorID: v.PersonID, EntityID: conv.Entity.ID, ConversationID: conv.ID}
	return c.deps.Notices.Reach(ctx, c.deps.DB, activity, audience(conv))
}

// Begin begins a conversation in the name of somebody who has signed in, and returns it. The same words
// again within a minute are taken for a second click: the conversation that is there already is returned.
func (c *Conversations) Begin(ctx context.Context, v community.Viewer, b Beginning) (conv Conversation, err error) {
	err = c.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
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
	b.Subject = form.Clean(b.Subject, form.Line) // mails come by another door
	if err := errs.Check(b.validate(c.deps.Texts.Shows)...); err != nil {
		return 0, err
	}
	if id, err = begun(ctx, tx, authorID, b); err != nil || id != 0 {
		return id, err
	}
	s, err := policy.Standing(ctx, tx, community.Viewer{PersonID: authorID}, b.Entity)
	if err != nil {
		return 0, err
	}
	if !policy.CanAdd(s) {
		return 0, community.ErrArchived()
	}
	if !s.Inside() {
		if err := c.countReceived(ctx, tx, b.Entity); err != nil {
			return 0, err
		}
	}
	if id, err = insertConversation(ctx, tx, authorID, b); err != nil {
		return 0, err
	}
	if err := c.deps.Search.Put(ctx, tx, foundAs, id); err != nil {
		return 0, err
	}
	message, _, err := c.deps.Threads.Post(ctx, tx, threads.Post{
		ConversationID: id, AuthorID: authorID, Text: b.Text, Cut: b.Cut, Format: b.Format, Public: true, ByMail: b.ByMail, Inside: s.Inside(), At: b.At, Files: b.Files,
	})
	if err != nil {
		return 0, err
	}
	if b.Apply {
		g, err := c.deps.Groups.GetByEntity(ctx, tx, b.Entity.ID)
		if err != nil {
			return 0, err
		}
		if err := c.deps.Members.Apply(ctx, tx, g, authorID, message); err != nil {
			return 0, err
		}
	}
	if b.Report {
		tx.AfterCommit(c.reported.Inc)
	}
	_, err = c.deps.Outbox.Record(ctx, tx, community.Activity{
		Name: community.MessagePosted, ActorID: authorID, EntityID: b.Entity.ID, ConversationID: id, ContributionID: message,
	})
	return id, err
}

// countReceived counts a message to somebody; TooMany if they have got many today.
func (c *Conversations) countReceived(ctx context.Context, tx *sqldb.Tx, to community.Entity) error {
	full, wait, err := c.deps.Limiter.CountIn(ctx, tx, limitReceived(), strconv.FormatInt(to.ID, 10))
	if err == nil && full != "" {
		err = errs.New(errs.TooMany, "“%s” has had many messages today. Please try again tomorrow.", to.Name).After(wait)
	}
	return err
}

// ApplyWith writes to a closed group in the name of a person who wants to belong to it. It implements
// membership.Applications.
func (c *Conversations) ApplyWith(ctx context.Context, tx *sqldb.Tx, g community.Group, person community.Person, text string) error {
	p := c.deps.Catalogues.Printer(person.Language, nil)
	_, err := c.begin(ctx, tx, person.ID, Beginning{Entity: g.Entity(), Subject: p.T("Request to join"), Text: text, Apply: true})
	return err
}

// Answer adds a message to a conversation that the viewer may read, with files that have been stored, and returns its id.
func (c *Conversations) Answer(ctx context.Context, v community.Viewer, id int64, text string, inReplyTo int64, files ...media.File) (message int64, err error) {
	err = c.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		message, err = c.answer(ctx, tx, v, threads.Post{ConversationID: id, Text: text, InReplyToID: inReplyTo, Files: files})
		return err
	})
	return message, err
}

func (c *Conversations) answer(ctx context.Context, tx *sqldb.Tx, v community.Viewer, p threads.Post) (int64, error) {
	conv, s, err := c.Get(ctx, tx, v, p.ConversationID)
	if err != nil {
		return 0, err
	}
	if !policy.CanAdd(s) {
		return 0, community.ErrArchived()
	}
	p.AuthorID, p.Public, p.Inside = v.PersonID, true, s.Inside()
	id, fresh, err := c.deps.Threads.Post(ctx, tx, p)
	if err != nil || !fresh {
		return id, err
	}
	if to, ok := conv.receiver(s); ok {
		if err := c.countReceived(ctx, tx, to); err != nil {
			return id, err
		}
	}
	if err := touch(ctx, tx, conv.ID); err != nil {
		return id, err
	}
	_, err = c.deps.Outbox.Record(ctx, tx, community.Activity{
		Name: community.MessagePosted, ActorID: v.PersonID, EntityID: conv.Entity.ID, ConversationID: conv.ID, ContributionID: id,
	})
	return id, err
}

// receiver returns who gets a message from somebody who stands to the conversation's entity in a way: the entity, or
// the other one of two people. What members write to their group, and to whoever wrote to it, is for nobody to count.
func (c Conversation) receiver(s community.Standing) (community.Entity, bool) {
	switch {
	case !s.Inside():
		return c.Entity, true
	case c.Entity.IsGroup():
		return community.Entity{}, false
	default:
		return c.Author, c.Author.ID != c.Entity.ID
	}
}

// unconfirmed is a message that waits until its author has proven their address.
type unconfirmed struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`
	Apply   bool   `json:"apply,omitempty"`
	Report  bool   `json:"report,omitempty"`
}

// BeginByMail keeps a message by somebody who has not signed in and sends them a letter with the link that
// delivers it. What the caller learns does not depend on whether the address is known. The letter holds nothing of the
// message: anybody may type the address of somebody else.
func (c *Conversations) BeginByMail(ctx context.Context, address, language string, b Beginning) error {
	if err := errs.Check(b.validate(c.deps.Texts.Shows)...); err != nil {
		return err
	}
	return c.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		to, err := c.deps.ByMail.Addressee(ctx, tx, address, language)
		if err != nil {
			return err
		}
		return c.deps.ByMail.Send(ctx, tx, to, bymail.Letter{
			Kind: "confirm-message", Subject: to.Lang.T("Please confirm your message"),
			Intro: to.Lang.T("Someone (probably you) has written to “%s” at %s with this email address. Open the link to see the message and send it.",
				notify.Called(b.Entity.Name, b.Entity.Slug), c.deps.SiteName),
			Button: to.Lang.T("Send the message"), Path: "/stadt/conversations/confirm/",
			Token: tokens.Token{Kind: tokenBegin, EntityID: b.Entity.ID}, Data: unconfirmed{b.Subject, b.Text, b.Apply, b.Report},
		})
	})
}

// unconfirmedMessage returns the message that a link would deliver and the address of its author; NotFound if the link
// has been used or has expired.
func (c *Conversations) unconfirmedMessage(ctx context.Context, secret string) (b Beginning, address string, err error) {
	t, err := c.deps.ByMail.Find(ctx, tokenBegin, secret)
	if err != nil {
		return b, "", err
	}
	b, err = kept(ctx, c.deps.DB, t)
	return b, t.Address, err
}

// kept returns the message that a token keeps.
func kept(ctx context.Context, q sqldb.Querier, t tokens.Token) (b Beginning, err error) {
	var m unconfirmed
	if err := t.Decode(&m); err != nil {
		return b, err
	}
	b = Beginning{Subject: m.Subject, Text: m.Text, Apply: m.Apply, Report: m.Report}
	b.Entity, err = getEntity(ctx, q, t.EntityID)
	return b, err
}

// Confirm delivers a message whose author has proven their address.
func (c *Conversations) Confirm(ctx context.Context, secret string) (conv Conversation, err error) {
	err = c.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		t, author, err := c.deps.ByMail.Redeem(ctx, tx, tokenBegin, secret)
		if err != nil {
			return err
		}
		b, err := kept(ctx, tx, t)
		if err != nil {
			return err
		}
		conv, err = c.beginAndGet(ctx, tx, author.ID, b)
		return err
	})
	return conv, err
}
