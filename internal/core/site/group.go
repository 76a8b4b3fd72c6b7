package site

import (
	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
)

// GroupPage returns a page about a group that search engines leave out, with the way to it from the list of groups.
func (v *Visit) GroupPage(g community.Group, title string, body templ.Component) Page {
	e := g.Entity()
	return Page{
		Title: title, Body: body, Entity: &e, Hidden: true,
		Crumbs: v.FromHome(parts.Crumb{Label: v.T("Groups"), Path: community.GroupsPath}, parts.Crumb{Label: g.Name, Path: e.Path()}, parts.Crumb{Label: title}),
	}
}

// GroupTab returns a page that one of the tabs of the group leads to, or that stands beside them: the group and its tabs
// stand above the title. The visit must know that the page concerns the group.
func (v *Visit) GroupTab(g community.Group, title string, body templ.Component) Page {
	p := v.GroupPage(g, title, body)
	p.OwnHeading, p.Body = true, groupTabBody(v, g, title, body)
	return p
}

// ManagePage returns a page on which a group is managed, with the list of the others beside it.
func (v *Visit) ManagePage(g community.Entity, title string, body templ.Component) Page {
	return Page{
		Title: title, Body: body, Entity: &g, Hidden: true, Side: SideMenu{Title: g.Name, Places: v.Menu(ManageMenu)},
		Crumbs: v.FromHome(
			parts.Crumb{Label: v.T("Groups"), Path: community.GroupsPath}, parts.Crumb{Label: g.Name, Path: g.Path()},
			parts.Crumb{Label: v.T("Manage"), Path: community.GroupSettingsPath(g.Slug)}, parts.Crumb{Label: title},
		),
	}
}

// GroupTabs returns the tabs of the group that the page concerns, and the button that leads to where it is managed.
func (v *Visit) GroupTabs() templ.Component {
	var tabs []parts.Link
	for _, place := range v.Menu(GroupMenu) {
		tabs = append(tabs, parts.Link{Path: place.Path, Label: place.Label})
	}
	return groupTabs(v, tabs, v.Menu(ManageMenu))
}
