//go:build bench

package bench

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/e2e/town"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

const (
	people, groups, articles, comments = 2000, 300, 5000, 15000

	seconds    = "1"  // that each page is asked for
	rounds     = 5    // of that
	visitors   = "8"  // at once
	commented  = 20   // comments below the article
	mailsIn    = 3000 // by LMTP
	recipients = 1000 // of one article
)

// TestBench measures on SQLite and PostgreSQL and prints one table for each. With BENCH=pages it measures
// pages alone, with BENCH=mails mails alone, and both in the small town only.
func TestBench(t *testing.T) {
	for _, database := range []town.Database{town.SQLite, town.PostgreSQL} {
		t.Run(string(database), func(t *testing.T) {
			small := measure(t, database, 1, nil)
			fmt.Printf("\n%s\n%s\n", database, small)
			if os.Getenv("BENCH") == "" {
				fmt.Printf("%s\n", measure(t, database, 10, small))
			}
		})
	}
}

// report is what was measured in one town.
type report struct {
	scale int
	pages []line
	other []string
}

// line is one row of the table.
type line struct {
	page, who      string
	queries, bytes int
	ours, floor    load
	small          float64 // requests per second in the small town, or 0
}

// load is how an address was answered.
type load struct {
	requests float64 // per second
	p50, p99 time.Duration
}

// tail returns how many times as long as half of the requests the slowest of a hundred take.
func (l load) tail() float64 { return float64(l.p99) / float64(l.p50) }

// median returns the median of each figure: whatever else the machine does for a moment does not count.
func median(all []load) load {
	middle := len(all) / 2
	slices.SortFunc(all, func(a, b load) int { return cmp.Compare(a.requests, b.requests) })
	l := load{requests: all[middle].requests}
	slices.SortFunc(all, func(a, b load) int { return cmp.Compare(a.p50, b.p50) })
	l.p50 = all[middle].p50
	slices.SortFunc(all, func(a, b load) int { return cmp.Compare(a.p99, b.p99) })
	l.p99 = all[middle].p99
	return l
}

// String returns the table.
func (r *report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d people, %d groups, %d articles, %d comments; %s visitors at once\n", people*r.scale, groups*r.scale, articles*r.scale, comments*r.scale, visitors)
	fmt.Fprintf(&b, "%-12s %-6s %7s %7s %8s %9s %9s %5s %8s %11s %5s %6s %7s\n", "page", "who", "queries", "bytes", "req/s", "p50", "p99", "tail", "floor", "floor's p99", "tail", "ratio", "growth")
	for _, l := range r.pages {
		growth := ""
		if l.small > 0 {
			growth = fmt.Sprintf("%.2f", l.small/l.ours.requests)
		}
		fmt.Fprintf(&b, "%-12s %-6s %7d %7d %8.0f %9s %9s %4.0fx %8.0f %11s %4.0fx %5.0f%% %7s\n",
			l.page, l.who, l.queries, l.bytes, l.ours.requests, l.ours.p50, l.ours.p99, l.ours.tail(), l.floor.requests, l.floor.p99, l.floor.tail(),
			100*l.ours.requests/l.floor.requests, growth)
	}
	for _, s := range r.other {
		b.WriteString(s + "\n")
	}
	return b.String()
}

// bench is a town that is measured.
type bench struct {
	*town.Town
	t       *testing.T
	process *town.Process
	metrics string
	folder  string
	sink    *servers.Sink
	db      *sqldb.DB
	report  *report
	anew    bool // no page may be taken that was made before
	runs    int  // of the script for that
}

func measure(t *testing.T, database town.Database, scale int, small *report) *report {
	b := &bench{t: t, metrics: servers.FreeAddress(t), folder: t.TempDir(), sink: servers.StartSink(t), report: &report{scale: scale}}
	host, port, _ := strings.Cut(b.sink.Address, ":")
	b.Town = town.New(t, database, map[string]string{
		"METRICS_LISTEN": b.metrics, "EMAIL_SUBMISSION_BACKEND": "smtp", "EMAIL_SUBMISSION_HOST": host, "EMAIL_SUBMISSION_PORT": port,
		"DATA_PATH": b.folder,
	})
	var err error
	if b.Log, err = os.Create(filepath.Join(b.folder, "log")); err != nil { // a pipe to this process would cost as much as the pages
		t.Fatal(err)
	}
	size := func(n int) string { return strconv.Itoa(n * scale) }
	if code, out := b.Call("", "demo", "--people", size(people), "--groups", size(groups), "--contents", size(articles), "--comments", size(comments)); code != 0 {
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
	defer b.db.Close()
	article := b.prepare()
	b.process = b.Start("serve")
	b.Open()
	b.process.Stop()
	begin := time.Now()
	b.process = b.Start("serve")
	for status := 0; status != http.StatusOK; status, _ = b.Ask("/") {
		time.Sleep(time.Millisecond)
	}
	b.note("start to first answer: %d ms", time.Since(begin).Milliseconds())
	time.Sleep(2 * time.Second)
	b.note("memory at rest: %.0f MB", b.memory("VmRSS"))
	part := os.Getenv("BENCH")
	if part != "mails" {
		b.hiccups()
		b.readPages(article, small)
		b.note("memory under load, at most: %.0f MB", b.memory("VmHWM"))
	}
	if scale == 1 && part != "pages" {
		b.sendMails()
		b.takeMails("as the disk is")
		b.process.Stop()
		if b.slowDisk() {
			b.process = b.Start("serve")
			b.Open()
			b.takeMails("with a slower disk")
			b.process.Stop()
		}
		return b.report
	}
	b.process.Stop()
	return b.report
}

func (b *bench) note(format string, args ...any) {
	b.report.other = append(b.report.other, fmt.Sprintf(format, args...))
}

// prepare makes an article with so many comments and a group with so many subscribers, and returns the
// path of the article.
func (b *bench) prepare() string {
	b.t.Helper()
	var a struct {
		ID       int64  `db:"id"`
		EntityID int64  `db:"entity_id"`
		Slug     string `db:"slug"`
		Entity   string `db:"entity"`
	}
	err := b.db.Get(b.t.Context(), &a, `
		SELECT c.id, c.entity_id, c.slug, e.slug AS entity FROM contents c JOIN entities e ON e.id = c.entity_id
		 WHERE e.slug = 'garten' AND c.public AND c.slug IS NOT NULL ORDER BY c.id LIMIT 1`)
	if err != nil {
		b.t.Fatal(err)
	}
	err = b.db.Write(b.t.Context(), func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(b.t.Context(), `DELETE FROM contributions WHERE content_id = ?`, a.ID); err != nil {
			return err
		}
		rows := make([][]any, commented)
		for i := range rows {
			rows[i] = []any{a.ID, i + 5, fmt.Sprintf("Das ist der *Kommentar* Nummer %d. Wir freuen uns auf euch alle, bis bald im Garten.", i), "", true, tx.Now}
		}
		if err := tx.InsertRows(b.t.Context(), `INSERT INTO contributions (content_id, author_id, text, cut, public, created_at)`, rows); err != nil {
			return err
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return "/" + a.Entity + "/" + a.Slug + "/"
}

// --- pages -----------------------------------------------------------------------------------------

func (b *bench) readPages(article string, small *report) {
	b.t.Helper()
	floor := startFloor(b.t, b.DB)
	cookie := b.signIn()
	for _, who := range []string{"nobody", "anna", "anew"} { // anew: Anna, and no page that was made before
		header := cookie
		if who == "nobody" {
			header = ""
		}
		b.anew = who == "anew"
		// Both have opened the database's connections for so many visitors before they are measured.
		b.visit(b.URL+"/", header)
		b.visit(floor+"/?queries=1&bytes=1", header)
		for _, p := range []struct{ name, path string }{{"start", "/"}, {"group", "/garten/"}, {"article", article}, {"groups", "/stadt/groups/"}} {
			l := line{page: p.name, who: who}
			l.queries, l.bytes = b.cost(p.path, header)
			var ours, floors []load
			for range rounds {
				ours = append(ours, b.visit(b.URL+p.path, header))
				floors = append(floors, b.visit(fmt.Sprintf("%s/?queries=%d&bytes=%d", floor, l.queries, l.bytes), header))
			}
			l.ours, l.floor = median(ours), median(floors)
			if small != nil {
				l.small = small.pages[len(b.report.pages)].ours.requests
			}
			b.report.pages = append(b.report.pages, l)
		}
	}
}

// signIn signs Anna in and returns the header with her cookies.
func (b *bench) signIn() string {
	b.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	answer, err := client.PostForm(b.URL+"/stadt/login/", url.Values{"login": {"anna"}, "password": {"demo"}})
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	home, err := url.Parse(b.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	var all []string
	for _, c := range jar.Cookies(home) {
		all = append(all, c.Name+"="+c.Value)
	}
	if len(all) == 0 || answer.Request.URL.Path == "/stadt/login/" {
		b.t.Fatalf("could not sign in: %s %s", answer.Status, answer.Request.URL)
	}
	return strings.Join(all, "; ")
}

// cost returns how many statements a page runs and how many bytes it has.
func (b *bench) cost(path, cookie string) (queries, size int) {
	b.t.Helper()
	n := 0
	ask := func() int {
		address := b.URL + path
		if b.anew {
			n++
			address += fmt.Sprintf("?cost=%d", n)
		}
		r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, nil)
		if err != nil {
			b.t.Fatal(err)
		}
		r.Header.Set("Cookie", cookie)
		r.Header.Set("Accept-Encoding", "identity")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			b.t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			b.t.Fatalf("%s: %s, %v", path, answer.Status, err)
		}
		return len(text)
	}
	// Looking at the number runs a statement itself, which one look counts and another does not, and so does the task runner now
	// and then. Both are few beside those of many visits.
	const visits = 16
	ask() // so that everything is cached that can be
	before := b.statements()
	for range visits {
		size = ask()
	}
	return (b.statements() - before) / visits, size
}

func (b *bench) statements() int {
	b.t.Helper()
	answer, err := http.Get("http://" + b.metrics + "/metrics")
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^grouprise_database_statements_total (\S+)$`).FindSubmatch(text)
	if found == nil {
		b.t.Fatalf("no metric of statements in\n%s", text)
	}
	n, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		b.t.Fatal(err)
	}
	return int(n)
}

var (
	wrkRate    = regexp.MustCompile(`Requests/sec:\s+(\S+)`)
	wrkLatency = regexp.MustCompile(`(?m)^\s+(50|99)%\s+(\S+)$`)
)

// anewScript is a script for wrk that asks for an address that nobody has asked for before, each time.
func (b *bench) anewScript() string {
	b.t.Helper()
	path := filepath.Join(b.folder, "anew.lua")
	b.runs++
	script := fmt.Sprintf("local n = %d00000000\n", b.runs) + "request = function()\n  n = n + 1\n  return wrk.format(nil, wrk.path .. (wrk.path:find('?') and '&' or '?') .. 'n=' .. n)\nend\n"
	if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

// visit asks for an address as often as it can be had. Visitors do not queue for the processors that make their pages: whoever
// stands for them goes first, where that is permitted.
func (b *bench) visit(address, cookie string) (l load) {
	b.t.Helper()
	args := []string{"-n", "-20", "wrk", "-t1", "-c" + visitors, "-d" + seconds + "s", "--latency", address}
	if b.anew {
		args = append(args, "-s", b.anewScript())
	}
	if cookie != "" {
		args = append(args, "-H", "Cookie: "+cookie)
	}
	out, err := exec.CommandContext(b.t.Context(), "nice", args...).CombinedOutput()
	if err != nil || strings.Contains(string(out), "Non-2xx") {
		b.t.Fatalf("wrk %s: %v\n%s", address, err, out)
	}
	if l.requests, err = strconv.ParseFloat(wrkRate.FindStringSubmatch(string(out))[1], 64); err != nil {
		b.t.Fatal(err)
	}
	for _, found := range wrkLatency.FindAllStringSubmatch(string(out), -1) {
		d, err := time.ParseDuration(found[2])
		if err != nil {
			b.t.Fatal(err)
		}
		if found[1] == "50" {
			l.p50 = d
		} else {
			l.p99 = d
		}
	}
	return l
}

// memory returns a figure of the process in megabytes: VmRSS now, VmHWM at most.
func (b *bench) memory(name string) float64 {
	b.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.process.PID()))
	if err != nil {
		b.t.Fatal(err)
	}
	found := regexp.MustCompile(name + `:\s+(\d+) kB`).FindSubmatch(text)
	kilobytes, err := strconv.Atoi(string(found[1]))
	if err != nil {
		b.t.Fatal(err)
	}
	return float64(kilobytes) / 1024
}

// cpu returns the processor time that the process has used.
func (b *bench) cpu() time.Duration {
	b.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", b.process.PID()))
	if err != nil {
		b.t.Fatal(err)
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			b.t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// --- mails -----------------------------------------------------------------------------------------

// slowDisk lets each durable write take a millisecond more from the next start on: PostgreSQL waits by itself
// before it writes its log, and strace holds the system calls of the program up. It reports whether it can.
func (b *bench) slowDisk() bool {
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
		b.note("LMTP with a slower disk: not measured, there is no strace")
		return false
	}
	b.Wrap = []string{strace, "--seccomp-bpf", "-f", "-qq", "-o", filepath.Join(b.folder, "strace"), "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:delay_exit=" + delay}
	return true
}

// takeMails hands mails to the LMTP server on several connections at once.
func (b *bench) takeMails(how string) {
	b.t.Helper()
	b.quiet()
	if len(b.Wrap) == 0 { // who waits under strace is the program, not this process
		b.note("one durable write costs %.2f ms", float64(b.durable().Microseconds())/1000)
	}
	numbers := make(chan int)
	var senders sync.WaitGroup
	begin := time.Now()
	for range 16 {
		senders.Go(func() {
			if err := b.handOver(numbers, how); err != nil {
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
	senders.Wait()
	b.note("LMTP, %s: %.0f mails per second on 16 connections, each kept before its 250", how, mailsIn/time.Since(begin).Seconds())
	b.quiet()
}

func (b *bench) handOver(numbers <-chan int, how string) error {
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
		if err := client.Mail("anna@example.org", nil); err != nil {
			return err
		}
		if err := client.Rcpt("chor@"+town.Domain, nil); err != nil {
			return err
		}
		data, err := client.Data()
		if err != nil {
			return err
		}
		fmt.Fprintf(data, "From: Anna <anna@example.org>\r\nTo: chor@%[1]s\r\nSubject: Mail %[2]d\r\nMessage-ID: <%[2]d@post.example>\r\n"+
			"Date: Tue, 24 Nov 2026 10:00:00 +0100\r\n\r\nNummer %[2]d, %[3]s\r\n", town.Domain, n, how)
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

// hiccups notes how long the machine holds up a process that does nothing but look at the clock, which no answer
// can be quicker than.
func (b *bench) hiccups() {
	const looks = 3 * time.Second
	gaps := make([][]time.Duration, runtime.GOMAXPROCS(0))
	var watchers sync.WaitGroup
	for i := range gaps {
		watchers.Go(func() {
			begin := time.Now()
			for last := begin; last.Sub(begin) < looks; {
				now := time.Now()
				if gap := now.Sub(last); gap > time.Millisecond {
					gaps[i] = append(gaps[i], gap)
				}
				last = now
			}
		})
	}
	watchers.Wait()
	all := slices.Concat(gaps...)
	var longest, sum time.Duration
	for _, gap := range all {
		longest, sum = max(longest, gap), sum+gap
	}
	b.note("a process that does nothing else is held up by the machine %.0f times a second for over 1 ms, %.1f ms at most, %.1f %% of the time",
		float64(len(all))/looks.Seconds()/float64(len(gaps)), float64(longest.Microseconds())/1000, 100*float64(sum)/float64(looks)/float64(len(gaps)))
}

// quiet waits until no mail leaves any more.
func (b *bench) quiet() {
	for last := -1; last != b.sink.Mails(); time.Sleep(2 * time.Second) {
		last = b.sink.Mails()
	}
}

// sendMails publishes an article in a group with many subscribers and waits until each has their mail.
func (b *bench) sendMails() {
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
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.URL+"/garten/articles/add/", strings.NewReader(url.Values{
		"title": {"Sommerfest"}, "text": {"Am Samstag feiern wir. Kommt alle und bringt *Kuchen* mit."}, "public": {"on"},
	}.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Cookie", b.signIn())
	b.quiet()
	had, used, begin := b.sink.Mails(), b.cpu(), time.Now()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	answer.Body.Close()
	for b.sink.Mails() < had+recipients {
		if time.Since(begin) > 2*time.Minute {
			b.t.Fatalf("%s; %d of %d mails arrived", answer.Status, b.sink.Mails()-had, recipients)
		}
		time.Sleep(time.Millisecond)
	}
	took := time.Since(begin)
	time.Sleep(200 * time.Millisecond)
	b.note("%d notices by mail: %.2f s until the last has reached the sink, %.2f ms of CPU each", recipients, took.Seconds(), float64((b.cpu()-used).Microseconds())/1000/recipients)
}
