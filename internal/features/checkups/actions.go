package checkups

import (
	"context"

	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// askFor lets the task runner examine the site, once however many ask.
func (c *Checkups) askFor(ctx context.Context) error {
	return c.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		if err := noteAsked(ctx, tx); err != nil {
			return err
		}
		return c.deps.Queue.Enqueue(ctx, tx, job, order{Asked: true}, queue.Unique("asked"))
	})
}
