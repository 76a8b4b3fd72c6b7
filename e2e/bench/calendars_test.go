//go:build bench

package bench

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// measureCalendars measures what programs fetch of a town with all its events: the calendar of the site, and what they ask
// when they synchronise it.
func (b *bench) measureCalendars() *table {
	b.t.Helper()
	t := &table{
		title:   b.title(fmt.Sprintf("calendars of %d events as programs fetch them, first alone, then %d at once", events, visitors)),
		columns: []string{"calendar", "statements", "bytes", "p50 ms alone", "CPU ms", "a second"},
	}
	v := b.as(nil, []string{"/stadt/events/public.ics"})
	statements, size := b.cost(v)
	alone := b.closedLoop(v, 1)
	together := b.closedLoop(v, visitors)
	t.add([]string{"of the site"}, number(float64(statements), 0), number(float64(size), 0), milliseconds(alone.p50).within(60), milliseconds(together.cpu), number(together.rate, 0))
	b.progress(t)
	b.synchronise(t)
	return t
}

// What a program asks of a calendar (RFC 4791, and the ctag that all know).
const (
	askTag = `<D:propfind xmlns:D="DAV:" xmlns:CS="http://calendarserver.org/ns/"><D:prop><CS:getctag/></D:prop></D:propfind>`

	askPrincipal = `<D:propfind xmlns:D="DAV:"><D:prop><D:current-user-principal/></D:prop></D:propfind>`
	askETags     = `<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:prop><D:getetag/></D:prop>` +
		`<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"/></C:comp-filter></C:filter></C:calendar-query>`
)

var (
	shownPassword = regexp.MustCompile(`<code>([a-z2-7]{4}(?:-[a-z2-7]{2,4}){6})</code>`)
	principalPath = regexp.MustCompile(`/stadt/caldav/\d+/`)
	objectPath    = regexp.MustCompile(`<D:href>([^<]+\.ics)</D:href>`)
)

// synchronise measures a program that synchronises the calendar of the town by CalDAV: whether anything has changed, what
// there is, and all of it for the first time.
func (b *bench) synchronise(t *table) {
	b.t.Helper()
	const slug, looks = "anna", 15
	password := b.appPassword(slug)
	calendar := "/stadt/caldav/"
	ask := func(method, depth, body string) string {
		b.t.Helper()
		r, err := http.NewRequestWithContext(b.t.Context(), method, b.URL+calendar, strings.NewReader(body))
		if err != nil {
			b.t.Fatal(err)
		}
		r.SetBasicAuth(slug, password)
		r.Header.Set("Depth", depth)
		r.Header.Set("Content-Type", "application/xml")
		r.Header.Set("Accept-Encoding", "identity")
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			b.t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusMultiStatus {
			b.t.Fatalf("%s %s: %s, %v\n%.300s", method, calendar, answer.Status, err, text)
		}
		return string(text)
	}
	mine := principalPath.FindString(ask("PROPFIND", "0", askPrincipal))
	if mine == "" {
		b.t.Fatal("the calendars of nobody")
	}
	calendar = mine + "town/"
	var multiget strings.Builder
	multiget.WriteString(`<C:calendar-multiget xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:prop><D:getetag/><C:calendar-data/></D:prop>`)
	for _, found := range objectPath.FindAllStringSubmatch(ask("REPORT", "1", askETags), -1) {
		multiget.WriteString(`<D:href>` + found[1] + `</D:href>`)
	}
	multiget.WriteString(`</C:calendar-multiget>`)
	for _, look := range []struct{ name, method, depth, body string }{
		{"CalDAV: has anything changed", "PROPFIND", "0", askTag}, {"CalDAV: what there is", "REPORT", "1", askETags}, {"CalDAV: all of it", "REPORT", "1", multiget.String()},
	} {
		size, took := len(ask(look.method, look.depth, look.body)), make([]time.Duration, looks)
		overhead := b.statements()
		overhead = b.statements() - overhead
		statements, used := b.statements(), b.cpu()
		for n := range took {
			begin := time.Now()
			ask(look.method, look.depth, look.body)
			took[n] = time.Since(begin)
		}
		used = (b.cpu() - used) / looks
		statements = (b.statements() - statements - overhead) / looks
		slices.Sort(took)
		p50 := took[looks/2]
		t.add([]string{look.name}, number(float64(statements), 0), number(float64(size), 0), milliseconds(p50), milliseconds(used), number(float64(time.Second)/float64(p50), 0))
		b.progress(t)
	}
}

// appPassword makes a password for a program of somebody.
func (b *bench) appPassword(slug string) string {
	b.t.Helper()
	cookie, err := b.session(slug)
	if err != nil {
		b.t.Fatal(err)
	}
	form := url.Values{"name": {"vdirsyncer"}, "scope": {"calendars"}, "days": {"365"}}
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.URL+"/stadt/settings/app-passwords/", strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Cookie", cookie)
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	found := shownPassword.FindSubmatch(page)
	if err != nil || found == nil {
		b.t.Fatalf("there is no app password on the page that answers %s, %v", answer.Status, err)
	}
	return string(found[1])
}
