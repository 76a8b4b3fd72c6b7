package caldav

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/kit/webdav"
)

// limitRequests leaves room for a phone that fetches thousands of events for the first time, a few dozen at once.
func limitRequests() web.Limit {
	return web.Limit{Name: "ask for calendars by CalDAV", Count: 3000, Per: time.Hour, Whom: web.PerVisitor}
}

func (r *CalDAV) routes() []site.Route {
	limit := limitRequests()
	route := func(path string, find func(v *site.Visit) (resource, error)) site.Route {
		return site.Route{
			Path: path, Handle: func(v *site.Visit) error { return serve(v, find) },
			KnownBy: site.ByAppPassword, Scope: r.deps.Scope, SignedIn: true, Failures: site.AsText, Limit: &limit,
		}
	}
	return []site.Route{
		{Path: wellKnown, Handle: toBeginning, KnownBy: site.ByNothing, Failures: site.AsText, Limit: &limit},
		route(Path, r.root),
		route(Path+"{person}/", r.home),
		route(Path+"{person}/{calendar}/", r.calendar),
		route(Path+"{person}/{calendar}/{object}", r.object),
	}
}

// toBeginning leads programs on that know nothing but the name of the site. They send their password to the same name only.
func toBeginning(v *site.Visit) error {
	v.W.Header().Set("Location", Path)
	v.W.WriteHeader(http.StatusMovedPermanently)
	return nil
}

// resource is what there is at an address.
type resource interface {
	// describe says of the resource what is asked, and of what lies directly in it if deep is set.
	describe(v *site.Visit, answer *webdav.Answer, asked webdav.Asked, deep bool) error
	// report answers a report about what lies in it; webdav.ErrReport if there is none.
	report(v *site.Visit, answer *webdav.Answer, q webdav.Query) error
	// send answers with its content.
	send(v *site.Visit) error
}

// serve answers a program.
func serve(v *site.Visit, find func(v *site.Visit) (resource, error)) error {
	if person := v.Path("person"); person != "" && person != strconv.FormatInt(v.Viewer.PersonID, 10) {
		return community.ErrNothingHere()
	}
	found, err := find(v)
	if err != nil {
		return err
	}
	v.W.Header().Set("DAV", webdav.Capabilities)
	switch v.R.Method {
	case http.MethodOptions:
		v.W.Header().Set("Allow", strings.Join([]string{http.MethodOptions, http.MethodGet, http.MethodHead, webdav.PropFind, webdav.Report}, ", "))
		v.W.WriteHeader(http.StatusNoContent)
		return nil
	case http.MethodGet, http.MethodHead:
		return found.send(v)
	case webdav.PropFind:
		return propFind(v, found)
	case webdav.Report:
		return report(v, found)
	default:
		return errs.New(errs.Denied, "Calendars can only be read this way. Change events on the site itself.")
	}
}

func propFind(v *site.Visit, found resource) error {
	asked, err := webdav.ReadPropFind(v.R.Body)
	if err != nil {
		return unreadable(err)
	}
	answer := webdav.NewAnswer()
	// Who asks for everything below gets what lies directly there.
	if err := found.describe(v, answer, asked, v.R.Header.Get("Depth") != "0"); err != nil {
		return err
	}
	return send(v, http.StatusMultiStatus, answer.Bytes())
}

func report(v *site.Visit, found resource) error {
	q, err := webdav.ReadReport(v.R.Body)
	answer := webdav.NewAnswer()
	if err == nil {
		err = found.report(v, answer, q)
	}
	if condition := webdav.Precondition(err); condition != nil {
		return send(v, http.StatusForbidden, condition)
	}
	if err != nil {
		return unreadable(err)
	}
	return send(v, http.StatusMultiStatus, answer.Bytes())
}

// unreadable is the error of a request that could not be read.
func unreadable(err error) error {
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return errs.New(errs.TooLarge, "The calendar app asked for too much at once.").Because(tooLarge)
	}
	return err
}

func send(v *site.Visit, status int, answer []byte) error {
	h := v.W.Header()
	h.Set("Content-Type", webdav.MediaType)
	h.Set("Cache-Control", "private, no-cache")
	v.W.WriteHeader(status)
	_, err := v.W.Write(answer)
	return err
}

// common is what every resource says of itself.
func common(v *site.Visit) []webdav.Property {
	return []webdav.Property{
		{Name: webdav.CurrentUserPrincipal, Value: webdav.Href(homePath(v))},
		{Name: webdav.Owner, Value: webdav.Href(homePath(v))},
		{Name: webdav.PrivilegeSet, Value: webdav.ReadOnly()},
	}
}

// collection is a resource in which others lie that is no calendar.
type collection struct{ room *CalDAV }

// report implements resource.
func (collection) report(*site.Visit, *webdav.Answer, webdav.Query) error { return webdav.ErrReport }

// send implements resource: somebody looks with a browser.
func (collection) send(v *site.Visit) error {
	v.W.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := io.WriteString(v.W, v.T("This address is for calendar apps.")+"\n")
	return err
}

// root is where programs begin.
type root struct{ collection }

func (r *CalDAV) root(*site.Visit) (resource, error) { return root{collection{r}}, nil }

// describe implements resource.
func (root root) describe(v *site.Visit, answer *webdav.Answer, asked webdav.Asked, deep bool) error {
	answer.Add(Path, asked, append(common(v),
		webdav.Property{Name: webdav.ResourceType, Value: webdav.Elements(webdav.Collection)},
		webdav.Property{Name: webdav.DisplayName, Value: webdav.Text(v.Look().Name)}))
	if !deep {
		return nil
	}
	return home(root).describe(v, answer, asked, false)
}

// home is a person, and the collection of their calendars.
type home struct{ collection }

func (r *CalDAV) home(*site.Visit) (resource, error) { return home{collection{r}}, nil }

// describe implements resource.
func (h home) describe(v *site.Visit, answer *webdav.Answer, asked webdav.Asked, deep bool) error {
	answer.Add(homePath(v), asked, append(common(v),
		webdav.Property{Name: webdav.ResourceType, Value: webdav.Elements(webdav.Collection, webdav.Principal)},
		webdav.Property{Name: webdav.DisplayName, Value: webdav.Text(v.Viewer.Name)},
		webdav.Property{Name: webdav.PrincipalURL, Value: webdav.Href(homePath(v))},
		webdav.Property{Name: webdav.HomeSet, Value: webdav.Href(homePath(v))}))
	if !deep {
		return nil
	}
	calendars, err := h.room.listed(v)
	if err != nil {
		return err
	}
	return h.room.describeCalendars(v, answer, asked, calendars)
}
