// Package site is the frame of all pages: it finds the route, knows who looks and in which language,
// hands a Visit to the room's handler, and turns what the handler returns into a page around which
// stand the bar, the crumbs, the messages and the foot. Rooms give routes and page bodies; the design
// system's components for them (forms, cards, tabs, badges) are here too.
//
// # A handler
//
//	func (g *Groups) createGroup(v *site.Visit) error {
//		var f groupForm
//		err := v.Bind(&f)
//		if err == nil {
//			err = g.Found(v.Context(), v.Viewer, f.Name, f.Closed)
//		}
//		if err != nil {
//			return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return newGroupPage(v, f, e) })
//		}
//		v.Flash(parts.Done, "You’ve started the group “%s”.", f.Name)
//		return v.Redirect(community.EntityPath(f.Slug))
//	}
//
// An error that is not shown again beside the form becomes a page by its kind: not found 404, denied
// 403, not signed in the sign-in page, and so on; see failure.go.
package site

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/schemaorg"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/form"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/web"
)

// Config is what the administrator decides about pages.
type Config struct {
	Name    string // of the site, shown in the bar and in titles; administrators may set another one
	Domain  string // without port
	BaseURL string // https://example.org or http://localhost:8008, without a slash at the end
	Secret  string // signs what travels through browsers

	Transport      web.Transport
	Hosts          []string       // names that are answered beside Domain
	Loopback       bool           // the listener is on a loopback address: localhost and 127.0.0.1 are answered too
	TrustedProxies []netip.Prefix // may say who the client is
	LogClients     bool           // the log says by which address each request came
	Policy         web.Policy     // additions to the content security policy

	Zone *time.Location

	UploadMax     int64    // bytes of one uploaded file; zero means 10 MiB
	ThemeColour   string   // #rrggbb; this and what follows wins over what administrators set
	Logo          string   // path of a picture that stands for the name in the bar
	Claims        []string // sentences of which each page shows one
	Dress         Dress
	Operator      Operator
	Demonstration bool // says on every page that nothing here is real

	Maintenance string // path of a file: while it exists, visitors read that the site is being worked on; empty: none
	SiteData    fs.FS  // files of the administrator below SiteDataPath, where no web server in front shows them; nil: none
}

// Operator is where the foot leads to those who run the site. What is empty is not linked.
type Operator struct {
	About, DataProtection, Help string
	Imprint                     string // linked once somebody has written it
	Abuse                       string // the path of the page that is reported is appended
}

// Viewers load who looks. The people room fills it.
type Viewers interface {
	// Viewer returns the person as a viewer. NotFound means that they may no longer sign in.
	Viewer(ctx context.Context, personID int64) (community.Viewer, error)
	// SetLanguage keeps the language that a person chose.
	SetLanguage(ctx context.Context, personID int64, language string) error
}

// Programs know who has made the app password that a program sends. The accounts room fills it.
type Programs interface {
	// ProgramOwner returns the person whose name and app password these are, if it is for the scope. Others are
	// Unauthenticated, and TooMany after some.
	ProgramOwner(ctx context.Context, login, secret, scope string) (personID int64, err error)
}

// Deps is what the site is built on.
type Deps struct {
	Catalogues *lang.Catalogues
	Sessions   *web.Sessions
	Limiter    *web.Limiter
	Viewers    Viewers
	Programs   Programs // may be nil where no route is for programs
	Unsent     *web.UnsentForms
	Log        *slog.Logger
	Clock      clock.Clock

	// Near returns the pages whose addresses are most like one that there is not. May be nil.
	Near func(v *Visit, path string) []parts.Link

	// Former returns the present slug of whoever had one before that nobody has now, "" if there is nobody, or that it
	// was that of a group which has been removed. May be nil.
	Former func(ctx context.Context, slug string) (now string, removed bool)
	// Metrics counts requests. May be nil.
	Metrics *web.Metrics

	// Settings are what administrators have set on pages. May be nil.
	Settings *settings.Settings

	// Changes returns a number that is another one after each change in the database. Without it no page is
	// cached.
	Changes func() int64
}

// Site is the frame of all pages.
type Site struct {
	Config
	Contributions
	deps     Deps
	signer   *web.Signer
	static   *web.Static
	router   *router
	forms    *form.Reader
	origins  *http.CrossOriginProtection
	base     *url.URL
	cache    *pageCache
	printers map[string]*lang.Printer

	readiness readiness

	languages []ownLanguage // that there are catalogues for
}

// New returns the site.
func New(c Config, d Deps) (*Site, error) {
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	if c.ThemeColour == "" {
		c.ThemeColour = "#2a62ac"
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	base, err := url.Parse(c.BaseURL)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("the site's address %q is no web address", c.BaseURL)
	}
	signer, err := web.NewSigner(c.Secret, d.Clock)
	if err != nil {
		return nil, err
	}
	static, err := loadStatic()
	if err != nil {
		return nil, err
	}
	if static.Empty() {
		d.Log.Warn("styles and scripts have not been bundled into this program: pages will look bare; run make generate and build again")
	}
	cache, err := newPageCache(d.Changes, d.Clock)
	if err != nil {
		return nil, err
	}
	s := &Site{
		Config: c, deps: d, signer: signer, static: static, base: base, cache: cache,
		forms: form.New(c.UploadMax), origins: http.NewCrossOriginProtection(),
		printers: map[string]*lang.Printer{}, readiness: readiness{log: d.Log},
	}
	for _, language := range d.Catalogues.All() {
		s.printers[language] = d.Catalogues.Printer(language, c.Zone)
		s.languages = append(s.languages, ownLanguage{language, LanguageName(language)})
	}
	return s, nil
}

// Secure reports whether the site is reached by https.
func (s *Site) Secure() bool { return s.base.Scheme == "https" }

// URL returns the absolute address of a path.
func (s *Site) URL(path string) string { return s.BaseURL + path }

// Handler puts what the rooms contribute into the frame. Two routes that could match the same path are an error that
// names both.
func (s *Site) Handler(c Contributions) (http.Handler, error) {
	s.markOwn()
	c.sort()
	s.Contributions = c
	routes := append(s.ownRoutes(), c.Routes...)
	var err error
	if s.router, err = s.newRouter(routes); err != nil {
		return nil, err
	}
	front := web.Front{
		Log: s.deps.Log, Transport: s.Transport, TrustedProxies: s.TrustedProxies, Policy: s.Policy, LogClients: s.LogClients, Metrics: s.deps.Metrics,
		Hosts: append([]string{s.Domain, s.base.Hostname()}, s.Hosts...), Everywhere: everywhere(routes),
		Conceal: newConcealment(routes).path, HostsOption: "extra_allowed_hosts",
		Misdirected: func(w http.ResponseWriter, r *http.Request) { s.newVisit(w, r, &Route{}).showAddress() },
		Fail: func(w http.ResponseWriter, r *http.Request, err error) {
			s.newVisit(w, r, &Route{}).fail(err)
		},
	}
	if s.Loopback {
		front.Hosts = append(front.Hosts, "localhost", "127.0.0.1", "::1")
	}
	return front.Wrap(s.router), nil
}

// Page is what a handler shows. The frame adds everything around it.
type Page struct {
	Title  string // also the heading, unless OwnHeading
	Status int    // zero means 200
	Crumbs []parts.Crumb
	Body   templ.Component
	Side   SideMenu          // the pages beside this one; empty where it stands alone
	Aside  templ.Component   // context: beside the body on wide screens, below it on others
	Entity *community.Entity // the group or person that the page belongs to
	Wide   bool              // the body may be wider than a column of text: lists, tables, pictures

	OwnHeading  bool        // the body has its own h1
	Description string      // for search engines and previews in messengers
	Canonical   string      // the path that search engines should remember
	Alternates  []Alternate // feeds and the like that this page alone knows of
	Preview     Preview
	Things      []schemaorg.Thing // what the page is about, for programs that have not signed in
	Hidden      bool              // search engines and messengers should leave the page alone
	NoIndex     bool              // search engines should not list it: it shows a part of what is on other pages
}

// statusOr returns the page's status.
func (p Page) statusOr(fallback int) int {
	if p.Status == 0 {
		return fallback
	}
	return p.Status
}

// notFound is the error of a path that cannot be meant.
func notFound() error { return errs.New(errs.NotFound, "") }
