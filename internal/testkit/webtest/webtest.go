// Package webtest visits pages as a browser without scripts does: it keeps cookies, follows redirects and
// fills in the forms that it finds on a page.
package webtest

import (
	"bytes"
	"context"
	"log/slog"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/localetest"
)

// SignInPath is a path that every test site has: a POST with the field "person" signs that person in,
// without a password.
const SignInPath = "/stadt/test-sign-in/"

// People is who can sign in on a test site.
type People map[int64]community.Viewer

// Viewer implements site.Viewers.
func (p People) Viewer(_ context.Context, id int64) (community.Viewer, error) {
	v, ok := p[id]
	if !ok {
		return v, community.ErrNothingHere()
	}
	return v, nil
}

// SetLanguage implements site.Viewers.
func (p People) SetLanguage(_ context.Context, id int64, language string) error {
	v := p[id]
	v.Language = language
	p[id] = v
	return nil
}

// ProgramOwner implements site.Programs: the app password of everybody is AppPassword for all scopes.
func (p People) ProgramOwner(_ context.Context, login, secret, _ string) (int64, error) {
	for id, v := range p {
		if v.Slug == login && secret == AppPassword {
			return id, nil
		}
	}
	return 0, community.PleaseSignIn()
}

// BasicAuth returns the header by which a program says whose it is.
func BasicAuth(login, secret string) http.Header {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(login, secret)
	return r.Header
}

// AppPassword is the app password of all People.
const AppPassword = "app password"

// NewSite returns the frame of a site for tests, in English, over a database.
func NewSite(t testing.TB, db *sqldb.DB, viewers site.Viewers) *site.Site {
	t.Helper()
	return NewLoggedSite(t, db, viewers, nil)
}

// NewLoggedSite is NewSite with a log that the test reads.
func NewLoggedSite(t testing.TB, db *sqldb.DB, viewers site.Viewers, log *slog.Logger) *site.Site {
	t.Helper()
	catalogues := localetest.Catalogues(t)
	programs, _ := viewers.(site.Programs)
	s, err := site.New(site.Config{
		Name: "Neustadt", Domain: "example.org", BaseURL: "http://example.org", Secret: "a secret for tests only",
		Transport: web.Plain, Loopback: true, Zone: time.UTC,
	}, site.Deps{
		Catalogues: catalogues, Viewers: viewers, Programs: programs, Changes: db.Changes, Log: log,
		Sessions: web.NewSessions(db, web.Lifetimes{}, false, nil), Limiter: web.NewLimiter(db, nil), Unsent: web.NewUnsentForms(db, nil),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Start serves routes on a test site and returns its handler, for visitors to come to.
func Start(t testing.TB, s *site.Site, routes []site.Route) http.Handler {
	t.Helper()
	return Open(t, s, module.Module{Routes: routes})
}

// Open serves what modules contribute to the web on a test site and returns its handler, for visitors to come to.
func Open(t testing.TB, s *site.Site, modules ...module.Module) http.Handler {
	t.Helper()
	own := module.Module{Routes: []site.Route{{Method: http.MethodPost, Path: SignInPath, Handle: signIn}}}
	handler, err := s.Handler(module.Contributions(append(modules, own)))
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

func signIn(v *site.Visit) error {
	var in struct {
		Person int64 `form:"person"`
	}
	if err := v.Bind(&in); err != nil {
		return err
	}
	if err := v.SignIn(in.Person, true); err != nil {
		return err
	}
	return v.Redirect("/")
}

// Visitor is somebody with a browser.
type Visitor struct {
	t       testing.TB
	handler http.Handler
	jar     *cookiejar.Jar
	Page    Page        // where the visitor is
	Header  http.Header // what the browser sends besides; usually nothing
	Network string      // the address that the visitor comes from; empty for the usual one
}

// Page is what the visitor sees.
type Page struct {
	Status int
	Path   string // with its query
	Header http.Header
	Body   string
}

// Visit returns a new visitor of a site, who is not signed in.
func Visit(t testing.TB, handler http.Handler) *Visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Visitor{t: t, handler: handler, jar: jar}
}

// VisitAs returns a visitor who is signed in as the person, or nobody for 0.
func VisitAs(t testing.TB, handler http.Handler, person int64) *Visitor {
	t.Helper()
	v := Visit(t, handler)
	if person != 0 {
		v.As(person)
	}
	return v
}

// As signs the person in and returns the visitor.
func (v *Visitor) As(person int64) *Visitor {
	v.t.Helper()
	v.Send(SignInPath, url.Values{"person": {strconv.FormatInt(person, 10)}}, false)
	if v.Page.Status != http.StatusSeeOther {
		v.t.Fatalf("signing in answered %d", v.Page.Status)
	}
	return v
}

// Cookies returns what the browser would send along to the site, as the header says it.
func (v *Visitor) Cookies() string {
	r := httptest.NewRequestWithContext(v.t.Context(), http.MethodGet, "http://example.org/", nil)
	for _, c := range v.jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	return r.Header.Get("Cookie")
}

// Get goes to a path and follows redirects.
func (v *Visitor) Get(path string) Page {
	v.t.Helper()
	v.do(http.MethodGet, path, nil, true)
	return v.Page
}

// Ask sends a request without a body and does not follow redirects.
func (v *Visitor) Ask(method, path string) Page {
	v.t.Helper()
	v.do(method, path, nil, false)
	return v.Page
}

// Send posts a form to a path; follow says whether to follow the redirect.
func (v *Visitor) Send(path string, form url.Values, follow bool) Page {
	v.t.Helper()
	v.do(http.MethodPost, path, form, follow)
	return v.Page
}

// PostJSON posts JSON to a path, as a script does.
func (v *Visitor) PostJSON(path, body string) Page {
	v.t.Helper()
	v.request(http.MethodPost, path, "application/json", body, false)
	return v.Page
}

// Post posts a body of a kind to a path, as no browser would write it, and does not follow redirects.
func (v *Visitor) Post(path, kind, body string) Page {
	v.t.Helper()
	v.request(http.MethodPost, path, kind, body, false)
	return v.Page
}

// File is a file that a visitor chooses.
type File struct {
	Field, Name string
	Content     []byte
}

// Upload posts a form with files to a path, as a browser does, and follows redirects.
func (v *Visitor) Upload(path string, form url.Values, files ...File) Page {
	v.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	check := func(err error) {
		v.t.Helper()
		if err != nil {
			v.t.Fatal(err)
		}
	}
	for name, values := range form {
		for _, value := range values {
			check(w.WriteField(name, value))
		}
	}
	for _, f := range files {
		part, err := w.CreateFormFile(f.Field, f.Name)
		check(err)
		_, err = part.Write(f.Content)
		check(err)
	}
	check(w.Close())
	v.request(http.MethodPost, path, w.FormDataContentType(), body.String(), true)
	return v.Page
}

// Submit fills in the form of the page whose button or field bears a text or name, and posts it: fields
// that are not named keep what the page put there.
func (v *Visitor) Submit(having string, fields map[string]string) Page {
	v.t.Helper()
	action, values, ok := findForm(v.Page.Body, having)
	if !ok {
		v.t.Fatalf("%s has no form with %q:\n%s", v.Page.Path, having, v.Page.Body)
	}
	for name, value := range fields {
		values.Set(name, value)
	}
	if action == "" {
		action = v.Page.Path
	}
	return v.Send(action, values, true)
}

// Form returns what the form of the page would send whose button or field bears a text or name.
func (v *Visitor) Form(having string) url.Values {
	v.t.Helper()
	_, values, ok := findForm(v.Page.Body, having)
	if !ok {
		v.t.Fatalf("%s has no form with %q:\n%s", v.Page.Path, having, v.Page.Body)
	}
	return values
}

// Sees fails the test unless the page has the status and contains all texts.
func (v *Visitor) Sees(status int, texts ...string) {
	v.t.Helper()
	if v.Page.Status != status {
		v.t.Errorf("%s answered %d, want %d", v.Page.Path, v.Page.Status, status)
	}
	for _, text := range texts {
		if !strings.Contains(v.Page.Body, text) {
			v.t.Errorf("%s does not show %q:\n%s", v.Page.Path, text, v.Page.Body)
		}
	}
}

// DoesNotSee fails the test if the page contains one of the texts.
func (v *Visitor) DoesNotSee(texts ...string) {
	v.t.Helper()
	for _, text := range texts {
		if strings.Contains(v.Page.Body, text) {
			v.t.Errorf("%s shows %q", v.Page.Path, text)
		}
	}
}

func (v *Visitor) do(method, path string, form url.Values, follow bool) {
	v.t.Helper()
	if form == nil {
		v.request(method, path, "", "", follow)
		return
	}
	v.request(method, path, "application/x-www-form-urlencoded", form.Encode(), follow)
}

// request sends a body of a kind; a redirect is followed without it.
func (v *Visitor) request(method, path, kind, body string, follow bool) {
	v.t.Helper()
	for range 10 {
		r := httptest.NewRequestWithContext(v.t.Context(), method, "http://example.org"+path, strings.NewReader(body))
		if kind != "" {
			r.Header.Set("Content-Type", kind)
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}
		if v.Network != "" {
			r.RemoteAddr = v.Network + ":4711"
		}
		maps.Copy(r.Header, v.Header)
		for _, c := range v.jar.Cookies(r.URL) {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		v.handler.ServeHTTP(w, r)
		answer := w.Result()
		v.jar.SetCookies(r.URL, answer.Cookies())
		v.Page = Page{Status: w.Code, Path: path, Header: answer.Header, Body: w.Body.String()}
		next, _, _ := strings.Cut(answer.Header.Get("Location"), "#") // servers do not get to see fragments
		if !follow || next == "" {
			return
		}
		method, path, kind, body = http.MethodGet, strings.TrimPrefix(next, "http://example.org"), "", ""
	}
	v.t.Fatalf("%s goes round in circles", path)
}

// findForm returns the action and the values of the first form that contains a text or a field of that
// name.
func findForm(body, having string) (action string, values url.Values, ok bool) {
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		return "", nil, false
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.Data != "form" || attribute(n, "method") == "get" {
			continue // what searches sends nothing
		}
		values, found := url.Values{}, false
		for c := range n.Descendants() {
			if c.Type == html.TextNode && strings.Contains(c.Data, having) {
				found = true
			}
			name := attribute(c, "name")
			if c.Type != html.ElementNode || name == "" {
				continue
			}
			found = found || name == having
			switch kind := attribute(c, "type"); {
			case c.Data == "textarea" && c.FirstChild != nil:
				values.Add(name, strings.TrimPrefix(c.FirstChild.Data, "\n"))
			case c.Data == "select":
				addSelected(values, name, c)
			case c.Data != "input", kind == "submit", (kind == "checkbox" || kind == "radio") && !has(c, "checked"):
			case attribute(c, "value") == "" && kind == "checkbox":
				values.Add(name, "on")
			default:
				values.Add(name, attribute(c, "value"))
			}
		}
		if found {
			return attribute(n, "action"), values, true
		}
	}
	return "", nil, false
}

func addSelected(values url.Values, name string, list *html.Node) {
	for o := range list.Descendants() {
		if o.Data == "option" && has(o, "selected") {
			values.Add(name, attribute(o, "value"))
		}
	}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}
