package threads_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cputest"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// sessions are all alive but those that have ended.
type sessions struct {
	mu    sync.Mutex
	ended bool
}

func (*sessions) Key(context.Context) string { return "key" }

func (s *sessions) Alive(_ context.Context, keys []string) (map[string]bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	alive := map[string]bool{}
	for _, key := range keys {
		alive[key] = !s.ended
	}
	return alive, nil
}

func (s *sessions) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
}

// watched is the house with pages that stay open.
type watched struct {
	*house

	server   *httptest.Server
	sessions *sessions
}

func newWatched(t *testing.T, db *sqldb.DB) *watched {
	t.Helper()
	w := &watched{house: newHouse(t, db), sessions: &sessions{}}
	w.Threads = threads.New(threads.Deps{DB: db, Media: w.folder, Texts: texts.New(markdown.NewCache(1<<20), "http://example.org"), Sessions: w.sessions})
	w.server = httptest.NewUnstartedServer(webtest.Start(t, webtest.NewSite(t, db, webtest.People(w.Viewers())), w.Module().Routes))
	w.server.Start()
	t.Cleanup(w.server.Close)
	return w
}

// open opens the page of a thread as a person, or nobody, and returns what it is sent. cookies are those of the person.
func (w *watched) open(t *testing.T, path string, person int64, headers ...string) *opened {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "example.org"
	r.Header.Set("Accept", "text/event-stream")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if person != 0 {
		r.Header.Set("Cookie", webtest.Visit(t, w.server.Config.Handler).As(person).Cookies())
	}
	answer, err := http.DefaultClient.Do(r) //nolint:bodyclose // whoever reads the lines closes it
	if err != nil {
		t.Fatal(err)
	}
	o := &opened{status: answer.StatusCode, header: answer.Header, close: cancel, lines: make(chan string, 100)}
	go func() {
		defer answer.Body.Close()
		defer close(o.lines)
		for scanner := bufio.NewScanner(answer.Body); scanner.Scan(); {
			o.lines <- scanner.Text()
		}
	}()
	return o
}

// opened is an open page.
type opened struct {
	status int
	header http.Header
	close  func()
	lines  chan string
}

// next returns the next line that begins with a word; "" if the stream has ended.
func (o *opened) next(t *testing.T, word string) string {
	t.Helper()
	for {
		select {
		case line, ok := <-o.lines:
			if !ok {
				return ""
			}
			if rest, is := strings.CutPrefix(line, word); is {
				return rest
			}
		case <-time.After(time.Minute):
			t.Fatalf("no line %q", word)
		}
	}
}

// news returns the HTML of the next thing that is new.
func (o *opened) news(t *testing.T) string {
	t.Helper()
	var n struct {
		HTML string `json:"html"`
	}
	if err := json.Unmarshal([]byte(o.next(t, "data: ")), &n); err != nil {
		t.Fatal(err)
	}
	return n.HTML
}

func live(kind string, id int64) string { return fmt.Sprintf("/stadt/threads/%s/%d/live", kind, id) }

func TestWhatOthersWriteArrivesOnOpenPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWatched(t, db)
		anna, nobody := w.open(t, live("content", w.public), w.Anna.ID), w.open(t, live("content", w.public), 0)
		for _, o := range []*opened{anna, nobody} {
			if o.status != 200 || o.header.Get("Content-Type") != "text/event-stream" || o.header.Get("X-Accel-Buffering") != "no" || o.header.Get("Cache-Control") != "no-store" {
				t.Fatalf("%d %v", o.status, o.header)
			}
			if retry, err := strconv.Atoi(o.next(t, "retry: ")); err != nil || retry < 1000 {
				t.Errorf("retry %d, %v", retry, err)
			}
			o.next(t, ": ready")
		}
		w.post(t, threads.Post{ContentID: w.internal, AuthorID: w.Bert.ID, Text: "elsewhere", Public: true})
		w.post(t, threads.Post{ContentID: w.public, AuthorID: w.Bert.ID, Text: "inner"})
		id := w.post(t, threads.Post{ContentID: w.public, AuthorID: w.Bert.ID, Text: "open", Public: true})
		if got := anna.news(t) + anna.news(t); !strings.Contains(got, "inner") || !strings.Contains(got, "open") || strings.Contains(got, "elsewhere") || !strings.Contains(got, "/reactions/") {
			t.Errorf("Anna is sent %s", got)
		}
		if got := nobody.news(t); !strings.Contains(got, "open") || strings.Contains(got, "/reactions/") {
			t.Errorf("nobody is sent %s", got)
		}
		if err := w.Revise(t.Context(), w.Bert.Viewer, id, "changed", 0); err != nil {
			t.Fatal(err)
		}
		if got := nobody.news(t); !strings.Contains(got, "changed") || !strings.Contains(got, "edited") {
			t.Errorf("edited: %s", got)
		}
		if err := w.React(t.Context(), w.Anna.Viewer, id, threads.Idea, true); err != nil {
			t.Fatal(err)
		}
		if got := nobody.news(t); !strings.Contains(got, "Good idea") || strings.Contains(got, "Anna") {
			t.Errorf("reacted: %s", got)
		}
		if err := w.Remove(t.Context(), w.Anna.Viewer, id); err != nil {
			t.Fatal(err)
		}
		if got := nobody.news(t); !strings.Contains(got, "A member of the group removed this comment.") || strings.Contains(got, "changed") {
			t.Errorf("removed: %s", got)
		}
	})
}

func TestAnOpenPageShowsNobodyMoreThanTheyMayRead(t *testing.T) {
	t.Parallel()
	w := newWatched(t, dbtest.SQLite(t))
	for path, want := range map[string][3]int{
		live("content", w.public):            {200, 200, 200},
		live("content", w.internal):          {401, 403, 200},
		live("conversation", w.conversation): {401, 403, 200},
		live("content", 99):                  {404, 404, 404},
		live("conversation", 99):             {404, 404, 404},
	} {
		for i, person := range []int64{0, w.Carla.ID, w.Anna.ID} {
			o := w.open(t, path, person)
			if o.status != want[i] {
				t.Errorf("%s for %d: %d, want %d", path, person, o.status, want[i])
			}
			o.close()
		}
	}
	if o := w.open(t, live("content", w.public), 0, "Accept", "text/html"); o.status != http.StatusBadRequest {
		t.Errorf("a page that does not stay open: %d", o.status)
	}
}

func TestAPageThatComesBackCatchesUp(t *testing.T) {
	t.Parallel()
	w := newWatched(t, dbtest.SQLite(t))
	w.post(t, threads.Post{ContentID: w.public, AuthorID: w.Bert.ID, Text: "long ago", Public: true})
	if _, err := execute(t, w.db, `UPDATE contributions SET changed_at = changed_at - 3600000`); err != nil {
		t.Fatal(err)
	}
	now := strconv.FormatInt(w.db.Now().UnixMilli(), 10)
	missed := w.post(t, threads.Post{ContentID: w.public, AuthorID: w.Bert.ID, Text: "missed", Public: true})
	for name, o := range map[string]*opened{
		"the last event":        w.open(t, live("content", w.public), w.Anna.ID, "Last-Event-ID", now),
		"the address":           w.open(t, live("content", w.public)+"?since="+now, 0),
		"the last event counts": w.open(t, live("content", w.public)+"?since=1", 0, "Last-Event-ID", now),
	} {
		if got := o.news(t); !strings.Contains(got, "missed") || !strings.Contains(got, community.ContributionAnchor(missed)) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func execute(t *testing.T, db *sqldb.DB, statement string) (rows int64, err error) {
	t.Helper()
	err = db.Write(t.Context(), func(tx *sqldb.Tx) error {
		rows, err = tx.Exec(t.Context(), statement)
		return err
	})
	return rows, err
}

func TestOpenPagesEndWithTheSessionAndWithTheRight(t *testing.T) {
	t.Parallel()
	w := newWatched(t, dbtest.SQLite(t))
	bert := w.open(t, live("content", w.internal), w.Bert.ID)
	bert.next(t, ": ready")
	if _, err := execute(t, w.db, `DELETE FROM memberships`); err != nil {
		t.Fatal(err)
	}
	w.post(t, threads.Post{ContentID: w.internal, AuthorID: w.Anna.ID, Text: "for members", Public: true})
	if got := bert.next(t, "event: "); got != "end" {
		t.Errorf("who may not read any more gets %q", got)
	}
	anna, nobody := w.open(t, live("content", w.public), w.Anna.ID), w.open(t, live("content", w.public), 0)
	anna.next(t, ": ready")
	nobody.next(t, ": ready")
	w.sessions.end()
	w.post(t, threads.Post{ContentID: w.public, AuthorID: w.Anna.ID, Text: "later", Public: true})
	if got := nobody.news(t); !strings.Contains(got, "later") {
		t.Errorf("nobody is sent %s", got)
	}
	if got := anna.next(t, ""); strings.Contains(got, "later") {
		t.Error("a page is sent what was written after its session ended")
	}
	for line := anna.next(t, ""); line != ""; line = anna.next(t, "") {
		if strings.Contains(line, "later") {
			t.Error("a page is sent what was written after its session ended")
		}
	}
}

func TestOpenPagesAreBounded(t *testing.T) {
	t.Parallel()
	w := newWatched(t, dbtest.SQLite(t))
	var all []*opened
	for range threads.MaxStreamsOfPerson {
		o := w.open(t, live("content", w.public), w.Anna.ID)
		o.next(t, ": ready")
		all = append(all, o)
	}
	if o := w.open(t, live("content", w.public), w.Anna.ID); o.status != http.StatusServiceUnavailable || o.header.Get("Retry-After") == "" {
		t.Errorf("one more: %d %v", o.status, o.header)
	}
	if o := w.open(t, live("content", w.public), w.Bert.ID); o.status != http.StatusOK {
		t.Errorf("somebody else: %d", o.status)
	}
	all[0].close()
	for tries := 0; ; tries++ {
		if o := w.open(t, live("content", w.public), w.Anna.ID); o.status == http.StatusOK {
			return
		}
		if tries == 100 {
			t.Fatal("a page that was closed counts on")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// TestTwoHundredOpenPagesCostLittle measures pages that wait for comments: what they keep in memory, and the processor's
// time while nothing happens.
func TestTwoHundredOpenPagesCostLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector takes time and memory of its own")
	}
	const pages, most = 200, 10 << 20
	w := newWatched(t, dbtest.SQLite(t))
	var memory runtime.MemStats
	used := func() uint64 {
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&memory)
		return memory.HeapAlloc + memory.StackInuse
	}
	w.open(t, live("content", w.public), w.Anna.ID).next(t, ": ready")
	before := used()
	w.Widen(2 * pages)
	request := "GET " + live("content", w.public) + " HTTP/1.1\r\nHost: example.org\r\nAccept: text/event-stream\r\nAccept-Encoding: gzip\r\nCookie: " +
		webtest.Visit(t, w.server.Config.Handler).As(w.Anna.ID).Cookies() + "\r\n\r\n"
	answer := make([]byte, 4096)
	for range pages {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", w.server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		if _, err := conn.Write([]byte(request)); err != nil {
			t.Fatal(err)
		}
		for said := ""; !strings.Contains(said, ": ready"); {
			n, err := conn.Read(answer)
			if err != nil {
				t.Fatalf("%v after %s", err, said)
			}
			said += string(answer[:n])
		}
	}
	if grown := used() - before; grown > most {
		t.Errorf("%d pages keep %d KB", pages, grown>>10)
	} else {
		t.Logf("%d pages keep %d KB", pages, grown>>10)
	}
	const watched = 4 * time.Second
	began := cputest.Used(t)
	time.Sleep(watched)
	if spent := cputest.Used(t) - began; spent > watched/50 {
		t.Errorf("while nothing happens %d pages take %s of %s", pages, spent, watched)
	} else {
		t.Logf("while nothing happens %d pages take %s of %s", pages, spent, watched)
	}
}
