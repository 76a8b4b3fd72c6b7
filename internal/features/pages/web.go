package pages

import (
	"cmp"
	"embed"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/markdown"
)

// descriptionWords is how much search engines and previews are told of a page.
const descriptionWords = 25

func (p *Pages) showStart(v *site.Visit) error {
	main, err := v.Blocks(site.StartMain, site.Subject{})
	if err != nil {
		return err
	}
	aside, err := v.Blocks(site.StartAside, site.Subject{})
	if err != nil {
		return err
	}
	return v.Show(site.Page{
		Title: v.Site().Name, OwnHeading: true, Canonical: "/", Body: startBody(v, main), Aside: aside,
		Description: v.T("What the groups and initiatives of the town do, write and plan."),
	})
}

// showEntity shows the page of a group or a person.
func (p *Pages) showEntity(v *site.Visit) error {
	group, err := p.deps.Groups.Subject(v.Context(), p.deps.DB, v.Viewer, v.Path("entity"))
	if err == nil {
		return p.showGroup(v, group)
	}
	if !errs.Is(err, errs.NotFound) {
		return err
	}
	e, err := p.deps.Entities.Find(v.Context(), p.deps.DB, v.Path("entity"))
	if err != nil {
		return err
	}
	s, err := policy.Standing(v.Context(), p.deps.DB, v.Viewer, e)
	if err != nil {
		return err
	}
	return p.showPerson(v, site.Subject{Entity: e, Standing: s})
}

func (p *Pages) showGroup(v *site.Visit, s site.Subject) error {
	g := *s.Group
	return p.showSubject(v, s, site.GroupMain, site.GroupAside, site.Page{
		Description: cmp.Or(p.deps.Texts.Summary(g.Description, descriptionWords), v.T("What the group “%s” does, writes and plans.", g.Name)),
		Picture:     community.PreviewPicturePath(g.Picture),
		Crumbs:      v.FromHome(parts.Crumb{Label: v.T("Groups"), Path: community.GroupsPath}, parts.Crumb{Label: g.Name}),
	})
}

func (p *Pages) showPerson(v *site.Visit, s site.Subject) error {
	person, err := p.deps.People.Get(v.Context(), p.deps.DB, s.Entity.OwnerID)
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
	s.Person = &person
	return p.showSubject(v, s, site.PersonMain, site.PersonAside, site.Page{
		Hidden: !person.Public, Crumbs: v.FromHome(parts.Crumb{Label: v.T("People"), Path: "/stadt/gestalten/"}, parts.Crumb{Label: person.Name}),
	})
}

// showSubject shows the page of a group or person with what rooms put into its spots.
func (p *Pages) showSubject(v *site.Visit, s site.Subject, main, aside site.Spot, page site.Page) (err error) {
	if page.Body, err = v.Blocks(main, s); err != nil {
		return err
	}
	if page.Aside, err = v.Blocks(aside, s); err != nil {
		return err
	}
	page.Title, page.OwnHeading, page.Entity, page.Canonical = s.Entity.Name, true, &s.Entity, s.Entity.Path()
	return v.Show(page)
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
