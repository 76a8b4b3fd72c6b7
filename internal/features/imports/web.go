package imports

import (
	"net/url"
	"slices"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/web"
)

// limitAdding bounds how many addresses somebody makes the site look at, and limitReading how often.
func limitAdding() web.Limit {
	return web.Limit{Name: "add an import", Count: 20, Per: 24 * time.Hour, Whom: web.PerAccount}
}

func limitReading() web.Limit {
	return web.Limit{Name: "update imports", Count: 30, Per: time.Hour, Whom: web.PerAccount}
}

// importForm is what an import is added and changed with.
type importForm struct {
	Address string `form:"address" text:"line" label:"Address of the calendar or website"`
	Public  string `form:"public"  text:"line"`
}

// publicValue is what the form sends for what everybody may read.
const publicValue = "1"

func (f importForm) public() bool { return f.Public == publicValue }

// visited returns the group in the path if the viewer may manage its imports.
func (r *Imports) visited(v *site.Visit) (community.Entity, error) {
	id, err := v.ID("id")
	if err != nil {
		return community.Entity{}, err
	}
	return r.managed(v, id)
}

// managed returns a group if the viewer may manage its imports.
func (r *Imports) managed(v *site.Visit, groupID int64) (community.Entity, error) {
	g, err := r.deps.Groups.Get(v.Context(), r.deps.DB, groupID)
	if err != nil {
		return community.Entity{}, err
	}
	e := g.Entity()
	s, err := policy.Standing(v.Context(), r.deps.DB, v.Viewer, e)
	if err != nil {
		return e, err
	}
	v.Concerns(site.Subject{Entity: e, Standing: s})
	if !CanManage(s) {
		return e, errNotMember(v.Viewer)
	}
	return e, nil
}

// visitedImport returns the import in the path, if the viewer may manage it, and its group.
func (r *Imports) visitedImport(v *site.Visit) (community.Entity, Import, error) {
	id, err := v.ID("id")
	if err != nil {
		return community.Entity{}, Import{}, err
	}
	i, err := getImport(v.Context(), r.deps.DB, id)
	if errs.Is(err, errs.NotFound) {
		err = errEnded()
	}
	if err != nil {
		return community.Entity{}, i, err
	}
	e, err := r.managed(v, i.GroupID)
	return e, i, err
}

func (r *Imports) showImports(v *site.Visit) error {
	e, err := r.visited(v)
	if err != nil {
		return err
	}
	f := importForm{Public: publicValue}
	if g, err := r.deps.Groups.Get(v.Context(), r.deps.DB, e.OwnerID); err != nil {
		return err
	} else if _, err := r.checkAddress(g.URL); err == nil {
		f.Address = g.URL // the likeliest
	}
	return r.showList(v, e, nil, f)
}

// showList shows the imports of a group, and the form for another one with what is wrong in it.
func (r *Imports) showList(v *site.Visit, e community.Entity, wrong error, f importForm) error {
	return v.ShowAgain(wrong, func(errors parts.Errors) (site.Page, error) {
		all, err := listImports(v.Context(), r.deps.DB, e.OwnerID)
		if wrong == nil && slices.ContainsFunc(all, func(i Import) bool { return i.Address == f.Address }) {
			f.Address = ""
		}
		return v.ManagePage(e, v.T("From other sites"), listBody(v, listPage{Group: e, Imports: all, Form: f, Errors: errors})), err
	})
}

func (r *Imports) createImport(v *site.Visit) error {
	e, err := r.visited(v)
	if err != nil {
		return err
	}
	var f importForm
	if err := v.Bind(&f); err != nil {
		return r.showList(v, e, err, f)
	}
	if _, err := r.checkAddress(f.Address); err != nil {
		return r.showList(v, e, err, f)
	}
	if err := r.deps.Limiter.Allow(v.Context(), limitAdding(), web.Account(v.Viewer.PersonID)); err != nil {
		return r.showList(v, e, err, f)
	}
	if err := r.Add(v.Context(), v.Viewer, e, f.Address, f.public()); err != nil {
		return r.showList(v, e, err, f)
	}
	v.Flash(parts.Done, "It has been added. Its events or posts will appear in a moment.")
	return v.Redirect(listPath(e.OwnerID))
}

func (r *Imports) createRun(v *site.Visit) error {
	e, i, err := r.visitedImport(v)
	if err != nil {
		return err
	}
	if err := r.deps.Limiter.Allow(v.Context(), limitReading(), web.Account(v.Viewer.PersonID)); err != nil {
		return err
	}
	if err := r.Refresh(v.Context(), v.Viewer, e, i.ID); err != nil {
		return err
	}
	v.Flash(parts.Done, "It is being updated. Reload this page in a moment.")
	return v.Redirect(listPath(e.OwnerID))
}

func (r *Imports) editImport(v *site.Visit) error {
	e, i, err := r.visitedImport(v)
	if err != nil {
		return err
	}
	return v.Show(v.ManagePage(e, i.title(), editBody(v, i)))
}

func (r *Imports) updateImport(v *site.Visit) error {
	e, i, err := r.visitedImport(v)
	if err != nil {
		return err
	}
	var f struct {
		importForm
		TakeOver bool `form:"take_over"`
	}
	if err := v.Bind(&f); err != nil {
		return err
	}
	if f.TakeOver {
		if err := r.TakeOver(v.Context(), v.Viewer, e, i.ID); err != nil {
			return err
		}
		v.Flash(parts.Done, "It is updated again, in your name.")
		return v.Redirect(listPath(e.OwnerID))
	}
	if err := r.Show(v.Context(), v.Viewer, e, i.ID, f.public()); err != nil {
		return err
	}
	v.Flash(parts.Done, "The changes have been saved.")
	return v.Redirect(listPath(e.OwnerID))
}

func (r *Imports) askEnd(v *site.Visit) error {
	e, i, err := r.visitedImport(v)
	if err != nil {
		return err
	}
	return v.Show(v.ManagePage(e, v.T("Stop importing “%s”", i.title()), endBody(v, i)))
}

func (r *Imports) removeImport(v *site.Visit) error {
	e, i, err := r.visitedImport(v)
	if err != nil {
		return err
	}
	var f struct {
		Keep bool `form:"keep"`
	}
	if err := v.Bind(&f); err != nil {
		return err
	}
	if err := r.End(v.Context(), v.Viewer, e, i.ID, f.Keep); err != nil {
		return err
	}
	v.Flash(parts.Done, "“%s” is no longer imported.", i.title())
	return v.Redirect(listPath(e.OwnerID))
}

// host returns the name of the server of which an import reads.
func (i Import) host() string {
	u, err := url.Parse(i.Address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// title returns what an import is called.
func (i Import) title() string {
	if i.Name != "" {
		return i.Name
	}
	return i.host()
}
