package membership

import (
	"strconv"
	"time"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/web"
)

// addressForm is how people name themselves or others by a mail address alone.
type addressForm struct {
	Address string `form:"email" text:"line" label:"E-mail address"`
}

// bySlug returns the group in the path and how the viewer stands to it; NotFound if there is none.
func (m *Membership) bySlug(v *site.Visit) (community.Group, community.Standing, error) {
	g, err := m.deps.Groups.GetBySlug(v.Context(), m.deps.DB, v.Path("group"))
	if err != nil {
		return g, community.Standing{}, err
	}
	s, err := policy.Standing(v.Context(), m.deps.DB, v.Viewer, g.Entity())
	return g, s, err
}

// byID is bySlug for paths with the group's id.
func (m *Membership) byID(v *site.Visit) (community.Group, community.Standing, error) {
	id, err := v.ID("id")
	if err != nil {
		return community.Group{}, community.Standing{}, err
	}
	g, err := m.deps.Groups.Get(v.Context(), m.deps.DB, id)
	if err != nil {
		return g, community.Standing{}, err
	}
	s, err := policy.Standing(v.Context(), m.deps.DB, v.Viewer, g.Entity())
	return g, s, err
}

func (m *Membership) newMembership(v *site.Visit) error {
	g, s, err := m.bySlug(v)
	if err != nil {
		return err
	}
	if s.Member {
		return memberAlready(v, g)
	}
	if !CanJoin(s, g) {
		return errs.New(errs.Denied, "This group is closed: only its members add members.")
	}
	return v.Show(groupPage(v, g, v.T("Join"), parts.ConfirmForm(parts.Confirmation{
		Question: v.T("Do you want to join the group “%s”? You can then write in its name, and you are told what it publishes.", g.Name),
		Button:   v.T("Join"), Cancel: g.Entity().Path(),
	})))
}

func memberAlready(v *site.Visit, g community.Group) error {
	v.Flash(parts.Info, "You are a member of this group already.")
	return v.Redirect(g.Entity().Path())
}

func (m *Membership) createMembership(v *site.Visit) error {
	g, _, err := m.bySlug(v)
	if err != nil {
		return err
	}
	joined, err := m.Join(v.Context(), v.Viewer, g)
	if err != nil {
		return err
	}
	if !joined {
		return memberAlready(v, g)
	}
	v.Flash(parts.Done, "You are a member of “%s” now.", g.Name)
	return v.Redirect(g.Entity().Path())
}

func (m *Membership) newJoinRequest(v *site.Visit) error {
	g, s, err := m.bySlug(v)
	if err != nil {
		return err
	}
	if s.Viewer.SignedIn() {
		return v.Redirect(community.JoinPath(g.Slug))
	}
	if !CanJoinByMail(s, g) {
		return errs.New(errs.Denied, "This group is closed: only its members add members.")
	}
	return v.Show(joinRequestPage(v, g, addressForm{}, parts.Errors{}))
}

func (m *Membership) createJoinRequest(v *site.Visit) error {
	g, s, err := m.bySlug(v)
	if err != nil {
		return err
	}
	if s.Viewer.SignedIn() {
		return v.Redirect(community.JoinPath(g.Slug))
	}
	var f addressForm
	err = m.bindAddress(v, &f)
	if err == nil {
		err = m.throttleLetters(v, f.Address)
	}
	if err == nil {
		err = m.RequestJoin(v.Context(), v.Viewer, g, f.Address, v.Lang.Language())
	}
	if err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return joinRequestPage(v, g, f, e), nil })
	}
	v.Flash(parts.Info, "A mail is on its way to you. Follow the link in it to become a member.")
	return v.Redirect(g.Entity().Path())
}

// bindAddress reads a form with an address and checks it.
func (m *Membership) bindAddress(v *site.Visit, f *addressForm) error {
	if err := v.Bind(f); err != nil {
		return err
	}
	if _, _, ok := m.deps.People.ParseAddress(f.Address); !ok {
		return errs.Check(errs.Field("email", "Enter an e-mail address like name@example.org."))
	}
	return nil
}

// throttleLetters counts the letters that somebody unknown has sent to an address: by their network and
// by the address, so that nobody's mailbox is flooded through this site.
func (m *Membership) throttleLetters(v *site.Visit, address string) error {
	if err := m.deps.Limiter.Request(v.R, web.Limit{Name: "letters from a network", Count: 20, Per: time.Hour}); err != nil {
		return err
	}
	_, key, _ := m.deps.People.ParseAddress(address)
	return m.deps.Limiter.Allow(v.Context(), web.Limit{Name: "letters to an address", Count: 5, Per: time.Hour}, key)
}

func joinRequestPage(v *site.Visit, g community.Group, f addressForm, e parts.Errors) site.Page {
	return groupPage(v, g, v.T("Join by mail"), addressBody(askAddress{
		Lead:   v.T("You can belong to “%s” without an account: enter your mail address and follow the link in the mail that you get.", g.Name),
		Button: v.T("Join"), Cancel: g.Entity().Path(), Form: f, Errors: e, Own: true,
	}))
}

func (m *Membership) newMembershipByMail(v *site.Visit) error {
	asked, err := m.asked(v.Context(), tokenJoin, v.Path("secret"))
	if err != nil {
		return err
	}
	g := asked.Group
	return v.Show(groupPage(v, g, v.T("Join"), parts.ConfirmForm(parts.Confirmation{
		Question: v.T("Do you want to join the group “%s” with the address %s?", g.Name, asked.Address),
		Button:   v.T("Join"), Cancel: g.Entity().Path(),
	})))
}

func (m *Membership) createMembershipByMail(v *site.Visit) error {
	g, joined, err := m.ConfirmJoin(v.Context(), v.Path("secret"))
	if err != nil {
		return err
	}
	if !joined {
		return memberAlready(v, g)
	}
	v.Flash(parts.Done, "You are a member of “%s” now.", g.Name)
	return v.Redirect(g.Entity().Path())
}

func (m *Membership) endMembership(v *site.Visit) error {
	g, s, err := m.byID(v)
	if err != nil {
		return err
	}
	if !CanLeave(s) {
		return errs.New(errs.Denied, "You are not a member of this group.")
	}
	return v.Show(groupPage(v, g, v.T("Leave the group"), parts.ConfirmForm(parts.Confirmation{
		Question: v.T("Do you want to leave the group “%s”? You then no longer see what is internal, and your subscription ends too.", g.Name),
		Button:   v.T("Leave the group"), Cancel: g.Entity().Path(), Danger: true,
	})))
}

func (m *Membership) removeMembership(v *site.Visit) error {
	g, s, err := m.byID(v)
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
	v.Flash(parts.Done, "You have left “%s”.", g.Name)
	return v.Redirect(g.Entity().Path())
}

func (m *Membership) newLeaveRequest(v *site.Visit) error {
	g, s, err := m.byID(v)
	if err != nil {
		return err
	}
	if s.Viewer.SignedIn() {
		return v.Redirect(community.LeavePath(g.ID))
	}
	return v.Show(leaveRequestPage(v, g, addressForm{}, parts.Errors{}))
}

func (m *Membership) createLeaveRequest(v *site.Visit) error {
	g, s, err := m.byID(v)
	if err != nil {
		return err
	}
	if s.Viewer.SignedIn() {
		return v.Redirect(community.LeavePath(g.ID))
	}
	var f addressForm
	err = m.bindAddress(v, &f)
	if err == nil {
		err = m.throttleLetters(v, f.Address)
	}
	if err == nil {
		err = m.RequestLeave(v.Context(), g, f.Address, v.Lang.Language())
	}
	if err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return leaveRequestPage(v, g, f, e), nil })
	}
	v.Flash(parts.Info, "A mail is on its way to you. It says how to go on.")
	return v.Redirect(g.Entity().Path())
}

func leaveRequestPage(v *site.Visit, g community.Group, f addressForm, e parts.Errors) site.Page {
	return groupPage(v, g, v.T("Leave the group"), addressBody(askAddress{
		Lead:   v.T("Enter the mail address with which you belong to “%s”. You get a mail with a link that ends your membership.", g.Name),
		Button: v.T("Send the mail"), Cancel: g.Entity().Path(), Form: f, Errors: e, Own: true,
	}))
}

func (m *Membership) endMembershipByMail(v *site.Visit) error {
	asked, err := m.asked(v.Context(), tokenLeave, v.Path("secret"))
	if err != nil {
		return err
	}
	g := asked.Group
	return v.Show(groupPage(v, g, v.T("Leave the group"), parts.ConfirmForm(parts.Confirmation{
		Question: v.T("Do you want to end the membership of %s in the group “%s”?", asked.Address, g.Name),
		Button:   v.T("Leave the group"), Cancel: g.Entity().Path(), Danger: true,
	})))
}

func (m *Membership) removeMembershipByMail(v *site.Visit) error {
	g, left, err := m.ConfirmLeave(v.Context(), v.Path("secret"))
	if err != nil {
		return err
	}
	if left {
		v.Flash(parts.Done, "You have left “%s”.", g.Name)
	} else {
		v.Flash(parts.Info, "You are not a member of this group.")
	}
	return v.Redirect(g.Entity().Path())
}

func (m *Membership) showMembers(v *site.Visit) error {
	g, s, err := m.byID(v)
	if err != nil {
		return err
	}
	if !CanSeeMembers(s) {
		return errs.New(errs.Denied, "Only members of the group may see who belongs to it.")
	}
	members, err := m.Members(v.Context(), m.deps.DB, g.ID, v.Page())
	if err != nil {
		return err
	}
	p := groupPage(v, g, v.T("Members"), membersBody(v, g, members, CanAdd(s, g)))
	p.Wide = true
	return v.Show(p)
}

// extensible returns the group in the path if the viewer may add members to it.
func (m *Membership) extensible(v *site.Visit) (community.Group, error) {
	g, s, err := m.byID(v)
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
	return v.Show(memberPage(v, g, addressForm{}, parts.Errors{}))
}

func (m *Membership) createMember(v *site.Visit) error {
	g, err := m.extensible(v)
	if err != nil {
		return err
	}
	var f addressForm
	added := false
	err = m.bindAddress(v, &f)
	if err == nil {
		limit := web.Limit{Name: "add members", Count: 100, Per: 24 * time.Hour}
		err = m.deps.Limiter.Allow(v.Context(), limit, strconv.FormatInt(v.Viewer.PersonID, 10))
	}
	if err == nil {
		added, err = m.AddByAddress(v.Context(), v.Viewer, g, f.Address)
	}
	if err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return memberPage(v, g, f, e), nil })
	}
	if added {
		v.Flash(parts.Done, "%s belongs to the group now and gets a mail about it.", f.Address)
	} else {
		v.Flash(parts.Info, "%s is a member of this group already.", f.Address)
	}
	return v.Redirect(community.MembersPath(g.ID))
}

func memberPage(v *site.Visit, g community.Group, f addressForm, e parts.Errors) site.Page {
	p := groupPage(v, g, v.T("Add a member"), addressBody(askAddress{
		Lead:   v.T("Enter the mail address of whoever is to belong to “%s”. They need no account. All members are told by mail.", g.Name),
		Button: v.T("Add the member"), Cancel: community.MembersPath(g.ID), Form: f, Errors: e,
	}))
	return p
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
	return v.Show(groupPage(v, g, v.T("Accept the application"), parts.ConfirmForm(parts.Confirmation{
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

// groupPage is the frame of the pages that belong to a group.
func groupPage(v *site.Visit, g community.Group, title string, body templ.Component) site.Page {
	e := g.Entity()
	return site.Page{
		Title: title, Body: body, Entity: &e, Hidden: true,
		Crumbs: v.FromHome(parts.Crumb{Label: v.T("Groups"), Path: community.GroupsPath}, parts.Crumb{Label: g.Name, Path: e.Path()}, parts.Crumb{Label: title}),
	}
}
