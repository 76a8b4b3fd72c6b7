package events

import (
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/agenda"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/clock"
)

// agenda returns the events of other groups which the viewer's groups are asked to show.
func (r *Events) agenda() agenda.Source {
	return agenda.Source{
		Name: "host", Order: 16, About: "events that a group of the viewer is asked to take part in",
		Query: func(v community.Viewer, now clock.Time) (string, []any) {
			return `
				SELECT c.id AS ref, c.title, '' AS detail, g.entity_id, h.invited_at AS due_at
				  FROM ` + agenda.InMyGroups + `
				  JOIN event_hosts h ON h.entity_id = g.entity_id AND h.state = 'invited' JOIN contents c ON c.id = h.content_id AND c.deleted_at IS NULL AND c.public
				 WHERE m.person_id = ? AND c.ends_at >= ? ORDER BY h.invited_at, c.id LIMIT ?`, []any{v.PersonID, now, agenda.Most}
		},
		Line: func(v *site.Visit, i agenda.Item) agenda.Line {
			return agenda.Line{Path: community.ContentPermalink(i.Ref), Text: v.T("Asked to take part: %s", i.Title)}
		},
	}
}
