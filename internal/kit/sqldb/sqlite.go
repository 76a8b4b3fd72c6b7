package sqldb

import (
	"cmp"
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	"github.com/ncruces/go-sqlite3/ext/fts5"
	"github.com/pressly/goose/v3"

	"grouprise.org/grouprise/internal/kit/clock"
)

// SQLite runs in this process, on a file in WAL mode: any number of readers, each on a snapshot, beside
// one writer. A pool of one connection writes, with BEGIN IMMEDIATE, and a pool of others that may only
// query reads, so nothing ever waits for a lock inside this process. Other processes (the command line
// beside the server) wait by the busy timeout.
var sqliteEngine = engine{
	name:       SQLite,
	open:       openSQLite,
	classify:   classifySQLite,
	terms:      sqliteTerms,
	list:       listJSON,
	onConflict: " ON CONFLICT DO NOTHING",
	updateFrom: updateFrom,
	hasTable:   sqliteHasTable,
	snapshot:   sql.LevelDefault,
	columns: `SELECT t.name AS of_table, c.name AS called, c.type AS declared FROM pragma_table_list t JOIN pragma_table_info(t.name) c
		WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY t.name, c.cid`,
	nextID: `SELECT seq + 1 FROM sqlite_sequence WHERE name = '%s'`,
	setNextID: func(table string, next int64) []string {
		return []string{
			fmt.Sprintf(`UPDATE sqlite_sequence SET seq = %d WHERE name = '%s' AND seq < %[1]d`, next-1, table),
			fmt.Sprintf(`INSERT INTO sqlite_sequence (name, seq) SELECT name, %d FROM sqlite_master
				WHERE name = '%s' AND sql LIKE '%%AUTOINCREMENT%%' AND NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = '%[2]s')`, next-1, table),
		}
	},
	// Checked at once, each row would look for those that refer to it and came before it.
	bulk: bulk{before: `PRAGMA foreign_keys = off`, after: `PRAGMA foreign_keys = on`, begin: checkSQLiteReferences},
	dropped: `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite!_%' ESCAPE '!'
		ORDER BY name`,
	lock:    lockSQLite,
	dialect: goose.DialectSQLite3,
	id:      "INTEGER PRIMARY KEY AUTOINCREMENT",
	text:    "TEXT",
	blob:    "BLOB",
	index: func(kind, name, table, columns string) string {
		return fmt.Sprintf("CREATE %s IF NOT EXISTS %s ON %s (%s);", kind, name, table, columns)
	},
	column: func(table, name, definition string) string {
		return fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s;", table, name, definition)
	},
}

const sqliteHasTable = `SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '%s')`

// LacksFile reports whether the database is a file that is not there: whoever only wants to look at it would make it.
func (c Config) LacksFile() bool {
	if c.Engine != SQLite {
		return false
	}
	_, err := os.Stat(c.Path)
	return errors.Is(err, fs.ErrNotExist)
}

func openSQLite(ctx context.Context, c Config, p *pools) error {
	if c.Path == "" {
		return errors.New("the path of the file is missing")
	}
	path, err := filepath.Abs(c.Path)
	if err != nil {
		return err
	}
	p.path = path
	if err := refusePredecessor(ctx, path); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	// The files beside it get its mode and owner, so that nobody else reads any of them and the server
	// can write what an administrator began: the log by "modeof", the log's index because it is there
	// already.
	for _, name := range []string{path, path + "-shm"} {
		if err := privateFile(name, path); err != nil {
			return err
		}
	}

	// A commit must survive a power loss (a mail is durable before the mail server hears 250), so the
	// log is synchronised at each: FULL.
	durability := "full"
	if c.NoSync {
		durability = "off"
	}
	common := []string{"busy_timeout(10000)", "foreign_keys(on)", "synchronous(" + durability + ")", "temp_store(memory)"}
	p.write, err = sqlitePool(path, 1, append(common, "journal_mode(wal)", "journal_size_limit(67108864)", cacheSize(cmp.Or(c.Cache, 8000))))
	if err != nil {
		return err
	}
	p.read, err = sqlitePool(path, cmp.Or(c.MaxConns, 8), append(common, "query_only(on)", cacheSize(cmp.Or(c.Cache, 4000))))
	if err != nil {
		return err
	}
	p.writer = make(chan struct{}, 1)
	// The first connection is the writer's, which sets the mode that readers need.
	if err := p.write.PingContext(ctx); err != nil {
		p.read.Close()
		p.write.Close()
		if errors.Is(err, sqlite3.NOTADB) {
			return fmt.Errorf("the file %s is no SQLite database, or its beginning is damaged: restore a backup", path)
		}
		return p.translate(ctx, "PRAGMA journal_mode = wal", err)
	}
	return nil
}

// cacheSize returns the pragma for a cache of so many kilobytes.
func cacheSize(kilobytes int) string { return fmt.Sprintf("cache_size(-%d)", kilobytes) }

// refusePredecessor refuses a file of grouprise 5.5 before it is opened for writing, which would change its mode.
func refusePredecessor(ctx context.Context, path string) error {
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		return nil // whatever else is wrong with it shows when it is opened
	}
	source := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(10000)"}}.Encode()}
	db, err := driver.Open(source.String())
	if err != nil {
		return nil
	}
	defer db.Close()
	var foreign bool
	if db.QueryRowContext(ctx, fmt.Sprintf(sqliteHasTable, predecessorTable)).Scan(&foreign) == nil && foreign {
		return &PredecessorError{Place: "the file " + path}
	}
	return nil
}

// privateFile makes an empty file unless it exists, for the owner of another file alone.
func privateFile(name, like string) error {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := os.Stat(like)
	if err != nil {
		return err
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && os.Getuid() == 0 {
		return file.Chown(int(owner.Uid), int(owner.Gid))
	}
	return nil
}

func sqlitePool(path string, conns int, pragmas []string) (*sql.DB, error) {
	query := url.Values{"_pragma": pragmas, "modeof": {path}}.Encode()
	// SQLite reads a plus as a plus.
	source := url.URL{Scheme: "file", Path: path, RawQuery: strings.ReplaceAll(query, "+", "%20")}
	connector, err := (&driver.SQLite{}).OpenConnector(source.String())
	if err != nil {
		return nil, err
	}
	db := pool(sql.OpenDB(&caching{Connector: connector, prepare: prepareSQLite}), conns)
	db.SetConnMaxIdleTime(0) // A connection costs memory and no server; keep its cache.
	return db, nil
}

// prepareSQLite readies a connection. It knows full text, and keeps the plan of a prepared statement: otherwise it parses
// and plans anew whenever a parameter that could matter to the plan, such as a LIMIT, is bound.
func prepareSQLite(conn sqldriver.Conn) error {
	c, ok := conn.(interface{ Raw() *sqlite3.Conn })
	if !ok {
		return errors.New("this is no connection to SQLite")
	}
	if err := fts5.Register(c.Raw()); err != nil {
		return err
	}
	_, err := c.Raw().Config(sqlite3.DBCONFIG_ENABLE_QPSG, true)
	return err
}

func classifySQLite(err error) fault {
	e, ok := errors.AsType[*sqlite3.Error](err)
	if !ok {
		var code sqlite3.ExtendedErrorCode
		if !errors.As(err, &code) {
			return unknown
		}
		return sqliteFault(code)
	}
	return sqliteFault(e.ExtendedCode())
}

func sqliteFault(code sqlite3.ExtendedErrorCode) fault {
	switch code {
	case sqlite3.CONSTRAINT_UNIQUE, sqlite3.CONSTRAINT_PRIMARYKEY, sqlite3.CONSTRAINT_ROWID:
		return duplicate
	}
	switch code.Code() {
	case sqlite3.BUSY, sqlite3.LOCKED:
		return collision
	case sqlite3.CANTOPEN, sqlite3.IOERR, sqlite3.FULL:
		return away
	case sqlite3.TOOBIG:
		return tooLong
	}
	return unknown
}

// lockSQLite locks the folder of the file against other processes that migrate: the file itself is
// locked by SQLite, and a file of its own would stay behind.
func lockSQLite(ctx context.Context, db *DB) (func(), error) {
	folder, err := os.Open(filepath.Dir(db.path))
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { folder.Close() }, nil // closing ends the lock
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			folder.Close()
			return nil, fmt.Errorf("lock %s: %w", folder.Name(), err)
		}
		if !clock.Pause(ctx, 20*time.Millisecond) {
			folder.Close()
			return nil, ctx.Err()
		}
	}
}

// checkSQLiteReferences makes sure at the end that every reference leads to a row.
func checkSQLiteReferences(ctx context.Context, tx *Tx) (finish func() error, err error) {
	return func() error {
		var lost []struct {
			Table  string        `db:"of_table"`
			Row    sql.NullInt64 `db:"of_row"`
			Parent string        `db:"of_parent"`
		}
		err := tx.Select(ctx, &lost, `SELECT "table" AS of_table, rowid AS of_row, parent AS of_parent FROM pragma_foreign_key_check LIMIT 1`)
		if err != nil {
			return fmt.Errorf("check the references: %w", err)
		}
		if len(lost) > 0 {
			return fmt.Errorf("the row %d of the table %s refers to a row of the table %s that does not exist", lost[0].Row.Int64, lost[0].Table, lost[0].Parent)
		}
		return nil
	}, nil
}
