package writing

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// maxMentions is how many names are offered.
const maxMentions = 8

func findMentions(ctx context.Context, q sqldb.Querier, prefix string) ([]Mention, error) {
	begin := sqldb.EscapeLike(entities.NameKey(prefix)) + "%"
	var found []Mention
	err := q.Select(ctx, &found, `
		SELECT e.slug, e.name FROM entities e LEFT JOIN people p ON p.entity_id = e.id
		 WHERE (e.slug_key LIKE ? ESCAPE '!' OR e.name_key LIKE ? ESCAPE '!' OR e.name_key LIKE ? ESCAPE '!')
		   AND (p.id IS NULL OR p.public AND p.active)
		 ORDER BY e.score DESC, e.id LIMIT ?`, begin, begin, "% "+begin, maxMentions)
	if err != nil {
		return nil, fmt.Errorf("look for names: %w", err)
	}
	return found, nil
}
