package events

import (
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/ical"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// SaveForeign makes an internal event of a group say what a calendar says: first the whole, then its dates that differ. For
// 0 there is none yet: one comes into being in the name of the actor, who must be a member, and its id is returned. quiet
// tells nobody. An event that was deleted stays so. Invalid says what is wrong.
func (r *Events) SaveForeign(ctx context.Context, tx *sqldb.Tx, actorID int64, group community.Entity, contentID int64, all []ical.Event, quiet bool) (int64, error) {
	f, actor := Foreign{Event: all[0], Dates: all[1:]}, community.Viewer{PersonID: actorID}
	if contentID != 0 {
		err := r.ReviseForeign(ctx, tx, actor, contentID, f, false, quiet)
		if errs.Is(err, errs.NotFound) {
			err = nil
		}
		return contentID, err
	}
	id, err := r.PublishForeign(ctx, tx, actor, group, f, false)
	if err != nil || quiet {
		return id, err
	}
	_, err = r.deps.Outbox.Record(ctx, tx, community.Activity{Name: community.ContentPublished, ActorID: actorID, EntityID: group.ID, ContentID: id})
	return id, err
}

// SayWhen says when an event of another calendar takes place.
func (r *Events) SayWhen(p *lang.Printer, e ical.Event) string {
	return r.foreignForm(Foreign{Event: e}, false).span().sayWhole(p)
}
