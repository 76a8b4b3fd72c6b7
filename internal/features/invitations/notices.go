package invitations

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/ical"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// kindEvent is the kind of the messages about events.
const kindEvent = "event"

// enclosure lets messages about events carry them for calendar programs.
func (r *Invitations) enclosure() notify.Enclosure {
	return notify.Enclosure{
		Activities: []community.ActivityName{
			community.ContentPublished, community.EventShown, community.HostInvited, community.EventMoved, community.EventReinstated, community.EventCancelled, community.AttendanceAdvanced, community.AttendanceReopened,
		},
		About: "the event for calendar programs, as an invitation for those who come or want it so",
		Add:   r.enclose,
	}
}

func (r *Invitations) enclose(ctx context.Context, q sqldb.Querier, e community.Activity, to notify.Recipient, m *notify.Message) error {
	if e.Name == community.ContentPublished && m.Kind != kindEvent {
		return nil
	}
	invites, answer, err := r.invited(ctx, q, e, to)
	if err != nil {
		return err
	}
	dateID := int64(0) // all dates; what does not take place any more is said of the one alone
	c := ical.Message{Method: methodPublish, Attendee: ical.Person{Name: to.Name, Answer: partstatOf(answer)}}
	if c.RSVP, err = asksForAnswers(ctx, q, e.ContentID); err != nil {
		return err
	}
	switch {
	case e.Name == community.EventCancelled && invites:
		c.Method, dateID = methodCancel, e.DateID
	case e.Name == community.EventCancelled:
		dateID = e.DateID // says that it is cancelled: who has never been asked is told no more
	case invites:
		c.Method = methodRequest
	}
	write, err := r.deps.Events.Scheduled(ctx, q, e.ContentID, dateID)
	if err != nil {
		return err
	}
	c.Organizer.Name = m.From.Name
	if m.Entity != nil {
		c.Organizer.Name = m.Entity.Name
	}
	m.Calendar = &notify.Calendar{Method: c.Method, Invites: invites, Write: func(organizer, address string) ([]byte, error) {
		c := c
		c.Organizer.Address = organizer
		if c.Attendee.Address = address; !invites {
			c.Attendee = ical.Person{}
		}
		return write(c)
	}}
	return nil
}

// invited reports whether somebody gets an event as an invitation, and what they have answered to all that the message is about: who
// comes, or may come, to some of it, and who wants all events so. What is asked of the database is the same for all who are told.
func (r *Invitations) invited(ctx context.Context, q sqldb.Querier, e community.Activity, to notify.Recipient) (invites bool, answer string, err error) {
	wishers, err := wishersTold(ctx, q, e.ID)
	if err != nil {
		return false, "", err
	}
	answers, err := listAnswers(ctx, q, e.ContentID, e.DateID)
	if err != nil {
		return false, "", err
	}
	given, come := answers[to.PersonID]
	if given.Whole {
		answer = given.Answer
	}
	return wishers[to.PersonID] || come, answer, nil
}

// wish is the checkbox of those who want events as invitations.
func (r *Invitations) wish() notify.Switch {
	return notify.Switch{
		Field: "receives_invitations", About: "events come as invitations",
		Label: lang.Text("Send me events as invitations"),
		Hint:  lang.Text("Your calendar adds events automatically, and you can reply there. Without this, the email has the event as a file."),
		Get:   wishesInvitations, Set: setWish,
	}
}

// receivedNotice tells the members of a group who subscribe to it that somebody has invited it.
func (r *Invitations) receivedNotice() notify.Notice {
	return notify.Notice{
		Activity: community.InvitationReceived, About: "tells members who subscribe, by mail, of an event that one of them must let in",
		Channels: []string{"email"}, Compose: r.composeReceived,
		Audience: func(_ context.Context, _ sqldb.Querier, e community.Activity) (notify.Audience, error) {
			return notify.Among(notify.Member, `
				SELECT s.person_id FROM subscriptions s JOIN "groups" g ON g.entity_id = s.entity_id
				  JOIN memberships m ON m.person_id = s.person_id AND m.group_id = g.id WHERE s.entity_id = ?`, e.EntityID), nil
		},
	}
}

func (r *Invitations) composeReceived(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient) (*notify.Message, error) {
	i, err := getInvitation(ctx, q, ` WHERE i.activity_id = ?`, e.ID)
	if err != nil {
		return nil, err
	}
	g, err := r.deps.Groups.GetByEntity(ctx, q, i.EntityID)
	if err != nil {
		return nil, err
	}
	s, err := to.Standing(ctx, q, g.Entity())
	if err != nil {
		return nil, err
	}
	if !CanLetIn(s) || !i.waits() {
		return nil, errs.New(errs.Denied, "Only members of the group can do this.")
	}
	sender, err := r.deps.People.Get(ctx, q, i.PersonID)
	if err != nil {
		return nil, err
	}
	all, err := listEvents(ctx, q, i.ID)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, community.ErrNothingHere()
	}
	entity, address := g.Entity(), r.deps.BaseURL+waitingOf(g.ID)
	return &notify.Message{
		Kind: "invitation", From: notify.Sender{Name: sender.Name, Slug: sender.Slug}, Entity: &entity,
		Subject: p.T("Invitation: %s", titleOf(p, all[0])),
		Intro:   p.T("%s has invited the group “%s” to an event. Do you want it in the group’s calendar?", sender.Name, g.Name),
		Facts:   []notify.Fact{{Label: p.T("When"), Value: r.deps.Events.SayWhen(p, all[0])}, {Label: p.T("Where"), Value: all[0].Place}},
		Actions: []notify.Action{{Label: p.T("Decide"), URL: address, Primary: true}}, URL: address,
		Because: p.T("You get this email because you’re a member of the group “%s”.", g.Name),
		Thread:  notify.Thread{ID: fmt.Sprintf("invitation.%d", i.ID)}, Date: e.OccurredAt, Internal: true,
	}, nil
}
