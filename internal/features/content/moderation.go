package content

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// What whoever runs the site may do with an item, whoever it belongs to.

// lockItem returns an item that nobody else changes until the transaction ends; NotFound if there is none.
func lockItem(ctx context.Context, tx *sqldb.Tx, id int64) (Item, error) {
	if err := LockItems(ctx, tx, id); err != nil {
		return Item{}, err
	}
	return getItem(ctx, tx, ` WHERE c.id = ? AND c.deleted_at IS NULL`, id)
}

// ShowTo says who may read an item: everybody, or those inside. It reports whether that is something else than before.
func (c *Content) ShowTo(ctx context.Context, id int64, public bool) (changed bool, err error) {
	err = c.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		i, err := lockItem(ctx, tx, id)
		if err != nil {
			return err
		}
		if changed = i.Public != public; !changed {
			return nil
		}
		if _, err := tx.Exec(ctx, `UPDATE contents SET public = ? WHERE id = ?`, public, id); err != nil {
			return fmt.Errorf("say who may read content %d: %w", id, err)
		}
		return c.moderated(ctx, tx, id)
	})
	return changed, err
}

// MoveTo gives an item to another group or person, and reports whether it was not theirs. Denied if that is a group that
// is archived.
func (c *Content) MoveTo(ctx context.Context, id int64, e community.Entity) (moved bool, err error) {
	err = c.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		i, err := lockItem(ctx, tx, id)
		if err != nil {
			return err
		}
		if moved = i.Entity.ID != e.ID; !moved {
			return nil
		}
		if e.Archived {
			return community.ErrArchived()
		}
		if err := c.HandOver(ctx, tx, []int64{id}, fmt.Sprintf(`SELECT e.id FROM entities e WHERE e.id = %d`, e.ID)); err != nil {
			return err
		}
		if k, ok := c.kind(i.Kind); ok && k.Moved != nil {
			if err := k.Moved(ctx, tx, []int64{id}); err != nil {
				return err
			}
		}
		return c.moderated(ctx, tx, id)
	})
	return moved, err
}

// moderated lets everything follow an item that was changed without its form.
func (c *Content) moderated(ctx context.Context, tx *sqldb.Tx, id int64) error {
	if err := c.CountRevisions(ctx, tx, 0, []int64{id}); err != nil {
		return err
	}
	if err := c.changed(ctx, tx, id); err != nil {
		return err
	}
	return c.deps.Search.Put(ctx, tx, foundAs, id)
}

// Remove deletes an item. It is gone from everywhere at once; what was written stays in the database.
func (c *Content) Remove(ctx context.Context, id int64) error {
	return c.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := lockItem(ctx, tx, id); err != nil {
			return err
		}
		return c.remove(ctx, tx, id)
	})
}

// remove takes an item from everywhere.
func (c *Content) remove(ctx context.Context, tx *sqldb.Tx, id int64) error {
	if err := markDeleted(ctx, tx, id); err != nil {
		return err
	}
	if err := c.changed(ctx, tx, id); err != nil {
		return err
	}
	return c.deps.Search.Put(ctx, tx, foundAs, id)
}

// errNoItem says that an address leads to no item.
func errNoItem(arg string) error {
	return errs.New(errs.NotFound, "There is no post at %s. Use its permalink, such as /stadt/content/12/.", arg)
}
