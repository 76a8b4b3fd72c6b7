package content

import (
	"cmp"
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/clock"
)

// sitemaps are the lists of all kinds, and what is public. What belongs to a group that is archived is left for those who
// know it.
func (c *Content) sitemaps() []site.SitemapSource {
	var lists []string
	for _, k := range c.kinds {
		lists = append(lists, k.ListPath)
	}
	return []site.SitemapSource{{About: "what is public", Paths: lists, Last: c.lastPublic, List: c.listPublic}}
}

// findable is the condition on contents c and their entities e that search engines should find an item.
func findable() (condition string, args []any) {
	condition, args = policy.ListableContents("c", community.Viewer{})
	return condition + ` AND c.slug IS NOT NULL AND e.archived_at IS NULL`, args
}

func (c *Content) lastPublic(ctx context.Context) (int64, error) {
	condition, args := findable()
	var ids []int64
	err := c.deps.DB.Select(ctx, &ids, `SELECT c.id FROM contents c JOIN entities e ON e.id = c.entity_id WHERE `+condition+` ORDER BY c.id DESC LIMIT 1`, args...)
	if err != nil {
		return 0, fmt.Errorf("find the latest item for search engines: %w", err)
	}
	return cmp.Or(append(ids, 0)...), nil
}

func (c *Content) listPublic(ctx context.Context, after, upTo int64, limit int) ([]site.SitemapPage, error) {
	condition, args := findable()
	var rows []struct {
		ID        int64      `db:"id"`
		Entity    string     `db:"entity"`
		Slug      string     `db:"slug"`
		ChangedAt clock.Time `db:"changed_at"`
	}
	err := c.deps.DB.Select(ctx, &rows, `
		SELECT c.id, e.slug AS entity, c.slug, COALESCE((SELECT x.created_at FROM versions x WHERE x.content_id = c.id AND x.revision = c.revision), c.published_at) AS changed_at
		  FROM contents c JOIN entities e ON e.id = c.entity_id
		 WHERE c.id > ? AND c.id <= ? AND `+condition+` ORDER BY c.id LIMIT ?`, append(append([]any{after, upTo}, args...), limit)...)
	if err != nil {
		return nil, fmt.Errorf("list items for search engines: %w", err)
	}
	pages := make([]site.SitemapPage, len(rows))
	for n, row := range rows {
		pages[n] = site.SitemapPage{Key: row.ID, Path: community.ContentPath(row.Entity, row.Slug), ChangedAt: row.ChangedAt}
	}
	return pages, nil
}
