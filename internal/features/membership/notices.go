package membership

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// addedNotice tells all members by mail that one of them made somebody a member, the new one included and
// whatever their preferences: who belongs to a closed group concerns each of them. Whoever joins by
// themselves causes no mails.
func (m *Membership) addedNotice() notify.Notice {
	return notify.Notice{
		Activity: community.MembershipCreated,
		About:    "tells all members by mail who was added by another member",
		Audience: addedAudience,
		Compose:  m.composeAdded,
		Channels: []string{"email"},
		Always:   true,
	}
}

func addedAudience(_ context.Context, _ sqldb.Querier, e community.Activity) (notify.Audience, error) {
	if e.ActorID == 0 || e.ActorID == e.PersonID {
		return notify.Audience{}, nil
	}
	return addedMember(e).And(membersBeside(e)), nil
}

func (m *Membership) composeAdded(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient) (*notify.Message, error) {
	g, err := m.deps.Groups.GetByEntity(ctx, q, e.EntityID)
	if err != nil {
		return nil, err
	}
	s, err := to.Standing(ctx, q, g.Entity())
	if err != nil {
		return nil, err
	}
	stays, err := isMember(ctx, q, g.ID, e.PersonID)
	if err != nil {
		return nil, err
	}
	if !s.Member || !stays {
		return nil, errs.New(errs.Denied, "Only members of the group can see who belongs to it.")
	}
	added, err := m.deps.People.Get(ctx, q, e.PersonID)
	if err != nil {
		return nil, err
	}
	by, err := m.deps.People.Get(ctx, q, e.ActorID)
	if err != nil {
		return nil, err
	}
	entity := g.Entity()
	page := m.deps.BaseURL + entity.Path()
	message := &notify.Message{
		Kind: "membership", From: notify.Sender{Name: by.Name, Slug: by.Slug}, Entity: &entity,
		Subject: p.T("New member: %s", added.Name),
		Intro:   p.T("%s added %s to the group “%s”.", by.Name, added.Name, g.Name),
		Actions: []notify.Action{{Label: p.T("Go to the group"), URL: page, Primary: true}},
		URL:     page,
		Because: p.T("You get this email because you’re a member of the group “%s”.", g.Name),
		Thread:  notify.Thread{ID: fmt.Sprintf("membership.%d", e.ID)},
		Date:    e.OccurredAt,
	}
	if to.PersonID == added.ID {
		m.welcome(p, message, g, by, to)
	}
	return message, nil
}

// welcome turns the message into the one that the new member gets, who has perhaps not asked for it: it says who did
// this, and a link of their own undoes it.
func (m *Membership) welcome(p *lang.Printer, message *notify.Message, g community.Group, by community.Person, to notify.Recipient) {
	message.Subject = p.T("You’re now a member")
	message.Intro = p.T("%s added you to the group “%s” at %s.", by.Name, g.Name, m.deps.SiteName)
	message.Note = p.T("You’ll get an email when the group posts. Each one says how to stop them.")
	message.Because = p.T("You get this email because %s added you to the group “%s”.", by.Name, g.Name)
	message.StopURL = m.leaveURL(to.PersonID, g.ID)
	if !to.SignsIn {
		message.Actions = append(message.Actions,
			notify.Action{Label: p.T("Sign up to take part on the web too"), URL: m.deps.BaseURL + community.SignUpPath(g.Entity().Path())})
	}
	message.Actions = append(message.Actions, notify.Action{Label: p.T("Leave the group"), URL: message.StopURL})
}

// declinedNotice tells an applicant by mail that the group has declined, whatever their preferences: they wait for an
// answer. Who of the members did it is not said.
func (m *Membership) declinedNotice() notify.Notice {
	return notify.Notice{
		Activity: community.ApplicationDeclined,
		About:    "tells an applicant by mail that the group has declined",
		Audience: func(_ context.Context, _ sqldb.Querier, e community.Activity) (notify.Audience, error) {
			return notify.Only(notify.Addressed, e.PersonID), nil
		},
		Compose:  m.composeDeclined,
		Channels: []string{"email"},
		Always:   true,
	}
}

func (m *Membership) composeDeclined(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, _ notify.Recipient) (*notify.Message, error) {
	g, err := m.deps.Groups.GetByEntity(ctx, q, e.EntityID)
	if err != nil {
		return nil, err
	}
	member, err := isMember(ctx, q, g.ID, e.PersonID)
	if err != nil {
		return nil, err
	}
	if member {
		return nil, errs.New(errs.Denied, "Another member has accepted the request since.")
	}
	entity := g.Entity()
	page := m.deps.BaseURL + entity.Path()
	return &notify.Message{
		Kind: "membership", Entity: &entity,
		Subject: p.T("Your request to join"),
		Intro:   p.T("The group “%s” at %s has declined your request to join.", g.Name, m.deps.SiteName),
		Actions: []notify.Action{{Label: p.T("Go to the group"), URL: page, Primary: true}},
		URL:     page,
		Because: p.T("You get this email because you asked to join the group “%s”.", g.Name),
		Thread:  notify.Thread{ID: fmt.Sprintf("application.%d", e.ID)},
		Date:    e.OccurredAt,
	}, nil
}
