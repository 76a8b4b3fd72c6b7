package accounts

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/people"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// CheckFirst says what is wrong with the name, the address and the password of the first administrator.
func (*Accounts) CheckFirst(name, address, typed, repeated string) []errs.FieldError {
	wrong := checkName(name)
	if _, _, ok := ParseAddress(address); !ok {
		wrong = append(wrong, errs.Field("email", notAnAddress))
	}
	return append(wrong, checkNewPassword(typed, repeated, name, address)...)
}

// HashPassword returns the hash of a password that has been checked.
func (r *Accounts) HashPassword(ctx context.Context, typed string) (string, error) {
	return r.deps.Passwords.Hash(ctx, typed)
}

// CreateFirst makes an administrator who signs in with the password of a hash. The caller knows that it is whoever runs
// the site who asks for it: the address needs no proof.
func (r *Accounts) CreateFirst(ctx context.Context, tx *sqldb.Tx, name, address, hash, language string) (community.Person, error) {
	draft := people.Draft{Address: address}
	draft.FirstName, draft.LastName = people.SplitName(name)
	person, err := r.findOrCreate(ctx, tx, draft, true)
	if err != nil {
		return person, err
	}
	if err := r.deps.People.Appoint(ctx, tx, person.ID); err != nil {
		return person, err
	}
	if err := r.activate(ctx, tx, person, signUpData{Name: name, Hash: hash, Language: language}); err != nil {
		return person, fmt.Errorf("make the first administrator: %w", err)
	}
	return r.Get(ctx, tx, person.ID)
}
