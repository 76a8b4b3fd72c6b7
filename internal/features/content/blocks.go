package content

import (
	"slices"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
)

// maxPinned is how many items introduce a group.
const maxPinned = 10

func (c *Content) acts() []site.Act {
	return []site.Act{{About: "write an article", Order: 10, Offer: func(v *site.Visit, s site.Subject) (parts.Button, bool) {
		if s.Entity.ID == 0 || !policy.CanPublish(s.Standing) {
			return parts.Button{}, false
		}
		return parts.Button{Path: community.EntityPath(s.Entity.Slug) + "articles/add/", Label: v.T("Write an article")}, true
	}}}
}

func (c *Content) blocks() []site.Block {
	return []site.Block{
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

// page returns a page of a list, and the cards of other items, whose texts are rendered together with it.
func (c *Content) listed(v *site.Visit, f Filter, others ...Item) (l listed, other []Card, err error) {
	items, more, err := c.List(v.Context(), v.Viewer, f)
	if err != nil {
		return l, nil, err
	}
	cards, err := c.Cards(v, append(slices.Clone(others), items...))
	if err != nil {
		return l, nil, err
	}
	for i := range cards {
		cards[i].Home = f.EntityID != 0
	}
	return listed{Cards: cards[len(others):], Older: Older(v, items, more), Newest: Newest(v)}, cards[:len(others)], nil
}

// showNews shows what is new in the town.
func (c *Content) showNews(v *site.Visit, _ site.Subject) (templ.Component, error) {
	items, _, err := c.listed(v, Filter{Before: v.Before()})
	return startNews(v, items), err
}

// showNewsOf shows what a person has published.
func (c *Content) showNewsOf(v *site.Visit, s site.Subject) (templ.Component, error) {
	items, _, err := c.listed(v, Filter{EntityID: s.Entity.ID, Before: v.Before()})
	return news(items, v.T("Here will stand what %s publishes.", s.Entity.Name)), err
}

// showGroupNews shows what introduces a group, on the first page of its news, and the news.
func (c *Content) showGroupNews(v *site.Visit, s site.Subject) (templ.Component, error) {
	var pinned []Item
	var err error
	if v.Before().At.IsZero() {
		pinned, _, err = c.List(v.Context(), v.Viewer, Filter{EntityID: s.Entity.ID, Pinned: true, Limit: maxPinned})
		if err != nil {
			return nil, err
		}
		slices.Reverse(pinned) // the oldest introduce the group
	}
	items, first, err := c.listed(v, Filter{EntityID: s.Entity.ID, Before: v.Before()}, pinned...)
	if err != nil {
		return nil, err
	}
	items.Cards = slices.DeleteFunc(items.Cards, func(card Card) bool {
		return slices.ContainsFunc(pinned, func(i Item) bool { return i.ID == card.ID })
	})
	return groupNews(first, items), nil
}
