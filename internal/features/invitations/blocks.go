package invitations

import (
	"context"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
)

func (r *Invitations) blocks() []site.Block {
	return []site.Block{
		{Spot: site.ContentMain, Order: 20, About: "whether the group comes to what it is invited to", Show: r.showAnswer},
	}
}

// entries lead whoever manages a group to what waits. It is no block of the group's page: members are told of each
// invitation, and the page asks enough already.
func entries() []site.Entry {
	return []site.Entry{{Menu: site.ManageMenu, Order: 40, About: "calendar invitations that wait", Places: func(v *site.Visit) []site.Place {
		s := v.Subject()
		if !s.Entity.IsGroup() || !CanLetIn(s.Standing) {
			return nil
		}
		return []site.Place{{Path: waitingOf(s.Entity.OwnerID), Label: v.T("Calendar invitations"), Icon: parts.IconCalendar}}
	}}}
}

// showAnswer lets members answer for their group to an event that it is invited to.
func (r *Invitations) showAnswer(v *site.Visit, s site.Subject) (templ.Component, error) {
	if s.ContentKind != kindEvent || !CanLetIn(s.Standing) {
		return nil, nil //nolint:nilnil // no block
	}
	i, err := getInvitation(v.Context(), r.deps.DB, ` WHERE i.content_id = ?`, s.ContentID)
	if errs.Is(err, errs.NotFound) {
		return nil, nil //nolint:nilnil // no block
	}
	if err != nil || !i.Asks {
		return nil, err
	}
	all, err := listEvents(v.Context(), r.deps.DB, i.ID)
	if err != nil || len(all) == 0 || all[0].Status == statusCancelled {
		return nil, err
	}
	sender, err := r.deps.People.Get(v.Context(), r.deps.DB, i.PersonID)
	if err != nil {
		return nil, err
	}
	return answerBlock(i, sender.Name), nil
}

// listShown returns what waits to be let in to a group, as its page shows it.
func (r *Invitations) listShown(ctx context.Context, p *lang.Printer, entityID int64) ([]waiting, error) {
	list, err := listWaiting(ctx, r.deps.DB, entityID, listSize)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	ids := make([]int64, len(list))
	people := make([]int64, len(list))
	for n, i := range list {
		ids[n], people[n] = i.ID, i.PersonID
	}
	known, err := listParts(ctx, r.deps.DB, ids...)
	if err != nil {
		return nil, err
	}
	names, err := listNames(ctx, r.deps.DB, people)
	if err != nil {
		return nil, err
	}
	var all []waiting
	for _, i := range list {
		events, err := combine(known[i.ID])
		if err != nil {
			return nil, err
		}
		if len(events) > 0 && events[0].Status != statusCancelled {
			all = append(all, waiting{Invitation: i, Event: events[0], Sender: names[i.PersonID], When: r.deps.Events.SayWhen(p, events[0])})
		}
	}
	return all, nil
}
