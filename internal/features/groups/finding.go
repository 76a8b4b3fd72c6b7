package groups

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// foundAs is the source of what is found of this room.
const foundAs = "group"

// finds returns what people find of groups. Everybody finds all of them, archived ones too.
func finds() []search.Source {
	return []search.Source{{
		Name: foundAs, Documents: documents, Listed: listIDs,
		Kinds: []search.Kind{{Name: "group", Label: lang.Text("Groups"), One: lang.Text("Group")}},
	}}
}

func documents(ctx context.Context, q sqldb.Querier, ids []int64) ([]search.Document, error) {
	var found []community.Group
	if err := q.Select(ctx, &found, `SELECT `+groupColumns+` FROM "groups" g JOIN entities e ON e.id = g.entity_id WHERE g.id IN (?) ORDER BY g.id`, ids); err != nil {
		return nil, fmt.Errorf("read groups to be found: %w", err)
	}
	all := make([]search.Document, len(found))
	for n, g := range found {
		all[n] = search.Document{
			ID: g.ID, Kind: "group", Path: community.EntityPath(g.Slug), Title: g.Name, Names: []string{g.Slug}, Text: g.Description, Words: []string{g.Address},
			At: g.CreatedAt, By: g.Entity(), Public: true, EntityID: g.EntityID,
		}
		for _, t := range g.Tags.All() {
			all[n].Names = append(all[n].Names, t.Name)
		}
	}
	return all, nil
}

func listIDs(ctx context.Context, q sqldb.Querier, after int64, limit int) (ids []int64, err error) {
	err = q.Select(ctx, &ids, `SELECT id FROM "groups" WHERE id > ? ORDER BY id LIMIT ?`, after, limit)
	return ids, err
}
