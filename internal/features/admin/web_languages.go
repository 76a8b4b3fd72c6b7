package admin

import (
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
)

type languagesForm struct {
	Languages     []string `form:"languages"`
	Language      string   `form:"language" text:"line" label:"Main language" validate:"max=20"`
	LanguagesSeen int64    `form:"languages_seen"`
	LanguageSeen  int64    `form:"language_seen"`
}

// speaks reports whether the form offers a language.
func (f languagesForm) speaks(code string) bool {
	return code == f.Language || slices.Contains(f.Languages, code)
}

type languagesView struct {
	languagesForm

	All    []parts.Option // that there are catalogues for
	Fixed  *settings.Fixed
	Errors parts.Errors
}

func (a *Admin) languagesPage(v *site.Visit, f languagesForm, wrong parts.Errors) site.Page {
	set := a.deps.Settings.Latest(v.Context())
	f.LanguagesSeen, f.LanguageSeen = set.Get(settings.Languages).Revision, set.Get(settings.Language).Revision
	view := languagesView{languagesForm: f, Errors: wrong}
	if fixed, ok := set.Fixed(settings.Language); ok {
		view.Fixed = &fixed
	}
	for _, code := range a.deps.Catalogues.All() {
		view.All = append(view.All, parts.Option{Value: code, Label: site.LanguageName(code)})
	}
	return settingsPage(v, v.T("Languages"), languagesBody(view))
}

func (a *Admin) editLanguages(v *site.Visit) error {
	f := languagesForm{Languages: a.deps.Catalogues.Languages(), Language: a.deps.Catalogues.Match()}
	return v.Show(a.languagesPage(v, f, parts.Errors{}))
}

func (a *Admin) updateLanguages(v *site.Visit) error {
	var f languagesForm
	err := v.Bind(&f)
	_, fixed := a.deps.Settings.Latest(v.Context()).Fixed(settings.Language)
	if fixed {
		f.Language = a.deps.Catalogues.Match()
	}
	if err == nil {
		err = a.saveLanguages(v, f, fixed)
	}
	if err != nil {
		return v.ShowAgain(err, func(wrong parts.Errors) (site.Page, error) { return a.languagesPage(v, f, wrong), nil })
	}
	v.Flash(parts.Done, "Saved.")
	return v.Redirect(languagesPath)
}

// saveLanguages keeps which languages are offered. All of them stand for those, too, that come later.
func (a *Admin) saveLanguages(v *site.Visit, f languagesForm, fixed bool) error {
	all := a.deps.Catalogues.All()
	if !slices.Contains(all, f.Language) {
		return errs.Check(errs.Field("language", "Choose one of these languages."))
	}
	offered := slices.DeleteFunc(slices.Clone(all), func(code string) bool { return !f.speaks(code) })
	change := settings.Change{Key: settings.Languages, Seen: f.LanguagesSeen}
	if len(offered) < len(all) {
		change.Value = strings.Join(offered, " ")
	}
	changes := []settings.Change{change}
	if !fixed {
		changes = append(changes, settings.Change{Key: settings.Language, Value: f.Language, Seen: f.LanguageSeen})
	}
	return a.deps.Settings.Save(v.Context(), v.Viewer.PersonID, changes...)
}
