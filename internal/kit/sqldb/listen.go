package sqldb

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Listen calls wake whenever a transaction of any process called Wake for the channel, and once at the
// start, because something may have happened before. It holds a connection of its own until ctx or the
// connection ends, and returns why. Where the engine carries no such messages it waits for ctx.
//
// Messages get lost when the connection does: callers look by themselves now and then as well.
func (db *DB) Listen(ctx context.Context, channel string, wake func()) error {
	if db.engine.notify == "" {
		<-ctx.Done()
		return ctx.Err()
	}
	conn, err := pgx.ConnectConfig(ctx, db.postgres.Copy())
	if err != nil {
		return db.translate(ctx, "LISTEN", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
		return db.translate(ctx, "LISTEN", err)
	}
	for {
		wake()
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return db.translate(ctx, "LISTEN", err)
		}
	}
}

// Wake tells the listeners of a channel, in all processes, that something has been committed. Only PostgreSQL
// carries it; elsewhere nothing happens. It is no part of a transaction: one that notifies holds a lock of the
// whole server until its commit is on the disk, so that no two of them share a write.
func (db *DB) Wake(ctx context.Context, channel string) error {
	if db.engine.notify == "" {
		return nil
	}
	b, err := db.bind(db.engine.notify, "", []any{channel})
	if err != nil {
		return err
	}
	_, err = db.write.ExecContext(ctx, b.text, b.args...)
	return db.translate(ctx, "NOTIFY", err)
}
