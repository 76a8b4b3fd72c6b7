package sqldb

import (
	"context"
	"database/sql"

	"github.com/ncruces/go-sqlite3"
)

// SQLite has one writer, and each commit waits for the disk. So those who queue to write share a transaction:
// each finds what the ones before it wrote, is undone alone if it fails, and returns when all of it is
// durable. Whoever writes while nobody waits has a transaction of their own. This is group commit as servers
// have it; a thousandth of a second that the disk takes is not a thousandth for each.

// sharedTx is an open transaction of the writer that several calls of Write may share. Who holds the token of
// the writer may use it.
type sharedTx struct {
	tx    *sql.Tx
	ended chan struct{} // closed when it has ended
	err   error         // how it ended; valid when done
}

// tryShared is try where there is one writer. A caller that has written gives the token on and queues for it
// again: until it is its turn, everybody who queued before has joined. Then it commits for all, unless
// somebody else has done so meanwhile.
func (db *DB) tryShared(ctx context.Context, tx *Tx, fn func(tx *Tx) error) (committing bool, err error) {
	if err := db.acquireWriter(ctx); err != nil {
		return false, err
	}
	shared, err := db.join(ctx, tx, fn)
	if err != nil {
		return false, err
	}
	select {
	case <-shared.ended:
	case db.writer <- struct{}{}:
		if db.open == shared {
			db.end(shared.tx.Commit())
		}
		<-db.writer
	}
	return true, db.translate(ctx, "COMMIT", shared.err)
}

// join runs fn in the open transaction, or in a new one, and gives the token on.
func (db *DB) join(ctx context.Context, tx *Tx, fn func(tx *Tx) error) (*sharedTx, error) {
	defer func() { <-db.writer }()
	own := context.WithoutCancel(ctx) // the end of one caller is not the end of the others
	first := db.open == nil
	if first {
		begun, err := db.write.BeginTx(own, nil)
		if err != nil {
			return nil, db.translate(ctx, "BEGIN", err)
		}
		db.open = &sharedTx{tx: begun, ended: make(chan struct{})}
	}
	shared := db.open
	tx.tx = shared.tx
	if !first {
		if err := db.savepoint(own, "SAVEPOINT joined"); err != nil {
			return nil, db.translate(ctx, "SAVEPOINT", err)
		}
	}
	done := false
	defer func() { // also after a panic
		switch {
		case done:
		case first:
			db.end(shared.tx.Rollback())
		case db.savepoint(own, "ROLLBACK TO joined") == nil:
			_ = db.savepoint(own, "RELEASE joined")
		}
	}()
	if err := fn(tx); err != nil {
		return nil, err
	}
	if !first {
		if err := db.savepoint(own, "RELEASE joined"); err != nil {
			return nil, db.translate(ctx, "RELEASE", err)
		}
	}
	done = true
	return shared, nil
}

// savepoint runs a statement about savepoints. It can only fail when SQLite has rolled the whole transaction back,
// as it does when the disk is full or a write is interrupted: then all who share it try again.
func (db *DB) savepoint(ctx context.Context, statement string) error {
	_, err := db.open.tx.ExecContext(ctx, statement)
	if err != nil {
		_ = db.open.tx.Rollback() // there is nothing left to undo
		db.end(sqlite3.BUSY)
	}
	return err
}

// end tells everybody in the open transaction how it ended.
func (db *DB) end(err error) {
	db.open.err = err
	close(db.open.ended)
	db.open = nil
}

// acquireConnection waits for SQLite's only writer, and commits what others have written meanwhile: those who wait to do
// so wait for the token, and their transaction has the only connection.
func (db *DB) acquireConnection(ctx context.Context) error {
	if err := db.acquireWriter(ctx); err != nil {
		return err
	}
	if db.open != nil {
		db.end(db.open.tx.Commit())
	}
	return nil
}
