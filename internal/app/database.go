package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/schema"
)

// patience is how long a start waits for a database: it may have been switched on with us.
const patience = time.Minute

// migrate waits for the database and brings it up to this program's version.
func (h *House) migrate(ctx context.Context) error {
	if err := await(ctx, h.db, h.log, patience); err != nil {
		return err
	}
	if err := sqldb.Migrate(ctx, h.db, schema.FS); err != nil {
		return err
	}
	return h.checkAddresses(ctx)
}

// awaitVersion waits for the database and makes sure that it is what the program expects.
func (h *House) awaitVersion(ctx context.Context) error {
	if err := await(ctx, h.db, h.log, patience); err != nil {
		return err
	}
	return h.checkVersion(ctx)
}

// checkVersion makes sure that the database is what the program expects. It does not wait.
func (h *House) checkVersion(ctx context.Context) error {
	database, program, err := sqldb.Versions(ctx, h.db, schema.FS)
	switch {
	case err != nil:
		return err
	case database > program:
		return &sqldb.NewerError{Database: database, Program: program}
	case database < program:
		return fmt.Errorf("the database has version %d and this program needs version %d: run grouprise migrate", database, program)
	}
	return h.checkAddresses(ctx)
}

// checkAddresses refuses a sender of our mails that is the address of a group: what is sent to it is thrown away.
func (h *House) checkAddresses(ctx context.Context) error {
	for option, name := range h.options.NoReplyNames() {
		var slug string
		err := h.db.Get(ctx, &slug, `SELECT slug FROM entities WHERE slug_key = ? AND kind = 'group'`, name)
		if err == nil {
			return fmt.Errorf("%s has the short name of the group %s before the @: mails to the group would be thrown away; choose another address", option, slug)
		}
		if !errs.Is(err, errs.NotFound) {
			return fmt.Errorf("look for the address of %s: %w", option, err)
		}
	}
	return nil
}

// await waits until a database can be reached, and says so.
func await(ctx context.Context, db *sqldb.DB, log *slog.Logger, atMost time.Duration) error {
	const pause = 500 * time.Millisecond
	deadline, warned := time.Now().Add(atMost), false
	for {
		err := db.Ping(ctx)
		if !errs.Is(err, errs.Unavailable) {
			return err
		}
		if time.Now().Add(pause).After(deadline) {
			return fmt.Errorf("the database did not answer within %s: %w", atMost, err)
		}
		if !warned {
			log.WarnContext(ctx, "the database does not answer yet and is waited for", "at most", atMost, "error", err)
			warned = true
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}
