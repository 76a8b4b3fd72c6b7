package entities

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

const (
	maxNear     = 3  // entities that are offered
	maxDistance = 3  // letters that may differ
	maxCompared = 60 // entities that are compared
)

// Near returns the groups and the people with a public page whose slugs are most like one that nobody owns:
// they begin with the same letter and differ in at most three.
func (e *Entities) Near(ctx context.Context, q sqldb.Querier, slug string) ([]community.Entity, error) {
	slug = strings.ToLower(slug)
	if len(slug) < 3 || !validSlug.MatchString(slug) || len(slug) > MaxPersonSlug {
		return nil, nil
	}
	var all []community.Entity
	err := q.Select(ctx, &all, `SELECT `+columns+` WHERE e.slug_key LIKE ? ESCAPE '!' AND (p.id IS NULL OR p.public AND p.active) ORDER BY e.score DESC, e.id LIMIT ?`,
		sqldb.EscapeLike(slug[:1])+"%", maxCompared)
	if err != nil {
		return nil, fmt.Errorf("look for slugs like %q: %w", slug, err)
	}
	distance := func(e community.Entity) int { return levenshtein.ComputeDistance(slug, strings.ToLower(e.Slug)) }
	all = slices.DeleteFunc(all, func(e community.Entity) bool { return distance(e) > min(maxDistance, len(slug)/2) })
	slices.SortStableFunc(all, func(a, b community.Entity) int { return cmp.Compare(distance(a), distance(b)) })
	return all[:min(len(all), maxNear)], nil
}
