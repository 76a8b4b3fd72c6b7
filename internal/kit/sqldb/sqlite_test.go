package sqldb_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
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
