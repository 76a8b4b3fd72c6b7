package site

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Visit is one request of one viewer and the answer to it.
type Visit struct {
	W http.ResponseWriter // saves the session before the first byte; set headers as usual
	R *http.Request

	Viewer community.Viewer
	Lang   *lang.Printer

	site       *Site
	route      *Route // the zero value if none answers
	raw        http.ResponseWriter
	session    bool            // a session has been loaded
	cacheKey   string          // the key under which the page may be kept for others, or empty
	changes    int64           // in the database, before it was read for that
	look       Look            // what the site shows of itself
	unsent     *web.UnsentForm // what the viewer wrote here and could not send; nil for nothing
	restoring  bool            // the form that belongs to it is shown, and nothing is done
	subject    Subject         // what the page is about, if the handler has said it
	memo       *sqldb.Memo     // of what blocks of the page have asked; nil before
	flashes    []parts.Message
	newFlashes []parts.Message
}

// newVisit returns the visit of somebody unknown in the site's language; identify learns more.
func (s *Site) newVisit(w http.ResponseWriter, r *http.Request, route *Route) *Visit {
	v := &Visit{R: r, site: s, route: route, raw: w, look: s.look(r.Context())}
	v.W = &savingWriter{ResponseWriter: w, visit: v}
	v.speak(s.chooseLanguage(r, ""))
	return v
}

// identify finds out who the visitor is, by what the route says that tells it.
func (v *Visit) identify() error {
	switch v.route.KnownBy {
	case ByNothing:
		return nil
	case ByAppPassword:
		return v.identifyProgram()
	default:
		return v.identifySession()
	}
}

// identifySession loads the session and the viewer. It asks the database only when the browser has a cookie.
func (v *Visit) identifySession() error {
	r, err := v.site.deps.Sessions.Load(v.R)
	if err != nil {
		return unavailable(err)
	}
	v.R, v.session = r, true
	id := v.site.deps.Sessions.Person(r.Context())
	if id == 0 {
		return nil
	}
	viewer, err := v.site.deps.Viewers.Viewer(r.Context(), id)
	switch {
	case errs.Is(err, errs.NotFound), errs.Is(err, errs.Denied):
		return v.SignOut()
	case err != nil:
		return fmt.Errorf("load the viewer: %w", err)
	}
	v.recognise(viewer)
	return nil
}

// recognise notes who the visitor is.
func (v *Visit) recognise(viewer community.Viewer) {
	v.Viewer = viewer
	web.RecordOf(v.Context()).PersonID = viewer.PersonID
	v.speak(v.site.chooseLanguage(v.R, viewer.Language))
}

// unavailable makes sure that a session that cannot be read is answered by 503 and not by 500: the
// database is the only thing it can fail for.
func unavailable(err error) error {
	if errs.Is(err, errs.Unavailable) {
		return err
	}
	return errs.New(errs.Unavailable, "The site can’t reach its data at the moment. Please try again in a minute.").After(time.Minute).Because(err)
}

// speak sets the language of everything that is said from here on.
func (v *Visit) speak(language string) {
	v.Lang = v.site.printers[language]
	if v.Lang == nil {
		v.Lang = v.site.deps.Catalogues.Printer(language, v.site.Zone)
	}
	v.R = v.R.WithContext(lang.With(v.R.Context(), v.Lang))
}

// end removes temporary files of uploads. The server only does it for the request it made itself.
func (v *Visit) end() {
	if v.R.MultipartForm != nil {
		_ = v.R.MultipartForm.RemoveAll() // what is left, the system's own cleaning finds
	}
}

// Context returns the request's context. It carries the language.
func (v *Visit) Context() context.Context { return v.R.Context() }

// Memo returns the database as it answers each question of this visit once: blocks in different spots of a page that show
// the same thing read it together.
func (v *Visit) Memo(q sqldb.Querier) sqldb.Querier {
	if v.memo == nil {
		v.memo = sqldb.NewMemo(q)
	}
	return v.memo
}

// Site returns the site that is visited.
func (v *Visit) Site() *Site { return v.site }

// Asset returns the address of a bundled file, such as a script; "" if it is not part of this program.
func (v *Visit) Asset(name string) string { return v.site.static.Path(name) }

// T says a text in the viewer's language.
func (v *Visit) T(id string, args ...any) string { return v.Lang.T(id, args...) }

// Path returns the value of a wildcard of the route.
func (v *Visit) Path(name string) string { return v.R.PathValue(name) }

// ID returns the value of a wildcard that is an id; NotFound if it is none.
func (v *Visit) ID(name string) (int64, error) {
	id, err := strconv.ParseInt(v.R.PathValue(name), 10, 64)
	if err != nil || id <= 0 {
		return 0, notFound()
	}
	return id, nil
}

// Query returns a parameter of the address that the route declares, trimmed; "" if there is none.
func (v *Visit) Query(name string) string {
	if !slices.Contains(v.route.Query, name) {
		panic(fmt.Sprintf("the route %s %s reads the parameter %q and does not declare it", v.route.Method, v.route.Path, name))
	}
	return v.parameter(name)
}

// parameter is Query for the frame, which stands around all routes: what a route does not declare is not there.
func (v *Visit) parameter(name string) string {
	if v.R.URL.RawQuery == "" {
		return ""
	}
	return strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(v.R.URL.Query().Get(name), "\x00", ""), ""))
}

// Before returns where the page of a growing list begins: behind the entry that the parameter
// "before" names. Pages by key stay right while others write, and the thousandth is as fast as the
// first.
func (v *Visit) Before() paging.Cursor { return paging.ParseCursor(v.Query("before")) }

// Older returns the address of the page that begins behind the cursor: the last entry shown.
func (v *Visit) Older(last paging.Cursor) string { return v.withQuery("before", last.String()) }

// First returns the address of the first page of such a list.
func (v *Visit) First() string { return v.withQuery("before", "") }

// WithQueryOf returns a path with the parameters of the visit that the route declares.
func (v *Visit) WithQueryOf(path string) string {
	if v.R.URL.RawQuery == "" {
		return path
	}
	return path + "?" + v.R.URL.RawQuery
}

// After returns where the page of a list of the most active begins: behind the entry that the parameter "after" names.
func (v *Visit) After() paging.Rank { return paging.ParseRank(v.Query("after")) }

// Ranked returns where else the visitor can go in a list of the most active: back to its first page, and on to what comes
// after the last entry shown; the zero rank says that nothing does.
func (v *Visit) Ranked(last paging.Rank) parts.Onward {
	var o parts.Onward
	if v.After() != (paging.Rank{}) {
		o.First = v.withQuery("after", "")
	}
	if last != (paging.Rank{}) {
		o.Next = v.withQuery("after", last.String())
	}
	return o
}

// Narrow returns the address of the visit's own list with one parameter set, or removed if the value is empty: its first
// page.
func (v *Visit) Narrow(name, value string) string {
	q := v.R.URL.Query()
	for _, page := range []string{"before", "after"} {
		q.Del(page)
	}
	if q.Set(name, value); value == "" {
		q.Del(name)
	}
	u := url.URL{Path: v.R.URL.Path, RawQuery: q.Encode()}
	return u.String()
}

// Narrowed reports whether the address asks for a part of the page, or another page of its list: search engines need not
// know it.
func (v *Visit) Narrowed() bool { return v.R.URL.RawQuery != "" }

// withQuery returns the visit's own address, as far as the route declares its parameters, with one of them set,
// or removed if the value is empty.
func (v *Visit) withQuery(name, value string) string {
	q := v.R.URL.Query()
	if q.Set(name, value); value == "" {
		q.Del(name)
	}
	u := url.URL{Path: v.R.URL.Path, RawQuery: q.Encode()}
	return u.String()
}

// Bind reads the form that was sent into a struct; see package form for its tags. The error has the
// kind Invalid and the fields that are wrong, or TooLarge.
func (v *Visit) Bind(dst any) error {
	err := v.site.forms.Read(v.R, dst)
	if v.restoring {
		return errNotSent().Because(err)
	}
	return err
}

// Next returns where the visitor wanted to go: the local path in the parameter "next" or the form field of that name,
// else "".
func (v *Visit) Next() string {
	if v.R.Method != http.MethodPost {
		_ = v.Query("next") // panics where it is not declared
	}
	return v.next()
}

// next is Next for the frame.
func (v *Visit) next() string {
	next := v.parameter("next")
	if next == "" && v.R.Method == http.MethodPost {
		next = v.R.FormValue("next")
	}
	path, ok := web.LocalPath(next, v.site.BaseURL)
	if !ok {
		return ""
	}
	return path
}

// Local returns an address that the visitor sent as one that may be shown and followed: a path of the site, or else "/".
func (v *Visit) Local(address string) string {
	path, ok := web.LocalPath(address, v.site.BaseURL)
	if !ok {
		return "/"
	}
	return path
}

// URL returns the absolute address of a path of the site.
func (v *Visit) URL(path string) string { return v.site.URL(path) }

// SignIn makes the visitor the person from the next request on.
func (v *Visit) SignIn(person int64, remember bool) error {
	v.rememberWriter(person)
	return v.site.deps.Sessions.SignIn(v.R.Context(), person, remember)
}

// SignOut ends the visitor's session. The browser forgets the pages that it keeps, so that whoever sits down at it next
// does not get them back by going back.
func (v *Visit) SignOut() error {
	v.Viewer = community.Viewer{}
	v.raw.Header().Set("Clear-Site-Data", `"cache"`)
	v.forgetUnsent()
	return v.site.deps.Sessions.SignOut(v.R.Context())
}

// Session returns the visitor's session store. It can be used in routes only, after the visit began.
func (v *Visit) Session() *web.Sessions { return v.site.deps.Sessions }

// FromHome returns the way to a page that begins at the first page of the site.
func (v *Visit) FromHome(way ...parts.Crumb) []parts.Crumb {
	return append([]parts.Crumb{{Label: v.T("Home"), Path: "/"}}, way...)
}

// Redirect sends the browser to a path of the site by 303, so that reloading does not post again.
func (v *Visit) Redirect(path string) error {
	local, ok := web.LocalPath(path, v.site.BaseURL)
	if !ok {
		return fmt.Errorf("redirect to %q: not a path of this site", path)
	}
	return v.redirect(local, http.StatusSeeOther)
}

func (v *Visit) redirect(path string, code int) error {
	if v.restoring {
		return errNotSent()
	}
	if err := v.dropSent(); err != nil {
		return err
	}
	v.keepFlashes()
	if err := v.save(); err != nil {
		return err
	}
	v.raw.Header().Set("Location", path)
	v.raw.Header().Set("Cache-Control", "no-store")
	v.raw.WriteHeader(code)
	return nil
}

// Show answers with a page. Nothing is written before the whole page is rendered and the session is
// saved, so that an error can still become an error page.
func (v *Visit) Show(p Page) error {
	v.readFlashes()
	buffer := templ.GetBuffer()
	defer templ.ReleaseBuffer(buffer)
	if err := v.render(buffer, p); err != nil {
		return err
	}
	if err := v.save(); err != nil {
		return err
	}
	status := p.statusOr(http.StatusOK)
	if v.cacheKey != "" && status == http.StatusOK && len(v.flashes) == 0 && buffer.Len() <= maxCachedPage {
		cache := v.site.cache
		cache.send(v.raw, v.R, cache.add(v.cacheKey, v.changes, newPage(bytes.Clone(buffer.Bytes()))))
		return nil
	}
	v.write(status, buffer)
	return nil
}

// ShowJSON answers a script with JSON.
func (v *Visit) ShowJSON(status int, what any) error {
	text, err := json.Marshal(what)
	if err != nil {
		return fmt.Errorf("write JSON for %s: %w", v.R.URL.Path, err)
	}
	v.W.Header().Set("Content-Type", "application/json")
	v.W.Header().Set("Cache-Control", "no-store")
	v.W.WriteHeader(status)
	_, err = v.W.Write(text)
	return err
}

// ShowPart answers a script with a piece of a page.
func (v *Visit) ShowPart(part templ.Component) error {
	buffer := templ.GetBuffer()
	defer templ.ReleaseBuffer(buffer)
	if err := part.Render(v.R.Context(), buffer); err != nil {
		return fmt.Errorf("render a piece of %s: %w", v.R.URL.Path, err)
	}
	if err := v.save(); err != nil {
		return err
	}
	v.raw.Header().Set("Cache-Control", "no-store")
	v.write(http.StatusOK, buffer)
	return nil
}

// render draws the page and its frame.
func (v *Visit) render(buffer *bytes.Buffer, p Page) error {
	notes, err := v.Blocks(EveryPage, v.subject)
	if err != nil {
		return err
	}
	if err := document(v, p, notes).Render(v.R.Context(), buffer); err != nil {
		return fmt.Errorf("render %s: %w", v.R.URL.Path, err)
	}
	return nil
}

func (v *Visit) write(status int, page *bytes.Buffer) {
	if v.route.holdsSecret() { // whoever finds the page where a browser keeps it finds the address, too
		v.raw.Header().Set("Cache-Control", "no-store")
	}
	pageHeader(v.raw.Header())
	v.raw.WriteHeader(status)
	if v.R.Method != http.MethodHead {
		_, _ = v.raw.Write(page.Bytes()) // a browser that has gone is nobody's fault
	}
}

// pageHeader says what every page is, and that nobody but the browser may keep it, unless the handler has
// said otherwise.
func pageHeader(h http.Header) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Add("Vary", "Accept-Language, Cookie")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "private, no-cache")
	}
}

// save writes the session before the first byte of the answer.
func (v *Visit) save() error {
	if !v.session {
		return nil
	}
	if err := v.site.deps.Sessions.Save(v.raw, v.R); err != nil {
		return unavailable(err)
	}
	return nil
}

// savingWriter saves the session when a handler writes by itself: downloads, feeds, calendars.
type savingWriter struct {
	http.ResponseWriter
	visit   *Visit
	written bool
	failed  bool
}

// WriteHeader implements http.ResponseWriter.
func (w *savingWriter) WriteHeader(code int) {
	if w.written {
		return
	}
	w.written = true
	if err := w.visit.save(); err != nil {
		w.failed = true
		w.visit.fail(err)
		return
	}
	w.ResponseWriter.WriteHeader(code)
}

// Write implements http.ResponseWriter.
func (w *savingWriter) Write(b []byte) (int, error) {
	if !w.written {
		w.WriteHeader(http.StatusOK)
	}
	if w.failed {
		return 0, errs.New(errs.Unavailable, "The session could not be saved.")
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController and http.ServeContent reach the connection.
func (w *savingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
