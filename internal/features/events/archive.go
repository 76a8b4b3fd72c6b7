package events

import (
	"context"
	"slices"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// When a group is archived or removed, its coming dates do not take place. Which ones were cancelled for that is kept,
// so that they take place after all if the group is reactivated in time. Whoever counts on some of them gets one letter
// about all.

func (r *Events) reactions() []outbox.Reaction {
	return []outbox.Reaction{
		{Activity: community.GroupArchived, Does: "cancels its coming dates, and tells those who count on them", Run: func(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
			return r.cancelComing(ctx, tx, e, sayArchived)
		}},
		{Activity: community.GroupReactivated, Does: "lets the dates that were cancelled with it take place after all", Run: r.reinstateComing},
		{Activity: community.GroupRemoved, Does: "cancels its coming dates, and leaves those that other groups show to them", Run: r.leaveComing},
	}
}

// cancelComing cancels all coming dates of a group, and tells those who count on them.
func (r *Events) cancelComing(ctx context.Context, tx *sqldb.Tx, e community.Activity, say grounds) error {
	ids, err := listComing(ctx, tx, e.EntityID, tx.Now)
	if err != nil || len(ids) == 0 {
		return err
	}
	if err := content.LockItems(ctx, tx, ids...); err != nil {
		return err
	}
	if err := cancelDates(ctx, tx, e.EntityID, tx.Now); err != nil {
		return err
	}
	if err := r.content.CountRevisions(ctx, tx, e.ActorID, ids); err != nil {
		return err
	}
	return r.tellCounting(ctx, tx, e.EntityID, say)
}

// reinstateComing undoes what cancelComing did to the dates that are still to come.
func (r *Events) reinstateComing(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
	if err := dropPast(ctx, tx, e.EntityID, tx.Now); err != nil {
		return err
	}
	ids, err := listArchived(ctx, tx, e.EntityID)
	if err != nil || len(ids) == 0 {
		return err
	}
	if err := content.LockItems(ctx, tx, ids...); err != nil {
		return err
	}
	if err := reinstateDates(ctx, tx, e.EntityID); err != nil {
		return err
	}
	if err := r.content.CountRevisions(ctx, tx, e.ActorID, ids); err != nil {
		return err
	}
	if err := r.tellCounting(ctx, tx, e.EntityID, sayReactivated); err != nil {
		return err
	}
	return dropArchived(ctx, tx, e.EntityID)
}

// leaveComing cancels all coming dates of a group that is removed. An event of them that other groups show goes on as
// an event of the first that did: it stands there as cancelled, with all who wanted to come, and its members see what
// they make of it.
func (r *Events) leaveComing(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
	if err := r.cancelComing(ctx, tx, e, sayRemoved); err != nil {
		return err
	}
	ids, err := listInherited(ctx, tx, e.EntityID)
	if err != nil || len(ids) == 0 {
		return err
	}
	if err := r.content.HandOver(ctx, tx, ids, firstShower); err != nil {
		return err
	}
	if err := r.content.ReleaseExternal(ctx, tx, ids); err != nil {
		return err
	}
	return followContent(ctx, tx, ids)
}

// kindCancelled is the kind of letters that say that dates do not take place.
const kindCancelled = "event-cancelled"

// grounds say why dates take place or not, and of which kind the letter is.
type grounds func(p *lang.Printer, group string) (kind, subject, intro string)

func sayArchived(p *lang.Printer, group string) (kind, subject, intro string) {
	return kindCancelled, p.T("Cancelled: dates of “%s”", group), p.T("The group “%s” has been archived. These dates don’t take place:", group)
}

func sayRemoved(p *lang.Printer, group string) (kind, subject, intro string) {
	return kindCancelled, p.T("Cancelled: dates of “%s”", group), p.T("The group “%s” has been removed. These dates don’t take place:", group)
}

func sayReactivated(p *lang.Printer, group string) (kind, subject, intro string) {
	return "event-reinstated", p.T("Takes place after all: dates of “%s”", group), p.T("The group “%s” is active again. These dates take place after all:", group)
}

// tellCounting sends one letter to everybody who wants to come to some of the dates of a group that were cancelled
// together, waits for a place or helps, with an account or without.
func (r *Events) tellCounting(ctx context.Context, tx *sqldb.Tx, entityID int64, say grounds) error {
	all, err := listCounting(ctx, tx, entityID)
	if err != nil || len(all) == 0 {
		return err
	}
	group, err := getEntity(ctx, tx, entityID)
	if err != nil {
		return err
	}
	group.Name = notify.Called(group.Name, group.Slug)
	events, err := listScheduled(ctx, tx, entityID)
	if err != nil {
		return err
	}
	var answerers []notify.Answerer
	for _, c := range all {
		if c.Invited {
			answerers = append(answerers, c.answerer())
		}
	}
	replies, err := r.deps.ReplyAddresses(ctx, tx, answerers)
	if err != nil {
		return err
	}
	var letters []notify.Letter
	for len(all) > 0 {
		n := slices.IndexFunc(all, func(c counting) bool { return c.AddressKey != all[0].AddressKey })
		if n < 0 {
			n = len(all)
		}
		l := r.letterTo(all[:n], group, say)
		if l.Calendars, err = r.letterCalendars(all[:n], events, replies, group.Name, l.Kind == kindCancelled); err != nil {
			return err
		}
		letters = append(letters, l)
		all = all[n:]
	}
	return r.deps.Letters.PostAll(ctx, tx, letters)
}

// letterTo returns the letter to one mailbox.
func (r *Events) letterTo(all []counting, group community.Entity, say grounds) notify.Letter {
	p := r.deps.Catalogues.Printer(all[0].Language, r.deps.Zone)
	l := notify.Letter{
		Address: all[0].Address, Name: all[0].Name, Language: p.Language(), Group: &group,
		Note: p.T("You get this email because you planned to come or to help."),
	}
	l.Kind, l.Subject, l.Intro = say(p, group.Name)
	for _, c := range all {
		day, _ := parseWall(c.Day)
		when := sayDay(p, day)
		if c.Repeats {
			when = p.T("all dates from %s on", when)
		}
		l.Facts = append(l.Facts, notify.Fact{Label: c.Title, Value: when})
	}
	return l
}
