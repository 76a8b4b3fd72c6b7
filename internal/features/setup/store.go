package setup

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// isEmpty reports whether nobody administers the site, nor has done so before. Who else has an account does not matter: a
// stranger who is first must not shut the door for whoever runs the machine.
func isEmpty(ctx context.Context, q sqldb.Querier) (empty bool, err error) {
	err = q.Get(ctx, &empty, `
		SELECT NOT EXISTS (SELECT 1 FROM people WHERE admin)
		   AND NOT EXISTS (SELECT 1 FROM site_settings WHERE name = ? AND value = ?)`, settings.SetUp, settings.Passed)
	if err != nil {
		return false, fmt.Errorf("look for administrators: %w", err)
	}
	return empty, nil
}

// deleteCodes ends all codes.
func deleteCodes(ctx context.Context, tx *sqldb.Tx) error {
	if _, err := tx.Exec(ctx, `DELETE FROM tokens WHERE kind = ?`, tokenSetup); err != nil {
		return fmt.Errorf("end the codes for setting the site up: %w", err)
	}
	return nil
}
