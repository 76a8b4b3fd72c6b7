package site

import (
	"cmp"
	"slices"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/kit/lang"
)

// Contributions are what rooms give to the site, poured together. The order of rooms means nothing but where two
// contributions have the same Order.
type Contributions struct {
	Routes  []Route
	Entries []Entry
	Acts    []Act
	Blocks  []Block
	Checks  []Check
}

// sort puts entries, acts and blocks into their order.
func (c *Contributions) sort() {
	slices.SortStableFunc(c.Entries, func(a, b Entry) int { return cmp.Compare(a.Order, b.Order) })
	slices.SortStableFunc(c.Acts, func(a, b Act) int { return cmp.Compare(a.Order, b.Order) })
	slices.SortStableFunc(c.Blocks, func(a, b Block) int { return cmp.Compare(a.Order, b.Order) })
}

// Menu is a list of links that rooms fill.
type Menu string

// The menus.
const (
	MainMenu     Menu = "main"     // the bar; the first four stand at the bottom of a phone
	MyMenu       Menu = "mine"     // of somebody who has signed in
	SettingsMenu Menu = "settings" // above all pages of settings
	FooterMenu   Menu = "footer"   // the foot
)

// Place is a link in a menu. The label is a text in the viewer's language.
type Place struct {
	Path, Label string
	Icon        parts.IconName
	Count       int // what waits there; 0 shows nothing
}

// Entry is what a room adds to a menu.
type Entry struct {
	Menu  Menu
	Order int    // the smallest stands first
	About string // where it leads, for the print of the house
	// Places returns the links for a visitor; none says that there is nothing for them.
	Places func(v *Visit) []Place
}

// MenuLink is an entry that is the same for everybody.
func MenuLink(menu Menu, order int, path string, label lang.Text, icon parts.IconName) Entry {
	return Entry{Menu: menu, Order: order, About: path, Places: func(v *Visit) []Place {
		return []Place{{Path: path, Label: v.T(string(label)), Icon: icon}}
	}}
}

// Menu returns the links of a menu for the visitor.
func (v *Visit) Menu(menu Menu) []Place {
	var all []Place
	for _, e := range v.site.Entries {
		if e.Menu == menu {
			all = append(all, e.Places(v)...)
		}
	}
	return all
}

// Subject is what a page is about: a group or a person, and how the viewer stands to it. The zero value is the town.
type Subject struct {
	Entity   community.Entity
	Standing community.Standing
	Group    *community.Group  // nil unless the entity is a group
	Person   *community.Person // nil unless the entity is a person

	Members, Subscribers int // of the group; counted for its own page only
}

// Act is something that a viewer may do with a group or a person: a button on its page.
type Act struct {
	About string // one line for the print of the house: "join an open group, apply to a closed one"
	Order int    // the smallest stands first; the first one that is offered is the main button of the page
	// Entrance says that somebody begins to take part by it, so that it stands beside texts of the group, too.
	Entrance bool
	// Offer returns the button, unless the viewer cannot use it.
	Offer func(v *Visit, s Subject) (b parts.Button, ok bool)
}

// maxActs is how many buttons a page offers: one main one and two quiet ones.
const maxActs = 3

// Acts returns what the viewer can do with a subject, the likeliest first.
func (v *Visit) Acts(s Subject) []parts.Button { return v.offers(s, false) }

// Entrances returns by which acts somebody begins to take part in a subject.
func (v *Visit) Entrances(s Subject) []parts.Button { return v.offers(s, true) }

func (v *Visit) offers(s Subject, entrances bool) []parts.Button {
	var all []parts.Button
	for _, a := range v.site.Acts {
		if entrances && !a.Entrance || len(all) == maxActs {
			continue
		}
		if b, ok := a.Offer(v, s); ok {
			all = append(all, b)
		}
	}
	return all
}

// Spot is a part of a page that rooms fill.
type Spot string

// The spots.
const (
	StartMain    Spot = "start, main"
	StartAside   Spot = "start, aside"
	GroupMain    Spot = "group, main"
	GroupAside   Spot = "group, aside"
	GroupPeople  Spot = "group, who takes part" // in the panel about the people of a group
	PersonMain   Spot = "person, main"
	PersonAside  Spot = "person, aside"
	ContentAside Spot = "content, aside" // beside what a group or person has published
)

// Block is what a room adds to a page.
type Block struct {
	Spot  Spot
	Order int    // the smallest stands first
	About string // one line for the print of the house: "the latest conversations"
	// Show returns the block for a visitor; nil says that there is nothing for them.
	Show func(v *Visit, s Subject) (templ.Component, error)
}

// Blocks returns what stands in a spot of a page about a subject; nil if nothing does.
func (v *Visit) Blocks(spot Spot, s Subject) (templ.Component, error) {
	var all []templ.Component
	for _, b := range v.site.Blocks {
		if b.Spot != spot {
			continue
		}
		block, err := b.Show(v, s)
		if err != nil {
			return nil, err
		}
		if block != nil {
			all = append(all, block)
		}
	}
	if len(all) == 0 {
		return nil, nil //nolint:nilnil // nothing is an answer: an aside that is nil is not drawn
	}
	return templ.Join(all...), nil
}

// SettingsPath is the first page of somebody's settings.
const SettingsPath = "/stadt/settings/"

// SettingsPage returns a page of settings: the menu that all of them share stands above the body.
func (v *Visit) SettingsPage(title string, body templ.Component) Page {
	var links []parts.Link
	for _, p := range v.Menu(SettingsMenu) {
		links = append(links, parts.Link{Path: p.Path, Label: p.Label})
	}
	return Page{
		Title: title, Hidden: true, Body: templ.Join(parts.Tabs(v.T("Settings"), links, v.R.URL.RequestURI()), body),
		Crumbs: []parts.Crumb{
			{Label: v.Viewer.Name, Path: community.EntityPath(v.Viewer.Slug)}, {Label: v.T("Settings"), Path: SettingsPath}, {Label: title},
		},
	}
}
