package certificates

import (
	"context"
	"crypto"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/kit/acme"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// kept is a certificate as it is kept; the zero value is none.
type kept struct {
	ID        int64      `db:"id"`
	Authority string     `db:"authority"`
	Names     string     `db:"names"` // with blanks between
	Chain     string     `db:"chain"`
	Private   string     `db:"private_key"` // sealed
	IssuedAt  clock.Time `db:"issued_at"`
	ExpiresAt clock.Time `db:"expires_at"`
}

// troubles are the orders that have failed since the last one that did not.
type troubles struct {
	Count  int
	Last   string
	LastAt clock.Time
}

// newest returns the certificate that is in use.
func newest(ctx context.Context, q sqldb.Querier) (kept, error) {
	var all []kept
	err := q.Select(ctx, &all, `SELECT id, authority, names, chain, private_key, issued_at, expires_at FROM certificates ORDER BY id DESC LIMIT 1`)
	if err != nil {
		return kept{}, fmt.Errorf("read the certificate: %w", err)
	}
	if len(all) == 0 {
		return kept{}, nil
	}
	return all[0], nil
}

func failures(ctx context.Context, q sqldb.Querier) (t troubles, err error) {
	var rows []struct {
		Trouble  string     `db:"trouble"`
		FailedAt clock.Time `db:"failed_at"`
	}
	if err := q.Get(ctx, &t.Count, `SELECT COUNT(*) FROM certificate_failures`); err != nil {
		return t, fmt.Errorf("count failed orders of certificates: %w", err)
	}
	if t.Count == 0 {
		return t, nil
	}
	if err := q.Select(ctx, &rows, `SELECT trouble, failed_at FROM certificate_failures ORDER BY id DESC LIMIT 1`); err != nil {
		return t, fmt.Errorf("read why no certificate came: %w", err)
	}
	for _, r := range rows {
		t.Last, t.LastAt = r.Trouble, r.FailedAt
	}
	return t, nil
}

// insert keeps a certificate, and forgets the one before it and what had gone wrong.
func (c *Certificates) insert(ctx context.Context, made acme.Certificate) error {
	pair, err := made.Pair()
	if err != nil {
		return err
	}
	names := strings.Join(c.deps.Names, " ")
	err = c.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		id, err := tx.Insert(ctx, `INSERT INTO certificates (authority, names, chain, private_key, issued_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)`,
			c.deps.Options.Authority, names, string(made.Chain), c.box.Seal(made.Key, names), clock.At(pair.Leaf.NotBefore), clock.At(pair.Leaf.NotAfter))
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM certificates WHERE id < ?`, id); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM certificate_failures`)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep a certificate: %w", err)
	}
	return nil
}

func (c *Certificates) insertFailure(ctx context.Context, trouble string) error {
	err := c.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO certificate_failures (trouble, failed_at) VALUES (?, ?)`, trouble, tx.Now)
		return err
	})
	if err != nil {
		return fmt.Errorf("note that no certificate came: %w", err)
	}
	return nil
}

// accountKey returns the key of our account at the authority, and makes one if there is none.
func (c *Certificates) accountKey(ctx context.Context) (key crypto.Signer, err error) {
	authority := c.deps.Options.Authority
	err = c.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		var rows []string
		if err := tx.Select(ctx, &rows, `SELECT private_key FROM certificate_accounts WHERE authority = ?`, authority); err != nil {
			return err
		}
		for _, sealed := range rows {
			if text, err := c.box.Open(sealed, authority); err == nil {
				key, err = acme.ParseKey(text)
				return err
			}
			// It was sealed with another secret: nobody can use the account any more.
			if _, err := tx.Exec(ctx, `DELETE FROM certificate_accounts WHERE authority = ?`, authority); err != nil {
				return err
			}
		}
		if key, err = acme.GenerateKey(); err != nil {
			return err
		}
		text, err := acme.MarshalKey(key)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO certificate_accounts (authority, private_key, created_at) VALUES (?, ?, ?)`, authority, c.box.Seal(text, authority), tx.Now)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("get at the account for certificates: %w", err)
	}
	return key, nil
}

// Put implements acme.Challenges.
func (c *Certificates) Put(ctx context.Context, ch acme.Challenge) error {
	err := c.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM certificate_challenges WHERE kind = ? AND name = ?`, ch.Kind, ch.Name); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO certificate_challenges (kind, name, answer, created_at) VALUES (?, ?, ?, ?)`,
			ch.Kind, ch.Name, c.box.Seal(ch.Answer, ch.Name), tx.Now)
		return err
	})
	if err != nil {
		return fmt.Errorf("tell the web servers what the authority asks: %w", err)
	}
	return nil
}

// Remove implements acme.Challenges.
func (c *Certificates) Remove(ctx context.Context, ch acme.Challenge) error {
	err := c.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM certificate_challenges WHERE kind = ? AND name = ?`, ch.Kind, ch.Name)
		return err
	})
	if err != nil {
		return fmt.Errorf("forget what the authority asked: %w", err)
	}
	return nil
}

// answer returns what the authority looks for; NotFound if nothing of that name.
func (c *Certificates) answer(ctx context.Context, kind acme.Kind, name string) ([]byte, error) {
	var rows []string
	if err := c.deps.DB.Select(ctx, &rows, `SELECT answer FROM certificate_challenges WHERE kind = ? AND name = ?`, kind, name); err != nil {
		return nil, fmt.Errorf("look for what the authority asks: %w", err)
	}
	if len(rows) == 0 {
		return nil, errs.New(errs.NotFound, "")
	}
	return c.box.Open(rows[0], name)
}

// removeChallenges removes what processes left behind that ended while they waited for the authority.
func (c *Certificates) removeChallenges(ctx context.Context) error {
	return c.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM certificate_challenges WHERE created_at < ?`, clock.At(tx.Now.Add(-2*timeout)))
		return err
	})
}
