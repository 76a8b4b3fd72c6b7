package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
)

// Tx is a transaction, valid while the function that Write called runs. It is not safe for concurrent use.
type Tx struct {
	Now clock.Time // when this try of the transaction began: the time of everything it writes

	pools *pools
	tx    *sql.Tx
	after []func()
	depth int // of Nested
}

const (
	maxCollisions  = 10               // tries of a transaction that collides with others
	maxDisconnects = 3                // tries on connections that turn out to be dead
	retryTimeout   = 20 * time.Second // no new try after this time
	writerWait     = 30 * time.Second // SQLite: how long a write waits for the writes before it
)

// Write runs fn in one transaction and commits it if fn returns nil; an error or a panic rolls it back
// and is passed on. After a deadlock, a serialization failure or a lost connection before the commit,
// fn runs again from the start, a few times, on a new Tx. On SQLite those who queue to write share a commit.
//
// A commit whose answer got lost is errs.Unavailable, although it may have happened. Either way it is counted by
// Changes.
func (db *DB) Write(ctx context.Context, fn func(tx *Tx) error) error {
	return db.transact(ctx, fn, true)
}

// WriteUnseen is Write for what no page shows to somebody who has not signed in, such as a session, a throttle or the
// state of a job. Changes does not count it.
func (db *DB) WriteUnseen(ctx context.Context, fn func(tx *Tx) error) error {
	return db.transact(ctx, fn, false)
}

type readOnlyKey struct{}

// ReadOnly returns a context in which Write and WriteUnseen fail, so that nothing can happen by accident.
func ReadOnly(ctx context.Context) context.Context {
	return context.WithValue(ctx, readOnlyKey{}, true)
}

var errReadOnly = errors.New("nothing may be written here")

func (db *DB) transact(ctx context.Context, fn func(tx *Tx) error, seen bool) error {
	if ctx.Value(readOnlyKey{}) != nil {
		return errReadOnly
	}
	start := time.Now()
	defer db.took.write(start)
	for attempt := 1; ; attempt++ {
		tx := &Tx{Now: db.clock.Now(), pools: db.pools}
		committing, err := db.try(ctx, tx, fn)
		if seen && (err == nil || committing) {
			db.changes.Add(1)
		}
		if err == nil {
			for _, f := range tx.after {
				f()
			}
			return nil
		}
		if ctx.Err() != nil || time.Since(start) > retryTimeout || !db.canRetry(err, committing, attempt) {
			return err
		}
		wait := time.Duration(1+rand.IntN(5<<min(attempt, 6))) * time.Millisecond
		if !clock.Pause(ctx, wait) {
			return ctx.Err()
		}
	}
}

// canRetry reports whether a failed transaction can succeed when it is run again.
func (db *DB) canRetry(err error, committing bool, attempt int) bool {
	switch db.engine.fault(err) {
	case collision:
		return attempt < maxCollisions
	case disconnected:
		return !committing && attempt < maxDisconnects
	default:
		return false
	}
}

// try runs the transaction once. committing says that the commit was sent, so that its fate is unknown.
func (db *DB) try(ctx context.Context, tx *Tx, fn func(tx *Tx) error) (committing bool, err error) {
	if db.writer != nil {
		return db.tryShared(ctx, tx, fn)
	}
	tx.tx, err = db.write.BeginTx(ctx, nil)
	if err != nil {
		return false, db.translate(ctx, "BEGIN", err)
	}
	defer tx.tx.Rollback() //nolint:errcheck // After a commit there is nothing left to roll back; otherwise the first error counts.
	if err := fn(tx); err != nil {
		return false, err
	}
	return true, db.translate(ctx, "COMMIT", tx.tx.Commit())
}

// acquireWriter waits for SQLite's only writer.
func (db *DB) acquireWriter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case db.writer <- struct{}{}:
		return nil
	default:
	}
	timer := time.NewTimer(writerWait)
	defer timer.Stop()
	select {
	case db.writer <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return errs.New(errs.Unavailable, "The database is busy. Please try again in a moment.").After(5 * time.Second)
	}
}

// Get scans the first row into dest; no row is errs.NotFound.
func (tx *Tx) Get(ctx context.Context, dest any, query string, args ...any) error {
	return tx.pools.get(ctx, tx.tx, dest, query, "", args)
}

// Select scans every row into the slice that dest points to, in place of what it holds.
func (tx *Tx) Select(ctx context.Context, dest any, query string, args ...any) error {
	return tx.pools.selectAll(ctx, tx.tx, dest, query, "", args)
}

// GetLocked is Get for a row that nobody else may change or lock until the transaction ends. Rows that
// refer to it can be added meanwhile on PostgreSQL; on MariaDB their foreign keys wait for the lock. On
// SQLite, where a transaction writes alone, it is Get.
func (tx *Tx) GetLocked(ctx context.Context, dest any, query string, args ...any) error {
	return tx.pools.get(ctx, tx.tx, dest, query, tx.pools.engine.locked, args)
}

// SelectLocked is Select for rows that nobody else may change or lock until the transaction ends.
func (tx *Tx) SelectLocked(ctx context.Context, dest any, query string, args ...any) error {
	return tx.pools.selectAll(ctx, tx.tx, dest, query, tx.pools.engine.locked, args)
}

// SelectSkipLocked is SelectLocked passing over the rows that another transaction has locked.
func (tx *Tx) SelectSkipLocked(ctx context.Context, dest any, query string, args ...any) error {
	return tx.pools.selectAll(ctx, tx.tx, dest, query, tx.pools.engine.skipLocked, args)
}

// Exec runs a statement and returns how many rows it matched, whether they changed or not.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (rows int64, err error) {
	b, err := tx.pools.bind(query, "", args)
	if err != nil {
		return 0, err
	}
	result, err := tx.tx.ExecContext(ctx, b.text, b.args...)
	if err != nil {
		return 0, tx.pools.translate(ctx, query, err)
	}
	return result.RowsAffected()
}

// Insert inserts one row into a table with a column id and returns the id, which the database gives
// unless the statement names it (see SyncIDs). A row that exists already is errs.Conflict.
func (tx *Tx) Insert(ctx context.Context, query string, args ...any) (id int64, err error) {
	if tx.pools.engine.returning {
		err := tx.pools.get(ctx, tx.tx, &id, query, " RETURNING id", args)
		return id, err
	}
	b, err := tx.pools.bind(query, "", args)
	if err != nil {
		return 0, err
	}
	result, err := tx.tx.ExecContext(ctx, b.text, b.args...)
	if err != nil {
		return 0, tx.pools.translate(ctx, query, err)
	}
	return result.LastInsertId()
}

// InsertNew inserts one row unless it collides with a unique key, and reports whether it did. The
// transaction goes on either way. The query is an INSERT … VALUES with one row.
func (tx *Tx) InsertNew(ctx context.Context, query string, args ...any) (inserted bool, err error) {
	if tx.pools.engine.newByError {
		_, err := tx.Exec(ctx, query, args...)
		if tx.pools.engine.fault(err) == duplicate {
			return false, nil
		}
		return err == nil, err
	}
	rows, err := tx.Exec(ctx, query+tx.pools.engine.onConflict, args...)
	return rows > 0, err
}

// rowsPerInsert bounds one statement of InsertRows; with padding to powers of two the number of
// different texts stays small.
const rowsPerInsert = 128

// InsertRows inserts many rows with few statements. The query ends before VALUES:
//
//	tx.InsertRows(ctx, `INSERT INTO tags (name, kind)`, [][]any{{"music", 1}, {"film", 1}})
func (tx *Tx) InsertRows(ctx context.Context, query string, rows [][]any) error {
	return tx.insertRows(ctx, query, "", rows)
}

// InsertNewRows is InsertRows passing over the rows that collide with a unique key.
func (tx *Tx) InsertNewRows(ctx context.Context, query string, rows [][]any) error {
	return tx.insertRows(ctx, query, tx.pools.engine.passOver(query), rows)
}

func (tx *Tx) insertRows(ctx context.Context, query, suffix string, rows [][]any) error {
	for len(rows) > 0 {
		n := min(len(rows), rowsPerInsert)
		for n < rowsPerInsert && n&(n-1) != 0 {
			n &= n - 1 // the largest power of two, so that few texts are ever prepared
		}
		var b strings.Builder
		b.WriteString(query)
		b.WriteString(" VALUES ")
		args := make([]any, 0, n*len(rows[0]))
		for i, row := range rows[:n] {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString("(?" + strings.Repeat(", ?", len(row)-1) + ")")
			args = append(args, row...)
		}
		b.WriteString(suffix)
		if _, err := tx.Exec(ctx, b.String(), args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// UpdateFrom changes one column of all rows of a table of which a query says something else, by one statement, and returns
// how many that were. The query has a column id and a column value.
func (tx *Tx) UpdateFrom(ctx context.Context, table, column, query string, args ...any) (rows int64, err error) {
	return tx.Exec(ctx, fmt.Sprintf(tx.pools.engine.updateFrom, table, column, query), args...)
}

// SyncIDs lets the ids that the database gives follow the largest one in the table. An import calls it
// after it inserted rows with ids of their own; PostgreSQL would give those ids again.
func (tx *Tx) SyncIDs(ctx context.Context, table string) error {
	if tx.pools.engine.syncIDs == "" {
		return nil
	}
	_, err := tx.Exec(ctx, fmt.Sprintf(tx.pools.engine.syncIDs, table))
	return err
}

// Nested runs fn inside a savepoint: if it returns an error, what it did is undone, the error is
// returned and the transaction can go on.
func (tx *Tx) Nested(ctx context.Context, fn func() error) error {
	tx.depth++
	defer func() { tx.depth-- }()
	name := fmt.Sprintf("nested_%d", tx.depth)
	if _, err := tx.Exec(ctx, "SAVEPOINT "+name); err != nil {
		return err
	}
	hooks := len(tx.after)
	if err := fn(); err != nil {
		tx.after = tx.after[:hooks]
		if _, rollback := tx.Exec(ctx, "ROLLBACK TO SAVEPOINT "+name); rollback != nil {
			return fmt.Errorf("%w (and undoing it failed: %w)", err, rollback)
		}
		return err
	}
	_, err := tx.Exec(ctx, "RELEASE SAVEPOINT "+name)
	return err
}

// AfterCommit has fn called once the transaction is committed, in the order of the calls; never if it
// is not.
func (tx *Tx) AfterCommit(fn func()) { tx.after = append(tx.after, fn) }
