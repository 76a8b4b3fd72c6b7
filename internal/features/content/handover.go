package content

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/core/tagging"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// CountRevisions notes that something has changed of items which their kind has changed by itself, in the name of
// somebody; for 0, or somebody who is gone, of their authors.
func (*Content) CountRevisions(ctx context.Context, tx *sqldb.Tx, personID int64, ids []int64) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO versions (content_id, revision, author_id, created_at)
		SELECT c.id, c.revision + 1, COALESCE(p.id, c.author_id), ? FROM contents c LEFT JOIN people p ON p.id = ? WHERE c.id IN (?)`, tx.Now, personID, ids)
	if err == nil {
		_, err = tx.Exec(ctx, `UPDATE contents SET revision = revision + 1 WHERE id IN (?)`, ids)
	}
	if err != nil {
		return fmt.Errorf("count revisions of contents: %w", err)
	}
	return nil
}

// HandOver gives items to other entities: to what a query for an entity_id finds for a row of contents. The id tells
// apart what is called the same there.
func (*Content) HandOver(ctx context.Context, tx *sqldb.Tx, ids []int64, heir string) error {
	_, err := tx.Exec(ctx, `UPDATE contents SET slug = SUBSTR(slug, 1, 30) || '-' || id, pinned = FALSE, entity_id = (`+heir+`) WHERE id IN (?)`, ids)
	if err != nil {
		return fmt.Errorf("hand contents over: %w", err)
	}
	return tagging.Moved(ctx, tx, ids)
}
