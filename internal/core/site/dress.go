package site

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/kit/web"
)

// Dress is how an administrator dresses the site.
type Dress struct {
	Stylesheets []Stylesheet
	Scripts     []Script
	Backdrop    string            // address of a wide picture for the start page
	Favicon     string            // address of the sign in tabs
	Square      string            // address of a square logo, for home screens and previews in messengers
	Outlets     map[Outlet]string // HTML that is put into all pages as it is
	Files       []fs.FS           // folders with files for all this, served below OwnPath; the first that has a file wins
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
	logos := map[string]string{"backdrop": s.Dress.Backdrop, "favicon": v.look.Favicon, "square": v.look.Square, "text": v.look.Logo}
	address := logos[v.Path("which")]
	if address == "" {
		return notFound()
	}
	v.W.Header().Set("Location", address) // the administrator's own, not the visitor's
	v.W.Header().Set("Cache-Control", "public, max-age=3600")
	v.W.WriteHeader(http.StatusFound)
	return nil
}

// OwnPath is where files of the site's own are, for administrators whose site runs without a web server that could
// serve them.
const OwnPath = "/stadt/own/"

// maxOwn is how many bytes a file of the site's own may have: more than any picture for a page needs.
const maxOwn = 16 << 20

// ownTypes are the files that pages are dressed with. Others are not served: a page among them would be one of
// the site without its frame.
var ownTypes = map[string]string{
	".avif": "image/avif", ".css": "text/css; charset=utf-8", ".gif": "image/gif", ".ico": "image/x-icon", ".jpeg": "image/jpeg", ".jpg": "image/jpeg",
	".js": "text/javascript; charset=utf-8", ".json": "application/json", ".mjs": "text/javascript; charset=utf-8", ".png": "image/png",
	".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8", ".webp": "image/webp", ".woff": "font/woff", ".woff2": "font/woff2",
}

// sendOwn answers with a file of the site's own, and reports whether there is one. Like the bundle, it is the same for
// everybody and asks for no session. A drawing that is opened by itself runs no scripts.
func (s *Site) sendOwn(w http.ResponseWriter, r *http.Request) bool {
	name, ours := strings.CutPrefix(r.URL.Path, OwnPath)
	if !ours || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	folder, info := s.findOwn(name)
	if folder == nil {
		return false
	}
	body := open(folder, name)
	if body == nil {
		return false
	}
	defer body.Close() // it was only read
	web.RecordOf(r.Context()).Route = OwnPath
	mark, h := ownMark(info), w.Header()
	h.Set("Content-Type", ownTypes[strings.ToLower(path.Ext(name))])
	h.Set("Content-Security-Policy", "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox")
	h.Set("ETag", strconv.Quote(mark))
	h.Set("Cache-Control", "public, max-age=300")
	if r.URL.Query().Get("v") == mark {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, "", info.ModTime(), body)
	return true
}

// seekable is a file that parts can be sent of.
type seekable interface {
	fs.File
	io.ReadSeeker
}

// open opens a file; nil says that it has gone in this moment.
func open(folder fs.FS, name string) seekable {
	file, err := folder.Open(name)
	if err != nil {
		return nil
	}
	if body, ok := file.(seekable); ok {
		return body
	}
	_ = file.Close() // it was not even read
	return nil
}

// SiteDataPath is where files of the administrator are that have nothing to do with pages. A web server in front shows them
// itself; a site without one does so here, and in the same manner.
const SiteDataPath = "/-/site/"

// sendSiteData answers with such a file, and reports whether there is one. It may be a page of its own with scripts: the
// administrator has put it there.
func (s *Site) sendSiteData(w http.ResponseWriter, r *http.Request) bool {
	name, ours := strings.CutPrefix(r.URL.Path, SiteDataPath)
	if !ours || s.SiteData == nil || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	if name == "" || strings.HasSuffix(name, "/") {
		name += "index.html"
	}
	if strings.HasPrefix(name, ".") || strings.Contains(name, "/.") || !fs.ValidPath(name) {
		return false
	}
	info, err := fs.Stat(s.SiteData, name)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	body := open(s.SiteData, name)
	if body == nil {
		return false
	}
	defer body.Close() // it was only read
	h := w.Header()
	h.Del("Content-Security-Policy")
	h.Set("Content-Type", cmp.Or(mime.TypeByExtension(path.Ext(name)), "application/octet-stream"))
	h.Set("Cache-Control", "public, no-cache")
	http.ServeContent(w, r, "", info.ModTime(), body)
	return true
}

// findOwn returns the folder that has a file, nil if none has it.
func (s *Site) findOwn(name string) (fs.FS, fs.FileInfo) {
	hidden := strings.HasPrefix(name, ".") || strings.Contains(name, "/.")
	if hidden || !fs.ValidPath(name) || ownTypes[strings.ToLower(path.Ext(name))] == "" {
		return nil, nil
	}
	for _, folder := range s.Dress.Files {
		info, err := fs.Stat(folder, name)
		switch {
		case errors.Is(err, fs.ErrPermission):
			s.deps.Log.Warn("a file of the site's own must not be read", "file", name, "error", err)
		case err == nil && info.Mode().IsRegular() && info.Size() <= maxOwn:
			return folder, info
		}
	}
	return nil, nil
}

// ownMark tells one state of a file from another: the mark is part of addresses in pages, so that browsers keep
// a file for long and still ask for a new one at once.
func ownMark(info fs.FileInfo) string {
	return strconv.FormatInt(info.ModTime().UnixNano(), 36) + "-" + strconv.FormatInt(info.Size(), 36)
}

// markOwn adds their marks to the addresses of files of the site's own. It warns about those that there are not.
func (s *Site) markOwn() {
	d := &s.Dress
	d.Stylesheets, d.Scripts = slices.Clone(d.Stylesheets), slices.Clone(d.Scripts)
	addresses := []*string{&s.Logo, &d.Backdrop, &d.Favicon, &d.Square}
	for i := range d.Stylesheets {
		addresses = append(addresses, &d.Stylesheets[i].Path)
	}
	for i := range d.Scripts {
		addresses = append(addresses, &d.Scripts[i].Path)
	}
	for _, address := range addresses {
		name, ours := strings.CutPrefix(*address, OwnPath)
		if !ours || strings.Contains(name, "?") {
			continue
		}
		folder, info := s.findOwn(name)
		if folder == nil {
			s.deps.Log.Warn("a file that the configuration names is in no folder static of template_directories, or pages cannot use it", "address", *address)
			continue
		}
		*address += "?v=" + ownMark(info)
	}
}
