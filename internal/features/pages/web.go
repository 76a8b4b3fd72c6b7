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

// monthQuery are the parameters by which the calendar beside a page is turned.
func monthQuery() []string { return []string{"month", "year"} }

func (p *Pages) showStart(v *site.Visit) error {
	main, err := v.Blocks(site.StartMain, site.Subject{})
	if err != nil {
		return err
	}
	aside, err := v.Blocks(site.StartAside, site.Subject{})
	if err != nil {
		return err
	}
	welcome := ""
	if text := v.Look().Welcome; text != "" && !v.Viewer.SignedIn() {
		if welcome, err = p.render(v, text, markdown.Options{HeadingLevel: 2, Prefix: "welcome"}); err != nil {
			return err
		}
	}
	return v.Show(site.Page{
		Title: v.Look().Name, OwnHeading: true, Canonical: "/", NoIndex: v.Narrowed(), Body: startBody(v, welcome, main), Aside: aside,
		Description: v.T("What groups and initiatives in town are doing, writing and planning."), Things: siteThings(v),
		Alternates: []site.Alternate{site.AtomFeed(v.Look().Name, community.SiteFeedPath)},
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
		Description: cmp.Or(p.deps.Texts.Summary(g.Description, descriptionWords), v.T("What the group “%s” is doing, writing and planning.", g.Name)),
		Preview:     site.Preview{Picture: groupPicture(g)}, Things: p.groupThings(v, g),
		Crumbs: v.FromHome(parts.Crumb{Label: v.T("Groups"), Path: community.GroupsPath}, parts.Crumb{Label: g.Name}),
	})
}

func (p *Pages) showPerson(v *site.Visit, s site.Subject) error {
	person, err := p.deps.People.Get(v.Context(), p.deps.DB, s.Entity.OwnerID)
	if err != nil {
		return err
	}
	switch {
	case !person.Active:
		return community.ErrNothingHere()
	case person.Public || v.Viewer.Is(person.ID):
	case !v.Viewer.SignedIn():
		return community.PleaseSignIn()
	default:
		return v.Redirect(community.ContactPath(person.ID))
	}
	s.Person = &person
	return p.showSubject(v, s, site.PersonMain, site.PersonAside, site.Page{
		Hidden: !person.Public, Description: p.deps.Texts.Summary(person.About, descriptionWords),
		Preview: site.Preview{Type: "profile", Picture: personPicture(person)}, Things: p.personThings(v, person),
		Crumbs: v.FromHome(parts.Crumb{Label: v.T("People"), Path: "/stadt/gestalten/"}, parts.Crumb{Label: person.Name}),
	})
}

// showSubject shows the page of a group or person with what rooms put into its spots.
func (p *Pages) showSubject(v *site.Visit, s site.Subject, main, aside site.Spot, page site.Page) (err error) {
	v.Concerns(s)
	if page.Body, err = v.Blocks(main, s); err != nil {
		return err
	}
	if page.Aside, err = v.Blocks(aside, s); err != nil {
		return err
	}
	page.Title, page.OwnHeading, page.Entity, page.Canonical, page.NoIndex = s.Entity.Name, true, &s.Entity, s.Entity.Path(), v.Narrowed()
	if !page.Hidden && !s.Standing.Archived {
		page.Alternates = []site.Alternate{site.AtomFeed(s.Entity.Name, community.FeedPath(s.Entity.Slug))}
	}
	return v.Show(page)
}

func (p *Pages) showHelp(v *site.Visit) error {
	return v.Show(site.Page{
		Title: v.T("Help"), Description: v.T("How to take part in groups in town, on the web and by email."), Body: helpBody(p.deps.Postmaster), Canonical: HelpPath, Crumbs: v.FromHome(parts.Crumb{Label: v.T("Help")}),
	})
}

// guides are the guides in each language, by the name in the address.
//
//go:embed help/*.md
var guides embed.FS

func (p *Pages) showGuide(v *site.Visit) error {
	titles := map[string]string{"members": v.T("Guide for members"), "administrators": v.T("Guide for administrators"), "matrix-chat": v.T("Chat")}
	name := v.Path("guide")
	title, ok := titles[name]
	if !ok {
		return community.ErrNothingHere()
	}
	text, err := guides.ReadFile("help/" + name + "." + v.Lang.Language() + ".md")
	if err != nil { // a language that an administrator added
		text, err = guides.ReadFile("help/" + name + ".en.md")
	}
	if err != nil {
		return fmt.Errorf("read a guide: %w", err)
	}
	html, err := p.render(v, string(text), markdown.Options{HeadingLevel: 2, Prefix: name})
	if err != nil {
		return err
	}
	return v.Show(site.Page{
		Title: title, Body: parts.Markdown(html), Canonical: HelpPath + name + "/", Description: p.deps.Texts.Summary(string(text), descriptionWords),
		Crumbs: v.FromHome(parts.Crumb{Label: v.T("Help"), Path: HelpPath}, parts.Crumb{Label: title}),
	})
}

// render returns the HTML of a text of the site's own.
func (p *Pages) render(v *site.Visit, text string, o markdown.Options) (string, error) {
	html, err := p.deps.Texts.Render(v.Context(), p.deps.DB, v.Viewer, v.Lang, texts.Source{Text: text, Options: o})
	if err != nil {
		return "", err
	}
	return html[0], nil
}

// showOwn shows a page with a text of the site's own.
func (p *Pages) showOwn(v *site.Visit, title, path, text string) error {
	html, err := p.render(v, text, markdown.Options{HeadingLevel: 2, Taken: texts.PageIDs})
	if err != nil {
		return err
	}
	return v.Show(site.Page{
		Title: title, Body: parts.Markdown(html), Canonical: path, Crumbs: v.FromHome(parts.Crumb{Label: title}),
	})
}

// showImprint says who answers for the site, once somebody has written it.
func (p *Pages) showImprint(v *site.Visit) error {
	text := v.Look().Imprint
	if text == "" {
		return community.ErrNothingHere()
	}
	return p.showOwn(v, v.T("Imprint"), ImprintPath, text)
}

// showDataProtection shows what the site says about privacy, or else what is true of this program.
func (p *Pages) showDataProtection(v *site.Visit) error {
	if own := v.Look().DataProtection; own != "" {
		return p.showOwn(v, v.T("Privacy"), DataProtectionPath, own)
	}
	return v.Show(site.Page{
		Title: v.T("Privacy"), Body: dataProtectionBody(p.deps.Postmaster), Canonical: DataProtectionPath,
		Crumbs: v.FromHome(parts.Crumb{Label: v.T("Privacy")}),
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
		{About: v.T("People and groups"), Source: v.T("@name links to a person or group, @name/title to something they’ve published.")},
		{About: v.T("Tags"), Source: v.T("#word links to everything that says the same word.")},
		{About: v.T("Tables"), Source: "| " + v.T("Day") + " | " + v.T("Who") + " |\n|---|---|\n| 1. | Anna |"},
	}
	for i := range examples {
		examples[i].HTML = markdown.Render(examples[i].Source, markdown.Options{HeadingLevel: 3, Prefix: "example"}).Resolve(nil, v.Lang)
	}
	return v.Show(site.Page{
		Title: v.T("How to format a text"), Description: v.T("How to add headings, lists, links and pictures to a text."), Body: markdownBody(examples), Canonical: MarkdownPath, Wide: true,
		Crumbs: v.FromHome(parts.Crumb{Label: v.T("Help"), Path: HelpPath}, parts.Crumb{Label: v.T("How to format a text")}),
	})
}
