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
	mineShown  = 12 // of the viewer
)

func (r *Groups) entries() []site.Entry {
	return []site.Entry{
		site.MenuLink(site.MainMenu, 20, community.GroupsPath, lang.Text("Groups"), parts.IconGroups),
		site.MenuLink(site.FooterMenu, 10, community.GroupsPath, lang.Text("All groups"), parts.IconGroups),
		{Menu: site.GroupMenu, Order: 90, About: "all about the group", Places: func(v *site.Visit) []site.Place {
			e := v.Subject().Entity
			if !e.IsGroup() {
				return nil
			}
			return []site.Place{{Path: community.AboutGroupPath(e.OwnerID), Label: v.T("About")}}
		}},
		{Menu: site.ManageMenu, Order: 10, About: "the settings of the group", Places: func(v *site.Visit) []site.Place {
			s := v.Subject()
			if !s.Entity.IsGroup() || !CanChange(s.Standing) {
				return nil
			}
			return []site.Place{{Path: community.GroupSettingsPath(s.Entity.Slug), Label: v.T("Group settings"), Icon: parts.IconSettings}}
		}},
		{Menu: site.ManageMenu, Order: 95, About: "archives the group, and reactivates it", Places: r.offerArchive},
	}
}

// searches is what the bar searches as long as no room searches more.
func searches() []site.Search {
	return []site.Search{{Order: 90, Path: community.GroupsPath, Parameter: "name", Label: lang.Text("Search groups")}}
}

func (r *Groups) acts() []site.Act {
	return []site.Act{{About: "invite people to a group", Order: 60, Offer: func(v *site.Visit, s site.Subject) (parts.Button, bool) {
		if s.Group == nil || s.Group.Archived() || !s.Standing.Member && !s.Standing.Subscribed {
			return parts.Button{}, false
		}
		return parts.Button{Path: community.RecommendPath(s.Group.Slug), Label: v.T("Invite people")}, true
	}}}
}

func (r *Groups) blocks() []site.Block {
	return []site.Block{
		{Spot: site.StartAside, Order: 10, About: "the most active groups", Show: r.showTown},
		{Spot: site.StartMain, Order: 20, About: "the groups of the viewer", Show: r.showMine},
		{Spot: site.GroupMain, Order: 0, About: "name, place, description and acts", Show: r.showHead},
		{Spot: site.GroupMain, Order: 2, About: "that the group is archived", Show: r.showArchived},
		{Spot: site.GroupMain, Order: 5, About: "the tabs of the group", Show: func(v *site.Visit, _ site.Subject) (templ.Component, error) {
			return v.GroupTabs(), nil
		}},
		{Spot: site.GroupAbout, Order: 10, About: "what the group says of itself, and who takes part", Show: r.showAll},
		{Spot: site.GroupAside, Order: 10, About: "who takes part", Show: r.showFacts},
		{Spot: site.GroupAside, Order: 90, About: "the most active other groups", Show: r.showOthers},
		{Spot: site.TagMain, Order: 10, About: "the groups with the tag", Show: r.showTagged},
		{Spot: site.ContentAside, Order: 10, About: "the group that has published it", Show: r.showBeside},
		{Spot: site.DeniedMain, Order: 10, About: "the group that it belongs to, and how to take part", Show: r.showBeside},
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

// showMine shows the groups that the viewer is a member of, their favourite ones first.
func (r *Groups) showMine(v *site.Visit, _ site.Subject) (templ.Component, error) {
	if !v.Viewer.SignedIn() {
		return nil, nil //nolint:nilnil // no block
	}
	all, more, err := r.mineShownFirst(v.Context(), v.Memo(r.deps.DB), v.Viewer)
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
	acts, _ := v.Acts(s)
	return head(*s.Group, r.about(*s.Group), acts), nil
}

func (r *Groups) about(g community.Group) markdown.Rendered {
	return r.texts.Render(g.Description, markdown.Options{Preset: markdown.Inline})
}

// showFacts shows who takes part in a group, where it is seen, and what the head of the page has no room for.
func (r *Groups) showFacts(v *site.Visit, s site.Subject) (templ.Component, error) {
	people, err := v.Blocks(site.GroupPeople, s)
	_, acts := v.Acts(s)
	return facts(r.profile(s), people, acts), err
}

// showAll shows what a group says of itself, what is counted and known of it, and what the viewer can do.
func (r *Groups) showAll(v *site.Visit, s site.Subject) (templ.Component, error) {
	people, err := v.Blocks(site.GroupPeople, s)
	first, rest := v.Acts(s)
	return aboutBody(r.profile(s), r.about(*s.Group), people, slices.Concat(first, rest)), err
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
	s.Standing.Archived = g.Archived()
	return besideCard(g, r.about(g), slices.Clip(v.Entrances(s))), nil
}

func (r *Groups) steps() []site.Step {
	return []site.Step{
		{
			Name: "groups", Order: 20, About: "the first group of a person",
			Show: func(v *site.Visit, _ site.Subject) (site.StepLine, bool, error) {
				mine, err := listMine(v.Context(), r.deps.DB, v.Viewer.PersonID, 1)
				return site.StepLine{
					Title: v.T("Find groups"), Text: v.T("Join a group to take part, or subscribe to hear what it’s doing."),
					Links: []parts.Link{{Path: community.GroupsPath, Label: v.T("Browse groups")}},
				}, len(mine) > 0, err
			},
		},
		{
			Name: "picture", Group: true, Order: 10, About: "a picture of the group",
			Show: func(v *site.Visit, s site.Subject) (site.StepLine, bool, error) {
				return site.StepLine{
					Title: v.T("Add a picture of the group"), Text: v.T("It’s shown next to everything the group posts."),
					Links: []parts.Link{{Path: community.GroupPicturesPath(s.Entity.Slug), Label: v.T("Choose a picture")}},
				}, s.Entity.Picture != "", nil
			},
		},
		{
			Name: "description", Group: true, Order: 20, About: "two sentences about the group",
			Show: func(v *site.Visit, s site.Subject) (site.StepLine, bool, error) {
				return site.StepLine{
					Title: v.T("Describe the group in two sentences"), Text: v.T("What you do, and who it’s for."),
					Links: []parts.Link{{Path: community.GroupSettingsPath(s.Entity.Slug), Label: v.T("Write the description")}},
				}, s.Group.Description != "", nil
			},
		},
	}
}
