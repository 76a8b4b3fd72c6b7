package files

import (
	"mime/multipart"
	"net/http"
	"strconv"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/errs"
)

// createUpload takes a file from a script, ahead of the form. The answer is what the form says of it.
func (r *Files) createUpload(v *site.Visit) error {
	var f struct {
		Sent *multipart.FileHeader `form:"file" missing:"Choose a file." validate:"required"`
	}
	if err := v.Bind(&f); err != nil {
		return err
	}
	file, err := r.receive(v.Context(), v.Viewer.PersonID, f.Sent)
	if err != nil {
		return err
	}
	return v.ShowJSON(http.StatusCreated, map[string]string{"stored": string(storedAs(file)), "name": file.OriginalName, "about": describe(v.Lang, file)})
}

// older is a version in a path that is not the current one, and its item, which the viewer may change.
type older struct {
	version
	Item     content.Item
	Standing community.Standing
}

// visited returns the older version in the path.
func (r *Files) visited(v *site.Visit) (o older, err error) {
	id, err := v.ID("id")
	if err != nil {
		return o, err
	}
	if o.Item, o.Standing, err = r.content.Get(v.Context(), r.deps.DB, v.Viewer, id); err != nil {
		return o, err
	}
	v.Concerns(site.Subject{Entity: o.Item.Entity, Standing: o.Standing})
	number, err := strconv.Atoi(v.Path("number"))
	if err != nil {
		return o, errNoVersion()
	}
	if o.version, err = getVersion(v.Context(), r.deps.DB, id, number); errs.Is(err, errs.NotFound) {
		return o, errNoVersion()
	}
	if err != nil {
		return o, err
	}
	if !policy.CanPublish(o.Standing) {
		return o, errNotMember(v.Viewer)
	}
	return o, nil
}

func errNoVersion() error { return errs.New(errs.NotFound, "This version does not exist.") }

func errNotMember(v community.Viewer) error {
	if !v.SignedIn() {
		return community.PleaseSignIn()
	}
	return errs.New(errs.Denied, "Only members of the group can change this.")
}

// ask shows a question about an older version.
func (r *Files) ask(v *site.Visit, o older, title string, c parts.Confirmation) error {
	e := o.Item.Entity
	c.Cancel = o.Item.Path()
	return v.Show(site.Page{
		Title: title, Hidden: true, Entity: &e, Body: parts.ConfirmForm(c),
		Crumbs: v.FromHome(parts.Crumb{Label: e.Name, Path: e.Path()}, parts.Crumb{Label: o.Item.Title, Path: o.Item.Path()}, parts.Crumb{Label: title}),
	})
}

func (r *Files) askRestoration(v *site.Visit) error {
	o, err := r.visited(v)
	if err != nil {
		return err
	}
	return r.ask(v, o, v.T("Restore version %d", o.Number), parts.Confirmation{
		Question: v.T("Do you want “%s” of %s to be the current file again? The present one stays as an older version.", o.File.OriginalName, v.Lang.DateTime(o.CreatedAt)),
		Button:   v.T("Restore"),
	})
}

func (r *Files) restoreVersion(v *site.Visit) error {
	o, err := r.visited(v)
	if err != nil {
		return err
	}
	if err := r.Restore(v.Context(), v.Viewer, o.Item.ID, o.Number); err != nil {
		return err
	}
	v.Flash(parts.Done, "“%s” is the current file again.", o.File.OriginalName)
	return v.Redirect(o.Item.Path())
}

func (r *Files) askRemoval(v *site.Visit) error {
	o, err := r.visited(v)
	if err != nil {
		return err
	}
	return r.ask(v, o, v.T("Delete version %d", o.Number), parts.Confirmation{
		Question: v.T("Do you want to delete “%s” of %s? This can’t be undone.", o.File.OriginalName, v.Lang.DateTime(o.CreatedAt)),
		Button:   v.T("Delete"), Danger: true,
	})
}

func (r *Files) removeVersion(v *site.Visit) error {
	o, err := r.visited(v)
	if err != nil {
		return err
	}
	if err := r.Remove(v.Context(), v.Viewer, o.Item.ID, o.Number); err != nil {
		return err
	}
	v.Flash(parts.Done, "Version %d has been deleted.", o.Number)
	return v.Redirect(o.Item.Path())
}
