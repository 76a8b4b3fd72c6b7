//go:build bench

package bench

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/e2e/town"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// The small town.
const (
	people, groups, articles, comments, conversations = 2000, 300, 5000, 15000, 500

	events = 3000 // in the small town and in the large one

	signedIn = 500 // people who visit
	authors  = 50  // people who publish, each some articles an hour
	busy     = 64  // people of the largest group who read long lists
	pause    = 200 * time.Millisecond
)

// bench is a town that is measured.
type bench struct {
	*town.Town
	t       *testing.T
	name    string
	scale   int
	process *town.Process
	metrics string
	folder  string
	sink    *servers.Sink
	db      *sqldb.DB

	begun int          // runs of visitors
	sent  atomic.Int64 // forms

	anna    string   // her cookies
	people  []string // cookies of people from everywhere
	members []string // cookies of the busiest members of the largest group
	largest group
	busiest string   // slug of a person
	threads []string // articles that are commented on
	talked  string   // an article with many comments
	writers []writer // who publishes articles
	poll    string   // one in which many have voted
}

// writer is somebody who publishes in a group.
type writer struct {
	Group  string `db:"group_slug"`
	Person string `db:"slug"`
	cookie string
}

type group struct {
	id   int64
	slug string
}

// openTown fills a town and leaves it closed.
func openTown(t *testing.T, database town.Database, scale int) *bench {
	t.Helper()
	b := &bench{t: t, name: string(database), scale: scale, metrics: servers.FreeAddress(t), folder: t.TempDir(), sink: servers.StartSink(t)}
	host, port, _ := strings.Cut(b.sink.Address, ":")
	b.Town = town.New(t, database, map[string]string{
		"METRICS_LISTEN": b.metrics, "EMAIL_SUBMISSION_BACKEND": "smtp", "EMAIL_SUBMISSION_HOST": host, "EMAIL_SUBMISSION_PORT": port,
		"DATA_PATH": b.folder,
	})
	var err error
	if b.Log, err = os.Create(filepath.Join(b.folder, "log")); err != nil { // a pipe to this process would cost as much as the pages
		t.Fatal(err)
	}
	args := []string{"demo"}
	for flag, n := range map[string]int{"people": people, "groups": groups, "contents": articles, "comments": comments, "conversations": conversations} {
		args = append(args, "--"+flag, strconv.Itoa(n*scale))
	}
	args = append(args, "--events", strconv.Itoa(events))
	if code, out := b.Call("", args...); code != 0 {
		t.Fatal(out)
	}
	if b.Server != nil {
		b.Server.Halt()
		b.Server.Durable()
		if err := b.Server.Start(); err != nil {
			t.Fatal(err)
		}
	}
	if b.db, err = sqldb.Open(t.Context(), b.DB); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.db.Close() })
	b.survey()
	b.talk()
	b.poll = b.askMany()
	return b
}

// commented is how many comments an article has that is measured by itself.
const commented = 200

// talk lets the largest group talk about an article for long.
func (b *bench) talk() {
	b.t.Helper()
	var item struct {
		ID     int64  `db:"id"`
		Author int64  `db:"author_id"`
		Path   string `db:"path"`
	}
	err := b.db.Get(b.t.Context(), &item, `
		SELECT c.id, c.author_id, '/' || e.slug || '/' || c.slug || '/' AS path FROM contents c JOIN entities e ON e.id = c.entity_id
		 WHERE c.public AND c.slug IS NOT NULL AND c.kind = 'article' AND e.slug = ? ORDER BY c.published_at, c.id LIMIT 1`, b.largest.slug)
	if err == nil {
		err = b.db.Write(b.t.Context(), func(tx *sqldb.Tx) error {
			rows := make([][]any, commented)
			for n := range rows {
				rows[n] = []any{item.ID, item.Author, fmt.Sprintf("Ich bringe **etwas** mit, zum %d. Mal.", n+1), "", true, tx.Now, tx.Now}
			}
			return tx.InsertRows(b.t.Context(), `INSERT INTO contributions (content_id, author_id, text, cut, public, created_at, changed_at)`, rows)
		})
	}
	if err != nil {
		b.t.Fatal(err)
	}
	b.talked = item.Path
}

// survey finds out who and what is in the town.
func (b *bench) survey() {
	b.t.Helper()
	var largest struct {
		ID   int64  `db:"id"`
		Slug string `db:"slug"`
	}
	err := b.db.Get(b.t.Context(), &largest, `
		SELECT g.id, e.slug FROM "groups" g JOIN entities e ON e.id = g.entity_id
		 ORDER BY (SELECT COUNT(*) FROM memberships m WHERE m.group_id = g.id) DESC, g.id LIMIT 1`)
	if err != nil {
		b.t.Fatal(err)
	}
	b.largest = group{largest.ID, largest.Slug}
	b.busiest = b.paths(`
		SELECT e.slug FROM people p JOIN entities e ON e.id = p.entity_id
		 ORDER BY (SELECT COUNT(*) FROM memberships m WHERE m.person_id = p.id) DESC, p.id LIMIT ?`, 1)[0]
	// What is written while pages are measured interests few: how notices are sent is measured by itself.
	b.threads = b.paths(`
		SELECT '/' || e.slug || '/' || c.slug || '/' FROM contents c JOIN entities e ON e.id = c.entity_id
		 WHERE c.public AND c.slug IS NOT NULL AND (SELECT COUNT(*) FROM subscriptions s WHERE s.entity_id = e.id) < 10
		 ORDER BY c.published_at DESC, c.id LIMIT ?`, 500)
	err = b.db.Select(b.t.Context(), &b.writers, `
		SELECT MIN(e.slug) AS group_slug, pe.slug FROM memberships m JOIN "groups" g ON g.id = m.group_id JOIN entities e ON e.id = g.entity_id
		  JOIN people p ON p.id = m.person_id JOIN entities pe ON pe.id = p.entity_id
		 WHERE p.id > 4 AND (SELECT COUNT(*) FROM subscriptions s WHERE s.entity_id = e.id) < 10
		 GROUP BY pe.slug ORDER BY pe.slug LIMIT ?`, authors)
	if err != nil {
		b.t.Fatal(err)
	}
}

// paths returns texts that the database finds.
func (b *bench) paths(query string, args ...any) (found []string) {
	b.t.Helper()
	if err := b.db.Select(b.t.Context(), &found, query, args...); err != nil {
		b.t.Fatal(err)
	}
	if len(found) == 0 {
		b.t.Fatalf("nothing is found by %s", query)
	}
	return found
}

func (b *bench) title(what string) string {
	return fmt.Sprintf("%s, %d people, %d groups, %d articles, %d comments\n%s", b.name, people*b.scale, groups*b.scale, articles*b.scale, comments*b.scale, what)
}

func (b *bench) programTable() *table {
	return &table{title: b.title("the program"), columns: []string{"what", "figure"}}
}

// progress shows the last row of a table, for those who wait.
func (b *bench) progress(t *table) {
	r := t.rows[len(t.rows)-1]
	fmt.Fprintf(b.t.Output(), "%s %d %s %v\n", b.name, b.scale, strings.Join(r.names, " "), r.cells)
}

// begin starts the program and signs people in.
func (b *bench) begin(t *table) {
	b.t.Helper()
	b.process = b.Start("serve")
	b.Open()
	b.process.Stop()
	begin := time.Now()
	b.process = b.Start("serve")
	for status := 0; status != http.StatusOK; status, _ = b.Ask("/") {
		time.Sleep(time.Millisecond)
	}
	t.add([]string{"start until the first answer, ms"}, milliseconds(time.Since(begin)))
	time.Sleep(2 * time.Second)
	t.add([]string{"memory at rest, MB"}, number(b.memory("VmRSS"), 0).within(60))
	longest, share := stalls()
	t.add([]string{"the machine holds up a process that does nothing else, ms at most"}, milliseconds(longest))
	t.add([]string{"the same, share of the time"}, percent(share))

	b.anna = b.signIn([]string{"anna"})[0]
	names := make([]string, len(b.writers))
	for i, w := range b.writers {
		names[i] = w.Person
	}
	for i, cookie := range b.signIn(names) {
		b.writers[i].cookie = cookie
	}
	if wanted("pages") || wanted("search") {
		b.people = b.signIn(b.paths(`SELECT e.slug FROM people p JOIN entities e ON e.id = p.entity_id WHERE p.id > 4 AND p.id % ? = 0 ORDER BY p.id`, people*b.scale/signedIn))
	}
	b.members = b.signIn(b.paths(`
		SELECT e.slug FROM memberships m JOIN people p ON p.id = m.person_id JOIN entities e ON e.id = p.entity_id
		 WHERE m.group_id = ? ORDER BY p.id LIMIT ?`, b.largest.id, busy))
}

// signIn signs people in and returns the headers with their cookies.
func (b *bench) signIn(slugs []string) []string {
	b.t.Helper()
	cookies, indexes := make([]string, len(slugs)), make(chan int)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for i := range indexes {
				cookie, err := b.session(slugs[i])
				if err != nil {
					b.t.Errorf("%s could not sign in: %v", slugs[i], err)
				}
				cookies[i] = cookie
			}
		})
	}
	for i := range slugs {
		indexes <- i
	}
	close(indexes)
	workers.Wait()
	if b.t.Failed() {
		b.t.FailNow()
	}
	return cookies
}

// session signs somebody in.
func (b *bench) session(slug string) (cookie string, err error) {
	answer, err := b.send("/stadt/login/", "", url.Values{"login": {slug}, "password": {"demo"}}) //nolint:bodyclose // send closes it
	if err != nil {
		return "", err
	}
	var all []string
	for _, c := range answer.Cookies() {
		all = append(all, c.Name+"="+c.Value)
	}
	if len(all) == 0 || answer.StatusCode != http.StatusSeeOther {
		return "", fmt.Errorf("answered %s", answer.Status)
	}
	return strings.Join(all, "; "), nil
}

// send sends a form and returns the answer without its body.
func (b *bench) send(path, cookie string, form url.Values) (*http.Response, error) {
	r, err := http.NewRequest(http.MethodPost, b.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// People sign in from many indexes; from one, only some may.
	n := b.sent.Add(1)
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("198.18.%d.%d", n/250%250, n%250))
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	return answer, answer.Body.Close()
}

// post sends a form that is accepted and returns the path that the answer leads to.
func (b *bench) post(path, cookie string, form url.Values) string {
	b.t.Helper()
	answer, err := b.send(path, cookie, form) //nolint:bodyclose // send closes it
	if err != nil {
		b.t.Fatal(err)
	}
	to, err := answer.Location()
	if err != nil {
		b.t.Fatalf("%s: %s, %v", path, answer.Status, err)
	}
	return to.Path
}

// keepWriting lets people write five things a second, four comments and an article, until stop is called.
func (b *bench) keepWriting() (stop func()) {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(pause)
		defer tick.Stop()
		for n := b.offset(); ; n++ {
			select {
			case <-end:
				return
			case <-tick.C:
			}
			path, form := b.threads[n%len(b.threads)], url.Values{"text": {"Da bin ich dabei, und ich bringe *Kuchen* mit."}}
			cookie := b.members[n%len(b.members)]
			if n%5 == 0 {
				w := b.writers[n/5%len(b.writers)]
				path, cookie = "/"+w.Group+"/articles/add/", w.cookie
				form = url.Values{"title": {fmt.Sprint("Nachricht ", n)}, "text": {"Am Samstag graben wir um. Kommt **alle**."}, "public": {"on"}}
			}
			if answer, err := b.send(path, cookie, form); err != nil || answer.StatusCode != http.StatusSeeOther { //nolint:bodyclose // send closes it
				b.t.Errorf("%s: %v, %+v", path, err, answer)
				return
			}
		}
	}()
	return func() {
		close(end)
		<-ended
	}
}
