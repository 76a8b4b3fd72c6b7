package caldav_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-ical"
	"github.com/emersion/go-webdav"
	dav "github.com/emersion/go-webdav/caldav"

	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/caldav"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/events"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// town is the room with what it stands on.
type town struct {
	*cast.Cast
	db      *sqldb.DB
	handler http.Handler
}

func newTown(t testing.TB, db *sqldb.DB) *town {
	t.Helper()
	w := &town{Cast: cast.New(t, db), db: db}
	folder, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	people := webtest.People(w.Viewers())
	words, out := texts.New(markdown.NewCache(1<<20), "http://example.org"), outbox.New(&mailtest.Tray{})
	comments, notices := threads.New(threads.Deps{DB: db, Media: folder, Texts: words}), &mailtest.Notices{}
	theEvents := events.New(events.Deps{DB: db, Outbox: out, Limiter: web.NewLimiter(db, nil), Zone: time.UTC, Viewers: people, SiteName: settings.SiteName{Default: "Neustadt"}, BaseURL: "http://example.org"})
	contents := content.New(content.Deps{
		DB: db, Outbox: out, Entities: entities.New(nil), Threads: comments, Texts: words, Pictures: media.NewPictures(db, folder),
		Limiter: web.NewLimiter(db, nil), Notices: notices, BaseURL: "http://example.org", MaxBytes: 1 << 20,
	}, theEvents.Kind())
	room := caldav.New(caldav.Deps{DB: db, Events: theEvents, Scope: "calendars", Passwords: "/stadt/settings/app-passwords/"})
	w.handler = webtest.Open(t, webtest.NewSite(t, db, people), append(contents.Modules(), contents.Module(), comments.Module(), room.Module())...)
	return w
}

// announce publishes an event of Anna's, or of a group of hers, and returns its path.
func (w *town) announce(t *testing.T, owner, title string, public bool, day time.Time) string {
	t.Helper()
	form := url.Values{"title": {title}, "text": {"Text of " + title}, "place": {"Am Bach"}, "time": {day.Format(time.DateOnly) + "T19:00"}}
	if public {
		form.Set("public", "on")
	}
	anna := webtest.VisitAs(t, w.handler, w.Anna.ID)
	anna.Send("/"+owner+"/events/add/", form, true)
	anna.Sees(http.StatusOK, "Your event is in the calendar.")
	return anna.Page.Path
}

func in(days int) time.Time { return time.Now().UTC().AddDate(0, 0, days) }

// answer is what a program gets.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request of a person's program.
func (w *town) ask(t testing.TB, p cast.Person, method, path, body string, header ...string) answer {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://example.org"+path, strings.NewReader(body))
	if p.ID != 0 {
		r.SetBasicAuth(p.Slug, webtest.AppPassword)
	}
	for n := 0; n < len(header); n += 2 {
		r.Header.Set(header[n], header[n+1])
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return answer{rec.Code, rec.Header(), rec.Body.String()}
}

// home returns the path of a person's calendars.
func home(p cast.Person) string { return fmt.Sprintf("/stadt/caldav/%d/", p.ID) }

// client is a calendar program of others.
type client struct {
	*dav.Client
	t       *testing.T
	handler http.Handler
	person  cast.Person
}

// Do implements webdav.HTTPClient.
func (c *client) Do(r *http.Request) (*http.Response, error) {
	r.SetBasicAuth(c.person.Slug, webtest.AppPassword)
	rec := httptest.NewRecorder()
	request := httptest.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), r.Body)
	request.Header = r.Header
	c.handler.ServeHTTP(rec, request)
	return rec.Result(), nil
}

var _ webdav.HTTPClient = (*client)(nil)

func (w *town) program(t *testing.T, p cast.Person) *client {
	t.Helper()
	c := &client{t: t, handler: w.handler, person: p}
	var err error
	if c.Client, err = dav.NewClient(c, "http://example.org/stadt/caldav/"); err != nil {
		t.Fatal(err)
	}
	return c
}

// calendars returns the calendars that the program finds, by their paths.
func (c *client) calendars() map[string]dav.Calendar {
	c.t.Helper()
	principal, err := c.FindCurrentUserPrincipal(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	set, err := c.FindCalendarHomeSet(c.t.Context(), principal)
	if err != nil {
		c.t.Fatal(err)
	}
	found, err := c.FindCalendars(c.t.Context(), set)
	if err != nil {
		c.t.Fatal(err)
	}
	all := map[string]dav.Calendar{}
	for _, calendar := range found {
		all[calendar.Path] = calendar
	}
	return all
}

// query returns the objects of a calendar that take place in a time.
func (c *client) query(path string, from, to time.Time) []dav.CalendarObject {
	c.t.Helper()
	objects, err := c.QueryCalendar(c.t.Context(), path, &dav.CalendarQuery{
		CompRequest: dav.CalendarCompRequest{Name: ical.CompCalendar, AllProps: true, AllComps: true},
		CompFilter:  dav.CompFilter{Name: ical.CompCalendar, Comps: []dav.CompFilter{{Name: ical.CompEvent, Start: from, End: to}}},
	})
	if err != nil {
		c.t.Fatalf("%s: %v", path, err)
	}
	return objects
}

// titles returns what objects are called, sorted.
func titles(t *testing.T, objects []dav.CalendarObject) string {
	t.Helper()
	var all []string
	for _, o := range objects {
		if _, _, err := dav.ValidateCalendarObject(o.Data); err != nil {
			t.Errorf("%s is no object of a calendar: %v", o.Path, err)
		}
		for _, e := range o.Data.Events() {
			title, err := e.Props.Text(ical.PropSummary)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, title)
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func TestEverybodyFindsTheCalendarsThatTheyMayRead(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.announce(t, "garten", "Offen", true, in(3))
		w.announce(t, "garten", "Intern", false, in(4))
		w.announce(t, "anna", "Privat", false, in(5))
		w.announce(t, "anna", "Fest", true, in(6))
		w.announce(t, "garten", "Neulich", true, in(-30))
		w.announce(t, "garten", "Vor Jahren", true, in(-800))
		garten, chor := fmt.Sprintf("group-%d/", w.Garten.ID), fmt.Sprintf("group-%d/", w.Chor.ID)
		for _, c := range []struct {
			person cast.Person
			names  []string
			holds  map[string]string
		}{
			{w.Anna, []string{"mine/", "town/", garten, chor}, map[string]string{
				"mine/": "Fest, Privat, [garten] Intern, [garten] Neulich, [garten] Offen", "town/": "Fest, [garten] Neulich, [garten] Offen", garten: "Intern, Neulich, Offen", chor: "",
			}},
			{w.Bert, nil, map[string]string{
				"mine/": "Fest, [garten] Intern, [garten] Neulich, [garten] Offen", "town/": "Fest, [garten] Neulich, [garten] Offen", garten: "Intern, Neulich, Offen",
			}},
			{w.Carla, nil, map[string]string{
				"mine/": "Fest, [garten] Neulich, [garten] Offen", "town/": "Fest, [garten] Neulich, [garten] Offen", garten: "Neulich, Offen",
			}},
		} {
			program := w.program(t, c.person)
			listed := program.calendars()
			member := false
			for path := range listed {
				member = member || path == home(c.person)+garten
				if !strings.HasPrefix(path, home(c.person)) {
					t.Errorf("%s finds %s", c.person.Slug, path)
				}
			}
			if member != (c.person.ID != w.Carla.ID) {
				t.Errorf("%s finds the calendar of garten: %t", c.person.Slug, member)
			}
			for _, name := range c.names {
				if listed[home(c.person)+name].Name == "" {
					t.Errorf("%s does not find %s in %v", c.person.Slug, name, listed)
				}
			}
			for name, want := range c.holds {
				if got := titles(t, program.query(home(c.person)+name, time.Time{}, in(1000))); got != want {
					t.Errorf("%s reads %q in %s, want %q", c.person.Slug, got, name, want)
				}
			}
		}
	})
}

func TestATimeIsAskedFor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		for n, title := range []string{"Eins", "Zwei", "Drei"} {
			w.announce(t, "garten", title, true, in(10*(n+1)))
		}
		program := w.program(t, w.Anna)
		for _, c := range []struct {
			from, to int
			want     string
		}{{0, 100, "Drei, Eins, Zwei"}, {15, 25, "Zwei"}, {15, 100, "Drei, Zwei"}, {0, 15, "Eins"}, {11, 19, ""}} {
			if got := titles(t, program.query(fmt.Sprintf("%sgroup-%d/", home(w.Anna), w.Garten.ID), in(c.from), in(c.to))); got != c.want {
				t.Errorf("from %d to %d: %q, want %q", c.from, c.to, got, c.want)
			}
		}
	})
}
