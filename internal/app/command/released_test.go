package command

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/app"
	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/core/backup"
	"grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/kit/config"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/schema"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// released is the folder with a town of each released version.
const released = "../../schema/testdata/released"

// The town that stands for a release until there is one: the demonstration of this program, with the tables that a database
// had after this migration.
const (
	unreleased        = "before-the-first.tar"
	unreleasedVersion = 38
)

// TestATownOfEachReleaseIsBroughtUpToDate restores a town as each released version has kept it, on every database, and
// brings it up to date: it can be lived in, and all of it is there.
func TestATownOfEachReleaseIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	if *update {
		writeStandIn(t, filepath.Join(released, unreleased))
	}
	archives, err := filepath.Glob(filepath.Join(released, "*.tar"))
	if err != nil || len(archives) == 0 {
		t.Fatalf("the archives are %v, %v", archives, err)
	}
	for _, archive := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(archive), ".tar"), func(t *testing.T) {
			t.Parallel()
			dbtest.EachSchema(t, nil, func(t *testing.T, db *sqldb.DB) {
				folder := t.TempDir()
				environ := append(environOf(dbtest.Config(t, db)), "GROUPRISE_DATA_PATH="+folder, "GROUPRISE_SECRET_KEY=the same in all releases",
					"GROUPRISE_EMAIL_SUBMISSION_BACKEND=dummy", "GROUPRISE_TRANSPORT_SECURITY=disabled", listens+"unix:"+filepath.Join(folder, "web"))
				file, err := filepath.Abs(archive)
				if err != nil {
					t.Fatal(err)
				}
				runs(t, environ, "restore", file)
				if code, out, problems := command(t, environ, "migrate", "--pending"); code != 3 {
					t.Errorf("something is left to do: %d %s %s", code, out, problems)
				}
				held(t, db, file)
				livesOn(t, environ)
				runs(t, environ, "backup", "--database", "--output", filepath.Join(folder, "after.tar"))
			})
		})
	}
}

// environOf returns the options that lead to a database.
func environOf(c sqldb.Config) (environ []string) {
	for name, value := range map[string]string{"ENGINE": c.Engine, "HOST": c.Host, "USER": c.User, "PASSWORD": c.Password, "NAME": c.Name + c.Path} {
		if value != "" {
			environ = append(environ, "GROUPRISE_DATABASE_"+name+"="+value)
		}
	}
	if c.Port != 0 {
		environ = append(environ, "GROUPRISE_DATABASE_PORT="+strconv.Itoa(c.Port))
	}
	return environ
}

// held makes sure that each table that an archive holds, and that there still is, has its rows.
func held(t *testing.T, db *sqldb.DB, archive string) {
	t.Helper()
	file, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	scratch := backup.Site{Schema: schema.FS, Scratch: t.TempDir()}
	read, err := scratch.Check(t.Context(), file, backup.Restoring{})
	if err != nil {
		t.Fatal(err)
	}
	counted := 0
	for _, table := range read.Manifest.Tables {
		var rows int64
		if err := db.Get(t.Context(), &rows, `SELECT COUNT(*) FROM "`+table.Name+`"`); err != nil {
			t.Logf("%s is gone: %v", table.Name, err)
			continue
		}
		if rows < table.Rows {
			t.Errorf("%s has %d rows of %d", table.Name, rows, table.Rows)
		}
		if table.Rows > 0 {
			counted++
		}
	}
	if counted < 10 {
		t.Errorf("only %d tables of the town have rows", counted)
	}
}

// livesOn opens the town, signs somebody in and visits its pages.
func livesOn(t *testing.T, environ []string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		p := Process{Environ: environ, Stdout: t.Output(), Stderr: t.Output()}
		ended <- run(ctx, &p, false, app.Roles{Web: true})
	}()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	socket := strings.TrimPrefix(environ[slices.IndexFunc(environ, func(v string) bool { return strings.HasPrefix(v, listens) })], listens+"unix:")
	handler := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: "example.org"}) },
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		}},
		ErrorLog: log.New(io.Discard, "", 0),
	}
	anna := webtest.Visit(t, handler)
	for deadline := time.Now().Add(time.Minute); anna.Get("/stadt/readyz").Status != http.StatusOK; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the town does not open")
		}
	}
	anna.Get("/stadt/login/")
	anna.Submit("login", map[string]string{"login": "anna", "password": "demo"})
	anna.Sees(http.StatusOK, "Anna")
	for _, path := range []string{"/", "/garten/", "/anna/", "/stadt/groups", "/stadt/gestalten/", "/stadt/activity", "/stadt/events", "/stadt/files", "/stadt/search?q=garten", "/garten/articles/add/"} {
		if got := anna.Get(path); got.Status != http.StatusOK {
			t.Errorf("%s: %d", path, got.Status)
		}
	}
}

// listens begins the variable of the address at which a process listens.
const listens = "GROUPRISE_LISTEN="

// writeStandIn writes the town that stands for a release: what the demonstration of this program has in the tables and
// columns that there were.
func writeStandIn(t *testing.T, name string) {
	t.Helper()
	folder := t.TempDir()
	environ := []string{"GROUPRISE_DATA_PATH=" + filepath.Join(folder, "now")}
	if err := os.Mkdir(filepath.Join(folder, "now"), 0o750); err != nil {
		t.Fatal(err)
	}
	runs(t, environ, "demo", "--people=12", "--groups=5", "--contents=20", "--comments=40", "--conversations=5")
	o, _, err := options.Load(config.Sources{Prefix: "GROUPRISE_", Environ: environ})
	if err != nil {
		t.Fatal(err)
	}
	now := opened(t, o.DatabaseConfig())
	before := opened(t, sqldb.Config{Engine: sqldb.SQLite, Path: filepath.Join(folder, "before.sqlite3")})
	if err := sqldb.MigrateTo(t.Context(), before, schema.FS, unreleasedVersion, nil); err != nil {
		t.Fatal(err)
	}
	// Memberships held the score of the person then.
	err = now.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE memberships SET score = (SELECT score FROM people WHERE people.id = memberships.person_id)`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	copyRows(t, now, before)
	site := backup.Site{DB: before, Schema: schema.FS, Derived: search.Tables(), Program: "before the first release", Domain: "example.org", Scratch: folder}
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	_, err = site.Make(t.Context(), file, nil)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
}

func opened(t *testing.T, c sqldb.Config) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// copyRows copies the rows of all tables that both databases have. A number that the other one has besides is 0.
func copyRows(t *testing.T, from, to *sqldb.DB) {
	t.Helper()
	there := map[string]sqldb.Table{}
	err := to.Snapshot(t.Context(), func(s *sqldb.Snapshot) error {
		tables, err := s.Tables(t.Context())
		for _, table := range tables {
			there[table.Name] = table
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, derived := range search.Tables() {
		delete(there, derived)
	}
	loader, err := to.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer loader.Close()
	err = from.Snapshot(t.Context(), func(s *sqldb.Snapshot) error {
		tables, err := s.Tables(t.Context())
		if err != nil {
			return err
		}
		for _, table := range tables {
			target, ok := there[table.Name]
			if !ok {
				continue
			}
			target.NextID = table.NextID
			loader.ContinueIDs(target)
			var rows [][]any
			err := s.Rows(t.Context(), table, func(row []any) error {
				copied := make([]any, len(target.Columns))
				for i, c := range target.Columns {
					at := slices.Index(table.Columns, c)
					switch {
					case at >= 0:
						copied[i] = row[at]
					case c.Type == sqldb.Integer:
						copied[i] = int64(0)
					}
				}
				rows = append(rows, copied)
				return nil
			})
			if err == nil {
				err = loader.Insert(t.Context(), target, rows)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = loader.Commit(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}
