package reminders

import (
	"context"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// nearNotice reminds people of a date. It never waits for a digest, which would come when the date is over.
func (r *Reminders) nearNotice() notify.Notice {
	return notify.Notice{
		Activity: community.EventNear, About: "reminds those who come, help or asked for it of a date",
		Audience: func(_ context.Context, _ sqldb.Querier, e community.Activity) (notify.Audience, error) {
			return remindedAs(helps, e.ID).And(remindedAs(coming, e.ID)).And(remindedAs(asked, e.ID)), nil
		},
		Compose:  r.composeNear,
		Pressing: true,
	}
}

// composeNear returns the reminder of a date, unless it has begun, was moved or cancelled, or is not for the recipient.
func (r *Reminders) composeNear(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient) (*notify.Message, error) {
	d, err := getNear(ctx, q, e.DateID)
	if err != nil {
		return nil, err
	}
	starts, err := startOf(ctx, q, e.ID)
	if err != nil {
		return nil, err
	}
	now := r.deps.DB.Now()
	if d.Cancelled || !d.StartsAt.Equal(starts.Time) || !d.StartsAt.After(now.Time) {
		return nil, errs.New(errs.NotFound, "This event is over or has been cancelled.")
	}
	m, item, err := r.deps.Content.Compose(ctx, q, p, e.ContentID, to)
	if err != nil {
		return nil, err
	}
	facts, err := r.deps.Dates.DateFacts(lang.With(ctx, p), q, d.ID)
	if err != nil {
		return nil, err
	}
	o, err := r.deps.Helping.OffersOf(ctx, q, p, to.PersonID, e.ContentID, d.ID)
	if err != nil {
		return nil, err
	}
	m.Kind, m.From = "reminder", notify.Sender{Name: item.Entity.Name, Slug: item.Entity.Slug}
	m.Subject, m.Intro = r.say(p, d)
	m.Facts = facts[d.ID]
	if o.Own != "" {
		m.Facts = append(m.Facts, notify.Fact{Label: p.T("You’ve taken"), Value: o.Own})
	}
	m.URL = r.deps.BaseURL + datePath(d)
	m.Actions = append([]notify.Action{{Label: p.T("Go to the event"), URL: m.URL, Primary: true}}, o.Links()...)
	if len(o.Lines) > 0 {
		m.Note = p.T("Still needed: %s.", strings.Join(o.Lines, ", ")) + " " + o.Hint
	}
	r.explain(p, m, item.Entity, to)
	m.FollowUp(e)
	return m, nil
}

// explain says why somebody is reminded, and how that stops.
func (r *Reminders) explain(p *lang.Printer, m *notify.Message, group community.Entity, to notify.Recipient) {
	switch to.Reason {
	case helps:
		m.Because = p.T("You get this email because you’ve taken something for this event.")
	case coming:
		m.Because = p.T("You get this email because you said that you’re coming.")
	default:
		m.Because = p.T("You get this email because you want to be reminded of events of “%s”.", group.Name)
		m.StopURL = r.stopURL(to.PersonID, group.OwnerID)
	}
}
