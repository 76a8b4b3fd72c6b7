package people

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/site"
)

// sitemaps are the directory, and the pages of the people who show theirs to everybody.
func (p *People) sitemaps() []site.SitemapSource {
	return []site.SitemapSource{{About: "the people with a public page", Paths: []string{directoryPath}, Last: p.lastKey, List: p.listKeys}}
}

func (p *People) lastKey(ctx context.Context) (id int64, err error) {
	if err := p.deps.DB.Get(ctx, &id, `SELECT COALESCE(MAX(p.id), 0) FROM people p WHERE p.public = TRUE AND p.active = TRUE`); err != nil {
		return 0, fmt.Errorf("find the latest person for search engines: %w", err)
	}
	return id, nil
}

// listKeys returns the pages of people by the ids of these.
func (p *People) listKeys(ctx context.Context, after, upTo int64, limit int) ([]site.SitemapPage, error) {
	var rows []struct {
		ID   int64  `db:"id"`
		Slug string `db:"slug"`
	}
	err := p.deps.DB.Select(ctx, &rows, `
		SELECT p.id, e.slug FROM people p JOIN entities e ON e.id = p.entity_id
		 WHERE p.id > ? AND p.id <= ? AND p.public = TRUE AND p.active = TRUE ORDER BY p.id LIMIT ?`, after, upTo, limit)
	if err != nil {
		return nil, fmt.Errorf("list people for search engines: %w", err)
	}
	pages := make([]site.SitemapPage, len(rows))
	for n, row := range rows {
		pages[n] = site.SitemapPage{Key: row.ID, Path: community.EntityPath(row.Slug)}
	}
	return pages, nil
}
