package email

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// mainAddresses returns where mails to people go, for those who have an address.
func mainAddresses(ctx context.Context, q sqldb.Querier, people []int64) (map[int64]string, error) {
	var rows []struct {
		PersonID int64  `db:"person_id"`
		Address  string `db:"address"`
	}
	err := q.Select(ctx, &rows, `SELECT person_id, address FROM email_addresses WHERE person_id IN (?) AND main ORDER BY id`, people)
	if err != nil {
		return nil, fmt.Errorf("list the main addresses of people: %w", err)
	}
	addresses := map[int64]string{}
	for _, row := range rows {
		addresses[row.PersonID] = row.Address
	}
	return addresses, nil
}
