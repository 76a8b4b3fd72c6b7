package reminders

import (
	"fmt"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
)

// showSwitch shows members of a group whether they are reminded of its events.
func (r *Reminders) showSwitch(v *site.Visit, s site.Subject) (templ.Component, error) {
	if s.Group == nil || !s.Standing.Member {
		return nil, nil //nolint:nilnil // no block
	}
	wanted, err := wants(v.Context(), r.deps.DB, v.Viewer.PersonID, s.Group.ID)
	return switchBlock(s.Group.ID, wanted), err
}

// updateWish turns reminders of the events of a group on or off.
func (r *Reminders) updateWish(v *site.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	g, err := r.deps.Groups.Get(v.Context(), r.deps.DB, id)
	if err != nil {
		return err
	}
	if !v.Viewer.SignedIn() {
		return community.PleaseSignIn()
	}
	var f struct {
		Wanted bool `form:"wanted"`
	}
	if err := v.Bind(&f); err != nil {
		return err
	}
	if err := r.Wish(v.Context(), v.Viewer, g, f.Wanted); err != nil {
		return err
	}
	if f.Wanted {
		v.Flash(parts.Done, "You’ll be reminded of events of “%s”.", g.Name)
	} else {
		v.Flash(parts.Done, "You won’t be reminded of events of “%s” any more.", g.Name)
	}
	return v.Redirect(relationPath(g))
}

// stopURL returns the absolute address by which a person stops the reminders of a group. A POST to it needs nothing else;
// a GET asks first, because programs that scan mails follow links.
func (r *Reminders) stopURL(personID, groupID int64) string {
	return fmt.Sprintf("%s/stadt/groups/reminders/%d/%d/%s/", r.deps.BaseURL, groupID, personID, r.deps.Links.Key(personID, groupID))
}

func (r *Reminders) askToStop(v *site.Visit) error {
	g, _, err := r.deps.Links.Visited(v, r.deps.DB, r.deps.Groups)
	if err != nil {
		return err
	}
	return v.Show(v.GroupPage(g, v.T("Stop reminders"), parts.ConfirmForm(parts.Confirmation{
		Question: v.T("Do you want to stop being reminded of events of “%s”?", g.Name),
		Button:   v.T("Stop reminders"), Cancel: g.Entity().Path(),
	})))
}

// stop answers the POST of a mail program as well as that of the form: with 200 and no redirect, as RFC 8058 asks, and
// the same if it comes twice. Who has signed in does not matter.
func (r *Reminders) stop(v *site.Visit) error {
	g, personID, err := r.deps.Links.Visited(v, r.deps.DB, r.deps.Groups)
	if err != nil {
		return err
	}
	if err := r.stopFor(v.Context(), personID, g); err != nil {
		return err
	}
	return v.Show(v.GroupPage(g, v.T("Reminders stopped"), stoppedBody(g)))
}
