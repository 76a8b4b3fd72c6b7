//go:build e2e

package machine_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

const script = "/etc/cron.daily/grouprise-backup"

// backup makes a backup as the guide says, with the line for the database that has a name of its own; "" is SQLite.
func (s *site) backup(line string) {
	s.t.Helper()
	// What was written last is what a wrong backup lacks.
	s.publish("Vor der Sicherung")
	s.Follow(backups, script)
	if line != "" {
		text := s.Text(backups, script)
		_, own, _ := strings.Cut(s.Text(backups, line), "\n")
		var lines []string
		replaced := false
		for old := range strings.Lines(text) {
			if strings.HasPrefix(old, "sqlite3 ") {
				old, replaced = own, true
			}
			lines = append(lines, old)
		}
		if !replaced {
			s.t.Fatalf("the script has no line for SQLite:\n%s", text)
		}
		if err := os.WriteFile(script, []byte(strings.Join(lines, "")), 0o755); err != nil {
			s.t.Fatal(err)
		}
	}
	s.Do(backups, "the first backup")
	days, err := filepath.Glob("/var/backups/grouprise/*")
	if err != nil || len(days) != 1 {
		s.t.Fatalf("backups: %v, %v", days, err)
	}
	if err := os.Setenv("from", days[0]); err != nil {
		s.t.Fatal(err)
	}
}

// publish lets Anna write an article and returns its path.
func (s *site) publish(title string) (path string) {
	s.t.Helper()
	s.anna.Get("/garten/articles/add/")
	s.anna.Submit("title", map[string]string{"title": title, "text": "Bitte tragt euch ein."})
	s.anna.Sees(http.StatusOK, title)
	return s.anna.Page.Path
}

// restore goes back to the backup, and makes sure that what was there then is there, with its files, and what came later is not.
func (s *site) restore(database, file string) {
	s.t.Helper()
	late := s.publish("Nach der Sicherung")

	s.Do(backups, "stop the site and put the files back")
	s.Do(backups, database)
	s.Do(backups, "start the site")
	s.opens()
	s.anna.Get(late)
	s.anna.Sees(http.StatusNotFound)
	s.anna.Get("/garten/")
	s.anna.Sees(http.StatusOK, "Vor der Sicherung")
	s.anna.Get(s.article)
	s.anna.Sees(http.StatusOK, "Ich gieße gern.")
	if got := s.anna.Ask(http.MethodGet, file); got.Body != attachment {
		s.t.Errorf("the restored file: %d %q", got.Status, got.Body)
	}
	if err := s.write(bertAddress, "garten@stadt.example", "Noch da", "Ist noch alles da?"); err != nil {
		s.t.Errorf("a mail after the way back: %v", err)
	}
	s.annaHears("Ist noch alles da?")
}

// lookAtBackup opens the backup beside the running site.
func (s *site) lookAtBackup() {
	s.t.Helper()
	s.Run("(" + s.Text(backups, "look at a backup (SQLite)") + ") </dev/null >/var/log/trial.log 2>&1 &")
	s.Eventually("the backup to open", func() bool {
		_, failed := s.Fails("curl --silent --fail http://localhost:8009/stadt/readyz")
		return !failed
	})
	stranger := visit(s.t, "http://localhost:8009")
	stranger.Get("/garten/")
	stranger.Sees(http.StatusOK, "Garten")
}
