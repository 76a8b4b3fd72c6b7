package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"grouprise.org/grouprise/internal/app/offered"
	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/schema"
)

// patience is how long a start waits for a database: it may have been switched on with us.
const patience = time.Minute

// Migrate opens a site's database, brings it up to this program's version and closes it. It builds no house.
func Migrate(ctx context.Context, o *options.Options, log *slog.Logger) error {
	db, err := sqldb.Open(ctx, o.DatabaseConfig())
	if err != nil {
		return err
	}
	err = sqldb.Await(ctx, db, log, patience)
	if err == nil {
		err = sqldb.Migrate(ctx, db, schema.FS)
	}
	return errors.Join(err, db.Close())
}

// Migrate waits for the database and brings it up to this program's version.
func (h *House) Migrate(ctx context.Context) error {
	if err := sqldb.Await(ctx, h.db, h.log, patience); err != nil {
		return err
	}
	if err := sqldb.Migrate(ctx, h.db, schema.FS); err != nil {
		return err
	}
	return offered.CheckAddresses(ctx, h.db, h.options.NoReplyNames())
}

// AwaitVersion waits for the database and makes sure that it is what the program expects.
func (h *House) AwaitVersion(ctx context.Context) error {
	if err := sqldb.Await(ctx, h.db, h.log, patience); err != nil {
		return err
	}
	return h.CheckVersion(ctx)
}

// CheckVersion makes sure that the database is what the program expects. It does not wait.
func (h *House) CheckVersion(ctx context.Context) error {
	database, program, err := sqldb.Versions(ctx, h.db, schema.FS)
	switch {
	case err != nil:
		return err
	case database > program:
		return &sqldb.NewerError{Database: database, Program: program}
	case database < program:
		return fmt.Errorf("the database has version %d and this program needs version %d: run grouprise migrate", database, program)
	}
	return offered.CheckAddresses(ctx, h.db, h.options.NoReplyNames())
}
