package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Limit allows something a number of times in a span.
type Limit struct {
	Name  string // what is counted; the same name counts together
	Count int
	Per   time.Duration

	// By names who is counted; nil counts by the client's network address.
	By func(r *http.Request) string
}

// Limiter counts in the table throttles, so that all processes of a site count together. It keeps a
// hash of whom it counts: no addresses lie around.
type Limiter struct {
	db    *sqldb.DB
	clock clock.Clock
}

// NewLimiter returns a limiter.
func NewLimiter(db *sqldb.DB, c clock.Clock) *Limiter { return &Limiter{db: db, clock: c} }

// Request counts a request. It returns TooMany with the time to wait when the limit is used up.
func (l *Limiter) Request(r *http.Request, limit Limit) error {
	var subject string
	if limit.By != nil {
		subject = limit.By(r)
	} else {
		subject = Network(RecordOf(r.Context()).Client)
	}
	return l.Allow(r.Context(), limit, subject)
}

// Allow counts one more for the subject. It returns TooMany with the time to wait when the limit is
// used up; what is refused is not counted, so that waiting always helps.
func (l *Limiter) Allow(ctx context.Context, limit Limit, subject string) error {
	key := throttleKey(limit.Name, subject)
	// Another process may insert the first count at the same moment; then ours is the second.
	for range 3 {
		counted, wait, err := l.count(ctx, key, limit)
		switch {
		case err != nil:
			return fmt.Errorf("count %s: %w", limit.Name, err)
		case counted:
			return nil
		case wait > 0:
			return errs.New(errs.TooMany, "That was too often. Please wait a little and try again.").After(wait)
		}
	}
	return errs.New(errs.Unavailable, "The site is very busy. Please try again in a moment.").After(time.Second)
}

// count adds one in the current span, or begins a new span. It returns how long to wait when the span's
// count is used up, and neither when somebody else began the span at the same moment.
func (l *Limiter) count(ctx context.Context, key string, limit Limit) (counted bool, wait time.Duration, err error) {
	err = l.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		counted, wait = false, 0
		now := l.clock.Now()
		until := clock.At(now.Add(limit.Per))
		rows, err := tx.Exec(ctx, `UPDATE throttles SET count = count + 1 WHERE key_hash = ? AND resets_at > ? AND count < ?`, key, now, limit.Count)
		if err == nil && rows == 0 {
			rows, err = tx.Exec(ctx, `UPDATE throttles SET count = 1, resets_at = ? WHERE key_hash = ? AND resets_at <= ?`, until, key, now)
		}
		if err != nil || rows > 0 {
			counted = rows > 0
			return err
		}
		var standing []struct {
			Count    int        `db:"count"`
			ResetsAt clock.Time `db:"resets_at"`
		}
		if err := tx.Select(ctx, &standing, `SELECT count, resets_at FROM throttles WHERE key_hash = ?`, key); err != nil {
			return err
		}
		if len(standing) > 0 {
			// A span with room left was begun by somebody else since the first look.
			if standing[0].Count >= limit.Count {
				wait = standing[0].ResetsAt.Sub(now.Time)
			}
			return nil
		}
		counted, err = tx.InsertNew(ctx, `INSERT INTO throttles (key_hash, count, resets_at) VALUES (?, 1, ?)`, key, until)
		return err
	})
	return counted, wait, err
}

// Forget sets the subject's count back: after a sign-in that worked.
func (l *Limiter) Forget(ctx context.Context, limit Limit, subject string) error {
	err := l.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM throttles WHERE key_hash = ?`, throttleKey(limit.Name, subject))
		return err
	})
	if err != nil {
		return fmt.Errorf("forget %s: %w", limit.Name, err)
	}
	return nil
}

// Purge removes counts whose span is over. A periodic job calls it.
func (l *Limiter) Purge(ctx context.Context) error {
	err := l.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM throttles WHERE resets_at <= ?`, l.clock.Now())
		return err
	})
	if err != nil {
		return fmt.Errorf("purge throttles: %w", err)
	}
	return nil
}

func throttleKey(name, subject string) string {
	sum := sha256.Sum256([]byte(name + "\x00" + subject))
	return hex.EncodeToString(sum[:])
}

// Network returns what one household has of addresses: the IPv4 address, or the first 64 bits of an
// IPv6 address. An invalid address gives "".
func Network(addr netip.Addr) string {
	switch {
	case !addr.IsValid():
		return ""
	case addr.Is4():
		return addr.String()
	default:
		prefix, err := addr.Prefix(64)
		if err != nil {
			return addr.String()
		}
		return prefix.String()
	}
}
