package site

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// A form that meets a session that has ended leads to the sign-in page and from there back to where it was written, with
// its text. The text waits in the database for a day. To find it takes a secret in a cookie of the browser, and the
// person who was signed in there when it was written.
//
// The page shows the form as its handler shows one that has a mistake: the handler gets what was sent, Bind says that
// nobody has sent it, and nothing can be written meanwhile. Where a handler does not show its form by ShowAgain, the page
// is the usual one. In either case the frame says above it what happened.

const (
	browserCookie = "browser"
	browserKept   = 30 * 24 * time.Hour
	unsentPath    = "/stadt/unsent/"

	maxUnsentFields = 1000
)

// browser is what the site knows of a browser without a session.
type browser struct {
	Writer string `json:"writer,omitempty"` // who signed in last, as a pseudonym: it stays when they sign out
	Unsent string `json:"unsent,omitempty"` // a secret: part of the key of what was not sent; empty if nothing was
	Until  int64  `json:"until,omitempty"`  // when the last of it is forgotten, in seconds
}

// errNotSent is what Bind says of a form that is only shown.
func errNotSent() *errs.Error { return errs.New(errs.Invalid, "") }

func (v *Visit) browser() (b browser) {
	cookie, err := v.R.Cookie(web.CookieName(browserCookie, v.site.Secure()))
	if err != nil {
		return b
	}
	if data, ok := v.site.signer.Open(browserCookie, cookie.Value); !ok || json.Unmarshal(data, &b) != nil {
		return browser{}
	}
	if b.Until < v.site.deps.Clock.Now().Unix() {
		b.Unsent = ""
	}
	return b
}

func (v *Visit) setBrowser(b browser) {
	data, err := json.Marshal(b)
	if err != nil {
		panic(err) // two texts and a number
	}
	v.setCookie(browserCookie, v.site.signer.Sign(browserCookie, data, browserKept), browserKept)
}

// rememberWriter notes in the browser who signs in.
func (v *Visit) rememberWriter(person int64) {
	b := v.browser()
	b.Writer = v.writer(person)
	v.setBrowser(b)
}

func (v *Visit) writer(person int64) string {
	return v.site.signer.Pseudonym("writer", strconv.FormatInt(person, 10))
}

// forgetUnsent makes what was not sent impossible to find: the visitor signs out.
func (v *Visit) forgetUnsent() {
	if b := v.browser(); b.Unsent != "" {
		v.setBrowser(browser{Writer: b.Writer})
	}
}

// keepUnsent keeps the form of a request that is refused because the visitor is not signed in, and tells them if it
// cannot.
func (v *Visit) keepUnsent() {
	if v.R.Method != http.MethodPost || v.site.deps.Unsent == nil {
		return
	}
	b := v.browser()
	subject, count := "person "+b.Writer, 60
	if b.Writer == "" {
		subject, count = web.Network(web.RecordOf(v.Context()).Client), 10
	}
	form, err := v.unsentForm()
	if err == nil && len(form.Fields) == 0 {
		v.Flash(parts.Info, "You were no longer signed in, so nothing has changed. Please sign in and try again.")
		return
	}
	if err == nil {
		err = v.site.deps.Limiter.Allow(v.Context(), web.Limit{Name: "unsent forms", Count: count, Per: time.Hour}, subject)
	}
	if err == nil {
		b.Until = v.site.deps.Clock.Now().Add(web.UnsentAge).Unix()
		if b.Unsent == "" {
			b.Unsent = rand.Text()
		}
		err = v.site.deps.Unsent.Keep(v.Context(), web.UnsentKey{Browser: b.Unsent, Writer: b.Writer, Page: pageKey(v.formPage())}, form)
	}
	if err != nil {
		v.logFailure(err)
		v.Flash(parts.Problem, "You were no longer signed in, and your text could not be kept. Go back in your browser and copy it before you sign in.")
		return
	}
	v.setBrowser(b)
}

// unsentForm reads what of the request's form may be kept. Files are passed over as they come.
func (v *Visit) unsentForm() (form web.UnsentForm, err error) {
	kind, _, _ := mime.ParseMediaType(v.R.Header.Get("Content-Type"))
	switch {
	case v.R.MultipartForm != nil:
		form.Fields, form.Partial = maps.Clone(v.R.PostForm), len(v.R.MultipartForm.File) > 0
	case kind == "multipart/form-data":
		form, err = readFields(v.R)
	default:
		err = v.R.ParseForm()
		form.Fields = maps.Clone(v.R.PostForm)
	}
	if err != nil {
		return form, errs.New(errs.Invalid, "The form could not be read. Please send it again.").Because(err)
	}
	size, count := 0, 0
	for name, values := range form.Fields {
		if strings.Contains(name, "password") {
			delete(form.Fields, name)
			form.Partial = true
			continue
		}
		for i, value := range values {
			values[i] = strings.ToValidUTF8(strings.ReplaceAll(value, "\x00", ""), "")
			size += len(name) + len(value)
		}
		count += len(values)
	}
	if size > web.MaxUnsent || count > maxUnsentFields {
		return form, errs.New(errs.TooLarge, "The form has too many fields.")
	}
	return form, nil
}

// readFields reads the fields of a form with files, and no file.
func readFields(r *http.Request) (form web.UnsentForm, err error) {
	reader, err := r.MultipartReader()
	if err != nil {
		return form, err
	}
	form.Fields = url.Values{}
	left := int64(web.MaxUnsent)
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return form, nil
		}
		if err != nil {
			return form, err
		}
		if isFile(part) {
			form.Partial = form.Partial || part.FileName() != ""
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, left+1))
		if err != nil {
			return form, err
		}
		if left -= int64(len(value)); left < 0 {
			return form, errs.New(errs.TooLarge, "The form has too many fields.")
		}
		form.Fields.Add(part.FormName(), string(value))
	}
}

// isFile reports whether a part of a form comes from a field for files, also from an empty one.
func isFile(part *multipart.Part) bool {
	_, parameters, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	_, named := parameters["filename"]
	return named
}

// formPage returns the page on which the form stands that was sent: what answers GET at its address, or else the page
// that the browser says it comes from.
func (v *Visit) formPage() string {
	r := &http.Request{Method: http.MethodGet, Host: v.R.Host, URL: &url.URL{Path: withoutSlash(v.R.URL.Path)}}
	if h, pattern := v.site.router.muxOf(r.URL.Path).Handler(r); pattern != "" {
		if page, ok := h.(answering); ok {
			return v.Local(page.declared(v.R.URL).RequestURI())
		}
	}
	return v.Local(v.R.Referer())
}

// pageKey returns what a page is found by: its address, whether or not there is a slash at its end.
func pageKey(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return withoutSlash(u.Path) + "?" + u.RawQuery
}

// unsentKeys returns under which keys the form of a page may be kept for a writer.
func (b browser) unsentKeys(writer, page string) []web.UnsentKey {
	if b.Unsent == "" {
		return nil
	}
	keys := []web.UnsentKey{{Browser: b.Unsent, Writer: writer, Page: pageKey(page)}}
	if writer != "" {
		keys = append(keys, web.UnsentKey{Browser: b.Unsent, Page: pageKey(page)})
	}
	return keys
}

// findUnsent looks for what the viewer wrote on the page that they come to and could not send.
func (v *Visit) findUnsent() error {
	if !v.Viewer.SignedIn() || v.R.Method != http.MethodGet || v.route.Failures != AsPage {
		return nil
	}
	var err error
	v.unsent, err = v.lookForUnsent(v.writer(v.Viewer.PersonID), v.R.URL.RequestURI())
	return err
}

func (v *Visit) lookForUnsent(writer, page string) (*web.UnsentForm, error) {
	for _, key := range v.browser().unsentKeys(writer, page) {
		form, err := v.site.deps.Unsent.Find(v.Context(), key)
		if !errs.Is(err, errs.NotFound) {
			return &form, err
		}
	}
	return nil, nil //nolint:nilnil // nothing waits
}

// UnsentNote says on the page for signing in what became of a form that was sent to get here; "" if there was none.
func (v *Visit) UnsentNote(page string) (string, error) {
	form, err := v.lookForUnsent(v.browser().Writer, page)
	if form == nil || err != nil {
		return "", err
	}
	note := v.T("You were no longer signed in when you sent this. Your text is kept for a day: sign in, and you’ll find it where you wrote it.")
	if form.Partial {
		note += " " + v.T("Files and passwords are not kept.")
	}
	return note, nil
}

// restore answers with the page whose form holds what was not sent. It reports false if that is not possible, and has
// answered nothing then.
func (v *Visit) restore() bool {
	body := v.unsent.Fields.Encode()
	r := v.R.Clone(sqldb.ReadOnly(v.Context()))
	r.Method, r.Body, r.ContentLength = http.MethodPost, io.NopCloser(strings.NewReader(body)), int64(len(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Form, r.PostForm, r.MultipartForm = nil, nil, nil
	r.URL.Path, r.URL.RawPath = withoutSlash(r.URL.Path), withoutSlash(r.URL.RawPath)
	m := &match{requested: v.R.URL, raw: v.raw, restoring: v}
	v.site.router.muxOf(r.URL.Path).ServeHTTP(m, r)
	return m.restored
}

// restoreOn lets the route to which the form goes show it.
func (v *Visit) restoreOn(route *Route, r *http.Request) bool {
	if route.Failures != AsPage || route.KnownBy != BySession || route.Admin && !v.Viewer.Admin {
		return false
	}
	form := *v
	form.R, form.route, form.restoring = r, route, true
	return route.Handle(&form) == nil
}

// dropSent forgets what was not sent on a page, once its form has been.
func (v *Visit) dropSent() error {
	if v.R.Method != http.MethodPost || !v.Viewer.SignedIn() {
		return nil
	}
	return v.dropUnsent(v.formPage())
}

func (v *Visit) dropUnsent(page string) error {
	for _, key := range v.browser().unsentKeys(v.writer(v.Viewer.PersonID), page) {
		if err := v.site.deps.Unsent.Drop(v.Context(), key); err != nil {
			return err
		}
	}
	return nil
}

// discardUnsent answers the button that throws away what was not sent.
func discardUnsent(v *Visit) error {
	page := v.Local(v.Next())
	if err := v.dropUnsent(page); err != nil {
		return err
	}
	v.Flash(parts.Info, "Your text has been discarded.")
	return v.Redirect(page)
}

// unsentTexts returns what people wrote of a form that its page does not show: longer texts, not choices.
func (v *Visit) unsentTexts() (all []string) {
	if v.restoring {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(v.unsent.Fields)) {
		for _, text := range v.unsent.Fields[name] {
			if utf8.RuneCountInString(text) > 20 || strings.ContainsAny(text, " \n") {
				all = append(all, text)
			}
		}
	}
	return all
}
