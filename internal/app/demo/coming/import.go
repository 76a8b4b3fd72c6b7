package coming

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Imported is an event that a group has from a calendar that is kept elsewhere.
type Imported struct{ GroupID, AuthorID, ContentID int64 }

// Import lets events come from a calendar elsewhere, and posts from the website of the same group. Both were read when the
// town was invented, and are not again: there is no such server.
func Import(ctx context.Context, tx *sqldb.Tx, now clock.Time, all []Imported) error {
	if len(all) == 0 {
		return nil // the town is too small for it
	}
	first := all[0]
	id, err := tx.Insert(ctx, `
		INSERT INTO imports (group_id, author_id, address, name, public, created_at, tried_at, read_at, succeeded_at, due_at)
		VALUES (?, ?, 'https://theater.example.org/spielplan.ics', 'Spielplan', ?, ?, ?, ?, ?, ?)`,
		first.GroupID, first.AuthorID, true, now, now, now, now, clock.At(now.AddDate(100, 0, 0)))
	if err != nil {
		return fmt.Errorf("import a calendar: %w", err)
	}
	ids, rows := make([]int64, len(all)), make([][]any, len(all))
	for n, event := range all {
		sum := sha256.Sum256(fmt.Appendf(nil, "%d@theater.example.org", event.ContentID))
		key := hex.EncodeToString(sum[:])
		ids[n], rows[n] = event.ContentID, []any{id, key, event.ContentID, key}
	}
	if err := tx.InsertRows(ctx, `INSERT INTO imported_events (import_id, uid_key, content_id, fingerprint)`, rows); err != nil {
		return fmt.Errorf("note imported events: %w", err)
	}
	if _, err := tx.Exec(ctx, `UPDATE contents SET external = ? WHERE id IN (?)`, true, ids); err != nil {
		return fmt.Errorf("let events come from elsewhere: %w", err)
	}
	_, err = tx.Exec(ctx, `UPDATE events SET uid = content_id || '@theater.example.org' WHERE content_id IN (?)`, ids)
	if err != nil {
		return fmt.Errorf("name imported events: %w", err)
	}
	return importPosts(ctx, tx, now, first)
}
