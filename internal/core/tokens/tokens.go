// Package tokens issues the secrets that stand in links of mails: to confirm an address, to set a new
// password, to join, subscribe or leave without signing in.
//
// A token proves that somebody reads a mailbox, and nothing else: whether they may do what they ask for
// is decided again when it is used. Only a hash of the secret is stored, a token ends after its
// lifetime, and redeeming it removes it.
package tokens

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Token is what a secret stands for.
type Token struct {
	ID        int64      `db:"id"`
	Kind      string     `db:"kind"`
	PersonID  int64      `db:"person_id"` // 0 if nobody is known yet
	EntityID  int64      `db:"entity_id"` // 0 if it is about no entity
	Address   string     `db:"address"`   // the mailbox that it proves
	Data      string     `db:"data"`      // JSON that belongs to the kind
	CreatedAt clock.Time `db:"created_at"`
	ExpiresAt clock.Time `db:"expires_at"`
}

// Decode reads the token's data into what its kind keeps there.
func (t Token) Decode(data any) error {
	if err := json.Unmarshal([]byte(t.Data), data); err != nil {
		return fmt.Errorf("read the data of a token of kind %s: %w", t.Kind, err)
	}
	return nil
}

// Issue stores a token that lives for a while and returns its secret, which consists of digits and lower
// case letters. data may be nil.
func Issue(ctx context.Context, tx *sqldb.Tx, t Token, data any, lifetime time.Duration) (secret string, err error) {
	encoded, err := json.Marshal(data)
	if err != nil {
		return "", fmt.Errorf("write the data of a token of kind %s: %w", t.Kind, err)
	}
	secret = strings.ToLower(rand.Text())
	_, err = tx.Insert(ctx, `
		INSERT INTO tokens (kind, secret_hash, person_id, entity_id, address, data, created_at, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		t.Kind, hash(secret), sqldb.OrNull(t.PersonID), sqldb.OrNull(t.EntityID), t.Address, string(encoded),
		tx.Now, clock.At(tx.Now.Add(lifetime)))
	if err != nil {
		return "", fmt.Errorf("issue a token of kind %s: %w", t.Kind, err)
	}
	return secret, nil
}

// Find returns the token of a kind that a secret stands for, without using it up. An unknown, used or
// expired one is NotFound, with a sentence that says what to do.
func Find(ctx context.Context, q sqldb.Querier, kind, secret string, now clock.Time) (Token, error) {
	return find(ctx, q, `secret_hash = ?`, hash(secret), kind, now)
}

// Get is Find for who has seen the secret before and has kept the id of the token in its place: a session, which must not
// let in whoever reads it.
func Get(ctx context.Context, q sqldb.Querier, kind string, id int64, now clock.Time) (Token, error) {
	return find(ctx, q, `id = ?`, id, kind, now)
}

func find(ctx context.Context, q sqldb.Querier, condition string, arg any, kind string, now clock.Time) (Token, error) {
	var t Token
	err := q.Get(ctx, &t, `
		SELECT id, kind, COALESCE(person_id, 0) AS person_id, COALESCE(entity_id, 0) AS entity_id, address, data, created_at, expires_at
		  FROM tokens WHERE `+condition+` AND kind = ? AND expires_at > ?`, arg, kind, now)
	if errs.Is(err, errs.NotFound) {
		return t, errs.New(errs.NotFound, "This link has already been used or has expired. Request a new one.")
	}
	if err != nil {
		return t, fmt.Errorf("find a token of kind %s: %w", kind, err)
	}
	return t, nil
}

// Redeem returns the token and removes it. Of two who redeem the same token at once, one succeeds.
func Redeem(ctx context.Context, tx *sqldb.Tx, kind, secret string) (Token, error) {
	t, err := Find(ctx, tx, kind, secret, tx.Now)
	if err != nil {
		return t, err
	}
	return t, use(ctx, tx, t)
}

// RedeemID is Redeem for who has kept the id of the token.
func RedeemID(ctx context.Context, tx *sqldb.Tx, kind string, id int64) (Token, error) {
	t, err := Get(ctx, tx, kind, id, tx.Now)
	if err != nil {
		return t, err
	}
	return t, use(ctx, tx, t)
}

// use removes a token. Of two who use the same at once, one succeeds.
func use(ctx context.Context, tx *sqldb.Tx, t Token) error {
	removed, err := tx.Exec(ctx, `DELETE FROM tokens WHERE id = ?`, t.ID)
	if err != nil {
		return fmt.Errorf("redeem a token of kind %s: %w", t.Kind, err)
	}
	if removed == 0 {
		return errs.New(errs.NotFound, "This link has already been used or has expired. Request a new one.")
	}
	return nil
}

// RemoveExpired removes the tokens whose lifetime is over; a periodic job calls it.
func RemoveExpired(ctx context.Context, db *sqldb.DB) error {
	return sqldb.Sweep(ctx, db, sqldb.Removal[int64](ctx, `DELETE FROM tokens WHERE id IN (?)`),
		`SELECT id FROM tokens WHERE expires_at <= ? ORDER BY id`, db.Now())
}

func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
