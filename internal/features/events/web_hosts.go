package events

import (
	"fmt"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
)

// kindEvent is the kind of content that events are.
const kindEvent = "event"

// invitedShown is how many invitations stand on the page of a group.
const invitedShown = 10

func hostsPath(id int64) string { return fmt.Sprintf("/stadt/content/%d/hosts/", id) }

func decisionPath(id int64) string { return hostsPath(id) + "decision/" }

// hostsBlock is what the page of an event says of the groups that show it.
type hostsBlock struct {
	ContentID int64
	Hosts     []host
	Invites   bool   // the viewer may invite others
	Own       []host // the groups that show it, or are asked to, and for which the viewer decides
}

// showHosts shows which groups show an event beside the one that hosts it, and to those who decide, how.
func (r *Events) showHosts(v *site.Visit, s site.Subject) (templ.Component, error) {
	if s.ContentKind != kindEvent || !s.Entity.IsGroup() {
		return nil, nil //nolint:nilnil // no block
	}
	b := hostsBlock{ContentID: s.ContentID, Invites: CanHost(s.Standing, s.Entity, true)}
	all, err := listHosts(v.Context(), r.deps.DB, s.ContentID, hostInvited, hostShown)
	if err != nil || len(all) == 0 && !b.Invites {
		return nil, err
	}
	if public, err := isPublic(v.Context(), r.deps.DB, s.ContentID); err != nil || !public {
		return nil, err
	}
	mine := map[int64]bool{}
	if v.Viewer.SignedIn() && len(all) > 0 {
		groups, err := r.content.Groups(v.Context(), v.Viewer)
		if err != nil {
			return nil, err
		}
		for _, g := range groups {
			mine[g.ID] = true
		}
	}
	for _, h := range all {
		if h.State == hostShown {
			b.Hosts = append(b.Hosts, h)
		}
		if mine[h.Entity.ID] {
			b.Own = append(b.Own, h)
		}
	}
	if len(b.Hosts) == 0 && len(b.Own) == 0 && !b.Invites {
		return nil, nil //nolint:nilnil // no block
	}
	return hostsSection(b), nil
}

// showInvited shows members of a group, above its calendar, which events it is invited to show; nil if there are none.
func (r *Events) showInvited(v *site.Visit) (templ.Component, error) {
	s := v.Subject()
	if !CanDecideHost(s.Standing) || !v.Before().At.IsZero() {
		return nil, nil //nolint:nilnil // no block
	}
	all, err := listInvited(v.Context(), r.deps.DB, s.Entity.ID, r.now(), invitedShown)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return invitedSection(all, s.Entity.ID), nil
}

// visitedHosts returns the event in the path, if the viewer chooses its groups.
func (r *Events) visitedHosts(v *site.Visit) (content.Item, error) {
	id, err := v.ID("id")
	if err != nil {
		return content.Item{}, err
	}
	item, s, err := r.hosted(v.Context(), r.deps.DB, v.Viewer, id)
	v.Concerns(site.Subject{Entity: item.Entity, Standing: s})
	return item, err
}

// hostForm is what a group is invited with.
type hostForm struct {
	Group string `form:"group" label:"Group" text:"line"`
}

func (r *Events) editHosts(v *site.Visit) error {
	item, err := r.visitedHosts(v)
	if err != nil {
		return err
	}
	p, err := r.hostsPage(v, item, hostForm{}, parts.Errors{})
	if err != nil {
		return err
	}
	return v.Show(p)
}

func (r *Events) hostsPage(v *site.Visit, item content.Item, f hostForm, wrong parts.Errors) (site.Page, error) {
	all, err := listHosts(v.Context(), r.deps.DB, item.ID, hostInvited, hostShown, hostDeclined)
	if err != nil {
		return site.Page{}, err
	}
	offered, err := listInvitable(v.Context(), r.deps.DB, item.ID)
	title, e := v.T("Groups taking part"), item.Entity
	return site.Page{
		Title: title, Hidden: true, Entity: &e, Body: hostsBody(item, all, offered, f, wrong),
		Crumbs: v.FromHome(parts.Crumb{Label: e.Name, Path: e.Path()}, parts.Crumb{Label: item.Title, Path: item.Path()}, parts.Crumb{Label: title}),
	}, err
}

func (r *Events) createHost(v *site.Visit) error {
	item, err := r.visitedHosts(v)
	if err != nil {
		return err
	}
	var f hostForm
	var group community.Entity
	if err = v.Bind(&f); err == nil {
		group, err = r.InviteHost(v.Context(), v.Viewer, item.ID, f.Group)
	}
	if err != nil {
		return v.ShowAgain(err, func(wrong parts.Errors) (site.Page, error) { return r.hostsPage(v, item, f, wrong) })
	}
	v.Flash(parts.Done, "“%s” has been invited.", group.Name)
	return v.Redirect(hostsPath(item.ID))
}

func (r *Events) decideHost(v *site.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	item, s, err := r.content.Get(v.Context(), r.deps.DB, v.Viewer, id)
	v.Concerns(site.Subject{Entity: item.Entity, Standing: s})
	if err != nil {
		return err
	}
	if !v.Viewer.SignedIn() {
		return errNotAsked(v.Viewer)
	}
	var f struct {
		Group int64 `form:"group"`
		Show  bool  `form:"show"`
		Host  bool  `form:"host"` // sent from the page on which groups are invited
	}
	if err := v.Bind(&f); err != nil {
		return err
	}
	if err := r.DecideHost(v.Context(), v.Viewer, id, f.Group, f.Show); err != nil {
		return err
	}
	switch {
	case f.Host:
		v.Flash(parts.Done, "The group has been removed.")
		return v.Redirect(hostsPath(id))
	case f.Show:
		v.Flash(parts.Done, "The event is in your group’s calendar now.")
	default:
		v.Flash(parts.Done, "The event isn’t in your group’s calendar.")
	}
	return v.Redirect(item.Path())
}
