package media

import (
	"context"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// File is a stored file and what people know of it.
type File struct {
	ID             int64      `db:"id"`
	Name           string     `db:"name"`          // in the store and in links
	OriginalName   string     `db:"original_name"` // what its owner called it; at most 255 characters
	MediaType      string     `db:"media_type"`
	Size           int64      `db:"size"` // bytes
	CreatorID      int64      `db:"creator_id"`
	ContributionID int64      `db:"contribution_id"` // the comment or message it hangs on, or 0
	ContentID      int64      `db:"content_id"`      // the content item it hangs on, or 0
	CreatedAt      clock.Time `db:"created_at"`
}

// Path returns the address where the file is downloaded.
func (f File) Path() string { return "/-/files/" + f.Name }

// StandsIn reports whether a text in markdown shows the file, or links to it.
func (f File) StandsIn(text string) bool { return strings.Contains(text, "("+f.Path()+")") }

// InsertFiles records stored files as belonging to what their ids say.
func InsertFiles(ctx context.Context, tx *sqldb.Tx, files []File) error {
	rows := make([][]any, len(files))
	for i, f := range files {
		rows[i] = []any{
			f.Name, f.OriginalName, f.MediaType, f.Size,
			sqldb.OrNull(f.CreatorID), sqldb.OrNull(f.ContributionID), sqldb.OrNull(f.ContentID), tx.Now,
		}
	}
	err := tx.InsertRows(ctx, `INSERT INTO files (name, original_name, media_type, size, creator_id, contribution_id, content_id, created_at)`, rows)
	if err != nil {
		return fmt.Errorf("record the files: %w", err)
	}
	return nil
}

const fileColumns = `id, name, original_name, media_type, size, COALESCE(creator_id, 0) AS creator_id,
	COALESCE(contribution_id, 0) AS contribution_id, COALESCE(content_id, 0) AS content_id, created_at`

// FindFile returns the file of a name; NotFound if there is none.
func FindFile(ctx context.Context, q sqldb.Querier, name string) (File, error) {
	var f File
	if err := q.Get(ctx, &f, `SELECT `+fileColumns+` FROM files WHERE name = ?`, name); err != nil {
		return f, fmt.Errorf("find the file %q: %w", name, err)
	}
	return f, nil
}

// FilesOfContributions returns the files of many comments or messages in one query, oldest first.
func FilesOfContributions(ctx context.Context, q sqldb.Querier, contributionIDs []int64) (map[int64][]File, error) {
	var all []File
	err := q.Select(ctx, &all, `SELECT `+fileColumns+` FROM files WHERE contribution_id IN (?) ORDER BY id`, contributionIDs)
	if err != nil {
		return nil, fmt.Errorf("list the files of contributions: %w", err)
	}
	files := make(map[int64][]File, len(all))
	for _, f := range all {
		files[f.ContributionID] = append(files[f.ContributionID], f)
	}
	return files, nil
}
