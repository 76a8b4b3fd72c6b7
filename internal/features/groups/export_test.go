package groups

import (
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// MailOf returns the mail address that the page of a group shows.
func MailOf(r *Groups, s site.Subject) string { return r.profile(s).Mail }

// MineShownFirst returns the groups of the viewer as the first page reads them.
func MineShownFirst(ctx context.Context, r *Groups, q sqldb.Querier, viewer community.Viewer) ([]community.Entity, bool, error) {
	return r.mineShownFirst(ctx, q, viewer)
}
