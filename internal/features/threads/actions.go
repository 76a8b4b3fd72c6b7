package threads

import (
	"context"
	"slices"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Post keeps a comment or message and returns its id. fresh is false if the same person has just said
// the same in the same place, by a second click: the id is that of the first one then, and nobody needs
// to be told again. It records no activity: the room that the container belongs to does. Invalid says what
// is wrong with it, beside the field text.
func (t *Threads) Post(ctx context.Context, tx *sqldb.Tx, p Post) (id int64, fresh bool, err error) {
	if err := p.validate(); err != nil {
		return 0, false, err
	}
	if p.InReplyToID != 0 {
		known, err := belongs(ctx, tx, p.ContentID, p.ConversationID, []int64{p.InReplyToID})
		if err != nil {
			return 0, false, err
		}
		if len(known) == 0 {
			p.InReplyToID = 0 // removed in the meantime: the answer still stands for itself
		}
	}
	if p.At.IsZero() || tx.Now.Before(p.At.Time) {
		p.At = tx.Now
	}
	return insert(ctx, tx, p)
}

// Answered returns the contribution of a content item or conversation that a mail answers, or 0: the first
// one that the message ids of its header name.
func (t *Threads) Answered(ctx context.Context, q sqldb.Querier, contentID, conversationID int64, messageIDs []string) (int64, error) {
	named := ParseMessageIDs(messageIDs)
	known, err := belongs(ctx, q, contentID, conversationID, named)
	if err != nil {
		return 0, err
	}
	for _, id := range named {
		if slices.Contains(known, id) {
			return id, nil
		}
	}
	return 0, nil
}

// Remove removes a comment: it is not shown any more, and its files are not handed out. Denied to
// everybody but its author.
func (t *Threads) Remove(ctx context.Context, v community.Viewer, id int64) error {
	return t.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		c, err := t.Contribution(ctx, tx, id)
		if err != nil {
			return err
		}
		if !CanRemove(v, c) {
			return errs.New(errs.Denied, "Only its author can remove a comment.")
		}
		return markRemoved(ctx, tx, id)
	})
}

// readable returns a file that the viewer may have: NotFound if there is none, Denied or Unauthenticated
// if the item it hangs on, or the comment, is not for them.
func (t *Threads) readable(ctx context.Context, v community.Viewer, name string) (media.File, error) {
	f, err := media.FindFile(ctx, t.deps.DB, name)
	if err != nil {
		return f, err
	}
	var p place
	switch {
	case f.ContributionID != 0:
		p, err = placeOfContribution(ctx, t.deps.DB, v, f.ContributionID)
	case f.ContentID != 0:
		p, err = placeOfContent(ctx, t.deps.DB, v, f.ContentID)
	default:
		err = errs.New(errs.NotFound, "This file does not exist.")
	}
	if err != nil {
		return f, err
	}
	return f, p.open(ctx, t.deps.DB, v)
}

// Readable returns a comment or message that the viewer may read, what it stands in, and whose that is:
// NotFound if there is none, Denied or Unauthenticated if it is not for them.
func (t *Threads) Readable(ctx context.Context, v community.Viewer, id int64) (Contribution, Container, error) {
	c, err := t.Contribution(ctx, t.deps.DB, id)
	if err != nil {
		return c, Container{}, err
	}
	p, err := placeOfContribution(ctx, t.deps.DB, v, id)
	if err != nil {
		return c, Container{}, err
	}
	return c, Container{Title: p.Title, Entity: p.entity()}, p.open(ctx, t.deps.DB, v)
}

// open returns nil if the viewer may read what stands in a place, else why not.
func (p place) open(ctx context.Context, q sqldb.Querier, v community.Viewer) error {
	s, err := policy.Standing(ctx, q, v, p.entity())
	if err != nil {
		return err
	}
	part := policy.Part{Wrote: p.Wrote}
	allowed := policy.CanReadContent(s, policy.Content{Public: p.Public, Deleted: p.Deleted}, part) &&
		policy.CanReadComment(s, policy.Comment{AuthorID: p.AuthorID, Public: p.CommentPublic, Deleted: p.CommentDeleted})
	if p.Conversation {
		allowed = !p.CommentDeleted && policy.CanReadConversation(s, p.Deleted, part)
	}
	switch {
	case allowed:
		return nil
	case p.Deleted || p.CommentDeleted:
		return errs.New(errs.NotFound, "There is nothing at this address.")
	case !v.SignedIn():
		return errs.New(errs.Unauthenticated, "Please sign in.")
	default:
		return errs.New(errs.Denied, "This is not for you.")
	}
}
