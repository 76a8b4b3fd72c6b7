package mailin

import (
	"context"
	"fmt"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// RemoveExpired throws away held messages that waited too long.
func (in *Intake) RemoveExpired(ctx context.Context) error {
	return sqldb.Sweep(ctx, in.DB, sqldb.Removal[int64](ctx, `DELETE FROM held_messages WHERE id IN (?)`),
		`SELECT id FROM held_messages WHERE expires_at <= ? ORDER BY id`, in.DB.Now())
}

// ForgetReceived forgets which messages came longer ago than an age: no mail server brings them again.
func (in *Intake) ForgetReceived(ctx context.Context, age time.Duration) error {
	before := clock.At(in.DB.Now().Add(-age))
	forget := func(tx *sqldb.Tx, hashes []string) error {
		_, err := tx.Exec(ctx, `DELETE FROM received_messages WHERE message_hash IN (?) AND received_at <= ?`, hashes, before)
		return err
	}
	return sqldb.Sweep(ctx, in.DB, forget, `SELECT DISTINCT message_hash FROM received_messages WHERE received_at <= ? ORDER BY message_hash`, before)
}

// RemoveReplyKeys removes the keys of reply addresses that answer something deleted. All others stay: mails are answered
// years later.
func (in *Intake) RemoveReplyKeys(ctx context.Context) error {
	remove := sqldb.Removal[int64](ctx, `DELETE FROM reply_keys WHERE id IN (?)`)
	for _, find := range []string{
		`SELECT k.id FROM contents c JOIN reply_keys k ON k.content_id = c.id WHERE c.deleted_at IS NOT NULL ORDER BY k.id`,
		`SELECT k.id FROM contributions c JOIN reply_keys k ON k.contribution_id = c.id WHERE c.deleted_at IS NOT NULL ORDER BY k.id`,
		`SELECT k.id FROM contents o JOIN contributions c ON c.content_id = o.id JOIN reply_keys k ON k.contribution_id = c.id WHERE o.deleted_at IS NOT NULL ORDER BY k.id`,
		`SELECT k.id FROM conversations o JOIN contributions c ON c.conversation_id = o.id JOIN reply_keys k ON k.contribution_id = c.id WHERE o.deleted_at IS NOT NULL ORDER BY k.id`,
	} {
		if err := sqldb.Sweep(ctx, in.DB, remove, find); err != nil {
			return fmt.Errorf("remove reply keys: %w", err)
		}
	}
	return nil
}
