package site

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/web"
)

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
