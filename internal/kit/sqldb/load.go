package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
)

// bulk is how an engine takes rows in any order, although they refer to each other.
type bulk struct {
	before, after string // statements around the transaction, on the same connection; may be empty
	// begin readies the transaction. What it returns makes sure, before the commit, that all references lead somewhere.
	begin func(ctx context.Context, tx *Tx) (finish func() error, err error)
}

// Loader fills an empty database with rows of many tables, in any order, in one transaction. Commit or Close ends it.
type Loader struct {
	db     *DB
	conn   *sql.Conn
	tx     *Tx
	finish func() error
	tables map[string]Table
	nextID []Table
	done   bool
}

// Load begins to fill the database. Until the end nobody else writes on SQLite.
func (db *DB) Load(ctx context.Context) (*Loader, error) {
	l := &Loader{db: db, tables: map[string]Table{}}
	err := db.Snapshot(ctx, func(s *Snapshot) error {
		all, err := s.Tables(ctx)
		for _, t := range all {
			l.tables[t.Name] = t
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if db.writer != nil {
		if err := db.acquireConnection(ctx); err != nil {
			return nil, err
		}
		if db.open != nil {
			db.end(db.open.tx.Commit())
		}
	}
	if err := l.begin(ctx); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (l *Loader) begin(ctx context.Context) (err error) {
	if l.conn, err = l.db.write.Conn(ctx); err != nil {
		return l.db.translate(ctx, "connect", err)
	}
	if err := l.session(ctx, l.db.engine.bulk.before); err != nil {
		return err
	}
	// Not the context of the caller: ending it would undo the transaction behind the loader's back.
	begun, err := l.conn.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return l.db.translate(ctx, "BEGIN", err)
	}
	l.tx = &Tx{Now: l.db.clock.Now(), pools: l.db.pools, tx: begun}
	l.finish, err = l.db.engine.bulk.begin(ctx, l.tx)
	return err
}

// session runs a statement on the connection of the loader.
func (l *Loader) session(ctx context.Context, statement string) error {
	if statement == "" {
		return nil
	}
	_, err := l.conn.ExecContext(ctx, statement)
	return l.db.translate(ctx, statement, err)
}

// Insert inserts rows whose values belong to the columns of a table of a Snapshot, of whatever engine.
func (l *Loader) Insert(ctx context.Context, t Table, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	if err := l.fits(t); err != nil {
		return err
	}
	return l.tx.InsertRows(ctx, fmt.Sprintf(`INSERT INTO "%s" (%s)`, t.Name, t.columns()), rows)
}

// fits makes sure that there is a table with these columns.
func (l *Loader) fits(t Table) error {
	here, ok := l.tables[t.Name]
	if !ok {
		return fmt.Errorf("the database has no table %s", t.Name)
	}
	types := map[string]ColumnType{}
	for _, c := range here.Columns {
		types[c.Name] = c.Type
	}
	for _, c := range t.Columns {
		if types[c.Name] == "" || types[c.Name] != c.Type {
			return fmt.Errorf("the table %s of the database has no column %s of type %s", t.Name, c.Name, c.Type)
		}
	}
	return nil
}

// ContinueIDs lets the database give ids from where the table of a snapshot left off.
func (l *Loader) ContinueIDs(t Table) {
	if t.NextID > 0 && l.tables[t.Name].hasID() {
		l.nextID = append(l.nextID, t)
	}
}

// Commit makes sure that every reference leads to a row, and keeps what was inserted.
func (l *Loader) Commit(ctx context.Context) error {
	if err := l.finish(); err != nil {
		return err
	}
	if err := l.tx.tx.Commit(); err != nil {
		return l.db.translate(ctx, "COMMIT", err)
	}
	for _, t := range l.nextID {
		for _, statement := range l.db.engine.setNextID(t.Name, t.NextID) {
			if err := l.session(ctx, statement); err != nil {
				return fmt.Errorf("let the ids of the table %s go on: %w", t.Name, err)
			}
		}
	}
	l.db.changes.Add(1)
	return l.Close()
}

// Close undoes what was not committed. It may be called more than once.
func (l *Loader) Close() error {
	if l.done {
		return nil
	}
	l.done = true
	var problems error
	if l.tx != nil {
		if err := l.tx.tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
			problems = err
		}
	}
	if l.conn != nil {
		problems = errors.Join(problems, l.session(context.Background(), l.db.engine.bulk.after), l.conn.Close())
	}
	if l.db.writer != nil {
		<-l.db.writer
	}
	return problems
}

// IsEmpty reports whether no table of the database has a row, whether or not it was migrated.
func (db *DB) IsEmpty(ctx context.Context) (empty bool, err error) {
	err = db.Snapshot(ctx, func(s *Snapshot) error {
		all, err := s.Tables(ctx)
		if err != nil || len(all) == 0 {
			empty = err == nil
			return err
		}
		some := make([]string, len(all))
		for i, t := range all {
			some[i] = fmt.Sprintf(`SELECT 1 AS one WHERE EXISTS (SELECT 1 FROM "%s")`, t.Name)
		}
		var found []int
		err = s.pools.selectAll(ctx, s.tx, &found, strings.Join(some, " UNION ALL "), "", nil)
		empty = len(found) == 0
		return err
	})
	return empty, err
}

// DropTables removes all tables with everything in them.
func (db *DB) DropTables(ctx context.Context) error {
	if db.writer != nil {
		if err := db.acquireConnection(ctx); err != nil {
			return err
		}
		defer func() { <-db.writer }()
	}
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return db.translate(ctx, "connect", err)
	}
	defer conn.Close()
	l := &Loader{db: db, conn: conn}
	if err := l.session(ctx, db.engine.bulk.before); err != nil {
		return err
	}
	var names []string
	err = db.selectAll(ctx, conn, &names, db.engine.dropped, "", nil)
	for _, name := range names {
		if err == nil {
			err = l.session(ctx, `DROP TABLE IF EXISTS "`+name+`"`+db.engine.dropRest)
		}
	}
	return errors.Join(err, l.session(context.WithoutCancel(ctx), db.engine.bulk.after))
}

// MigrateTo is Migrate up to a version that is not the newest one: for rows that come from a database of that version. The
// checksums are those of its migrations; if they had other texts, or were not known here, nothing is done.
func MigrateTo(ctx context.Context, db *DB, fsys fs.FS, version int64, checksums map[int64]string) error {
	store, err := newChecksumStore(db.engine, fsys)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	if newest := store.newest(); version > newest {
		return &NewerError{Database: version, Program: newest}
	}
	for v, checksum := range checksums {
		if ours, ok := store.checksums[v]; !ok || ours != checksum {
			return fmt.Errorf("the rows come from a version of grouprise from before the first release, whose tables were different (migration %d)", v)
		}
	}
	return db.migrate(ctx, fsys, func(provider *goose.Provider, current, _ int64) error {
		if current > version {
			return fmt.Errorf("the database has version %d already, and what is to come into it has version %d", current, version)
		}
		if _, err := provider.UpTo(ctx, version); err != nil {
			return fmt.Errorf("migrate the database: %w", db.translate(ctx, "migrate", err))
		}
		return nil
	})
}

// Newest returns the version that Migrate brings a database to.
func Newest(fsys fs.FS) (int64, error) {
	store, err := newChecksumStore(engines[SQLite], fsys) // the versions are the same on all
	if err != nil {
		return 0, fmt.Errorf("read the migrations: %w", err)
	}
	return store.newest(), nil
}

// newest returns the largest version of the program's migrations.
func (s *checksumStore) newest() (newest int64) {
	for v := range s.checksums {
		newest = max(newest, v)
	}
	return newest
}
