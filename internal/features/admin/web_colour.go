package admin

import (
	"strings"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
)

// usualColour is the colour of a site that has chosen none, as in assets/styles/tokens.css.
const usualColour = "#2a62ac"

type colourForm struct {
	Colour  string `form:"colour" text:"line" label:"Colour" validate:"required,colour"`
	Seen    int64  `form:"seen"`
	Preview string `form:"preview"` // the button that shows it only
	Usual   string `form:"usual"`   // the button that takes the choice back
}

type colourView struct {
	Colour   string // as it was typed
	Shown    string // the same, or the usual one where that is no colour
	Revision int64
	Check    site.Contrasts // of the colour that is shown
	Fixed    *settings.Fixed
	Errors   parts.Errors
}

func (a *Admin) colourPage(v *site.Visit, colour string, wrong parts.Errors) site.Page {
	set := a.deps.Settings.Latest(v.Context())
	saved := set.Get(settings.Colour)
	view := colourView{Colour: colour, Shown: colour, Revision: saved.Revision, Errors: wrong}
	if fixed, ok := set.Fixed(settings.Colour); ok {
		view.Fixed, view.Shown = &fixed, v.Look().ThemeColour
	}
	check, ok := site.CheckColour(view.Shown)
	if !ok {
		view.Shown = usualColour
		check, _ = site.CheckColour(usualColour)
	}
	view.Check = check
	return settingsPage(v, v.T("Colour"), colourBody(v, view))
}

func (a *Admin) editColour(v *site.Visit) error {
	colour := a.deps.Settings.Latest(v.Context()).Text(settings.Colour)
	if colour == "" {
		colour = usualColour
	}
	return v.Show(a.colourPage(v, colour, parts.Errors{}))
}

func (a *Admin) updateColour(v *site.Visit) error {
	var f colourForm
	err := v.Bind(&f)
	f.Colour = strings.ToLower(f.Colour)
	switch {
	case f.Usual != "":
		f.Colour, err = "", nil
	case err == nil && f.Preview != "":
		return v.Show(a.colourPage(v, f.Colour, parts.Errors{}))
	case err == nil:
		err = readable(v, f.Colour)
	}
	if err == nil {
		err = a.deps.Settings.Save(v.Context(), v.Viewer.PersonID, settings.Change{Key: settings.Colour, Value: f.Colour, Seen: f.Seen})
	}
	if err != nil {
		return v.ShowAgain(err, func(wrong parts.Errors) (site.Page, error) { return a.colourPage(v, f.Colour, wrong), nil })
	}
	v.Flash(parts.Done, "Saved.")
	return v.Redirect(colourPath)
}

// readable refuses a colour in which nobody could read what stands on buttons and links, and says which would do.
func readable(v *site.Visit, colour string) error {
	c, _ := site.CheckColour(colour)
	switch {
	case c.Readable():
		return nil
	case c.Letters < site.MinContrast:
		return errs.Check(errs.Field("colour", "White letters on buttons of this colour are hard to read: their contrast is %s, and it has to be at least %s. This shade works: %s.",
			v.Lang.Decimal(c.Letters), v.Lang.Decimal(site.MinContrast), c.Nearest))
	default:
		return errs.Check(errs.Field("colour", "Links of this colour are hard to read: their contrast is %s, and it has to be at least %s. This shade works: %s.",
			v.Lang.Decimal(c.Links), v.Lang.Decimal(site.MinContrast), c.Nearest))
	}
}
