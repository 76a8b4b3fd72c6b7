//go:build e2e

package town_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/e2e/town"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
)

const (
	mails   = 500 // that come in while processes die
	writers = 25  // who send them, so that none meets the limit of a person; members, so that the group does not meet its own
)

// TestKilledProcessesLoseNothing kills the task runner and the LMTP server at random moments. Every mail
// that was taken has one effect, and each recipient is told once; by the nature of SMTP a task runner that
// dies between the mail server's answer and its own note of it sends the mails in hand again.
func TestKilledProcessesLoseNothing(t *testing.T) {
	t.Parallel()
	for _, database := range town.Databases() {
		t.Run(string(database), func(t *testing.T) {
			t.Parallel()
			s := startLoad(t, database)
			roles := map[string]*town.Process{"worker": s.town.Start("worker"), "lmtp": s.town.Start("lmtp")}
			s.town.Listening()
			done := make(chan struct{})
			go func() {
				defer close(done)
				s.sendAll(t)
			}()
			kills := map[string]int{}
			for over := false; !over; {
				select {
				case <-done:
					over = true
				case <-time.After(time.Duration(100+rand.IntN(600)) * time.Millisecond):
					role := []string{"worker", "lmtp"}[rand.IntN(2)]
					roles[role].Kill()
					kills[role]++
					roles[role] = s.town.Start(role)
				}
			}
			s.check(t, kills["worker"])
			t.Logf("killed %v", kills)
		})
	}
}

// TestRestartsWhileMailsComeInRefuseNothing restarts the LMTP server again and again, as an update does, while messages are
// on their way into it: slowly, so that a restart always meets some of them half-way. What does not arrive is asked for
// again; nothing is refused for good, and nobody else's mail is answered in its place.
func TestRestartsWhileMailsComeInRefuseNothing(t *testing.T) {
	t.Parallel()
	const restarts = 20
	s := startLoad(t, town.SQLite)
	s.slow = true
	s.town.Start("worker")
	lmtp := s.town.Start("lmtp")
	s.town.Listening()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.sendAll(t)
	}()
	halfway := 0
	for range restarts {
		time.Sleep(time.Duration(300+rand.IntN(500)) * time.Millisecond)
		halfway += int(s.inData.Load())
		lmtp.Stop()
		lmtp = s.town.Start("lmtp")
		s.town.Listening()
	}
	select {
	case <-done:
		t.Error("all mails were there before the last restart")
	default:
		<-done
	}
	if halfway < restarts {
		t.Errorf("only %d mails were half-way when the server ended", halfway)
	}
	s.check(t, 0)
	t.Logf("%d restarts met %d mails half-way, and %d were asked for again", restarts, halfway, s.again.Load())
}

// TestADatabaseThatDiesAndComesBackLosesNothing kills the database under load. No process of ours is
// started again.
func TestADatabaseThatDiesAndComesBackLosesNothing(t *testing.T) {
	t.Parallel()
	for _, database := range []town.Database{town.PostgreSQL, town.MariaDB} {
		t.Run(string(database), func(t *testing.T) {
			t.Parallel()
			s := startLoad(t, database)
			process := s.town.Start("serve")
			s.town.Open()
			done := make(chan struct{})
			go func() {
				defer close(done)
				s.sendAll(t)
			}()
			const deaths = 3
			visits := map[int]int{}
			for range deaths {
				time.Sleep(700 * time.Millisecond)
				s.town.Server.Kill()
				for range 5 {
					status, body := s.town.Ask("/stadt/groups")
					visits[status]++
					if status == http.StatusServiceUnavailable && !strings.Contains(body, "<h1") {
						t.Errorf("the page that says so is\n%s", body)
					}
				}
				if err := s.town.Server.Start(); err != nil {
					t.Fatal(err)
				}
			}
			<-done
			for status := range visits {
				if status != http.StatusOK && status != http.StatusServiceUnavailable {
					t.Errorf("pages were answered with %v", visits)
				}
			}
			if visits[http.StatusServiceUnavailable] == 0 {
				t.Errorf("no visit met the dead database: %v", visits)
			}
			s.check(t, deaths)
			if status, _ := s.town.Ask("/stadt/groups"); status != http.StatusOK || !process.Running() {
				t.Errorf("afterwards the site answers %d", status)
			}
		})
	}
}

// load is a town into which mails pour.
type load struct {
	town    *town.Town
	cast    *cast.Cast
	writers []cast.Person
	sink    *servers.Sink
	taken   atomic.Int64

	slow   bool         // a message takes its time
	inData atomic.Int64 // how many are being sent
	again  atomic.Int64 // answers that asked for a message again
}

func startLoad(t *testing.T, database town.Database) *load {
	t.Helper()
	s := &load{sink: servers.StartSink(t)}
	host, port, _ := strings.Cut(s.sink.Address, ":")
	s.town = town.New(t, database, map[string]string{
		"EMAIL_SUBMISSION_BACKEND": "smtp", "EMAIL_SUBMISSION_HOST": host, "EMAIL_SUBMISSION_PORT": port,
	})
	if code, out := s.town.Call("", "migrate"); code != 0 {
		t.Fatal(out)
	}
	db := s.open(t)
	s.cast = cast.New(t, db)
	for n := range writers {
		p := cast.AddPerson(t, db, fmt.Sprintf("writer-%d", n))
		cast.Prove(t, db, p)
		cast.Join(t, db, s.cast.Garten.ID, p.ID)
		s.writers = append(s.writers, p)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *load) open(t *testing.T) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(t.Context(), s.town.DB)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// sendAll hands all mails to the LMTP server as a mail server does: until it has taken each.
func (s *load) sendAll(t *testing.T) {
	numbers := make(chan int)
	var senders sync.WaitGroup
	for range 4 {
		senders.Go(func() {
			for n := range numbers {
				for attempt := 0; ; attempt++ {
					err := s.send(n)
					if err == nil {
						time.Sleep(time.Duration(rand.IntN(120)) * time.Millisecond)
						s.taken.Add(1)
						break
					}
					answer, answered := errors.AsType[*smtp.SMTPError](err)
					if answered {
						s.again.Add(1)
					}
					if answered && !answer.Temporary() || attempt > 600 {
						t.Errorf("mail %d: %v", n, err)
						break
					}
					time.Sleep(50 * time.Millisecond)
				}
			}
		})
	}
	for n := range mails {
		numbers <- n
	}
	close(numbers)
	senders.Wait()
}

func (s *load) send(n int) error {
	inData := false
	defer func() {
		if inData {
			s.inData.Add(-1)
		}
	}()
	return town.Delivery{
		From: s.writers[n%len(s.writers)].Address, To: s.cast.Garten.Slug + "@" + town.Domain, Number: n,
		InData: func(w io.Writer) {
			inData = true
			s.inData.Add(1)
			if s.slow { // the client sends by blocks of 4 KB: these are under way now
				fmt.Fprint(w, strings.Repeat("X-Weight: "+strings.Repeat("x", 80)+"\r\n", 100))
				time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
			}
		},
	}.Deliver(s.town.LMTP)
}

// check waits until everybody has been told, and counts.
func (s *load) check(t *testing.T, deaths int) {
	t.Helper()
	if got := s.taken.Load(); got != mails {
		t.Fatalf("%d of %d mails were taken", got, mails)
	}
	db := s.open(t)
	defer db.Close()
	var effects []struct {
		Subject string `db:"subject"`
		Count   int    `db:"effects"`
	}
	if err := db.Select(t.Context(), &effects, `SELECT subject, COUNT(*) AS effects FROM conversations GROUP BY subject ORDER BY subject`); err != nil {
		t.Fatal(err)
	}
	if len(effects) != mails {
		t.Errorf("%d mails had an effect, want %d", len(effects), mails)
	}
	for _, e := range effects {
		if e.Count != 1 {
			t.Errorf("“%s” had %d effects", e.Subject, e.Count)
		}
	}
	var people []string
	err := db.Select(t.Context(), &people, `SELECT a.address FROM subscriptions s JOIN email_addresses a ON a.person_id = s.person_id AND a.main WHERE s.entity_id = ? ORDER BY a.address`, s.cast.Garten.EntityID)
	if err != nil || len(people) < 2 {
		t.Fatalf("subscribers: %v, %v", people, err)
	}
	want := mails * len(people)
	// The jobs of a task runner that died wait for the end of its lease, which is 30 s.
	for deadline := time.Now().Add(2 * time.Minute); s.sink.Messages() < want; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("only %d of %d notices came", s.sink.Messages(), want)
		}
	}
	time.Sleep(2 * time.Second) // for what should not come
	if got := s.sink.Messages(); got != want {
		t.Errorf("%d notices came, want %d", got, want)
	}
	duplicates := s.sink.Mails() - s.sink.Messages()
	t.Logf("%d notices, %d of them sent twice, after %d deaths", s.sink.Mails(), duplicates, deaths)
	if duplicates > deaths*parallelMails {
		t.Errorf("%d notices came twice after %d deaths", duplicates, deaths)
	}
}

// parallelMails is how many mails a task runner has in hand at once: those may be sent twice when it, or
// the database, dies between the mail server's answer and the note of it.
const parallelMails = 4
