package content

import (
	"slices"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
)

// entries are the lists of all kinds, in the bar and in the foot.
func (c *Content) entries() []site.Entry {
	var all []site.Entry
	for n, k := range c.kinds {
		all = append(all, site.MenuLink(site.MainMenu, 30+n, k.ListPath, k.Plural, k.Icon), site.MenuLink(site.FooterMenu, 20+n, k.ListPath, k.Plural, k.Icon))
	}
	return all
}

// acts offer to write each kind.
func (c *Content) acts() []site.Act {
	var all []site.Act
	for n, k := range c.kinds {
		all = append(all, site.Act{About: "write: " + k.Name, Order: 10 + n, Offer: func(v *site.Visit, s site.Subject) (parts.Button, bool) {
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
	return listed{Cards: cards[len(others):], Older: Older(v, items[len(others):], more), Newest: Newest(v)}, cards[:len(others)], nil
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

// showNews shows what is new in the town.
func (c *Content) showNews(v *site.Visit, _ site.Subject) (templ.Component, error) {
	items, err := c.listed(v, Filter{Before: v.Before()})
	return startNews(v, items), err
}

// showNewsOf shows what a person has published.
func (c *Content) showNewsOf(v *site.Visit, s site.Subject) (templ.Component, error) {
	items, err := c.listed(v, Filter{EntityID: s.Entity.ID, Before: v.Before()})
	return news(items, v.T("Here will stand what %s publishes.", s.Entity.Name)), err
}

// showGroupNews shows what introduces a group, on the first page of its news, and the news.
func (c *Content) showGroupNews(v *site.Visit, s site.Subject) (templ.Component, error) {
	f := Filter{EntityID: s.Entity.ID, Before: v.Before()}
	if !f.Before.At.IsZero() {
		items, err := c.listed(v, f)
		return groupNews(nil, items), err
	}
	pinned, items, more, err := c.ListPinned(v.Context(), v.Viewer, f)
	if err != nil {
		return nil, err
	}
	slices.Reverse(pinned) // the oldest introduce the group
	news, first, err := c.cardsOf(v, f, items, more, pinned)
	if err != nil {
		return nil, err
	}
	news.Cards = slices.DeleteFunc(news.Cards, func(card Card) bool {
		return slices.ContainsFunc(pinned, func(i Item) bool { return i.ID == card.ID })
	})
	return groupNews(first, news), nil
}
