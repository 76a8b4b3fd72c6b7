package groups

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/clock"
)

// sitemaps are the list of groups and their pages. Those that are archived are left for those who know them.
func (r *Groups) sitemaps() []site.SitemapSource {
	return []site.SitemapSource{{About: "the groups", Paths: []string{community.GroupsPath}, Last: r.lastKey, List: r.listKeys}}
}

func (r *Groups) lastKey(ctx context.Context) (id int64, err error) {
	err = r.deps.DB.Get(ctx, &id, `SELECT COALESCE(MAX(g.id), 0) FROM "groups" g JOIN entities e ON e.id = g.entity_id WHERE e.archived_at IS NULL`)
	if err != nil {
		return 0, fmt.Errorf("find the latest group for search engines: %w", err)
	}
	return id, nil
}

// listKeys returns the pages of groups by the ids of these. A page has changed when its group said something of itself, or
// to everybody.
func (r *Groups) listKeys(ctx context.Context, after, upTo int64, limit int) ([]site.SitemapPage, error) {
	public, args := policy.ListableContents("c", community.Viewer{})
	var rows []struct {
		ID          int64      `db:"id"`
		Slug        string     `db:"slug"`
		ChangedAt   clock.Time `db:"changed_at"`
		PublishedAt clock.Time `db:"published_at"`
	}
	err := r.deps.DB.Select(ctx, &rows, `
		SELECT g.id, e.slug, g.changed_at,
		       (SELECT c.published_at FROM contents c WHERE c.entity_id = e.id AND `+public+` ORDER BY c.published_at DESC, c.id DESC LIMIT 1) AS published_at
		  FROM "groups" g JOIN entities e ON e.id = g.entity_id
		 WHERE g.id > ? AND g.id <= ? AND e.archived_at IS NULL ORDER BY g.id LIMIT ?`, append(args, after, upTo, limit)...)
	if err != nil {
		return nil, fmt.Errorf("list groups for search engines: %w", err)
	}
	pages := make([]site.SitemapPage, len(rows))
	for n, row := range rows {
		pages[n] = site.SitemapPage{Key: row.ID, Path: community.EntityPath(row.Slug), ChangedAt: row.ChangedAt}
		if row.PublishedAt.After(row.ChangedAt.Time) {
			pages[n].ChangedAt = row.PublishedAt
		}
	}
	return pages, nil
}
