package dkim

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/dkim"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Key is a key as it is kept.
type Key struct {
	dkim.Key

	CreatedAt   clock.Time
	PublishedAt clock.Time // since when DNS shows it; zero: it does not
	Signs       bool       // the newest one of the site's domain that DNS shows
	Lost        bool       // it was sealed with another secret: it can only be removed
	Elsewhere   bool       // it is of another domain than mails are sent from now, and signs none of them
}

// Keys returns all keys, the newest first.
func (d *DKIM) Keys(ctx context.Context) ([]Key, error) {
	var rows []struct {
		Selector    string     `db:"selector"`
		Domain      string     `db:"domain"`
		Private     string     `db:"private_key"`
		CreatedAt   clock.Time `db:"created_at"`
		PublishedAt clock.Time `db:"published_at"`
	}
	err := d.deps.DB.Select(ctx, &rows, `SELECT selector, domain, private_key, created_at, published_at FROM dkim_keys ORDER BY created_at DESC, selector DESC`)
	if err != nil {
		return nil, fmt.Errorf("read the keys of DKIM: %w", err)
	}
	keys, signs := make([]Key, len(rows)), false
	for i, r := range rows {
		text, err := d.box.Open(r.Private, r.Selector)
		if err != nil {
			keys[i] = Key{Key: dkim.Key{Domain: r.Domain, Selector: r.Selector}, CreatedAt: r.CreatedAt, Lost: true}
			continue
		}
		parsed, err := dkim.Parse(r.Domain, r.Selector, text)
		if err != nil {
			return nil, err
		}
		keys[i] = Key{Key: parsed, CreatedAt: r.CreatedAt, PublishedAt: r.PublishedAt, Elsewhere: r.Domain != d.domain}
		if !signs && !r.PublishedAt.IsZero() && r.Domain == d.domain {
			keys[i].Signs, signs = true, true
		}
	}
	return keys, nil
}

func (d *DKIM) insert(ctx context.Context, k dkim.Key, now clock.Time) error {
	text, err := k.PEM()
	if err != nil {
		return err
	}
	err = d.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO dkim_keys (selector, domain, private_key, created_at) VALUES (?, ?, ?, ?)`, k.Selector, k.Domain, d.box.Seal(text, k.Selector), now)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep a key of DKIM: %w", err)
	}
	return nil
}

// Remove removes a key. NotFound is one that there is not.
func (d *DKIM) Remove(ctx context.Context, selector string) error {
	return d.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM dkim_keys WHERE selector = ?`, selector)
		if err != nil {
			return fmt.Errorf("remove a key of DKIM: %w", err)
		}
		if n == 0 {
			return errs.New(errs.NotFound, "There is no key with this selector.")
		}
		return nil
	})
}

func (d *DKIM) notePublished(ctx context.Context, selector string, shown bool) error {
	var at clock.Time
	if shown {
		at = d.deps.DB.Now()
	}
	err := d.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE dkim_keys SET published_at = ? WHERE selector = ?`, at, selector)
		return err
	})
	if err != nil {
		return fmt.Errorf("note that DNS shows a key of DKIM: %w", err)
	}
	return nil
}
