package caldav_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	dav "github.com/emersion/go-webdav/caldav"

	"grouprise.org/grouprise/internal/features/caldav"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// Requests as programs write them.
const (
	wantsTags = `<?xml version="1.0" encoding="utf-8"?><D:propfind xmlns:D="DAV:" xmlns:CS="http://calendarserver.org/ns/"><D:prop><D:getetag/><CS:getctag/><D:displayname/></D:prop></D:propfind>`
	wantsAll  = `<propfind xmlns="DAV:"><allprop/></propfind>`
)

// multiget returns a report about some objects.
func multiget(hrefs ...string) string {
	return `<C:calendar-multiget xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:prop><D:getetag/><C:calendar-data/></D:prop><D:href>` +
		strings.Join(hrefs, "</D:href><D:href>") + `</D:href></C:calendar-multiget>`
}

var (
	tagged  = regexp.MustCompile(`<D:href>([^<]+)</D:href><D:propstat><D:prop><D:getetag>([^<]+)</D:getetag>`)
	ctagged = regexp.MustCompile(`<S:getctag>([0-9a-f]{32})</S:getctag>`)
)

// tags returns the ctag of a calendar, and the ETags of its objects by their paths.
func (w *town) tags(t testing.TB, p cast.Person, calendar string) (ctag string, etags map[string]string) {
	t.Helper()
	got := w.ask(t, p, "PROPFIND", home(p)+calendar, wantsTags, "Depth", "1")
	if got.status != http.StatusMultiStatus {
		t.Fatalf("%s answers %d: %s", calendar, got.status, got.body)
	}
	found := ctagged.FindStringSubmatch(got.body)
	if found == nil {
		t.Fatalf("there is no ctag in\n%s", got.body)
	}
	etags = map[string]string{}
	for _, m := range tagged.FindAllStringSubmatch(got.body, -1) {
		etags[m[1]] = m[2]
	}
	return found[1], etags
}

func TestTagsChangeWithWhatTheyStandFor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		first := w.announce(t, "garten", "Umgraben", true, in(3))
		second := w.announce(t, "garten", "Mulchen", false, in(4))
		garten := fmt.Sprintf("group-%d/", w.Garten.ID)
		anna := webtest.VisitAs(t, w.handler, w.Anna.ID)
		ctag, etags := w.tags(t, w.Anna, garten)
		if again, same := w.tags(t, w.Anna, garten); again != ctag || len(same) != 2 || fmt.Sprint(same) != fmt.Sprint(etags) {
			t.Errorf("nothing has changed, but %s becomes %s, %v becomes %v", ctag, again, etags, same)
		}
		changed := func(what string, want int) {
			t.Helper()
			before, beforeAll := ctag, etags
			ctag, etags = w.tags(t, w.Anna, garten)
			n := 0
			for path, tag := range etags {
				if beforeAll[path] != tag {
					n++
				}
			}
			if ctag == before || n != want {
				t.Errorf("%s: the ctag %s becomes %s, and %d objects are new or changed, want %d", what, before, ctag, n, want)
			}
		}
		edit := func(path string, fields map[string]string) {
			t.Helper()
			anna.Get(path + "edit/")
			anna.Submit("Save", fields)
			anna.Sees(http.StatusOK)
		}
		edit(first, map[string]string{"title": "Umgraben im Regen"})
		changed("another title", 1)
		edit(first, map[string]string{"text": "Mit Stiefeln"})
		changed("another text", 1)
		edit(first, map[string]string{"time": in(5).Format("2006-01-02T15:04")})
		changed("another time", 1)
		edit(first, map[string]string{"place": "Am See"})
		changed("another place", 1)
		edit(second, map[string]string{"cancelled": "on"})
		changed("a cancelled event", 1)
		cast.Execute(t, db, `UPDATE events SET rule = 'FREQ=WEEKLY;COUNT=3' WHERE place = 'Am See'`)
		changed("a series", 1)
		cast.Execute(t, db, `UPDATE event_dates SET altered = ?, place = 'Im Schuppen' WHERE place = 'Am See'`, true)
		changed("an altered date of a series", 1)
		cast.Execute(t, db, `UPDATE event_dates SET cancelled = ? WHERE place = 'Im Schuppen'`, true)
		changed("a cancelled date of a series", 1)
		w.announce(t, "garten", "Gießen", true, in(6))
		changed("a new event", 1)
		anna.Get(second + "delete/")
		anna.Submit("Delete", nil)
		changed("a deleted event", 0)
		cast.Execute(t, db, `UPDATE entities SET slug = 'beete', slug_key = 'beete' WHERE id = ?`, w.Garten.EntityID)
		changed("another name of the group", 2)
	})
}

func TestTheListOfCalendarsHasTheTagsOfEach(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.announce(t, "garten", "Offen", true, in(3))
		w.announce(t, "garten", "Intern", false, in(4))
		w.announce(t, "anna", "Privat", false, in(4))
		listed := w.ask(t, w.Anna, "PROPFIND", home(w.Anna), wantsTags, "Depth", "1")
		for _, name := range []string{"mine/", "town/", fmt.Sprintf("group-%d/", w.Garten.ID), fmt.Sprintf("group-%d/", w.Chor.ID)} {
			ctag, _ := w.tags(t, w.Anna, name)
			_, rest, _ := strings.Cut(listed.body, "<D:href>"+home(w.Anna)+name+"</D:href>")
			if own := ctagged.FindStringSubmatch(rest); own == nil || own[1] != ctag {
				t.Errorf("%s has the ctag %s, and in the list %v", name, ctag, own)
			}
		}
	})
}

func TestObjectsAreFetchedByTheirAddresses(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		for n := range 5 {
			w.announce(t, "garten", fmt.Sprint("Termin ", n), n%2 == 0, in(n+1))
		}
		garten := fmt.Sprintf("group-%d/", w.Garten.ID)
		_, etags := w.tags(t, w.Anna, garten)
		var paths []string
		for path := range etags {
			paths = append(paths, path)
		}
		slices.Sort(paths)
		objects, err := w.program(t, w.Anna).MultiGetCalendar(t.Context(), home(w.Anna)+garten, &dav.CalendarMultiGet{Paths: paths, CompRequest: dav.CalendarCompRequest{Name: "VCALENDAR", AllProps: true, AllComps: true}})
		if err != nil || titles(t, objects) != "Termin 0, Termin 1, Termin 2, Termin 3, Termin 4" {
			t.Fatalf("%q, %v", titles(t, objects), err)
		}
		for _, o := range objects {
			if `&#34;`+o.ETag+`&#34;` != etags[o.Path] {
				t.Errorf("%s has the ETag %s and %s", o.Path, o.ETag, etags[o.Path])
			}
		}
		one := w.ask(t, w.Anna, http.MethodGet, paths[0], "")
		if one.status != http.StatusOK || one.header.Get("Content-Type") != `text/calendar; charset="utf-8"; component="vevent"` || !strings.Contains(one.body, "SUMMARY:Termin 0\r\n") || strings.Contains(one.body, "METHOD") {
			t.Errorf("one of them: %d, %v\n%s", one.status, one.header, one.body)
		}
		if again := w.ask(t, w.Anna, http.MethodGet, paths[0], "", "If-None-Match", one.header.Get("ETag")); again.status != http.StatusNotModified {
			t.Errorf("the same once more: %d", again.status)
		}
		if head := w.ask(t, w.Anna, http.MethodHead, paths[0], ""); head.status != http.StatusOK || head.body != "" {
			t.Errorf("its head: %d, %q", head.status, head.body)
		}
		carla := home(w.Carla) + garten
		own := func(path string) string { return carla + path[strings.LastIndex(path, "/")+1:] }
		got := w.ask(t, w.Carla, "REPORT", carla, multiget(own(paths[0]), "http://example.org"+own(paths[2]), own(paths[1]), paths[4], carla+"x.ics", carla+"007.ics", "/", "%zz", own(paths[0])))
		for path, there := range map[string]bool{own(paths[0]): true, own(paths[2]): true, own(paths[1]): false, paths[4]: false, carla + "x.ics": false, carla + "007.ics": false, "/": false, "%zz": false} {
			said := strings.Contains(got.body, "<D:href>"+path+"</D:href><D:propstat>")
			missing := strings.Contains(got.body, "<D:href>"+path+"</D:href><D:status>HTTP/1.1 404 Not Found</D:status>")
			if said != there || missing == there {
				t.Errorf("%s is there: %t, is missing: %t\n%s", path, said, missing, got.body)
			}
		}
		if strings.Count(got.body, "Termin") != strings.Count(got.body, "Termin 0")+strings.Count(got.body, "Termin 2") || strings.Count(got.body, "BEGIN:VEVENT") != 2 {
			t.Errorf("Carla reads\n%s", got.body)
		}
		for _, path := range []string{own(paths[1]), carla + "999.ics", carla + "x", home(w.Carla) + "group-999/", home(w.Carla) + "group-x/", home(w.Carla) + "garten/", home(w.Anna), home(w.Anna) + "mine/", paths[0], "/stadt/caldav/0/", "/stadt/caldav/x/"} {
			for _, method := range []string{"PROPFIND", "REPORT", "GET", "OPTIONS", "PUT"} {
				if p := w.ask(t, w.Carla, method, path, ""); p.status != http.StatusNotFound || strings.Contains(p.body, "Termin") {
					t.Errorf("Carla gets %d for %s %s", p.status, method, path)
				}
			}
		}
	})
}

func TestManyObjectsAreReadByAsManyQueriesAsFew(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	cost := func() (n int64) {
		t.Helper()
		before := w.db.Stats().Statements
		_, etags := w.tags(t, w.Anna, "mine/")
		var paths []string
		for path := range etags {
			paths = append(paths, path)
		}
		if got := w.ask(t, w.Anna, "REPORT", home(w.Anna)+"mine/", multiget(paths...)); strings.Count(got.body, "BEGIN:VEVENT") != len(paths) {
			t.Errorf("of %d objects came\n%s", len(paths), got.body)
		}
		w.ask(t, w.Anna, "PROPFIND", home(w.Anna), wantsTags, "Depth", "1")
		return w.db.Stats().Statements - before
	}
	w.announce(t, "garten", "Eins", true, in(1))
	cost() // the first requests of the hour begin to be counted
	few := cost()
	for n := range 12 {
		w.announce(t, "garten", fmt.Sprint("Mehr ", n), true, in(n+2))
	}
	if many := cost(); many != few {
		t.Errorf("one object takes %d queries, thirteen take %d", few, many)
	}
}

func TestNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	w.announce(t, "garten", "Umgraben", true, in(3))
	_, before := w.tags(t, w.Anna, "mine/")
	var object string
	for path := range before {
		object = path
	}
	event := "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"
	for _, path := range []string{caldav.Path, home(w.Anna), home(w.Anna) + "mine/", object} {
		for _, method := range []string{"PUT", "DELETE", "POST", "PATCH", "PROPPATCH", "MKCOL", "MKCALENDAR", "COPY", "MOVE", "LOCK", "UNLOCK", "ACL"} {
			got := w.ask(t, w.Anna, method, path, event, "Content-Type", "text/calendar")
			if got.status != http.StatusForbidden || !strings.HasPrefix(got.body, "Calendars can only be read this way.") {
				t.Errorf("%s %s: %d, %s", method, path, got.status, got.body)
			}
		}
		if got := w.ask(t, w.Anna, http.MethodOptions, path, ""); got.status != http.StatusNoContent || got.header.Get("DAV") != "1, 3, calendar-access" || got.header.Get("Allow") != "OPTIONS, GET, HEAD, PROPFIND, REPORT" {
			t.Errorf("the options of %s: %d, %v", path, got.status, got.header)
		}
		all := w.ask(t, w.Anna, "PROPFIND", path, wantsAll, "Depth", "0")
		if privileges := between(all.body, "<D:current-user-privilege-set>", "</D:current-user-privilege-set>"); privileges != "<D:privilege><D:read/></D:privilege><D:privilege><D:read-current-user-privilege-set/></D:privilege>" {
			t.Errorf("%s permits %s", path, privileges)
		}
	}
	if _, after := w.tags(t, w.Anna, "mine/"); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("%v has become %v", before, after)
	}
}

// between returns what stands between two texts.
func between(text, begin, end string) string {
	_, rest, _ := strings.Cut(text, begin)
	inner, _, _ := strings.Cut(rest, end)
	return inner
}

func TestOnlyWhoHasAnAppPasswordIsLetIn(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	w.announce(t, "garten", "Umgraben", true, in(3))
	for _, path := range []string{caldav.Path, home(w.Anna), home(w.Anna) + "town/", home(w.Anna) + "town/1.ics"} {
		for _, method := range []string{"PROPFIND", "REPORT", "GET", "OPTIONS", "PUT"} {
			got := w.ask(t, cast.Person{}, method, path, "")
			if got.status != http.StatusUnauthorized || !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Basic realm=") || strings.Contains(got.body, "Umgraben") {
				t.Errorf("%s %s: %d, %v", method, path, got.status, got.header)
			}
		}
	}
	for _, method := range []string{"GET", "PROPFIND"} {
		if got := w.ask(t, cast.Person{}, method, "/.well-known/caldav", ""); got.status != http.StatusMovedPermanently || got.header.Get("Location") != "/stadt/caldav/" {
			t.Errorf("%s of the well-known address: %d, %v", method, got.status, got.header)
		}
	}
	if got := w.ask(t, w.Anna, http.MethodGet, caldav.Path, ""); got.status != http.StatusOK || got.body != "This address is for calendar apps.\n" {
		t.Errorf("somebody with a browser reads %d, %q", got.status, got.body)
	}
}

func TestWhatCannotBeAnsweredIsRefused(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	mine := home(w.Anna) + "mine/"
	const bad, no, large = http.StatusBadRequest, http.StatusForbidden, http.StatusRequestEntityTooLarge
	sync := `<sync-collection xmlns="DAV:"><sync-token/><sync-level>1</sync-level><prop><getetag/></prop></sync-collection>`
	for _, c := range []struct {
		what, method, path, body string
		status                   int
		says                     string
	}{
		{"no XML", "PROPFIND", mine, "{}", bad, "The calendar app sent something"},
		{"laughs", "PROPFIND", mine, `<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><propfind xmlns="DAV:"><prop>&b;</prop></propfind>`, bad, "The calendar app sent something"},
		{"no report", "REPORT", mine, "", bad, "The calendar app sent something"},
		{"an unknown report", "REPORT", mine, sync, no, "<D:supported-report/>"},
		{"an unknown filter", "REPORT", mine, `<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:prop/><C:filter><C:comp-filter name="VCALENDAR"><C:prop-filter name="VERSION"/></C:comp-filter></C:filter></C:calendar-query>`, no, "<C:supported-filter/>"},
		{"a report about no calendar", "REPORT", home(w.Anna), multiget("/"), no, "<D:supported-report/>"},
		{"too much", "REPORT", mine, multiget(strings.Repeat("x", 2<<20)), large, ""},
	} {
		got := w.ask(t, w.Anna, c.method, c.path, c.body)
		if got.status != c.status || !strings.Contains(got.body, c.says) {
			t.Errorf("%s: %d, %s", c.what, got.status, got.body)
		}
	}
	if got := w.ask(t, w.Anna, "REPORT", mine, `<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:prop/><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VTODO"/></C:comp-filter></C:filter></C:calendar-query>`); got.status != http.StatusMultiStatus || strings.Contains(got.body, "response") {
		t.Errorf("tasks: %d, %s", got.status, got.body)
	}
}

func TestPagesSayHowAnAppIsSetUp(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	calendar := fmt.Sprintf("<code>http://example.org%sgroup-%d/</code>", home(w.Anna), w.Garten.ID)
	for _, c := range []struct {
		person     cast.Person
		path       string
		sees, does []string
	}{
		{w.Anna, "/stadt/events/export", []string{"Synchronise with an app (CalDAV)", "<code>http://example.org/</code>", "<code>anna</code>", `href="/stadt/settings/app-passwords/"`, "DAVx⁵"}, []string{"This calendar alone"}},
		{w.Anna, "/garten/events/export", []string{"Synchronise with an app (CalDAV)", "This calendar alone", calendar}, nil},
		{cast.Person{}, "/garten/events/export", []string{"Synchronise with an app (CalDAV)", `href="/stadt/login/?next=%2Fgarten%2Fevents%2Fexport"`}, []string{"/stadt/caldav/", "app-passwords"}},
	} {
		v := webtest.VisitAs(t, w.handler, c.person.ID)
		v.Get(c.path)
		v.Sees(http.StatusOK, c.sees...)
		v.DoesNotSee(c.does...)
	}
}
