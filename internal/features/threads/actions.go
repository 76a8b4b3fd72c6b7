package threads

import (
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/tagging"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/glyph"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Post keeps a comment or message and returns its id. fresh is false if the same person has just said
// the same in the same place, by a second click: the id is that of the first one then, and nobody needs
// to be told again. It records no activity: the room that the container belongs to does. Invalid says what
// is wrong with it, beside the field text.
func (t *Threads) Post(ctx context.Context, tx *sqldb.Tx, p Post) (id int64, fresh bool, err error) {
	p.Text, p.Cut = glyph.WithoutOverrides(p.Text), glyph.WithoutOverrides(p.Cut)
	if err := p.validate(t.deps.Texts.Shows); err != nil {
		return 0, false, err
	}
	th := Thread{ContentID: p.ContentID, ConversationID: p.ConversationID}
	if p.InReplyToID != 0 {
		known, err := belongs(ctx, tx, th, p.InReplyToID)
		if err != nil {
			return 0, false, err
		}
		if !known {
			p.InReplyToID = 0 // removed in the meantime: the answer still stands for itself
		}
	}
	if p.At, err = inOrder(ctx, tx, p); err != nil {
		return 0, false, err
	}
	if id, fresh, err = insert(ctx, tx, p); err != nil || !fresh {
		return id, fresh, err
	}
	if err := takePart(ctx, tx, p.AuthorID, th); err != nil {
		return id, true, err
	}
	t.hub.wakeAfter(tx)
	said := Sources([]Contribution{{ID: id, Text: p.Text, Cut: p.Cut, Format: p.Format}})
	if err := t.deps.Texts.Bind(ctx, tx, texts.Place{ContributionID: id}, said...); err != nil {
		return id, true, err
	}
	if err := t.deps.Search.Put(ctx, tx, foundAs, id); err != nil || p.ContentID == 0 {
		return id, true, err
	}
	return id, true, tagging.NoteComment(ctx, tx, tagging.Comment{ID: id, ContentID: p.ContentID, Public: p.Public, Text: p.Text, Format: p.Format})
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
	_, err := p.admit(ctx, q, v)
	return err
}

// admit returns how the viewer stands to the entity of a place, and why they may not read what stands there, if so.
func (p place) admit(ctx context.Context, q sqldb.Querier, v community.Viewer) (community.Standing, error) {
	s, err := policy.Standing(ctx, q, v, p.entity())
	if err != nil {
		return s, err
	}
	part := policy.Part{Kept: p.Kept}
	allowed := policy.CanReadContent(s, policy.Content{Public: p.Public, Deleted: p.Deleted}, part) &&
		policy.CanReadComment(s, policy.Comment{AuthorID: p.AuthorID, Public: p.CommentPublic, Deleted: p.CommentDeleted})
	if p.Conversation {
		allowed = !p.CommentDeleted && policy.CanReadConversation(s, p.Deleted, part)
	}
	switch {
	case allowed:
		return s, nil
	case p.Deleted || p.CommentDeleted:
		return s, community.ErrNothingHere()
	case !v.SignedIn():
		return s, community.PleaseSignIn()
	default:
		return s, errs.New(errs.Denied, "You can’t read this.")
	}
}
