package admin

import (
	"context"
	"errors"
	"mime/multipart"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/core/site"
)

type logoForm struct {
	Logo       *multipart.FileHeader `form:"logo" label:"Logo"`
	Icon       *multipart.FileHeader `form:"icon" label:"Icon"`
	RemoveLogo bool                  `form:"remove_logo"`
	RemoveIcon bool                  `form:"remove_icon"`
}

// pictureInput is a picture that stands for the site, as the page shows it.
type pictureInput struct {
	Shown string          // its address; empty where there is none
	Saved bool            // it was uploaded here, and can be removed
	Fixed *settings.Fixed // the configuration says it
}

type logoView struct {
	Logo, Icon pictureInput
	Megabytes  int
	Errors     parts.Errors
}

func (a *Admin) logoPage(v *site.Visit, wrong parts.Errors) site.Page {
	set, look := a.deps.Settings.Latest(v.Context()), v.Look()
	input := func(k settings.Key, shown string) pictureInput {
		in := pictureInput{Shown: shown, Saved: set.Text(k) != ""}
		if fixed, ok := set.Fixed(k); ok {
			in.Fixed = &fixed
		}
		return in
	}
	return settingsPage(v, v.T("Logo"), logoBody(logoView{
		Logo: input(settings.Logo, look.Logo), Icon: input(settings.Icon, look.Square), Megabytes: int(a.deps.MaxBytes >> 20), Errors: wrong,
	}))
}

func (a *Admin) editLogo(v *site.Visit) error { return v.Show(a.logoPage(v, parts.Errors{})) }

func (a *Admin) updateLogo(v *site.Visit) error {
	var f logoForm
	err := v.Bind(&f)
	if err == nil {
		err = a.setPicture(v, settings.Logo, f.Logo, f.RemoveLogo)
	}
	if err == nil {
		err = a.setPicture(v, settings.Icon, f.Icon, f.RemoveIcon)
	}
	if err != nil {
		return v.ShowAgain(err, func(wrong parts.Errors) (site.Page, error) { return a.logoPage(v, wrong), nil })
	}
	v.Flash(parts.Done, "Saved.")
	return v.Redirect(logoPath)
}

// setPicture lets an uploaded picture stand for the site, or none. The one before it goes, unless something else shows it.
func (a *Admin) setPicture(v *site.Visit, k settings.Key, file *multipart.FileHeader, remove bool) error {
	name, before := "", a.deps.Settings.Latest(v.Context()).Get(k).Value
	switch {
	case file != nil:
		var err error
		if name, err = a.deps.Pictures.Upload(v.Context(), v.Viewer.PersonID, string(k), file); err != nil {
			return err
		}
	case !remove || before == "":
		return nil
	}
	ctx := context.WithoutCancel(v.Context())
	if err := a.deps.Settings.Put(v.Context(), v.Viewer.PersonID, k, name); err != nil {
		return errors.Join(err, a.deps.Pictures.Discard(ctx, name))
	}
	return a.deps.Pictures.Discard(ctx, before)
}
