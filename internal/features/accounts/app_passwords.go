package accounts

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/glyph"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Scope is what a program may do with an app password.
type Scope string

// ScopeCalendars lets a program read the calendars of its owner, and change nothing.
const ScopeCalendars Scope = "calendars"

// scopeChoice is a scope with what people read of it.
type scopeChoice struct {
	Scope Scope
	Label lang.Text
}

// scopes are all that there are, the likeliest first.
var scopes = []scopeChoice{{ScopeCalendars, lang.Text("Calendars, read only")}}

// label returns what people read of a scope.
func (s Scope) label() lang.Text {
	for _, known := range scopes {
		if known.Scope == s {
			return known.Label
		}
	}
	return ""
}

// lifetime is how long an app password works.
type lifetime struct {
	Days  int
	Label lang.Text
}

// lifetimes are the choices, and usualDays the one that is offered first.
var lifetimes = []lifetime{
	{30, lang.Text("1 month")}, {182, lang.Text("6 months")}, {usualDays, lang.Text("1 year")}, {3 * 365, lang.Text("3 years")},
}

const usualDays = 365

const (
	maxAppPasswords    = 20
	maxAppPasswordName = 60 // characters

	// expiredKept is how long an app password that has ended stands in the list.
	expiredKept = 30 * 24 * time.Hour
	// useNoted is how exactly the last use of an app password is known.
	useNoted = time.Hour
)

func limitAppPasswords() web.Limit {
	return web.Limit{Name: "make app passwords", Count: 10, Per: time.Hour, Whom: web.PerAccount}
}

// Wrong app passwords count as wrong sign-ins do, but apart from them: a program with an old password tries on and on, and
// must not keep its owner from signing in. Right ones do not count.
func limitAppPasswordAccount() web.Limit {
	return web.Limit{Name: "wrong app passwords: account from a network", Count: 5, Per: 5 * time.Minute, Whom: web.PerAccountAndNetwork}
}

func limitAppPasswordClient() web.Limit {
	return web.Limit{Name: "wrong app passwords: client", Count: 60, Per: 5 * time.Minute, Whom: web.PerNetwork}
}

// AppPassword is a password for a program, which somebody has made and named.
type AppPassword struct {
	ID         int64      `db:"id"`
	Name       string     `db:"name"`
	Scope      Scope      `db:"scope"`
	SecretHash string     `db:"secret_hash"`
	CreatedAt  clock.Time `db:"created_at"`
	ExpiresAt  clock.Time `db:"expires_at"`
	UsedAt     clock.Time `db:"used_at"` // to the hour; zero: never
}

// AppPasswordDraft is what somebody says of an app password that they want to have.
type AppPasswordDraft struct {
	Name  string
	Scope Scope
	Days  int // that it works
}

func (d AppPasswordDraft) check() error {
	var wrong []errs.FieldError
	switch {
	case !glyph.Visible(d.Name):
		wrong = append(wrong, errs.Field("name", "Say which app or device it’s for."))
	case utf8.RuneCountInString(d.Name) > maxAppPasswordName:
		wrong = append(wrong, errs.Field("name", "Use at most %d characters for the name.", maxAppPasswordName))
	}
	if d.Scope.label() == "" {
		wrong = append(wrong, errs.Field("scope", "Choose what the app may do."))
	}
	if !slices.ContainsFunc(lifetimes, func(l lifetime) bool { return l.Days == d.Days }) {
		wrong = append(wrong, errs.Field("days", "Choose how long it works."))
	}
	return errs.Check(wrong...)
}

// AppPasswords returns the app passwords of a person, the newest first, those that ended a short while ago included.
func (r *Accounts) AppPasswords(ctx context.Context, personID int64) ([]AppPassword, error) {
	return listAppPasswords(ctx, r.deps.DB, personID)
}

// MakeAppPassword makes an app password and returns its secret, which nobody can look up afterwards. A mail to the main
// address says so. Who has not signed in just now must prove that it is still them.
func (r *Accounts) MakeAppPassword(ctx context.Context, v community.Viewer, d AppPasswordDraft, proof Proof) (secret string, err error) {
	if err := d.check(); err != nil {
		return "", err
	}
	if err := r.deps.Limiter.Allow(ctx, limitAppPasswords(), web.Account(v.PersonID)); err != nil {
		return "", err
	}
	if err := r.reauthenticate(ctx, v.PersonID, proof); err != nil {
		return "", err
	}
	secret = strings.ToLower(rand.Text())
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		p := AppPassword{Name: d.Name, Scope: d.Scope, SecretHash: hashSecret(secret), ExpiresAt: clock.At(tx.Now.AddDate(0, 0, d.Days))}
		if err := insertAppPassword(ctx, tx, v.PersonID, p); err != nil {
			return err
		}
		a, err := getAccount(ctx, tx, `p.id = ?`, v.PersonID)
		if err != nil || a.Address == "" {
			return err
		}
		return r.deps.Letters.Post(ctx, tx, r.letterAppPassword(r.printerOf(a.Person), a.Address, a.Person, p))
	})
	if err != nil {
		return "", fmt.Errorf("make an app password: %w", err)
	}
	return secret, nil
}

// EndAppPassword ends an app password of the viewer; one that is not theirs or has ended already is no error.
func (r *Accounts) EndAppPassword(ctx context.Context, v community.Viewer, id int64) error {
	return r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error { return deleteAppPassword(ctx, tx, v.PersonID, id) })
}

// ProgramOwner implements site.Programs: it returns whose app password a program sends, with the short name or an address
// of its owner.
//
// A password has 130 random bits. Nobody guesses it, however often they try: so a fast hash keeps it as well as a slow one
// would, which each request of each program would have to wait for, and whoever sends the right one is let in even while
// wrong ones are refused.
func (r *Accounts) ProgramOwner(ctx context.Context, login, secret, scope string) (personID int64, err error) {
	personID, err = r.programOwner(ctx, login, secret, scope)
	r.countSignIn(byAppPassword, err)
	return personID, err
}

func (r *Accounts) programOwner(ctx context.Context, login, secret, scope string) (personID int64, err error) {
	a, err := r.findProgramLogin(ctx, login)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return 0, err
	}
	if a.Active {
		held, err := listAppPasswords(ctx, r.deps.DB, a.ID)
		if err != nil {
			return 0, err
		}
		if p, ok := fitting(held, secret, Scope(scope), r.deps.DB.Now()); ok {
			return a.ID, r.noteUse(ctx, p)
		}
	}
	network := networkOf(ctx)
	if err := r.deps.Limiter.Allow(ctx, limitAppPasswordClient(), network); err != nil {
		return 0, err
	}
	if err := r.deps.Limiter.Allow(ctx, limitAppPasswordAccount(), signInSubject(a, login)+" "+network); err != nil {
		return 0, err
	}
	return 0, errs.New(errs.Unauthenticated, "The name or the app password isn’t right, or the app password no longer works.")
}

// findProgramLogin is findLogin for what came in a header, which may be anything.
func (r *Accounts) findProgramLogin(ctx context.Context, login string) (account, error) {
	if login == "" || len(login) > maxAddress || !utf8.ValidString(login) || strings.ContainsRune(login, 0) {
		return account{}, errNobody()
	}
	return r.findLogin(ctx, login)
}

// fitting returns the password of which a secret is, if it may be used for a scope. All are looked at, each in the same
// time.
func fitting(held []AppPassword, secret string, scope Scope, now clock.Time) (fits AppPassword, ok bool) {
	hash := []byte(hashSecret(secret))
	for _, p := range held {
		same := subtle.ConstantTimeCompare(hash, []byte(p.SecretHash)) == 1
		if same && p.Scope == scope && p.ExpiresAt.After(now.Time) {
			fits, ok = p, true
		}
	}
	return fits, ok
}

// hashSecret returns the hash of a secret, however it was typed: blanks, dashes and capitals mean nothing.
func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(secret))))
	return hex.EncodeToString(sum[:])
}

// readable returns a secret in groups that can be typed.
func readable(secret string) string {
	var groups []string
	for group := range slices.Chunk([]rune(secret), 4) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, "-")
}

// noteUse keeps when an app password was used, to the hour: programs come every few minutes.
func (r *Accounts) noteUse(ctx context.Context, p AppPassword) error {
	if r.deps.DB.Now().Sub(p.UsedAt.Time) < useNoted {
		return nil
	}
	return r.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error { return updateAppPasswordUsed(ctx, tx, p.ID) })
}

// removeExpired removes the app passwords that ended long ago. The daily sweep calls it.
func (r *Accounts) removeExpired(ctx context.Context) error {
	return sweepAppPasswords(ctx, r.deps.DB, clock.At(r.deps.DB.Now().Add(-expiredKept)))
}
