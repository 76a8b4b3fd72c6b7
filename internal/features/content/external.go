package content

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/tagging"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// External items follow a source elsewhere, such as another calendar. They are published like all others, in the name of
// somebody who may, but nobody changes them here: what the source says is what they say.

// PublishExternal publishes an item that follows a source elsewhere, and tells nobody. It returns Denied if the viewer
// may not publish for the entity, and Invalid if the draft is wrong.
func (c *Content) PublishExternal(ctx context.Context, tx *sqldb.Tx, v community.Viewer, d Draft) (id int64, err error) {
	k, ok := c.kind(d.Kind)
	if !ok {
		return 0, community.ErrNothingHere()
	}
	if err := validate(k, d.Form, false, c.deps.Texts.Shows); err != nil {
		return 0, err
	}
	if err := admit(ctx, tx, v, d.Entity); err != nil {
		return 0, err
	}
	d.external = true
	return c.create(ctx, tx, k, v.PersonID, d)
}

// ReviseExternal brings an item up to date with its source, in the name of the viewer. Its short name stays.
func (c *Content) ReviseExternal(ctx context.Context, tx *sqldb.Tx, v community.Viewer, id int64, f Form) error {
	return c.ChangeExternal(ctx, tx, v, id, func(Form) Form { return f })
}

// ChangeExternal is ReviseExternal for what is made of the form of an item with what it says now.
func (c *Content) ChangeExternal(ctx context.Context, tx *sqldb.Tx, v community.Viewer, id int64, change func(Form) Form) error {
	if err := LockItems(ctx, tx, id); err != nil {
		return err
	}
	present, err := getItem(ctx, tx, ` WHERE c.id = ? AND c.external AND c.deleted_at IS NULL`, id)
	if err != nil {
		return err
	}
	k, ok := c.kind(present.Kind)
	if !ok {
		return community.ErrNothingHere()
	}
	stored, err := c.load(ctx, tx, k, present)
	if err != nil {
		return err
	}
	before, err := valuesOf(stored)
	if err != nil {
		return err
	}
	f := change(stored)
	fields := f.common()
	fields.Slug, fields.Pinned = present.Slug, present.Pinned
	if err := validate(k, f, true, c.deps.Texts.Shows); err != nil {
		return err
	}
	_, err = c.revise(ctx, tx, k, v, present, before, f)
	return err
}

// WithdrawExternal deletes items whose sources are gone.
func (c *Content) WithdrawExternal(ctx context.Context, tx *sqldb.Tx, ids []int64) error {
	_, err := tx.Exec(ctx, `UPDATE contents SET deleted_at = ?, slug = NULL WHERE id IN (?) AND external AND deleted_at IS NULL`, tx.Now, ids)
	if err != nil {
		return fmt.Errorf("delete external contents: %w", err)
	}
	if err := c.changed(ctx, tx, ids...); err != nil {
		return err
	}
	if err := tagging.Withdrawn(ctx, tx, ids); err != nil {
		return err
	}
	return c.deps.Search.Put(ctx, tx, foundAs, ids...)
}

// ShowExternal says who may read items: everybody, or those inside. It is at once, whether their sources can be reached
// or not, and counts as a change of each.
func (c *Content) ShowExternal(ctx context.Context, tx *sqldb.Tx, ids []int64, public bool) error {
	_, err := tx.Exec(ctx, `UPDATE contents SET public = ?, revision = revision + 1 WHERE id IN (?) AND external AND deleted_at IS NULL AND public <> ?`, public, ids, public)
	if err != nil {
		return fmt.Errorf("say who may read external contents: %w", err)
	}
	if err := c.changed(ctx, tx, ids...); err != nil {
		return err
	}
	return c.deps.Search.Put(ctx, tx, foundAs, ids...)
}

// ReleaseExternal makes ordinary items of those that do not follow their sources any more: they can be changed here.
func (*Content) ReleaseExternal(ctx context.Context, tx *sqldb.Tx, ids []int64) error {
	if _, err := tx.Exec(ctx, `UPDATE contents SET external = ? WHERE id IN (?)`, false, ids); err != nil {
		return fmt.Errorf("release external contents: %w", err)
	}
	return nil
}
