package app

import (
	"strings"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/channels/inbox"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/admin"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/conversations"
	"grouprise.org/grouprise/internal/features/groups"
	"grouprise.org/grouprise/internal/features/membership"
	"grouprise.org/grouprise/internal/features/pages"
	"grouprise.org/grouprise/internal/kit/paging"
)

// frame is what stands around all pages.
func (h *House) frame(register *entities.Entities, theContent *content.Content) site.Frame {
	return site.Frame{
		Near: func(v *site.Visit, path string) []parts.Link {
			slug, _, _ := strings.Cut(strings.Trim(path, "/"), "/")
			near, err := register.Near(v.Context(), h.db, slug)
			if err != nil {
				return nil // the page is about something else that is not there
			}
			var links []parts.Link
			for _, e := range near {
				links = append(links, parts.Link{Path: e.Path(), Label: e.Name})
			}
			return links
		},
		Places: func(v *site.Visit) []site.Place {
			places := []site.Place{
				{Path: "/", Label: v.T("Home"), Icon: parts.IconHome},
				{Path: community.GroupsPath, Label: v.T("Groups"), Icon: parts.IconGroups},
			}
			return append(places, listsOf(v, theContent)...)
		},
		Mine: func(v *site.Visit) []site.Place {
			places := []site.Place{
				{Path: community.EntityPath(v.Viewer.Slug), Label: v.T("My page"), Icon: parts.IconPerson},
				{Path: inbox.Path, Label: v.T("Notifications"), Icon: parts.IconBell, Count: v.Viewer.Unread},
				{Path: "/stadt/settings/", Label: v.T("Settings"), Icon: parts.IconSettings},
			}
			if v.Viewer.Admin {
				places = append(places, site.Place{Path: admin.Path, Label: v.T("Administration"), Icon: parts.IconSettings})
			}
			return places
		},
		Footer: func(v *site.Visit) []site.Column {
			links := append([]site.Place{{Path: community.GroupsPath, Label: v.T("All groups")}}, listsOf(v, theContent)...)
			return []site.Column{{Title: v.T("The town"), Links: append(links, site.Place{Path: "/stadt/gestalten/", Label: v.T("People")})}}
		},
	}
}

// listsOf returns the lists of all kinds of content.
func listsOf(v *site.Visit, theContent *content.Content) []site.Place {
	var places []site.Place
	for _, k := range theContent.Kinds() {
		places = append(places, site.Place{Path: k.ListPath, Label: v.T(string(k.Plural)), Icon: k.Icon})
	}
	return places
}

// operator is where the foot of all pages leads to.
func (o *Options) operator() site.Operator {
	return site.Operator{Name: o.SiteName, Help: pages.HelpPath, DataProtection: pages.DataProtectionPath, Abuse: "/stadt/abuse/path=/"}
}

// newPages builds the pages that put the other rooms together.
func (h *House) newPages(d pages.Deps, theGroups *groups.Groups, members *membership.Membership, talks *conversations.Conversations) *pages.Pages {
	const shownTalks, shownMembers = 3, 8
	d.Introduce = func(v *site.Visit, groupID int64, s community.Standing) (pages.Introduction, error) {
		g, err := theGroups.Get(v.Context(), h.db, groupID)
		if err != nil {
			return pages.Introduction{}, err
		}
		head, err := theGroups.Header(v.Context(), h.db, g, s)
		if err != nil {
			return pages.Introduction{}, err
		}
		var faces templ.Component
		if membership.CanSeeMembers(s) {
			active, err := members.Faces(v.Context(), h.db, g.ID, shownMembers)
			if err != nil {
				return pages.Introduction{}, err
			}
			faces = membership.Faces(active)
		}
		return pages.Introduction{Head: groups.Head(head), Facts: groups.Facts(head, faces), Description: g.Description}, nil
	}
	d.GroupCards = func(v *site.Visit, n int) (templ.Component, error) {
		cards, err := theGroups.Introduced(v.Context(), h.db, v.Viewer, n)
		if err != nil || len(cards) == 0 {
			return nil, err
		}
		return groups.Cards(cards), nil
	}
	d.MyGroups = func(v *site.Visit, n int) (templ.Component, bool, error) {
		mine, more, err := theGroups.Mine(v.Context(), h.db, v.Viewer, n)
		if err != nil || len(mine) == 0 {
			return nil, false, err
		}
		return groups.Tiles(mine), more, nil
	}
	d.TopGroups = func(v *site.Visit, except int64, n int) (templ.Component, error) {
		top, err := theGroups.Top(v.Context(), h.db, except, n)
		if err != nil || len(top) == 0 {
			return nil, err
		}
		return groups.Links(top), nil
	}
	d.Talks = func(v *site.Visit, e community.Entity) (templ.Component, error) {
		latest, _, err := talks.Latest(v.Context(), h.db, v.Viewer, e.ID, paging.Cursor{}, shownTalks)
		if err != nil || len(latest) == 0 {
			return nil, err
		}
		return conversations.Cards(latest, 3), nil
	}
	d.Waiting = inbox.Page{DB: h.db}.Waiting
	return pages.New(d)
}
