package membership

import (
	"strconv"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/qrcode"
)

// shownMembers is how many members are shown on the page of a group.
const shownMembers = 8

func (m *Membership) acts() []site.Act {
	return []site.Act{
		{About: "join an open group, apply to a closed one", Order: 20, Entrance: true, Offer: offerJoin},
		{About: "add a member to a closed group", Order: 70, Offer: func(v *site.Visit, s site.Subject) (parts.Button, bool) {
			if s.Group == nil || !CanAdd(s.Standing, *s.Group) {
				return parts.Button{}, false
			}
			return parts.Button{Path: community.AddMemberPath(s.Group.ID), Label: v.T("Add a member")}, true
		}},
	}
}

// offerJoin lets strangers and subscribers join an open group, or apply to a closed one.
func offerJoin(v *site.Visit, s site.Subject) (parts.Button, bool) {
	switch {
	case s.Group == nil || s.Standing.Member || s.Group.Archived():
		return parts.Button{}, false
	case !v.Viewer.SignedIn() && s.Group.Closed:
		return parts.Button{Path: community.JoinPath(s.Group.Slug), Label: v.T("Ask to join")}, true
	case s.Group.Closed:
		return parts.Button{Path: community.ApplyPath(s.Group.ID), Label: v.T("Ask to join")}, true
	default:
		return parts.Button{Path: community.JoinPath(s.Group.Slug), Label: v.T("Join"), Post: v.Viewer.SignedIn()}, true
	}
}

func entries() []site.Entry {
	return []site.Entry{{Menu: site.GroupMenu, Order: 40, About: "the members of the group", Places: func(v *site.Visit) []site.Place {
		if e, s := v.Subject().Entity, v.Subject().Standing; e.IsGroup() && CanSeeMembers(s) {
			return []site.Place{{Path: community.MembersPath(e.OwnerID), Label: v.T("Members")}}
		}
		return nil
	}}}
}

func (m *Membership) blocks() []site.Block {
	return []site.Block{{Spot: site.GroupPeople, Order: 10, About: "the most active members", Show: func(v *site.Visit, s site.Subject) (templ.Component, error) {
		if !CanSeeMembers(s.Standing) {
			return nil, nil // no block
		}
		active, err := listMembers(v.Context(), m.deps.DB, s.Group.ID, Query{}, shownMembers)
		if err != nil {
			return nil, err
		}
		return memberTiles(active), nil
	}}, {Spot: site.GroupInvite, Order: 10, About: "links and codes that lead into the group", Show: m.showInviting}}
}

// steps offer to bring others into a new group.
func (m *Membership) steps() []site.Step {
	return []site.Step{{
		Name: "invite", Group: true, Order: 30, About: "the second member of the group",
		Show: func(v *site.Visit, s site.Subject) (site.StepLine, bool, error) {
			return site.StepLine{
				Title: v.T("Invite people"), Text: v.T("By email, with a link, or with a QR code to print."),
				Links: []parts.Link{{Path: community.RecommendPath(s.Entity.Slug), Label: v.T("Invite people")}},
			}, s.Members > 1, nil
		},
	}}
}

// showInviting shows what leads others into a group, and what it lets them do there.
func (m *Membership) showInviting(v *site.Visit, s site.Subject) (templ.Component, error) {
	g := *s.Group
	switch {
	case g.Archived():
		return nil, nil //nolint:nilnil // no block
	case !g.Closed:
		w, err := m.wayIn(v, g, community.JoinPath(g.Slug), v.T("Anyone with this link can join the group right away."))
		return inviteByLink(g, w), err
	case !CanInvite(s.Standing, g):
		w, err := m.wayIn(v, g, community.EntityPath(g.Slug), v.T("This link leads to the page of the group. Its members decide who joins."))
		return inviteByLink(g, w), err
	}
	all, err := listInvitations(v.Context(), m.deps.DB, g.ID, m.deps.DB.Now())
	if err != nil {
		return nil, err
	}
	invited := make([]invitedView, len(all))
	for n, i := range all {
		invited[n].Invitation = i
		if i.Mailed > 0 {
			continue
		}
		if invited[n].Way, err = m.wayIn(v, g, m.pathOf(i), opens(v.Lang, i)); err != nil {
			return nil, err
		}
		invited[n].Way.Poster += "?invitation=" + strconv.FormatInt(i.ID, 10)
	}
	return inviteIntoClosed(g, invited), nil
}

// opens says what an invitation lets people do.
func opens(p *lang.Printer, i Invitation) string {
	return p.T("Anyone with this link can join without asking, until %s.", p.Date(i.ExpiresAt))
}

// wayIn is a link that leads others to a group, with its code.
type wayIn struct {
	URL, Opens string // the address, and what it lets people do
	Poster     string // path of a page to print
	Code       qrcode.Code
}

func (m *Membership) wayIn(v *site.Visit, g community.Group, path, opens string) (wayIn, error) {
	address := v.URL(path)
	code, err := qrcode.New(address)
	return wayIn{URL: address, Opens: opens, Poster: posterPath(g.Slug), Code: code}, err
}

// posterPath returns the address of the page of a group to print.
func posterPath(slug string) string { return community.RecommendPath(slug) + "/poster" }
