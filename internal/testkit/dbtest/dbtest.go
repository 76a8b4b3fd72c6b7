// Package dbtest gives each test an empty, migrated database of its own, on every engine.
//
// SQLite needs nothing. The servers are named by GROUPRISE_TEST_POSTGRESQL and GROUPRISE_TEST_MARIADB
// as USER[:PASSWORD]@HOST[:PORT] or USER@/SOCKET; scripts/test-servers starts private ones and sets
// both. Without them the tests on servers are skipped, which with CI=true is a failure.
//
// Databases on servers are used again, because making one costs more than most tests: their rows are
// deleted and their ids begin at 1 again before the next test gets them, in this process or another.
// So migrations insert no rows that tests would miss.
package dbtest

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/schema"
)

// Each runs fn as the parallel subtests sqlite, postgresql and mariadb, each with a fresh database.
func Each(t *testing.T, fn func(t *testing.T, db *sqldb.DB)) {
	t.Helper()
	EachSchema(t, schema.FS, fn)
}

// EachSchema is Each with other migrations; nil leaves the database empty.
func EachSchema(t *testing.T, fsys fs.FS, fn func(t *testing.T, db *sqldb.DB)) {
	t.Helper()
	for _, engine := range []string{"sqlite", "postgresql", "mariadb"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			fn(t, open(t, engine, fsys))
		})
	}
}

// SQLite returns a fresh database in a file.
func SQLite(t testing.TB) *sqldb.DB {
	t.Helper()
	return open(t, "sqlite", schema.FS)
}

// Open returns a fresh database of an engine: "sqlite", "postgresql" or "mariadb". Benchmarks use it.
func Open(t testing.TB, engine string) *sqldb.DB {
	t.Helper()
	return open(t, engine, schema.FS)
}

// OpenSchema is Open with other migrations; nil leaves the database empty.
func OpenSchema(t testing.TB, engine string, fsys fs.FS) *sqldb.DB {
	t.Helper()
	return open(t, engine, fsys)
}

// WriteSQLite writes the file of a fresh database, for what opens its own.
func WriteSQLite(t testing.TB, file string) {
	t.Helper()
	write(t, file, schema.FS)
}

func write(t testing.TB, file string, fsys fs.FS) {
	t.Helper()
	content, err := template(fsys)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Reopen opens the database of a test once more, as a second process would.
func Reopen(t testing.TB, db *sqldb.DB) *sqldb.DB {
	t.Helper()
	return connect(t, Config(t, db))
}

// Config returns how the database of a test was opened, for what opens its own.
func Config(t testing.TB, db *sqldb.DB) sqldb.Config {
	t.Helper()
	config, ok := configs.Load(db)
	if !ok {
		t.Fatal("this database does not come from dbtest")
	}
	return config.(sqldb.Config)
}

// configs remembers how each test's database was opened.
var configs sync.Map

func connect(t testing.TB, config sqldb.Config) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	configs.Store(db, config)
	t.Cleanup(func() {
		configs.Delete(db)
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func open(t testing.TB, engine string, fsys fs.FS) *sqldb.DB {
	t.Helper()
	if engine == "sqlite" {
		file := filepath.Join(t.TempDir(), "test.sqlite3")
		if fsys != nil {
			write(t, file, fsys)
		}
		return connect(t, sqldb.Config{Engine: sqldb.SQLite, Path: file, MaxConns: 4, NoSync: true})
	}
	variable := "GROUPRISE_TEST_" + strings.ToUpper(engine)
	address := os.Getenv(variable)
	if address == "" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not set: run the tests by scripts/test-servers", variable)
		}
		t.Skipf("%s is not set (scripts/test-servers sets it)", variable)
	}
	config, err := parse(engine, address)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	slot, err := takeSlot(t.Context(), engine, config, fsys)
	if err != nil {
		t.Fatalf("prepare a database: %v", err)
	}
	t.Cleanup(slot.giveBack) // after the database is closed
	config.Name, config.MaxConns = slot.name, 8
	return connect(t, config)
}

// parse reads USER[:PASSWORD]@HOST[:PORT] and USER@/SOCKET.
func parse(engine, address string) (sqldb.Config, error) {
	config := sqldb.Config{Engine: sqldb.PostgreSQL}
	if engine == "mariadb" {
		config.Engine = sqldb.MySQL
	}
	login, host, ok := strings.Cut(address, "@")
	if !ok {
		return config, fmt.Errorf("%q is not USER@HOST", address)
	}
	config.User, config.Password, _ = strings.Cut(login, ":")
	config.Host = host
	if name, port, err := net.SplitHostPort(host); err == nil && !strings.HasPrefix(host, "/") {
		config.Host = name
		if config.Port, err = strconv.Atoi(port); err != nil {
			return config, err
		}
	}
	return config, nil
}
