package membership

import (
	"strconv"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/web"
)

// limitInvitations bounds how many links somebody gives away.
func limitInvitations() web.Limit {
	return web.Limit{Name: "make invitations", Count: 20, Per: 24 * time.Hour, Whom: web.PerAccount}
}

func (m *Membership) createInvitation(v *site.Visit) error {
	g, err := m.extensible(v)
	if err != nil {
		return err
	}
	if err := m.deps.Limiter.Allow(v.Context(), limitInvitations(), web.Account(v.Viewer.PersonID)); err != nil {
		return err
	}
	if err := m.InviteByLink(v.Context(), v.Viewer, g); err != nil {
		return err
	}
	v.Flash(parts.Done, "The invitation link is ready.")
	return v.Redirect(community.RecommendPath(g.Slug))
}

func (m *Membership) withdrawInvitation(v *site.Visit) error {
	g, err := m.extensible(v)
	if err != nil {
		return err
	}
	var f struct {
		Invitation int64 `form:"invitation"`
	}
	if err := v.Bind(&f); err != nil {
		return err
	}
	if err := m.Withdraw(v.Context(), v.Viewer, g, f.Invitation); err != nil {
		return err
	}
	v.Flash(parts.Done, "The invitation is withdrawn. Its link no longer works.")
	return v.Redirect(community.RecommendPath(g.Slug))
}

// showInvitation is the page behind the link of an invitation.
func (m *Membership) showInvitation(v *site.Visit) error {
	i, g, err := m.FindInvitation(v.Context(), m.deps.DB, v.Path("key"))
	if err != nil {
		return err
	}
	if g.Archived() {
		return community.ErrArchived()
	}
	title := v.T("%s invites you to join “%s”", i.CreatedBy, g.Name)
	if !v.Viewer.SignedIn() {
		return v.Show(v.GroupPage(g, title, waysBody(g, ways{To: m.pathOf(i), ByMail: enterByMailPath(v.Path("key"))})))
	}
	member, err := isMember(v.Context(), m.deps.DB, g.ID, v.Viewer.PersonID)
	if err != nil {
		return err
	}
	if member {
		return answerJoined(v, g, false)
	}
	return v.Show(v.GroupPage(g, title, joinForm(v, g)))
}

func (m *Membership) acceptInvitation(v *site.Visit) error {
	if _, _, err := m.FindInvitation(v.Context(), m.deps.DB, v.Path("key")); err != nil {
		return err
	}
	g, entered, err := m.Enter(v.Context(), v.Viewer, v.Path("key"))
	if err != nil {
		return err
	}
	return answerJoined(v, g, entered)
}

// showPoster shows a page to print, with the code of the link into an open group or of an invitation.
func (m *Membership) showPoster(v *site.Visit) error {
	g, s, err := m.deps.Groups.Visited(v)
	if err != nil {
		return err
	}
	path, opens := community.EntityPath(g.Slug), ""
	if !g.Closed {
		path = community.JoinPath(g.Slug)
	}
	if number := v.Query("invitation"); number != "" {
		if path, opens, err = m.postedInvitation(v, g, s, number); err != nil {
			return err
		}
	}
	w, err := m.wayIn(v, g, path, opens)
	if err != nil {
		return err
	}
	p := v.GroupPage(g, v.T("Poster"), posterBody(g, w))
	p.OwnHeading = true
	return v.Show(p)
}

// postedInvitation returns the link of an invitation to a group that the viewer may give away, and what it opens.
func (m *Membership) postedInvitation(v *site.Visit, g community.Group, s community.Standing, number string) (path, opened string, err error) {
	if !CanInvite(s, g) {
		return "", "", errCannotAdd(s)
	}
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return "", "", errNoInvitation()
	}
	i, err := getInvitation(v.Context(), m.deps.DB, id, m.deps.DB.Now())
	if errs.Is(err, errs.NotFound) || err == nil && i.GroupID != g.ID {
		return "", "", errNoInvitation()
	}
	return m.pathOf(i), opens(v.Lang, i), err
}
