package people

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// foundAs is the source of what is found of this room.
const foundAs = "person"

// finds returns what people find of each other. Those whose profile is not public are found by nobody; that is for the
// query to see, since a profile may become public elsewhere.
func finds() []search.Source {
	return []search.Source{{
		Name: foundAs, Documents: documents, Listed: listIDs,
		Kinds: []search.Kind{{Name: "person", Label: lang.Text("People"), One: lang.Text("Person")}},
	}}
}

func documents(ctx context.Context, q sqldb.Querier, ids []int64) ([]search.Document, error) {
	var found []community.Person
	if err := q.Select(ctx, &found, `SELECT `+Columns+From+`WHERE p.id IN (?) ORDER BY p.id`, ids); err != nil {
		return nil, fmt.Errorf("read people to be found: %w", err)
	}
	all := make([]search.Document, len(found))
	for n, p := range found {
		all[n] = search.Document{
			ID: p.ID, Kind: "person", Path: community.EntityPath(p.Slug), Title: p.Name, Names: []string{p.Slug}, Text: p.About,
			At: p.JoinedAt, By: p.Entity(), Public: p.Public && p.Active, EntityID: p.EntityID,
		}
	}
	return all, nil
}

func listIDs(ctx context.Context, q sqldb.Querier, after int64, limit int) (ids []int64, err error) {
	err = q.Select(ctx, &ids, `SELECT id FROM people WHERE id > ? ORDER BY id LIMIT ?`, after, limit)
	return ids, err
}
