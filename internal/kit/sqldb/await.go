package sqldb

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
)

// Await waits until a database can be reached, and says so. It waits for no other mistake.
func Await(ctx context.Context, db *DB, log *slog.Logger, atMost time.Duration) error {
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
		if !clock.Pause(ctx, pause) {
			return ctx.Err()
		}
	}
}
