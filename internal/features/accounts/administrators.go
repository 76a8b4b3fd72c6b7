package accounts

import (
	"context"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/people"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/password"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// CreateAdmin makes an administrator: of the person whose slug this is, if the address is theirs too, or a
// new one. It returns the absolute address of a link where the administrator sets a password, which
// works once and for three days. The slug or the address of somebody else is a Conflict.
func (r *Accounts) CreateAdmin(ctx context.Context, slug, text string) (person community.Person, link string, err error) {
	address, key, ok := ParseAddress(text)
	if !ok {
		return person, "", errs.New(errs.Invalid, "“%s” is not an email address.", text)
	}
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		owner, err := getAccount(ctx, tx, ownsAddress, key)
		switch {
		case err == nil && !strings.EqualFold(owner.Slug, slug):
			return errs.New(errs.Conflict, "The address %s belongs to “%s”.", address, owner.Slug)
		case errs.Is(err, errs.NotFound):
			person, err = r.insertPerson(ctx, tx, people.Draft{Slug: slug, Address: address}, true)
		case err == nil:
			person = owner.Person
		}
		if err != nil {
			return err
		}
		if err := r.deps.People.Appoint(ctx, tx, person.ID); err != nil {
			return err
		}
		secret, err := r.issuePasswordLink(ctx, tx, person.ID, key)
		link = r.resetURL(person, secret)
		return err
	})
	if err != nil {
		return community.Person{}, "", fmt.Errorf("create an administrator: %w", err)
	}
	person.Admin, person.Active = true, true
	return person, link, nil
}

// SetPassword sets the password of the person with a slug or an address, as an administrator may do. It
// ends their sessions.
func (r *Accounts) SetPassword(ctx context.Context, login, typed string) (community.Person, error) {
	a, err := r.findLogin(ctx, strings.TrimSpace(login))
	if err != nil {
		return community.Person{}, err
	}
	if wrong := password.Check("password", typed, a.Slug, a.Name, a.Address); len(wrong) > 0 {
		return community.Person{}, errs.New(errs.Invalid, wrong[0].Message, wrong[0].Args...)
	}
	hash, err := r.deps.Passwords.Hash(ctx, typed)
	if err != nil {
		return community.Person{}, err
	}
	err = r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if err := deleteSessions(ctx, tx, a.ID); err != nil {
			return err
		}
		return r.renewPassword(ctx, tx, a.ID, hash)
	})
	if err != nil {
		return community.Person{}, fmt.Errorf("set the password of %s: %w", a.Slug, err)
	}
	return a.Person, r.forgetTries(ctx, a.ID, networkOf(ctx))
}

// resetURL returns the absolute address where a link sets the password of a person.
func (r *Accounts) resetURL(person community.Person, secret string) string {
	return r.deps.URL(resetPath(person.ID, secret))
}
