package site

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/kit/earth"
	"grouprise.org/grouprise/internal/kit/lang"
)

// Contributions are what rooms give to the site, poured together. The order of rooms means nothing but where two
// contributions have the same Order.
type Contributions struct {
	Routes   []Route
	Entries  []Entry
	Searches []Search
	Acts     []Act
	Blocks   []Block
	Checks   []Check
	Steps    []Step

	Alternates []AlternateSource
}

// sort puts what has an order into it.
func (c *Contributions) sort() {
	slices.SortStableFunc(c.Entries, func(a, b Entry) int { return cmp.Compare(a.Order, b.Order) })
	slices.SortStableFunc(c.Searches, func(a, b Search) int { return cmp.Compare(a.Order, b.Order) })
	slices.SortStableFunc(c.Acts, func(a, b Act) int { return cmp.Compare(a.Order, b.Order) })
	slices.SortStableFunc(c.Blocks, func(a, b Block) int { return cmp.Compare(a.Order, b.Order) })
	slices.SortStableFunc(c.Steps, func(a, b Step) int { return cmp.Compare(a.Order, b.Order) })
}

// Menu is a list of links that rooms fill.
type Menu string

// The menus.
const (
	MainMenu     Menu = "main"     // the bar; on a phone the one at the bottom, which has room for three of them
	WaitingMenu  Menu = "waiting"  // beside them for somebody who has signed in: what waits, with a count
	MyMenu       Menu = "mine"     // of somebody who has signed in
	SettingsMenu Menu = "settings" // beside all pages of settings
	GroupMenu    Menu = "group"    // the tabs of the group that the page is about
	ManageMenu   Menu = "manage"   // beside the pages on which that group is managed; its button leads to the first
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

// Search is a list that the field in the bar searches. Of all that rooms contribute, the bar has the first.
type Search struct {
	Order     int       // the smallest stands first
	Path      string    // of the list, which has a field of its own
	Parameter string    // what is looked for
	Label     lang.Text // "Search groups"
}

// Subject is what a page is about: a group or a person, and how the viewer stands to it. The zero value is the town.
type Subject struct {
	Entity   community.Entity
	Standing community.Standing
	Group    *community.Group  // nil unless the entity is a group
	Person   *community.Person // nil unless the entity is a person

	ContentID   int64  // of the item that the page shows; 0 on other pages
	ContentKind string // of that item

	Tag community.Tag // on the page of a tag

	Members, Subscribers int          // of the group; counted for its own page only
	GettingStarted       bool         // some of its first steps are open; known on its own page only
	Position             *earth.Point // where the group is, if somebody has said it; known on its own page only
}

// Act is something that a viewer may do with a group or a person: a button on its page.
type Act struct {
	About string // one line for the print of the house: "join an open group, apply to a closed one"
	Order int    // the smallest stands first; the first one that is offered is the main button of the page
	// Entrance says that somebody begins to take part by it, so that it stands beside texts of the group, too.
	Entrance bool
	// Writes says that somebody begins to write by it, so that "Write" in the bar offers it on every page: for what the
	// page is about, or else for the town.
	Writes bool
	// Offer returns the button, unless the viewer cannot use it.
	Offer func(v *Visit, s Subject) (b parts.Button, ok bool)
}

// maxActs is how many buttons the head of a page offers: one main one and two quiet ones.
const maxActs = 3

// Acts returns what the viewer can do with a subject, the likeliest first: what stands in the head of its page, and what
// finds no room there and stands beside it.
func (v *Visit) Acts(s Subject) (head, rest []parts.Button) {
	all := v.offers(s, false)
	n := min(len(all), maxActs)
	return all[:n:n], all[n:]
}

// writings returns what the viewer may write here.
func (v *Visit) writings() []parts.Button {
	var all []parts.Button
	for _, a := range v.site.Acts {
		if !a.Writes {
			continue
		}
		b, ok := a.Offer(v, v.subject)
		if !ok && v.subject.Entity.ID != 0 {
			b, ok = a.Offer(v, Subject{})
		}
		if ok {
			all = append(all, b)
		}
	}
	return all
}

// Entrances returns by which acts somebody begins to take part in a subject.
func (v *Visit) Entrances(s Subject) []parts.Button {
	all := v.offers(s, true)
	return all[:min(len(all), maxActs)]
}

func (v *Visit) offers(s Subject, entrances bool) []parts.Button {
	var all []parts.Button
	for _, a := range v.site.Acts {
		if entrances && !a.Entrance {
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
	EveryPage     Spot = "every page, on top" // above the page, and so nothing that asks the database
	StartMain     Spot = "start, main"
	StartAside    Spot = "start, aside"
	GroupMain     Spot = "group, main"
	GroupAside    Spot = "group, aside"
	GroupInvite   Spot = "group, inviting"       // on the page where people are invited to a group
	GroupPeople   Spot = "group, who takes part" // in the panel about the people of a group
	GroupRelation Spot = "group, and you"        // the page about how the viewer stands to a group
	GroupAbout    Spot = "group, about"          // the page that says all about a group
	PersonMain    Spot = "person, main"
	PersonAside   Spot = "person, aside"
	ContentMain   Spot = "content, main"  // below what a group or person has published, above the comments
	ContentAside  Spot = "content, aside" // beside what a group or person has published
	TagMain       Spot = "tag, main"
	TagAside      Spot = "tag, aside"
	ListBelow     Spot = "list, below"           // below the list of what everybody publishes of a kind
	CalendarMain  Spot = "calendar, subscribing" // on the page that says how a calendar gets into an app
	DeniedMain    Spot = "denied, main"          // where somebody may not see something that belongs to a group or person
)

// Parameters by which what a group or person has published is narrowed on their page. The first three are those of
// grouprise 5.5.
const (
	KindParameter   = "content"                   // the last part of the address of the list of a kind
	TitleParameter  = "content__title__icontains" // a part of the title
	OrderParameter  = "o"
	YearParameter   = "archive"
	PinnedParameter = "pinned" // what introduces a group
)

// NewsQuery returns the parameters that the blocks of the pages of groups and people read.
func NewsQuery() []string {
	return []string{"before", PinnedParameter, KindParameter, TitleParameter, OrderParameter, YearParameter}
}

// Block is what a room adds to a page.
type Block struct {
	Spot  Spot
	Order int    // the smallest stands first
	About string // one line for the print of the house: "the latest conversations"
	// Show returns the block for a visitor; nil says that there is nothing for them.
	Show func(v *Visit, s Subject) (templ.Component, error)
}

// Step is something that a new person or group does to get going. It stands on a short list until it is done or skipped.
type Step struct {
	Name  string // under which it is kept that the step is open
	Group bool   // of groups; else of people
	Order int    // the smallest stands first
	About string // one line for the print of the house: "a picture of the group"
	// Show returns what the list says. done reports that nothing is left to do.
	Show func(v *Visit, s Subject) (line StepLine, done bool, err error)
}

// StepLine is a step as the list shows it.
type StepLine struct {
	Name        string
	Title, Text string
	Links       []parts.Link // where it is done, the likeliest first
}

// Steps returns the steps that are left for a person or group, of those whose names are given.
func (v *Visit) Steps(s Subject, names []string) (left []StepLine, err error) {
	for _, step := range v.site.Steps {
		if step.Group != s.Entity.IsGroup() || !slices.Contains(names, step.Name) {
			continue
		}
		line, done, err := step.Show(v, s)
		if err != nil {
			return nil, fmt.Errorf("show the step %s: %w", step.Name, err)
		}
		if !done {
			line.Name = step.Name
			left = append(left, line)
		}
	}
	return left, nil
}

// Concerns notes what the page that is asked for is about: whoever may not see it learns whom to ask, and the bar and the
// tabs of a group offer what one may do there.
func (v *Visit) Concerns(s Subject) { v.subject = s }

// Subject returns what the page is about, as far as it has been noted.
func (v *Visit) Subject() Subject { return v.subject }

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

// SideMenu is a list of pages that belong together. It stands beside each of them.
type SideMenu struct {
	Title  string
	Places []Place
}

// SettingsPage returns a page of settings, with the list of all of them beside it.
func (v *Visit) SettingsPage(title string, body templ.Component) Page {
	return Page{
		Title: title, Hidden: true, Body: body, Side: SideMenu{Title: v.T("Settings"), Places: v.Menu(SettingsMenu)},
		Crumbs: []parts.Crumb{
			{Label: v.Viewer.Name, Path: community.EntityPath(v.Viewer.Slug)}, {Label: v.T("Settings"), Path: SettingsPath}, {Label: title},
		},
	}
}
