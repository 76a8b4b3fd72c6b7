package imports

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// entry is an entry of a feed that has been published.
type entry struct {
	Key         string `db:"entry_key"`
	ImportID    int64  `db:"import_id"` // 0 if it has ended
	ContentID   int64  `db:"content_id"`
	Fingerprint string `db:"fingerprint"`
	Via         string `db:"via"`
	Deleted     bool   `db:"deleted"` // somebody does not want it here
}

// listEntries returns the entries of all feeds of a group that have been published, by their keys.
func listEntries(ctx context.Context, q sqldb.Querier, groupID int64) (map[string]entry, error) {
	var rows []entry
	err := q.Select(ctx, &rows, `
		SELECT n.entry_key, COALESCE(n.import_id, 0) AS import_id, n.content_id, n.fingerprint, n.via, c.deleted_at IS NOT NULL AS deleted
		  FROM imported_entries n JOIN contents c ON c.id = n.content_id WHERE n.group_id = ? ORDER BY n.entry_key`, groupID)
	if err != nil {
		return nil, fmt.Errorf("list the imported posts of group %d: %w", groupID, err)
	}
	all := make(map[string]entry, len(rows))
	for _, e := range rows {
		all[e.Key] = e
	}
	return all, nil
}

func insertEntry(ctx context.Context, tx *sqldb.Tx, i Import, e entry, untold bool) error {
	_, err := tx.Exec(ctx, `INSERT INTO imported_entries (group_id, entry_key, import_id, content_id, fingerprint, via, untold) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		i.GroupID, e.Key, i.ID, e.ContentID, e.Fingerprint, e.Via, untold)
	if err != nil {
		return fmt.Errorf("note a post of import %d: %w", i.ID, err)
	}
	return nil
}

func updateEntry(ctx context.Context, tx *sqldb.Tx, contentID int64, fingerprint string) error {
	if _, err := tx.Exec(ctx, `UPDATE imported_entries SET fingerprint = ? WHERE content_id = ?`, fingerprint, contentID); err != nil {
		return fmt.Errorf("note what imported post %d says: %w", contentID, err)
	}
	return nil
}

// forgetEntries removes the notes about the posts of an import that go with it.
func forgetEntries(ctx context.Context, tx *sqldb.Tx, importID int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM imported_entries WHERE import_id = ?`, importID); err != nil {
		return fmt.Errorf("forget the posts of import %d: %w", importID, err)
	}
	return nil
}
