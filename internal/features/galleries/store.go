package galleries

import (
	"context"
	"fmt"
	"slices"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// stored is a picture of a gallery as the database has it.
type stored struct {
	entry
	ContentID int64 `db:"content_id"`
	Cover     bool  `db:"cover"`
}

// listPictures returns the pictures of galleries, of each in its order.
func listPictures(ctx context.Context, q sqldb.Querier, contentIDs ...int64) ([]stored, error) {
	var all []stored
	err := q.Select(ctx, &all, `
		SELECT y.content_id, i.name, y.caption, y.alt, y.cover FROM gallery_pictures y JOIN images i ON i.id = y.image_id
		 WHERE y.content_id IN (?) ORDER BY y.content_id, y.position, y.id`, contentIDs)
	if err != nil {
		return nil, fmt.Errorf("list the pictures of galleries: %w", err)
	}
	return all, nil
}

// attached returns the pictures of galleries as feeds offer them, as large as they are.
func attached(ctx context.Context, q sqldb.Querier, ids []int64) (map[int64][]content.Attachment, error) {
	var rows []struct {
		ContentID int64  `db:"content_id"`
		Name      string `db:"name"`
		Bytes     int64  `db:"bytes"`
		Caption   string `db:"caption"`
	}
	err := q.Select(ctx, &rows, `
		SELECT y.content_id, i.name, i.bytes, y.caption FROM gallery_pictures y JOIN images i ON i.id = y.image_id
		 WHERE y.content_id IN (?) ORDER BY y.content_id, y.position, y.id`, ids)
	if err != nil {
		return nil, fmt.Errorf("list the pictures of galleries for a feed: %w", err)
	}
	all := map[int64][]content.Attachment{}
	for _, row := range rows {
		a := content.Attachment{Path: community.PicturePath(row.Name, ""), Type: media.PictureType(row.Name), Title: row.Caption, Size: row.Bytes}
		all[row.ContentID] = append(all[row.ContentID], a)
	}
	return all, nil
}

// savePictures keeps the pictures of a gallery as somebody wants them. Invalid names a picture that is neither theirs nor
// in the gallery already: by guessing its name, or keeping it, nobody opens a picture to others.
func savePictures(ctx context.Context, tx *sqldb.Tx, contentID, personID int64, entries []entry, cover string) error {
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name
	}
	var found []struct {
		ID   int64  `db:"id"`
		Name string `db:"name"`
	}
	err := tx.Select(ctx, &found, `
		SELECT i.id, i.name FROM images i
		 WHERE i.name IN (?) AND (i.creator_id = ? OR EXISTS (SELECT 1 FROM gallery_pictures y WHERE y.image_id = i.id AND y.content_id = ?)) ORDER BY i.id`,
		names, personID, contentID)
	if err != nil {
		return fmt.Errorf("find the pictures of a gallery: %w", err)
	}
	ids := map[string]int64{}
	for _, f := range found {
		ids[f.Name] = f.ID
	}
	if i := slices.IndexFunc(names, func(name string) bool { return ids[name] == 0 }); i >= 0 {
		return errs.Check(notAvailable(i))
	}
	if _, err := tx.Exec(ctx, `DELETE FROM gallery_pictures WHERE content_id = ?`, contentID); err != nil {
		return fmt.Errorf("take the pictures out of gallery %d: %w", contentID, err)
	}
	rows := make([][]any, len(entries))
	for i, e := range entries {
		rows[i] = []any{contentID, ids[e.Name], i + 1, e.Caption, e.Alt, e.Name == cover}
	}
	if err := tx.InsertRows(ctx, `INSERT INTO gallery_pictures (content_id, image_id, position, caption, alt, cover)`, rows); err != nil {
		return fmt.Errorf("put the pictures into gallery %d: %w", contentID, err)
	}
	return nil
}

// captionsOf returns what galleries say of their pictures.
func captionsOf(ctx context.Context, q sqldb.Querier, contentIDs []int64) (map[int64][]string, error) {
	pictures, err := listPictures(ctx, q, contentIDs...)
	captions := map[int64][]string{}
	for _, p := range pictures {
		captions[p.ContentID] = append(captions[p.ContentID], p.Caption, p.Alt)
	}
	return captions, err
}
