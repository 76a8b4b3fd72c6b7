//go:build goolm

// Package keystore keeps the keys with which an account at a Matrix homeserver reads and writes in encrypted rooms, in
// the database of the site: the crypto.Store and crypto.StateStore of mautrix.
//
// Nothing is kept in memory. Several processes work with the keys of one account, one that hears and others that speak, and
// a session that two of them move on would be lost to whoever reads. What is asked for is read anew, and
// whoever changes sessions of devices does so within Hold, one process at a time.
//
// mautrix logs errors of its store and goes on where it cannot do better. Within Write and Hold they are remembered and
// returned in the end, so that nothing is committed that is half done.
package keystore

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"time"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/goolm/libolmpickle"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/id"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Config says whose keys these are, and where they are kept.
type Config struct {
	DB     *sqldb.DB
	Secret string // of the site: what is kept is encrypted with a key made from it
	User   string // the id of the account
	Device string // the device that its access token belongs to
}

// Store holds the keys of one device of an account. It may be used by several goroutines.
type Store struct {
	db      *sqldb.DB
	key     []byte
	user    id.UserID
	account int64
	mine    chan struct{} // whoever of this process is within Hold
}

var (
	_ crypto.Store      = (*Store)(nil)
	_ crypto.StateStore = (*Store)(nil)
)

// unusedFor is how long a device of an account has not been used whose keys are removed once there is another one.
const unusedFor = 30 * 24 * time.Hour

// Open returns the keys of a device, and makes those that identify it if there are none. Check says whether they can be
// read.
func Open(ctx context.Context, c Config) (*Store, error) {
	key, err := hkdf.Key(sha256.New, []byte(c.Secret), nil, "grouprise keys of chat rooms", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	s := &Store{db: c.DB, key: key, user: id.UserID(c.User), mine: make(chan struct{}, 1)}
	const find = `SELECT id FROM matrix_accounts WHERE user_id = ? AND device_id = ?`
	err = s.db.Get(ctx, &s.account, find, c.User, c.Device)
	if errs.Is(err, errs.NotFound) {
		err = s.begin(ctx, c, find)
	}
	if err != nil {
		return nil, fmt.Errorf("find the keys of %s: %w", c.User, err)
	}
	return s, nil
}

// Check returns Unavailable if the keys cannot be opened with the secret of the site.
func (s *Store) Check(ctx context.Context) error {
	if _, err := s.GetAccount(ctx); err != nil {
		return err
	}
	_, err := s.GetSecret(ctx, id.SecretXSMaster)
	return err
}

// begin makes the keys of a new device, and removes those of devices that are used no more.
func (s *Store) begin(ctx context.Context, c Config, find string) error {
	pickle, err := crypto.NewOlmAccount().Internal.Pickle(s.key)
	if err != nil {
		return fmt.Errorf("make keys: %w", err)
	}
	return s.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.InsertNew(ctx, `INSERT INTO matrix_accounts (user_id, device_id, pickle, used_at) VALUES (?, ?, ?, ?)`, c.User, c.Device, string(pickle), tx.Now)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM matrix_accounts WHERE user_id = ? AND device_id <> ? AND used_at < ?`, c.User, c.Device, clock.At(tx.Now.Add(-unusedFor)))
		if err != nil {
			return err
		}
		if err := tx.Get(ctx, &s.account, find, c.User, c.Device); err != nil {
			return err
		}
		return s.dropForeignSecrets(ctx, tx)
	})
}

// dropForeignSecrets removes the secrets of the account if they cannot be read: they are lost, and a new device gets new ones.
func (s *Store) dropForeignSecrets(ctx context.Context, tx *sqldb.Tx) error {
	var pickles []string
	if err := tx.Select(ctx, &pickles, `SELECT pickle FROM matrix_secrets WHERE user_id = ? ORDER BY name`, s.user); err != nil {
		return err
	}
	for _, pickle := range pickles {
		if _, err := libolmpickle.Unpickle(s.key, []byte(pickle)); err != nil {
			_, err := tx.Exec(ctx, `DELETE FROM matrix_secrets WHERE user_id = ?`, s.user)
			return err
		}
	}
	return nil
}

// scope is what a context knows of the operation that it belongs to.
type scope struct {
	tx    *sqldb.Tx // nil outside of a transaction
	first error     // of the store
}

type scopeKey struct{}

func scopeOf(ctx context.Context) *scope {
	s, _ := ctx.Value(scopeKey{}).(*scope)
	return s
}

// failed remembers an error, and returns it.
func failed(ctx context.Context, err error) error {
	if s := scopeOf(ctx); s != nil && s.first == nil && err != nil && !errs.Is(err, errs.NotFound) {
		s.first = err
	}
	return err
}

// Write runs fn in one transaction, which it joins if its context is that of another one. The store works in it when it
// gets the context that fn gets. Nothing is committed after an error of the store, also if fn does not return it.
func (s *Store) Write(ctx context.Context, fn func(ctx context.Context, tx *sqldb.Tx) error) error {
	if outer := scopeOf(ctx); outer != nil && outer.tx != nil {
		return failed(ctx, fn(ctx, outer.tx))
	}
	err := s.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		inner := &scope{tx: tx}
		if err := fn(context.WithValue(ctx, scopeKey{}, inner), tx); err != nil {
			return err
		}
		return inner.first
	})
	return failed(ctx, err)
}

// exec runs one statement.
func (s *Store) exec(ctx context.Context, query string, args ...any) error {
	return s.Write(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	})
}

// put updates a row, or inserts it where there is none.
func (s *Store) put(ctx context.Context, update string, changed []any, insert string, all []any) error {
	return s.Write(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if rows, err := tx.Exec(ctx, update, changed...); err != nil || rows > 0 {
			return err
		}
		if added, err := tx.InsertNew(ctx, insert, all...); err != nil || added {
			return err
		}
		_, err := tx.Exec(ctx, update, changed...)
		return err
	})
}

// reader returns what reads within a context.
func (s *Store) reader(ctx context.Context) sqldb.Querier {
	if scope := scopeOf(ctx); scope != nil && scope.tx != nil {
		return scope.tx
	}
	return s.db
}

// find scans the first row, and reports whether there is one.
func (s *Store) find(ctx context.Context, dest any, query string, args ...any) (bool, error) {
	err := s.reader(ctx).Get(ctx, dest, query, args...)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, failed(ctx, err)
}

func (s *Store) list(ctx context.Context, dest any, query string, args ...any) error {
	return failed(ctx, s.reader(ctx).Select(ctx, dest, query, args...))
}

// How long one process may change sessions, how long it has before it must have ended, and how often others look.
const (
	holdFor  = 3 * time.Minute
	holdTime = 150 * time.Second
	holdLook = 200 * time.Millisecond
)

// Hold runs fn while no other process or goroutine is within Hold for the same device. fn may ask the homeserver; its
// context ends before anybody else may begin. An error of the store counts, also if fn does not return it.
func (s *Store) Hold(ctx context.Context, fn func(ctx context.Context) error) error {
	select {
	case s.mine <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.mine }()
	holder := rand.Text()
	for {
		taken, err := s.take(ctx, holder)
		if err != nil {
			return fmt.Errorf("take the keys of %s: %w", s.user, err)
		}
		if taken {
			break
		}
		if !clock.Pause(ctx, holdLook) {
			return ctx.Err()
		}
	}
	inner := &scope{}
	limited, cancel := context.WithTimeout(context.WithValue(ctx, scopeKey{}, inner), holdTime)
	defer cancel()
	err := fn(limited)
	if err == nil {
		err = inner.first
	}
	after := context.WithoutCancel(ctx)
	if e := s.exec(after, `UPDATE matrix_accounts SET holder = '', held_until = NULL WHERE id = ? AND holder = ?`, s.account, holder); err == nil {
		err = e
	}
	return err
}

// take reports whether the keys are the holder's from now on.
func (s *Store) take(ctx context.Context, holder string) (taken bool, err error) {
	err = s.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Exec(
			ctx, `UPDATE matrix_accounts SET holder = ?, held_until = ?, used_at = ? WHERE id = ? AND (held_until IS NULL OR held_until < ?)`,
			holder, clock.At(tx.Now.Add(holdFor)), tx.Now, s.account, tx.Now,
		)
		taken = rows > 0
		return err
	})
	return taken, err
}

// pickler is anything of mautrix that can be kept.
type pickler interface {
	Pickle(key []byte) ([]byte, error)
}

// pickle returns what is kept of something.
func (s *Store) pickle(ctx context.Context, p pickler) (string, error) {
	text, err := p.Pickle(s.key)
	if err != nil {
		return "", failed(ctx, fmt.Errorf("write a key: %w", err))
	}
	return string(text), nil
}

// unpickle reads what is kept of something.
func (s *Store) unpickle(ctx context.Context, into interface {
	Unpickle(pickled, key []byte) error
}, text string,
) error {
	if err := into.Unpickle([]byte(text), s.key); err != nil {
		return failed(ctx, wrongSecret(err))
	}
	return nil
}

func wrongSecret(cause error) error {
	return errs.New(errs.Unavailable, "The keys of encrypted chat rooms can’t be opened: the secret key of the site isn’t the one they were made with.").Because(cause)
}

// Flush implements crypto.Store: everything is written at once.
func (s *Store) Flush(context.Context) error { return nil }

// GetAccount returns the keys that identify the device.
func (s *Store) GetAccount(ctx context.Context) (*crypto.OlmAccount, error) {
	var row struct {
		Pickle        string `db:"pickle"`
		Shared        bool   `db:"shared"`
		BackupVersion string `db:"backup_version"`
	}
	if err := s.reader(ctx).Get(ctx, &row, `SELECT pickle, shared, backup_version FROM matrix_accounts WHERE id = ?`, s.account); err != nil {
		return nil, failed(ctx, err)
	}
	account := &crypto.OlmAccount{Internal: olm.NewBlankAccount(), Shared: row.Shared, KeyBackupVersion: id.KeyBackupVersion(row.BackupVersion)}
	if err := s.unpickle(ctx, account.Internal, row.Pickle); err != nil {
		return nil, err
	}
	return account, nil
}

// PutAccount keeps the keys that identify the device.
func (s *Store) PutAccount(ctx context.Context, account *crypto.OlmAccount) error {
	pickle, err := s.pickle(ctx, account.Internal)
	if err != nil {
		return err
	}
	return s.exec(
		ctx, `UPDATE matrix_accounts SET pickle = ?, shared = ?, backup_version = ? WHERE id = ?`,
		pickle, account.Shared, string(account.KeyBackupVersion), s.account,
	)
}

// PutSecret keeps a secret of the account, for all its devices.
func (s *Store) PutSecret(ctx context.Context, name id.Secret, value string) error {
	text, err := libolmpickle.Pickle(s.key, []byte(value))
	if err != nil {
		return failed(ctx, fmt.Errorf("write a secret: %w", err))
	}
	return s.put(
		ctx, `UPDATE matrix_secrets SET pickle = ? WHERE user_id = ? AND name = ?`, []any{string(text), s.user, name},
		`INSERT INTO matrix_secrets (user_id, name, pickle) VALUES (?, ?, ?)`, []any{s.user, name, string(text)},
	)
}

// GetSecret returns a secret of the account; "" if there is none.
func (s *Store) GetSecret(ctx context.Context, name id.Secret) (string, error) {
	var pickle string
	found, err := s.find(ctx, &pickle, `SELECT pickle FROM matrix_secrets WHERE user_id = ? AND name = ?`, s.user, name)
	if err != nil || !found {
		return "", err
	}
	text, err := libolmpickle.Unpickle(s.key, []byte(pickle))
	if err != nil {
		return "", failed(ctx, wrongSecret(err))
	}
	return string(text), nil
}

// DeleteSecret removes a secret of the account.
func (s *Store) DeleteSecret(ctx context.Context, name id.Secret) error {
	return s.exec(ctx, `DELETE FROM matrix_secrets WHERE user_id = ? AND name = ?`, s.user, name)
}

// fits reports whether texts that others chose have at most so many bytes each. Nobody has longer ones who means well.
func fits[T ~string](most int, texts ...T) bool {
	for _, t := range texts {
		if len(t) > most {
			return false
		}
	}
	return true
}

// The longest ids and keys that are kept.
const (
	maxID        = 255
	maxKey       = 64
	maxSignature = 128
)
