package polls

import (
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/agenda"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/clock"
)

// stillAsked is how long a poll without an end waits for those who have not voted.
const stillAsked = 60 * 24 * time.Hour

// agenda returns the polls of the viewer's groups in which they have not voted.
func (r *Polls) agenda() agenda.Source {
	return agenda.Source{
		Name: "poll", Order: 30, About: "polls in which the viewer has not voted",
		Query: func(v community.Viewer, now clock.Time) (string, []any) {
			listable, args := policy.ListableContents("c", v)
			args = append([]any{v.PersonID, clock.At(now.Add(-stillAsked))}, args...)
			return `
				SELECT c.id AS ref, c.title, CASE WHEN p.ends_at IS NULL THEN '' ELSE 'ends' END AS detail, c.entity_id, COALESCE(p.ends_at, c.published_at + ?) AS due_at
				  FROM ` + agenda.InMyGroups + `
				  JOIN contents c ON c.entity_id = g.entity_id AND c.kind = 'poll' JOIN polls p ON p.content_id = c.id
				 WHERE m.person_id = ? AND c.published_at >= ? AND ` + listable + ` AND (p.ends_at IS NULL OR p.ends_at > ?)
				   AND NOT EXISTS (SELECT 1 FROM poll_votes w WHERE w.content_id = c.id AND w.person_id = ?)
				   AND NOT EXISTS (SELECT 1 FROM poll_turnouts u WHERE u.content_id = c.id AND u.person_id = ?)
				 ORDER BY due_at, c.id LIMIT ?`, append(append([]any{stillAsked.Milliseconds()}, args...), now, v.PersonID, v.PersonID, agenda.Most)
		},
		Line: func(v *site.Visit, i agenda.Item) agenda.Line {
			l := agenda.Line{Path: community.ContentPermalink(i.Ref), Text: v.T("Vote: %s", i.Title)}
			if i.Detail != "" {
				l.Hint = v.T("until %s", v.Lang.DateTime(i.DueAt))
			}
			return l
		},
	}
}
