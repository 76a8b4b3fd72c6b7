package content

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Open returns the form of an item with what it says now, for a kind that changes parts of its items on pages of its own.
// Denied or Unauthenticated if somebody who stands to its entity like this may not change it.
func (c *Content) Open(ctx context.Context, s community.Standing, i Item) (Form, error) {
	_, f, err := c.open(ctx, c.deps.DB, s, i)
	return f, err
}

// Continue publishes what goes on where an item ends from now on, such as the rest of a series: with the title, the text
// and the visibility of the item, by the form of its kind, which has been validated. Whoever has been told of the item is
// told nothing, but it counts as something that the author publishes.
func (c *Content) Continue(ctx context.Context, tx *sqldb.Tx, id, authorID int64, f Form) (Item, error) {
	i, err := getItem(ctx, tx, ` WHERE c.id = ?`, id)
	if err != nil {
		return i, err
	}
	k, ok := c.kind(i.Kind)
	if !ok {
		return i, community.ErrNothingHere()
	}
	if err := c.deps.Limiter.AllowIn(ctx, tx, LimitPublishing(), web.Account(authorID)); err != nil {
		return i, err
	}
	*f.common() = Common{Title: i.Title, Text: i.Text, Public: i.Public}
	next, err := c.create(ctx, tx, k, authorID, Draft{Kind: i.Kind, Entity: i.Entity, Form: f})
	if err != nil {
		return i, err
	}
	return getItem(ctx, tx, ` WHERE c.id = ?`, next)
}

// SetPicture gives an item the picture that its form would return as a Pictured, once it is there.
func (*Content) SetPicture(ctx context.Context, tx *sqldb.Tx, id int64, name string) error {
	if _, err := tx.Exec(ctx, `UPDATE contents SET picture = ? WHERE id = ?`, name, id); err != nil {
		return fmt.Errorf("set the picture of content %d: %w", id, err)
	}
	return media.ShowBeside(ctx, tx, name, id)
}

// changesPart reports whether a form changes something that its fields do not say.
func changesPart(f Form) bool {
	p, ok := f.(Partial)
	return ok && p.ChangesPart()
}
