package events_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/events"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// town is the room with what it stands on, and pages that show its blocks.
type town struct {
	*cast.Cast
	db      *sqldb.DB
	handler http.Handler
	log     bytes.Buffer
	berlin  *time.Location
	notices *mailtest.Notices
	told    []notify.Notice
	jobs    []queue.Kind
	room    *events.Events
}

func newTown(t *testing.T, db *sqldb.DB) *town {
	t.Helper()
	w := &town{Cast: cast.New(t, db), db: db, berlin: zone(t, "Europe/Berlin")}
	folder, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	keys, err := web.NewLinkKeys("a secret for tests only", "calendar")
	if err != nil {
		t.Fatal(err)
	}
	people := webtest.People(w.Viewers())
	words := texts.New(markdown.NewCache(1<<20), "http://example.org")
	comments, notices := threads.New(threads.Deps{DB: db, Media: folder, Texts: words}), &mailtest.Notices{}
	w.room = events.New(events.Deps{DB: db, Outbox: outbox.New(&mailtest.Tray{}), Limiter: web.NewLimiter(db, nil), Zone: w.berlin, Viewers: people, Keys: keys, SiteName: settings.SiteName{Default: "Neustadt"}, BaseURL: "http://example.org"})
	contents := content.New(content.Deps{
		DB: db, Outbox: outbox.New(&mailtest.Tray{}), Entities: entities.New(nil), Threads: comments, Texts: words, Pictures: media.NewPictures(db, folder),
		Limiter: web.NewLimiter(db, nil), Notices: notices, BaseURL: "http://example.org", MaxBytes: 1 << 20,
	}, w.room.Kind())
	modules := append(contents.Modules(), contents.Module(), comments.Module())
	w.told = module.Gather(modules, func(m module.Module) []notify.Notice { return m.Notices })
	w.jobs = module.Gather(modules, func(m module.Module) []queue.Kind { return m.Jobs })
	notices.Open(t, db, w.told...)
	w.notices = notices
	pages := module.Module{Routes: []site.Route{
		{Method: http.MethodGet, Path: "/", Query: []string{"before", "month", "year"}, Handle: func(v *site.Visit) error {
			body, err := v.Blocks(site.StartMain, site.Subject{})
			if err != nil {
				return err
			}
			aside, err := v.Blocks(site.StartAside, site.Subject{})
			if err != nil {
				return err
			}
			return v.Show(site.Page{Title: "Start", Body: body, Aside: aside})
		}},
		{Method: http.MethodGet, Path: "/garten", Query: append(site.NewsQuery(), "month", "year"), Handle: func(v *site.Visit) error {
			e := w.Garten.Entity()
			s, err := policy.Standing(v.Context(), db, v.Viewer, e)
			if err != nil {
				return err
			}
			subject := site.Subject{Entity: e, Standing: s, Group: &w.Garten}
			body, err := v.Blocks(site.GroupMain, subject)
			if err != nil {
				return err
			}
			aside, err := v.Blocks(site.GroupAside, subject)
			if err != nil {
				return err
			}
			return v.Show(site.Page{Title: e.Name, Body: body, Aside: aside})
		}},
	}}
	s := webtest.NewLoggedSite(t, db, people, slog.New(slog.NewTextHandler(&w.log, nil)))
	w.handler = webtest.Open(t, s, append(modules, pages)...)
	return w
}

// visit returns a visitor: the person, or nobody for 0.
func (w *town) visit(t *testing.T, person int64) *webtest.Visitor {
	t.Helper()
	return webtest.VisitAs(t, w.handler, person)
}

// announce publishes an event of Anna's in garten and returns its path.
func (w *town) announce(t *testing.T, title string, public bool, fields url.Values) string {
	t.Helper()
	form := url.Values{"title": {title}, "text": {"Text of " + title}, "place": {"Am Bach"}}
	maps.Copy(form, fields)
	if public {
		form.Set("public", "on")
	}
	anna := w.visit(t, w.Anna.ID)
	anna.Send("/garten/events/add/", form, true)
	anna.Sees(http.StatusOK, "Your event is in the calendar.")
	return anna.Page.Path
}

// in returns the day so many days from now, by the clocks of the site.
func (w *town) in(days int) time.Time { return time.Now().In(w.berlin).AddDate(0, 0, days) }

func day(t time.Time) string { return t.Format(time.DateOnly) }

func TestScriptsOfExistingSitesGoOn(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	anna := w.visit(t, w.Anna.ID)
	form := url.Values{
		"title": {"Erntefest"}, "text": {"x"}, "public": {"on"}, "group": {fmt.Sprint(w.Chor.ID)}, "place": {"Halle\nSchulgasse 2"},
		"time": {"01.05.2099 19:00:00"}, "until_time": {"02.05.2099 01:00"},
	}
	anna.Send("/stadt/events/add", form, true)
	anna.Sees(http.StatusOK, "Erntefest", "Chor der Vielen", "Fri 1 May 2099, 7 pm–1 am", "Halle\nSchulgasse 2")
	anna.Get(anna.Page.Path + "edit/")
	anna.Sees(http.StatusOK, `value="2099-05-01T19:00"`, `value="2099-05-02T01:00"`, `value="Halle, Schulgasse 2"`, `value="Europe/Berlin"`)

	form.Set("title", "Markttag")
	form.Set("all_day", "on")
	form.Set("until_time", "")
	anna.Send("/stadt/events/add/", form, true)
	anna.Sees(http.StatusOK, "Fri 1 May 2099, all day")
	anna.Get(anna.Page.Path + "edit/")
	anna.Sees(http.StatusOK, `value="2099-05-01T00:00"`, "checked")
	anna.Submit("Save", map[string]string{"until_time": "2099-05-03"})
	anna.Sees(http.StatusOK, "Fri 1 May 2099 – Sun 3 May 2099")

	for _, c := range []struct {
		person int64
		path   string
		status int
	}{
		{0, "/stadt/events/add", 303}, {0, "/garten/events/add", 303}, {w.Carla.ID, "/garten/events/add/", 403}, {w.Anna.ID, "/niemand/events/add", 404},
	} {
		if p := w.visit(t, c.person).Send(c.path, form, false); p.Status != c.status {
			t.Errorf("%d posts to %s: %d, want %d", c.person, c.path, p.Status, c.status)
		}
	}
}

func TestWhatCannotBeIsSaidBesideItsField(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	anna := w.visit(t, w.Anna.ID)
	right := url.Values{"title": {"Fest"}, "text": {"x"}, "place": {"Am Bach"}, "time": {"2099-05-01T19:00"}, "until_time": {"2099-05-01T21:00"}, "zone": {"Europe/Berlin"}}
	for _, c := range [][3]string{
		{"time", "", "When does it begin?"},
		{"time", "0000-01-01T00:00", "Enter a date and a time"},
		{"time", "99999-01-01T00:00", "Enter a date and a time"},
		{"time", "next week", "Enter a date and a time"},
		{"time", "2099-05-01T21:01", "The end is before the start."},
		{"until_time", "2098-05-01T21:00", "The end is before the start."},
		{"until_time", "2101-05-01T21:00", "An event can last up to a year."},
		{"until_time", "2201-05-01T21:00", "Enter a date and a time"},
		{"time", "2099-03-29T02:30", "The clocks go forward then"},
		{"zone", "Europe/Nowhere", "There is no such time zone."},
		{"zone", "Local", "There is no such time zone."},
		{"zone", "../../etc/passwd", "There is no such time zone."},
		{"zone", "/etc/localtime", "There is no such time zone."},
		{"zone", strings.Repeat("x", 70), "There is no such time zone."},
		{"place", " ", "Where does it take place?"},
		{"place", strings.Repeat("ä", 256), "characters for the place"},
	} {
		form := maps.Clone(right)
		form.Set(c[0], c[1])
		anna.Send("/garten/events/add/", form, true)
		anna.Sees(http.StatusUnprocessableEntity, c[2])
	}
	right.Set("place", strings.Repeat("ä", 255))
	anna.Send("/garten/events/add/", right, true)
	anna.Sees(http.StatusOK, "Your event is in the calendar.")
}

func TestAnEventElsewhereSaysItsTimeZone(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	path := w.announce(t, "Tagung", true, url.Values{"time": {"2099-05-01T19:00"}, "zone": {"America/New_York"}})
	nobody := w.visit(t, 0)
	nobody.Get(path) // the tests' site lives in UTC
	nobody.Sees(http.StatusOK, "Fri 1 May 2099, 7 pm (New York time)", "Fri 1 May 2099, 11 pm here")
}

// TestPlacesAreOfferedToWhomTheyAreKnown looks at what the form offers.
func TestPlacesAreOfferedToWhomTheyAreKnown(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.announce(t, "Versammlung", false, url.Values{"time": {"2099-05-01T19:00"}, "place": {"Geheimer Schuppen, Bachgasse 3"}})
		w.announce(t, "Fest", true, url.Values{"time": {"2099-05-01T19:00"}, "place": {"Marktplatz"}})
		w.announce(t, "Noch ein Fest", true, url.Values{"time": {"2099-06-01T19:00"}, "place": {"MARKTPLATZ"}})
		const secret = `<option value="Geheimer Schuppen, Bachgasse 3">`
		bert, carla := w.visit(t, w.Bert.ID), w.visit(t, w.Carla.ID)
		bert.Get("/garten/events/add/")
		bert.Sees(http.StatusOK, secret, `<option value="MARKTPLATZ">`)
		bert.DoesNotSee(`<option value="Marktplatz">`)
		carla.Get("/stadt/events/add/")
		carla.Sees(http.StatusOK, `<option value="MARKTPLATZ">`)
		carla.DoesNotSee("Geheimer")
		for _, v := range []*webtest.Visitor{carla, w.visit(t, 0)} {
			for _, path := range []string{"/stadt/events", "/stadt/events?place=Geheimer+Schuppen,+Bachgasse+3", "/stadt/events/2099/5/1", "/stadt/groups/21/events/", "/", "/garten/"} {
				v.Get(path)
				v.DoesNotSee("Versammlung", secret)
			}
		}
	})
}

func TestTheCalendarShowsWhatIsOn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.announce(t, "Freizeit", true, url.Values{"time": {"2099-05-08T17:00"}, "until_time": {"2099-05-11T12:00"}, "place": {"Am See"}})
		w.announce(t, "Probe", false, url.Values{"time": {"2099-05-09T19:00"}, "until_time": {"2099-05-10T00:00"}})
		w.announce(t, "Gestern", true, url.Values{"time": {day(w.in(-1)) + "T10:00"}})
		w.announce(t, "Läuft noch", true, url.Values{"time": {day(w.in(-1))}, "until_time": {day(w.in(1))}, "all_day": {"on"}})
		nobody, bert := w.visit(t, 0), w.visit(t, w.Bert.ID)

		nobody.Get("/stadt/events?month=5&year=2099")
		nobody.Sees(http.StatusOK, "May 2099", "From May 2099 on", `rel="prev"`, "/stadt/events?month=4&amp;year=2099", "/stadt/events?month=6&amp;year=2099", "Am See")
		nobody.DoesNotSee("Probe", "Gestern")
		if n := strings.Count(nobody.Page.Body, `<a href="/garten/freizeit/" title=`); n != 4 {
			t.Errorf("an event of four days stands on %d", n)
		}
		nobody.Get("/stadt/events/")
		nobody.Sees(http.StatusOK, "Läuft noch", "Freizeit", "Coming up")
		if _, list, _ := strings.Cut(nobody.Page.Body, `id="dates"`); strings.Contains(list, "Gestern") || strings.Index(list, "Läuft noch") > strings.Index(list, "Freizeit") {
			t.Error("what is over stands in the list, or what comes later stands first")
		}
		nobody.Get("/stadt/events?past=1")
		if _, list, _ := strings.Cut(nobody.Page.Body, `id="dates"`); !strings.Contains(list, "Gestern") || strings.Contains(list, "Läuft noch") {
			t.Error("what is over is not what is over")
		}

		for path, seen := range map[string][2]string{
			"/stadt/events/2099/5/8": {"Freizeit", "Probe"}, "/stadt/events/2099/05/11/": {"Freizeit", "Probe"}, "/stadt/events/2099/5/9": {"Probe", "Gestern"},
			"/stadt/events/2099/5/12": {"Nothing is planned for this day.", "Freizeit"}, "/stadt/events/2099/5/10": {"Freizeit", "Probe"},
			"/stadt/events/2099/5/8?group=garten": {"Freizeit", "Probe"}, "/stadt/events/2099/5/8?group=chor": {"Nothing is planned for this day.", "Freizeit"},
			"/stadt/groups/21/events?month=5&year=2099": {"Freizeit", "Gestern"}, "/stadt/groups/22/events": {"Nothing is planned yet.", "Freizeit"},
			"/stadt/events?group=chor&month=5&year=2099": {"Nothing is planned yet.", "Freizeit"}, "/stadt/events?place=am+see": {"Freizeit", "Läuft noch"},
			"/": {"Läuft noch", "Probe"}, "/garten/": {"Coming up", "Nothing here"},
		} {
			v := bert
			if seen[1] == "Probe" && seen[0] == "Läuft noch" {
				v = nobody
			}
			v.Get(path)
			v.Sees(http.StatusOK, seen[0])
			v.DoesNotSee(seen[1])
		}
		for _, path := range []string{"/stadt/events/2099/2/30", "/stadt/events/2099/13/1", "/stadt/events/99999/1/1", "/stadt/events/0/1/1", "/stadt/events/x/y/z", "/stadt/groups/99/events", "/stadt/events?group=niemand", "/stadt/events/2099/5/8?group=niemand"} {
			nobody.Get(path)
			nobody.Sees(http.StatusNotFound)
		}
		for _, query := range []string{"month=0&year=99999", "month=x", "year=-1", "month=13", "page=2", "before=x", "before=99999999999999999-1", "month=12&year=2199", "month=1&year=1900"} {
			nobody.Get("/stadt/events?" + query)
			nobody.Sees(http.StatusOK, "Calendar")
		}
	})
}

func TestTheListGoesOnBehindItsLastEntry(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	for n := range 14 { // some at the same time
		w.announce(t, fmt.Sprintf("Termin %02d", n), true, url.Values{"time": {day(w.in(2+n/4)) + "T19:00"}})
	}
	nobody := w.visit(t, 0)
	nobody.Get("/stadt/events")
	seen := titles(nobody.Page.Body)
	next := regexp.MustCompile(`href="([^"]+)" rel="next">Next page`).FindStringSubmatch(nobody.Page.Body)
	if len(seen) != 12 || next == nil {
		t.Fatalf("%q, and then %q", seen, next)
	}
	nobody.Get(strings.ReplaceAll(next[1], "&amp;", "&"))
	nobody.Sees(http.StatusOK, "First page")
	seen = append(seen, titles(nobody.Page.Body)...)
	for n := range 14 {
		if n >= len(seen) || seen[n] != fmt.Sprintf("Termin %02d", n) {
			t.Fatalf("in this order: %q", seen)
		}
	}
}

// titles returns the titles in the list of a calendar.
func titles(body string) (all []string) {
	_, list, _ := strings.Cut(body, `id="dates"`)
	for _, m := range regexp.MustCompile(`class="card-title"><a[^>]*>([^<]+)`).FindAllStringSubmatch(list, -1) {
		all = append(all, m[1])
	}
	return all
}

func TestAnEventIsCopied(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	path := w.announce(t, "Fest", true, url.Values{"time": {"2099-05-08T17:00"}, "until_time": {"2099-05-08T21:00"}, "place": {"Am Bach"}})
	internal := w.announce(t, "Kasse", false, url.Values{"time": {"2099-05-08T17:00"}})
	bert, carla := w.visit(t, w.Bert.ID), w.visit(t, w.Carla.ID)
	carla.Get(path)
	carla.DoesNotSee("?copy=")
	bert.Get(path)
	copying := regexp.MustCompile(`/garten/events/add/\?copy=\d+`)
	bert.Get(copying.FindString(bert.Page.Body))
	bert.Sees(http.StatusOK, `value="Fest"`, `value="2099-05-08T17:00"`, `value="2099-05-08T21:00"`, `value="Am Bach"`, "Text of Fest")
	bert.Submit("Publish", map[string]string{"time": "2099-05-15T17:00", "until_time": "2099-05-15T21:00"})
	bert.Sees(http.StatusOK, "Your event is in the calendar.", "Fri 15 May 2099, 5–9 pm")
	if bert.Page.Path == path {
		t.Error("the copy takes the place of the original")
	}
	bert.Get(internal)
	address := copying.FindString(bert.Page.Body)
	carla.Get(strings.Replace(address, "/garten/", "/carla/", 1))
	carla.Sees(http.StatusForbidden)
	carla.DoesNotSee("Kasse")
	for _, id := range []string{"x", "999", "-1"} {
		bert.Get("/garten/events/add/?copy=" + id)
		bert.Sees(http.StatusNotFound)
	}
}
