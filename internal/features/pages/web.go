package pages

import (
	"cmp"
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/markdown"
)

// How much stands in the margin and at the top of pages.
const (
	topGroups        = 8
	faces            = 6  // groups that introduce the town
	maxMine          = 12 // groups of the viewer
	descriptionWords = 25 // for search engines
)

// listed is a list of items with the ways through it.
type listed struct {
	Cards         []content.Card
	Older, Newest string
}

// list returns a page of a list.
func (p *Pages) list(v *site.Visit, f content.Filter) (listed, error) {
	items, more, err := p.deps.Content.List(v.Context(), v.Viewer, f)
	if err != nil {
		return listed{}, err
	}
	l, _, err := p.cards(v, f, items, more, nil)
	return l, err
}

// cards returns the cards of a page of a list and those of other items, whose texts are rendered together.
func (p *Pages) cards(v *site.Visit, f content.Filter, items []content.Item, more bool, others []content.Item) (l listed, other []content.Card, err error) {
	cards, err := p.deps.Content.Cards(v, append(slices.Clone(others), items...))
	if err != nil {
		return l, nil, err
	}
	for i := range cards {
		cards[i].Home = f.EntityID != 0
	}
	return listed{Cards: cards[len(others):], Older: content.Older(v, items, more), Newest: content.Newest(v)}, cards[:len(others)], nil
}

func (p *Pages) showStart(v *site.Visit) error {
	items, err := p.list(v, content.Filter{Before: v.Before()})
	if err != nil {
		return err
	}
	page := site.Page{
		Title: v.Site().Name, OwnHeading: true, Canonical: "/",
		Description: v.T("What the groups and initiatives of the town do, write and plan."),
	}
	if v.Viewer.SignedIn() {
		err = p.fillMine(v, &page, items)
	} else {
		var groups templ.Component
		groups, err = p.deps.GroupCards(v, faces)
		page.Body, page.Aside = townBody(v, items), townAside(groups)
	}
	if err != nil {
		return err
	}
	return v.Show(page)
}

// fillMine makes the start page of whoever has signed in.
func (p *Pages) fillMine(v *site.Visit, page *site.Page, items listed) error {
	b := minePage{Items: items, Kinds: p.deps.Content.Kinds()}
	var err error
	if v.Viewer.Unread > 0 {
		if b.Waiting, err = p.deps.Waiting(v); err != nil {
			return err
		}
	}
	if b.Groups, b.MoreGroups, err = p.deps.MyGroups(v, maxMine); err != nil {
		return err
	}
	top, err := p.deps.TopGroups(v, 0, topGroups)
	if err != nil {
		return err
	}
	page.Body = mineBody(v, b)
	if top != nil {
		page.Aside = groupsPanel(top)
	}
	return nil
}

// showEntity shows the page of a group or a person.
func (p *Pages) showEntity(v *site.Visit) error {
	e, s, err := p.deps.Content.Entity(v.Context(), v.Viewer, v.Path("entity"))
	if err != nil {
		return err
	}
	if e.IsGroup() {
		return p.showGroup(v, e, s)
	}
	return p.showPerson(v, e)
}

func (p *Pages) showGroup(v *site.Visit, e community.Entity, s community.Standing) error {
	intro, err := p.deps.Introduce(v, e.OwnerID, s)
	if err != nil {
		return err
	}
	b := groupPage{Entity: e, Head: intro.Head, CanWrite: policy.CanPublish(s)}
	if v.Before().At.IsZero() { // the first page of the list
		if b.Talks, err = p.deps.Talks(v, e); err != nil {
			return err
		}
		err = p.fillFirst(v, e, &b)
	} else {
		b.Items, err = p.list(v, content.Filter{EntityID: e.ID, Before: v.Before()})
	}
	if err != nil {
		return err
	}
	groups, err := p.deps.TopGroups(v, e.OwnerID, topGroups)
	if err != nil {
		return err
	}
	return v.Show(site.Page{
		Title: e.Name, OwnHeading: true, Body: groupBody(b), Aside: groupAside(intro.Facts, groups), Entity: &e, Canonical: e.Path(), Picture: community.PreviewPicturePath(e.Picture),
		Description: cmp.Or(p.deps.Texts.Summary(intro.Description, descriptionWords), v.T("What the group “%s” does, writes and plans.", e.Name)),
		Crumbs:      v.FromHome(parts.Crumb{Label: v.T("Groups"), Path: community.GroupsPath}, parts.Crumb{Label: e.Name}),
	})
}

// fillFirst makes the first page of what a group publishes: what is pinned stands above the rest.
func (p *Pages) fillFirst(v *site.Visit, e community.Entity, b *groupPage) error {
	f := content.Filter{EntityID: e.ID}
	pinned, items, more, err := p.deps.Content.ListPinned(v.Context(), v.Viewer, f)
	if err != nil {
		return err
	}
	slices.Reverse(pinned) // the oldest introduce the group
	if b.Items, b.Pinned, err = p.cards(v, f, items, more, pinned); err != nil {
		return err
	}
	b.Items.Cards = slices.DeleteFunc(b.Items.Cards, func(c content.Card) bool {
		return slices.ContainsFunc(pinned, func(i content.Item) bool { return i.ID == c.ID })
	})
	return nil
}

func (p *Pages) showPerson(v *site.Visit, e community.Entity) error {
	person, err := p.deps.People.Get(v.Context(), p.deps.DB, e.OwnerID)
	if err != nil {
		return err
	}
	switch {
	case !person.Active:
		return errs.New(errs.NotFound, "There is nothing at this address.")
	case person.Public || v.Viewer.Is(person.ID):
	case !v.Viewer.SignedIn():
		return errs.New(errs.Unauthenticated, "Please sign in.")
	default:
		return v.Redirect(community.ContactPath(person.ID))
	}
	items, err := p.list(v, content.Filter{EntityID: e.ID, Before: v.Before()})
	if err != nil {
		return err
	}
	return v.Show(site.Page{
		Title: e.Name, OwnHeading: true, Body: personBody(p.deps.People.Header(v, person), e, items), Entity: &e, Hidden: !person.Public, Canonical: e.Path(),
		Crumbs: v.FromHome(parts.Crumb{Label: v.T("People"), Path: "/stadt/gestalten/"}, parts.Crumb{Label: e.Name}),
	})
}

func (p *Pages) showHelp(v *site.Visit) error {
	return v.Show(site.Page{
		Title: v.T("Help"), Description: v.T("How to take part in the groups of the town, on the web and by mail."), Body: helpBody(p.deps.Postmaster), Canonical: HelpPath, Crumbs: v.FromHome(parts.Crumb{Label: v.T("Help")}),
	})
}

// guides are the guides in each language, by the name in the address.
//
//go:embed help/*.md
var guides embed.FS

func (p *Pages) showGuide(v *site.Visit) error {
	titles := map[string]string{"members": v.T("Guide for members"), "administrators": v.T("Guide for administrators")}
	name := v.Path("guide")
	title, ok := titles[name]
	if !ok {
		return errs.New(errs.NotFound, "There is nothing at this address.")
	}
	text, err := guides.ReadFile("help/" + name + "." + v.Lang.Language() + ".md")
	if err != nil { // a language that an administrator added
		text, err = guides.ReadFile("help/" + name + ".en.md")
	}
	if err != nil {
		return fmt.Errorf("read a guide: %w", err)
	}
	html, err := p.deps.Texts.Render(v.Context(), p.deps.DB, v.Viewer, v.Lang, texts.Source{Text: string(text), Options: markdown.Options{HeadingLevel: 2, Prefix: name}})
	if err != nil {
		return err
	}
	return v.Show(site.Page{
		Title: title, Body: parts.Markdown(html[0]), Canonical: HelpPath + name + "/", Description: p.deps.Texts.Summary(string(text), descriptionWords),
		Crumbs: v.FromHome(parts.Crumb{Label: v.T("Help"), Path: HelpPath}, parts.Crumb{Label: title}),
	})
}

func (p *Pages) showDataProtection(v *site.Visit) error {
	return v.Show(site.Page{
		Title: v.T("Data protection"), Body: dataProtectionBody(p.deps.Postmaster), Canonical: DataProtectionPath,
		Crumbs: v.FromHome(parts.Crumb{Label: v.T("Data protection")}),
	})
}

// example is a piece of a text and what becomes of it.
type example struct{ About, Source, HTML string }

func (p *Pages) showMarkdown(v *site.Visit) error {
	examples := []example{
		{About: v.T("Important words"), Source: v.T("This is *important*, this is **very important**.")},
		{About: v.T("Headings"), Source: "# " + v.T("What we do") + "\n## " + v.T("In summer")},
		{About: v.T("Lists"), Source: "- " + v.T("watering can") + "\n- " + v.T("spade") + "\n\n1. " + v.T("dig") + "\n2. " + v.T("sow")},
		{About: v.T("Links"), Source: "https://example.org\n[" + v.T("our plan") + "](https://example.org/plan)"},
		{About: v.T("Quotes"), Source: "> " + v.T("Who waters the beds?")},
		{About: v.T("People and groups"), Source: v.T("@name links to a person or group, @name/title to what it has published.")},
		{About: v.T("Tables"), Source: "| " + v.T("Day") + " | " + v.T("Who") + " |\n|---|---|\n| 1. | Anna |"},
	}
	for i := range examples {
		examples[i].HTML = markdown.Render(examples[i].Source, markdown.Options{HeadingLevel: 3, Prefix: "example"}).Resolve(nil, v.Lang)
	}
	return v.Show(site.Page{
		Title: v.T("How to format a text"), Description: v.T("What makes headings, lists, links and pictures in a text."), Body: markdownBody(examples), Canonical: MarkdownPath, Wide: true,
		Crumbs: v.FromHome(parts.Crumb{Label: v.T("Help"), Path: HelpPath}, parts.Crumb{Label: v.T("How to format a text")}),
	})
}

// conversationsPath returns the address of the list of a group's conversations.
func conversationsPath(group community.Entity) string {
	return strings.TrimSuffix(community.GroupContactPath(group.OwnerID), "add/")
}
