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
	maxNear     = 3   // entities that are offered
	maxDistance = 3   // letters that may differ
	maxCompared = 500 // words on either side in the alphabet that are compared
	maxAlike    = 60  // of them that are looked at
)

// Near returns the groups and the people with a public page whose slugs are most like one that nobody owns: they begin
// with the same letter and differ in at most three. They are looked for among the words that stand beside it in the
// alphabet, so that a page that is not there costs the same however many there are.
func (e *Entities) Near(ctx context.Context, q sqldb.Querier, slug string) ([]community.Entity, error) {
	slug = strings.ToLower(slug)
	if len(slug) < 3 || !validSlug.MatchString(slug) || len(slug) > MaxPersonSlug {
		return nil, nil
	}
	ids, err := listAlike(ctx, q, slug)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	var all []community.Entity
	err = q.Select(ctx, &all, `SELECT `+columns+` WHERE e.id IN (?) AND (p.id IS NULL OR p.public AND p.active) ORDER BY e.score DESC, e.id`, ids)
	if err != nil {
		return nil, fmt.Errorf("look for slugs like %q: %w", slug, err)
	}
	// Names are among the words, too.
	all = slices.DeleteFunc(all, func(e community.Entity) bool { return !alike(slug, strings.ToLower(e.Slug)) })
	slices.SortStableFunc(all, func(a, b community.Entity) int {
		return cmp.Compare(distance(slug, strings.ToLower(a.Slug)), distance(slug, strings.ToLower(b.Slug)))
	})
	return all[:min(len(all), maxNear)], nil
}

// listAlike returns the entities that words like a slug belong to, the most like ones first.
func listAlike(ctx context.Context, q sqldb.Querier, slug string) (ids []int64, err error) {
	first, end := WordsBetween(slug[:1])
	word := cutWord(slug)
	var words []struct {
		Word     string `db:"word"`
		EntityID int64  `db:"entity_id"`
	}
	err = q.Select(ctx, &words, `
		SELECT f.word, f.entity_id FROM (
			SELECT word, entity_id FROM name_words WHERE word >= ? AND word < ? ORDER BY word, entity_id LIMIT ?) f
		UNION ALL
		SELECT b.word, b.entity_id FROM (
			SELECT word, entity_id FROM name_words WHERE word >= ? AND word < ? ORDER BY word DESC, entity_id DESC LIMIT ?) b
		 ORDER BY 1, 2`, word, end, maxCompared, first, word, maxCompared)
	if err != nil {
		return nil, fmt.Errorf("look for words like %q: %w", slug, err)
	}
	near := map[int64]int{} // the distance of the nearest word by the entity
	for _, w := range words {
		if !alike(word, w.Word) {
			continue
		}
		d := distance(word, w.Word)
		if known, ok := near[w.EntityID]; !ok {
			ids = append(ids, w.EntityID)
			near[w.EntityID] = d
		} else {
			near[w.EntityID] = min(known, d)
		}
	}
	slices.SortStableFunc(ids, func(a, b int64) int { return cmp.Compare(near[a], near[b]) })
	return ids[:min(len(ids), maxAlike)], nil
}

func distance(a, b string) int { return levenshtein.ComputeDistance(a, b) }

// alike reports whether a slug may have been meant by what was typed.
func alike(typed, slug string) bool { return distance(typed, slug) <= min(maxDistance, len(typed)/2) }
