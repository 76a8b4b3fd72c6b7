package geo

import (
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/earth"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// ListGroups and ListEvents are what the map shows in a box.
func ListGroups(ctx context.Context, q sqldb.Querier, b *earth.Box) (names []string, err error) {
	all, err := listGroups(ctx, q, b, candidates)
	for _, g := range all {
		names = append(names, g.Slug)
	}
	return names, err
}

// ListEvents returns the titles of the events that the map shows in a box.
func ListEvents(ctx context.Context, q sqldb.Querier, v community.Viewer, now clock.Time, b *earth.Box) (titles []string, err error) {
	all, err := listEvents(ctx, q, v, now, b, candidates)
	for _, e := range all {
		titles = append(titles, e.Title)
	}
	return titles, err
}
