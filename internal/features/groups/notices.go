package groups

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// notices tell all members by mail, whatever their preferences, that their group is archived or is active again: one of
// them has decided it for all.
func (r *Groups) notices() []notify.Notice {
	audience := func(_ context.Context, _ sqldb.Querier, e community.Activity) (notify.Audience, error) {
		return notify.Among(notify.Member, everyMember, e.EntityID), nil
	}
	return []notify.Notice{
		{
			Activity: community.GroupArchived, About: "tells all members by mail that their group is archived, and how to undo it",
			Audience: audience, Compose: r.composeArchived, Channels: []string{"email"}, Always: true,
		},
		{
			Activity: community.GroupReactivated, About: "tells all members by mail that their group is active again",
			Audience: audience, Compose: r.composeReactivated, Channels: []string{"email"}, Always: true,
		},
	}
}

func (r *Groups) composeArchived(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient) (*notify.Message, error) {
	m, g, by, err := r.composeForMember(ctx, q, p, e, to, true)
	if err != nil {
		return nil, err
	}
	m.Subject = p.T("Archived: %s", g.Name)
	m.Intro = p.T("%s has archived the group “%s”.", by, g.Name)
	m.Note = p.T("Everything can still be read, but nothing new can be added, and emails to the group are returned. If the group should go on, any member can reactivate it.")
	m.Actions = append(m.Actions, notify.Action{Label: p.T("Reactivate the group"), URL: r.reactivateURL(to.PersonID, g.ID)})
	return m, nil
}

func (r *Groups) composeReactivated(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient) (*notify.Message, error) {
	m, g, by, err := r.composeForMember(ctx, q, p, e, to, false)
	if err != nil {
		return nil, err
	}
	m.Subject = p.T("Active again: %s", g.Name)
	m.Intro = p.T("%s has reactivated the group “%s”. You can post and write to it as before.", by, g.Name)
	return m, nil
}

// composeForMember returns what a message to a member about their group says whatever has happened, and who did it.
// What has been undone since is not told.
func (r *Groups) composeForMember(
	ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient, archived bool,
) (m *notify.Message, g community.Group, by string, err error) {
	if g, err = r.GetByEntity(ctx, q, e.EntityID); err != nil {
		return nil, g, "", err
	}
	s, err := to.Standing(ctx, q, g.Entity())
	if err != nil {
		return nil, g, "", err
	}
	if !s.Member || g.Archived() != archived {
		return nil, g, "", errs.New(errs.Denied, "This is for members of the group, as long as it is so.")
	}
	actor, err := getActor(ctx, q, e.ActorID)
	if err != nil {
		return nil, g, "", err
	}
	by = p.T("The administrators")
	if actor.ID != 0 {
		by = actor.Name
	}
	entity := g.Entity()
	page := r.deps.BaseURL + entity.Path()
	return &notify.Message{
		Kind: "group", From: notify.Sender{Name: actor.Name, Slug: actor.Slug}, Entity: &entity,
		Actions: []notify.Action{{Label: p.T("Go to the group"), URL: page, Primary: true}},
		URL:     page,
		Because: p.T("You get this email because you’re a member of the group “%s”.", g.Name),
		Thread:  notify.Thread{ID: fmt.Sprintf("group.%d", e.ID)},
		Date:    e.OccurredAt,
	}, g, by, nil
}
