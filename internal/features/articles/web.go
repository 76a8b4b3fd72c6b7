package articles

import (
	"mime/multipart"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/markdown"
)

// ListPath is the address of all articles.
const ListPath = "/stadt/articles"

func (a *Articles) showArticles(v *site.Visit) error {
	items, more, err := a.content.List(v.Context(), v.Viewer, content.Filter{Kind: Kind, Before: v.Before()})
	if err != nil {
		return err
	}
	cards, err := a.content.Cards(v, items)
	if err != nil {
		return err
	}
	return v.Show(site.Page{
		Title: v.T("Articles"), Body: listBody(v, cards, content.Older(v, items, more), content.Newest(v)), Canonical: ListPath,
		Description: v.T("What the groups and people of the town write."),
		Crumbs:      v.FromHome(parts.Crumb{Label: v.T("Articles")}),
	})
}

type articleForm struct {
	Title   string `form:"title" text:"line"`
	Text    string `form:"text"`
	Public  bool   `form:"public"`
	Pinned  bool   `form:"pinned"`
	Slug    string `form:"slug" text:"line"`
	Version int    `form:"version"`
	Group   string `form:"group" text:"line"` // slug of the group that publishes it
	Own     bool   `form:"as_gestalt"`
	Preview string `form:"preview"`

	Pictures []*multipart.FileHeader `form:"pictures" label:"Pictures" validate:"max=4"`
}

// editor is what the page shows on which an article is written.
type editor struct {
	Form    articleForm
	Errors  parts.Errors
	Entity  *community.Entity // who publishes it; nil asks
	Item    *content.Item     // what is changed; nil for a new one
	Groups  []community.Entity
	Readers content.Readers
	Preview string // HTML
}

func (a *Articles) newArticle(v *site.Visit) error {
	return a.ask(v, editor{Form: articleForm{Public: true}})
}

func (a *Articles) newArticleOf(v *site.Visit) error {
	e, err := a.publisher(v)
	if err != nil {
		return err
	}
	return a.ask(v, editor{Form: articleForm{Public: true}, Entity: &e})
}

// publisher returns the group or person in the path, if the viewer may publish in its name.
func (a *Articles) publisher(v *site.Visit) (community.Entity, error) {
	e, s, err := a.content.Entity(v.Context(), v.Viewer, v.Path("entity"))
	switch {
	case err != nil:
		return e, err
	case !v.Viewer.SignedIn():
		return e, errs.New(errs.Unauthenticated, "Please sign in.")
	case !policy.CanPublish(s):
		return e, errs.New(errs.Denied, "Only members of the group can write in its name.")
	}
	return e, nil
}

// ask shows the editor, with a preview if there is one to show.
func (a *Articles) ask(v *site.Visit, e editor) error {
	p, err := a.page(v, e)
	if err != nil {
		return err
	}
	return v.Show(p)
}

func (a *Articles) page(v *site.Visit, e editor) (site.Page, error) {
	if e.Entity == nil {
		var err error
		if e.Groups, err = a.content.Groups(v.Context(), v.Viewer); err != nil {
			return site.Page{}, err
		}
	}
	var err error
	if e.Readers, err = a.readers(v, e); err != nil {
		return site.Page{}, err
	}
	if e.Form.Preview != "" && e.Form.Text != "" {
		html, err := a.content.Render(v, texts.Source{Text: e.Form.Text, Options: markdown.Options{HeadingLevel: 3, Prefix: "preview"}})
		if err != nil {
			return site.Page{}, err
		}
		e.Preview = html[0]
	}
	title := v.T("Write an article")
	crumbs := v.FromHome()
	switch {
	case e.Item != nil:
		title = v.T("Edit “%s”", e.Item.Title)
		crumbs = append(crumbs, parts.Crumb{Label: e.Entity.Name, Path: e.Entity.Path()}, parts.Crumb{Label: e.Item.Title, Path: e.Item.Path()}, parts.Crumb{Label: v.T("Edit")})
	case e.Entity != nil:
		crumbs = append(crumbs, parts.Crumb{Label: e.Entity.Name, Path: e.Entity.Path()}, parts.Crumb{Label: title})
	default:
		crumbs = append(crumbs, parts.Crumb{Label: v.T("Articles"), Path: ListPath}, parts.Crumb{Label: title})
	}
	return site.Page{Title: title, Body: editorBody(e), Hidden: true, Entity: e.Entity, Crumbs: crumbs}, nil
}

// readers returns who will read the article, as far as it is known in whose name it is published.
func (a *Articles) readers(v *site.Visit, e editor) (content.Readers, error) {
	switch {
	case e.Item != nil:
		return a.content.ReadersOf(v, *e.Item)
	case e.Entity != nil:
		return a.content.Readers(v, *e.Entity)
	}
	publisher, err := a.content.Publisher(v.Context(), v.Viewer, e.Form.Group, e.Form.Own)
	if errs.Is(err, errs.Invalid) {
		return content.Readers{}, nil // nobody is chosen yet
	}
	if err != nil {
		return content.Readers{}, err
	}
	return a.content.Readers(v, publisher)
}

// again shows the editor with what was typed and what is wrong with it.
func (a *Articles) again(v *site.Visit, err error, e editor) error {
	return v.ShowAgain(err, func(wrong parts.Errors) (site.Page, error) {
		e.Errors = wrong
		return a.page(v, e)
	})
}

func (a *Articles) createArticle(v *site.Visit) error {
	e := editor{}
	err := a.read(v, &e.Form)
	if err == nil && e.Form.Preview != "" {
		return a.ask(v, e)
	}
	var publisher community.Entity
	if err == nil {
		publisher, err = a.content.Publisher(v.Context(), v.Viewer, e.Form.Group, e.Form.Own)
	}
	if err == nil {
		return a.publish(v, publisher, e)
	}
	return a.again(v, err, e)
}

// read reads the form and puts the pictures that came with it into the text.
func (a *Articles) read(v *site.Visit, f *articleForm) error {
	err := v.Bind(f)
	if err == nil {
		f.Text, err = a.content.AddPictures(v, "pictures", f.Text, f.Pictures)
	}
	return err
}

func (a *Articles) createArticleOf(v *site.Visit) error {
	publisher, err := a.publisher(v)
	if err != nil {
		return err
	}
	e := editor{Entity: &publisher}
	if err := a.read(v, &e.Form); err != nil {
		return a.again(v, err, e)
	}
	if e.Form.Preview != "" {
		return a.ask(v, e)
	}
	return a.publish(v, publisher, e)
}

func (a *Articles) publish(v *site.Visit, publisher community.Entity, e editor) error {
	err := a.content.Throttle(v)
	var item content.Item
	if err == nil {
		item, err = a.content.Publish(v.Context(), v.Viewer, content.Draft{
			Kind: Kind, Entity: publisher, Title: e.Form.Title, Text: e.Form.Text, Public: e.Form.Public, Pinned: e.Form.Pinned && publisher.IsGroup(),
		})
	}
	if err != nil {
		return a.again(v, err, e)
	}
	v.Flash(parts.Done, "Your article is published.")
	return v.Redirect(item.Path())
}

func (a *Articles) edit(v *site.Visit, item content.Item) error {
	entity := item.Entity()
	return a.ask(v, editor{Item: &item, Entity: &entity, Form: articleForm{
		Title: item.Title, Text: item.Text, Public: item.Public, Pinned: item.Pinned, Slug: item.Slug, Version: item.Versions,
	}})
}

func (a *Articles) update(v *site.Visit, item content.Item) error {
	entity := item.Entity()
	e := editor{Item: &item, Entity: &entity}
	err := a.read(v, &e.Form)
	if err == nil && e.Form.Preview != "" {
		return a.ask(v, e)
	}
	var changed content.Item
	if err == nil {
		changed, err = a.content.Revise(v.Context(), v.Viewer, item.ID, content.Change{
			Title: e.Form.Title, Text: e.Form.Text, Slug: e.Form.Slug, Public: e.Form.Public, Pinned: e.Form.Pinned && entity.IsGroup(), Version: e.Form.Version,
		})
	}
	if err != nil {
		return a.again(v, err, e)
	}
	v.Flash(parts.Done, "The changes have been saved.")
	return v.Redirect(changed.Path())
}
