package groups

import (
	"context"

	"grouprise.org/grouprise/internal/core/site"
)

// FactsOf returns what the page of a group says about it.
func FactsOf(ctx context.Context, r *Groups, s site.Subject) (mail string, members, subscribers int, err error) {
	p, err := r.profile(ctx, s)
	return p.Mail, p.Members, p.Subscribers, err
}
