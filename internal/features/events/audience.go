package events

import (
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// concerned returns who is told that an event or a date of it is cancelled, or takes place after all: whoever is told of
// the event, by its group or by one that shows it, and who wants to come.
func (r *Events) concerned(ctx context.Context, q sqldb.Querier, e community.Activity) (notify.Audience, error) {
	audience, err := r.everybody(ctx, q, e)
	if err != nil || audience.IsEmpty() || !r.deps.Answers {
		return audience, err
	}
	query, args := wantToCome(e.ContentID, e.DateID, e.OccurredAt)
	return audience.And(notify.Among(notify.Attendee, query, args...)), nil
}

// unasked returns who is told that an event or a date of it has moved: whoever is told of the event, but for those who want
// to come, because they are asked again whether they do.
func (r *Events) unasked(ctx context.Context, q sqldb.Querier, e community.Activity) (notify.Audience, error) {
	audience, err := r.everybody(ctx, q, e)
	if err != nil || audience.IsEmpty() || !r.deps.Answers {
		return audience, err
	}
	query, args := wantToCome(e.ContentID, e.DateID, e.OccurredAt)
	return audience.Except(query, args...), nil
}

// everybody returns who is told of an event by the group that hosts it, and by those that show it.
func (r *Events) everybody(ctx context.Context, q sqldb.Querier, e community.Activity) (notify.Audience, error) {
	audience, err := r.content.Audience(ctx, q, e)
	if err != nil || audience.IsEmpty() {
		return audience, err
	}
	return audience.And(showingAudience(e.ContentID)), nil
}
