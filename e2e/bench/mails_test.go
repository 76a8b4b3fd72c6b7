//go:build bench

package bench

import (
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"grouprise.org/grouprise/e2e/town"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

const (
	mailsIn    = 3000 // by LMTP
	recipients = 1000 // of one article
)

// measureMails measures mails that leave and mails that come.
func (b *bench) measureMails(t *table) {
	b.t.Helper()
	b.sendMails(t)
	b.takeMails(t, "as the disk is")
	b.process.Stop()
	if b.slowDisk(t) {
		b.process = b.Start("serve")
		b.Open()
		b.takeMails(t, "with a slower disk")
		b.process.Stop()
	}
	b.Wrap = nil
	b.process = b.Start("serve")
	b.Open()
}

// sendMails publishes an article in a group with many subscribers and waits until each has their mail.
func (b *bench) sendMails(t *table) {
	b.t.Helper()
	err := b.db.Write(b.t.Context(), func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(b.t.Context(), `DELETE FROM subscriptions WHERE entity_id = (SELECT id FROM entities WHERE slug = 'garten')`); err != nil {
			return err
		}
		_, err := tx.Exec(b.t.Context(), `INSERT INTO subscriptions (entity_id, person_id, created_at)
			SELECT e.id, p.id, ? FROM entities e JOIN people p ON p.id > 10 AND p.id <= ? WHERE e.slug = 'garten'`, tx.Now, recipients+10)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.quiet()
	had, used, begin := b.sink.Mails(), b.cpu(), time.Now()
	b.post("/garten/articles/add/", b.anna, url.Values{
		"title": {"Sommerfest"}, "text": {"Am Samstag feiern wir. Kommt alle und bringt *Kuchen* mit."}, "public": {"on"},
	})
	for b.sink.Mails() < had+recipients {
		if time.Since(begin) > 2*time.Minute {
			b.t.Fatalf("%d of %d mails arrived", b.sink.Mails()-had, recipients)
		}
		time.Sleep(time.Millisecond)
	}
	took := time.Since(begin)
	time.Sleep(200 * time.Millisecond)
	t.add([]string{fmt.Sprintf("%d notices by mail until the last has reached the sink, s", recipients)}, number(took.Seconds(), 2).within(2))
	t.add([]string{"CPU for each of them, ms"}, number(float64((b.cpu()-used).Microseconds())/1000/recipients, 2).within(1))
}

// slowDisk lets each durable write take a millisecond more from the next start on: PostgreSQL waits by itself
// before it writes its log, and strace holds the system calls of the program up. It reports whether it can.
func (b *bench) slowDisk(t *table) bool {
	b.t.Helper()
	const delay = "1000" // µs
	if b.DB.Engine == sqldb.PostgreSQL {
		for _, statement := range []string{"ALTER SYSTEM SET commit_delay = " + delay, "ALTER SYSTEM SET commit_siblings = 0"} {
			if out, err := exec.CommandContext(b.t.Context(), "psql", "-h", b.DB.Host, "-U", b.DB.User, "-c", statement, "-c", "SELECT pg_reload_conf()", b.DB.Name).CombinedOutput(); err != nil {
				b.t.Fatalf("%v\n%s", err, out)
			}
		}
		return true
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.add([]string{"mails by LMTP with a slower disk: there is no strace"}, none())
		return false
	}
	b.Wrap = []string{strace, "--seccomp-bpf", "-f", "-qq", "-o", filepath.Join(b.folder, "strace"), "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:delay_exit=" + delay}
	return true
}

// takeMails hands mails to the LMTP server on several connections at once.
func (b *bench) takeMails(t *table, how string) {
	b.t.Helper()
	b.quiet()
	if len(b.Wrap) == 0 { // who waits under strace is the program, not this process
		t.add([]string{"one durable write, " + how + ", ms"}, milliseconds(b.durable()))
	}
	senders := b.paths(`SELECT address FROM email_addresses WHERE person_id > 10 AND person_id <= ? AND main`, recipients+10) // many, for the limit of each
	groups := b.paths(`
		SELECT e.slug FROM entities e JOIN "groups" g ON g.entity_id = e.id JOIN memberships m ON m.group_id = g.id
		 GROUP BY e.slug HAVING COUNT(*) BETWEEN 2 AND 8 ORDER BY e.slug LIMIT 100`) // many, for the limit of each
	numbers := make(chan int)
	var connections sync.WaitGroup
	begin := time.Now()
	for range 16 {
		connections.Go(func() {
			if err := b.handOver(senders, groups, numbers, how); err != nil {
				b.t.Errorf("LMTP: %v", err)
				for range numbers { // let the others go on
				}
			}
		})
	}
	for n := range mailsIn {
		numbers <- n
	}
	close(numbers)
	connections.Wait()
	t.add([]string{"mails by LMTP on 16 connections, each kept before its answer, " + how + ", a second"}, number(mailsIn/time.Since(begin).Seconds(), 0))
	b.quiet()
}

func (b *bench) handOver(senders, groups []string, numbers <-chan int, how string) error {
	conn, err := net.Dial("tcp", b.LMTP)
	if err != nil {
		return err
	}
	client := smtp.NewClientLMTP(conn)
	defer client.Close()
	if err := client.Hello("post.example"); err != nil {
		return err
	}
	for n := range numbers {
		writer, group := senders[n%len(senders)], groups[n%len(groups)]
		if err := client.Mail(writer, nil); err != nil {
			return err
		}
		if err := client.Rcpt(group+"@"+town.Domain, nil); err != nil {
			return err
		}
		data, err := client.Data()
		if err != nil {
			return err
		}
		fmt.Fprintf(data, "From: %[4]s\r\nTo: %[5]s@%[1]s\r\nSubject: Mail %[2]d\r\nMessage-ID: <%[2]d@post.example>\r\n"+
			"Date: Tue, 24 Nov 2026 10:00:00 +0100\r\n\r\nNummer %[2]d, %[3]s\r\n", town.Domain, n, how, writer, group)
		if err := data.Close(); err != nil {
			return err
		}
	}
	return client.Quit()
}

// durable returns what one transaction that writes costs, one after the other.
func (b *bench) durable() time.Duration {
	b.t.Helper()
	const writes = 200
	begin := time.Now()
	for range writes {
		err := b.db.Write(b.t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(b.t.Context(), `UPDATE entities SET name = name WHERE slug = 'garten'`)
			return err
		})
		if err != nil {
			b.t.Fatal(err)
		}
	}
	return time.Since(begin) / writes
}

// quiet waits until no mail leaves any more.
func (b *bench) quiet() {
	for last := -1; last != b.sink.Mails(); time.Sleep(2 * time.Second) {
		last = b.sink.Mails()
	}
}
