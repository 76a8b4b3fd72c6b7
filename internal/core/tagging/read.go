package tagging

import (
	"context"
	"fmt"
	"slices"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// seen returns the condition on rows of tags t that something has the tag which the viewer finds in lists.
func seen(v community.Viewer) (condition string, args []any) {
	listable, args := policy.ListableContents("c", v)
	condition = `EXISTS (SELECT 1 FROM group_tags x WHERE x.tag_id = t.id)
		OR EXISTS (SELECT 1 FROM content_tags x JOIN contents c ON c.id = x.content_id WHERE x.tag_id = t.id AND ` + listable + `)`
	if v.SignedIn() {
		inside, more := policy.InternalContents("c", v)
		condition += ` OR EXISTS (SELECT 1 FROM internal_tags x JOIN contents c ON c.id = x.content_id WHERE x.tag_id = t.id AND ` + inside + `)`
		args = append(args, more...)
	}
	return `(` + condition + `)`, args
}

const selectTags = `SELECT t.id, t.name, t.slug FROM tags t WHERE `

// Find returns the tag of a slug, whatever its case. One that nothing has which the viewer may know of is as if there were
// none: its id is 0, and it is called as the slug says.
func Find(ctx context.Context, q sqldb.Querier, v community.Viewer, slug string) (community.Tag, error) {
	slug = Slug(slug)
	condition, args := seen(v)
	var found []community.Tag
	if err := q.Select(ctx, &found, selectTags+`t.slug = ? AND `+condition+` ORDER BY t.id`, append([]any{slug}, args...)...); err != nil {
		return community.Tag{}, fmt.Errorf("find the tag %q: %w", slug, err)
	}
	if len(found) == 0 {
		return community.Tag{Name: slug, Slug: slug}, nil
	}
	return found[0], nil
}

// Complete returns some tags that begin as somebody has begun to type one, by name, as far as something has them that the
// viewer may know of.
func Complete(ctx context.Context, q sqldb.Querier, v community.Viewer, begun string, limit int) ([]community.Tag, error) {
	prefix := Slug(begun)
	if prefix == "" {
		return nil, nil
	}
	condition, args := seen(v)
	var found []community.Tag
	err := q.Select(ctx, &found, selectTags+`t.slug >= ? AND t.slug < ? AND `+condition+` ORDER BY t.slug, t.id LIMIT ?`,
		slices.Concat([]any{prefix, prefix + "~"}, args, []any{limit})...)
	if err != nil {
		return nil, fmt.Errorf("look for tags that begin with %q: %w", prefix, err)
	}
	return found, nil
}
