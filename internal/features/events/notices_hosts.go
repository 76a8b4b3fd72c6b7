package events

import (
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// shownNotice tells of an event those who subscribed to a group that begins to show it and have not heard of it.
func (r *Events) shownNotice() notify.Notice {
	return notify.Notice{
		Activity: community.EventShown, About: "tells subscribers of a group that shows an event of another one, if they have not been told of it",
		Audience: func(ctx context.Context, q sqldb.Querier, e community.Activity) (notify.Audience, error) {
			audience, err := r.content.Audience(ctx, q, e)
			if err != nil || audience.IsEmpty() {
				return audience, err
			}
			return newlyTold(e), nil
		},
		Compose: r.composeShown,
	}
}

// composeShown says what the notice of the event said, in the name of the group that shows it.
func (r *Events) composeShown(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient) (*notify.Message, error) {
	m, i, err := r.content.Compose(ctx, q, p, e.ContentID, to)
	if err != nil {
		return nil, err
	}
	group, err := getHost(ctx, q, e.ContentID, e.EntityID, hostShown)
	if err != nil {
		return nil, err
	}
	m.From, m.Face, m.Entity, m.Subscribed = notify.Sender{Name: group.Name, Slug: group.Slug}, group, &group, true
	m.Intro = p.T("%[1]s is taking part in “%[2]s” by %[3]s.", group.Name, i.Title, i.Entity.Name)
	m.Text, m.Date = i.Text, e.OccurredAt
	return m, nil
}

// invitedNotice tells the members of a group that it is asked to show an event of another one: one of them decides.
func (r *Events) invitedNotice() notify.Notice {
	return notify.Notice{
		Activity: community.HostInvited, About: "tells the members of a group that it is asked to show an event of another one, once",
		Audience: func(_ context.Context, _ sqldb.Querier, e community.Activity) (notify.Audience, error) {
			return notify.Among(notify.Member, `
				SELECT m.person_id FROM memberships m JOIN "groups" g ON g.id = m.group_id WHERE g.entity_id = ?`, e.EntityID), nil
		},
		Compose: r.composeInvited,
	}
}

// composeInvited asks somebody to decide for their group, unless that has been done.
func (r *Events) composeInvited(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient) (*notify.Message, error) {
	m, i, err := r.content.Compose(ctx, q, p, e.ContentID, to)
	if err != nil {
		return nil, err
	}
	group, err := getHost(ctx, q, e.ContentID, e.EntityID, hostInvited)
	if err != nil {
		return nil, err
	}
	if !i.Public {
		return nil, errs.New(errs.NotFound, "Only public events can be shown by other groups.")
	}
	m.From, m.Entity, m.Subscribed = notify.Sender{Name: i.Entity.Name, Slug: i.Entity.Slug}, &group, false
	m.Subject = p.T("Invitation: %s", i.Title)
	m.Intro = p.T("%[1]s invites “%[2]s” to take part in “%[3]s”. If one of you accepts, the event is in your group’s calendar too.", i.Entity.Name, group.Name, i.Title)
	m.Text, m.Date = i.Text, e.OccurredAt
	m.Actions = []notify.Action{
		{Label: p.T("Decide"), URL: r.deps.BaseURL + community.GroupCalendarPath(group.OwnerID), Primary: true}, {Label: p.T("Go to the event"), URL: m.URL},
	}
	m.Because = p.T("You get this email because you’re a member of the group “%s”.", group.Name)
	m.FollowUp(e)
	return m, nil
}
