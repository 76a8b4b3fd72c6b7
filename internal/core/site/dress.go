package site

import (
	"net/http"

	"github.com/a-h/templ"
)

// Dress is how an administrator dresses the site.
type Dress struct {
	Stylesheets []Stylesheet
	Scripts     []Script
	Backdrop    string            // address of a wide picture for the start page
	Favicon     string            // address of the sign in tabs
	Square      string            // address of a square logo, for home screens and previews in messengers
	Outlets     map[Outlet]string // HTML that is put into all pages as it is
}

// Stylesheet is a link to styles.
type Stylesheet struct{ Path, Media string }

// Script is a script with a path, or with its text.
type Script struct {
	Path    string
	Load    string // async, defer or blocking
	Content string
}

// Outlet is a place in the pages for HTML of the site's own.
type Outlet string

// The outlets.
const (
	OutletHead    Outlet = "head"    // at the end of the head
	OutletHeader  Outlet = "header"  // below the bar
	OutletStart   Outlet = "start"   // on the start page, above what is new
	OutletSidebar Outlet = "sidebar" // in the second column, where there is one
	OutletFooter  Outlet = "footer"  // above the last line of the foot
)

// Outlets returns all outlets.
func Outlets() []Outlet {
	return []Outlet{OutletHead, OutletHeader, OutletStart, OutletSidebar, OutletFooter}
}

// Outlet returns what stands in an outlet, nothing if there is nothing.
func (s *Site) Outlet(o Outlet) templ.Component {
	html := s.Dress.Outlets[o]
	if html == "" {
		return templ.NopComponent
	}
	return templ.Raw(html)
}

// showLogo leads to a logo by its name; the addresses stand in mails and feeds of existing sites.
func (s *Site) showLogo(v *Visit) error {
	logos := map[string]string{"backdrop": s.Dress.Backdrop, "favicon": s.Dress.Favicon, "square": s.Dress.Square, "text": s.Logo}
	address := logos[v.Path("which")]
	if address == "" {
		return notFound()
	}
	v.W.Header().Set("Location", address) // the administrator's own, not the visitor's
	v.W.Header().Set("Cache-Control", "public, max-age=3600")
	v.W.WriteHeader(http.StatusFound)
	return nil
}
