package site

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/form"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/kit/webdav"
)

// Handler answers a visit. The error it returns becomes a page.
type Handler func(v *Visit) error

// Route is a path and who answers there. A path is a pattern of net/http: {name} stands for one
// segment, {name...} for the rest. In the first segment it may stand for a part: /sitemap-{number}.xml. Every path is
// answered with and without a slash at its end, and HEAD wherever GET is.
type Route struct {
	Method   string // GET, POST, …; "" for any
	Path     string
	Handle   Handler
	SignedIn bool // only for people who have signed in; others are led to the sign-in page
	Admin    bool // only for administrators

	// Query names the parameters of the address that the page depends on. There are no others for it: reading one that
	// is not named here panics.
	Query []string

	// Cached says that the page looks the same to everybody who has not signed in, as long as nothing changes in the
	// database: it depends on the path, the declared parameters and the language alone. Where nothing tells who the visitor
	// is it does not depend on the language either.
	Cached bool

	// Everywhere says that the route answers under any name of the site and without https. Its path has no wildcard.
	Everywhere bool

	KnownBy  Identity    // what tells who the visitor is
	Scope    string      // what an app password must be for, where it tells who the visitor is
	Failures FailureForm // in which form the visitor is told that something failed

	BodyLimit int64 // bytes; zero means 1 MiB

	// Limit is how often a visitor may come: an account, or a network of whoever has not signed in. A POST that has
	// neither this nor Counts has that of [Usual].
	Limit *web.Limit
	// Counts are the limits that the handler counts by itself, because they depend on what was typed.
	Counts []web.Limit
}

// Identity is what tells who a visitor is.
type Identity int

const (
	// BySession is the cookie of a session. A browser sends it along whichever site makes it do so, therefore requests
	// that change something are refused if they come from another site.
	BySession Identity = iota

	// ByOwnSession is the cookie of a session, if the request does not come from another site. From there it comes
	// from nobody in particular: the path itself permits what is asked for.
	ByOwnSession

	// ByNothing leaves everybody unknown, and works without the database.
	ByNothing

	// ByAppPassword is a password that somebody has made for a program, which sends it with each request (HTTP Basic).
	// There is no session.
	ByAppPassword
)

// FailureForm is the form in which a visitor is told that something failed.
type FailureForm int

const (
	// AsPage is a page for people. Who must sign in first is led to the page for it.
	AsPage FailureForm = iota

	// AsPart is a piece of a page for a script: a sentence. Who must sign in first is told so with status 401.
	AsPart

	// AsJSON is an object for a script, whose "problem" is a sentence; 401 as with AsPart.
	AsJSON

	// AsText is a sentence for a program, which goes by the status. Who must sign in first is told so with status 401.
	AsText
)

// Usual is how often a visitor may do what has no limit of its own: far more than a person does.
func Usual() web.Limit {
	return web.Limit{Name: "do something", Count: 600, Per: time.Hour, Whom: web.PerVisitor}
}

// limited returns the route with the limit of [Usual] where it needs one and has none.
func (r Route) limited() Route {
	if r.Limit == nil && r.Method == http.MethodPost && len(r.Counts) == 0 {
		usual := Usual()
		r.Limit = &usual
	}
	return r
}

// Limits returns all limits of the route.
func (r Route) Limits() []web.Limit {
	if r = r.limited(); r.Limit != nil {
		return append([]web.Limit{*r.Limit}, r.Counts...)
	}
	return r.Counts
}

// defaultBody is how many bytes a request may have that no route says otherwise about.
const defaultBody = 1 << 20

// maxIgnored is how many bytes of a request that is too large are read and thrown away.
const maxIgnored = 64 << 20

// router finds routes. Go's own multiplexer refuses patterns of which neither is narrower, such as
// /{entity}/{slug}/edit and /stadt/groups/{id}; so each first segment that is no name of a person or
// group has a multiplexer of its own.
type router struct {
	site        *Site
	town, files *http.ServeMux // /stadt/…; /-/… and /.well-known/…
	entities    *http.ServeMux // the rest
	parted      *http.ServeMux // paths in whose first segment a wildcard stands for a part
	parts       []partedSegment
}

func (s *Site) newRouter(routes []Route) (*router, error) {
	rt := &router{site: s, town: http.NewServeMux(), files: http.NewServeMux(), entities: http.NewServeMux(), parted: http.NewServeMux()}
	for _, route := range routes {
		if route.Handle == nil || !strings.HasPrefix(route.Path, "/") {
			return nil, fmt.Errorf("the route %s %s is incomplete", route.Method, route.Path)
		}
		route = route.limited()
		mux, answer := rt.muxOf(route.Path), answering{s, &route}
		if part, name, ok := parseParted(route.Path); ok {
			rt.parts, mux = append(rt.parts, part), rt.parted
			route.Path = part.path(name)
		}
		if err := register(mux, route, answer); err != nil {
			return nil, err
		}
	}
	return rt, nil
}

// register adds a route; the multiplexer's panic about two that conflict names both.
func register(mux *http.ServeMux, route Route, h http.Handler) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("register a route: %v", problem)
		}
	}()
	pattern := withoutSlash(route.Path)
	if pattern == "/" {
		pattern = "/{$}"
	}
	mux.Handle(strings.TrimSpace(route.Method+" "+pattern), h)
	return nil
}

// muxOf returns the multiplexer for a path or a pattern.
func (rt *router) muxOf(p string) *http.ServeMux {
	switch first, _, _ := strings.Cut(strings.TrimPrefix(p, "/"), "/"); first {
	case "stadt":
		return rt.town
	case "-", ".well-known":
		return rt.files
	default:
		return rt.entities
	}
}

// withoutSlash strips one slash from the end of a path.
func withoutSlash(p string) string {
	if len(p) > 1 {
		return strings.TrimSuffix(p, "/")
	}
	return p
}

// ServeHTTP implements http.Handler.
func (rt *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rt.site.static.Has(r.URL.Path) && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		web.RecordOf(r.Context()).Route = staticPath
		rt.site.static.ServeHTTP(w, r)
		return
	}
	if rt.site.sendOwn(w, r) || rt.site.sendSiteData(w, r) {
		return
	}
	if rt.site.isInMaintenance(withoutSlash(r.URL.Path)) {
		rt.site.newVisit(w, r, &Route{}).fail(inMaintenance())
		return
	}
	requested := r.URL
	plain := withoutSlash(requested.Path)
	if path.Clean(requested.Path) != plain {
		rt.site.newVisit(w, r, &Route{}).fail(notFound())
		return
	}
	if plain != requested.Path {
		short := *requested
		short.Path, short.RawPath = plain, withoutSlash(requested.RawPath)
		r.URL = &short
	}
	m := &match{requested: requested, raw: w}
	mux := rt.muxOf(plain)
	for _, part := range rt.parts {
		if value, ok := part.match(plain); ok {
			apart := *requested
			apart.Path, apart.RawPath = part.path(value), ""
			r.URL, mux = &apart, rt.parted
		}
	}
	mux.ServeHTTP(m, r)
	if m.found {
		return
	}
	r.URL = requested
	v := rt.site.newVisit(w, r, &Route{})
	if m.code == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", m.header.Get("Allow"))
		v.fail(methodNotAllowed())
		return
	}
	v.fail(notFound())
}

// match takes a request through a multiplexer to the route that answers, as an http.ResponseWriter, because nothing
// else gets through. If there is no such route, it has what the multiplexer says about that.
type match struct {
	requested *url.URL // with the slash at its end, if it had one
	raw       http.ResponseWriter
	found     bool

	restoring *Visit // of the page whose form is shown with what was not sent; nil for an ordinary request
	restored  bool

	header http.Header
	code   int
}

// Header implements http.ResponseWriter.
func (m *match) Header() http.Header {
	if m.header == nil {
		m.header = http.Header{}
	}
	return m.header
}

// Write implements http.ResponseWriter.
func (m *match) Write(b []byte) (int, error) { return len(b), nil }

// WriteHeader implements http.ResponseWriter.
func (m *match) WriteHeader(code int) { m.code = code }

// answering is a route in a multiplexer: session, viewer, language and permission come first.
type answering struct {
	site  *Site
	route *Route
}

// ServeHTTP implements http.Handler.
func (a answering) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m, ok := w.(*match)
	if !ok {
		panic("a route is reached by the router alone")
	}
	m.found = true
	r.URL = a.declared(m.requested)
	if m.restoring != nil {
		m.restored = m.restoring.restoreOn(a.route, r)
		return
	}
	s := a.site
	web.RecordOf(r.Context()).Route = a.route.Path
	key, changes := "", int64(0)
	if a.route.Cached {
		key = s.cacheKey(r, a.route.KnownBy)
	}
	if key != "" {
		if page, ok := s.cache.get(key); ok {
			s.cache.send(m.raw, r, page)
			return
		}
		changes = s.cache.changes()
	}
	v := s.newVisit(m.raw, r, a.route)
	v.cacheKey, v.changes = key, changes
	if err := v.handle(); err != nil {
		v.fail(err)
	}
	v.end()
}

// declared returns an address with the parameters alone that the route declares.
func (a answering) declared(requested *url.URL) *url.URL {
	if requested.RawQuery == "" {
		return requested
	}
	u := *requested
	u.RawQuery = onlyDeclared(requested.RawQuery, a.route.Query)
	return &u
}

// handle lets the handler answer. A page that others render at this moment for the cache is taken from there.
func (v *Visit) handle() error {
	if err := v.begin(); err != nil {
		return err
	}
	if err := v.findUnsent(); err != nil || v.unsent != nil && v.restore() {
		return err
	}
	if v.cacheKey == "" {
		return v.route.Handle(v)
	}
	cache, ours := v.site.cache, false
	_, err, _ := cache.rendering.Do(v.cacheKey, func() (any, error) {
		ours = true
		return nil, v.route.Handle(v)
	})
	if ours {
		return err
	}
	if page, ok := cache.get(v.cacheKey); ok {
		cache.send(v.raw, v.R, page)
		return nil
	}
	v.changes = cache.changes()
	return v.route.Handle(v)
}

// begin checks, in this order, what can be refused without asking the database first.
func (v *Visit) begin() error {
	origin := v.checkOrigin()
	if origin != nil && v.route.KnownBy == BySession {
		return errs.New(errs.Denied, "This request came from another site. Please go back, reload the page and try again.").Because(origin)
	}
	limit := v.route.BodyLimit
	if limit == 0 {
		limit = defaultBody
	}
	if v.R.ContentLength > limit {
		// A browser shows the answer only after it has sent everything; cut off, it shows an error of its own.
		_, _ = io.CopyN(io.Discard, v.R.Body, min(v.R.ContentLength, maxIgnored))
		v.raw.Header().Set("Connection", "close")
		return form.TooLarge(limit)
	}
	v.R.Body = http.MaxBytesReader(v.raw, v.R.Body, limit)
	if origin == nil {
		if err := v.identify(); err != nil {
			return err
		}
	}
	if v.route.Limit != nil {
		if err := v.count(*v.route.Limit); err != nil {
			return err
		}
	}
	switch {
	case (v.route.SignedIn || v.route.Admin) && !v.Viewer.SignedIn():
		return community.PleaseSignIn()
	case v.route.Admin && !v.Viewer.Admin:
		return errs.New(errs.Denied, "This page is for administrators.")
	}
	return nil
}

// checkOrigin returns an error if a request comes from another site, and could change something. What WebDAV adds for
// reading cannot, no more than GET.
func (v *Visit) checkOrigin() error {
	if v.R.Method == webdav.PropFind || v.R.Method == webdav.Report {
		return nil
	}
	return v.site.origins.Check(v.R)
}

// count counts the visitor: by account, or by network if they have not signed in.
func (v *Visit) count(limit web.Limit) error {
	var err error
	if v.Viewer.SignedIn() {
		err = v.site.deps.Limiter.Allow(v.Context(), limit, web.Account(v.Viewer.PersonID))
	} else {
		err = v.site.deps.Limiter.Request(v.R, limit)
	}
	if err == nil || errs.Is(err, errs.TooMany) {
		return err
	}
	return unavailable(err)
}
