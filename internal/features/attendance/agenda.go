package attendance

import (
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/agenda"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/clock"
)

// soon is how long before an event its next date waits for those who have not answered.
const soon = 21 * 24 * time.Hour

// agenda returns the next dates of events of the viewer's groups for which they have not said whether they come.
func (r *Attendance) agenda() agenda.Source {
	return agenda.Source{
		Name: "date", Order: 20, About: "dates for which the viewer has not said whether they come",
		Query: func(v community.Viewer, now clock.Time) (string, []any) {
			if !r.deps.Enabled {
				return "", nil
			}
			listable, args := policy.ListableContents("c", v)
			return `
				SELECT c.id AS ref, c.title, d.day AS detail, c.entity_id, d.starts_at AS due_at
				  FROM ` + agenda.InMyGroups + `
				  JOIN contents c ON c.entity_id = g.entity_id AND c.kind = 'event' JOIN events v ON v.content_id = c.id AND v.answers <> '' AND v.cancelled = FALSE
				  JOIN event_dates d ON d.id = (
				       SELECT n.id FROM event_dates n WHERE n.content_id = c.id AND n.starts_at = c.starts_at AND n.ends_at = c.ends_at AND n.cancelled = FALSE ORDER BY n.id LIMIT 1)
				 WHERE m.person_id = ? AND c.starts_at > ? AND c.starts_at < ? AND ` + listable + `
				   AND NOT EXISTS (SELECT 1 FROM attendances a WHERE a.person_id = ? AND a.content_id = c.id AND (a.date_id = d.id OR a.series_id = c.id))
				 ORDER BY d.starts_at, c.id LIMIT ?`,
				append(append([]any{v.PersonID, now, clock.At(now.Add(soon))}, args...), v.PersonID, agenda.Most)
		},
		Line: func(v *site.Visit, i agenda.Item) agenda.Line {
			return agenda.Line{
				Path: community.DatePath(community.ContentPermalink(i.Ref), i.Detail), Text: v.T("Are you coming? %s", i.Title), Hint: v.Lang.DateTime(i.DueAt),
			}
		},
	}
}
