package feeds

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/feed"
)

// extras are what other rooms know of the items of a feed, by their ids.
type extras struct {
	tags map[int64][]feed.Category
	via  map[int64][]string
}

// listExtras returns what other rooms know of items.
func (r *Feeds) listExtras(ctx context.Context, all []content.Whole) (x extras, err error) {
	x = extras{tags: map[int64][]feed.Category{}, via: map[int64][]string{}}
	var ids, external []int64
	for _, w := range all {
		ids = append(ids, w.ID)
		if w.External {
			external = append(external, w.ID)
		}
	}
	if len(external) > 0 {
		if err := r.addVia(ctx, external, x.via); err != nil {
			return x, err
		}
	}
	if len(ids) > 0 {
		err = r.addTags(ctx, ids, x.tags)
	}
	return x, err
}

// addTags adds the tags of items.
func (r *Feeds) addTags(ctx context.Context, ids []int64, to map[int64][]feed.Category) error {
	var rows []struct {
		ContentID int64  `db:"content_id"`
		Name      string `db:"name"`
		Slug      string `db:"slug"`
	}
	err := r.deps.DB.Select(ctx, &rows, `
		SELECT u.content_id, t.name, t.slug FROM content_tags u JOIN tags t ON t.id = u.tag_id WHERE u.content_id IN (?) ORDER BY u.content_id, t.slug`, ids)
	if err != nil {
		return fmt.Errorf("list the tags of a feed: %w", err)
	}
	for _, row := range rows {
		to[row.ContentID] = append(to[row.ContentID], feed.Category{Term: row.Slug, Label: row.Name, Scheme: r.deps.BaseURL + "/stadt/tags/"})
	}
	return nil
}

// addVia adds through which sites items have come that follow a source elsewhere. Of events the last of them is where they
// were announced: that stands in their UID.
func (r *Feeds) addVia(ctx context.Context, ids []int64, to map[int64][]string) error {
	var rows []struct {
		ContentID int64  `db:"content_id"`
		Via       string `db:"via"`
		UID       string `db:"uid"`
	}
	err := r.deps.DB.Select(ctx, &rows, `
		SELECT n.content_id, n.via, '' AS uid FROM imported_entries n WHERE n.content_id IN (?) UNION ALL
		SELECT e.content_id, e.via, e.uid FROM events e WHERE e.content_id IN (?) ORDER BY content_id`, ids, ids)
	if err != nil {
		return fmt.Errorf("list through which sites the items of a feed have come: %w", err)
	}
	for _, row := range rows {
		hosts := strings.Split(row.Via, ",")
		if at := strings.LastIndexByte(row.UID, '@'); at >= 0 {
			hosts = append(hosts, strings.ToLower(row.UID[at+1:]))
		}
		to[row.ContentID] = slices.DeleteFunc(hosts, func(host string) bool { return host == "" })
	}
	return nil
}
