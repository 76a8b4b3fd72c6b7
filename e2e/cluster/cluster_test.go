//go:build e2e

package cluster_test

import (
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/e2e/cluster"
	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/e2e/town"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/testkit/cast"
)

// migration is one of the next release: it changes tables that everybody writes to all the time, as decision 0063 allows.
const migration = `-- +goose Up
{column contributions mood VARCHAR(20) NOT NULL DEFAULT ''}
{column conversations mood VARCHAR(20)}
{column jobs mood BIGINT NOT NULL DEFAULT 0}
{column deliveries mood VARCHAR(20)}
{index contributions_mood contributions (mood, id)}
CREATE TABLE IF NOT EXISTS moods (
    id {id},
    contribution_id BIGINT NOT NULL,
    FOREIGN KEY (contribution_id) REFERENCES contributions (id) ON DELETE CASCADE
){options};
`

// TestACluster lives through a town on many processes: people found a group and talk, processes die, the database is
// restarted and the store goes away, and a new version comes.
func TestACluster(t *testing.T) {
	t.Parallel()
	newer := make(chan string, 1)
	go func() { newer <- cluster.Upgrade(t, migration) }()

	c := cluster.New(t)
	mail := servers.FreeAddress(t)
	c.Environ = options(mail)
	c.Up()
	sink := servers.StartSink(t)
	l := settle(t, c, sink)

	t.Run("the story of the town", func(t *testing.T) { tellStory(t, c, mail) })
	c.Environ = options(sink.Address)
	restart(c, cluster.Processes()...)
	l.countsFromHere()
	t.Run("what one process changes the others show", func(t *testing.T) { see(t, c) })
	t.Run("periodic jobs run once", func(t *testing.T) { runPeriodics(t, c, l) })

	l.begin()
	time.Sleep(2 * time.Second)
	onlyAccepted(t, "while nothing fails", l.phase())
	deaths := 0
	t.Run("one process after the other is killed", func(t *testing.T) { deaths += killAll(t, c, l) })
	t.Run("PostgreSQL is restarted again and again", func(t *testing.T) { deaths += restartDatabase(t, c, l) })
	t.Run("the store is away", func(t *testing.T) { loseStore(t, c, l) })
	t.Run("a new version", func(t *testing.T) { upgrade(t, c, l, <-newer) })
	l.end()
	l.check(deaths)
}

// options are those of a site whose mails leave by a server.
func options(mail string) []string {
	host, port, _ := net.SplitHostPort(mail)
	return []string{
		"GROUPRISE_SITE_NAME=Stadt", "GROUPRISE_LANGUAGE_CODE=en", "GROUPRISE_MAILINGLIST_ENABLED=true",
		"GROUPRISE_EMAIL_SUBMISSION_BACKEND=smtp", "GROUPRISE_EMAIL_SUBMISSION_HOST=" + host, "GROUPRISE_EMAIL_SUBMISSION_PORT=" + port,
	}
}

// restart restarts processes one after the other.
func restart(c *cluster.Cluster, names ...string) {
	for _, name := range names {
		c.Do("stop", name)
		c.Do("start", name)
	}
}

func tellStory(t *testing.T, c *cluster.Cluster, mail string) {
	place := c.Town()
	post := servers.StartPostfix(t, servers.PostfixConfig{Address: mail, Domain: town.Domain, LMTP: place.LMTP})
	town.Story{Town: place, Post: post}.Tell(t, true)
	asked, err := os.ReadFile(filepath.Join(c.Folder, "log", "access"))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{21, 22} {
		if times := strings.Count(string(asked), c.Address(n, 8008)+" "); times < 10 {
			t.Errorf("machine %d was asked for %d pages", n, times)
		}
	}
}

// runPeriodics has all periodic jobs due when both workers start at once, which look then and once a minute later: but for the
// one that examines the site, which waits a minute for a mail to itself that the sink of the test keeps.
func runPeriodics(t *testing.T, c *cluster.Cluster, l *load) {
	db := l.open()
	defer db.Close()
	for _, statement := range []string{
		`CREATE TABLE run_periodics (job_id BIGINT, name VARCHAR(200), lease VARCHAR(100))`,
		`CREATE FUNCTION note_periodic() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN
			INSERT INTO run_periodics (job_id, name, lease) VALUES (NEW.id, NEW.unique_key, NEW.lease); RETURN NEW; END'`,
		`CREATE TRIGGER note_periodic AFTER UPDATE OF lease ON jobs FOR EACH ROW WHEN (NEW.state = 'running' AND OLD.state <> 'running' AND NEW.unique_key LIKE 'periodic:%')
			EXECUTE FUNCTION note_periodic()`,
		`GRANT ALL ON run_periodics TO PUBLIC`,
	} {
		cast.Execute(t, db, statement)
	}
	const rounds = 3
	var names []string
	if err := db.Select(t.Context(), &names, `SELECT name FROM periodics WHERE name <> 'checkups.run' ORDER BY name`); err != nil || len(names) < 5 {
		t.Fatalf("the periodic jobs are %v, %v", names, err)
	}
	workers := []string{"worker1", "worker2"}
	for range rounds {
		for _, name := range workers {
			c.Do("stop", name)
		}
		// In the past, but not so long ago that they are left out.
		cast.Execute(t, db, `UPDATE periodics SET next_at = ? WHERE name IN (?)`, db.Now(), names)
		var starting sync.WaitGroup
		for _, name := range workers {
			starting.Go(func() {
				if code, out := c.Try("start", name); code != 0 {
					t.Errorf("%s does not start: %d\n%s", name, code, out)
				}
			})
		}
		starting.Wait()
		servers.Eventually(t, "the periodic jobs to be done", func() bool {
			var left int
			err := db.Get(t.Context(), &left, `SELECT (SELECT COUNT(*) FROM periodics WHERE next_at <= ?) + (SELECT COUNT(*) FROM jobs WHERE unique_key LIKE 'periodic:%')`, db.Now())
			return err == nil && left == 0
		})
	}
	var ran []struct {
		Name string `db:"name"`
		Runs int    `db:"runs"`
		Jobs int    `db:"jobs"`
	}
	if err := db.Select(t.Context(), &ran, `SELECT name, COUNT(*) AS runs, COUNT(DISTINCT job_id) AS jobs FROM run_periodics GROUP BY name ORDER BY name`); err != nil {
		t.Fatal(err)
	}
	if len(ran) != len(names) {
		t.Errorf("%d of %d periodic jobs ran", len(ran), len(names))
	}
	for _, job := range ran {
		if job.Runs != job.Jobs || job.Runs != rounds {
			t.Errorf("%s was due %d times, and ran %d times as %d jobs", job.Name, rounds, job.Runs, job.Jobs)
		}
	}
	t.Logf("%d periodic jobs ran %d times each", len(ran), rounds)
	// It forgets what was sent, which is counted in the end.
	cast.Execute(t, db, `UPDATE periodics SET next_at = ? WHERE name = 'core.sweep'`, clock.At(db.Now().Add(24*time.Hour)))
	for _, statement := range []string{`DROP TRIGGER note_periodic ON jobs`, `DROP FUNCTION note_periodic`, `DROP TABLE run_periodics`} {
		cast.Execute(t, db, statement)
	}
}

// askedAgain is after how long nginx asks a process again that has not answered: the fail_timeout of the guide, and a moment.
const askedAgain = 2500 * time.Millisecond

// killAll kills each process and starts it again. It returns how many workers died.
func killAll(t *testing.T, c *cluster.Cluster, l *load) (workers int) {
	for _, name := range cluster.Processes() {
		before := c.PIDs()
		c.Do("kill", name)
		time.Sleep(1500 * time.Millisecond)
		delete(before, name)
		if after := c.PIDs(); !maps.Equal(before, after) {
			t.Errorf("%s was killed: of %v there are %v", name, before, after)
		}
		for range 6 { // each of the two is the first to be asked, in turn
			if status, _ := l.town.Ask("/garten/"); status != http.StatusOK {
				t.Errorf("without %s a page is answered with %d", name, status)
			}
		}
		c.Do("start", name)
		if strings.HasPrefix(name, "worker") {
			workers++
			continue
		}
		time.Sleep(askedAgain)
	}
	t.Logf("answered: %v", l.phase())
	return workers
}

// restartDatabase restarts PostgreSQL every five seconds. It returns how often a worker may have lost the note of what it
// had in hand.
func restartDatabase(t *testing.T, c *cluster.Cluster, l *load) (losses int) {
	before := c.PIDs()
	for end := time.Now().Add(cluster.Outage(t)); time.Now().Before(end); time.Sleep(5 * time.Second) {
		c.Do("stop", "postgresql")
		if status, page := l.town.Ask("/stadt/groups"); status != http.StatusOK && (status != http.StatusServiceUnavailable || !strings.Contains(page, "<h1")) {
			t.Errorf("without the database a page is answered with %d: %s", status, page)
		}
		c.Do("start", "postgresql")
		losses += 2 // workers
	}
	if after := c.PIDs(); !maps.Equal(before, after) {
		t.Errorf("of %v there are %v", before, after)
	}
	answers := l.phase()
	t.Logf("%d restarts; answered: %v", losses/2, answers)
	if answers["mail: accepted"] == 0 || answers["comment: 303"] == 0 {
		t.Error("nothing was accepted between the restarts")
	}
	l.recovers(t)
	return losses
}

// loseStore takes the store away and brings it back.
func loseStore(t *testing.T, c *cluster.Cluster, l *load) {
	before := c.PIDs()
	l.phase()
	c.Do("stop", "store")
	time.Sleep(cluster.Outage(t))
	for _, path := range []string{"/", "/garten/", "/stadt/groups"} {
		if status, _ := l.town.Ask(path); status != http.StatusOK {
			t.Errorf("without the store %s is answered with %d", path, status)
		}
	}
	answers := l.phase()
	t.Logf("answered: %v", answers)
	if answers["comment: 303"] == 0 || answers["mail: accepted"] == 0 {
		t.Error("nothing was accepted while the store was away")
	}
	for answer := range answers {
		if strings.HasPrefix(answer, "comment: ") && answer != "comment: 303" {
			t.Errorf("without the store: %s", answer)
		}
	}
	c.Do("start", "store")
	if after := c.PIDs(); !maps.Equal(before, after) {
		t.Errorf("of %v there are %v", before, after)
	}
	l.recovers(t)
}

// recovers waits until everything is accepted again.
func (l *load) recovers(t *testing.T) {
	t.Helper()
	servers.Eventually(t, "everything to be accepted again", func() bool {
		l.phase()
		time.Sleep(2 * time.Second)
		answers := l.phase()
		return answers["mail: accepted"] > 0 && answers["comment: 303"] > 0 && answers["picture: 201"] > 0 && len(answers) == 3
	})
}

// upgrade brings a new version while people write: nobody notices. The old processes work on the new tables, beside new
// ones, and the old program is not started any more.
func upgrade(t *testing.T, c *cluster.Cluster, l *load, newer string) {
	l.phase()
	side := cluster.Outage(t) / 2
	old := c.Program
	c.Program = newer
	restart(c, "web1") // which brings the database up to date
	db := l.open()
	defer db.Close()
	var moods int
	if err := db.Get(t.Context(), &moods, `SELECT COUNT(*) FROM contributions WHERE mood = ''`); err != nil {
		t.Fatalf("the new tables: %v", err)
	}
	restart(c, "worker1", "lmtp1")
	time.Sleep(side)
	onlyAccepted(t, "old and new beside each other", l.phase())

	c.Program = old
	c.Do("stop", "worker2")
	if code, out := c.Try("start", "worker2"); code == 0 || !strings.Contains(out, "newer program") || !strings.Contains(out, "backup") {
		t.Errorf("the old program starts on the new tables: %d\n%s", code, out)
	}
	c.Program = newer
	c.Do("start", "worker2")
	restart(c, "web2", "lmtp2")
	time.Sleep(2 * time.Second)
	onlyAccepted(t, "all are new", l.phase())
}
