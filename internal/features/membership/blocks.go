package membership

import (
	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
)

// shownMembers is how many members are shown on the page of a group.
const shownMembers = 8

func (m *Membership) acts() []site.Act {
	return []site.Act{
		{About: "join an open group, apply to a closed one", Order: 20, Entrance: true, Offer: offerJoin},
		{About: "add a member to a closed group", Order: 60, Offer: func(v *site.Visit, s site.Subject) (parts.Button, bool) {
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
	case s.Group == nil || s.Standing.Member:
		return parts.Button{}, false
	case s.Group.Closed:
		return parts.Button{Path: community.ApplyPath(s.Group.ID), Label: v.T("Apply for membership")}, true
	default:
		return parts.Button{Path: community.JoinPath(s.Group.Slug), Label: v.T("Join"), Post: v.Viewer.SignedIn()}, true
	}
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
	}}}
}
