package conversations

import (
	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/paging"
)

// shownOfGroup is how many conversations stand on the page of a group.
const shownOfGroup = 3

func (c *Conversations) acts() []site.Act {
	return []site.Act{{About: "write to a group", Order: 40, Writes: true, Offer: func(v *site.Visit, s site.Subject) (parts.Button, bool) {
		if !s.Entity.IsGroup() || !policy.CanAdd(s.Standing) {
			return parts.Button{}, false
		}
		return parts.Button{Path: community.GroupContactPath(s.Entity.OwnerID), Label: v.T("Write to the group")}, true
	}}}
}

func (c *Conversations) entries() []site.Entry {
	return []site.Entry{{Menu: site.GroupMenu, Order: 30, About: "the conversations of the group, for members", Places: func(v *site.Visit) []site.Place {
		if e, s := v.Subject().Entity, v.Subject().Standing; e.IsGroup() && s.Member {
			return []site.Place{{Path: community.ConversationsPath(e.OwnerID), Label: v.T("Conversations")}}
		}
		return nil
	}}}
}

func (c *Conversations) blocks() []site.Block {
	return []site.Block{{Spot: site.GroupMain, Order: 20, About: "the latest conversations", Show: c.showLatest}}
}

// showLatest shows the latest conversations with a group that the viewer may read, on the first page of its news.
func (c *Conversations) showLatest(v *site.Visit, s site.Subject) (templ.Component, error) {
	if !v.Before().At.IsZero() {
		return nil, nil //nolint:nilnil // no block
	}
	latest, _, err := c.Latest(v.Context(), c.deps.DB, v.Viewer, s.Entity.ID, paging.Cursor{}, shownOfGroup)
	if err != nil || len(latest) == 0 {
		return nil, err
	}
	return latestBlock(c.lines(latest), s), nil
}
