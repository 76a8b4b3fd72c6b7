package membership

import (
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/agenda"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/clock"
)

// applications returns who wants to belong to the viewer's groups, and has not been answered.
func applications() agenda.Source {
	return agenda.Source{
		Name: "application", Order: 10, About: "people who want to join a group of the viewer",
		Query: func(v community.Viewer, _ clock.Time) (string, []any) {
			return `
				SELECT k.conversation_id AS ref, ae.name AS title, '' AS detail, g.entity_id, a.created_at AS due_at
				  FROM ` + agenda.InMyGroups + `
				  JOIN membership_applications a ON a.group_id = m.group_id AND a.declined_at IS NULL JOIN contributions k ON k.id = a.contribution_id
				  JOIN people ap ON ap.id = a.person_id JOIN entities ae ON ae.id = ap.entity_id
				 WHERE m.person_id = ? AND NOT EXISTS (SELECT 1 FROM memberships am WHERE am.group_id = a.group_id AND am.person_id = a.person_id)
				 ORDER BY a.created_at, a.id LIMIT ?`, []any{v.PersonID, agenda.Most}
		},
		Line: func(v *site.Visit, i agenda.Item) agenda.Line {
			return agenda.Line{Path: community.ConversationPath(i.Ref), Text: v.T("%s wants to join", i.Title)}
		},
	}
}
