package accounts

import (
	"context"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/intents"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// How often something may be done. What has no other name is counted by the client's network address.
const (
	nameSignInAccount  = "sign in: account from a network"
	nameSignInAnywhere = "sign in: account"
	nameSignInClient   = "sign in: client"
)

// limitSignInAccount bounds the tries of one account from one network: strangers do not use up the owner's.
func limitSignInAccount() web.Limit {
	return web.Limit{Name: nameSignInAccount, Count: 5, Per: 5 * time.Minute, Whom: web.PerAccountAndNetwork}
}

// limitSignInAnywhere bounds the tries of one account from all networks together. The owner still gets in by the link in
// a mail, which sets it back.
func limitSignInAnywhere() web.Limit {
	return web.Limit{Name: nameSignInAnywhere, Count: 100, Per: time.Hour, Whom: web.PerAccount}
}

func limitSignInClient() web.Limit {
	return web.Limit{Name: nameSignInClient, Count: 60, Per: 5 * time.Minute, Whom: web.PerNetwork}
}

// errInactive says that an account has been closed by an administrator.
func errInactive() error {
	return errs.New(errs.Invalid, "This account has been closed. If you’d like to know why, contact the people who run this site.")
}

// SignIn returns the person whose name or address and password these are. Wrong ones are Invalid with
// one sentence for all cases; too many tries of an account or of a client are TooMany. A hash of an
// older kind is replaced.
func (r *Accounts) SignIn(ctx context.Context, login, typed, client string) (community.Person, error) {
	person, err := r.signIn(ctx, login, typed, client)
	r.countSignIn(byPassword, err)
	return person, err
}

func (r *Accounts) signIn(ctx context.Context, login, typed, client string) (community.Person, error) {
	login = strings.TrimSpace(login)
	var wrong []errs.FieldError
	if login == "" {
		wrong = append(wrong, errs.Field("login", "Enter your short name or your email address."))
	}
	if typed == "" {
		wrong = append(wrong, errs.Field("password", "Enter your password."))
	}
	if err := errs.Check(wrong...); err != nil {
		return community.Person{}, err
	}
	if err := r.deps.Limiter.Allow(ctx, limitSignInClient(), client); err != nil {
		return community.Person{}, err
	}
	a, err := r.findLogin(ctx, login)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return community.Person{}, err
	}
	if err := r.allowTry(ctx, signInSubject(a, login), client); err != nil {
		return community.Person{}, err
	}
	ok, err := r.deps.Passwords.Verify(ctx, a.Password, typed)
	switch {
	case err != nil:
		return community.Person{}, err
	case !ok:
		return community.Person{}, errs.New(errs.Invalid, "The name, address or password isn’t right. If you’ve forgotten your password or don’t have one yet, set a new one below.")
	case !a.Active:
		return community.Person{}, errInactive()
	}
	return a.Person, r.noteSignIn(ctx, a, typed, client)
}

// allowTry counts a try of an account by the network it comes from, and then of the account.
func (r *Accounts) allowTry(ctx context.Context, subject, client string) error {
	if err := r.deps.Limiter.Allow(ctx, limitSignInAccount(), subject+" "+client); err != nil {
		return err
	}
	return r.deps.Limiter.Allow(ctx, limitSignInAnywhere(), subject)
}

// forgetTries sets the tries of an account back: those from a network, and those from everywhere.
func (r *Accounts) forgetTries(ctx context.Context, personID int64, client string) error {
	if err := r.deps.Limiter.Forget(ctx, limitSignInAccount(), web.Account(personID)+" "+client); err != nil {
		return err
	}
	return r.deps.Limiter.Forget(ctx, limitSignInAnywhere(), web.Account(personID))
}

// networkOf returns from which network a request comes; "" outside of requests.
func networkOf(ctx context.Context) string { return web.Network(web.RecordOf(ctx).Client) }

// noteSignIn forgets the wrong tries and replaces an old hash.
func (r *Accounts) noteSignIn(ctx context.Context, a account, typed, client string) error {
	if err := r.forgetTries(ctx, a.ID, client); err != nil {
		return err
	}
	hash := ""
	if r.deps.Passwords.NeedsUpgrade(a.Password) {
		var err error
		if hash, err = r.deps.Passwords.Hash(ctx, typed); err != nil {
			return err
		}
	}
	return r.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		if hash != "" {
			if err := upgradePassword(ctx, tx, a.ID, a.Password, hash); err != nil {
				return err
			}
		}
		return updateSignedIn(ctx, tx, a.ID)
	})
}

// findLogin returns the account of a slug or of an address.
func (r *Accounts) findLogin(ctx context.Context, login string) (account, error) {
	if _, key, ok := ParseAddress(login); ok {
		a, err := getAccount(ctx, r.deps.DB, ownsAddress, key)
		if !errs.Is(err, errs.NotFound) {
			return a, err
		}
	}
	return getAccount(ctx, r.deps.DB, `e.slug_key = ?`, strings.ToLower(login))
}

// signInSubject names whose tries are counted: the account, under whichever name it is tried, or else the
// name that nobody has.
func signInSubject(a account, login string) string {
	if a.ID != 0 {
		return web.Account(a.ID)
	}
	return strings.ToLower(login)
}

// Fulfil does what somebody who has just signed in was about to do at a path, as far as the rules allow it.
func (r *Accounts) Fulfil(ctx context.Context, path string, person community.Person) (f intents.Fulfilled, err error) {
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		f, err = r.intents().Fulfil(ctx, tx, path, person, "")
		return err
	})
	return f, err
}
