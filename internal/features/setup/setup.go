// Package setup is the room where a site begins: a page on which whoever runs the machine makes the first account and
// says what the site is called.
//
// The page is there as long as nobody administers the site, and never again after that. It wants a code that only the
// terminal shows: the log when the site starts, and `grouprise setup --code`. A code works once and for an hour, and only its
// hash is kept. Whoever is first ends it for all others.
package setup

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/tokens"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Path is the address of the page.
const Path = "/stadt/setup/"

// CodeLifetime is how long a code works.
const CodeLifetime = time.Hour

// tokenSetup is the kind of tokens that codes are.
const tokenSetup = "setup"

// Accounts is what this room needs of accounts.
type Accounts interface {
	// CheckFirst says what is wrong with the name, the address and the password of a new administrator.
	CheckFirst(name, address, typed, repeated string) []errs.FieldError
	// HashPassword returns the hash of a password.
	HashPassword(ctx context.Context, typed string) (string, error)
	// CreateFirst makes an administrator who can sign in with the password of a hash.
	CreateFirst(ctx context.Context, tx *sqldb.Tx, name, address, hash, language string) (community.Person, error)
}

// Deps is what the room stands on.
type Deps struct {
	DB         *sqldb.DB
	Accounts   Accounts
	Settings   *settings.Settings
	Catalogues *lang.Catalogues
	Log        *slog.Logger
	BaseURL    string // of the site, without a slash at the end
}

// Setup is the room.
type Setup struct {
	deps  Deps
	begun atomic.Bool // somebody administers the site: the page is gone, and the database is not asked any more
}

// New returns the room.
func New(d Deps) *Setup { return &Setup{deps: d} }

// Module returns the room's table of contents.
func (s *Setup) Module() module.Module {
	return module.Module{
		Name: "setup", Blocks: s.blocks(),
		Reactions: []outbox.Reaction{
			{Activity: community.PersonJoined, Does: "closes the page where a new site is set up, once somebody administers it", Run: s.close},
			{Activity: community.AccountSecured, Does: "closes the page where a new site is set up, once somebody administers it", Run: s.close},
		},
		Routes: []site.Route{
			{Method: http.MethodGet, Path: Path, Handle: s.showSetup},
			{Method: http.MethodPost, Path: Path, Handle: s.createSetup, Limit: limitCodes()},
		},
	}
}

// limitCodes bounds how often somebody can try codes. They cannot be guessed anyway.
func limitCodes() *web.Limit {
	return &web.Limit{Name: "set up the site", Count: 10, Per: 10 * time.Minute, Whom: web.PerVisitor}
}

// Empty reports whether the site is still to be set up: nobody administers it.
func (s *Setup) Empty(ctx context.Context) (bool, error) {
	if s.begun.Load() {
		return false, nil
	}
	empty, err := isEmpty(ctx, s.deps.DB)
	if err == nil && !empty {
		s.begun.Store(true)
	}
	return empty, err
}

// close notes for good that somebody administers the site, however that came about.
func (s *Setup) close(ctx context.Context, tx *sqldb.Tx, _ community.Activity) error {
	if s.deps.Settings.Latest(ctx).Text(settings.SetUp) == settings.Passed {
		return nil
	}
	if empty, err := isEmpty(ctx, tx); empty || err != nil {
		return err
	}
	return s.deps.Settings.PutIn(ctx, tx, 0, settings.SetUp, settings.Passed)
}

func errBegun() error {
	return errs.New(errs.Conflict, "This site has been set up already.")
}

// Issue makes a code, and ends those before it if only this one is to work. Conflict says that the site has been set up.
func (s *Setup) Issue(ctx context.Context, alone bool) (code string, err error) {
	empty, err := s.Empty(ctx)
	if err != nil {
		return "", err
	}
	if !empty {
		return "", errBegun()
	}
	err = s.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if alone {
			if err := deleteCodes(ctx, tx); err != nil {
				return err
			}
		}
		secret, err := tokens.Issue(ctx, tx, tokens.Token{Kind: tokenSetup}, nil, CodeLifetime)
		code = grouped(secret)
		return err
	})
	return code, err
}

// URL returns the absolute address of the page.
func (s *Setup) URL() string { return s.deps.BaseURL + Path }

// Announce writes the address of the page and a code into the log, if the site is still to be set up. Whoever reads the log
// of a site runs it.
func (s *Setup) Announce(ctx context.Context) {
	code, err := s.Issue(ctx, false)
	switch {
	case errs.Is(err, errs.Conflict) || ctx.Err() != nil:
	case err != nil:
		s.deps.Log.WarnContext(ctx, "no code could be made for setting the site up", "error", err)
	default:
		s.deps.Log.InfoContext(ctx, "nobody administers the site yet: set it up", "page", s.URL(), "code", code, "works for", CodeLifetime)
	}
}

// grouped returns a secret as people read it.
func grouped(secret string) string {
	const size = 5
	var groups []string
	for len(secret) > size {
		groups, secret = append(groups, secret[:size]), secret[size:]
	}
	return strings.Join(append(groups, secret), "-")
}

// secretOf returns the secret of a code as it was typed or pasted.
func secretOf(code string) string {
	return strings.ToLower(strings.NewReplacer("-", "", " ", "").Replace(code))
}

// Beginning is what whoever sets the site up says.
type Beginning struct {
	Description

	Code     string
	Name     string // of the administrator
	Address  string
	Password string
	Repeated string
}

// Begin makes the first administrator, and keeps what the site says of itself. Of two who try at once, one succeeds: the other
// gets Conflict. Invalid says what is wrong field by field.
func (s *Setup) Begin(ctx context.Context, b Beginning) (person community.Person, err error) {
	wrong := append(b.Check(), s.deps.Accounts.CheckFirst(b.Name, b.Address, b.Password, b.Repeated)...)
	if _, err := tokens.Find(ctx, s.deps.DB, tokenSetup, secretOf(b.Code), s.deps.DB.Now()); errs.Is(err, errs.NotFound) {
		wrong = append([]errs.FieldError{errWrongCode()}, wrong...)
	} else if err != nil {
		return person, err
	}
	if err := errs.Check(wrong...); err != nil {
		return person, err
	}
	hash, err := s.deps.Accounts.HashPassword(ctx, b.Password)
	if err != nil {
		return person, err
	}
	err = s.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		// Nothing is read before: what others have done meanwhile must be seen.
		if err := settings.Lock(ctx, tx, settings.SetUp); err != nil {
			return err
		}
		switch empty, err := isEmpty(ctx, tx); {
		case err != nil:
			return err
		case !empty:
			return errBegun()
		}
		if _, err := tokens.Redeem(ctx, tx, tokenSetup, secretOf(b.Code)); errs.Is(err, errs.NotFound) {
			return errs.Check(errWrongCode())
		} else if err != nil {
			return err
		}
		if err := deleteCodes(ctx, tx); err != nil {
			return err
		}
		if person, err = s.deps.Accounts.CreateFirst(ctx, tx, b.Name, b.Address, hash, b.Language); err != nil {
			return err
		}
		return s.describe(ctx, tx, person.ID, b.Description)
	})
	return person, err
}

func errWrongCode() errs.FieldError {
	return errs.Field("code", "This code is wrong or too old. Enter the newest one from the terminal.")
}
