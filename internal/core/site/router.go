package site

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/form"
	"grouprise.org/grouprise/internal/kit/web"
)

// Handler answers a visit. The error it returns becomes a page.
type Handler func(v *Visit) error

// Route is a path and who answers there. A path is a pattern of net/http: {name} stands for one
// segment, {name...} for the rest. Every path is answered with and without a slash at its end, and
// HEAD wherever GET is.
type Route struct {
	Method   string // GET, POST, …; "" for any
	Path     string
	Handle   Handler
	SignedIn bool // only for people who have signed in; others are led to the sign-in page
	Admin    bool // only for administrators

	// Shared says that a page looks the same to everybody who has not signed in, and the same each time to
	// somebody who has, as long as nothing changes in the database: it depends on the path, the query, the
	// language and the viewer alone.
	Shared bool

	// CrossOrigin takes unsafe requests from other sites too: one-click unsubscribing, tokens of the
	// API. The handler must not trust cookies then.
	CrossOrigin bool

	BodyLimit int64      // bytes; zero means 1 MiB
	Limit     *web.Limit // how often a client may come
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
	town, files *http.ServeMux // /stadt/…, /-/…
	entities    *http.ServeMux // the rest
}

func (s *Site) newRouter(routes []Route) (http.Handler, error) {
	rt := &router{site: s, town: http.NewServeMux(), files: http.NewServeMux(), entities: http.NewServeMux()}
	for _, route := range routes {
		if route.Handle == nil || !strings.HasPrefix(route.Path, "/") {
			return nil, fmt.Errorf("the route %s %s is incomplete", route.Method, route.Path)
		}
		if err := register(rt.muxOf(route.Path), route, s.answer(route)); err != nil {
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
	case "-":
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

// requestedKey is where a request whose slash was stripped carries the address as it came.
type requestedKey struct{}

// ServeHTTP implements http.Handler.
func (rt *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rt.site.static.Has(r.URL.Path) && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		rt.site.static.ServeHTTP(w, r)
		return
	}
	if rt.site.sendOwn(w, r) {
		return
	}
	if page, ok := rt.site.shelf.find(r.Context(), rt.site.sharedKey(r)); ok {
		page.send(w, r)
		return
	}
	visit := rt.site.newVisit
	if clean := path.Clean(r.URL.Path); clean != withoutSlash(r.URL.Path) {
		visit(w, r).fail(notFound())
		return
	}
	plain := r.Clone(context.WithValue(r.Context(), requestedKey{}, r.URL))
	plain.URL.Path = withoutSlash(r.URL.Path)
	plain.URL.RawPath = withoutSlash(r.URL.RawPath)
	plain.Pattern = ""

	mux := rt.muxOf(plain.URL.Path)
	refuse, pattern := mux.Handler(plain)
	if pattern != "" {
		mux.ServeHTTP(w, plain)
		return
	}
	// What the multiplexer would have said tells a wrong method from a wrong path.
	answer := &probe{header: http.Header{}}
	refuse.ServeHTTP(answer, plain)
	if answer.code == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", answer.header.Get("Allow"))
		visit(w, r).fail(methodNotAllowed())
		return
	}
	visit(w, r).fail(notFound())
}

// probe takes an answer for its status and headers.
type probe struct {
	header http.Header
	code   int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
func (p *probe) WriteHeader(code int)        { p.code = code }

// answer makes a handler of a route: session, viewer, language and permission first.
func (s *Site) answer(route Route) http.Handler {
	limit := route.BodyLimit
	if limit == 0 {
		limit = defaultBody
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requested, ok := r.Context().Value(requestedKey{}).(*url.URL); ok {
			r.URL = requested
		}
		v := s.newVisit(w, r)
		v.nameRoute(route)
		if route.Shared && s.shelf.changes != nil {
			v.shared, v.state = s.sharedKey(v.R), s.shelf.state(v.Context())
		}
		err := v.begin(route, limit)
		if err == nil {
			err = v.handle(route)
		}
		if err != nil {
			v.fail(err)
		}
		v.end()
	})
}

// handle lets the handler answer, unless a page is kept that can be sent, or somebody else is making it.
func (v *Visit) handle(route Route) error {
	if route.Shared && v.showKept() {
		return nil
	}
	if !route.Shared || v.shared == "" {
		return route.Handle(v)
	}
	ours := false
	_, err, _ := v.site.shelf.made.Do(v.shared, func() (any, error) {
		ours = true
		return nil, route.Handle(v)
	})
	switch {
	case ours:
		return err
	case v.sendKept():
		return nil
	}
	v.state = v.site.shelf.state(v.Context())
	return route.Handle(v)
}

// begin checks, in this order, what can be refused without asking the database first.
func (v *Visit) begin(route Route, limit int64) error {
	if !route.CrossOrigin {
		if err := v.site.origins.Check(v.R); err != nil {
			return errs.New(errs.Denied, "This request came from another site. Please go back, load the page again and repeat what you did.").Because(err)
		}
	}
	if v.R.ContentLength > limit {
		// A browser shows the answer only after it has sent everything; cut off, it shows an error of its own.
		_, _ = io.CopyN(io.Discard, v.R.Body, min(v.R.ContentLength, maxIgnored))
		v.raw.Header().Set("Connection", "close")
		return form.TooLarge(limit)
	}
	v.R.Body = http.MaxBytesReader(v.raw, v.R.Body, limit)
	if err := v.identify(); err != nil {
		return err
	}
	if route.Limit != nil {
		if err := v.site.deps.Limiter.Request(v.R, *route.Limit); err != nil {
			return err
		}
	}
	switch {
	case (route.SignedIn || route.Admin) && !v.Viewer.SignedIn():
		return errs.New(errs.Unauthenticated, "Please sign in.")
	case route.Admin && !v.Viewer.Admin:
		return errs.New(errs.Denied, "This page is for administrators.")
	}
	return nil
}

// secretNames are the wildcards whose values let somebody in and stay out of the log.
var secretNames = [...]string{"key", "secret", "token"}

// nameRoute tells the log which route matched and hides the secrets of its path.
func (v *Visit) nameRoute(route Route) {
	rec := web.RecordOf(v.R.Context())
	rec.Route = route.Path
	for _, name := range secretNames {
		if value := v.R.PathValue(name); value != "" {
			rec.Path = strings.ReplaceAll(rec.Path, value, "…")
		}
	}
}
