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
