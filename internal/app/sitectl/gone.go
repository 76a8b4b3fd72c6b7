package sitectl

import (
	"errors"
	"fmt"

	"grouprise.org/grouprise/internal/app/process"
)

// Instead says what took the place of commands of version 5.5 that are no commands here.
func Instead() map[string]string {
	const sweeping = "what has expired is removed every night"
	return map[string]string{
		"collectstatic": "styles and scripts are part of the program", "clearsessions": sweeping, "cleartokens": sweeping,
		"remove_stale_contenttypes": sweeping, "generateimages": "pictures are scaled when they are uploaded", "invalidate_cachalot": "there is no such cache",
	}
}

// Refused says why other commands of version 5.5 are refused, and what to do instead.
func Refused() map[string]string {
	const sql = "use the client of the database: sqlite3, psql or mariadb"
	return map[string]string{
		"shell": "there is no Python any more", "dbshell": sql, "flush": sql, "sqlflush": sql, "profile_commands": "there is no Python any more",
		"dumpdata": "grouprise backup writes an archive that fits every database", "loaddata": "grouprise restore reads an archive of grouprise backup",
		"showmigrations": "grouprise migrate --pending says whether there is something to do", "restore_tags": "tags are part of the database of version 5.5; the tables of version 2 are not read any more",
		"tasks_analyze_log": "grouprise jobs counts what waits, and metrics.listen shows how long tasks take", "createapplication": "this version is no OpenID Connect provider",
		"createcachetable": "there is no such cache",
	}
}

// Gone is a command of version 5.5 that has nothing to do any more.
type Gone struct {
	Command string   `arg:""`
	Rest    []string `arg:"" optional:"" passthrough:""`
}

// Run implements the command. What merely has nothing to do succeeds, for scripts that call it.
func (c *Gone) Run(p *process.Process) error {
	if sentence, ok := Instead()[c.Command]; ok {
		_, err := fmt.Fprintf(p.Stdout, "%s: there is nothing to do, %s.\n", c.Command, sentence)
		return err
	}
	return errors.New(c.Command + ": " + Refused()[c.Command])
}
