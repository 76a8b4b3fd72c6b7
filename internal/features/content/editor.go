package content

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/form"
	"grouprise.org/grouprise/internal/kit/markdown"
)

// editor is what the page shows on which an item is written.
type editor struct {
	Kind     Kind
	Form     Form
	Errors   parts.Errors
	Entity   *community.Entity // who publishes it; nil asks
	Item     *Item             // what is changed; nil for a new one
	Overlaps *Overlaps         // what somebody else has changed meanwhile; nil for nothing
	Groups   []community.Entity
	Readers  readers
	Preview  string // HTML
}

// The parameters of the address of a form: an item that a new one begins as a copy of, and what stands in its fields.
const (
	copyParameter = "copy"
	titleField    = "title"
	pinnedField   = "pinned"
)

// fillingQuery returns the parameters by which links fill the form of a new item.
func fillingQuery() []string {
	return []string{copyParameter, fromParameter, partParameter, titleField, textField, pinnedField, publicField}
}

// fill puts what the address says into an empty form.
func fill(v *site.Visit, f *Common) {
	f.Title, f.Text = form.Clean(v.Query(titleField), form.Line), form.Clean(v.Query(textField), form.Lines)
	switch v.Query(publicField) {
	case "", "1", "on", "true", "True":
	default:
		f.Public = false
	}
	f.Pinned = !slices.Contains([]string{"", "0", "off", "false", "False"}, v.Query(pinnedField))
}

// CopyPath returns the address of the form in which an item is written that begins as a copy of another one.
func (k Kind) CopyPath(i Item) string {
	return k.WritePath(i.Entity.Slug) + "?" + copyParameter + "=" + strconv.FormatInt(i.ID, 10)
}

func (c *Content) newContent(v *site.Visit, k Kind) error {
	e := newEditor(v, k, nil)
	if err := c.copyInto(v, &e); err != nil {
		return err
	}
	return c.showEditor(v, nil, e)
}

// copyInto fills the form of a new item with what another one says, if the address names one that the viewer may read, or
// one that it is made of.
func (c *Content) copyInto(v *site.Visit, e *editor) error {
	if v.Query(fromParameter) != "" {
		return c.growInto(v, e)
	}
	if v.Query(copyParameter) == "" {
		return nil
	}
	id, err := strconv.ParseInt(v.Query(copyParameter), 10, 64)
	if err != nil {
		return community.ErrNothingHere()
	}
	item, _, err := c.Get(v.Context(), c.deps.DB, v.Viewer, id)
	if err != nil {
		return err
	}
	if item.Kind != e.Kind.Name {
		return community.ErrNothingHere()
	}
	if e.Form, err = c.load(v.Context(), c.deps.DB, e.Kind, item); err != nil {
		return err
	}
	fields := e.Form.common()
	fields.Slug, fields.Version, fields.Pinned = "", 0, false
	return nil
}

func (c *Content) newContentOf(v *site.Visit, k Kind) error {
	publisher, err := c.visitedPublisher(v)
	if err != nil {
		return err
	}
	e := newEditor(v, k, &publisher)
	if err := c.copyInto(v, &e); err != nil {
		return err
	}
	return c.showEditor(v, nil, e)
}

// newEditor returns an empty form, but for what the address says: what is published is public unless somebody chooses
// otherwise.
func newEditor(v *site.Visit, k Kind, publisher *community.Entity) editor {
	e := editor{Kind: k, Form: k.form(), Entity: publisher}
	e.Form.common().Public = true
	fill(v, e.Form.common())
	return e
}

func (c *Content) createContent(v *site.Visit, k Kind) error {
	return c.publishForm(v, editor{Kind: k, Form: k.form()})
}

func (c *Content) createContentOf(v *site.Visit, k Kind) error {
	publisher, err := c.visitedPublisher(v)
	if err != nil {
		return err
	}
	return c.publishForm(v, editor{Kind: k, Form: k.form(), Entity: &publisher})
}

// publishForm publishes what was sent, or shows it once more: as a preview, or with what is wrong.
func (c *Content) publishForm(v *site.Visit, e editor) error {
	if err := c.readForm(v, e.Form); err != nil || e.Form.common().Preview != "" {
		return c.showEditor(v, err, e)
	}
	publisher, err := c.chosenPublisher(v, e)
	if err != nil {
		return c.showEditor(v, err, e)
	}
	if err := c.throttle(v, LimitPublishing()); err != nil {
		return c.showEditor(v, err, e)
	}
	item, err := c.Publish(v.Context(), v.Viewer, Draft{Kind: e.Kind.Name, Entity: publisher, Form: e.Form})
	if err != nil {
		return c.showEditor(v, err, e)
	}
	if e.Kind.Published != "" {
		v.Flash(parts.Done, string(e.Kind.Published))
	} else {
		v.Flash(parts.Done, "“%s” is published.", item.Title)
	}
	return v.Redirect(cmp.Or(v.Next(), item.Path()))
}

func (c *Content) editContent(v *site.Visit) error {
	e, err := c.visitedEditor(v)
	if err != nil {
		return err
	}
	return c.showEditor(v, nil, e)
}

func (c *Content) updateContent(v *site.Visit) error {
	e, err := c.visitedEditor(v)
	if err != nil {
		return err
	}
	e.Form = e.Kind.form()
	if err := c.readForm(v, e.Form); err != nil || e.Form.common().Preview != "" {
		return c.showEditor(v, err, e)
	}
	changed, err := c.Revise(v.Context(), v.Viewer, e.Item.ID, e.Form)
	if err != nil {
		return c.showEditor(v, err, e)
	}
	v.Flash(parts.Done, "The changes have been saved.")
	return v.Redirect(changed.Path())
}

// visitedEditor returns the form of the item in the path with what it says now, if the viewer may change it.
func (c *Content) visitedEditor(v *site.Visit) (editor, error) {
	item, s, err := c.visited(v)
	if err != nil {
		return editor{}, err
	}
	k, stored, err := c.open(v.Context(), c.deps.DB, s, item)
	if err != nil {
		return editor{}, err
	}
	return editor{Kind: k, Form: stored, Entity: &item.Entity, Item: &item}, nil
}

// visitedPublisher returns the group or person in the path, if the viewer may publish in its name.
func (c *Content) visitedPublisher(v *site.Visit) (community.Entity, error) {
	e, s, err := c.Entity(v.Context(), v.Viewer, v.Path("entity"))
	if err != nil {
		return e, err
	}
	v.Concerns(site.Subject{Entity: e, Standing: s})
	if !policy.CanPublish(s) {
		return e, errCannotPublish(s)
	}
	return e, nil
}

// chosenPublisher returns in whose name the form is sent: in that of the path, or what it chooses.
func (c *Content) chosenPublisher(v *site.Visit, e editor) (community.Entity, error) {
	if e.Entity != nil {
		return *e.Entity, nil
	}
	f := e.Form.common()
	publisher, err := c.Publisher(v.Context(), v.Viewer, f.Group, f.Own)
	if err == nil && f.Group != "" {
		f.Group = publisher.Slug
	}
	return publisher, err
}

// formBytes is how large a form of one of the kinds may be.
func (c *Content) formBytes(kinds ...Kind) int64 {
	files := 0
	for _, k := range kinds {
		files = max(files, k.Files)
	}
	return int64(maxPictures+files)*c.deps.MaxBytes + 1<<20
}

// readForm reads a form, and puts the pictures that came with it where they belong: at the end of its text, or where its
// kind wants them.
func (c *Content) readForm(v *site.Visit, f Form) error {
	if err := receive(v, f, v.Bind(f)); err != nil {
		return err
	}
	if l, ok := f.(Lenient); ok {
		l.ReadOthers(v.R.PostForm)
	}
	fields := f.common()
	if len(fields.Pictures) > maxPictures {
		return errs.Check(errs.Field("pictures", "Choose up to %d pictures.", maxPictures))
	}
	for _, file := range fields.Pictures {
		name, err := c.deps.Pictures.Upload(v.Context(), v.Viewer.PersonID, "pictures", file)
		if err != nil {
			return err
		}
		fields.Text = strings.TrimSpace(fields.Text + "\n\n" + media.Markdown(name, file.Filename))
	}
	return nil
}

// receive lets a form keep the files that came with it. What is wrong with them stands beside what else is wrong.
func receive(v *site.Visit, f Form, wrong error) error {
	r, ok := f.(Receiver)
	if !ok || wrong != nil && !errs.Is(wrong, errs.Invalid) {
		return wrong
	}
	err := r.Receive(v.Context(), v.Viewer.PersonID)
	if err == nil {
		return wrong
	}
	problem, ok := errors.AsType[*errs.Error](wrong)
	also, both := errors.AsType[*errs.Error](err)
	if ok && both {
		return errs.Check(append(problem.Fields, also.Fields...)...)
	}
	return err
}

// showEditor shows the form: with what was typed and what is wrong with it, if there is an error, and as a preview, if
// there is one to show.
func (c *Content) showEditor(v *site.Visit, err error, e editor) error {
	return v.ShowAgain(err, func(wrong parts.Errors) (site.Page, error) {
		e.Errors = wrong
		if overlaps, ok := errors.AsType[*Overlaps](err); ok {
			e.Overlaps = overlaps
			e.Form.common().Version = overlaps.Revision // whoever saves now has seen what there is
		}
		return c.editorPage(v, e)
	})
}

func (c *Content) editorPage(v *site.Visit, e editor) (site.Page, error) {
	var err error
	if e.Entity == nil {
		if e.Groups, err = c.Groups(v.Context(), v.Viewer); err != nil {
			return site.Page{}, err
		}
	}
	if e.Readers, err = c.readersOfForm(v, e); err != nil {
		return site.Page{}, err
	}
	if f := e.Form.common(); f.Preview != "" && f.Text != "" {
		source := texts.Source{Text: f.Text, Options: markdown.Options{HeadingLevel: 3, Prefix: "preview"}, Place: texts.Place{Draft: true}}
		if e.Item != nil {
			source.Place.ContentID = e.Item.ID
		}
		html, err := c.deps.Texts.Render(v.Context(), c.deps.DB, v.Viewer, v.Lang, source)
		if err != nil {
			return site.Page{}, err
		}
		e.Preview = html[0]
	}
	title := v.T(string(e.Kind.Write))
	crumbs := v.FromHome()
	switch {
	case e.Item != nil:
		title = v.T("Edit “%s”", e.Item.Title)
		crumbs = append(crumbs, parts.Crumb{Label: e.Entity.Name, Path: e.Entity.Path()}, parts.Crumb{Label: e.Item.Title, Path: e.Item.Path()}, parts.Crumb{Label: v.T("Edit")})
	case e.Entity != nil:
		crumbs = append(crumbs, parts.Crumb{Label: e.Entity.Name, Path: e.Entity.Path()}, parts.Crumb{Label: title})
	default:
		crumbs = append(crumbs, parts.Crumb{Label: v.T(string(e.Kind.Plural)), Path: e.Kind.ListPath}, parts.Crumb{Label: title})
	}
	return site.Page{Title: title, Body: editorBody(v, e), Hidden: true, Entity: e.Entity, Crumbs: crumbs}, nil
}

// readersOfForm returns who will read what is written, as far as it is known in whose name it is published.
func (c *Content) readersOfForm(v *site.Visit, e editor) (readers, error) {
	if e.Item != nil {
		return c.readersOf(v, *e.Item)
	}
	if e.Entity != nil && e.Entity.IsGroup() && e.Form.common().Preview == "" {
		many, err := hasManySubscribers(v.Context(), c.deps.DB, e.Entity.ID)
		if err != nil {
			return readers{}, err
		}
		if many {
			return c.readersUncounted(v, *e.Entity)
		}
	}
	publisher, err := c.chosenPublisher(v, e)
	if errs.Is(err, errs.Invalid) {
		return readers{}, nil // nobody is chosen yet
	}
	if err != nil {
		return readers{}, err
	}
	return c.readersFor(v, publisher)
}
