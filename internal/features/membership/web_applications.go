package membership

import (
	"cmp"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
)

// answered returns the application in the path of a visit and its group, if the viewer may answer it.
func (m *Membership) answered(v *site.Visit) (Application, community.Group, error) {
	id, err := v.ID("id")
	if err != nil {
		return Application{}, community.Group{}, err
	}
	return m.answerable(v.Context(), m.deps.DB, v.Viewer, id)
}

func (m *Membership) askToAccept(v *site.Visit) error {
	a, g, err := m.answered(v)
	if err != nil {
		return err
	}
	if a.Member {
		return memberAlready(v, a)
	}
	return v.Show(v.GroupPage(g, v.T("Accept the request"), parts.ConfirmForm(parts.Confirmation{
		Question: v.T("Do you want to add %s to the group “%s”?", a.Name, g.Name),
		Button:   v.T("Accept the request"), Cancel: a.path(v), Next: v.Next(),
	})))
}

func (m *Membership) acceptApplication(v *site.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	a, added, err := m.Accept(v.Context(), v.Viewer, id)
	if err != nil {
		return err
	}
	if !added {
		return memberAlready(v, a)
	}
	v.Flash(parts.Done, "%s is now a member of the group and will get an email about it.", a.Name)
	return v.Redirect(a.path(v))
}

func (m *Membership) askToDecline(v *site.Visit) error {
	a, g, err := m.answered(v)
	if err != nil {
		return err
	}
	if !a.Open() {
		return answeredAlready(v, a)
	}
	return v.Show(v.GroupPage(g, v.T("Decline the request"), parts.ConfirmForm(parts.Confirmation{
		Question: v.T("Do you want to decline %s’s request to join “%s”? They’ll get an email that says so, without your name.", a.Name, g.Name),
		Button:   v.T("Decline the request"), Cancel: a.path(v), Danger: true, Next: v.Next(),
	})))
}

func (m *Membership) declineApplication(v *site.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	a, declined, err := m.Decline(v.Context(), v.Viewer, id)
	if err != nil {
		return err
	}
	if !declined {
		return answeredAlready(v, a)
	}
	v.Flash(parts.Done, "You declined %s’s request to join. They’ll get an email that says so.", a.Name)
	return v.Redirect(a.path(v))
}

// path returns where whoever answers an application goes on: where they came from, or else to its conversation, or to
// the list of members if that is gone.
func (a Application) path(v *site.Visit) string {
	if a.ConversationID != 0 {
		return cmp.Or(v.Next(), community.ConversationPath(a.ConversationID))
	}
	return cmp.Or(v.Next(), community.MembersPath(a.GroupID))
}

func answeredAlready(v *site.Visit, a Application) error {
	if a.Member {
		return memberAlready(v, a)
	}
	v.Flash(parts.Info, "%s’s request to join has already been declined.", a.Name)
	return v.Redirect(a.path(v))
}

func memberAlready(v *site.Visit, a Application) error {
	v.Flash(parts.Info, "%s is already a member of this group.", a.Name)
	return v.Redirect(a.path(v))
}
