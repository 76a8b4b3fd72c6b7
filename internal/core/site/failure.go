package site

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/web"
)

// errMethod is the cause of errors about a method that a path does not know.
var errMethod = errors.New("method not allowed")

func methodNotAllowed() error {
	return errs.New(errs.NotFound, "").Because(errMethod)
}

// statusOf returns the status that answers an error.
func statusOf(err error) int {
	switch errs.KindOf(err) {
	case errs.NotFound:
		if errors.Is(err, errMethod) {
			return http.StatusMethodNotAllowed
		}
		return http.StatusNotFound
	case errs.Denied, errs.Unauthenticated:
		return http.StatusForbidden
	case errs.Invalid:
		return http.StatusBadRequest
	case errs.Conflict:
		return http.StatusConflict
	case errs.TooLarge:
		return http.StatusRequestEntityTooLarge
	case errs.TooMany:
		return http.StatusTooManyRequests
	case errs.Unavailable:
		return http.StatusServiceUnavailable
	case errs.Gone:
		return http.StatusGone
	default:
		return http.StatusInternalServerError
	}
}

// setRetryAfter says when coming back makes sense.
func setRetryAfter(w http.ResponseWriter, err error) {
	problem, ok := errors.AsType[*errs.Error](err)
	if !ok || problem.Kind != errs.TooMany && problem.Kind != errs.Unavailable {
		return
	}
	wait := problem.RetryAfter
	if wait <= 0 {
		wait = time.Minute
	}
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
}

// fail answers with what an error becomes, in the form that the route has for it. Nothing else answers a failure.
func (v *Visit) fail(err error) {
	if v.R.Context().Err() != nil && errors.Is(err, context.Canceled) {
		return // nobody is there to read it
	}
	former, removed := v.former(err)
	if removed {
		err = errs.New(errs.Gone, "This group has been removed.")
	}
	v.logFailure(err)
	v.raw.Header().Set("Cache-Control", "no-store")
	setRetryAfter(v.raw, err)
	switch v.route.Failures {
	case AsPage:
		v.failPage(err, former)
	case AsText:
		v.failText(err, former)
	default:
		v.failScript(err)
	}
}

// failScript tells a script in a sentence what is wrong.
func (v *Visit) failScript(err error) {
	status := v.Refuse(err)
	if errs.Is(err, errs.Unauthenticated) {
		status = http.StatusUnauthorized
	}
	problem := v.failure(err).Text
	if wrong := v.Errors(err); errs.Is(err, errs.Invalid) && wrong.Message == "" {
		problem = wrong.Fields[0].Message
	}
	kind, body := "text/html; charset=utf-8", templ.EscapeString(problem)
	if v.route.Failures == AsJSON {
		text, err := json.Marshal(struct {
			Problem string `json:"problem"`
		}{problem})
		if err != nil {
			text = []byte("{}")
		}
		kind, body = "application/json", string(text)
	}
	v.raw.Header().Set("Content-Type", kind)
	v.raw.WriteHeader(status)
	if v.R.Method != http.MethodHead {
		_, _ = io.WriteString(v.raw, body) // a script that has gone is nobody's fault
	}
}

// failPage answers with a page. Whoever is not signed in and must be, or would perhaps be allowed then, is led to the
// sign-in page. former is the present short name of whoever had the one in the address; "" if there is nobody.
func (v *Visit) failPage(err error, former string) {
	ctx := v.R.Context()
	kind := errs.KindOf(err)
	if kind == errs.Unauthenticated || kind == errs.Denied && !v.Viewer.SignedIn() && v.session {
		v.keepUnsent()
		if v.redirect(community.SignInPath(v.comeBack()), http.StatusSeeOther) == nil {
			return
		}
	}
	if former != "" && (v.R.Method == http.MethodGet || v.R.Method == http.MethodHead) && v.followFormer(former) {
		return
	}
	page := v.FailurePage(err)
	buffer := templ.GetBuffer()
	defer templ.ReleaseBuffer(buffer)
	if renderErr := v.render(buffer, page); renderErr != nil {
		v.site.deps.Log.ErrorContext(ctx, "the error page is broken", "id", web.RecordOf(ctx).ID, "err", renderErr)
		http.Error(v.raw, page.Title, page.Status)
		return
	}
	v.write(page.Status, buffer)
}

// former returns the present short name of whoever had the one with which an address begins where there is nothing, ""
// if nobody had it, or that a group had it which has been removed.
func (v *Visit) former(err error) (slug string, removed bool) {
	if v.site.deps.Former == nil || statusOf(err) != http.StatusNotFound {
		return "", false
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(v.R.URL.Path, "/"), "/")
	return v.site.deps.Former(v.Context(), first)
}

// followFormer leads on to the same address below another short name, and reports whether it could.
func (v *Visit) followFormer(slug string) bool {
	_, rest, _ := strings.Cut(strings.TrimPrefix(v.R.URL.Path, "/"), "/")
	address := url.URL{Path: "/" + slug + "/" + rest, RawQuery: v.R.URL.RawQuery}
	path, ok := web.LocalPath(address.String(), v.site.BaseURL)
	return ok && v.redirect(path, http.StatusFound) == nil
}

// comeBack returns where signing in should lead: this page, or the page of the form that was sent.
func (v *Visit) comeBack() string {
	if v.R.Method == http.MethodGet || v.R.Method == http.MethodHead {
		return v.Local(v.R.URL.RequestURI())
	}
	return v.formPage()
}

// logFailure logs what an administrator should know of.
func (v *Visit) logFailure(err error) {
	ctx := v.R.Context()
	rec := web.RecordOf(ctx)
	log := func(level slog.Level, text string) {
		v.site.deps.Log.LogAttrs(ctx, level, text, slog.String("id", rec.ID), slog.String("route", rec.Route), slog.Any("err", err))
	}
	switch kind := errs.KindOf(err); {
	case kind == errs.Internal:
		log(slog.LevelError, "a page failed")
	case errors.Is(err, errMaintenance):
		log(slog.LevelDebug, "a page was closed")
	case kind == errs.Unavailable:
		log(slog.LevelWarn, "a page could not be made")
	case kind == errs.TooMany:
		log(slog.LevelInfo, "a client came too often")
	default:
		log(slog.LevelDebug, "a page was refused")
	}
}

// FailurePage returns the page that an error becomes.
func (v *Visit) FailurePage(err error) Page {
	f := v.failure(err)
	return Page{Title: f.Title, Status: f.Status, Body: failureBody(f), Hidden: true}
}

// showAddress says which address the site has to somebody who came by another one. Nothing of the page may come from the
// name in the request, and neither styles nor scripts are to be had there.
func (v *Visit) showAddress() {
	address := v.site.BaseURL + "/"
	if v.R.Method == http.MethodGet || v.R.Method == http.MethodHead {
		address = v.site.BaseURL + v.Local(v.R.URL.EscapedPath())
	}
	buffer := templ.GetBuffer()
	defer templ.ReleaseBuffer(buffer)
	if err := addressDocument(v, address).Render(v.R.Context(), buffer); err != nil {
		v.logFailure(err)
	}
	v.raw.Header().Set("Content-Security-Policy", "default-src 'none'")
	v.raw.Header().Set("Cache-Control", "no-store")
	v.write(http.StatusBadRequest, buffer)
}

// failure returns what is said about an error.
func (v *Visit) failure(err error) failure {
	status := statusOf(err)
	f := failure{Status: status}
	switch status {
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		f.Title = v.T("Not found")
		f.Text = v.T("This page doesn’t exist, or it has been removed. Check the address for typos.")
		if len(v.site.Searches) > 0 && status == http.StatusNotFound {
			f.Search, f.Words = v.site.Searches[0], wordsOf(v.R.URL.Path)
		}
		if near := v.site.deps.Near; near != nil && status == http.StatusNotFound {
			f.Near = near(v, v.R.URL.Path)
		}
		if status == http.StatusMethodNotAllowed {
			f.Title = v.T("That doesn’t work here")
			f.Text = v.T("This address can’t be used like that. Please go back and use the buttons on the page.")
		}
	case http.StatusGone:
		f.Title = v.T("No longer here")
		f.Text = v.T("This page no longer exists.")
	case http.StatusForbidden:
		f.Title = v.T("No access")
		if v.subject.Entity.IsGroup() {
			f.Title = v.T("Members only")
		}
		f.Text = v.T("Only some people can see this page, such as the members of a group.")
		if v.subject.Entity.ID != 0 && v.Viewer.SignedIn() {
			if next, err := v.Blocks(DeniedMain, v.subject); err == nil { // whoever asks learns why not in any case
				f.Next = next
			}
		}
	case http.StatusBadRequest:
		f.Title = v.T("That didn’t work")
		f.Text = v.T("Your browser sent something unexpected. Please go back and try again.")
	case http.StatusConflict:
		f.Title = v.T("Something has changed in the meantime")
		f.Text = v.T("Please go back, reload the page and try again.")
	case http.StatusRequestEntityTooLarge:
		f.Title = v.T("Too large")
		f.Text = v.T("What you sent is larger than this site allows. Please choose smaller or fewer files.")
	case http.StatusTooManyRequests:
		f.Title = v.T("Too many attempts")
		f.Text = v.T("Please wait a little and try again.")
	case http.StatusServiceUnavailable:
		f.Title = v.T("Back in a moment")
		f.Text = v.T("The site can’t reach its data at the moment. Nothing is lost. Please try again in a minute.")
		if errors.Is(err, errMaintenance) {
			f.Text = v.T("This site is being worked on. Please try again in a few minutes.")
		}
	default:
		f.Title = v.T("Something went wrong")
		f.Text = v.T("That’s our fault, not yours. Administrators can find the cause in the log with the number below.")
		f.Number = web.RecordOf(v.R.Context()).ID
	}
	if problem, ok := errors.AsType[*errs.Error](err); ok && status != http.StatusInternalServerError && status != http.StatusServiceUnavailable && problem.Message != "" {
		f.Text = v.T(problem.Message, problem.Args...)
	}
	return f
}

// wordsOf returns what the last part of a path may have been about.
func wordsOf(address string) string {
	last := path.Base(address)
	if len(last) > 60 || !utf8.ValidString(last) {
		return ""
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return ' '
	}, last))
}

// failure is what is said about an error.
type failure struct {
	Status              int
	Title, Text, Number string
	Search              Search          // what else to look for it with; the zero value is nothing
	Words               string          // of the address that there is nothing at
	Near                []parts.Link    // pages that may be meant
	Next                templ.Component // what else there is to do; nil for nothing
}
