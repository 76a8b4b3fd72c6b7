package sqldb_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3/driver"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/schema"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestSQLiteFilesAreDurableAndPrivate(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a folder?", "town #1.sqlite3")
	db, err := sqldb.Open(t.Context(), sqldb.Config{Engine: sqldb.SQLite, Path: file})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := sqldb.Migrate(t.Context(), db, things); err != nil {
		t.Fatal(err)
	}
	add(t, db, "a", nil)
	files, err := filepath.Glob(strings.NewReplacer("?", `\?`).Replace(file) + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("files %q, error %v", files, err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, error %v", f, info.Mode(), err)
		}
	}
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000", "query_only": "0"} {
		mustWrite(t, db, func(tx *sqldb.Tx) error {
			var got string
			if err := tx.Get(t.Context(), &got, "PRAGMA "+pragma); err != nil || got != want {
				t.Errorf("%s is %q, want %q, error %v", pragma, got, want, err)
			}
			return nil
		})
	}
	var id int64
	wantKind(t, db.Get(t.Context(), &id, `INSERT INTO things (name) VALUES ('by a reader') RETURNING id`), errs.Internal)
}

func TestOpenRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, c := range map[string]sqldb.Config{
		"no engine":      {Path: filepath.Join(folder, "a")},
		"unknown engine": {Engine: "oracle"},
		"no path":        {Engine: sqldb.SQLite},
		"a folder":       {Engine: sqldb.SQLite, Path: folder},
	} {
		if _, err := sqldb.Open(t.Context(), c); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
	for _, engine := range []string{sqldb.PostgreSQL, sqldb.MySQL} {
		db, err := sqldb.Open(t.Context(), sqldb.Config{Engine: engine, Host: filepath.Join(folder, "nobody"), Name: "town"})
		if err != nil {
			t.Errorf("%s: a server that is away: %v", engine, err)
			continue
		}
		wantKind(t, db.Ping(t.Context()), errs.Unavailable)
		wantKind(t, db.Write(t.Context(), func(*sqldb.Tx) error { return nil }), errs.Unavailable)
		db.Close()
	}
}

// queue runs several writes of one row each on a database, so that each one queues while the one before it
// runs: the first ends when the last one waits. It returns how they ended.
func queue(t *testing.T, db *sqldb.DB, writes ...func(tx *sqldb.Tx) error) []error {
	t.Helper()
	ends := make([]error, len(writes))
	last := make(chan struct{})
	var all sync.WaitGroup
	for i, write := range writes {
		started := make(chan struct{})
		var once sync.Once
		all.Go(func() {
			if i > 0 {
				once.Do(func() { close(started) })
			}
			ends[i] = db.Write(t.Context(), func(tx *sqldb.Tx) error {
				once.Do(func() { close(started) })
				if i == 0 {
					<-last
				}
				return write(tx)
			})
		})
		<-started
		time.Sleep(20 * time.Millisecond) // now it waits for the writer
	}
	close(last)
	all.Wait()
	return ends
}

func TestWhoQueuesToWriteSharesACommit(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	note := func(key string) func(tx *sqldb.Tx) error {
		return func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO periodics (name, schedule, next_at) VALUES (?, '', 0)`, key)
			return err
		}
	}
	count := func(q sqldb.Querier) (n int) {
		if err := q.Get(t.Context(), &n, `SELECT COUNT(*) FROM periodics`); err != nil {
			t.Error(err)
		}
		return n
	}
	refused, runs := errors.New("refused"), 0
	ends := queue(
		t, db,
		func(tx *sqldb.Tx) error { runs++; return note("a")(tx) },
		func(tx *sqldb.Tx) error {
			if count(tx) != 1 || count(db) != 0 {
				t.Errorf("the second finds %d rows, a reader %d: they share no transaction", count(tx), count(db))
			}
			return errors.Join(note("b")(tx), refused)
		},
		func(tx *sqldb.Tx) error {
			var undone bool
			if err := tx.Get(t.Context(), &undone, `SELECT COUNT(*) = 0 FROM periodics WHERE name = 'b'`); err != nil || !undone {
				t.Errorf("what failed was not undone, %v", err)
			}
			return note("c")(tx)
		},
		func(tx *sqldb.Tx) error {
			if runs > 1 {
				return refused
			}
			_, _ = tx.Exec(t.Context(), `ROLLBACK`) // as SQLite does by itself when the disk is full
			return refused
		},
		note("d"),
	)
	want := []error{nil, refused, nil, refused, nil}
	for i, err := range ends {
		if !errors.Is(err, want[i]) {
			t.Errorf("write %d ended with %v", i, err)
		}
	}
	var names []string
	if err := db.Select(t.Context(), &names, `SELECT name FROM periodics ORDER BY name`); err != nil || strings.Join(names, "") != "acd" {
		t.Errorf("kept %v, %v", names, err)
	}
	if runs != 2 {
		t.Errorf("the first write ran %d times", runs)
	}
}

func TestTheVersionIsReadWhileOthersWrite(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				err := db.Write(ctx, func(tx *sqldb.Tx) error {
					_, err := tx.Exec(ctx, `UPDATE periodics SET schedule = schedule`)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
		all.Go(func() {
			for range 10 {
				if there, program, err := sqldb.Versions(ctx, db, schema.FS); err != nil || there != program {
					t.Errorf("versions %d and %d, %v", there, program, err)
					return
				}
			}
		})
	}
	all.Wait()
}

func TestAPanicUndoesItselfAlone(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	var caught any
	write := func(name string, crash bool) {
		defer func() {
			if p := recover(); p != nil {
				caught = p
			}
		}()
		_ = db.Write(t.Context(), func(tx *sqldb.Tx) error {
			time.Sleep(20 * time.Millisecond)
			_, err := tx.Exec(t.Context(), `INSERT INTO periodics (name, schedule, next_at) VALUES (?, '', 0)`, name)
			if crash {
				panic("defect")
			}
			return err
		})
	}
	var all sync.WaitGroup
	for i, name := range []string{"a", "b", "c", "d"} {
		all.Go(func() { write(name, i == 2) })
		time.Sleep(5 * time.Millisecond)
	}
	all.Wait()
	var names []string
	if err := db.Select(t.Context(), &names, `SELECT name FROM periodics ORDER BY name`); err != nil || strings.Join(names, "") != "abd" || caught != "defect" {
		t.Errorf("kept %v, %v; caught %v", names, err, caught)
	}
}

func TestAFileThatIsNoDatabaseIsNamed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.sqlite3")
	if err := os.WriteFile(path, bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqldb.Open(t.Context(), sqldb.Config{Engine: sqldb.SQLite, Path: path}); err == nil || !strings.Contains(err.Error(), "the file "+path+" is no SQLite database") {
		t.Error(err)
	}
}

// A file in another journal mode would be changed by opening it.
func TestAFileOfThePredecessorIsNotTouched(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db.sqlite3")
	old, err := driver.Open("file:" + path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = old.ExecContext(t.Context(), `CREATE TABLE django_migrations (id INTEGER PRIMARY KEY, app VARCHAR(255))`)
	if err := errors.Join(err, old.Close()); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = sqldb.Open(t.Context(), sqldb.Config{Engine: sqldb.SQLite, Path: path})
	if refused, ok := errors.AsType[*sqldb.PredecessorError](err); !ok || refused.Place != "the file "+path {
		t.Errorf("error is %v", err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file has changed, %v", err)
	}
	if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) != 1 {
		t.Errorf("beside it are %v, %v", files, err)
	}
}
