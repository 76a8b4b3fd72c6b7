package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
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

	Whom Whom // who is counted, for lists of limits: the caller says it to Allow
}

// Whom says who is counted.
type Whom string

// Whom limits count.
const (
	PerNetwork           Whom = "network"
	PerAccount           Whom = "account"
	PerVisitor           Whom = "account or network"
	PerAddress           Whom = "mail address"
	PerAddressAndNetwork Whom = "mail address and network"
	PerAccountAndNetwork Whom = "account and network"
	PerLink              Whom = "link"
	PerRecipient         Whom = "recipient"
)

// String returns the limit as lists of limits show it.
func (l Limit) String() string {
	per := strings.NewReplacer("m0s", "m", "h0m0s", "h").Replace(l.Per.String())
	return fmt.Sprintf("%d in %s per %s (%s)", l.Count, per, l.Whom, l.Name)
}

// Account returns the subject that stands for a person's account.
func Account(personID int64) string { return "person " + strconv.FormatInt(personID, 10) }

// Limiter counts in the table throttles, so that all processes of a site count together. It keeps a
// hash of whom it counts: no addresses lie around.
type Limiter struct {
	db    *sqldb.DB
	clock clock.Clock
}

// NewLimiter returns a limiter.
func NewLimiter(db *sqldb.DB, c clock.Clock) *Limiter { return &Limiter{db: db, clock: c} }

// Request counts a request by the network that it comes from. It returns TooMany with the time to wait when the limit is used up.
func (l *Limiter) Request(r *http.Request, limit Limit) error {
	return l.Allow(r.Context(), limit, Network(RecordOf(r.Context()).Client))
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
			return tooOften(wait).After(wait)
		}
	}
	return errs.New(errs.Unavailable, "The site is very busy. Please try again in a moment.").After(time.Second)
}

// tooOften says how long to wait.
func tooOften(wait time.Duration) *errs.Error {
	minutes := int((wait + time.Minute - 1) / time.Minute)
	switch {
	case minutes <= 1:
		return errs.New(errs.TooMany, "Too many attempts. Please wait a minute and try again.")
	case minutes < 120:
		return errs.New(errs.TooMany, "Too many attempts. Please try again in %d minutes.", minutes)
	default:
		return errs.New(errs.TooMany, "Too many attempts. Please try again in %d hours.", (minutes+59)/60)
	}
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

// CountIn counts one more for each of the subjects in a transaction, so that only what is done is counted. It returns
// the first of them whose limit is used up, and how long to wait; the caller then does nothing.
func (l *Limiter) CountIn(ctx context.Context, tx *sqldb.Tx, limit Limit, subjects ...string) (full string, wait time.Duration, err error) {
	if len(subjects) == 0 {
		return "", 0, nil
	}
	now := l.clock.Now()
	until := clock.At(now.Add(limit.Per))
	bySum := map[string]string{}
	for _, subject := range subjects {
		bySum[throttleKey(limit.Name, subject)] = subject
	}
	keys := slices.Sorted(maps.Keys(bySum)) // everybody locks them in this order
	rows := make([][]any, len(keys))
	for i, key := range keys {
		rows[i] = []any{key, 0, until}
	}
	if err := tx.InsertNewRows(ctx, `INSERT INTO throttles (key_hash, count, resets_at)`, rows); err != nil {
		return "", 0, err
	}
	var counts []struct {
		Key      string     `db:"key_hash"`
		Count    int        `db:"count"`
		ResetsAt clock.Time `db:"resets_at"`
	}
	err = tx.SelectLocked(ctx, &counts, `SELECT key_hash, count, resets_at FROM throttles WHERE key_hash IN (?) ORDER BY key_hash`, keys)
	if err != nil {
		return "", 0, err
	}
	for _, c := range counts {
		if c.Count >= limit.Count && c.ResetsAt.After(now.Time) {
			return bySum[c.Key], c.ResetsAt.Sub(now.Time), nil
		}
	}
	_, err = tx.Exec(ctx, `
		UPDATE throttles SET count = CASE WHEN resets_at > ? THEN count + 1 ELSE 1 END, resets_at = CASE WHEN resets_at > ? THEN resets_at ELSE ? END
		 WHERE key_hash IN (?)`, now, now, until, keys)
	return "", 0, err
}

// AllowIn is Allow in a transaction, so that only what is done is counted.
func (l *Limiter) AllowIn(ctx context.Context, tx *sqldb.Tx, limit Limit, subject string) error {
	full, wait, err := l.CountIn(ctx, tx, limit, subject)
	switch {
	case err != nil:
		return fmt.Errorf("count %s: %w", limit.Name, err)
	case full != "":
		return tooOften(wait).After(wait)
	}
	return nil
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
	now := l.clock.Now()
	// A count may have begun a new span meanwhile.
	remove := func(tx *sqldb.Tx, keys []string) error {
		_, err := tx.Exec(ctx, `DELETE FROM throttles WHERE key_hash IN (?) AND resets_at <= ?`, keys, now)
		return err
	}
	err := sqldb.Sweep(ctx, l.db, remove, `SELECT key_hash FROM throttles WHERE resets_at <= ? ORDER BY key_hash`, now)
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
