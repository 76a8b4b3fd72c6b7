package imports_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/articles"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/events"
	"grouprise.org/grouprise/internal/features/groups"
	"grouprise.org/grouprise/internal/features/imports"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// town is the room with what it stands on.
type town struct {
	*cast.Cast
	db      *sqldb.DB
	room    *imports.Imports
	queue   *queue.Queue
	handler http.Handler
	log     bytes.Buffer
	notices *mailtest.Notices
	told    []notify.Notice

	mu    sync.Mutex
	later time.Duration // how far the clock of the room is ahead
}

// newTown builds a town whose imports may ask servers of the test; change changes what the room stands on.
func newTown(t *testing.T, db *sqldb.DB, change ...func(*imports.Deps)) *town {
	t.Helper()
	w := &town{Cast: cast.New(t, db)}
	w.db = db.WithClock(func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return time.Now().Add(w.later)
	})
	folder, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	keys, err := web.NewLinkKeys("a secret for tests only", "calendar")
	if err != nil {
		t.Fatal(err)
	}
	catalogues := localetest.Catalogues(t)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	people, words := webtest.People(w.Viewers()), texts.New(markdown.NewCache(1<<20), "http://example.org")
	comments, activities := threads.New(threads.Deps{DB: db, Media: folder, Texts: words}), outbox.New(&mailtest.Tray{})
	w.notices = &mailtest.Notices{}
	theEvents := events.New(events.Deps{
		DB: w.db, Outbox: activities, Limiter: web.NewLimiter(db, nil), Zone: berlin, Viewers: people, Keys: keys, SiteName: settings.SiteName{Default: "Neustadt"}, BaseURL: "http://example.org",
	})
	contents := content.New(content.Deps{
		DB: w.db, Outbox: activities, Entities: entities.New(nil), Threads: comments, Texts: words, Pictures: media.NewPictures(db, folder),
		Limiter: web.NewLimiter(db, nil), Notices: w.notices, BaseURL: "http://example.org", MaxBytes: 1 << 20,
	}, articles.Kind(), theEvents.Kind())
	w.queue = queue.New(w.db, queue.Config{Logger: slog.New(slog.DiscardHandler)})
	deps := imports.Deps{
		DB: w.db, Queue: w.queue, Outbox: activities, Events: theEvents, Content: contents, Articles: "article", Groups: groups.New(groups.Deps{DB: w.db}),
		Limiter: web.NewLimiter(db, nil), Log: slog.New(slog.NewTextHandler(&w.log, nil)),
		Printer: func() *lang.Printer { return catalogues.Printer("en", berlin) },
		BaseURL: "http://example.org", Zone: berlin, Timeout: 5 * time.Second, Allowed: func(netip.Addr) bool { return true },
	}
	for _, f := range change {
		f(&deps)
	}
	w.room = imports.New(deps)
	modules := append(contents.Modules(), contents.Module(), comments.Module(), w.room.Module())
	w.told = module.Gather(modules, func(m module.Module) []notify.Notice { return m.Notices })
	w.notices.Open(t, db, w.told...)
	w.queue.Handle(w.room.Module().Jobs...)
	w.handler = webtest.Open(t, webtest.NewSite(t, db, people), modules...)
	return w
}

// pass lets time pass.
func (w *town) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.later += d
}

func (w *town) visit(t *testing.T, person int64) *webtest.Visitor {
	t.Helper()
	return webtest.VisitAs(t, w.handler, person)
}

const listPath = "/stadt/groups/21/imports/"

// add lets Anna import a calendar into garten, and the jobs run.
func (w *town) add(t *testing.T, address string, public bool) {
	t.Helper()
	form := url.Values{"address": {address}, "public": {"0"}}
	if public {
		form.Set("public", "1")
	}
	anna := w.visit(t, w.Anna.ID)
	anna.Send(listPath, form, true)
	anna.Sees(http.StatusOK, "It has been added.")
	w.run(t)
}

// run runs the jobs that wait.
func (w *town) run(t *testing.T) {
	t.Helper()
	if err := w.queue.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// hour lets an hour pass, and a little more, and the jobs run.
func (w *town) hour(t *testing.T) {
	t.Helper()
	w.pass(70 * time.Minute)
	if err := w.room.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.run(t)
}

// shown returns the titles of the events of garten that are there, in the order of their dates.
func (w *town) shown(t *testing.T) string {
	t.Helper()
	var titles []string
	err := w.db.Select(t.Context(), &titles, `
		SELECT c.title FROM contents c JOIN event_dates d ON d.content_id = c.id WHERE c.entity_id = ? AND c.deleted_at IS NULL ORDER BY d.starts_at, d.id`, w.Garten.EntityID)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(titles, ", ")
}

// state is what is kept of the only import.
func (w *town) state(t *testing.T) imports.Import {
	t.Helper()
	var i imports.Import
	err := w.db.Get(t.Context(), &i, `SELECT id, group_id, kind, address, source, name, public, etag, problem, status, failures, skipped, tried_at, read_at, succeeded_at, told_at, due_at FROM imports`)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// source is a calendar that stands elsewhere.
type source struct {
	URL string

	mu        sync.Mutex
	body      string
	status    int
	asked     int
	unchanged int // answers that it is the same as before
}

// publish starts a server with a calendar of some events.
func publish(t *testing.T, entries ...string) *source {
	t.Helper()
	c := &source{status: http.StatusOK}
	c.says(entries...)
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	c.URL = s.URL + "/calendar.ics"
	return c
}

// says replaces the events of the calendar.
func (c *source) says(entries ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.body = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:Verein\r\n" + strings.Join(entries, "") + "END:VCALENDAR\r\n"
}

func (c *source) answers(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status = status
}

// ServeHTTP implements http.Handler.
func (c *source) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	mark := fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(c.body)))
	rw.Header().Set("ETag", mark)
	rw.Header().Set("Content-Type", "text/calendar")
	if c.status == http.StatusOK && r.Header.Get("If-None-Match") == mark {
		c.unchanged++
		rw.WriteHeader(http.StatusNotModified)
		return
	}
	rw.WriteHeader(c.status)
	_, _ = rw.Write([]byte(c.body))
}

// in returns the day so many days from now.
func in(days int) time.Time { return time.Now().UTC().AddDate(0, 0, days) }

// entry writes an event at seven in the evening so many days from now, with further lines.
func entry(uid, title string, days int, lines ...string) string {
	all := append([]string{
		"BEGIN:VEVENT", "UID:" + uid, "DTSTAMP:" + time.Now().UTC().Format("20060102T150405Z"), "SUMMARY:" + title,
		"DTSTART;TZID=Europe/Berlin:" + in(days).Format("20060102") + "T190000", "DTEND;TZID=Europe/Berlin:" + in(days).Format("20060102") + "T210000",
	}, lines...)
	return strings.Join(append(all, "END:VEVENT", ""), "\r\n")
}

// count returns how many rows there are.
func count(t *testing.T, db *sqldb.DB, query string, args ...any) (n int) {
	t.Helper()
	if err := db.Get(t.Context(), &n, query, args...); err != nil {
		t.Fatal(err)
	}
	return n
}

// deliveries returns who is told of what happened last, by mail.
func (w *town) deliveries(t *testing.T) string {
	t.Helper()
	told := w.notices.FanOut(t, w.db)
	told = slices.DeleteFunc(told, func(d string) bool { return !strings.HasPrefix(d, "email ") })
	return strings.ReplaceAll(strings.Join(told, ", "), "email ", "")
}

// soon is a time within two days, for what is due.
func soon(at clock.Time, now time.Time) time.Duration { return at.Sub(now).Round(time.Minute) }
