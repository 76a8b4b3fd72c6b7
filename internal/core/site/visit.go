package site

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
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
