package invitations

import (
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/agenda"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/clock"
)

// agendaSource returns the viewer's groups to which somebody has sent an event that no member has let in.
func agendaSource() agenda.Source {
	return agenda.Source{
		Name: "invitation", Order: 15, About: "calendar invitations that a group of the viewer has not answered",
		Query: func(v community.Viewer, _ clock.Time) (string, []any) {
			return `
				SELECT g.id AS ref, '' AS title, '' AS detail, g.entity_id, MIN(i.received_at) AS due_at
				  FROM ` + agenda.InMyGroups + `
				  JOIN calendar_invitations i ON i.entity_id = g.entity_id AND i.content_id IS NULL AND i.activity_id <> 0 AND i.ignored_at IS NULL
				 WHERE m.person_id = ? AND EXISTS (SELECT 1 FROM calendar_invitation_parts p WHERE p.invitation_id = i.id AND p.cancelled = FALSE)
				 GROUP BY g.id, g.entity_id ORDER BY due_at, g.id LIMIT ?`, []any{v.PersonID, agenda.Most}
		},
		Line: func(v *site.Visit, i agenda.Item) agenda.Line {
			return agenda.Line{Path: waitingOf(i.Ref), Text: v.T("Calendar invitations are waiting")}
		},
	}
}
