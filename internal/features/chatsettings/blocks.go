package chatsettings

import (
	"context"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/chat"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

func (*Settings) entries() []site.Entry {
	return []site.Entry{
		site.MenuLink(site.SettingsMenu, 35, ownPath, lang.Text("Chat"), parts.IconTalk),
		{Menu: site.ManageMenu, Order: 35, About: "the chat rooms of the group, and whether the members’ one answers", Places: func(v *site.Visit) []site.Place {
			s := v.Subject()
			if !s.Entity.IsGroup() || !CanManage(s.Standing) {
				return nil
			}
			return []site.Place{{Path: groupPathOf(s.Entity.Slug), Label: v.T("Chat"), Icon: parts.IconTalk}}
		}},
	}
}

func (r *Settings) blocks() []site.Block {
	all := []site.Block{
		{Spot: site.GroupAside, Order: 20, About: "the chat rooms of the group", Show: r.showRooms},
		{Spot: site.GroupAbout, Order: 30, About: "the chat rooms of the group", Show: r.showRooms},
	}
	if len(r.deps.Listeners) > 0 {
		feed := func(*site.Visit, site.Subject) (templ.Component, error) { return feedPanel(), nil }
		all = append(all,
			site.Block{Spot: site.StartAside, Order: 40, About: "the chat room that is told everything public", Show: feed},
			site.Block{Spot: site.ListBelow, Order: 10, About: "the chat room that is told everything public", Show: func(*site.Visit, site.Subject) (templ.Component, error) { return feedLine(), nil }},
		)
	}
	return all
}

// roomLink is a link to a chat room on the page of its group.
type roomLink struct {
	Kind chat.Kind
	Path string
}

// showRooms shows the links to the chat rooms of a group, and says to members that theirs answers.
func (r *Settings) showRooms(v *site.Visit, s site.Subject) (templ.Component, error) {
	rooms, err := r.deps.Chat.RoomsOf(v.Context(), v.Memo(r.deps.DB), s.Entity)
	if err != nil {
		return nil, err
	}
	var links []roomLink
	for _, k := range []chat.Kind{chat.Public, chat.Private} {
		for _, room := range rooms {
			if room.Kind == k && CanSeeLink(s.Standing, room) {
				links = append(links, roomLink{k, roomPath(s.Entity.Slug, k)})
			}
		}
	}
	answers := false
	if s.Entity.IsGroup() && CanManage(s.Standing) {
		if answers, err = r.deps.Answers.IsOpen(v.Context(), v.Memo(r.deps.DB), s.Entity.ID); err != nil {
			return nil, err
		}
	}
	if len(links) == 0 && !answers {
		return nil, nil //nolint:nilnil // no block
	}
	return roomsPanel(links, answers), nil
}

// insteadOfMail is the checkbox by which people are told in chat.
func (r *Settings) insteadOfMail() notify.Switch {
	return notify.Switch{
		Field: "receives_matrix_notifications", About: "notifications come in chat instead of by email", Label: lang.Text("In chat instead of by email"),
		Hint: lang.Text("In the chat room of your group if you’re in it, and otherwise in a chat of your own with this site. Which chat account that is, you choose under “Chat”. Emails about your account still come by email."),
		Get: func(ctx context.Context, q sqldb.Querier, personID int64) (bool, error) {
			return insteadOfMail(ctx, q, personID)
		},
		Set: r.setInstead,
	}
}
