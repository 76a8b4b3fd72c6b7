package events

import (
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/lang"
)

func entries() []site.Entry {
	return []site.Entry{
		site.MenuLink(site.MainMenu, 30, listPath, lang.Text("Calendar"), parts.IconCalendar),
		{Menu: site.GroupMenu, Order: 20, About: "the calendar of the group", Places: func(v *site.Visit) []site.Place {
			e := v.Subject().Entity
			if !e.IsGroup() {
				return nil
			}
			return []site.Place{{Path: community.GroupCalendarPath(e.OwnerID), Label: v.T("Calendar")}}
		}},
	}
}

func (r *Events) blocks() []site.Block {
	return []site.Block{
		{Spot: site.ContentMain, Order: 10, About: "the groups that show an event of another one", Show: r.showHosts},
		{Spot: site.StartMain, Order: 40, About: "what is on next, on a phone", Show: r.showComing},
		{Spot: site.StartAside, Order: 5, About: "the calendar of the month, and what is on next", Show: r.showBeside},
		{Spot: site.GroupMain, Order: 10, About: "the next dates of the group, on a phone", Show: r.showComing},
		{Spot: site.GroupAside, Order: 20, About: "the calendar of the group, and its next dates", Show: r.showBeside},
		{Spot: site.TagMain, Order: 20, About: "what is on next with the tag, on a phone", Show: r.showComing},
		{Spot: site.TagAside, Order: 10, About: "the calendar of the tag, and what is on next", Show: r.showBeside},
		{Spot: site.PersonMain, Order: 40, About: "the next dates of the person, on a phone", Show: r.showComing},
		{Spot: site.PersonAside, Order: 10, About: "the calendar of the person, and their next dates", Show: r.showBeside},
	}
}
