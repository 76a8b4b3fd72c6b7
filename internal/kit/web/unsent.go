package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// UnsentForms keeps what somebody wrote into a form and sent when their session had ended. It lives in the table
// unsent_forms under a hash: whoever does not know all of the key finds nothing, not even who reads the database.
type UnsentForms struct {
	db    *sqldb.DB
	clock clock.Clock
}

// UnsentKey is what a form is found by.
type UnsentKey struct {
	Browser string // a secret that only the browser has
	Writer  string // who was signed in there last; empty if nobody is known to have been
	Page    string // where the form stands
}

// UnsentForm is a form that was not sent.
type UnsentForm struct {
	Fields  url.Values `json:"fields"`
	Partial bool       `json:"partial,omitempty"` // it had files or passwords, which are not kept
}

const (
	// UnsentAge is how long a form is kept.
	UnsentAge = 24 * time.Hour

	// MaxUnsent is how many bytes of a form are kept; a larger one is not.
	MaxUnsent = 1 << 20
)

// NewUnsentForms returns what keeps forms in a database.
func NewUnsentForms(db *sqldb.DB, c clock.Clock) *UnsentForms { return &UnsentForms{db: db, clock: c} }

// Keep keeps a form, in place of an older one with the same key.
func (u *UnsentForms) Keep(ctx context.Context, key UnsentKey, form UnsentForm) error {
	text, err := json.Marshal(form)
	if err != nil {
		return fmt.Errorf("keep a form: %w", err)
	}
	err = u.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM unsent_forms WHERE key_hash = ?`, key.hash()); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO unsent_forms (key_hash, form, expires_at) VALUES (?, ?, ?)`,
			key.hash(), string(text), clock.At(u.clock.Now().Add(UnsentAge)))
		return err
	})
	if err != nil {
		return fmt.Errorf("keep a form: %w", err)
	}
	return nil
}

// Find returns the form that is kept under a key, and otherwise NotFound.
func (u *UnsentForms) Find(ctx context.Context, key UnsentKey) (form UnsentForm, err error) {
	var text string
	err = u.db.Get(ctx, &text, `SELECT form FROM unsent_forms WHERE key_hash = ? AND expires_at > ?`, key.hash(), u.clock.Now())
	if err == nil {
		err = json.Unmarshal([]byte(text), &form)
	}
	if err != nil && !errs.Is(err, errs.NotFound) {
		err = fmt.Errorf("look for a form that was not sent: %w", err)
	}
	return form, err
}

// Drop forgets what is kept under a key, if anything is.
func (u *UnsentForms) Drop(ctx context.Context, key UnsentKey) error {
	err := u.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM unsent_forms WHERE key_hash = ?`, key.hash())
		return err
	})
	if err != nil {
		return fmt.Errorf("forget a form: %w", err)
	}
	return nil
}

// Purge removes what has been kept long enough. A periodic job calls it.
func (u *UnsentForms) Purge(ctx context.Context) error {
	now := u.clock.Now()
	// A form may have been kept again meanwhile.
	remove := func(tx *sqldb.Tx, keys []string) error {
		_, err := tx.Exec(ctx, `DELETE FROM unsent_forms WHERE key_hash IN (?) AND expires_at <= ?`, keys, now)
		return err
	}
	err := sqldb.Sweep(ctx, u.db, remove, `SELECT key_hash FROM unsent_forms WHERE expires_at <= ? ORDER BY key_hash`, now)
	if err != nil {
		return fmt.Errorf("purge forms that were not sent: %w", err)
	}
	return nil
}

func (k UnsentKey) hash() string {
	sum := sha256.Sum256([]byte(k.Browser + "\x00" + k.Writer + "\x00" + k.Page))
	return hex.EncodeToString(sum[:])
}
