package invitations

import (
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/ical"
)

// listSize is how many invitations stand on the page of those that wait.
const listSize = 50

// waitingOf returns the address of the page on which members of a group decide what to let in.
func waitingOf(groupID int64) string {
	return fmt.Sprintf("/stadt/groups/%d/calendar-invitations/", groupID)
}

func (i Invitation) settlePath() string { return fmt.Sprintf("/stadt/calendar-invitations/%d/", i.ID) }

func (i Invitation) answerPath() string { return i.settlePath() + "answer/" }

// waiting is an invitation as the page shows it.
type waiting struct {
	Invitation
	ical.Event

	Sender string // the name of whoever has sent it
	When   string
}

func (r *Invitations) showWaiting(v *site.Visit) error {
	g, s, err := r.deps.Groups.Visited(v)
	if err != nil {
		return err
	}
	if !CanLetIn(s) {
		return errNotMember(v.Viewer)
	}
	all, err := r.listShown(v.Context(), v.Lang, g.EntityID)
	if err != nil {
		return err
	}
	return v.Show(v.GroupPage(g, v.T("Calendar invitations"), waitingBody(all)))
}

func (r *Invitations) settleWaiting(v *site.Visit) error {
	var f struct {
		LetIn bool `form:"let_in"`
	}
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	if err := v.Bind(&f); err != nil {
		return err
	}
	if !f.LetIn {
		i, err := r.Ignore(v.Context(), v.Viewer, id)
		if err != nil {
			return err
		}
		return r.redirectToGroup(v, i)
	}
	i, err := r.LetIn(v.Context(), v.Viewer, id)
	if err != nil {
		return err
	}
	v.Flash(parts.Done, "The event is in the group’s calendar.")
	return v.Redirect(community.ContentPermalink(i.ContentID))
}

// redirectToGroup leads back to what waits besides.
func (r *Invitations) redirectToGroup(v *site.Visit, i Invitation) error {
	g, err := r.deps.Groups.GetByEntity(v.Context(), r.deps.DB, i.EntityID)
	if err != nil {
		return err
	}
	v.Flash(parts.Done, "The invitation has been ignored.")
	return v.Redirect(waitingOf(g.ID))
}

func (r *Invitations) answerForGroup(v *site.Visit) error {
	var f struct {
		Answer string `form:"answer"`
	}
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	if err := v.Bind(&f); err != nil {
		return err
	}
	i, err := r.AnswerForGroup(v.Context(), v.Viewer, id, f.Answer)
	if err != nil {
		return err
	}
	v.Flash(parts.Done, "Your group’s answer has been sent.")
	return v.Redirect(community.ContentPermalink(i.ContentID))
}
