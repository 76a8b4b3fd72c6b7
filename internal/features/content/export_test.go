package content

import (
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
)

// ListQuery lets tests look at the plan of a list.
func ListQuery(v community.Viewer, f Filter, order Order, now clock.Time) (query string, args []any) {
	f.Limit = pageSize
	return listQuery(v, f, order, now)
}

// Narrow lets tests narrow the items of a group or person. kinds are those of which there are some.
func (c *Content) Narrow(ctx context.Context, v community.Viewer, f Filter) (titles, kinds []string, oldest clock.Time, err error) {
	items, _, by, err := c.listNarrowed(ctx, v, f)
	for _, i := range items {
		titles = append(titles, i.Title)
	}
	for n, k := range c.kinds {
		if by.Kinds&(1<<n) != 0 {
			kinds = append(kinds, k.Name)
		}
	}
	return titles, kinds, by.Oldest, err
}

// PinnedQuery does so for a list below what is pinned.
func PinnedQuery(v community.Viewer, f Filter) (query string, args []any) {
	f.Limit = pageSize
	above, below := f, f
	above.Pinned, below.Unpinned = true, true
	return partedQuery(v, above, below)
}
