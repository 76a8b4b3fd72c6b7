package membership

import (
	"strconv"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/web"
)

func (m *Membership) newMembership(v *site.Visit) error {
	g, s, err := m.deps.Groups.Visited(v)
	if err != nil {
		return err
	}
	if s.Member {
		return answerJoined(v, g, false)
	}
	if !CanJoin(s, g) {
		return errClosed()
	}
	return v.Show(v.GroupPage(g, v.T("Join"), parts.ConfirmForm(parts.Confirmation{
		Question: v.T("Do you want to join the group “%s”? You can then write in its name, and you are told what it publishes.", g.Name),
		Button:   v.T("Join"), Cancel: g.Entity().Path(),
	})))
}

func (m *Membership) createMembership(v *site.Visit) error {
	g, _, err := m.deps.Groups.Visited(v)
	if err != nil {
		return err
	}
	joined, err := m.Join(v.Context(), v.Viewer, g)
	if err != nil {
		return err
	}
	return answerJoined(v, g, joined)
}

// answerJoined answers whoever wanted to join, and did unless they were a member already.
func answerJoined(v *site.Visit, g community.Group, joined bool) error {
	if joined {
		v.Flash(parts.Done, "You are a member of “%s” now.", g.Name)
	} else {
		v.Flash(parts.Info, "You are a member of this group already.")
	}
	return v.Redirect(g.Entity().Path())
}

func (m *Membership) endMembership(v *site.Visit) error {
	g, s, err := m.deps.Groups.Visited(v)
	if err != nil {
		return err
	}
	if !CanLeave(s) {
		return errs.New(errs.Denied, "You are not a member of this group.")
	}
	return v.Show(v.GroupPage(g, v.T("Leave the group"), parts.ConfirmForm(parts.Confirmation{
		Question: v.T("Do you want to leave the group “%s”? You then no longer see what is internal, and your subscription ends too.", g.Name),
		Button:   v.T("Leave the group"), Cancel: g.Entity().Path(), Danger: true,
	})))
}

func (m *Membership) removeMembership(v *site.Visit) error {
	g, s, err := m.deps.Groups.Visited(v)
	if err != nil {
		return err
	}
	if !s.Viewer.SignedIn() {
		return errs.New(errs.Unauthenticated, "Please sign in.")
	}
	left, err := m.Leave(v.Context(), v.Viewer, g)
	if err != nil {
		return err
	}
	if !left {
		return errs.New(errs.Denied, "You are not a member of this group.")
	}
	return answerLeft(v, g, true)
}

// answerLeft answers whoever wanted to leave, and did if they were a member.
func answerLeft(v *site.Visit, g community.Group, left bool) error {
	if left {
		v.Flash(parts.Done, "You have left “%s”.", g.Name)
	} else {
		v.Flash(parts.Info, "You are not a member of this group.")
	}
	return v.Redirect(g.Entity().Path())
}

func (m *Membership) showMembers(v *site.Visit) error {
	g, s, err := m.deps.Groups.Visited(v)
	if err != nil {
		return err
	}
	if !CanSeeMembers(s) {
		return errs.New(errs.Denied, "Only members of the group may see who belongs to it.")
	}
	q := Query{Name: v.Query("name"), After: v.After()}
	members, err := m.Members(v.Context(), m.deps.DB, g.ID, q)
	if err != nil {
		return err
	}
	p := v.GroupPage(g, v.T("Members"), membersBody(v, g, q, members, CanAdd(s, g)))
	p.Wide = true
	return v.Show(p)
}

// extensible returns the group in the path if the viewer may add members to it.
func (m *Membership) extensible(v *site.Visit) (community.Group, error) {
	g, s, err := m.deps.Groups.Visited(v)
	if err == nil && !CanAdd(s, g) {
		err = errCannotAdd()
	}
	return g, err
}

func (m *Membership) newMember(v *site.Visit) error {
	g, err := m.extensible(v)
	if err != nil {
		return err
	}
	return v.Show(memberPage(v, g, "", parts.Errors{}))
}

func (m *Membership) createMember(v *site.Visit) error {
	g, err := m.extensible(v)
	if err != nil {
		return err
	}
	address, added, err := m.submitMember(v, g)
	if err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return memberPage(v, g, address, e), nil })
	}
	if added {
		v.Flash(parts.Done, "%s belongs to the group now and gets a mail about it.", address)
	} else {
		v.Flash(parts.Info, "%s is a member of this group already.", address)
	}
	return v.Redirect(community.MembersPath(g.ID))
}

// submitMember adds the owner of the address in the form, and returns the address.
func (m *Membership) submitMember(v *site.Visit, g community.Group) (address string, added bool, err error) {
	if address, err = m.deps.ByMail.BindAddress(v); err != nil {
		return address, false, err
	}
	limit := web.Limit{Name: "add members", Count: 100, Per: 24 * time.Hour}
	if err := m.deps.Limiter.Allow(v.Context(), limit, strconv.FormatInt(v.Viewer.PersonID, 10)); err != nil {
		return address, false, err
	}
	added, err = m.AddByAddress(v.Context(), v.Viewer, g, address)
	return address, added, err
}

func memberPage(v *site.Visit, g community.Group, address string, e parts.Errors) site.Page {
	return v.GroupPage(g, v.T("Add a member"), bymail.AddressForm(bymail.Form{
		Lead:   v.T("Enter the mail address of whoever is to belong to “%s”. They need no account. All members are told by mail.", g.Name),
		Button: v.T("Add the member"), Cancel: community.MembersPath(g.ID), Another: true,
	}, address, e))
}

func (m *Membership) showApplication(v *site.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	a, g, err := m.acceptable(v.Context(), m.deps.DB, v.Viewer, id)
	if err != nil {
		return err
	}
	if !a.Open {
		return acceptedAlready(v, a)
	}
	return v.Show(v.GroupPage(g, v.T("Accept the application"), parts.ConfirmForm(parts.Confirmation{
		Question: v.T("Do you want to make %s a member of the group “%s”?", a.Name, g.Name),
		Button:   v.T("Accept the application"), Cancel: a.path(),
	})))
}

// path returns where an application is talked about: its conversation, or the list of members if that is
// gone.
func (a Application) path() string {
	if a.ConversationID != 0 {
		return community.ConversationPath(a.ConversationID)
	}
	return community.MembersPath(a.GroupID)
}

func acceptedAlready(v *site.Visit, a Application) error {
	v.Flash(parts.Info, "%s is a member of this group already.", a.Name)
	return v.Redirect(a.path())
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
		return acceptedAlready(v, a)
	}
	v.Flash(parts.Done, "%s belongs to the group now and gets a mail about it.", a.Name)
	return v.Redirect(a.path())
}
