package files

import (
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Restore makes an older version of an item's file the current one. Denied or Unauthenticated if the viewer may not
// change the item.
func (r *Files) Restore(ctx context.Context, viewer community.Viewer, contentID int64, number int) error {
	item, s, err := r.content.Get(ctx, r.deps.DB, viewer, contentID)
	if err != nil {
		return err
	}
	old, err := getVersion(ctx, r.deps.DB, contentID, number)
	if err != nil {
		return err
	}
	opened, err := r.content.Open(ctx, s, item)
	if err != nil {
		return err
	}
	f, ok := opened.(*form)
	if !ok {
		return errNoVersion()
	}
	f.Stored = storedAs(old.File)
	_, err = r.content.Revise(ctx, viewer, contentID, f)
	return err
}

// Remove deletes an older version of an item's file, and the bytes unless another version has them. The rule is that for
// deleting the item: whoever gave it this version may, too.
func (r *Files) Remove(ctx context.Context, viewer community.Viewer, contentID int64, number int) error {
	var gone string
	err := r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if err := content.LockItems(ctx, tx, contentID); err != nil {
			return err
		}
		_, s, err := r.content.Get(ctx, tx, viewer, contentID)
		if err != nil {
			return err
		}
		old, err := getVersion(ctx, tx, contentID, number)
		if err != nil {
			return err
		}
		present, err := currentVersion(ctx, tx, contentID)
		if err != nil {
			return err
		}
		if err := removable(s, old, present, tx.Now); err != nil {
			return err
		}
		gone, err = deleteVersion(ctx, tx, old)
		return err
	})
	if err != nil || gone == "" {
		return err
	}
	return r.uploads.Erase(context.WithoutCancel(ctx), []string{gone})
}
