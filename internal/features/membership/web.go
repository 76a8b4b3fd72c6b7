package membership

import (
	"time"

	"github.com/a-h/templ"

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
	switch {
	case s.Member:
		return answerJoined(v, g, false)
	case s.Archived:
		return community.ErrArchived()
	case !v.Viewer.SignedIn():
		return v.Show(v.GroupPage(g, v.T("Join “%s”", g.Name), waysBody(g, ways{To: community.JoinPath(g.Slug), ByMail: byMailPath(g), Asks: g.Closed})))
	case g.Closed:
		return v.Redirect(community.ApplyPath(g.ID))
	}
	return v.Show(v.GroupPage(g, v.T("Join"), joinForm(v, g)))
}

// joinForm asks somebody who has signed in whether they want to belong to a group.
func joinForm(v *site.Visit, g community.Group) templ.Component {
	return parts.ConfirmForm(parts.Confirmation{
		Question: v.T("Do you want to join the group “%s”? You can then post in its name, and you’ll be notified when it posts.", g.Name),
		Button:   v.T("Join"), Cancel: g.Entity().Path(),
	})
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
		v.Flash(parts.Done, "You’re now a member of “%s”.", g.Name)
	} else {
		v.Flash(parts.Info, "You’re already a member of this group.")
	}
	return v.Redirect(g.Entity().Path())
}

func (m *Membership) endMembership(v *site.Visit) error {
	g, s, err := m.deps.Groups.Visited(v)
	if err != nil {
		return err
	}
	if !CanLeave(s) {
		return errs.New(errs.Denied, "You’re not a member of this group.")
	}
	return v.Show(v.GroupPage(g, v.T("Leave the group"), leaveForm(v, g)))
}

func (m *Membership) removeMembership(v *site.Visit) error {
	g, s, err := m.deps.Groups.Visited(v)
	if err != nil {
		return err
	}
	if !s.Viewer.SignedIn() {
		return community.PleaseSignIn()
	}
	left, err := m.Leave(v.Context(), v.Viewer, g)
	if err != nil {
		return err
	}
	if !left {
		return errs.New(errs.Denied, "You’re not a member of this group.")
	}
	return answerLeft(v, g, true)
}

// answerLeft answers whoever wanted to leave, and did if they were a member.
func answerLeft(v *site.Visit, g community.Group, left bool) error {
	if left {
		v.Flash(parts.Done, "You’ve left “%s”.", g.Name)
	} else {
		v.Flash(parts.Info, "You’re not a member of this group.")
	}
	return v.Redirect(g.Entity().Path())
}

func (m *Membership) showMembers(v *site.Visit) error {
	g, s, err := m.deps.Groups.Visited(v)
	if err != nil {
		return err
	}
	if !CanSeeMembers(s) {
		return errs.New(errs.Denied, "Only members of the group can see who belongs to it.")
	}
	q := Query{Name: v.Query("name"), After: v.After()}
	members, err := m.Members(v.Context(), m.deps.DB, g.ID, q)
	if err != nil {
		return err
	}
	p := v.GroupTab(g, v.T("Members"), membersBody(v, g, q, members, CanAdd(s, g)))
	p.Wide = true
	return v.Show(p)
}

// extensible returns the group in the path if the viewer may add members to it.
func (m *Membership) extensible(v *site.Visit) (community.Group, error) {
	g, s, err := m.deps.Groups.Visited(v)
	if err == nil && !CanAdd(s, g) {
		err = errCannotAdd(s)
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
		v.Flash(parts.Done, "%s is now a member of the group and will get an email about it.", address)
	} else {
		v.Flash(parts.Info, "%s is already a member of this group.", address)
	}
	return v.Redirect(community.MembersPath(g.ID))
}

// limitAdded bounds to how many people somebody can have mails sent in this way.
func limitAdded() web.Limit {
	return web.Limit{Name: "add members", Count: 100, Per: 24 * time.Hour, Whom: web.PerAccount}
}

// submitMember adds the owner of the address in the form, and returns the address.
func (m *Membership) submitMember(v *site.Visit, g community.Group) (address string, added bool, err error) {
	if address, err = m.deps.ByMail.BindAddress(v); err != nil {
		return address, false, err
	}
	if err := m.deps.Limiter.Allow(v.Context(), limitAdded(), web.Account(v.Viewer.PersonID)); err != nil {
		return address, false, err
	}
	added, err = m.AddByAddress(v.Context(), v.Viewer, g, address)
	return address, added, err
}

func memberPage(v *site.Visit, g community.Group, address string, e parts.Errors) site.Page {
	return v.GroupPage(g, v.T("Add a member"), bymail.AddressForm(bymail.Form{
		Lead:   v.T("Enter the email address of the person you’d like to add to “%s”. They don’t need an account. All members will be notified by email.", g.Name),
		Button: v.T("Add member"), Cancel: community.MembersPath(g.ID), Another: true,
	}, address, e))
}
