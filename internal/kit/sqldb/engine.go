package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/pressly/goose/v3"

	"grouprise.org/grouprise/internal/kit/errs"
)

// engine is what differs between the databases. Everything else in this package is the same for all.
type engine struct {
	name     string
	open     func(ctx context.Context, c Config, p *pools) error
	classify func(err error) fault // the driver's own codes; unknown if it has none to offer

	numbered   bool     // placeholders are $1, $2
	list       listForm // how IN (?) takes a slice
	returning  bool     // INSERT … RETURNING id instead of LastInsertId
	onConflict string   // what makes an INSERT pass over rows that exist
	newByError bool     // InsertNew tells a duplicate by the error, because the count does not
	locked     string   // suffix of a reading that locks its rows
	skipLocked string   // the same, passing over rows that others hold

	analyze    string // statement that looks at the data for the planner; empty if the engine plans as well without
	notify     string // statement that wakes the listeners of a channel; empty if the engine has none
	updateFrom string // statement that sets %[2]s of a table %[1]s to what a query %[3]s says
	syncIDs    string // lets the next id of a table follow its largest one; %[1]s is the table

	terms termsIndex // how terms of documents are kept and found

	hasTable string // query that tells whether there is a table; %s is its name

	snapshot  sql.IsolationLevel                      // of a transaction that sees one moment
	columns   string                                  // query of all stored columns: of_table, called and declared
	sequence  string                                  // query of what gives the ids of a table %s; empty: the table itself
	nextID    string                                  // query of the next id of a table, or of a sequence, %[1]s
	setNextID func(table string, next int64) []string // statements that let the ids of a table begin there, if it gives any
	bulk      bulk                                    // how rows are taken in any order
	dropped   string                                  // query of the tables that have to be dropped for nothing to be left
	dropRest  string                                  // what stands behind DROP TABLE

	lock    func(ctx context.Context, db *DB) (unlock func(), err error) // one migration at a time
	hurry   string                                                       // statement by which a migration waits briefly for tables that others use
	dialect goose.Dialect
	id      string                                         // macro {id}
	text    string                                         // macro {text}
	blob    string                                         // macro {blob}
	options string                                         // macro {options}
	index   func(kind, name, table, columns string) string // macros {index …} and {unique …}
	column  func(table, name, definition string) string    // macro {column …}
}

// engines is a table of constants.
var engines = map[string]*engine{
	SQLite:     &sqliteEngine,
	PostgreSQL: &postgresqlEngine,
	MySQL:      &mysqlEngine,
}

// updateFrom is how all engines but MySQL change rows to what a query says of them.
const updateFrom = `UPDATE %[1]s SET %[2]s = said.value FROM (%[3]s) said WHERE said.id = %[1]s.id AND said.value <> %[1]s.%[2]s`

// fault is what a driver's error means to us.
type fault uint8

const (
	unknown      fault = iota
	duplicate          // a unique key is taken
	tooLong            // a text does not fit its column
	collision          // deadlock, serialization failure, busy: the same again can succeed
	disconnected       // the connection ended while it was used; a new one may work
	away               // the server cannot be reached, is full or shuts down
)

// passOver returns what makes an INSERT of many rows pass over those that exist.
func (e *engine) passOver(query string) string {
	if e.onConflict != "" {
		return e.onConflict
	}
	// MySQL wants an assignment: the first column keeps its value.
	column := firstColumn.FindStringSubmatch(query)
	if column == nil {
		return ""
	}
	return " ON DUPLICATE KEY UPDATE " + column[1] + " = " + column[1]
}

var firstColumn = regexp.MustCompile(`(?is)^\s*INSERT\s+INTO\s+\S+\s*\(\s*([^\s,)]+)`)

func (f fault) lost() bool { return f == disconnected }

// fault says what an error means. It looks through wrapped errors, so that it also understands what
// translate returned.
func (e *engine) fault(err error) fault {
	if err == nil {
		return unknown
	}
	if f := e.classify(err); f != unknown {
		return f
	}
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return disconnected
	}
	// Not net.Error: SQLite's errors are of that interface, too.
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return away
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return away
	}
	return unknown
}

// translate turns a driver's error into one of ours; see the package comment.
func (p *pools) translate(ctx context.Context, query string, err error) error {
	if err == nil {
		return nil
	}
	f := p.engine.fault(err)
	switch f {
	case duplicate:
		return errs.New(errs.Conflict, "This already exists.").Because(err)
	case tooLong:
		return errs.New(errs.Invalid, "A text is too long.").Because(err)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return errs.New(errs.NotFound, "").Because(err)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if f != unknown {
		return errs.New(errs.Unavailable, "The database can’t be reached. Please try again in a moment.").
			Because(err).After(5 * time.Second)
	}
	return &queryError{query: query, cause: err}
}

// queryError says which query failed; the arguments are kept out of the log.
type queryError struct {
	query string
	cause error
}

func (e *queryError) Error() string {
	return e.cause.Error() + " in: " + strings.Join(strings.Fields(e.query), " ")
}

func (e *queryError) Unwrap() error { return e.cause }
