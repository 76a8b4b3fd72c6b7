package admin

import (
	"net/http"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
)

// Paths of the pages on which the site is set up.
const (
	namePath      = Path + "name/"
	logoPath      = Path + "logo/"
	colourPath    = Path + "colour/"
	imprintPath   = Path + "imprint/"
	privacyPath   = Path + "privacy/"
	backupsPath   = Path + "backups/"
	languagesPath = Path + "languages/"
)

// settingsRoutes are those of the pages on which the site is set up.
func (a *Admin) settingsRoutes() []site.Route {
	upload := 2*a.deps.MaxBytes + 1<<20
	routes := []site.Route{
		{Method: http.MethodGet, Path: colourPath, Handle: a.editColour, Admin: true},
		{Method: http.MethodPost, Path: colourPath, Handle: a.updateColour, Admin: true},
		{Method: http.MethodGet, Path: logoPath, Handle: a.editLogo, Admin: true},
		{Method: http.MethodPost, Path: logoPath, Handle: a.updateLogo, Admin: true, BodyLimit: upload},
		{Method: http.MethodGet, Path: languagesPath, Handle: a.editLanguages, Admin: true},
		{Method: http.MethodPost, Path: languagesPath, Handle: a.updateLanguages, Admin: true},
		{Method: http.MethodPost, Path: backupsPath, Handle: a.noteBackups, Admin: true},
	}
	for _, p := range textPages() {
		routes = append(routes,
			site.Route{Method: http.MethodGet, Path: p.Path, Handle: a.editTexts(p), Admin: true},
			site.Route{Method: http.MethodPost, Path: p.Path, Handle: a.updateTexts(p), Admin: true})
	}
	return routes
}

// settingsPlaces are the pages of the administration, as they stand beside each of them.
func settingsPlaces(v *site.Visit) []site.Place {
	return []site.Place{
		{Path: Path, Label: v.T("Overview"), Icon: parts.IconSettings},
		{Path: namePath, Label: v.T("Name and welcome"), Icon: parts.IconHome},
		{Path: logoPath, Label: v.T("Logo"), Icon: parts.IconPicture},
		{Path: colourPath, Label: v.T("Colour"), Icon: parts.IconEdit},
		{Path: languagesPath, Label: v.T("Languages"), Icon: parts.IconGlobe},
		{Path: imprintPath, Label: v.T("Imprint"), Icon: parts.IconPerson},
		{Path: privacyPath, Label: v.T("Privacy"), Icon: parts.IconLock},
	}
}

func settingsPage(v *site.Visit, title string, body templ.Component) site.Page {
	return site.Page{
		Title: title, Body: body, Hidden: true, Side: site.SideMenu{Title: v.T("Administration"), Places: settingsPlaces(v)},
		Crumbs: v.FromHome(parts.Crumb{Label: v.T("Administration"), Path: Path}, parts.Crumb{Label: title}),
	}
}
