package entities

import (
	"context"
	"fmt"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// A slug that its owner gave up is kept from others for a year, and for as long as texts name somebody by it: links,
// mentions and mail addresses in the world would mean somebody else from one day to the next.
const keptFree = 365 * 24 * time.Hour

// FindFormer returns who had a slug before, if nobody has it now; NotFound if nobody had, or they are gone.
func (e *Entities) FindFormer(ctx context.Context, q sqldb.Querier, slug string) (community.Entity, error) {
	var owner community.Entity
	err := q.Get(ctx, &owner, `SELECT `+columns+` JOIN former_slugs f ON f.entity_id = e.id WHERE f.slug_key = ?`, strings.ToLower(slug))
	if err != nil {
		return owner, fmt.Errorf("find who had the slug %q: %w", slug, err)
	}
	return owner, nil
}

// isKept reports whether a slug that nobody has is kept from an entity, because somebody else had it.
func isKept(ctx context.Context, q sqldb.Querier, slug string, entityID int64) (bool, error) {
	var former struct {
		EntityID  int64      `db:"entity_id"`
		FreedAt   clock.Time `db:"freed_at"`
		Mentioned bool       `db:"mentioned"`
	}
	err := q.Get(ctx, &former, `
		SELECT COALESCE(f.entity_id, 0) AS entity_id, f.freed_at, EXISTS (
			SELECT 1 FROM mentions m LEFT JOIN contents c ON c.id = m.content_id LEFT JOIN contributions k ON k.id = m.contribution_id
			 WHERE m.slug_key = f.slug_key AND c.deleted_at IS NULL AND k.deleted_at IS NULL) AS mentioned
		  FROM former_slugs f WHERE f.slug_key = ?`, strings.ToLower(slug))
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look who had the slug %q: %w", slug, err)
	}
	if entityID != 0 && former.EntityID == entityID {
		return false, nil
	}
	return former.Mentioned || clock.Clock(nil).Now().Before(former.FreedAt.Add(keptFree)), nil
}

// take notes that a slug means its new owner from now on.
func take(ctx context.Context, tx *sqldb.Tx, slug string) error {
	for _, statement := range []string{`DELETE FROM former_slugs WHERE slug_key = ?`, `DELETE FROM removed_groups WHERE slug_key = ?`} {
		if _, err := tx.Exec(ctx, statement, strings.ToLower(slug)); err != nil {
			return fmt.Errorf("take the slug %q: %w", slug, err)
		}
	}
	return nil
}

// giveUp notes that an entity has another slug than before.
func giveUp(ctx context.Context, tx *sqldb.Tx, entityID int64, slug string) error {
	_, err := tx.Exec(ctx, `INSERT INTO former_slugs (slug_key, entity_id, freed_at) SELECT slug_key, id, ? FROM entities WHERE id = ? AND slug_key <> ?`,
		tx.Now, entityID, strings.ToLower(slug))
	if err != nil {
		return fmt.Errorf("keep the slug that was before %q: %w", slug, err)
	}
	return nil
}

// IsRemoved reports whether a slug that nobody has was that of a group which has been removed.
func (*Entities) IsRemoved(ctx context.Context, q sqldb.Querier, slug string) (removed bool, err error) {
	err = q.Get(ctx, &removed, `SELECT EXISTS (SELECT 1 FROM removed_groups WHERE slug_key = ?)`, strings.ToLower(slug))
	if err != nil {
		return false, fmt.Errorf("look whether the group %q was removed: %w", slug, err)
	}
	return removed, nil
}

// RetireGroup is Retire for a group: at its slug, and at those it had before, people are told that it is gone. Who a
// person was that is gone is nobody's business.
func (e *Entities) RetireGroup(ctx context.Context, tx *sqldb.Tx, entityID int64) error {
	if err := e.Retire(ctx, tx, entityID); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO removed_groups (slug_key, removed_at) SELECT f.slug_key, f.freed_at FROM former_slugs f
		 WHERE f.entity_id = ? AND NOT EXISTS (SELECT 1 FROM removed_groups r WHERE r.slug_key = f.slug_key)`, entityID)
	if err != nil {
		return fmt.Errorf("note that entity %d is removed: %w", entityID, err)
	}
	return nil
}

// Retire keeps the slug of an entity that is about to go. It leads nowhere from then on.
func (*Entities) Retire(ctx context.Context, tx *sqldb.Tx, entityID int64) error {
	return giveUp(ctx, tx, entityID, "")
}
