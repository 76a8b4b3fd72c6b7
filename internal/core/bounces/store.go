package bounces

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/kit/bounce"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// SetAside is the condition that no mails go to an address, for rooms that read the table email_addresses as m.
const SetAside = `EXISTS (SELECT 1 FROM bounced_addresses b WHERE b.address_id = m.id AND b.set_aside_at IS NOT NULL)`

// owned is an address of somebody.
type owned struct {
	ID      int64  `db:"id"`
	Address string `db:"address"`
}

func getAddress(ctx context.Context, q sqldb.Querier, id int64) (a owned, err error) {
	if err := q.Get(ctx, &a, `SELECT id, address FROM email_addresses WHERE id = ?`, id); err != nil {
		return a, fmt.Errorf("get the address of a bounce: %w", err)
	}
	return a, nil
}

// mostCounted is how many bounces of an address are counted. Nobody needs to know of more.
const mostCounted = 100

// mattersStill reports whether a bounce of an address would change anything: it is one, and one of few or the first to set
// the address aside.
func mattersStill(ctx context.Context, tx *sqldb.Tx, addressID int64, k bounce.Kind) (bool, error) {
	if !k.Hard() && !k.Soft() {
		return false, nil
	}
	var many []bool // whether it is set aside
	err := tx.Select(ctx, &many, `SELECT set_aside_at IS NOT NULL FROM bounced_addresses WHERE address_id = ? AND bounces >= ? AND (set_aside_at IS NOT NULL OR bounced_at > ?)`,
		addressID, mostCounted, clock.At(tx.Now.Add(-remembered)))
	if err != nil {
		return false, fmt.Errorf("look for bounces: %w", err)
	}
	return len(many) == 0 || k.Hard() && !many[0], nil
}

// note counts a bounce of an address, and sets it aside for a hard one. What set it aside stands until it is forgiven.
func note(ctx context.Context, tx *sqldb.Tx, a owned, r bounce.Result) error {
	if !r.Kind.Hard() && !r.Kind.Soft() {
		return nil
	}
	answer := mime.Shorten(r.Answer, maxAnswer)
	if err := forgetOld(ctx, tx, a.ID); err != nil {
		return err
	}
	for range 2 {
		counted, err := count(ctx, tx, a.ID, r.Kind, answer)
		if err != nil || counted {
			return err
		}
		var setAside clock.Time
		if r.Kind.Hard() {
			setAside = tx.Now
		}
		inserted, err := tx.InsertNew(ctx, `INSERT INTO bounced_addresses (address_id, domain, kind, answer, bounces, bounced_at, set_aside_at) VALUES (?, ?, ?, ?, 1, ?, ?)`,
			a.ID, mime.Address{Addr: mime.Address{Addr: a.Address}.Key()}.Domain(), r.Kind, answer, tx.Now, setAside)
		if err != nil {
			return fmt.Errorf("note a bounce: %w", err)
		}
		if inserted {
			return nil
		}
	}
	return errs.New(errs.Unavailable, "The site is very busy. Please try again in a moment.") // somebody else notes and forgives at the same time
}

// maxAnswer is how much is kept of what another server said, in characters.
const maxAnswer = 300

// count counts one more bounce of an address of which some are noted.
func count(ctx context.Context, tx *sqldb.Tx, id int64, k bounce.Kind, answer string) (counted bool, err error) {
	statement := `UPDATE bounced_addresses SET bounces = bounces + 1, bounced_at = ?, kind = CASE WHEN set_aside_at IS NULL THEN ? ELSE kind END,
		answer = CASE WHEN set_aside_at IS NULL THEN ? ELSE answer END WHERE address_id = ?`
	args := []any{tx.Now, k, answer, id}
	if k.Hard() {
		statement = `UPDATE bounced_addresses SET bounces = bounces + 1, bounced_at = ?, kind = ?, answer = ?, set_aside_at = COALESCE(set_aside_at, ?) WHERE address_id = ?`
		args = []any{tx.Now, k, answer, tx.Now, id}
	}
	rows, err := tx.Exec(ctx, statement, args...)
	if err != nil {
		return false, fmt.Errorf("count a bounce: %w", err)
	}
	return rows > 0, nil
}

// forgetOld forgets what came back of an address so long ago that it does not count any more.
func forgetOld(ctx context.Context, tx *sqldb.Tx, id int64) error {
	_, err := tx.Exec(ctx, `DELETE FROM bounced_addresses WHERE address_id = ? AND set_aside_at IS NULL AND bounced_at <= ?`, id, clock.At(tx.Now.Add(-remembered)))
	if err != nil {
		return fmt.Errorf("forget old bounces: %w", err)
	}
	return nil
}

// Forgive forgets what came back of an address: it has proved to work, or somebody vouches for it. Mails go to it again.
func Forgive(ctx context.Context, tx *sqldb.Tx, addressID int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM bounced_addresses WHERE address_id = ?`, addressID); err != nil {
		return fmt.Errorf("forgive the bounces of an address: %w", err)
	}
	return nil
}

// forgiveSoft forgets what came back of an address that is not set aside.
func forgiveSoft(ctx context.Context, tx *sqldb.Tx, addressID int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM bounced_addresses WHERE address_id = ? AND set_aside_at IS NULL`, addressID); err != nil {
		return fmt.Errorf("forgive the bounces of an address: %w", err)
	}
	return nil
}

// RemoveOld forgets all bounces that are too old to count and set no address aside; a periodic job calls it.
func (b *Bounces) RemoveOld(ctx context.Context) error {
	return sqldb.Sweep(ctx, b.db, sqldb.Removal[int64](ctx, `DELETE FROM bounced_addresses WHERE set_aside_at IS NULL AND address_id IN (?)`),
		`SELECT address_id FROM bounced_addresses WHERE set_aside_at IS NULL AND bounced_at <= ? ORDER BY bounced_at, address_id`, clock.At(b.db.Now().Add(-remembered)))
}

// DomainCount is how many addresses of a domain had bounces of a kind.
type DomainCount struct {
	Domain    string      `db:"domain"`
	Kind      bounce.Kind `db:"kind"`
	Addresses int         `db:"addresses"`
	Bounces   int         `db:"bounces"`
}

// maxDomains is how many lines about domains are read.
const maxDomains = 200

// Domains returns where mails fail and why, the domains with the most addresses first.
func (b *Bounces) Domains(ctx context.Context) ([]DomainCount, error) {
	var all []DomainCount
	err := b.db.Select(ctx, &all, `
		SELECT b.domain, b.kind, COUNT(*) AS addresses, SUM(b.bounces) AS bounces FROM bounced_addresses b
		  JOIN (SELECT domain, COUNT(*) AS failing FROM bounced_addresses GROUP BY domain) d ON d.domain = b.domain
		 GROUP BY b.domain, d.failing, b.kind ORDER BY d.failing DESC, b.domain, addresses DESC, b.kind LIMIT ?`, maxDomains)
	if err != nil {
		return nil, fmt.Errorf("count bounces by domain: %w", err)
	}
	return all, nil
}

// Failed is an address that is set aside.
type Failed struct {
	AddressID  int64       `db:"address_id"`
	Address    string      `db:"address"`
	Kind       bounce.Kind `db:"kind"`
	Answer     string      `db:"answer"`
	SetAsideAt clock.Time  `db:"set_aside_at"`
	Slug       string      `db:"slug"` // of whose it is
	Name       string      `db:"name"`
}

// Cursor returns the place of an address in the list.
func (f Failed) Cursor() paging.Cursor { return paging.Cursor{At: f.SetAsideAt, ID: f.AddressID} }

// List returns addresses that are set aside, the latest first: those behind a cursor.
func (b *Bounces) List(ctx context.Context, after paging.Cursor, limit int) ([]Failed, error) {
	behind, args := after.Behind("b.set_aside_at", "b.address_id")
	var all []Failed
	err := b.db.Select(ctx, &all, `
		SELECT b.address_id, m.address, b.kind, b.answer, b.set_aside_at, e.slug, e.name
		  FROM bounced_addresses b JOIN email_addresses m ON m.id = b.address_id JOIN people p ON p.id = m.person_id JOIN entities e ON e.id = p.entity_id
		 WHERE b.set_aside_at IS NOT NULL AND `+behind+` ORDER BY b.set_aside_at DESC, b.address_id DESC LIMIT ?`, append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("list the addresses that are set aside: %w", err)
	}
	return all, nil
}

// Count returns how many addresses are set aside.
func (b *Bounces) Count(ctx context.Context) (n int, err error) {
	if err := b.db.Get(ctx, &n, `SELECT COUNT(*) FROM bounced_addresses WHERE set_aside_at IS NOT NULL`); err != nil {
		return 0, fmt.Errorf("count the addresses that are set aside: %w", err)
	}
	return n, nil
}

// TakeBack lets mails go to an address again that is set aside; NotFound if it is not.
func (b *Bounces) TakeBack(ctx context.Context, addressID int64) error {
	return b.db.Write(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Exec(ctx, `DELETE FROM bounced_addresses WHERE address_id = ? AND set_aside_at IS NOT NULL`, addressID)
		if err != nil {
			return fmt.Errorf("take an address back: %w", err)
		}
		if rows == 0 {
			return errs.New(errs.NotFound, "Emails go to this address already.")
		}
		return nil
	})
}
