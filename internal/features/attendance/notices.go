package attendance

import (
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// notices tell people with an account what has become of their answers.
func (r *Attendance) notices() []notify.Notice {
	return []notify.Notice{
		{
			Activity: community.AttendanceAdvanced, About: "tells those who have moved up from the waiting list",
			Audience: advancedPeople, Compose: r.composer(sayAdvanced),
		},
		{
			Activity: community.AttendanceReopened, About: "asks those who wanted to come whether they can at the new time",
			Audience: reopenedPeople, Compose: r.composer(sayMoved),
		},
	}
}

// advancedPeople are those who moved up in the transaction of an activity.
func advancedPeople(_ context.Context, _ sqldb.Querier, e community.Activity) (notify.Audience, error) {
	return notify.Among(notify.Attendee, `
		SELECT a.person_id FROM attendances a WHERE a.content_id = ? AND a.person_id IS NOT NULL AND a.advanced_at = ? AND COALESCE(a.date_id, 0) = ?`,
		e.ContentID, e.OccurredAt, e.DateID), nil
}

// reopenedPeople are those who have not answered since a date moved.
func reopenedPeople(_ context.Context, _ sqldb.Querier, e community.Activity) (notify.Audience, error) {
	where, args := concerned(e.ContentID, e.DateID, e.OccurredAt)
	return notify.Among(notify.Attendee, `SELECT DISTINCT a.person_id FROM attendances a`+where+` AND a.person_id IS NOT NULL AND a.asked_again`, args...), nil
}

type composer = func(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient) (*notify.Message, error)

// composer returns what makes a message about an answer, below the one about the event.
func (r *Attendance) composer(say saying) composer {
	return func(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient) (*notify.Message, error) {
		m, i, err := r.deps.Content.Compose(ctx, q, p, e.ContentID, to)
		if err != nil {
			return nil, err
		}
		day, err := getDay(ctx, q, e.DateID)
		if err != nil {
			return nil, err
		}
		if e.DateID != 0 {
			facts, err := r.deps.Dates.DateFacts(lang.With(ctx, p), q, e.DateID)
			if err != nil {
				return nil, err
			}
			m.Facts = facts[e.DateID]
		}
		w := say(p, i.Title, attendance{})
		m.Kind, m.Subject, m.Intro = w.Kind, w.Subject, w.Intro
		m.URL = withDay(m.URL, day)
		m.Actions = []notify.Action{{Label: p.T("Change my answer"), URL: m.URL + "#" + anchor, Primary: true}}
		m.FollowUp(e)
		return m, nil
	}
}
