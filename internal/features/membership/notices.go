package membership

import (
	"context"
	"fmt"
	"slices"

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

func addedAudience(ctx context.Context, q sqldb.Querier, e community.Activity) ([]notify.Candidate, error) {
	if e.ActorID == 0 || e.ActorID == e.PersonID {
		return nil, nil
	}
	ids, err := listMemberIDs(ctx, q, e.EntityID)
	if err != nil || !slices.Contains(ids, e.PersonID) {
		return nil, err // whoever left again in the meantime is no news
	}
	candidates := []notify.Candidate{{PersonID: e.PersonID, Reason: notify.Addressed}}
	for _, id := range ids {
		candidates = append(candidates, notify.Candidate{PersonID: id, Reason: notify.Member})
	}
	return candidates, nil
}

func (m *Membership) composeAdded(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient) (*notify.Message, error) {
	g, err := m.deps.Groups.GetByEntity(ctx, q, e.EntityID)
	if err != nil {
		return nil, err
	}
	for _, id := range [...]int64{to.PersonID, e.PersonID} {
		member, err := isMember(ctx, q, g.ID, id)
		if err != nil {
			return nil, err
		}
		if !member {
			return nil, errs.New(errs.Denied, "Only members of the group may see who belongs to it.")
		}
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
		Intro:   p.T("%s has made %s a member of the group “%s”.", by.Name, added.Name, g.Name),
		Actions: []notify.Action{{Label: p.T("Go to the group"), URL: page, Primary: true}},
		URL:     page,
		Thread:  notify.Thread{ID: fmt.Sprintf("membership.%d", e.ID)},
		Date:    e.OccurredAt,
	}
	if to.PersonID == added.ID {
		m.welcome(p, message, g, by, to)
	}
	return message, nil
}

// welcome turns the message into the one that the new member gets.
func (m *Membership) welcome(p *lang.Printer, message *notify.Message, g community.Group, by community.Person, to notify.Recipient) {
	message.Subject = p.T("You are a member now")
	message.Intro = p.T("%s has made you a member of the group “%s” on %s.", by.Name, g.Name, m.deps.SiteName)
	message.Note = p.T("From now on you get mails when the group publishes something. Each of them says how to stop them.")
	if to.SignsIn {
		message.Actions = append(message.Actions, notify.Action{Label: p.T("Leave the group"), URL: m.deps.BaseURL + community.LeavePath(g.ID)})
		return
	}
	message.Actions = append(message.Actions,
		notify.Action{Label: p.T("Sign up to take part on the web too"), URL: m.deps.BaseURL + community.SignUpPath(g.Entity().Path())},
		notify.Action{Label: p.T("Leave the group"), URL: m.deps.BaseURL + leaveRequestPath(g.ID)})
}

// leaveRequestPath returns the address where somebody without an account leaves a group by mail.
func leaveRequestPath(groupID int64) string { return community.LeavePath(groupID) + "request/" }
