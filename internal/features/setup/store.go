package setup

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// isEmpty reports whether nobody can sign in, could before or administers the site. Those who take part by an address alone
// do neither.
func isEmpty(ctx context.Context, q sqldb.Querier) (empty bool, err error) {
	err = q.Get(ctx, &empty, `
		SELECT NOT EXISTS (SELECT 1 FROM people WHERE password <> '' OR admin)
		   AND NOT EXISTS (SELECT 1 FROM site_settings WHERE name = ? AND value = ?)`, settings.SetUp, settings.Passed)
	if err != nil {
		return false, fmt.Errorf("look for accounts: %w", err)
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
