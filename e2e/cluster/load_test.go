//go:build e2e

package cluster_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"maps"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"grouprise.org/grouprise/e2e/cluster"
	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/e2e/town"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
)

const (
	writers  = 40 // members, each of whom may begin 30 conversations an hour
	visitors = 12 // of them who comment on the web, each 120 times an hour at most
)

// load is a site on which people write all the time: emails, comments and pictures. It notes what the site has accepted.
type load struct {
	t       *testing.T
	cluster *cluster.Cluster
	town    *town.Town
	sink    *servers.Sink
	cast    *cast.Cast
	writers []cast.Person
	article string // path of what is commented on
	before  int64  // the last activity of which others were told by another mail server

	stop    chan struct{}
	running sync.WaitGroup

	mu       sync.Mutex
	mails    int
	comments map[string]bool
	pictures map[string]bool
	answers  map[string]int // what was answered, by what was asked for, since the last phase
}

// settle puts people into a site that runs and is empty.
func settle(t *testing.T, c *cluster.Cluster, sink *servers.Sink) *load {
	t.Helper()
	l := &load{
		t: t, cluster: c, town: c.Town(), sink: sink, stop: make(chan struct{}), comments: map[string]bool{}, pictures: map[string]bool{}, answers: map[string]int{},
	}
	db := l.open()
	defer db.Close()
	l.cast = cast.New(t, db)
	for n := range writers {
		p := cast.AddPerson(t, db, fmt.Sprintf("writer-%d", n))
		cast.Prove(t, db, p)
		cast.Join(t, db, l.cast.Garten.ID, p.ID)
		l.writers = append(l.writers, p)
	}
	cast.Execute(t, db, `UPDATE people SET password = (SELECT password FROM people WHERE id = ?) WHERE password = ''`, l.cast.Anna.ID)
	cast.AddContent(t, db, cast.Content{EntityID: l.cast.Garten.EntityID, AuthorID: l.cast.Anna.ID, Slug: "beete", Title: "Beete", Public: true})
	l.article = "/garten/beete"
	return l
}

func (l *load) open() *sqldb.DB {
	l.t.Helper()
	db, err := sqldb.Open(l.t.Context(), l.cluster.Config())
	if err != nil {
		l.t.Fatal(err)
	}
	return db
}

// countsFromHere is called when mails go to the sink: what happens from then on is counted.
func (l *load) countsFromHere() {
	l.t.Helper()
	db := l.open()
	defer db.Close()
	if err := db.Get(l.t.Context(), &l.before, `SELECT MAX(id) FROM activities`); err != nil {
		l.t.Fatal(err)
	}
}

// begin lets people write until end.
func (l *load) begin() {
	l.t.Helper()
	numbers := make(chan int)
	l.running.Go(func() {
		defer close(numbers)
		for n := range writers * 30 {
			select {
			case numbers <- n:
			case <-l.stop:
				return
			}
		}
	})
	for range 3 {
		l.running.Go(func() {
			for n := range numbers {
				l.sendMail(n)
				l.pause(500 * time.Millisecond)
			}
		})
	}
	for n := range visitors {
		browser := l.signIn(l.writers[n].Slug)
		l.running.Go(func() {
			for i := 0; l.pause(4 * time.Second); i++ {
				l.comment(browser, fmt.Sprintf("Kommentar %d-%d.", n, i))
			}
		})
		if n < 2 {
			l.running.Go(func() {
				for i := 0; l.pause(1500 * time.Millisecond); i++ {
					l.upload(browser, n*1000+i)
				}
			})
		}
	}
}

// end waits until everybody has written to the end.
func (l *load) end() {
	close(l.stop)
	l.running.Wait()
}

// pause waits for so long on average, and reports whether to go on.
func (l *load) pause(d time.Duration) bool {
	select {
	case <-l.stop:
		return false
	case <-time.After(d/2 + rand.N(d)):
		return true
	}
}

// phase returns what was answered since the last one.
func (l *load) phase() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	answers := l.answers
	l.answers = map[string]int{}
	return answers
}

// note counts an answer.
func (l *load) note(what string, answer any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answers[fmt.Sprint(what, ": ", answer)]++
}

// sendMail hands a mail over as a mail server does: until it has been accepted.
func (l *load) sendMail(n int) {
	d := town.Delivery{From: l.writers[n%writers].Address, To: "garten@" + town.Domain, Number: n}
	for range 3000 {
		err := d.Deliver(l.town.LMTP)
		if err == nil {
			l.note("mail", "accepted")
			l.mu.Lock()
			l.mails++
			l.mu.Unlock()
			return
		}
		answer, answered := errors.AsType[*smtp.SMTPError](err)
		if answered && !answer.Temporary() {
			l.t.Errorf("mail %d: %v", n, err)
			return
		}
		if answered {
			l.note("mail", answer.Code)
		} else {
			l.note("mail", "cut off")
		}
		time.Sleep(50 * time.Millisecond)
	}
	l.t.Errorf("mail %d was never accepted", n)
}

// signIn returns the browser of somebody.
func (l *load) signIn(name string) *http.Client {
	l.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		l.t.Fatal(err)
	}
	browser := &http.Client{
		Transport: l.town.Client().Transport, Jar: jar, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := browser.PostForm(l.town.URL+"/stadt/login/", url.Values{"login": {name}, "password": {cast.Password}})
	if err != nil {
		l.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusSeeOther {
		text, _ := io.ReadAll(answer.Body)
		l.t.Fatalf("%s signs in: %d\n%s", name, answer.StatusCode, text)
	}
	return browser
}

// comment writes a comment, once. Only what was answered as accepted counts.
func (l *load) comment(browser *http.Client, text string) {
	answer, err := browser.PostForm(l.town.URL+l.article, url.Values{"text": {text}})
	if err != nil {
		l.note("comment", "cut off")
		return
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	l.note("comment", answer.StatusCode)
	if answer.StatusCode == http.StatusSeeOther {
		l.mu.Lock()
		l.comments[text] = true
		l.mu.Unlock()
	}
}

// upload uploads a picture, once.
func (l *load) upload(browser *http.Client, n int) {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("picture", "Beet.png")
	if err == nil {
		picture := image.NewRGBA(image.Rect(0, 0, 40, 30))
		picture.Set(n%40, n/40%30, color.White)
		err = errors.Join(png.Encode(part, picture), w.Close())
	}
	if err != nil {
		l.t.Error(err)
		return
	}
	answer, err := browser.Post(l.town.URL+"/stadt/pictures/add/", w.FormDataContentType(), &body)
	if err != nil {
		l.note("picture", "cut off")
		return
	}
	defer answer.Body.Close()
	l.note("picture", answer.StatusCode)
	var stored struct {
		Name string `json:"name"`
	}
	if answer.StatusCode != http.StatusCreated {
		return
	}
	if err := json.NewDecoder(answer.Body).Decode(&stored); err != nil {
		l.t.Errorf("a picture was accepted with %v", err)
		return
	}
	l.mu.Lock()
	l.pictures[stored.Name] = true
	l.mu.Unlock()
}

// onlyAccepted fails the test if something was answered in a phase that was not accepted. A process that ends takes leave of
// whoever has just come with 421 (RFC 5321, section 3.8): mail servers go to the next one at once.
func onlyAccepted(t *testing.T, phase string, answers map[string]int) {
	t.Helper()
	for answer, times := range answers {
		if answer != "mail: accepted" && answer != "comment: 303" && answer != "picture: 201" && answer != "mail: 421" {
			t.Errorf("%s: %d times %s", phase, times, answer)
		}
	}
	t.Logf("%s: %v", phase, answers)
}

// check waits until all has been done, and counts. Each of so many deaths may have made a worker send again what it had
// in hand.
func (l *load) check(deaths int) {
	l.t.Helper()
	db := l.open()
	defer db.Close()
	l.checkWritten(db)

	// What was deleted before its mail had left is withdrawn, and nobody is told.
	var want, members int
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		var left int
		if err := db.Get(l.t.Context(), &left, `SELECT (SELECT COUNT(*) FROM activities WHERE done_at IS NULL) + (SELECT COUNT(*) FROM jobs WHERE kind = 'notify.deliver' AND state <> 'dead')`); err != nil {
			l.t.Fatal(err)
		}
		if left == 0 {
			break
		}
		if time.Now().After(deadline) {
			l.t.Fatalf("%d notices are still to be sent", left)
		}
	}
	if err := db.Get(l.t.Context(), &want, `SELECT COUNT(*) FROM deliveries WHERE channel = 'email' AND state <> 'withdrawn' AND activity_id > ?`, l.before); err != nil {
		l.t.Fatal(err)
	}
	if err := db.Get(l.t.Context(), &members, `SELECT COUNT(*) FROM subscriptions WHERE entity_id = ?`, l.cast.Garten.EntityID); err != nil {
		l.t.Fatal(err)
	}
	if want < l.mails*members {
		l.t.Errorf("%d people were to be told, of %d mails to %d subscribers alone", want, l.mails, members)
	}
	time.Sleep(time.Second) // for what should not come
	if got := l.sink.Messages(); got != want {
		l.t.Errorf("%d notices came, want %d", got, want)
	}
	twice := l.sink.Mails() - l.sink.Messages()
	l.t.Logf("%d mails, %d comments and %d pictures were accepted; %d notices, %d of them sent twice after %d deaths", l.mails, len(l.comments), len(l.pictures), want, twice, deaths)
	if twice > deaths*parallelMails {
		l.t.Errorf("%d notices came twice after %d deaths", twice, deaths)
	}
}

// parallelMails is how many mails a worker has in hand at once.
const parallelMails = 4

// checkWritten makes sure that everything that was accepted is there, once.
func (l *load) checkWritten(db *sqldb.DB) {
	l.t.Helper()
	var subjects, texts []string
	if err := db.Select(l.t.Context(), &subjects, `SELECT subject FROM conversations WHERE subject LIKE 'Mail %' ORDER BY id`); err != nil {
		l.t.Fatal(err)
	}
	if got := len(slices.Compact(slices.Sorted(slices.Values(subjects)))); got != l.mails || len(subjects) != got {
		l.t.Errorf("%d mails were accepted, and had %d effects, %d of them different", l.mails, len(subjects), got)
	}
	if err := db.Select(l.t.Context(), &texts, `SELECT text FROM contributions WHERE text LIKE 'Kommentar %' ORDER BY id`); err != nil {
		l.t.Fatal(err)
	}
	times := map[string]int{}
	for _, text := range texts {
		times[strings.TrimSpace(text)]++
	}
	for text := range l.comments {
		if times[text] != 1 {
			l.t.Errorf("%q was accepted and is there %d times", text, times[text])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.pictures)) {
		if _, err := os.Stat(filepath.Join(l.cluster.Folder, "store", "buckets", "stadt", name)); err != nil {
			l.t.Errorf("a picture that was accepted: %v", err)
		}
	}
	if len(l.comments) == 0 || len(l.pictures) == 0 {
		l.t.Errorf("%d comments and %d pictures were accepted", len(l.comments), len(l.pictures))
	}
}
