package content

import (
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
)

// entries are the lists of all kinds in the foot, and the first tab of a group.
func (c *Content) entries() []site.Entry {
	var all []site.Entry
	for n, k := range c.kinds {
		all = append(all, site.MenuLink(site.FooterMenu, 20+n, k.ListPath, k.Plural, k.Icon))
	}
	return append(all, site.Entry{Menu: site.GroupMenu, Order: 10, About: "what is new in the group", Places: func(v *site.Visit) []site.Place {
		e := v.Subject().Entity
		if !e.IsGroup() {
			return nil
		}
		return []site.Place{{Path: e.Path(), Label: v.T("News")}}
	}})
}

// acts offer to write each kind: in the name of whom the page is about, or of whom the form asks for.
func (c *Content) acts() []site.Act {
	var all []site.Act
	for n, k := range c.kinds {
		order := 10 // the first kind is the main thing to do; the others leave room for what else people do with a group
		if n > 0 {
			order = 70 + n
		}
		all = append(all, site.Act{About: "write: " + k.Name, Order: order, Writes: true, Offer: func(v *site.Visit, s site.Subject) (parts.Button, bool) {
			if s.Entity.ID == 0 && v.Viewer.SignedIn() {
				return parts.Button{Path: k.WritePath(""), Label: v.T(string(k.Write))}, true
			}
			if s.Entity.ID == 0 || !policy.CanPublish(s.Standing) {
				return parts.Button{}, false
			}
			return parts.Button{Path: k.WritePath(s.Entity.Slug), Label: v.T(string(k.Write))}, true
		}})
	}
	return all
}

func (c *Content) blocks() []site.Block {
	return []site.Block{
		{Spot: site.StartMain, Order: 15, About: "what the viewer can write", Show: c.showKinds},
		{Spot: site.StartMain, Order: 50, About: "what is new", Show: c.showNews},
		{Spot: site.GroupMain, Order: 50, About: "what introduces the group, and what is new", Show: c.showGroupNews},
		{Spot: site.GroupAbout, Order: 20, About: "what introduces the group", Show: c.showIntroduction},
		{Spot: site.TagMain, Order: 50, About: "what has the tag", Show: c.showTagged},
		{Spot: site.PersonMain, Order: 50, About: "what the person has published", Show: c.showNewsOf},
	}
}

// listed is a list of items with the ways through it.
type listed struct {
	Cards         []Card
	Older, Newest string
}

// listed returns a page of a list.
func (c *Content) listed(v *site.Visit, f Filter) (listed, error) {
	items, more, err := c.List(v.Context(), v.Viewer, f)
	if err != nil {
		return listed{}, err
	}
	l, _, err := c.cardsOf(v, f, items, more, nil)
	return l, err
}

// cardsOf returns the cards of a page of a list and those of other items, whose texts are rendered together.
func (c *Content) cardsOf(v *site.Visit, f Filter, items []Item, more bool, others []Item) (l listed, other []Card, err error) {
	if len(others) > 0 {
		items = slices.Concat(others, items)
	}
	cards, err := c.Cards(v, items)
	if err != nil {
		return l, nil, err
	}
	for i := range cards {
		cards[i].Home = f.EntityID != 0
	}
	return listed{Cards: cards[len(others):], Older: following(v, items[len(others):], more, f.ByDate != NotByDate), Newest: Newest(v)}, cards[:len(others)], nil
}

// showKinds shows what whoever has signed in can write.
func (c *Content) showKinds(v *site.Visit, _ site.Subject) (templ.Component, error) {
	if !v.Viewer.SignedIn() {
		return nil, nil //nolint:nilnil // no block
	}
	var buttons []parts.Button
	for _, k := range c.kinds {
		buttons = append(buttons, parts.Button{Path: k.WritePath(""), Label: v.T(string(k.Write))})
	}
	return writeButtons(buttons), nil
}

// showNews shows what is new in the town; whoever has signed in sees before that, on the first page, what is new in their
// groups.
func (c *Content) showNews(v *site.Visit, _ site.Subject) (templ.Component, error) {
	f := Filter{Before: v.Before()}
	if !v.Viewer.SignedIn() || !f.Before.At.IsZero() {
		items, err := c.listed(v, f)
		return startNews(v, nil, items), err
	}
	mine, rest, more, err := c.listStart(v.Context(), v.Viewer)
	if err != nil {
		return nil, err
	}
	items, inGroups, err := c.cardsOf(v, f, rest, more, mine)
	return startNews(v, inGroups, items), err
}

// showNewsOf shows what a person has published.
func (c *Content) showNewsOf(v *site.Visit, s site.Subject) (templ.Component, error) {
	list, n, err := c.listNewsOf(v, s, Filter{EntityID: s.Entity.ID, Before: v.Before()})
	return news(list, n, v.T("%s hasn’t published anything yet.", s.Entity.Name)), err
}

// listNewsOf returns a page of what a group or person has published, as far as the address of the page asks for it.
func (c *Content) listNewsOf(v *site.Visit, s site.Subject, f Filter) (listed, narrowed, error) {
	n := c.narrowingOf(v)
	f = n.apply(f, v.Lang.Zone())
	items, more, by, err := c.listNarrowed(v.Context(), v.Viewer, f)
	if err != nil {
		return listed{}, narrowed{}, err
	}
	list, _, err := c.cardsOf(v, f, items, more, nil)
	return list, c.narrowed(v, s, n, by), err
}

// showIntroduction shows all that introduces a group.
func (c *Content) showIntroduction(v *site.Visit, s site.Subject) (templ.Component, error) {
	items, err := c.listed(v, Filter{EntityID: s.Entity.ID, Pinned: true, InWords: true, Before: v.Before()})
	if err != nil || len(items.Cards) == 0 {
		return nil, err
	}
	return CardList(items.Cards, 2, items.Older, items.Newest), nil
}

// pinnedParameter asks the page of a group for all that introduces it.
const pinnedParameter = site.PinnedParameter

// showGroupNews shows what introduces a group, on the first page of its news, and the news.
func (c *Content) showGroupNews(v *site.Visit, s site.Subject) (templ.Component, error) {
	f := Filter{EntityID: s.Entity.ID, Before: v.Before()}
	if v.Query(pinnedParameter) != "" {
		f.Pinned, f.InWords = true, true
		items, err := c.listed(v, f)
		return groupIntroduction(items.Cards, items.Older, items.Newest, parts.Link{Path: s.Entity.Path(), Label: v.T("What’s new")}), err
	}
	if asks := c.narrowingOf(v).active(); asks || !f.Before.At.IsZero() {
		f.Unpinned = !asks
		list, n, err := c.listNewsOf(v, s, f)
		return groupNews(list, n, false), err
	}
	list, err := c.ListParted(v.Context(), v.Viewer, f)
	if err != nil {
		return nil, err
	}
	slices.Reverse(list.Pinned) // the oldest introduce the group
	items, first, err := c.cardsOf(v, f, list.Items, list.MoreItems, list.Pinned)
	n := c.narrowed(v, s, narrowing{}, list.by)
	if err != nil || len(first) == 0 {
		return groupNews(items, n, false), err
	}
	var all parts.Link
	if list.MorePinned {
		all = parts.Link{Path: community.AboutGroupPath(s.Entity.OwnerID), Label: v.T("More about the group")}
	}
	return templ.Join(groupIntroduction(first, "", "", all), groupNews(items, n, true)), nil
}

// steps offer to write the first post of a group.
func (c *Content) steps() []site.Step {
	return []site.Step{{Name: "post", Group: true, Order: 40, About: "the first post", Show: func(v *site.Visit, s site.Subject) (site.StepLine, bool, error) {
		line := site.StepLine{Title: v.T("Write the first post"), Text: v.T("Say hello, and what you’re planning next.")}
		for _, k := range c.kinds {
			line.Links = append(line.Links, parts.Link{Path: k.WritePath(s.Entity.Slug) + "?next=" + url.QueryEscape(s.Entity.Path()), Label: v.T(string(k.Write))})
		}
		published, err := hasPublished(v.Context(), c.deps.DB, s.Entity.ID)
		return line, published, err
	}}}
}
