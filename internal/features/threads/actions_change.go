package threads

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/tagging"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/glyph"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// located is a contribution that the viewer may read, at its place and as they stand to whose that is.
type located struct {
	Contribution

	place    place
	standing community.Standing
}

// locate returns a contribution that the viewer may read: NotFound if there is none or only its trace, Denied or
// Unauthenticated if it is not for them.
func (t *Threads) locate(ctx context.Context, q sqldb.Querier, v community.Viewer, id int64) (l located, err error) {
	if l.Contribution, err = t.Contribution(ctx, q, id); err != nil {
		return l, err
	}
	if l.place, err = placeOfContribution(ctx, q, v, id); err != nil {
		return l, err
	}
	l.standing, err = l.place.admit(ctx, q, v)
	return l, err
}

// change calls fn with a contribution that nobody else changes until the transaction ends. If it returns nil, pages that
// show the contribution learn that it has changed.
func (t *Threads) change(ctx context.Context, tx *sqldb.Tx, v community.Viewer, id int64, fn func(l located) error) error {
	var locked int64
	if err := tx.GetLocked(ctx, &locked, `SELECT id FROM contributions WHERE id = ?`, id); err != nil {
		return fmt.Errorf("lock contribution %d: %w", id, err)
	}
	l, err := t.locate(ctx, tx, v, id)
	if err != nil {
		return err
	}
	if err := fn(l); err != nil {
		return err
	}
	return t.touch(ctx, tx, id)
}

// touch notes that pages show a contribution differently from now on. Two changes in the same millisecond are told apart.
func (t *Threads) touch(ctx context.Context, tx *sqldb.Tx, id int64) error {
	_, err := tx.Exec(ctx, `UPDATE contributions SET changed_at = CASE WHEN changed_at >= ? THEN changed_at + 1 ELSE ? END WHERE id = ?`, tx.Now, tx.Now, id)
	if err != nil {
		return fmt.Errorf("note that contribution %d has changed: %w", id, err)
	}
	t.hub.wakeAfter(tx)
	return nil
}

// Remove removes a comment or message: only a trace of it is shown from then on, and its files are not handed out.
// Denied to whoever may not.
func (t *Threads) Remove(ctx context.Context, v community.Viewer, id int64) error {
	return t.deps.DB.Write(ctx, func(tx *sqldb.Tx) error { return t.RemoveIn(ctx, tx, v, id) })
}

// RemoveIn is Remove in a transaction.
func (t *Threads) RemoveIn(ctx context.Context, tx *sqldb.Tx, v community.Viewer, id int64) error {
	return t.change(ctx, tx, v, id, func(l located) error {
		if !CanRemove(l.standing, l.Contribution) {
			return errNotRemovable()
		}
		_, err := tx.Exec(ctx, `UPDATE contributions SET deleted_at = ?, removed_by = ? WHERE id = ? AND deleted_at IS NULL`, tx.Now, v.PersonID, id)
		if err != nil {
			return fmt.Errorf("remove contribution %d: %w", id, err)
		}
		return t.removed(ctx, tx, l.Contribution)
	})
}

// renoteTags notes the tags of a comment that was changed. Messages have none.
func renoteTags(ctx context.Context, tx *sqldb.Tx, c Contribution) error {
	if c.ContentID == 0 {
		return nil
	}
	return tagging.RenoteComment(ctx, tx, tagging.Comment{ID: c.ID, ContentID: c.ContentID, Public: c.Public, Text: c.Text, Format: c.Format})
}

// changed lets follow whoever shows contributions elsewhere.
func (t *Threads) changed(ctx context.Context, tx *sqldb.Tx, id int64) error {
	if t.deps.Changed == nil {
		return nil
	}
	return t.deps.Changed(ctx, tx, id)
}

func errNotRemovable() error {
	return errs.New(errs.Denied, "Only the author and members of the group can remove this.")
}

// Revise changes the text of a comment or message. seen is the version of the text that its author has changed:
// Invalid, beside the field text, says that they have changed it elsewhere since. Whoever has been told of it is told
// nothing more, but somebody whom it mentions from now on is; a mail that has not left yet says what the text says then. Denied when it is too late.
func (t *Threads) Revise(ctx context.Context, v community.Viewer, id int64, text string, seen int64) error {
	return t.deps.DB.Write(ctx, func(tx *sqldb.Tx) error { return t.revise(ctx, tx, v, id, text, &seen) })
}

// ReviseIn is Revise in a transaction, for whoever has not changed another version: the text becomes what they say.
func (t *Threads) ReviseIn(ctx context.Context, tx *sqldb.Tx, v community.Viewer, id int64, text string) error {
	return t.revise(ctx, tx, v, id, text, nil)
}

func (t *Threads) revise(ctx context.Context, tx *sqldb.Tx, v community.Viewer, id int64, text string, seen *int64) error {
	text = glyph.WithoutOverrides(text)
	return t.change(ctx, tx, v, id, func(l located) error {
		switch {
		case !CanEdit(v, l.Contribution, tx.Now):
			return errNotEditable()
		case !policy.CanAdd(l.standing):
			return community.ErrArchived()
		case text == l.Marked():
			return nil // sent twice, or nothing is different
		case seen != nil && version(l.EditedAt) != *seen:
			return errs.Check(errs.Field("text", "You’ve changed this text in another window in the meantime. Save again to replace it with what stands here."))
		}
		revised := Post{Text: text, Cut: l.Cut, Format: markdown.Marked, Files: l.Files}
		if l.Format == markdown.Plain {
			revised.Cut = markdown.FromPlain(l.Cut)
		}
		if err := revised.validate(t.deps.Texts.Shows); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE contributions SET text = ?, cut = ?, format = ?, edited_at = ? WHERE id = ?`, revised.Text, revised.Cut, revised.Format, tx.Now, id)
		if err != nil {
			return fmt.Errorf("change contribution %d: %w", id, err)
		}
		if err := t.changed(ctx, tx, id); err != nil {
			return err
		}
		if err := media.Use(ctx, tx, v.PersonID, text, 0, id); err != nil {
			return err
		}
		l.Text, l.Cut, l.Format = revised.Text, revised.Cut, revised.Format
		if err := t.deps.Texts.Bind(ctx, tx, texts.Place{ContributionID: id}, Sources([]Contribution{l.Contribution})...); err != nil {
			return err
		}
		if err := t.deps.Search.Put(ctx, tx, foundAs, id); err != nil {
			return err
		}
		if err := renoteTags(ctx, tx, l.Contribution); err != nil {
			return err
		}
		return t.tellMentioned(ctx, tx, l.Contribution, l.place.EntityID)
	})
}

// tellMentioned tells the people whom a comment mentions since it was changed. A message tells them only when it is new.
func (t *Threads) tellMentioned(ctx context.Context, tx *sqldb.Tx, c Contribution, entityID int64) error {
	if c.ContentID == 0 {
		return nil
	}
	m := texts.Mentioning{ContentID: c.ContentID, ContributionID: c.ID, ByID: c.AuthorID, Text: c.Text, Format: c.Format}
	people, err := t.deps.Texts.Mentioned(ctx, tx, m)
	if err != nil || len(people) == 0 {
		return err
	}
	activity, err := t.deps.Outbox.Record(ctx, tx, community.Activity{
		Name: community.PersonMentioned, ActorID: c.AuthorID, EntityID: entityID, ContentID: c.ContentID, ContributionID: c.ID,
	})
	if err != nil {
		return err
	}
	return texts.NoteMentioned(ctx, tx, m, people, activity)
}

func errNotEditable() error {
	return errs.New(errs.Denied, "Only the author can change this, for 15 minutes.")
}
