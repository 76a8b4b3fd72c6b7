package accounts

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// listAppPasswords returns the app passwords of a person, the newest first.
func listAppPasswords(ctx context.Context, q sqldb.Querier, personID int64) ([]AppPassword, error) {
	var all []AppPassword
	err := q.Select(ctx, &all, `
		SELECT id, name, scope, secret_hash, created_at, expires_at, used_at FROM app_passwords WHERE person_id = ? ORDER BY id DESC`, personID)
	if err != nil {
		return nil, fmt.Errorf("list the app passwords of person %d: %w", personID, err)
	}
	return all, nil
}

// insertAppPassword keeps an app password, if the person has not too many.
func insertAppPassword(ctx context.Context, tx *sqldb.Tx, personID int64, p AppPassword) error {
	var held int
	if err := tx.Get(ctx, &held, `SELECT COUNT(*) FROM app_passwords WHERE person_id = ?`, personID); err != nil {
		return fmt.Errorf("count the app passwords of person %d: %w", personID, err)
	}
	if held >= maxAppPasswords {
		return errs.Check(errs.Field("name", "You can’t have more than %d app passwords. Remove one first.", maxAppPasswords))
	}
	_, err := tx.Insert(ctx, `INSERT INTO app_passwords (person_id, name, scope, secret_hash, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)`,
		personID, p.Name, p.Scope, p.SecretHash, tx.Now, p.ExpiresAt)
	if err != nil {
		return fmt.Errorf("insert an app password: %w", err)
	}
	return nil
}

func deleteAppPassword(ctx context.Context, tx *sqldb.Tx, personID, id int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM app_passwords WHERE person_id = ? AND id = ?`, personID, id); err != nil {
		return fmt.Errorf("end app password %d: %w", id, err)
	}
	return nil
}

// deleteAppPasswords ends all app passwords of a person.
func deleteAppPasswords(ctx context.Context, tx *sqldb.Tx, personID int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM app_passwords WHERE person_id = ?`, personID); err != nil {
		return fmt.Errorf("end the app passwords of person %d: %w", personID, err)
	}
	return nil
}

func updateAppPasswordUsed(ctx context.Context, tx *sqldb.Tx, id int64) error {
	if _, err := tx.Exec(ctx, `UPDATE app_passwords SET used_at = ? WHERE id = ?`, tx.Now, id); err != nil {
		return fmt.Errorf("note the use of app password %d: %w", id, err)
	}
	return nil
}

// sweepAppPasswords removes what ended before a point in time.
func sweepAppPasswords(ctx context.Context, db *sqldb.DB, before clock.Time) error {
	err := sqldb.Sweep(ctx, db, sqldb.Removal[int64](ctx, `DELETE FROM app_passwords WHERE id IN (?)`), `SELECT id FROM app_passwords WHERE expires_at < ? ORDER BY id`, before)
	if err != nil {
		return fmt.Errorf("remove app passwords that have ended: %w", err)
	}
	return nil
}
