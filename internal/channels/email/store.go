package email

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/core/bounces"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// mailbox is an address of somebody. ID is 0 for one that is nobody's.
type mailbox struct {
	ID      int64  `db:"id"`
	Address string `db:"address"`
}

// mainAddresses returns where mails to people go, for those who have an address that mails reach.
func mainAddresses(ctx context.Context, q sqldb.Querier, people []int64) (map[int64]mailbox, error) {
	var rows []struct {
		mailbox
		PersonID int64 `db:"person_id"`
	}
	err := q.Select(ctx, &rows, `
		SELECT m.id, m.person_id, m.address FROM email_addresses m WHERE m.person_id IN (?) AND m.main AND NOT `+bounces.SetAside+` ORDER BY m.id`, people)
	if err != nil {
		return nil, fmt.Errorf("list the main addresses of people: %w", err)
	}
	addresses := map[int64]mailbox{}
	for _, row := range rows {
		addresses[row.PersonID] = row.mailbox
	}
	return addresses, nil
}

// findMailbox returns the address of somebody that a letter goes to, and whether mails do not reach it. One that is nobody's
// is the zero value.
func findMailbox(ctx context.Context, q sqldb.Querier, address string) (m mailbox, setAside bool, err error) {
	var row struct {
		mailbox
		SetAside bool `db:"set_aside"`
	}
	err = q.Get(ctx, &row, `SELECT m.id, m.address, `+bounces.SetAside+` AS set_aside FROM email_addresses m WHERE m.address_key = ?`, mime.Address{Addr: address}.Key())
	if errs.Is(err, errs.NotFound) {
		return mailbox{}, false, nil
	}
	if err != nil {
		return mailbox{}, false, fmt.Errorf("look for the address of a letter: %w", err)
	}
	return row.mailbox, row.SetAside, nil
}
