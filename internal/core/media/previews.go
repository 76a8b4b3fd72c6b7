package media

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// ShowBeside notes that a content item shows a picture beside its text: whoever may read the item may see it. The caller
// knows that it is for them to show.
func ShowBeside(ctx context.Context, tx *sqldb.Tx, name string, contentID int64) error {
	var ids []int64
	if err := tx.Select(ctx, &ids, `SELECT i.id FROM images i WHERE i.name = ? AND NOT EXISTS (
		SELECT 1 FROM image_uses u WHERE u.image_id = i.id AND u.content_id = ?)`, name, contentID); err != nil {
		return fmt.Errorf("look for the picture %s: %w", name, err)
	}
	if len(ids) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, `INSERT INTO image_uses (image_id, content_id) VALUES (?, ?)`, ids[0], contentID); err != nil {
		return fmt.Errorf("note where the picture %s is shown: %w", name, err)
	}
	return nil
}

// HideBeside notes that a content item shows a picture no longer.
func HideBeside(ctx context.Context, tx *sqldb.Tx, name string, contentID int64) error {
	_, err := tx.Exec(ctx, `DELETE FROM image_uses WHERE content_id = ? AND image_id IN (SELECT id FROM images WHERE name = ?)`, contentID, name)
	if err != nil {
		return fmt.Errorf("note where the picture %s is not shown: %w", name, err)
	}
	return nil
}
