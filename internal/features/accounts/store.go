package accounts

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bounces"
	"grouprise.org/grouprise/internal/core/tokens"
	"grouprise.org/grouprise/internal/features/people"
	"grouprise.org/grouprise/internal/kit/bounce"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// The columns password and signed_in_at of the table people are this room's.

// errNobody says that there is no such person.
func errNobody() error { return errs.New(errs.NotFound, "There is no such person.") }

// ownsAddress is the condition that the person has the address as their main one or has confirmed it.
const ownsAddress = `p.id = (SELECT a.person_id FROM email_addresses a WHERE a.address_key = ? AND (a.main OR a.verified_at IS NOT NULL))`

// account is a person with what only they see.
type account struct {
	community.Person
	Password string `db:"password"` // the hash; empty for somebody who cannot sign in
	Address  string `db:"address"`  // the main one; may be empty
}

// getAccount returns the account that a condition names.
func getAccount(ctx context.Context, q sqldb.Querier, condition string, arg any) (account, error) {
	var a account
	err := q.Get(ctx, &a, `
		SELECT `+people.Columns+`, p.password,
		       COALESCE((SELECT m.address FROM email_addresses m WHERE m.person_id = p.id AND m.main), '') AS address`+
		people.From+`WHERE `+condition, arg)
	if errs.Is(err, errs.NotFound) {
		return a, errNobody()
	}
	if err != nil {
		return a, fmt.Errorf("get an account: %w", err)
	}
	return a, nil
}

// updatePassword stores a new hash.
func updatePassword(ctx context.Context, tx *sqldb.Tx, personID int64, hash string) error {
	if _, err := tx.Exec(ctx, `UPDATE people SET password = ? WHERE id = ?`, hash, personID); err != nil {
		return fmt.Errorf("update the password of person %d: %w", personID, err)
	}
	return nil
}

// deleteAllLinks ends all links that were sent for a person, whatever they are for.
func deleteAllLinks(ctx context.Context, tx *sqldb.Tx, personID int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM tokens WHERE person_id = ?`, personID); err != nil {
		return fmt.Errorf("end the links of person %d: %w", personID, err)
	}
	return nil
}

// upgradePassword replaces the hash that was verified by one of today's kind, unless it was changed
// meanwhile.
func upgradePassword(ctx context.Context, tx *sqldb.Tx, personID int64, before, hash string) error {
	if _, err := tx.Exec(ctx, `UPDATE people SET password = ? WHERE id = ? AND password = ?`, hash, personID, before); err != nil {
		return fmt.Errorf("upgrade the password of person %d: %w", personID, err)
	}
	return nil
}

func updateSignedIn(ctx context.Context, tx *sqldb.Tx, personID int64) error {
	if _, err := tx.Exec(ctx, `UPDATE people SET signed_in_at = ? WHERE id = ?`, tx.Now, personID); err != nil {
		return fmt.Errorf("note that person %d signed in: %w", personID, err)
	}
	return nil
}

// Address is an e-mail address of somebody.
type Address struct {
	ID         int64      `db:"id"`
	PersonID   int64      `db:"person_id"`
	Address    string     `db:"address"`
	Key        string     `db:"address_key"`
	Main       bool       `db:"main"`
	VerifiedAt clock.Time `db:"verified_at"`

	SetAsideAt clock.Time  `db:"set_aside_at"` // since when no emails go to it; zero: they do
	Bounces    int         `db:"bounces"`      // emails that came back
	BouncedFor bounce.Kind `db:"kind"`         // why the last one did
	Answer     string      `db:"answer"`       // what the other mail server said
}

const addressColumns = `SELECT m.id, m.person_id, m.address, m.address_key, m.main, m.verified_at, b.set_aside_at, COALESCE(b.bounces, 0) AS bounces,
	COALESCE(b.kind, '') AS kind, COALESCE(b.answer, '') AS answer FROM email_addresses m LEFT JOIN bounced_addresses b ON b.address_id = m.id `

// findAddress returns the address of a key, confirmed or not.
func findAddress(ctx context.Context, q sqldb.Querier, key string) (Address, error) {
	var a Address
	if err := q.Get(ctx, &a, addressColumns+`WHERE m.address_key = ?`, key); err != nil {
		return a, fmt.Errorf("find an address: %w", err)
	}
	return a, nil
}

// listAddresses returns the addresses of a person, the main one first.
func listAddresses(ctx context.Context, q sqldb.Querier, personID int64) ([]Address, error) {
	var all []Address
	err := q.Select(ctx, &all, addressColumns+`WHERE m.person_id = ? ORDER BY m.main DESC, m.id`, personID)
	if err != nil {
		return nil, fmt.Errorf("list the addresses of person %d: %w", personID, err)
	}
	return all, nil
}

func insertAddress(ctx context.Context, tx *sqldb.Tx, personID int64, address string, main, verified bool) error {
	_, key, ok := ParseAddress(address)
	if !ok {
		return errs.Check(errs.Field("email", notAnAddress))
	}
	var at clock.Time
	if verified {
		at = tx.Now
	}
	_, err := tx.Insert(ctx, `INSERT INTO email_addresses (person_id, address, address_key, main, verified_at) VALUES (?, ?, ?, ?, ?)`,
		personID, address, key, main, at)
	if err != nil {
		return fmt.Errorf("insert an address: %w", err)
	}
	return nil
}

// verifyAddress notes that the mailbox has been proven; the first time counts. Emails go to it again, should it have been set
// aside.
func verifyAddress(ctx context.Context, tx *sqldb.Tx, addressID int64) error {
	if _, err := tx.Exec(ctx, `UPDATE email_addresses SET verified_at = ? WHERE id = ? AND verified_at IS NULL`, tx.Now, addressID); err != nil {
		return fmt.Errorf("confirm an address: %w", err)
	}
	return bounces.Forgive(ctx, tx, addressID)
}

// updateMainAddress makes one address of a person the main one.
func updateMainAddress(ctx context.Context, tx *sqldb.Tx, personID, addressID int64) error {
	if _, err := tx.Exec(ctx, `UPDATE email_addresses SET main = (id = ?) WHERE person_id = ?`, addressID, personID); err != nil {
		return fmt.Errorf("change the main address of person %d: %w", personID, err)
	}
	return nil
}

func deleteAddress(ctx context.Context, tx *sqldb.Tx, addressID int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM email_addresses WHERE id = ?`, addressID); err != nil {
		return fmt.Errorf("delete an address: %w", err)
	}
	return nil
}

// Pending is a further address that waits for its confirmation.
type Pending struct {
	Key       string     `db:"address"` // the address in lower case
	CreatedAt clock.Time `db:"created_at"`
}

// listPending returns the addresses that somebody wants to add, each once, with the time of the latest mail.
func listPending(ctx context.Context, q sqldb.Querier, personID int64, now clock.Time) ([]Pending, error) {
	var all []Pending
	err := q.Select(ctx, &all, `
		SELECT address, MAX(created_at) AS created_at FROM tokens
		 WHERE person_id = ? AND kind = ? AND expires_at > ? GROUP BY address ORDER BY MIN(id)`, personID, tokenAddress, now)
	if err != nil {
		return nil, fmt.Errorf("list the addresses that person %d wants to add: %w", personID, err)
	}
	return all, nil
}

// deleteLinks ends the links of a kind that prove the address of a key, whoever asked for them.
func deleteLinks(ctx context.Context, tx *sqldb.Tx, kind, key string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM tokens WHERE kind = ? AND address = ?`, kind, key); err != nil {
		return fmt.Errorf("end links of kind %s: %w", kind, err)
	}
	return nil
}

// deleteLinksOf ends the links of a kind that prove the address of a key and that a person asked for.
func deleteLinksOf(ctx context.Context, tx *sqldb.Tx, personID int64, kind, key string) error {
	_, err := tx.Exec(ctx, `DELETE FROM tokens WHERE person_id = ? AND kind = ? AND address = ?`, personID, kind, key)
	if err != nil {
		return fmt.Errorf("end the links of person %d: %w", personID, err)
	}
	return nil
}

// deleteSessions signs a person out everywhere.
func deleteSessions(ctx context.Context, tx *sqldb.Tx, personID int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM sessions WHERE person_id = ?`, personID); err != nil {
		return fmt.Errorf("end the sessions of person %d: %w", personID, err)
	}
	return nil
}

// findToken returns the token of the first kind that knows the secret.
func findToken(ctx context.Context, q sqldb.Querier, secret string, now clock.Time, kinds ...string) (t tokens.Token, err error) {
	for _, kind := range kinds {
		if t, err = tokens.Find(ctx, q, kind, secret, now); !errs.Is(err, errs.NotFound) {
			return t, err
		}
	}
	return t, err
}
