// Package sqldb is the one door to the database: SQLite, PostgreSQL and MySQL or MariaDB behind one
// SQL text.
//
// # Reading
//
// Get and Select run a query with `?` placeholders and scan rows into structs by their `db` tags, or
// into plain values:
//
//	var names []string
//	err := db.Select(ctx, &names, `SELECT name FROM people WHERE id IN (?) ORDER BY name, id`, ids)
//
// A slice stands for a list and only in the form IN (?) or NOT IN (?). An empty slice is a list without
// members: IN is false and NOT IN is true. The text that reaches the server does not depend on the
// length of the list, or only on its power of two, so that prepared statements are found again.
//
// # Writing
//
// Everything that writes runs in Write, which is one transaction. It may run the function again after
// a deadlock, so the function changes nothing but the database and its own results. Inside, the
// transaction is asked, never the DB: on SQLite, whose writer is alone, a second Write waits for the
// first one, and a read beside the transaction does not see its rows. Both servers run at READ
// COMMITTED: rows that a decision depends on are read with GetLocked.
//
// After an error PostgreSQL refuses everything but a rollback. A transaction that expects a row to
// exist already says so with InsertNew; one that wants to go on after any other error puts the risky
// part in Nested.
//
// # What is the same everywhere
//
//   - Exec reports the rows that matched, also where nothing changed in them.
//   - Keys and comparisons tell upper from lower case and see trailing blanks. Folding case is done in
//     Go, into a column of its own.
//   - Text is UTF-8. PostgreSQL cannot hold NUL, so NUL is removed from every text before it is bound;
//     invalid UTF-8 becomes U+FFFD. Bytes ([]byte) are left alone.
//   - A backslash in a literal is a backslash. Patterns are written LIKE ? ESCAPE '!', see EscapeLike.
//   - NULL sorts first or last by saying so: ORDER BY (read_at IS NULL), read_at, id.
//   - Points in time are clock.Time; binding a time.Time is an error.
//   - A parameter has the type of its column: PostgreSQL does not compare a BOOLEAN with a number.
//
// # Errors
//
// Errors of the drivers are translated here and nowhere else: no row is errs.NotFound, a violated
// unique key errs.Conflict, a text too long for its column errs.Invalid, and a server that cannot be
// reached, is full or shuts down errs.Unavailable. A cancelled context is returned as its own error.
// Everything else, a violated foreign key among it, is a defect and stays errs.Internal.
package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"grouprise.org/grouprise/internal/kit/clock"
)

// The engines, as Config.Engine and Engine name them.
const (
	SQLite     = "sqlite"
	PostgreSQL = "postgresql"
	MySQL      = "mysql" // also MariaDB
)

// Config says where the database is.
type Config struct {
	Engine string // SQLite, PostgreSQL or MySQL

	Path string // SQLite: the file, made together with its folder

	Host     string // servers: a name, an address, a socket's folder (PostgreSQL) or a socket (MySQL); empty is the local socket
	Port     int    // servers: zero is the engine's usual one
	Name     string
	User     string
	Password string

	MaxConns int // connections of one process; zero is 8 readers on SQLite and 16 on servers

	Clock  clock.Clock // what Tx.Now tells; nil is the system's
	NoSync bool        // SQLite: do not wait for the disk at a commit. For tests, and for what is thrown away
	Cache  int         // SQLite: kilobytes of the file that a connection keeps in memory; zero means 8000 to write and 4000 to read

	// Observe is told of everything that is read outside of transactions, before it is. For tests; nil tells nobody.
	Observe func(query string, args []any)
}

// DB is a pool of connections to one database. It is safe for concurrent use.
type DB struct {
	*pools
	clock clock.Clock
}

// pools is what every view of one database shares.
type pools struct {
	engine  *engine
	path    string // SQLite's file
	name    string // the servers' database
	read    *sql.DB
	write   *sql.DB       // the same as read, but on SQLite
	writer  chan struct{} // SQLite: holds one token for the only writer; nil elsewhere
	open    *sharedTx     // SQLite: the transaction that has not been committed yet; nil if there is none
	queries *queryCache
	observe func(query string, args []any)
	asked   atomic.Int64 // statements that were run
	changes atomic.Int64 // transactions of Write that may have been committed
	took    *durations

	postgres *pgx.ConnConfig // PostgreSQL: for the connections that listen
}

// Querier is what reads: a DB or a transaction.
type Querier interface {
	// Get scans the first row into dest; no row is errs.NotFound.
	Get(ctx context.Context, dest any, query string, args ...any) error
	// Select scans every row into the slice that dest points to, in place of what it holds.
	Select(ctx context.Context, dest any, query string, args ...any) error
}

var (
	_ Querier = (*DB)(nil)
	_ Querier = (*Tx)(nil)
)

// Open prepares the connections. On SQLite it creates the file; a server need not be there yet: Ping
// tells whether it is.
func Open(ctx context.Context, c Config) (*DB, error) {
	e := engines[c.Engine]
	if e == nil {
		return nil, fmt.Errorf("open database: there is no engine %q; the engines are sqlite, postgresql and mysql", c.Engine)
	}
	p := &pools{engine: e, path: c.Path, name: c.Name, queries: newQueryCache(), observe: c.Observe, took: newDurations()}
	if err := e.open(ctx, c, p); err != nil {
		return nil, fmt.Errorf("open %s database: %w", c.Engine, err)
	}
	return &DB{pools: p, clock: c.Clock}, nil
}

// pool limits the connections of a pool and lets idle ones end.
func pool(db *sql.DB, conns int) *sql.DB {
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return db
}

// Close closes all connections. What runs is ended.
func (db *DB) Close() error {
	err := db.read.Close()
	if db.write != db.read {
		if werr := db.write.Close(); err == nil {
			err = werr
		}
	}
	return err
}

// Engine names the engine: SQLite, PostgreSQL or MySQL. Only tests and reports to people look at it;
// what differs between engines is hidden in this package.
func (db *DB) Engine() string { return db.engine.name }

// WithClock returns a view of the same database whose transactions tell the time of c.
func (db *DB) WithClock(c clock.Clock) *DB { return &DB{pools: db.pools, clock: c} }

// Now tells the time of the database's clock.
func (db *DB) Now() clock.Time { return db.clock.Now() }

// Ping asks the database whether it is there; errs.Unavailable says that it is not.
func (db *DB) Ping(ctx context.Context) error {
	var one int
	return db.Get(ctx, &one, `SELECT 1`)
}

// Stats tells how busy the connections are, and how many statements were run since the start. On servers
// Readers and Writers are the same pool.
type Stats struct {
	Readers, Writers sql.DBStats
	Statements       int64
}

// Stats returns the present figures.
func (db *DB) Stats() Stats {
	return Stats{Readers: db.read.Stats(), Writers: db.write.Stats(), Statements: db.asked.Load()}
}

// Changes returns a number that is another one after each Write of this process that may have been committed. What was
// read after asking for it is up to date while the number stays the same, as far as this process knows.
func (db *DB) Changes() int64 { return db.changes.Load() }

// Analyze lets the database look at its data anew, after many rows were written at once: until then it
// may plan as if its tables were empty. SQLite is not asked: its few figures lead it to worse plans for
// our queries than its rules do.
func (db *DB) Analyze(ctx context.Context) error {
	if db.engine.analyze == "" {
		return nil
	}
	return db.Write(ctx, func(tx *Tx) error {
		_, err := tx.Exec(ctx, db.engine.analyze)
		return err
	})
}

// Get scans the first row into dest, a struct with db tags or a plain value; no row is errs.NotFound.
func (db *DB) Get(ctx context.Context, dest any, query string, args ...any) error {
	db.observed(query, args)
	return db.reading(ctx, func() error { return db.get(ctx, db.read, dest, query, "", args) })
}

// Select scans every row into the slice that dest points to, in place of what it holds.
func (db *DB) Select(ctx context.Context, dest any, query string, args ...any) error {
	db.observed(query, args)
	return db.reading(ctx, func() error { return db.selectAll(ctx, db.read, dest, query, "", args) })
}

func (p *pools) observed(query string, args []any) {
	if p.observe != nil {
		p.observe(query, args)
	}
}

// reading runs a read again when its connection turns out to be dead, as the idle ones are after a
// restart of the server.
func (db *DB) reading(ctx context.Context, read func() error) error {
	start := time.Now()
	defer db.took.read(start)
	for attempt := 1; ; attempt++ {
		err := read()
		if err == nil || attempt == maxDisconnects || !db.engine.fault(err).lost() || ctx.Err() != nil {
			return err
		}
	}
}

// reader is a pool of connections or a transaction.
type reader interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func (p *pools) get(ctx context.Context, from reader, dest any, query, suffix string, args []any) error {
	b, err := p.bind(query, suffix, args)
	if err != nil {
		return err
	}
	rows, err := from.QueryContext(ctx, b.text, b.args...)
	if err == nil {
		err = b.paths.scanOne(rows, dest)
	}
	return p.translate(ctx, query, err)
}

func (p *pools) selectAll(ctx context.Context, from reader, dest any, query, suffix string, args []any) error {
	b, err := p.bind(query, suffix, args)
	if err != nil {
		return err
	}
	rows, err := from.QueryContext(ctx, b.text, b.args...)
	if err == nil {
		err = b.paths.scanAll(rows, dest)
	}
	return p.translate(ctx, query, err)
}

// EscapeLike returns text that matches itself in a pattern: LIKE ? ESCAPE '!' with EscapeLike(text)+"%".
func EscapeLike(text string) string { return likeEscaper.Replace(text) }

var likeEscaper = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// OrNull returns an id as a value for a column of references: 0, which no row has, is NULL.
func OrNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}
