package imports

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// paused is the condition on imports i whose group is archived.
const paused = `EXISTS (SELECT 1 FROM "groups" pg JOIN entities pe ON pe.id = pg.entity_id WHERE pg.id = i.group_id AND pe.archived_at IS NOT NULL)`

// active is the condition on imports i whose author belongs to the group.
const active = `EXISTS (SELECT 1 FROM memberships m JOIN people p ON p.id = m.person_id WHERE m.group_id = i.group_id AND m.person_id = i.author_id AND p.active = TRUE)`

const selectImports = `
	SELECT i.id, i.group_id, COALESCE(i.author_id, 0) AS author_id, COALESCE(e.name, '') AS author, i.kind, i.address, i.source, i.name, i.public, i.etag, i.last_modified,
	       i.problem, i.status, i.failures, i.skipped, i.created_at, i.tried_at, i.read_at, i.succeeded_at, i.told_at, i.due_at, ` + active + ` AS active, ` + paused + ` AS paused,
	       (SELECT COUNT(*) FROM imported_events v JOIN contents c ON c.id = v.content_id WHERE v.import_id = i.id AND c.deleted_at IS NULL) +
	       (SELECT COUNT(*) FROM imported_entries n JOIN contents c ON c.id = n.content_id WHERE n.import_id = i.id AND c.deleted_at IS NULL) AS shown
	  FROM imports i LEFT JOIN people a ON a.id = i.author_id LEFT JOIN entities e ON e.id = a.entity_id`

func getImport(ctx context.Context, q sqldb.Querier, id int64) (Import, error) {
	var i Import
	if err := q.Get(ctx, &i, selectImports+` WHERE i.id = ?`, id); err != nil {
		return i, fmt.Errorf("get import %d: %w", id, err)
	}
	return i, nil
}

// listImports returns the imports of a group, the oldest first.
func listImports(ctx context.Context, q sqldb.Querier, groupID int64) ([]Import, error) {
	var all []Import
	if err := q.Select(ctx, &all, selectImports+` WHERE i.group_id = ? ORDER BY i.id`, groupID); err != nil {
		return nil, fmt.Errorf("list the imports of group %d: %w", groupID, err)
	}
	return all, nil
}

// listDue returns the ids of imports that are to be read.
func listDue(ctx context.Context, q sqldb.Querier, now clock.Time, limit int) ([]int64, error) {
	var ids []int64
	if err := q.Select(ctx, &ids, `SELECT i.id FROM imports i WHERE i.due_at <= ? AND `+active+` AND NOT `+paused+` ORDER BY i.due_at, i.id LIMIT ?`, now, limit); err != nil {
		return nil, fmt.Errorf("list the imports that are due: %w", err)
	}
	return ids, nil
}

func insertImport(ctx context.Context, tx *sqldb.Tx, i Import) (int64, error) {
	id, err := tx.Insert(ctx, `INSERT INTO imports (group_id, author_id, kind, address, public, created_at, due_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		i.GroupID, i.AuthorID, unknownKind, i.Address, i.Public, tx.Now, tx.Now)
	if err != nil {
		return 0, fmt.Errorf("insert an import: %w", err)
	}
	return id, nil
}

// lockGroup holds a group until the transaction ends, so that of two who add an import to it one sees what the other did.
func lockGroup(ctx context.Context, tx *sqldb.Tx, groupID int64) error {
	var id int64
	if err := tx.GetLocked(ctx, &id, `SELECT id FROM "groups" WHERE id = ?`, groupID); err != nil {
		return fmt.Errorf("lock group %d: %w", groupID, err)
	}
	return nil
}

// lockImport holds an import until the transaction ends, and returns it; NotFound if it has been ended.
func lockImport(ctx context.Context, tx *sqldb.Tx, id int64) (Import, error) {
	var locked int64
	if err := tx.GetLocked(ctx, &locked, `SELECT id FROM imports WHERE id = ?`, id); err != nil {
		return Import{}, fmt.Errorf("lock import %d: %w", id, err)
	}
	return getImport(ctx, tx, id)
}

// updateState keeps how the latest attempt to read an import ended, and when the next one is due.
func updateState(ctx context.Context, tx *sqldb.Tx, i Import) error {
	_, err := tx.Exec(ctx, `
		UPDATE imports SET kind = ?, source = ?, name = ?, etag = ?, last_modified = ?, problem = ?, status = ?, failures = ?, skipped = ?,
		       tried_at = ?, read_at = ?, succeeded_at = ?, told_at = ?, due_at = ? WHERE id = ?`,
		i.Kind, i.Source, i.Name, i.ETag, i.LastModified, i.Problem, i.Status, i.Failures, i.Skipped, i.TriedAt, i.ReadAt, i.SucceededAt, i.ToldAt, i.DueAt, i.ID)
	if err != nil {
		return fmt.Errorf("update the state of import %d: %w", i.ID, err)
	}
	return nil
}

// updateOwner keeps who may read the events of an import, and in whose name they stand. It is read anew then.
func updateOwner(ctx context.Context, tx *sqldb.Tx, i Import) error {
	_, err := tx.Exec(ctx, `UPDATE imports SET public = ?, author_id = ?, etag = '', last_modified = '', due_at = ? WHERE id = ?`, i.Public, i.AuthorID, tx.Now, i.ID)
	if err != nil {
		return fmt.Errorf("update import %d: %w", i.ID, err)
	}
	return nil
}

func deleteImport(ctx context.Context, tx *sqldb.Tx, id int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM imports WHERE id = ?`, id); err != nil {
		return fmt.Errorf("delete import %d: %w", id, err)
	}
	return nil
}

// known is an event of a calendar that has been published.
type known struct {
	UIDKey      string     `db:"uid_key"`
	ContentID   int64      `db:"content_id"`
	Fingerprint string     `db:"fingerprint"`
	Deleted     bool       `db:"deleted"` // somebody does not want it here
	Cancelled   bool       `db:"cancelled"`
	Awaited     bool       `db:"awaited"` // somebody comes, perhaps
	EndsAt      clock.Time `db:"ends_at"` // of a series, its last date
}

// listKnown returns the events of an import that have been published, by the keys of their UIDs.
func listKnown(ctx context.Context, q sqldb.Querier, importID int64) (map[string]known, error) {
	var rows []known
	err := q.Select(ctx, &rows, `
		SELECT v.uid_key, v.content_id, v.fingerprint, c.deleted_at IS NOT NULL AS deleted, e.cancelled,
		       EXISTS (SELECT 1 FROM attendances a WHERE a.content_id = v.content_id AND a.answer <> 'no') AS awaited,
		       (SELECT MAX(d.ends_at) FROM event_dates d WHERE d.content_id = v.content_id) AS ends_at
		  FROM imported_events v JOIN contents c ON c.id = v.content_id JOIN events e ON e.content_id = v.content_id
		 WHERE v.import_id = ? ORDER BY v.uid_key`, importID)
	if err != nil {
		return nil, fmt.Errorf("list the events of import %d: %w", importID, err)
	}
	all := make(map[string]known, len(rows))
	for _, k := range rows {
		all[k.UIDKey] = k
	}
	return all, nil
}

// listUIDs returns which UIDs events of a group have brought along that are not of an import: another one of the same
// group may have them, or an invitation.
func listUIDs(ctx context.Context, q sqldb.Querier, i Import) ([]string, error) {
	var all []string
	err := q.Select(ctx, &all, `
		SELECT v.uid FROM contents c JOIN events v ON v.content_id = c.id JOIN "groups" g ON g.entity_id = c.entity_id
		 WHERE g.id = ? AND c.kind = 'event' AND c.deleted_at IS NULL AND v.uid <> ''
		   AND NOT EXISTS (SELECT 1 FROM imported_events x WHERE x.content_id = c.id AND x.import_id = ?) ORDER BY v.uid`, i.GroupID, i.ID)
	if err != nil {
		return nil, fmt.Errorf("list the UIDs of the events of group %d: %w", i.GroupID, err)
	}
	return all, nil
}

func insertKnown(ctx context.Context, tx *sqldb.Tx, importID int64, k known, untold bool) error {
	_, err := tx.Exec(ctx, `INSERT INTO imported_events (import_id, uid_key, content_id, fingerprint, untold) VALUES (?, ?, ?, ?, ?)`,
		importID, k.UIDKey, k.ContentID, k.Fingerprint, untold)
	if err != nil {
		return fmt.Errorf("note an event of import %d: %w", importID, err)
	}
	return nil
}

func updateKnown(ctx context.Context, tx *sqldb.Tx, k known) error {
	if _, err := tx.Exec(ctx, `UPDATE imported_events SET fingerprint = ? WHERE content_id = ?`, k.Fingerprint, k.ContentID); err != nil {
		return fmt.Errorf("note what imported event %d says: %w", k.ContentID, err)
	}
	return nil
}

// forget removes the notes about events that their calendar does not have any more.
func forget(ctx context.Context, tx *sqldb.Tx, contentIDs []int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM imported_events WHERE content_id IN (?)`, contentIDs); err != nil {
		return fmt.Errorf("forget imported events: %w", err)
	}
	return nil
}

// contentsOf returns the ids of the contents of an import.
func contentsOf(ctx context.Context, q sqldb.Querier, importID int64) ([]int64, error) {
	var ids []int64
	err := q.Select(ctx, &ids, `
		SELECT content_id FROM imported_events WHERE import_id = ? UNION ALL
		SELECT content_id FROM imported_entries WHERE import_id = ? ORDER BY content_id`, importID, importID)
	if err != nil {
		return nil, fmt.Errorf("list the contents of import %d: %w", importID, err)
	}
	return ids, nil
}

// listUntold returns the events or posts of an import that nobody has been told of and that are there still: of events those
// that are not over, the next first, of posts the latest first.
func listUntold(ctx context.Context, q sqldb.Querier, i Import, now clock.Time) ([]int64, error) {
	query, args := `
		SELECT v.content_id FROM imported_events v JOIN contents c ON c.id = v.content_id
		 WHERE v.import_id = ? AND v.untold AND c.deleted_at IS NULL AND c.ends_at >= ? ORDER BY c.starts_at, c.id`, []any{i.ID, now}
	if i.Kind == feedKind {
		query, args = `
		SELECT n.content_id FROM imported_entries n JOIN contents c ON c.id = n.content_id
		 WHERE n.import_id = ? AND n.untold AND c.deleted_at IS NULL ORDER BY c.published_at DESC, c.id DESC`, []any{i.ID}
	}
	var ids []int64
	if err := q.Select(ctx, &ids, query, args...); err != nil {
		return nil, fmt.Errorf("list what is new in import %d: %w", i.ID, err)
	}
	return ids, nil
}

// markTold notes by which activity people are told of what is new in an import. What else nobody has been told of is over,
// and nobody will be.
func markTold(ctx context.Context, tx *sqldb.Tx, i Import, activityID int64, contentIDs []int64) error {
	told, rest := `UPDATE imported_events SET activity_id = ? WHERE content_id IN (?)`, `UPDATE imported_events SET untold = ? WHERE import_id = ? AND untold`
	if i.Kind == feedKind {
		told, rest = `UPDATE imported_entries SET activity_id = ? WHERE content_id IN (?)`, `UPDATE imported_entries SET untold = ? WHERE import_id = ? AND untold`
	}
	_, err := tx.Exec(ctx, told, activityID, contentIDs)
	if err == nil {
		_, err = tx.Exec(ctx, rest, false, i.ID)
	}
	if err != nil {
		return fmt.Errorf("note that people are told of what is new in import %d: %w", i.ID, err)
	}
	return nil
}

// news is what an activity tells of.
type news struct {
	Import

	ContentID int64  `db:"content_id"`
	Heading   string `db:"heading"`
}

// listTold returns the events or posts that an activity tells of: of events the next first, of posts the latest.
func listTold(ctx context.Context, q sqldb.Querier, activityID int64, kind string) (all []news, err error) {
	query := `
		SELECT v.content_id, c.title AS heading, i.name, i.address FROM imported_events v JOIN imports i ON i.id = v.import_id JOIN contents c ON c.id = v.content_id
		 WHERE v.activity_id = ? AND c.deleted_at IS NULL ORDER BY c.starts_at, c.id`
	if kind == feedKind {
		query = `
		SELECT n.content_id, c.title AS heading, i.name, i.address FROM imported_entries n JOIN imports i ON i.id = n.import_id JOIN contents c ON c.id = n.content_id
		 WHERE n.activity_id = ? AND c.deleted_at IS NULL ORDER BY c.published_at DESC, c.id DESC`
	}
	if err := q.Select(ctx, &all, query, activityID); err != nil {
		return nil, fmt.Errorf("list what activity %d tells of: %w", activityID, err)
	}
	return all, nil
}
