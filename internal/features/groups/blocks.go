package groups

import (
	"slices"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
)

// How many groups the pages of others show.
const (
	introduced = 6  // to whoever does not know the town yet
	top        = 8  // in the margin
	mine       = 12 // of the viewer
)

func (r *Groups) entries() []site.Entry {
	return []site.Entry{
		site.MenuLink(site.MainMenu, 20, community.GroupsPath, lang.Text("Groups"), parts.IconGroups),
		site.MenuLink(site.FooterMenu, 10, community.GroupsPath, lang.Text("All groups"), parts.IconGroups),
		{Menu: site.SettingsMenu, Order: 80, About: "the settings of the group in the address", Places: r.settingsPlaces},
	}
}

// settingsPlaces returns what the group that the address names by ?group=… adds to the menu of settings pages that
// declare it. A group that nobody knows adds nothing.
func (r *Groups) settingsPlaces(v *site.Visit) []site.Place {
	if !v.Declares("group") || v.Query("group") == "" {
		return nil
	}
	g, s, err := r.bySlug(v, v.Query("group"))
	if err != nil {
		return nil // the menu is not what the visitor came for
	}
	var places []site.Place
	for _, l := range settingsLinks(v.Lang, s, g) {
		places = append(places, site.Place{Path: l.Path, Label: l.Label})
	}
	return places
}

func (r *Groups) acts() []site.Act {
	return []site.Act{{About: "recommend a group by mail", Order: 70, Offer: func(v *site.Visit, s site.Subject) (parts.Button, bool) {
		if s.Group == nil || !s.Standing.Member && !s.Standing.Subscribed {
			return parts.Button{}, false
		}
		return parts.Button{Path: community.RecommendPath(s.Group.Slug), Label: v.T("Recommend")}, true
	}}}
}

func (r *Groups) blocks() []site.Block {
	return []site.Block{
		{Spot: site.StartAside, Order: 10, About: "the most active groups", Show: r.showTown},
		{Spot: site.StartMain, Order: 20, About: "the groups of the viewer", Show: r.showMine},
		{Spot: site.GroupMain, Order: 0, About: "name, place, description and acts", Show: r.showHead},
		{Spot: site.GroupAside, Order: 10, About: "who takes part", Show: r.showFacts},
		{Spot: site.GroupAside, Order: 90, About: "the most active other groups", Show: r.showOthers},
		{Spot: site.ContentAside, Order: 10, About: "the group that has published it", Show: r.showBeside},
	}
}

// showTown shows the most active groups: with what they say about themselves to whoever does not know them yet.
func (r *Groups) showTown(v *site.Visit, s site.Subject) (templ.Component, error) {
	if v.Viewer.SignedIn() {
		return r.showOthers(v, s)
	}
	cards, err := r.Introduced(v.Context(), r.deps.DB, v.Viewer, introduced)
	if err != nil || len(cards) == 0 {
		return nil, err
	}
	return groupsPanel(introductions(cards)), nil
}

// showMine shows the groups that the viewer is a member of, the most active ones first.
func (r *Groups) showMine(v *site.Visit, _ site.Subject) (templ.Component, error) {
	if !v.Viewer.SignedIn() {
		return nil, nil //nolint:nilnil // no block
	}
	all, more, err := r.Mine(v.Context(), r.deps.DB, v.Viewer, mine)
	if err != nil {
		return nil, err
	}
	return mineBlock(all, more), nil
}

// showOthers shows the most active groups but the one that the page is about.
func (r *Groups) showOthers(v *site.Visit, s site.Subject) (templ.Component, error) {
	except := int64(0)
	if s.Group != nil {
		except = s.Group.ID
	}
	all, err := r.Top(v.Context(), except)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return groupsPanel(named("entities", all)), nil
}

// showHead shows what a group is, where, and how to take part.
func (r *Groups) showHead(v *site.Visit, s site.Subject) (templ.Component, error) {
	return head(*s.Group, r.about(*s.Group), v.Acts(s)), nil
}

func (r *Groups) about(g community.Group) markdown.Rendered {
	return r.texts.Render(g.Description, markdown.Options{Preset: markdown.Inline})
}

// showFacts shows who takes part in a group and where it is seen.
func (r *Groups) showFacts(v *site.Visit, s site.Subject) (templ.Component, error) {
	people, err := v.Blocks(site.GroupPeople, s)
	return facts(r.profile(s), people), err
}

// showBeside shows whose text somebody reads, and how to take part.
func (r *Groups) showBeside(v *site.Visit, s site.Subject) (templ.Component, error) {
	if !s.Entity.IsGroup() {
		return nil, nil //nolint:nilnil // no block
	}
	g, err := r.Get(v.Context(), r.deps.DB, s.Entity.OwnerID)
	if err != nil {
		return nil, err
	}
	s.Group = &g
	return besideCard(g, r.about(g), slices.Clip(v.Entrances(s))), nil
}
