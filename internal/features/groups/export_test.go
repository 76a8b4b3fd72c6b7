package groups

import "grouprise.org/grouprise/internal/core/site"

// MailOf returns the mail address that the page of a group shows.
func MailOf(r *Groups, s site.Subject) string { return r.profile(s).Mail }
