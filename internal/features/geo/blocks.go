package geo

import (
	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/lang"
)

func entries() []site.Entry {
	return []site.Entry{
		site.MenuLink(site.FooterMenu, 28, mapPath, lang.Text("Map"), parts.IconPlace),
		{Menu: site.ManageMenu, Order: 15, About: "where the group is", Places: func(v *site.Visit) []site.Place {
			s := v.Subject()
			if !s.Entity.IsGroup() || !CanPlace(s.Standing) {
				return nil
			}
			return []site.Place{{Path: pathOf(s.Entity.Slug), Label: v.T("Place on the map"), Icon: parts.IconPlace}}
		}},
	}
}

func (r *Geo) blocks() []site.Block {
	return []site.Block{
		{Spot: site.GroupAside, Order: 15, About: "where the group is", Show: r.showGroup},
		{Spot: site.GroupAbout, Order: 20, About: "where the group is", Show: r.showGroup},
		{Spot: site.ContentAside, Order: 15, About: "where an event takes place", Show: r.showEvent},
	}
}

// showGroup shows where a group is, if somebody has said it.
func (r *Geo) showGroup(v *site.Visit, s site.Subject) (templ.Component, error) {
	if s.Position == nil || s.Standing.Archived {
		return nil, nil //nolint:nilnil // no block
	}
	return smallMap(v, r.frame(), spot{Point: *s.Position, Label: s.Entity.Name}, v.T("Where we are")), nil
}

// showEvent shows where an event takes place. Its page is only shown to who may read it.
func (r *Geo) showEvent(v *site.Visit, s site.Subject) (templ.Component, error) {
	if s.ContentID == 0 || s.ContentKind != eventKind {
		return nil, nil //nolint:nilnil // no block
	}
	all, err := listPlaced(v.Context(), r.deps.DB, s.ContentID)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return smallMap(v, r.frame(), spot{Point: all[0].Point, Label: all[0].Place}, v.T("Where it is")), nil
}

// eventKind is the kind of content that has a place.
const eventKind = "event"

// path returns the address of an event, or of its next date.
func (e mappedEvent) path() string {
	path := community.ContentPath(e.Entity.Slug, e.Slug)
	if e.Repeats {
		return community.DatePath(path, e.Day)
	}
	return path
}
