package offered

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// CheckAddresses refuses a sender of our mails that is the address of a group: what is sent to it is thrown away.
func CheckAddresses(ctx context.Context, db *sqldb.DB, names map[string]string) error {
	for option, name := range names {
		var slug string
		err := db.Get(ctx, &slug, `SELECT slug FROM entities WHERE slug_key = ? AND kind = 'group'`, name)
		if err == nil {
			return fmt.Errorf("%s has the short name of the group %s before the @: mails to the group would be thrown away; choose another address", option, slug)
		}
		if !errs.Is(err, errs.NotFound) {
			return fmt.Errorf("look for the address of %s: %w", option, err)
		}
	}
	return nil
}
