package content

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

func holdings() []estate.Holding {
	return []estate.Holding{
		{Table: "contents", Column: "entity_id", Profile: true, Fate: estate.Inherited, Prepare: tellSlugsApart},
		{Table: "contents", Column: "author_id", Fate: estate.Inherited, Export: estate.Pages[exportedContent]("contents", `
			SELECT c.id, c.kind, e.slug AS place, c.slug, c.title, c.public, c.pinned, c.published_at, c.deleted_at
			  FROM contents c JOIN entities e ON e.id = c.entity_id WHERE c.author_id = ? AND c.id > ? ORDER BY c.id LIMIT ?`)},
		{Table: "versions", Column: "author_id", Fate: estate.Inherited, Export: estate.Pages[exportedVersion]("versions", `
			SELECT id, content_id, text, created_at FROM versions WHERE author_id = ? AND text IS NOT NULL AND id > ? ORDER BY id LIMIT ?`)},
	}
}

type exportedContent struct {
	estate.Row

	Kind        string     `db:"kind"         json:"kind"`
	Place       string     `db:"place"        json:"place"` // the slug of the group or person on whose page it stands
	Slug        *string    `db:"slug"         json:"slug"`
	Title       string     `db:"title"        json:"title"`
	Public      bool       `db:"public"       json:"public"`
	Pinned      bool       `db:"pinned"       json:"pinned"`
	PublishedAt clock.Time `db:"published_at" json:"published_at"`
	DeletedAt   clock.Time `db:"deleted_at"   json:"deleted_at,omitzero"`
}

type exportedVersion struct {
	estate.Row

	ContentID int64      `db:"content_id" json:"content_id"`
	Text      string     `db:"text"       json:"text"`
	CreatedAt clock.Time `db:"created_at" json:"created_at"`
}

// tellSlugsApart changes the slugs that the heir has too: the id tells apart what two people called the same.
func tellSlugsApart(ctx context.Context, tx *sqldb.Tx, owner, heir estate.Owner) error {
	var taken []int64
	err := tx.Select(ctx, &taken, `
		SELECT c.id FROM contents c JOIN contents h ON h.entity_id = ? AND h.slug = c.slug WHERE c.entity_id = ? ORDER BY c.id`, heir.EntityID, owner.EntityID)
	if err != nil {
		return fmt.Errorf("find the slugs that the heir has too: %w", err)
	}
	if _, err := tx.Exec(ctx, `UPDATE contents SET slug = SUBSTR(slug, 1, 30) || '-' || id WHERE id IN (?)`, taken); err != nil {
		return fmt.Errorf("tell slugs apart: %w", err)
	}
	return nil
}
