package media

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Discard removes pictures that were added for something that failed; an empty name is none. Those that
// something shows stay.
func (p *Pictures) Discard(ctx context.Context, names ...string) error {
	if strings.Join(names, "") == "" {
		return nil
	}
	var gone []string
	err := p.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		gone, err = deleteUnused(ctx, tx, names...)
		return err
	})
	if err != nil {
		return err
	}
	return p.Erase(ctx, gone)
}

// RemoveUnused removes the pictures that nothing has shown for an age: somebody may just be writing the text that shows
// them, or bring it back.
func (p *Pictures) RemoveUnused(ctx context.Context, age time.Duration) error {
	err := p.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE images SET unused_at = NULL WHERE unused_at IS NOT NULL AND NOT (`+unused("images")+`)`)
		if err == nil {
			_, err = tx.Exec(ctx, `UPDATE images SET unused_at = ? WHERE unused_at IS NULL AND `+unused("images"), tx.Now)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("note which pictures nothing shows: %w", err)
	}
	var problems error
	remove := func(tx *sqldb.Tx, names []string) error {
		gone, err := deleteUnused(ctx, tx, names...)
		tx.AfterCommit(func() { problems = errors.Join(problems, p.Erase(context.WithoutCancel(ctx), gone)) })
		return err
	}
	err = sqldb.Sweep(ctx, p.db, remove, `SELECT i.name FROM images i WHERE i.unused_at <= ? AND `+unused("i")+` ORDER BY i.name`, clock.At(p.db.Now().Add(-age)))
	return errors.Join(err, problems)
}

// standsForTheSite is the condition on rows of settings under the alias s that name a picture.
const standsForTheSite = `s.name IN ('logo', 'icon')`

// unused is the condition on rows of images that nothing shows.
func unused(alias string) string {
	return `NOT EXISTS (SELECT 1 FROM entities e WHERE e.picture = ` + alias + `.name OR e.cover = ` + alias + `.name)
		AND NOT EXISTS (SELECT 1 FROM site_settings s WHERE ` + standsForTheSite + ` AND s.value = ` + alias + `.name)
		AND NOT EXISTS (SELECT 1 FROM image_uses u WHERE u.image_id = ` + alias + `.id)
		AND NOT EXISTS (SELECT 1 FROM gallery_pictures y WHERE y.image_id = ` + alias + `.id)`
}

// deleteUnused forgets those pictures that nothing shows, and returns their names.
func deleteUnused(ctx context.Context, tx *sqldb.Tx, names ...string) (gone []string, err error) {
	err = tx.Select(ctx, &gone, `SELECT i.name FROM images i WHERE i.name IN (?) AND `+unused("i"), names)
	if err != nil {
		return nil, fmt.Errorf("look for pictures that nothing shows: %w", err)
	}
	if len(gone) == 0 {
		return nil, nil
	}
	if _, err := tx.Exec(ctx, `DELETE FROM images WHERE name IN (?)`, gone); err != nil {
		return nil, fmt.Errorf("remove pictures that nothing shows: %w", err)
	}
	return gone, nil
}

// Erase removes pictures and what was made of them from the store, whatever the database says of them.
func (p *Pictures) Erase(ctx context.Context, names []string) error {
	var problems error
	for _, name := range names {
		problems = errors.Join(problems, p.store.Remove(ctx, name))
		for size := range p.sizes {
			rendition := renditionName(name, size)
			problems = errors.Join(problems, p.store.Remove(ctx, rendition))
			if convertible(name, size) {
				problems = errors.Join(problems, p.store.Remove(ctx, webpName(rendition)))
			}
		}
	}
	return problems
}
