package content

import (
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
)

// ListQuery lets tests look at the plan of a list.
func ListQuery(v community.Viewer, f Filter, order Order, now clock.Time) (query string, args []any) {
	f.Limit = pageSize
	return listQuery(v, f, order, now)
}

// PinnedQuery does so for a list below what is pinned.
func PinnedQuery(v community.Viewer, f Filter) (query string, args []any) {
	f.Limit = pageSize
	above := f
	above.Pinned = true
	return pinnedQuery(v, above, f)
}
