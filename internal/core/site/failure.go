package site

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

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
	v.logFailure(err)
	v.raw.Header().Set("Cache-Control", "no-store")
	setRetryAfter(v.raw, err)
	if v.route.Failures == AsPage {
		v.failPage(err)
	} else {
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
// sign-in page.
func (v *Visit) failPage(err error) {
	ctx := v.R.Context()
	kind := errs.KindOf(err)
	if kind == errs.Unauthenticated || kind == errs.Denied && !v.Viewer.SignedIn() && v.session {
		if v.redirect(community.SignInPath(v.comeBack()), http.StatusSeeOther) == nil {
			return
		}
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

// comeBack returns where signing in should lead: this page, or the page of the form that was sent.
func (v *Visit) comeBack() string {
	if v.R.Method == http.MethodGet || v.R.Method == http.MethodHead {
		return v.Local(v.R.URL.RequestURI())
	}
	path, ok := web.LocalPath(v.R.Referer(), v.site.BaseURL)
	if !ok || path == "" {
		return ""
	}
	return path
}

// logFailure logs what an administrator should know of.
func (v *Visit) logFailure(err error) {
	ctx := v.R.Context()
	rec := web.RecordOf(ctx)
	log := func(level slog.Level, text string) {
		v.site.deps.Log.LogAttrs(ctx, level, text, slog.String("id", rec.ID), slog.String("route", rec.Route), slog.String("err", err.Error()))
	}
	switch errs.KindOf(err) {
	case errs.Internal:
		log(slog.LevelError, "a page failed")
	case errs.Unavailable:
		log(slog.LevelWarn, "a page could not be made")
	case errs.TooMany:
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

// failure returns what is said about an error.
func (v *Visit) failure(err error) failure {
	status := statusOf(err)
	f := failure{Status: status}
	switch status {
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		f.Title = v.T("Not found")
		f.Text = v.T("There is no such page, or it is not there any more. Perhaps the address has a slip, or somebody removed what stood here.")
		if near := v.site.deps.Near; near != nil && status == http.StatusNotFound {
			f.Near = near(v, v.R.URL.Path)
		}
		if status == http.StatusMethodNotAllowed {
			f.Title = v.T("That does not work here")
			f.Text = v.T("This address cannot be used like that. Please go back and use the buttons of the page.")
		}
	case http.StatusForbidden:
		f.Title = v.T("Not for you")
		f.Text = v.T("This page is only for some people, for example for the members of a group.")
	case http.StatusBadRequest:
		f.Title = v.T("That could not be read")
		f.Text = v.T("Something in the request was not as expected. Please go back and try again.")
	case http.StatusConflict:
		f.Title = v.T("Something has changed meanwhile")
		f.Text = v.T("Please go back, load the page again and repeat what you did.")
	case http.StatusRequestEntityTooLarge:
		f.Title = v.T("Too large")
		f.Text = v.T("What you sent is larger than this site takes. Please choose smaller or fewer files.")
	case http.StatusTooManyRequests:
		f.Title = v.T("Too often")
		f.Text = v.T("That was too often. Please wait a little and try again.")
	case http.StatusServiceUnavailable:
		f.Title = v.T("Back in a moment")
		f.Text = v.T("The site cannot reach its data at the moment. Nothing is lost. Please try again in a minute.")
	default:
		f.Title = v.T("Something went wrong")
		f.Text = v.T("That is our fault, not yours. The administrators find it in the log under the number below.")
		f.Number = web.RecordOf(v.R.Context()).ID
	}
	if problem, ok := errors.AsType[*errs.Error](err); ok && status != http.StatusInternalServerError && status != http.StatusServiceUnavailable && problem.Message != "" {
		f.Text = v.T(problem.Message, problem.Args...)
	}
	return f
}

// failure is what is said about an error.
type failure struct {
	Status              int
	Title, Text, Number string
	Search              string       // path of the search page
	Near                []parts.Link // pages that may be meant
}
