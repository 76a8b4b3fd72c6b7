package bridge

import (
	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
)

func (b *Bridge) entries() []site.Entry {
	return []site.Entry{{Menu: site.ManageMenu, Order: 36, About: "whether replies in the members’ chat room become comments", Places: func(v *site.Visit) []site.Place {
		s := v.Subject()
		if !s.Entity.IsGroup() || !CanChoose(s.Standing) {
			return nil
		}
		return []site.Place{{Path: pathOf(s.Entity.Slug), Label: v.T("Replies in the chat"), Icon: parts.IconTalk}}
	}}}
}

func (b *Bridge) blocks() []site.Block {
	return []site.Block{
		{Spot: site.GroupAside, Order: 21, About: "that the members’ chat room answers", Show: b.showOpen},
		{Spot: site.GroupAbout, Order: 31, About: "that the members’ chat room answers", Show: b.showOpen},
	}
}

// showOpen says to members that the chat room of their group answers.
func (b *Bridge) showOpen(v *site.Visit, s site.Subject) (templ.Component, error) {
	if !s.Entity.IsGroup() || !CanChoose(s.Standing) || s.Standing.Archived {
		return nil, nil //nolint:nilnil // no block
	}
	open, err := isOpen(v.Context(), v.Memo(b.deps.DB), s.Entity.ID)
	if err != nil || !open {
		return nil, err
	}
	return openPanel(), nil
}
