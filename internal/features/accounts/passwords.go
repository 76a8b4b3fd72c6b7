package accounts

import (
	"context"
	"fmt"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/tokens"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

func limitReset() web.Limit {
	return web.Limit{Name: "reset password", Count: 20, Per: time.Minute, Whom: web.PerVisitor}
}

func limitPassword() web.Limit {
	return web.Limit{Name: "change password", Count: 5, Per: time.Minute, Whom: web.PerAccount}
}

// RequestReset sends a mail to an address: with a link to set a password if somebody owns it, or that
// nobody does. The caller learns nothing of this.
func (r *Accounts) RequestReset(ctx context.Context, printer *lang.Printer, text string) error {
	address, key, ok := ParseAddress(text)
	if !ok {
		return errs.Check(errs.Field("email", notAnAddress))
	}
	if err := r.deps.Limiter.Allow(ctx, limitLetters(), key+" "+networkOf(ctx)); err != nil {
		return err
	}
	err := r.deps.Limiter.Allow(ctx, limitLettersAnywhere(), key)
	if errs.Is(err, errs.TooMany) {
		return nil // whoever asked: the links of the letters before lie in the mailbox and work
	}
	if err != nil {
		return err
	}
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		owner, err := r.FindByAddress(ctx, tx, address)
		switch {
		case errs.Is(err, errs.NotFound):
			return r.deps.Letters.Post(ctx, tx, r.letterNoAccount(printer, address))
		case err != nil:
			return err
		case !owner.Active:
			return r.deps.Letters.Post(ctx, tx, r.letterClosed(r.printerOf(owner), address, owner))
		}
		secret, err := r.issuePasswordLink(ctx, tx, owner.ID, key)
		if err != nil {
			return err
		}
		return r.deps.Letters.Post(ctx, tx, r.letterReset(r.printerOf(owner), address, owner, secret))
	})
	if err != nil {
		return fmt.Errorf("request a password: %w", err)
	}
	return nil
}

// issuePasswordLink issues the secret of a link that is sent to the address of a key.
func (r *Accounts) issuePasswordLink(ctx context.Context, tx *sqldb.Tx, personID int64, key string) (string, error) {
	return tokens.Issue(ctx, tx, tokens.Token{Kind: tokenPassword, PersonID: personID, Address: key}, nil, linkLifetime)
}

// OpenReset returns whose password a link sets, and the number under which it is known from then on, so that its secret
// need not be kept; NotFound if it has been used or has expired.
func (r *Accounts) OpenReset(ctx context.Context, secret string) (owner community.Person, reset int64, err error) {
	t, err := tokens.Find(ctx, r.deps.DB, tokenPassword, secret, r.deps.DB.Now())
	if err != nil {
		return owner, 0, err
	}
	owner, err = r.Get(ctx, r.deps.DB, t.PersonID)
	return owner, t.ID, err
}

// FindReset returns whose password a link sets that has been opened; NotFound if it has been used or has expired.
func (r *Accounts) FindReset(ctx context.Context, reset int64) (community.Person, error) {
	t, err := tokens.Get(ctx, r.deps.DB, tokenPassword, reset, r.deps.DB.Now())
	if err != nil {
		return community.Person{}, err
	}
	return r.Get(ctx, r.deps.DB, t.PersonID)
}

// Reset sets the password of the person that a link was sent to, ends all their sessions, and confirms the
// address that the link came to.
func (r *Accounts) Reset(ctx context.Context, reset int64, typed, repeated string) (community.Person, error) {
	owner, err := r.FindReset(ctx, reset)
	if err != nil {
		return community.Person{}, err
	}
	hash, err := r.hashNew(ctx, owner.ID, typed, repeated)
	if err != nil {
		return community.Person{}, err
	}
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		t, err := tokens.RedeemID(ctx, tx, tokenPassword, reset)
		if err != nil {
			return err
		}
		if owner, err = r.Get(ctx, tx, t.PersonID); err != nil {
			return err
		}
		if !owner.Active {
			return errInactive()
		}
		if err := r.proveAddress(ctx, tx, owner.ID, t.Address); err != nil {
			return err
		}
		if err := deleteSessions(ctx, tx, owner.ID); err != nil {
			return err
		}
		if err := updateSignedIn(ctx, tx, owner.ID); err != nil {
			return err
		}
		return r.renewPassword(ctx, tx, owner.ID, hash)
	})
	if err != nil {
		return community.Person{}, fmt.Errorf("set a new password: %w", err)
	}
	return owner, r.forgetTries(ctx, owner.ID, networkOf(ctx))
}

// proveAddress confirms the address of a key, if it is still the person's.
func (r *Accounts) proveAddress(ctx context.Context, tx *sqldb.Tx, personID int64, key string) error {
	a, err := findAddress(ctx, tx, key)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil || a.PersonID != personID {
		return err
	}
	return verifyAddress(ctx, tx, a.ID)
}

// hashNew checks a new password of a person and returns its hash.
func (r *Accounts) hashNew(ctx context.Context, personID int64, typed, repeated string) (string, error) {
	a, err := getAccount(ctx, r.deps.DB, `p.id = ?`, personID)
	if err != nil {
		return "", err
	}
	if err := errs.Check(checkNewPassword(typed, repeated, a.Slug, a.Name, a.Address)...); err != nil {
		return "", err
	}
	return r.deps.Passwords.Hash(ctx, typed)
}

// HasPassword reports whether a person can sign in with a password.
func (r *Accounts) HasPassword(ctx context.Context, personID int64) (bool, error) {
	a, err := getAccount(ctx, r.deps.DB, `p.id = ?`, personID)
	return a.Password != "", err
}

// ChangePassword replaces a person's password by a new one, if they know the present one; somebody
// without a password needs none. A mail says so. Ending the other sessions is left to the handler.
func (r *Accounts) ChangePassword(ctx context.Context, v community.Viewer, present, typed, repeated string) error {
	if err := r.deps.Limiter.Allow(ctx, limitPassword(), web.Account(v.PersonID)); err != nil {
		return err
	}
	a, err := getAccount(ctx, r.deps.DB, `p.id = ?`, v.PersonID)
	if err != nil {
		return err
	}
	if a.Password != "" {
		ok, err := r.deps.Passwords.Verify(ctx, a.Password, present)
		if err != nil {
			return err
		}
		if !ok {
			return errs.Check(errs.Field("oldpassword", "That’s not your current password."))
		}
	}
	hash, err := r.hashNew(ctx, v.PersonID, typed, repeated)
	if err != nil {
		return err
	}
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error { return r.renewPassword(ctx, tx, v.PersonID, hash) })
	if err != nil {
		return fmt.Errorf("change a password: %w", err)
	}
	return nil
}

// renewPassword stores a new password of a person and throws everybody else out: all links and app passwords end, other
// rooms end what they keep by the activity, and a mail tells the main address. Ending the sessions is left to the caller,
// who may have one.
func (r *Accounts) renewPassword(ctx context.Context, tx *sqldb.Tx, personID int64, hash string) error {
	a, err := getAccount(ctx, tx, `p.id = ?`, personID)
	if err != nil {
		return err
	}
	if err := updatePassword(ctx, tx, personID, hash); err != nil {
		return err
	}
	if err := deleteAllLinks(ctx, tx, personID); err != nil {
		return err
	}
	if err := deleteAppPasswords(ctx, tx, personID); err != nil {
		return err
	}
	_, err = r.deps.Outbox.Record(ctx, tx, community.Activity{
		Name: community.AccountSecured, ActorID: personID, PersonID: personID, EntityID: a.EntityID,
	})
	if err != nil || a.Address == "" {
		return err
	}
	return r.deps.Letters.Post(ctx, tx, r.letterPasswordChanged(r.printerOf(a.Person), a.Address, a.Person))
}

// reauthenticateAfter is how long after signing in somebody may change how they sign in without their password.
const reauthenticateAfter = 10 * time.Minute

// NeedsPassword reports whether a person who signed in at a time must prove that it is still them.
func (r *Accounts) NeedsPassword(ctx context.Context, personID int64, signedIn time.Time) (bool, error) {
	if r.deps.DB.Now().Sub(signedIn) < reauthenticateAfter {
		return false, nil
	}
	return r.HasPassword(ctx, personID)
}

// reauthenticate checks the password of somebody who has not signed in just now. Who has none cannot be asked for it.
func (r *Accounts) reauthenticate(ctx context.Context, personID int64, proof Proof) error {
	needed, err := r.NeedsPassword(ctx, personID, proof.SignedIn)
	if err != nil || !needed {
		return err
	}
	if proof.Password == "" {
		return errs.Check(errs.Field("password", "Enter your password."))
	}
	if err := r.deps.Limiter.Allow(ctx, limitPassword(), web.Account(personID)); err != nil {
		return err
	}
	a, err := getAccount(ctx, r.deps.DB, `p.id = ?`, personID)
	if err != nil {
		return err
	}
	ok, err := r.deps.Passwords.Verify(ctx, a.Password, proof.Password)
	if err != nil {
		return err
	}
	if !ok {
		return errs.Check(errs.Field("password", "That’s not your current password."))
	}
	return nil
}

// Proof is what shows that it is still the person who signed in.
type Proof struct {
	SignedIn time.Time // when the session began; the zero time if unknown
	Password string    // as it was typed
}
