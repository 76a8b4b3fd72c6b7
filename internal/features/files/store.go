package files

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// maxVersions is how many versions a page shows, the latest.
const maxVersions = 100

// version is a file as an item had it from some time on.
type version struct {
	ContentID int64      `db:"content_id"`
	Number    int        `db:"number"` // from 1; the highest is the current one
	AuthorID  int64      `db:"author_id"`
	Author    string     `db:"author"`
	CreatedAt clock.Time `db:"created_at"`
	Picture   string     `db:"picture"` // the preview, of the current one alone; may be empty
	File      media.File `db:"file"`
}

const selectVersions = `
	SELECT v.content_id, v.number, v.author_id, e.name AS author, v.created_at, COALESCE(w.picture, '') AS picture,
	       f.id AS "file.id", f.name AS "file.name", f.original_name AS "file.original_name", f.media_type AS "file.media_type", f.size AS "file.size",
	       f.created_at AS "file.created_at"
	  FROM file_versions v JOIN files f ON f.id = v.file_id JOIN people p ON p.id = v.author_id JOIN entities e ON e.id = p.entity_id
	  LEFT JOIN file_previews w ON w.content_id = v.content_id AND w.file_id = v.file_id`

const latest = ` v.number = (SELECT MAX(n.number) FROM file_versions n WHERE n.content_id = v.content_id)`

// currentVersion returns the file that an item has now; a version with the number 0 if it has none.
func currentVersion(ctx context.Context, q sqldb.Querier, contentID int64) (version, error) {
	var v version
	err := q.Get(ctx, &v, selectVersions+` WHERE v.content_id = ? AND`+latest, contentID)
	if errs.Is(err, errs.NotFound) {
		return version{}, nil
	}
	if err != nil {
		return v, fmt.Errorf("get the file of content %d: %w", contentID, err)
	}
	return v, nil
}

// currentVersions returns the files that items have now, by the ids of the items.
func currentVersions(ctx context.Context, q sqldb.Querier, contentIDs []int64) (map[int64]version, error) {
	var all []version
	err := q.Select(ctx, &all, selectVersions+` WHERE v.content_id IN (?) AND`+latest+` ORDER BY v.content_id`, contentIDs)
	if err != nil {
		return nil, fmt.Errorf("list the files of contents: %w", err)
	}
	found := make(map[int64]version, len(all))
	for _, v := range all {
		found[v.ContentID] = v
	}
	return found, nil
}

// listVersions returns the versions of an item, the latest first.
func listVersions(ctx context.Context, q sqldb.Querier, contentID int64) ([]version, error) {
	var all []version
	err := q.Select(ctx, &all, selectVersions+` WHERE v.content_id = ? ORDER BY v.number DESC LIMIT ?`, contentID, maxVersions)
	if err != nil {
		return nil, fmt.Errorf("list the versions of content %d: %w", contentID, err)
	}
	return all, nil
}

// getVersion returns a version of an item.
func getVersion(ctx context.Context, q sqldb.Querier, contentID int64, number int) (version, error) {
	var v version
	if err := q.Get(ctx, &v, selectVersions+` WHERE v.content_id = ? AND v.number = ?`, contentID, number); err != nil {
		return v, fmt.Errorf("get version %d of content %d: %w", number, contentID, err)
	}
	return v, nil
}

// takeFile gives an item a file that somebody has sent and that nothing refers to, or returns one that the item has had
// before.
func takeFile(ctx context.Context, tx *sqldb.Tx, name string, contentID, personID int64) (media.File, error) {
	var f media.File
	err := tx.Get(ctx, &f, `
		SELECT f.id, f.name, f.original_name, f.media_type, f.size, f.created_at, COALESCE(f.content_id, 0) AS content_id
		  FROM files f WHERE f.name = ? AND (f.content_id = ? OR f.content_id IS NULL AND f.contribution_id IS NULL AND f.creator_id = ?)`,
		name, contentID, personID)
	if err != nil {
		return f, fmt.Errorf("find the file %q: %w", name, err)
	}
	if _, err := tx.Exec(ctx, `UPDATE files SET content_id = ? WHERE id = ? AND content_id IS NULL`, contentID, f.ID); err != nil {
		return f, fmt.Errorf("give content %d the file %q: %w", contentID, name, err)
	}
	return f, nil
}

func insertVersion(ctx context.Context, tx *sqldb.Tx, contentID int64, number int, fileID, authorID int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO file_versions (content_id, number, file_id, author_id, created_at) VALUES (?, ?, ?, ?, ?)`,
		contentID, number, fileID, authorID, tx.Now)
	if err != nil {
		return fmt.Errorf("insert version %d of content %d: %w", number, contentID, err)
	}
	return nil
}

// deleteVersion removes a version. It returns the name of the file if no other version has it, to be erased.
func deleteVersion(ctx context.Context, tx *sqldb.Tx, v version) (gone string, err error) {
	if _, err := tx.Exec(ctx, `DELETE FROM file_versions WHERE content_id = ? AND number = ?`, v.ContentID, v.Number); err != nil {
		return "", fmt.Errorf("delete version %d of content %d: %w", v.Number, v.ContentID, err)
	}
	deleted, err := tx.Exec(ctx, `DELETE FROM files WHERE id = ? AND NOT EXISTS (SELECT 1 FROM file_versions v WHERE v.file_id = files.id)`, v.File.ID)
	if err != nil || deleted == 0 {
		return "", err
	}
	return v.File.Name, nil
}

// holdsLike reports whether the file that an item has now is one of the same name and size as another.
func holdsLike(ctx context.Context, q sqldb.Querier, contentID int64, name string) (like bool, err error) {
	present, err := currentVersion(ctx, q, contentID)
	if err != nil {
		return false, err
	}
	err = q.Get(ctx, &like, `SELECT EXISTS (SELECT 1 FROM files f WHERE f.name = ? AND f.original_name = ? AND f.size = ?)`,
		name, present.File.OriginalName, present.File.Size)
	if err != nil {
		return false, fmt.Errorf("compare files: %w", err)
	}
	return like, nil
}

// insertPreview notes what was made of the current file of an item; an empty name is nothing.
func insertPreview(ctx context.Context, tx *sqldb.Tx, contentID, fileID int64, picture string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM file_previews WHERE content_id = ?`, contentID); err != nil {
		return fmt.Errorf("forget the preview of content %d: %w", contentID, err)
	}
	if _, err := tx.Exec(ctx, `INSERT INTO file_previews (content_id, file_id, picture) VALUES (?, ?, ?)`, contentID, fileID, picture); err != nil {
		return fmt.Errorf("note the preview of content %d: %w", contentID, err)
	}
	return nil
}

// forgetPreview forgets the preview of a file that was replaced.
func forgetPreview(ctx context.Context, tx *sqldb.Tx, contentID int64, picture string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM file_previews WHERE content_id = ?`, contentID); err != nil {
		return fmt.Errorf("forget the preview of content %d: %w", contentID, err)
	}
	return media.HideBeside(ctx, tx, picture, contentID)
}

// holdings is who replaced which file. The files themselves the room of threads holds.
func holdings() []estate.Holding {
	return []estate.Holding{
		{Table: "file_versions", Column: "author_id", Fate: estate.Inherited, Export: estate.Pages[exportedVersion]("file_versions", `
			SELECT v.id, v.content_id, v.number, f.original_name, v.created_at FROM file_versions v JOIN files f ON f.id = v.file_id
			 WHERE v.author_id = ? AND v.id > ? ORDER BY v.id LIMIT ?`)},
	}
}

type exportedVersion struct {
	estate.Row

	ContentID    int64      `db:"content_id"    json:"content_id"`
	Number       int        `db:"number"        json:"number"`
	OriginalName string     `db:"original_name" json:"original_name"`
	CreatedAt    clock.Time `db:"created_at"    json:"created_at"`
}

// namesOf returns the names of the files that items have now.
func namesOf(ctx context.Context, q sqldb.Querier, contentIDs []int64) (map[int64][]string, error) {
	current, err := currentVersions(ctx, q, contentIDs)
	names := make(map[int64][]string, len(current))
	for id, v := range current {
		names[id] = []string{v.File.OriginalName}
	}
	return names, err
}
