package events

import (
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
)

// tagOf is a query for the tag of a slug.
const tagOf = `(SELECT t.id FROM tags t WHERE t.slug = ?)`

// taggedDates returns the condition on dates d that their event has a tag, as far as the viewer may know it. The kind leads
// past all else that has the tag.
func taggedDates(v community.Viewer, slug string) (condition string, args []any) {
	condition, args = `EXISTS (SELECT 1 FROM content_tags x WHERE x.content_id = d.content_id AND x.tag_id = `+tagOf+` AND x.kind = 'event')`, []any{slug}
	if !v.SignedIn() {
		return condition, args
	}
	inside, more := policy.InternalContents("i", v)
	return `(` + condition + ` OR EXISTS (SELECT 1 FROM internal_tags x JOIN contents i ON i.id = x.content_id
		WHERE x.content_id = d.content_id AND x.tag_id = ` + tagOf + ` AND x.kind = 'event' AND ` + inside + `))`, append(append(args, slug), more...)
}
